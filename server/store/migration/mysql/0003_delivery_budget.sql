-- How much of its budget of retries a delivery has used up: not every attempt does.

-- +goose Up

ALTER TABLE delivery ADD COLUMN spent INT NOT NULL DEFAULT 0;
ALTER TABLE delivery_history ADD COLUMN spent INT NOT NULL DEFAULT 0;

-- +goose Down

ALTER TABLE delivery_history DROP COLUMN spent;
ALTER TABLE delivery DROP COLUMN spent;
