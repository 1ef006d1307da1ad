-- Derived operations of a workspace, and those that a published version was compiled with.

-- +goose Up

CREATE TABLE derived_operation (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  body         TEXT    NOT NULL,
  version      INTEGER NOT NULL DEFAULT 1,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX derived_operation_name ON derived_operation (workspace_id, name);

ALTER TABLE flow_version ADD COLUMN operations TEXT;

-- +goose Down

ALTER TABLE flow_version DROP COLUMN operations;
DROP TABLE derived_operation;
