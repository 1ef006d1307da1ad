-- Keys of orders are forgotten by their age. Since jobs over documents and calls after
-- walks are ordered by keys too, document_id is the id of whatever an order is about.

-- +goose Up

CREATE INDEX order_key_age ON order_key (workspace_id, created_at);

-- +goose Down

DROP INDEX order_key_age ON order_key;
