-- Templates of a workspace's own: what its people published, and packages that they imported.
-- A version never changes. The package is kept byte for byte, so that its signature holds.

-- +goose Up

CREATE TABLE workspace_template (
  workspace_id BIGINT       NOT NULL,
  template_id  VARCHAR(100) NOT NULL,
  version      VARCHAR(20)  NOT NULL,
  package      MEDIUMBLOB   NOT NULL,
  sum          VARCHAR(64)  NOT NULL,
  key_id       VARCHAR(64)  NOT NULL,
  origin       VARCHAR(16)  NOT NULL,
  allowed      SMALLINT     NOT NULL DEFAULT 0,
  author       VARCHAR(190) NOT NULL,
  created_at   BIGINT       NOT NULL,
  PRIMARY KEY (workspace_id, template_id, version)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE workspace_template;
