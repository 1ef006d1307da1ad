-- Files that people upload. What they hold lies in the data folder under its sum.

-- +goose Up

CREATE TABLE file (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  sum          TEXT    NOT NULL,
  size         INTEGER NOT NULL,
  uploaded_by  TEXT    NOT NULL DEFAULT '',
  uploaded_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX file_name ON file (workspace_id, name);
CREATE INDEX file_sum ON file (workspace_id, sum);

-- +goose Down

DROP TABLE file;
