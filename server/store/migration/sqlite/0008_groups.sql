-- Groups of documents that wait for each other: a row for each bill, composed or to be
-- composed. open_key is group_key while the group is open: of those there is one. A
-- member keeps what its other branches came to (rest), the policy of its source, and
-- by lines_pack what it brings.

-- +goose Up

CREATE TABLE group_head (
  document_id  INTEGER        NOT NULL,
  workspace_id INTEGER        NOT NULL,
  flow_id      INTEGER        NOT NULL,
  stream_id    INTEGER        NOT NULL,
  node_id      TEXT           NOT NULL,
  version_id   INTEGER        NOT NULL,
  run_id       INTEGER        NOT NULL,
  group_key    TEXT           NOT NULL,
  number       TEXT           NOT NULL,
  per_run      INTEGER        NOT NULL,
  late         TEXT           NOT NULL,
  state        INTEGER        NOT NULL,
  members      INTEGER        NOT NULL,
  seq          INTEGER        NOT NULL,
  due_at       INTEGER        NOT NULL,
  opened_at    INTEGER        NOT NULL,
  closed_at    INTEGER        NOT NULL,
  open_key     TEXT,
  origins_pack INTEGER        NOT NULL DEFAULT 0,
  origins_no   INTEGER        NOT NULL DEFAULT 0,
  PRIMARY KEY (document_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX group_head_open ON group_head (stream_id, version_id, open_key);
CREATE INDEX group_head_due ON group_head (state, due_at);
CREATE INDEX group_head_run ON group_head (run_id, state);

ALTER TABLE group_member ADD COLUMN rest INTEGER NOT NULL DEFAULT 0;
ALTER TABLE group_member ADD COLUMN on_seen TEXT NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE group_member DROP COLUMN on_seen;
ALTER TABLE group_member DROP COLUMN rest;
DROP TABLE group_head;
