-- What all processes share of a vendor's limit: what was granted, how much the vendor
-- bears, who waits. The first form of the table was never used.

-- +goose Up

ALTER TABLE rate_bucket ADD COLUMN state MEDIUMBLOB;
ALTER TABLE rate_bucket ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rate_bucket DROP COLUMN tokens;
ALTER TABLE rate_bucket DROP COLUMN refill_at;
ALTER TABLE rate_bucket DROP COLUMN version;

-- +goose Down

ALTER TABLE rate_bucket ADD COLUMN tokens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rate_bucket ADD COLUMN refill_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rate_bucket ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rate_bucket DROP COLUMN updated_at;
ALTER TABLE rate_bucket DROP COLUMN state;
