-- What a person writes beside a pair of codes.

-- +goose Up

ALTER TABLE code_row ADD COLUMN note TEXT NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE code_row DROP COLUMN note;
