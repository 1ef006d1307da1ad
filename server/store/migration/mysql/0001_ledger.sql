-- The ledger. Reasons and figures: server/store/decisions/20261121-ledger-tables.md.
--
-- Ids are 63-bit and handed out in blocks (id_block); times are UTC
-- milliseconds; 0 or '' means "none" wherever a column is NOT NULL.
-- Identity that comes from a vendor (keys, code-table sources, look-up values)
-- is VARBINARY: utf8mb4_bin still pads with spaces, so 'A1' and 'A1 ' would be
-- one document.

-- +goose Up

CREATE TABLE id_block (
  name    VARCHAR(64) NOT NULL,
  next_id BIGINT      NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE lock_lease (
  name       VARCHAR(190) NOT NULL,
  owner      VARCHAR(64)  NOT NULL DEFAULT '',
  fence      BIGINT       NOT NULL DEFAULT 0,
  expires_at BIGINT       NOT NULL DEFAULT 0,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Flows and connections

CREATE TABLE flow (
  id            BIGINT       NOT NULL,
  workspace_id  BIGINT       NOT NULL,
  public_id     VARCHAR(64)  NOT NULL,
  name          VARCHAR(190) NOT NULL,
  title         VARCHAR(190) NOT NULL DEFAULT '',
  enabled       SMALLINT     NOT NULL DEFAULT 0,
  draft         MEDIUMTEXT   NOT NULL,
  draft_version BIGINT       NOT NULL DEFAULT 1,
  updated_at    BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY flow_public_id (workspace_id, public_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE flow_version (
  id           BIGINT     NOT NULL,
  workspace_id BIGINT     NOT NULL,
  flow_id      BIGINT     NOT NULL,
  version_no   INT        NOT NULL,
  document     MEDIUMTEXT NOT NULL,
  note         TEXT,
  created_at   BIGINT     NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY flow_version_no (flow_id, version_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE flow_node (
  flow_id BIGINT      NOT NULL,
  node_no INT         NOT NULL,
  node_id VARCHAR(64) NOT NULL,
  PRIMARY KEY (flow_id, node_no),
  UNIQUE KEY flow_node_id (flow_id, node_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE connection (
  id           BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  name         VARCHAR(190) NOT NULL,
  connector    VARCHAR(64)  NOT NULL,
  version      VARCHAR(32)  NOT NULL DEFAULT '',
  settings     MEDIUMTEXT   NOT NULL,
  secrets      MEDIUMBLOB,
  updated_at   BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY connection_name (workspace_id, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE connector_state (
  connection_id BIGINT      NOT NULL,
  version       BIGINT      NOT NULL DEFAULT 0,
  sealed        MEDIUMBLOB,
  lease_owner   VARCHAR(64) NOT NULL DEFAULT '',
  lease_until   BIGINT      NOT NULL DEFAULT 0,
  PRIMARY KEY (connection_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE rate_bucket (
  name      VARCHAR(190) NOT NULL,
  tokens    BIGINT       NOT NULL DEFAULT 0,
  refill_at BIGINT       NOT NULL DEFAULT 0,
  version   BIGINT       NOT NULL DEFAULT 0,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Pull side

CREATE TABLE stream (
  id           BIGINT      NOT NULL,
  workspace_id BIGINT      NOT NULL,
  flow_id      BIGINT      NOT NULL,
  node_id      VARCHAR(64) NOT NULL,
  kind         VARCHAR(16) NOT NULL,
  version      BIGINT      NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  UNIQUE KEY stream_node (flow_id, node_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE stream_cursor (
  stream_id BIGINT NOT NULL,
  watermark BIGINT NOT NULL DEFAULT 0,
  token     TEXT,
  version   BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (stream_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE run (
  id           BIGINT      NOT NULL,
  workspace_id BIGINT      NOT NULL,
  flow_id      BIGINT      NOT NULL,
  version_id   BIGINT      NOT NULL,
  trigger_name VARCHAR(64) NOT NULL,
  fire_at      BIGINT      NOT NULL,
  state        SMALLINT    NOT NULL,
  pull_state   SMALLINT    NOT NULL DEFAULT 0,
  started_at   BIGINT      NOT NULL DEFAULT 0,
  ended_at     BIGINT      NOT NULL DEFAULT 0,
  code         VARCHAR(64) NOT NULL DEFAULT '',
  message      TEXT,
  trace_id     VARCHAR(64) NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  UNIQUE KEY run_firing (flow_id, trigger_name, fire_at),
  KEY run_flow_time (flow_id, fire_at),
  KEY run_workspace_time (workspace_id, fire_at),
  KEY run_state (state)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE run_count (
  run_id  BIGINT      NOT NULL,
  node_no INT         NOT NULL,
  slot    VARCHAR(64) NOT NULL,
  n       BIGINT      NOT NULL DEFAULT 0,
  PRIMARY KEY (run_id, node_no, slot)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE pull_window (
  id         BIGINT      NOT NULL,
  stream_id  BIGINT      NOT NULL,
  run_id     BIGINT      NOT NULL,
  kind       VARCHAR(16) NOT NULL,
  from_ms    BIGINT      NOT NULL DEFAULT 0,
  to_ms      BIGINT      NOT NULL DEFAULT 0,
  state      SMALLINT    NOT NULL,
  parent_id  BIGINT      NOT NULL DEFAULT 0,
  attempt    INT         NOT NULL DEFAULT 1,
  next_page  INT         NOT NULL DEFAULT 0,
  args       MEDIUMTEXT,
  updated_at BIGINT      NOT NULL,
  PRIMARY KEY (id),
  KEY pull_window_range (stream_id, kind, to_ms),
  KEY pull_window_open (stream_id, state),
  KEY pull_window_parent (parent_id),
  KEY pull_window_run (run_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE pull_page (
  window_id  BIGINT NOT NULL,
  attempt    INT    NOT NULL,
  page_no    INT    NOT NULL,
  pack_id    BIGINT NOT NULL DEFAULT 0,
  row_count  INT    NOT NULL,
  dropped    INT    NOT NULL DEFAULT 0,
  unchanged  INT    NOT NULL DEFAULT 0,
  ignored    INT    NOT NULL DEFAULT 0,
  total      BIGINT NOT NULL DEFAULT -1,
  body_hash  BIGINT NOT NULL,
  next_token TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (window_id, attempt, page_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Payloads

CREATE TABLE pack (
  id           BIGINT      NOT NULL,
  workspace_id BIGINT      NOT NULL,
  kind         VARCHAR(16) NOT NULL,
  row_count    INT         NOT NULL,
  codec        SMALLINT    NOT NULL,
  purge_at     BIGINT      NOT NULL,
  body         LONGBLOB    NOT NULL,
  PRIMARY KEY (id),
  KEY pack_purge (purge_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Documents: the active revision here, every other one in revision

CREATE TABLE document (
  id           BIGINT         NOT NULL,
  workspace_id BIGINT         NOT NULL,
  stream_id    BIGINT         NOT NULL,
  doc_key      VARBINARY(190) NOT NULL,
  number       VARCHAR(190)   NOT NULL DEFAULT '',
  latest_rev   INT            NOT NULL,
  active_rev   INT            NOT NULL,
  done_rev     INT            NOT NULL DEFAULT 0,
  src_hash     BIGINT         NOT NULL,
  modified_at  BIGINT         NOT NULL DEFAULT 0,
  state        SMALLINT       NOT NULL,
  attention    SMALLINT       NOT NULL DEFAULT 0,
  work_id      BIGINT         NOT NULL DEFAULT 0,
  run_id       BIGINT         NOT NULL,
  version_id   BIGINT         NOT NULL,
  window_id    BIGINT         NOT NULL DEFAULT 0,
  pack_id      BIGINT         NOT NULL DEFAULT 0,
  pack_no      INT            NOT NULL DEFAULT 0,
  updated_at   BIGINT         NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY document_key (stream_id, doc_key),
  KEY document_number (workspace_id, number),
  KEY document_run (run_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE revision (
  document_id BIGINT       NOT NULL,
  rev         INT          NOT NULL,
  origin      VARCHAR(16)  NOT NULL,
  base_rev    INT          NOT NULL DEFAULT 0,
  number      VARCHAR(190) NOT NULL DEFAULT '',
  src_hash    BIGINT       NOT NULL,
  modified_at BIGINT       NOT NULL DEFAULT 0,
  state       SMALLINT     NOT NULL,
  attention   SMALLINT     NOT NULL DEFAULT 0,
  work_id     BIGINT       NOT NULL DEFAULT 0,
  run_id      BIGINT       NOT NULL,
  version_id  BIGINT       NOT NULL,
  window_id   BIGINT       NOT NULL DEFAULT 0,
  pack_id     BIGINT       NOT NULL DEFAULT 0,
  pack_no     INT          NOT NULL DEFAULT 0,
  actor       VARCHAR(64)  NOT NULL DEFAULT '',
  held        SMALLINT     NOT NULL DEFAULT 0,
  updated_at  BIGINT       NOT NULL,
  PRIMARY KEY (document_id, rev),
  KEY revision_run (run_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE work (
  id            BIGINT      NOT NULL,
  workspace_id  BIGINT      NOT NULL,
  kind          VARCHAR(16) NOT NULL,
  ref_id        BIGINT      NOT NULL,
  run_id        BIGINT      NOT NULL DEFAULT 0,
  flow_id       BIGINT      NOT NULL,
  connection_id BIGINT      NOT NULL DEFAULT 0,
  docs          INT         NOT NULL DEFAULT 1,
  doc_ids       TEXT,
  priority      SMALLINT    NOT NULL,
  due_at        BIGINT      NOT NULL,
  owner         VARCHAR(64) NOT NULL DEFAULT '',
  fence         BIGINT      NOT NULL DEFAULT 0,
  lease_until   BIGINT      NOT NULL DEFAULT 0,
  attempts      INT         NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY work_due (priority, due_at),
  KEY work_ref (ref_id),
  KEY work_run (run_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE problem (
  document_id  BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  flow_id      BIGINT       NOT NULL,
  state        SMALLINT     NOT NULL,
  code         VARCHAR(64)  NOT NULL,
  group_key    VARCHAR(190) NOT NULL DEFAULT '',
  node_id      VARCHAR(64)  NOT NULL DEFAULT '',
  path         TEXT,
  args         TEXT,
  message      TEXT,
  hint         TEXT,
  since        BIGINT       NOT NULL,
  handled      SMALLINT     NOT NULL DEFAULT 0,
  PRIMARY KEY (document_id),
  KEY problem_code (workspace_id, flow_id, code),
  KEY problem_state (workspace_id, state)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- A document that waits for something: a code (code_table id, missing source),
-- a look-up (stream id, missing value), a group's bucket (node, bucket).
CREATE TABLE wait (
  kind        VARCHAR(16)    NOT NULL,
  ref_id      BIGINT         NOT NULL,
  value       VARBINARY(190) NOT NULL,
  document_id BIGINT         NOT NULL,
  PRIMARY KEY (kind, ref_id, value, document_id),
  KEY wait_document (document_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE group_member (
  group_document_id BIGINT NOT NULL,
  document_id       BIGINT NOT NULL,
  rev               INT    NOT NULL,
  lines_pack        BIGINT NOT NULL DEFAULT 0,
  lines_no          INT    NOT NULL DEFAULT 0,
  PRIMARY KEY (group_document_id, document_id),
  KEY group_member_document (document_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Push side

CREATE TABLE delivery (
  document_id   BIGINT         NOT NULL,
  node_no       INT            NOT NULL,
  part          INT            NOT NULL,
  workspace_id  BIGINT         NOT NULL,
  rev           INT            NOT NULL,
  version_id    BIGINT         NOT NULL,
  connection_id BIGINT         NOT NULL,
  resource      VARCHAR(190)   NOT NULL,
  target_key    VARBINARY(190) NOT NULL,
  state         SMALLINT       NOT NULL,
  attempt       INT            NOT NULL DEFAULT 0,
  call_id       BIGINT         NOT NULL DEFAULT 0,
  row_no        INT            NOT NULL DEFAULT 0,
  req_pack      BIGINT         NOT NULL DEFAULT 0,
  req_no        INT            NOT NULL DEFAULT 0,
  resp_pack     BIGINT         NOT NULL DEFAULT 0,
  resp_no       INT            NOT NULL DEFAULT 0,
  probe_absent  SMALLINT       NOT NULL DEFAULT 0,
  steps_done    SMALLINT       NOT NULL DEFAULT 0,
  target_id     VARCHAR(190)   NOT NULL DEFAULT '',
  target_number VARCHAR(190),
  writeback     MEDIUMTEXT,
  code          VARCHAR(64)    NOT NULL DEFAULT '',
  message       TEXT,
  next_at       BIGINT         NOT NULL DEFAULT 0,
  updated_at    BIGINT         NOT NULL,
  PRIMARY KEY (document_id, node_no, part),
  KEY delivery_number (workspace_id, target_number)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE delivery_history (
  document_id   BIGINT         NOT NULL,
  node_no       INT            NOT NULL,
  part          INT            NOT NULL,
  workspace_id  BIGINT         NOT NULL,
  rev           INT            NOT NULL,
  version_id    BIGINT         NOT NULL,
  connection_id BIGINT         NOT NULL,
  resource      VARCHAR(190)   NOT NULL,
  target_key    VARBINARY(190) NOT NULL,
  state         SMALLINT       NOT NULL,
  attempt       INT            NOT NULL DEFAULT 0,
  call_id       BIGINT         NOT NULL DEFAULT 0,
  row_no        INT            NOT NULL DEFAULT 0,
  req_pack      BIGINT         NOT NULL DEFAULT 0,
  req_no        INT            NOT NULL DEFAULT 0,
  resp_pack     BIGINT         NOT NULL DEFAULT 0,
  resp_no       INT            NOT NULL DEFAULT 0,
  probe_absent  SMALLINT       NOT NULL DEFAULT 0,
  steps_done    SMALLINT       NOT NULL DEFAULT 0,
  target_id     VARCHAR(190)   NOT NULL DEFAULT '',
  target_number VARCHAR(190),
  writeback     MEDIUMTEXT,
  code          VARCHAR(64)    NOT NULL DEFAULT '',
  message       TEXT,
  next_at       BIGINT         NOT NULL DEFAULT 0,
  updated_at    BIGINT         NOT NULL,
  PRIMARY KEY (document_id, node_no, part, rev)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE target_key (
  connection_id BIGINT         NOT NULL,
  resource      VARCHAR(190)   NOT NULL,
  target_key    VARBINARY(190) NOT NULL,
  document_id   BIGINT         NOT NULL,
  node_no       INT            NOT NULL,
  part          INT            NOT NULL,
  state         SMALLINT       NOT NULL,
  PRIMARY KEY (connection_id, resource, target_key)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE vendor_call (
  id            BIGINT       NOT NULL,
  workspace_id  BIGINT       NOT NULL,
  run_id        BIGINT       NOT NULL DEFAULT 0,
  connection_id BIGINT       NOT NULL,
  operation     VARCHAR(190) NOT NULL,
  kind          VARCHAR(16)  NOT NULL,
  fence         BIGINT       NOT NULL DEFAULT 0,
  state         SMALLINT     NOT NULL,
  started_at    BIGINT       NOT NULL,
  ended_at      BIGINT       NOT NULL DEFAULT 0,
  row_count     INT          NOT NULL DEFAULT 0,
  req_pack      BIGINT       NOT NULL DEFAULT 0,
  resp_pack     BIGINT       NOT NULL DEFAULT 0,
  code          VARCHAR(64)  NOT NULL DEFAULT '',
  trace_id      VARCHAR(64)  NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  KEY vendor_call_time (connection_id, started_at),
  KEY vendor_call_run (run_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE call_row (
  call_id     BIGINT      NOT NULL,
  row_no      INT         NOT NULL,
  document_id BIGINT      NOT NULL,
  node_no     INT         NOT NULL,
  part        INT         NOT NULL,
  attempt     INT         NOT NULL,
  outcome     SMALLINT    NOT NULL,
  code        VARCHAR(64) NOT NULL DEFAULT '',
  message     TEXT,
  PRIMARY KEY (call_id, row_no),
  KEY call_row_document (document_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- Look-ups and code tables

CREATE TABLE lookup_field (
  stream_id BIGINT       NOT NULL,
  field_no  INT          NOT NULL,
  path      VARCHAR(190) NOT NULL,
  state     SMALLINT     NOT NULL,
  built_to  BIGINT       NOT NULL DEFAULT 0,
  PRIMARY KEY (stream_id, field_no),
  UNIQUE KEY lookup_field_path (stream_id, path)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE lookup_entry (
  stream_id   BIGINT         NOT NULL,
  field_no    INT            NOT NULL,
  value       VARBINARY(190) NOT NULL,
  document_id BIGINT         NOT NULL,
  PRIMARY KEY (stream_id, field_no, value, document_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE lookup_row (
  document_id BIGINT     NOT NULL,
  fields      MEDIUMTEXT NOT NULL,
  PRIMARY KEY (document_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE code_table (
  id           BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  name         VARCHAR(190) NOT NULL,
  title        VARCHAR(190) NOT NULL DEFAULT '',
  version      BIGINT       NOT NULL DEFAULT 0,
  updated_at   BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY code_table_name (workspace_id, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE code_row (
  table_id   BIGINT         NOT NULL,
  source     VARBINARY(190) NOT NULL,
  target     VARBINARY(190) NOT NULL,
  updated_at BIGINT         NOT NULL,
  PRIMARY KEY (table_id, source),
  KEY code_row_target (table_id, target)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

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
