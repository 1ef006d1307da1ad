-- Errands: calls that are made after a walk. One is entered once for each document, node
-- and way, in the transaction that ends the walk. due_at is when it may be claimed; a
-- claim moves it to the end of its lease, and what is finished is never due.

-- +goose Up

CREATE TABLE errand (
  id            INTEGER PRIMARY KEY,
  workspace_id  INTEGER NOT NULL,
  document_id   INTEGER NOT NULL,
  rev           INTEGER NOT NULL,
  node_no       INTEGER NOT NULL,
  way           TEXT NOT NULL,
  node_id       TEXT NOT NULL,
  purpose       INTEGER NOT NULL,
  flow_id       INTEGER NOT NULL,
  run_id        INTEGER NOT NULL,
  connection    TEXT NOT NULL,
  operation     TEXT NOT NULL,
  mode          TEXT NOT NULL,
  row_key       TEXT NOT NULL,
  trace_id      TEXT NOT NULL,
  gathers       INTEGER NOT NULL DEFAULT 0,
  state         INTEGER NOT NULL,
  attempt       INTEGER NOT NULL DEFAULT 0,
  spent         INTEGER NOT NULL DEFAULT 0,
  absent        INTEGER NOT NULL DEFAULT 0,
  lead_id       INTEGER NOT NULL DEFAULT 0,
  owner         TEXT NOT NULL DEFAULT '',
  fence         INTEGER NOT NULL DEFAULT 0,
  due_at        INTEGER NOT NULL,
  req_pack      INTEGER NOT NULL DEFAULT 0,
  req_no        INTEGER NOT NULL DEFAULT 0,
  resp_pack     INTEGER NOT NULL DEFAULT 0,
  resp_no       INTEGER NOT NULL DEFAULT 0,
  target_id     TEXT NOT NULL DEFAULT '',
  target_number TEXT NOT NULL DEFAULT '',
  code          TEXT NOT NULL DEFAULT '',
  message       TEXT,
  args          TEXT,
  actor         TEXT NOT NULL DEFAULT '',
  note          TEXT,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX errand_key ON errand (document_id, node_no, way);
CREATE INDEX errand_due ON errand (due_at);
CREATE INDEX errand_gather ON errand (run_id, node_no, gathers);

-- +goose Down

DROP TABLE errand;
