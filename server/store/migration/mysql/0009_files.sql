-- Files that people upload. What they hold lies in the data folder under its sum.

-- +goose Up

CREATE TABLE file (
  id           BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  name         VARCHAR(190) NOT NULL,
  sum          VARCHAR(64)  NOT NULL,
  size         BIGINT       NOT NULL,
  uploaded_by  VARCHAR(190) NOT NULL DEFAULT '',
  uploaded_at  BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY file_name (workspace_id, name),
  KEY file_sum (workspace_id, sum)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE file;
