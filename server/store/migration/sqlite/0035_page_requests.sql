-- The latest page requests of flows: what a source was asked, and what it answered. They are no part
-- of the ledger, and are kept for a short time.

-- +goose Up

CREATE TABLE page_request (
  id            INTEGER PRIMARY KEY,
  workspace_id  INTEGER NOT NULL,
  flow_id       INTEGER NOT NULL,
  run_id        INTEGER NOT NULL,
  connection_id INTEGER NOT NULL,
  node_id       TEXT    NOT NULL,
  operation     TEXT    NOT NULL,
  window_id     INTEGER NOT NULL,
  attempt       INTEGER NOT NULL,
  page_no       INTEGER NOT NULL,
  row_count     INTEGER NOT NULL,
  total         INTEGER NOT NULL,
  started_at    INTEGER NOT NULL,
  ended_at      INTEGER NOT NULL,
  code          TEXT    NOT NULL,
  message       TEXT,
  args          TEXT,
  request       BLOB,
  request_size  INTEGER NOT NULL,
  response      BLOB,
  response_size INTEGER NOT NULL
) STRICT;
CREATE INDEX page_request_flow ON page_request (flow_id, id);
CREATE INDEX page_request_started ON page_request (started_at);

-- +goose Down

DROP TABLE page_request;
