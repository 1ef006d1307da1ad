-- Comparisons of two systems: what is compared, each time it was, and what differs.

-- +goose Up

CREATE TABLE reconcile_check (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  title        TEXT    NOT NULL,
  body         TEXT    NOT NULL,
  scheduled    INTEGER NOT NULL DEFAULT 0,
  fired_at     INTEGER NOT NULL DEFAULT 0,
  version      INTEGER NOT NULL DEFAULT 1,
  actor        TEXT    NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX reconcile_check_workspace ON reconcile_check (workspace_id, title);

CREATE TABLE reconcile_run (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  check_id     INTEGER NOT NULL,
  state        TEXT    NOT NULL,
  body         TEXT    NOT NULL,
  lease_until  INTEGER NOT NULL,
  stop         INTEGER NOT NULL DEFAULT 0,
  repaired_at  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX reconcile_run_check ON reconcile_run (check_id, id);
CREATE INDEX reconcile_run_state ON reconcile_run (state, lease_until);

CREATE TABLE reconcile_finding (
  run_id INTEGER NOT NULL,
  no     INTEGER NOT NULL,
  kind   TEXT    NOT NULL,
  body   TEXT    NOT NULL,
  PRIMARY KEY (run_id, no)
) STRICT, WITHOUT ROWID;
CREATE INDEX reconcile_finding_kind ON reconcile_finding (run_id, kind, no);

-- +goose Down

DROP TABLE reconcile_finding;
DROP TABLE reconcile_run;
DROP TABLE reconcile_check;
