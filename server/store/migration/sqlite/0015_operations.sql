-- What people did about documents, jobs over many documents, and what is paused. Who did
-- what to a document stands in a row of its own, written with the action: a job that is
-- gone on with elsewhere finds by it what is done already.

-- +goose Up

CREATE TABLE document_action (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  document_id  INTEGER NOT NULL,
  rev          INTEGER NOT NULL,
  action       TEXT    NOT NULL,
  actor        TEXT    NOT NULL,
  job_id       INTEGER NOT NULL DEFAULT 0,
  version_id   INTEGER NOT NULL DEFAULT 0,
  node_no      INTEGER NOT NULL DEFAULT 0,
  part         INTEGER NOT NULL DEFAULT 0,
  state        INTEGER NOT NULL,
  code         TEXT    NOT NULL DEFAULT '',
  note         TEXT,
  before_pack  INTEGER NOT NULL DEFAULT 0,
  before_no    INTEGER NOT NULL DEFAULT 0,
  after_pack   INTEGER NOT NULL DEFAULT 0,
  after_no     INTEGER NOT NULL DEFAULT 0,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX document_action_document ON document_action (document_id);
CREATE INDEX document_action_job ON document_action (job_id, document_id);

CREATE TABLE bulk_job (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  kind         TEXT    NOT NULL,
  version      TEXT    NOT NULL DEFAULT '',
  filter       TEXT    NOT NULL,
  confirmed    TEXT,
  note         TEXT,
  actor        TEXT    NOT NULL,
  state        TEXT    NOT NULL,
  total        INTEGER NOT NULL,
  done         INTEGER NOT NULL DEFAULT 0,
  refused      INTEGER NOT NULL DEFAULT 0,
  parts        INTEGER NOT NULL,
  next_part    INTEGER NOT NULL DEFAULT 0,
  open         INTEGER NOT NULL DEFAULT 1,
  owner        TEXT    NOT NULL DEFAULT '',
  fence        INTEGER NOT NULL DEFAULT 0,
  lease_until  INTEGER NOT NULL DEFAULT 0,
  code         TEXT    NOT NULL DEFAULT '',
  stopped_by   TEXT    NOT NULL DEFAULT '',
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  ended_at     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX bulk_job_workspace ON bulk_job (workspace_id, id);
CREATE INDEX bulk_job_open ON bulk_job (open, updated_at);

CREATE TABLE bulk_part (
  job_id  INTEGER NOT NULL,
  part_no INTEGER NOT NULL,
  docs    TEXT    NOT NULL,
  PRIMARY KEY (job_id, part_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE bulk_refusal (
  job_id      INTEGER NOT NULL,
  document_id INTEGER NOT NULL,
  code        TEXT    NOT NULL,
  message     TEXT,
  args        TEXT,
  PRIMARY KEY (job_id, document_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE pause (
  kind         TEXT    NOT NULL,
  ref_id       INTEGER NOT NULL,
  workspace_id INTEGER NOT NULL,
  actor        TEXT    NOT NULL,
  note         TEXT,
  paused_at    INTEGER NOT NULL,
  PRIMARY KEY (kind, ref_id)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE pause;
DROP TABLE bulk_refusal;
DROP TABLE bulk_part;
DROP TABLE bulk_job;
DROP TABLE document_action;
