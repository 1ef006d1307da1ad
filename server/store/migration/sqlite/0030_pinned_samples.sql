-- Samples that stay with the nodes of a flow: a few documents to test with. They are no
-- part of the flow's document and go with the flow.

-- +goose Up

CREATE TABLE pinned_sample (
  flow_id   INTEGER NOT NULL,
  node_id   TEXT    NOT NULL,
  body      BLOB    NOT NULL,
  chosen    INTEGER NOT NULL,
  basis     TEXT    NOT NULL,
  origin    TEXT    NOT NULL,
  pinned_by TEXT    NOT NULL,
  pinned_at INTEGER NOT NULL,
  PRIMARY KEY (flow_id, node_id)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE pinned_sample;
