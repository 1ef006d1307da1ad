-- Base data of connections that refused documents wait for, and when some came last.

-- +goose Up

CREATE TABLE base_data (
  connection_id INTEGER NOT NULL,
  base_type     TEXT NOT NULL,
  came_at       INTEGER NOT NULL,
  PRIMARY KEY (connection_id, base_type)
) STRICT, WITHOUT ROWID;

CREATE TABLE base_data_wait (
  connection_id INTEGER NOT NULL,
  base_type     TEXT NOT NULL,
  document_id   INTEGER NOT NULL,
  asked_at      INTEGER NOT NULL,
  PRIMARY KEY (connection_id, base_type, document_id)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE base_data_wait;
DROP TABLE base_data;
