-- What people did about documents, jobs over many documents, and what is paused. Who did
-- what to a document stands in a row of its own, written with the action: a job that is
-- gone on with elsewhere finds by it what is done already.

-- +goose Up

CREATE TABLE document_action (
  id           BIGINT NOT NULL,
  workspace_id BIGINT NOT NULL,
  document_id  BIGINT NOT NULL,
  rev          INT NOT NULL,
  action       VARCHAR(16) NOT NULL,
  actor        VARCHAR(190) NOT NULL,
  job_id       BIGINT NOT NULL DEFAULT 0,
  version_id   BIGINT NOT NULL DEFAULT 0,
  node_no      INT NOT NULL DEFAULT 0,
  part         INT NOT NULL DEFAULT 0,
  state        SMALLINT NOT NULL,
  code         VARCHAR(64) NOT NULL DEFAULT '',
  note         TEXT,
  before_pack  BIGINT NOT NULL DEFAULT 0,
  before_no    INT NOT NULL DEFAULT 0,
  after_pack   BIGINT NOT NULL DEFAULT 0,
  after_no     INT NOT NULL DEFAULT 0,
  created_at   BIGINT NOT NULL,
  PRIMARY KEY (id),
  KEY document_action_document (document_id),
  KEY document_action_job (job_id, document_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE bulk_job (
  id           BIGINT NOT NULL,
  workspace_id BIGINT NOT NULL,
  kind         VARCHAR(16) NOT NULL,
  version      VARCHAR(16) NOT NULL DEFAULT '',
  filter       TEXT NOT NULL,
  confirmed    TEXT,
  note         TEXT,
  actor        VARCHAR(190) NOT NULL,
  state        VARCHAR(16) NOT NULL,
  total        INT NOT NULL,
  done         INT NOT NULL DEFAULT 0,
  refused      INT NOT NULL DEFAULT 0,
  parts        INT NOT NULL,
  next_part    INT NOT NULL DEFAULT 0,
  open         SMALLINT NOT NULL DEFAULT 1,
  owner        VARCHAR(64) NOT NULL DEFAULT '',
  fence        BIGINT NOT NULL DEFAULT 0,
  lease_until  BIGINT NOT NULL DEFAULT 0,
  code         VARCHAR(64) NOT NULL DEFAULT '',
  stopped_by   VARCHAR(190) NOT NULL DEFAULT '',
  created_at   BIGINT NOT NULL,
  updated_at   BIGINT NOT NULL,
  ended_at     BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY bulk_job_workspace (workspace_id, id),
  KEY bulk_job_open (open, updated_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE bulk_part (
  job_id       BIGINT NOT NULL,
  part_no      INT NOT NULL,
  docs         TEXT NOT NULL,
  PRIMARY KEY (job_id, part_no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE bulk_refusal (
  job_id       BIGINT NOT NULL,
  document_id  BIGINT NOT NULL,
  code         VARCHAR(64) NOT NULL,
  message      TEXT,
  args         TEXT,
  PRIMARY KEY (job_id, document_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE pause (
  kind         VARCHAR(16) NOT NULL,
  ref_id       BIGINT NOT NULL,
  workspace_id BIGINT NOT NULL,
  actor        VARCHAR(190) NOT NULL,
  note         TEXT,
  paused_at    BIGINT NOT NULL,
  PRIMARY KEY (kind, ref_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE pause;
DROP TABLE bulk_refusal;
DROP TABLE bulk_part;
DROP TABLE bulk_job;
DROP TABLE document_action;
