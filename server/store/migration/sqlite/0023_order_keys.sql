-- The keys that clients called their orders by: an order of the same key is carried out
-- once. asked tells two orders apart.

-- +goose Up

CREATE TABLE order_key (
  workspace_id INTEGER NOT NULL,
  order_key    TEXT NOT NULL,
  document_id  INTEGER NOT NULL,
  asked        INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, order_key)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE order_key;
