-- What workspaces have come to, for good: the first page's checklist ticks itself by it.

-- +goose Up

CREATE TABLE milestone (
  workspace_id BIGINT      NOT NULL,
  name         VARCHAR(64) NOT NULL,
  PRIMARY KEY (workspace_id, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE milestone;
