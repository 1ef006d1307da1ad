-- Whether a delivery changes an object that is there already, and the last of its steps
-- that is done. steps_done was never written.

-- +goose Up

ALTER TABLE delivery ADD COLUMN updating INT NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN step VARCHAR(190) NOT NULL DEFAULT '';
ALTER TABLE delivery_history ADD COLUMN updating INT NOT NULL DEFAULT 0;
ALTER TABLE delivery_history ADD COLUMN step VARCHAR(190) NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE delivery_history DROP COLUMN step;
ALTER TABLE delivery_history DROP COLUMN updating;
ALTER TABLE delivery DROP COLUMN step;
ALTER TABLE delivery DROP COLUMN updating;
