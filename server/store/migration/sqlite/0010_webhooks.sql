-- Addresses at which documents are posted, the secrets of those who post, what was
-- posted, and what documents are answered.

-- +goose Up

CREATE TABLE hook (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  flow_id      INTEGER NOT NULL,
  node_id      TEXT    NOT NULL,
  public_id    TEXT    NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX hook_node ON hook (flow_id, node_id);
CREATE UNIQUE INDEX hook_public ON hook (public_id);

CREATE TABLE hook_secret (
  id         INTEGER PRIMARY KEY,
  hook_id    INTEGER NOT NULL,
  sealed     BLOB    NOT NULL,
  created_by TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX hook_secret_hook ON hook_secret (hook_id);

-- One row for each request by its message id. status is 0 until an answer is fixed.
CREATE TABLE hook_post (
  hook_id     INTEGER NOT NULL,
  message_id  TEXT    NOT NULL,
  sum         TEXT    NOT NULL,
  received_at INTEGER NOT NULL,
  documents   TEXT    NOT NULL,
  status      INTEGER NOT NULL DEFAULT 0,
  answer      BLOB,
  PRIMARY KEY (hook_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_post_received ON hook_post (hook_id, received_at);

CREATE TABLE document_answer (
  document_id INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  node_no     INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  body        BLOB    NOT NULL,
  answered_at INTEGER NOT NULL,
  PRIMARY KEY (document_id, rev)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE document_answer;
DROP TABLE hook_post;
DROP TABLE hook_secret;
DROP TABLE hook;
