-- What workspaces have come to, for good: the first page's checklist ticks itself by it.

-- +goose Up

CREATE TABLE milestone (
  workspace_id INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  PRIMARY KEY (workspace_id, name)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE milestone;
