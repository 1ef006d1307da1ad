-- Derived operations of a workspace, and those that a published version was compiled with.

-- +goose Up

CREATE TABLE derived_operation (
  id           BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  name         VARCHAR(190) NOT NULL,
  body         MEDIUMTEXT   NOT NULL,
  version      BIGINT       NOT NULL DEFAULT 1,
  updated_at   BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY derived_operation_name (workspace_id, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE flow_version ADD COLUMN operations MEDIUMTEXT;

-- +goose Down

ALTER TABLE flow_version DROP COLUMN operations;
DROP TABLE derived_operation;
