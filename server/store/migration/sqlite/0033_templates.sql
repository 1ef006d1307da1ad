-- Templates of a workspace's own: what its people published, and packages that they imported.
-- A version never changes. The package is kept byte for byte, so that its signature holds.

-- +goose Up

CREATE TABLE workspace_template (
  workspace_id INTEGER NOT NULL,
  template_id  TEXT    NOT NULL,
  version      TEXT    NOT NULL,
  package      BLOB    NOT NULL,
  sum          TEXT    NOT NULL,
  key_id       TEXT    NOT NULL,
  origin       TEXT    NOT NULL,
  allowed      INTEGER NOT NULL DEFAULT 0,
  author       TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, template_id, version)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE workspace_template;
