-- Groups of documents that wait for each other: a row for each bill, composed or to be
-- composed. open_key is group_key while the group is open: of those there is one. A
-- member keeps what its other branches came to (rest), the policy of its source, and
-- by lines_pack what it brings.

-- +goose Up

CREATE TABLE group_head (
  document_id  BIGINT         NOT NULL,
  workspace_id BIGINT         NOT NULL,
  flow_id      BIGINT         NOT NULL,
  stream_id    BIGINT         NOT NULL,
  node_id      VARCHAR(64)    NOT NULL,
  version_id   BIGINT         NOT NULL,
  run_id       BIGINT         NOT NULL,
  group_key    VARBINARY(190) NOT NULL,
  number       VARCHAR(190)   NOT NULL,
  per_run      SMALLINT       NOT NULL,
  late         VARCHAR(16)    NOT NULL,
  state        SMALLINT       NOT NULL,
  members      INT            NOT NULL,
  seq          BIGINT         NOT NULL,
  due_at       BIGINT         NOT NULL,
  opened_at    BIGINT         NOT NULL,
  closed_at    BIGINT         NOT NULL,
  open_key     VARBINARY(190),
  origins_pack BIGINT         NOT NULL DEFAULT 0,
  origins_no   INT            NOT NULL DEFAULT 0,
  PRIMARY KEY (document_id),
  UNIQUE KEY group_head_open (stream_id, version_id, open_key),
  KEY group_head_due (state, due_at),
  KEY group_head_run (run_id, state)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE group_member ADD COLUMN rest SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE group_member ADD COLUMN on_seen VARCHAR(16) NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE group_member DROP COLUMN on_seen;
ALTER TABLE group_member DROP COLUMN rest;
DROP TABLE group_head;
