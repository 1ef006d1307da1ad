-- The variable parts of a stored sentence, for readers of another language.

-- +goose Up

ALTER TABLE delivery ADD COLUMN args TEXT;
ALTER TABLE delivery_history ADD COLUMN args TEXT;
ALTER TABLE call_row ADD COLUMN args TEXT;
ALTER TABLE run ADD COLUMN args TEXT;

-- +goose Down

ALTER TABLE run DROP COLUMN args;
ALTER TABLE call_row DROP COLUMN args;
ALTER TABLE delivery_history DROP COLUMN args;
ALTER TABLE delivery DROP COLUMN args;
