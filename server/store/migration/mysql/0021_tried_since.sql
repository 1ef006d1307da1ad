-- When the attempts began that a delivery has spent: a target may give up after a time.

-- +goose Up

ALTER TABLE delivery ADD COLUMN tried_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE delivery_history ADD COLUMN tried_since BIGINT NOT NULL DEFAULT 0;

-- +goose Down

ALTER TABLE delivery_history DROP COLUMN tried_since;
ALTER TABLE delivery DROP COLUMN tried_since;
