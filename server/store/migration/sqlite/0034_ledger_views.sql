-- Views of the ledger that people keep under a name. of_user is whose view it is, 0 for one
-- that everybody of the workspace sees. The choice is the view that a person's ledger opens
-- with: the id of one of these, or the name of a shipped one.

-- +goose Up

CREATE TABLE ledger_view (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  of_user      INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  content      TEXT    NOT NULL,
  made_by      INTEGER NOT NULL,
  maker        TEXT    NOT NULL,
  version      INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX ledger_view_name ON ledger_view (workspace_id, of_user, name);

CREATE TABLE ledger_view_choice (
  workspace_id INTEGER NOT NULL,
  user_id      INTEGER NOT NULL,
  choice       TEXT    NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE ledger_view_choice;
DROP TABLE ledger_view;
