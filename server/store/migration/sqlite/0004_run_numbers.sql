-- The documents that a run fetches by number, and those of them that no source had: a line each.

-- +goose Up

ALTER TABLE run ADD COLUMN numbers TEXT;
ALTER TABLE run ADD COLUMN missing TEXT;

-- +goose Down

ALTER TABLE run DROP COLUMN missing;
ALTER TABLE run DROP COLUMN numbers;
