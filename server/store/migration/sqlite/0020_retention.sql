-- How long what is bulky is kept, and what was removed. A pack knows when it was made;
-- what it holds goes by its age, unless something unfinished needs it. An exceptional row
-- of a call knows what was sent and answered then, because the delivery knows its last
-- attempt only.

-- +goose Up

ALTER TABLE pack RENAME COLUMN purge_at TO made_at;
UPDATE pack SET made_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000;

ALTER TABLE call_row ADD COLUMN req_pack INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call_row ADD COLUMN req_no INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call_row ADD COLUMN resp_pack INTEGER NOT NULL DEFAULT 0;
ALTER TABLE call_row ADD COLUMN resp_no INTEGER NOT NULL DEFAULT 0;

-- Days; 0 keeps for ever.
CREATE TABLE retention (
  workspace_id INTEGER NOT NULL,
  payloads     INTEGER NOT NULL,
  calls        INTEGER NOT NULL,
  posts        INTEGER NOT NULL,
  errands      INTEGER NOT NULL,
  pages        INTEGER NOT NULL,
  version      INTEGER NOT NULL,
  updated_by   TEXT    NOT NULL DEFAULT '',
  updated_at   INTEGER NOT NULL,
  PRIMARY KEY (workspace_id)
) STRICT, WITHOUT ROWID;

-- What one pass removed of a workspace. pass_id is the same for all workspaces of a pass.
CREATE TABLE retention_pass (
  workspace_id INTEGER NOT NULL,
  pass_id      INTEGER NOT NULL,
  started_at   INTEGER NOT NULL,
  ended_at     INTEGER NOT NULL DEFAULT 0,
  packs        INTEGER NOT NULL DEFAULT 0,
  bytes        INTEGER NOT NULL DEFAULT 0,
  needed       INTEGER NOT NULL DEFAULT 0,
  calls        INTEGER NOT NULL DEFAULT 0,
  posts        INTEGER NOT NULL DEFAULT 0,
  errands      INTEGER NOT NULL DEFAULT 0,
  pages        INTEGER NOT NULL DEFAULT 0,
  updated_at   INTEGER NOT NULL,
  PRIMARY KEY (workspace_id, pass_id)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE retention_pass;
DROP TABLE retention;
ALTER TABLE call_row DROP COLUMN resp_no;
ALTER TABLE call_row DROP COLUMN resp_pack;
ALTER TABLE call_row DROP COLUMN req_no;
ALTER TABLE call_row DROP COLUMN req_pack;
ALTER TABLE pack RENAME COLUMN made_at TO purge_at;
