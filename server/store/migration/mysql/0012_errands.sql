-- Errands: calls that are made after a walk. One is entered once for each document, node
-- and way, in the transaction that ends the walk. due_at is when it may be claimed; a
-- claim moves it to the end of its lease, and what is finished is never due.

-- +goose Up

CREATE TABLE errand (
  id            BIGINT NOT NULL,
  workspace_id  BIGINT NOT NULL,
  document_id   BIGINT NOT NULL,
  rev           INT NOT NULL,
  node_no       INT NOT NULL,
  way           VARBINARY(190) NOT NULL,
  node_id       VARCHAR(64) NOT NULL,
  purpose       SMALLINT NOT NULL,
  flow_id       BIGINT NOT NULL,
  run_id        BIGINT NOT NULL,
  connection    VARCHAR(190) NOT NULL,
  operation     VARCHAR(190) NOT NULL,
  mode          VARCHAR(16) NOT NULL,
  row_key       VARCHAR(190) NOT NULL,
  trace_id      VARCHAR(32) NOT NULL,
  gathers       SMALLINT NOT NULL DEFAULT 0,
  state         SMALLINT NOT NULL,
  attempt       INT NOT NULL DEFAULT 0,
  spent         INT NOT NULL DEFAULT 0,
  absent        INT NOT NULL DEFAULT 0,
  lead_id       BIGINT NOT NULL DEFAULT 0,
  owner         VARCHAR(64) NOT NULL DEFAULT '',
  fence         BIGINT NOT NULL DEFAULT 0,
  due_at        BIGINT NOT NULL,
  req_pack      BIGINT NOT NULL DEFAULT 0,
  req_no        INT NOT NULL DEFAULT 0,
  resp_pack     BIGINT NOT NULL DEFAULT 0,
  resp_no       INT NOT NULL DEFAULT 0,
  target_id     VARCHAR(190) NOT NULL DEFAULT '',
  target_number VARCHAR(190) NOT NULL DEFAULT '',
  code          VARCHAR(64) NOT NULL DEFAULT '',
  message       TEXT,
  args          TEXT,
  actor         VARCHAR(190) NOT NULL DEFAULT '',
  note          TEXT,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY errand_key (document_id, node_no, way),
  KEY errand_due (due_at),
  KEY errand_gather (run_id, node_no, gathers)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE errand;
