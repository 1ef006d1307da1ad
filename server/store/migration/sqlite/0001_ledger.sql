-- The ledger. Reasons and figures: server/store/decisions/20261121-ledger-tables.md.
--
-- Ids are 63-bit and handed out in blocks (id_block); times are UTC
-- milliseconds; 0 or '' means "none" wherever a column is NOT NULL.
-- STRICT, so that a []byte bound to a key column is an error and not a second
-- identity. A single id is the rowid; every composite key is the table itself.

-- +goose Up

CREATE TABLE id_block (
  name    TEXT    NOT NULL,
  next_id INTEGER NOT NULL,
  PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

CREATE TABLE lock_lease (
  name       TEXT    NOT NULL,
  owner      TEXT    NOT NULL DEFAULT '',
  fence      INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

-- Flows and connections

CREATE TABLE flow (
  id            INTEGER PRIMARY KEY,
  workspace_id  INTEGER NOT NULL,
  public_id     TEXT    NOT NULL,
  name          TEXT    NOT NULL,
  title         TEXT    NOT NULL DEFAULT '',
  enabled       INTEGER NOT NULL DEFAULT 0,
  draft         TEXT    NOT NULL,
  draft_version INTEGER NOT NULL DEFAULT 1,
  updated_at    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX flow_public_id ON flow (workspace_id, public_id);

CREATE TABLE flow_version (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  flow_id      INTEGER NOT NULL,
  version_no   INTEGER NOT NULL,
  document     TEXT    NOT NULL,
  note         TEXT,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX flow_version_no ON flow_version (flow_id, version_no);

CREATE TABLE flow_node (
  flow_id INTEGER NOT NULL,
  node_no INTEGER NOT NULL,
  node_id TEXT    NOT NULL,
  PRIMARY KEY (flow_id, node_no)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX flow_node_id ON flow_node (flow_id, node_id);

CREATE TABLE connection (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  connector    TEXT    NOT NULL,
  version      TEXT    NOT NULL DEFAULT '',
  settings     TEXT    NOT NULL,
  secrets      BLOB,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX connection_name ON connection (workspace_id, name);

CREATE TABLE connector_state (
  connection_id INTEGER PRIMARY KEY,
  version       INTEGER NOT NULL DEFAULT 0,
  sealed        BLOB,
  lease_owner   TEXT    NOT NULL DEFAULT '',
  lease_until   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE rate_bucket (
  name      TEXT    NOT NULL,
  tokens    INTEGER NOT NULL DEFAULT 0,
  refill_at INTEGER NOT NULL DEFAULT 0,
  version   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

-- Pull side

CREATE TABLE stream (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  flow_id      INTEGER NOT NULL,
  node_id      TEXT    NOT NULL,
  kind         TEXT    NOT NULL,
  version      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX stream_node ON stream (flow_id, node_id);

CREATE TABLE stream_cursor (
  stream_id INTEGER PRIMARY KEY,
  watermark INTEGER NOT NULL DEFAULT 0,
  token     TEXT,
  version   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE run (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  flow_id      INTEGER NOT NULL,
  version_id   INTEGER NOT NULL,
  trigger_name TEXT    NOT NULL,
  fire_at      INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  pull_state   INTEGER NOT NULL DEFAULT 0,
  started_at   INTEGER NOT NULL DEFAULT 0,
  ended_at     INTEGER NOT NULL DEFAULT 0,
  code         TEXT    NOT NULL DEFAULT '',
  message      TEXT,
  trace_id     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX run_firing ON run (flow_id, trigger_name, fire_at);
CREATE INDEX run_flow_time ON run (flow_id, fire_at);
CREATE INDEX run_workspace_time ON run (workspace_id, fire_at);
CREATE INDEX run_state ON run (state);

CREATE TABLE run_count (
  run_id  INTEGER NOT NULL,
  node_no INTEGER NOT NULL,
  slot    TEXT    NOT NULL,
  n       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run_id, node_no, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE pull_window (
  id         INTEGER PRIMARY KEY,
  stream_id  INTEGER NOT NULL,
  run_id     INTEGER NOT NULL,
  kind       TEXT    NOT NULL,
  from_ms    INTEGER NOT NULL DEFAULT 0,
  to_ms      INTEGER NOT NULL DEFAULT 0,
  state      INTEGER NOT NULL,
  parent_id  INTEGER NOT NULL DEFAULT 0,
  attempt    INTEGER NOT NULL DEFAULT 1,
  next_page  INTEGER NOT NULL DEFAULT 0,
  args       TEXT,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX pull_window_range ON pull_window (stream_id, kind, to_ms);
CREATE INDEX pull_window_open ON pull_window (stream_id, state);
CREATE INDEX pull_window_parent ON pull_window (parent_id);
CREATE INDEX pull_window_run ON pull_window (run_id);

CREATE TABLE pull_page (
  window_id  INTEGER NOT NULL,
  attempt    INTEGER NOT NULL,
  page_no    INTEGER NOT NULL,
  pack_id    INTEGER NOT NULL DEFAULT 0,
  row_count  INTEGER NOT NULL,
  dropped    INTEGER NOT NULL DEFAULT 0,
  unchanged  INTEGER NOT NULL DEFAULT 0,
  ignored    INTEGER NOT NULL DEFAULT 0,
  total      INTEGER NOT NULL DEFAULT -1,
  body_hash  INTEGER NOT NULL,
  next_token TEXT,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (window_id, attempt, page_no)
) STRICT, WITHOUT ROWID;

-- Payloads

CREATE TABLE pack (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  kind         TEXT    NOT NULL,
  row_count    INTEGER NOT NULL,
  codec        INTEGER NOT NULL,
  purge_at     INTEGER NOT NULL,
  body         BLOB    NOT NULL
) STRICT;
CREATE INDEX pack_purge ON pack (purge_at);

-- Documents: the active revision here, every other one in revision

CREATE TABLE document (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  stream_id    INTEGER NOT NULL,
  doc_key      TEXT    NOT NULL,
  number       TEXT    NOT NULL DEFAULT '',
  latest_rev   INTEGER NOT NULL,
  active_rev   INTEGER NOT NULL,
  done_rev     INTEGER NOT NULL DEFAULT 0,
  src_hash     INTEGER NOT NULL,
  modified_at  INTEGER NOT NULL DEFAULT 0,
  state        INTEGER NOT NULL,
  attention    INTEGER NOT NULL DEFAULT 0,
  work_id      INTEGER NOT NULL DEFAULT 0,
  run_id       INTEGER NOT NULL,
  version_id   INTEGER NOT NULL,
  window_id    INTEGER NOT NULL DEFAULT 0,
  pack_id      INTEGER NOT NULL DEFAULT 0,
  pack_no      INTEGER NOT NULL DEFAULT 0,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX document_key ON document (stream_id, doc_key);
CREATE INDEX document_number ON document (workspace_id, number);
CREATE INDEX document_run ON document (run_id);

CREATE TABLE revision (
  document_id INTEGER NOT NULL,
  rev         INTEGER NOT NULL,
  origin      TEXT    NOT NULL,
  base_rev    INTEGER NOT NULL DEFAULT 0,
  number      TEXT    NOT NULL DEFAULT '',
  src_hash    INTEGER NOT NULL,
  modified_at INTEGER NOT NULL DEFAULT 0,
  state       INTEGER NOT NULL,
  attention   INTEGER NOT NULL DEFAULT 0,
  work_id     INTEGER NOT NULL DEFAULT 0,
  run_id      INTEGER NOT NULL,
  version_id  INTEGER NOT NULL,
  window_id   INTEGER NOT NULL DEFAULT 0,
  pack_id     INTEGER NOT NULL DEFAULT 0,
  pack_no     INTEGER NOT NULL DEFAULT 0,
  actor       TEXT    NOT NULL DEFAULT '',
  held        INTEGER NOT NULL DEFAULT 0,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (document_id, rev)
) STRICT, WITHOUT ROWID;
CREATE INDEX revision_run ON revision (run_id);

CREATE TABLE work (
  id            INTEGER PRIMARY KEY,
  workspace_id  INTEGER NOT NULL,
  kind          TEXT    NOT NULL,
  ref_id        INTEGER NOT NULL,
  run_id        INTEGER NOT NULL DEFAULT 0,
  flow_id       INTEGER NOT NULL,
  connection_id INTEGER NOT NULL DEFAULT 0,
  docs          INTEGER NOT NULL DEFAULT 1,
  doc_ids       TEXT,
  priority      INTEGER NOT NULL,
  due_at        INTEGER NOT NULL,
  owner         TEXT    NOT NULL DEFAULT '',
  fence         INTEGER NOT NULL DEFAULT 0,
  lease_until   INTEGER NOT NULL DEFAULT 0,
  attempts      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX work_due ON work (priority, due_at);
CREATE INDEX work_ref ON work (ref_id);
CREATE INDEX work_run ON work (run_id);

CREATE TABLE problem (
  document_id  INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  flow_id      INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  code         TEXT    NOT NULL,
  group_key    TEXT    NOT NULL DEFAULT '',
  node_id      TEXT    NOT NULL DEFAULT '',
  path         TEXT,
  args         TEXT,
  message      TEXT,
  hint         TEXT,
  since        INTEGER NOT NULL,
  handled      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX problem_code ON problem (workspace_id, flow_id, code);
CREATE INDEX problem_state ON problem (workspace_id, state);

-- A document that waits for something: a code (code_table id, missing source),
-- a look-up (stream id, missing value), a group's bucket (node, bucket).
CREATE TABLE wait (
  kind        TEXT    NOT NULL,
  ref_id      INTEGER NOT NULL,
  value       TEXT    NOT NULL,
  document_id INTEGER NOT NULL,
  PRIMARY KEY (kind, ref_id, value, document_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wait_document ON wait (document_id);

CREATE TABLE group_member (
  group_document_id INTEGER NOT NULL,
  document_id       INTEGER NOT NULL,
  rev               INTEGER NOT NULL,
  lines_pack        INTEGER NOT NULL DEFAULT 0,
  lines_no          INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (group_document_id, document_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_member_document ON group_member (document_id);

-- Push side

CREATE TABLE delivery (
  document_id   INTEGER NOT NULL,
  node_no       INTEGER NOT NULL,
  part          INTEGER NOT NULL,
  workspace_id  INTEGER NOT NULL,
  rev           INTEGER NOT NULL,
  version_id    INTEGER NOT NULL,
  connection_id INTEGER NOT NULL,
  resource      TEXT    NOT NULL,
  target_key    TEXT    NOT NULL,
  state         INTEGER NOT NULL,
  attempt       INTEGER NOT NULL DEFAULT 0,
  call_id       INTEGER NOT NULL DEFAULT 0,
  row_no        INTEGER NOT NULL DEFAULT 0,
  req_pack      INTEGER NOT NULL DEFAULT 0,
  req_no        INTEGER NOT NULL DEFAULT 0,
  resp_pack     INTEGER NOT NULL DEFAULT 0,
  resp_no       INTEGER NOT NULL DEFAULT 0,
  probe_absent  INTEGER NOT NULL DEFAULT 0,
  steps_done    INTEGER NOT NULL DEFAULT 0,
  target_id     TEXT    NOT NULL DEFAULT '',
  target_number TEXT,
  writeback     TEXT,
  code          TEXT    NOT NULL DEFAULT '',
  message       TEXT,
  next_at       INTEGER NOT NULL DEFAULT 0,
  updated_at    INTEGER NOT NULL,
  PRIMARY KEY (document_id, node_no, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_number ON delivery (workspace_id, target_number) WHERE target_number IS NOT NULL;

CREATE TABLE delivery_history (
  document_id   INTEGER NOT NULL,
  node_no       INTEGER NOT NULL,
  part          INTEGER NOT NULL,
  workspace_id  INTEGER NOT NULL,
  rev           INTEGER NOT NULL,
  version_id    INTEGER NOT NULL,
  connection_id INTEGER NOT NULL,
  resource      TEXT    NOT NULL,
  target_key    TEXT    NOT NULL,
  state         INTEGER NOT NULL,
  attempt       INTEGER NOT NULL DEFAULT 0,
  call_id       INTEGER NOT NULL DEFAULT 0,
  row_no        INTEGER NOT NULL DEFAULT 0,
  req_pack      INTEGER NOT NULL DEFAULT 0,
  req_no        INTEGER NOT NULL DEFAULT 0,
  resp_pack     INTEGER NOT NULL DEFAULT 0,
  resp_no       INTEGER NOT NULL DEFAULT 0,
  probe_absent  INTEGER NOT NULL DEFAULT 0,
  steps_done    INTEGER NOT NULL DEFAULT 0,
  target_id     TEXT    NOT NULL DEFAULT '',
  target_number TEXT,
  writeback     TEXT,
  code          TEXT    NOT NULL DEFAULT '',
  message       TEXT,
  next_at       INTEGER NOT NULL DEFAULT 0,
  updated_at    INTEGER NOT NULL,
  PRIMARY KEY (document_id, node_no, part, rev)
) STRICT, WITHOUT ROWID;

CREATE TABLE target_key (
  connection_id INTEGER NOT NULL,
  resource      TEXT    NOT NULL,
  target_key    TEXT    NOT NULL,
  document_id   INTEGER NOT NULL,
  node_no       INTEGER NOT NULL,
  part          INTEGER NOT NULL,
  state         INTEGER NOT NULL,
  PRIMARY KEY (connection_id, resource, target_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE vendor_call (
  id            INTEGER PRIMARY KEY,
  workspace_id  INTEGER NOT NULL,
  run_id        INTEGER NOT NULL DEFAULT 0,
  connection_id INTEGER NOT NULL,
  operation     TEXT    NOT NULL,
  kind          TEXT    NOT NULL,
  fence         INTEGER NOT NULL DEFAULT 0,
  state         INTEGER NOT NULL,
  started_at    INTEGER NOT NULL,
  ended_at      INTEGER NOT NULL DEFAULT 0,
  row_count     INTEGER NOT NULL DEFAULT 0,
  req_pack      INTEGER NOT NULL DEFAULT 0,
  resp_pack     INTEGER NOT NULL DEFAULT 0,
  code          TEXT    NOT NULL DEFAULT '',
  trace_id      TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX vendor_call_time ON vendor_call (connection_id, started_at);
CREATE INDEX vendor_call_run ON vendor_call (run_id);

CREATE TABLE call_row (
  call_id     INTEGER NOT NULL,
  row_no      INTEGER NOT NULL,
  document_id INTEGER NOT NULL,
  node_no     INTEGER NOT NULL,
  part        INTEGER NOT NULL,
  attempt     INTEGER NOT NULL,
  outcome     INTEGER NOT NULL,
  code        TEXT    NOT NULL DEFAULT '',
  message     TEXT,
  PRIMARY KEY (call_id, row_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX call_row_document ON call_row (document_id);

-- Look-ups and code tables

CREATE TABLE lookup_field (
  stream_id INTEGER NOT NULL,
  field_no  INTEGER NOT NULL,
  path      TEXT    NOT NULL,
  state     INTEGER NOT NULL,
  built_to  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (stream_id, field_no)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX lookup_field_path ON lookup_field (stream_id, path);

CREATE TABLE lookup_entry (
  stream_id   INTEGER NOT NULL,
  field_no    INTEGER NOT NULL,
  value       TEXT    NOT NULL,
  document_id INTEGER NOT NULL,
  PRIMARY KEY (stream_id, field_no, value, document_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lookup_row (
  document_id INTEGER PRIMARY KEY,
  fields      TEXT    NOT NULL
) STRICT;

CREATE TABLE code_table (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  title        TEXT    NOT NULL DEFAULT '',
  version      INTEGER NOT NULL DEFAULT 0,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX code_table_name ON code_table (workspace_id, name);

CREATE TABLE code_row (
  table_id   INTEGER NOT NULL,
  source     TEXT    NOT NULL,
  target     TEXT    NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (table_id, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX code_row_target ON code_row (table_id, target);

-- +goose Down

DROP TABLE code_row;
DROP TABLE code_table;
DROP TABLE lookup_row;
DROP TABLE lookup_entry;
DROP TABLE lookup_field;
DROP TABLE call_row;
DROP TABLE vendor_call;
DROP TABLE target_key;
DROP TABLE delivery_history;
DROP TABLE delivery;
DROP TABLE group_member;
DROP TABLE wait;
DROP TABLE problem;
DROP TABLE work;
DROP TABLE revision;
DROP TABLE document;
DROP TABLE pack;
DROP TABLE pull_page;
DROP TABLE pull_window;
DROP TABLE run_count;
DROP TABLE run;
DROP TABLE stream_cursor;
DROP TABLE stream;
DROP TABLE rate_bucket;
DROP TABLE connector_state;
DROP TABLE connection;
DROP TABLE flow_node;
DROP TABLE flow_version;
DROP TABLE flow;
DROP TABLE lock_lease;
DROP TABLE id_block;
