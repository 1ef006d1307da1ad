-- The keys that clients called their orders by: an order of the same key is carried out
-- once. asked tells two orders apart.

-- +goose Up

CREATE TABLE order_key (
  workspace_id BIGINT NOT NULL,
  order_key    VARCHAR(128) NOT NULL,
  document_id  BIGINT NOT NULL,
  asked        BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, order_key)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE order_key;
