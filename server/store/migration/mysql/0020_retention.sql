-- How long what is bulky is kept, and what was removed. A pack knows when it was made;
-- what it holds goes by its age, unless something unfinished needs it. An exceptional row
-- of a call knows what was sent and answered then, because the delivery knows its last
-- attempt only.

-- +goose Up

ALTER TABLE pack RENAME COLUMN purge_at TO made_at;
UPDATE pack SET made_at = UNIX_TIMESTAMP() * 1000;

ALTER TABLE call_row ADD COLUMN req_pack BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call_row ADD COLUMN req_no INT NOT NULL DEFAULT 0;
ALTER TABLE call_row ADD COLUMN resp_pack BIGINT NOT NULL DEFAULT 0;
ALTER TABLE call_row ADD COLUMN resp_no INT NOT NULL DEFAULT 0;

-- Days; 0 keeps for ever.
CREATE TABLE retention (
  workspace_id BIGINT NOT NULL,
  payloads     BIGINT NOT NULL,
  calls        BIGINT NOT NULL,
  posts        BIGINT NOT NULL,
  errands      BIGINT NOT NULL,
  pages        BIGINT NOT NULL,
  version      BIGINT NOT NULL,
  updated_by   VARCHAR(190) NOT NULL DEFAULT '',
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (workspace_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- What one pass removed of a workspace. pass_id is the same for all workspaces of a pass.
CREATE TABLE retention_pass (
  workspace_id BIGINT NOT NULL,
  pass_id      BIGINT NOT NULL,
  started_at   BIGINT NOT NULL,
  ended_at     BIGINT NOT NULL DEFAULT 0,
  packs        BIGINT NOT NULL DEFAULT 0,
  bytes        BIGINT NOT NULL DEFAULT 0,
  needed       BIGINT NOT NULL DEFAULT 0,
  calls        BIGINT NOT NULL DEFAULT 0,
  posts        BIGINT NOT NULL DEFAULT 0,
  errands      BIGINT NOT NULL DEFAULT 0,
  pages        BIGINT NOT NULL DEFAULT 0,
  updated_at   BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, pass_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE retention_pass;
DROP TABLE retention;
ALTER TABLE call_row DROP COLUMN resp_no;
ALTER TABLE call_row DROP COLUMN resp_pack;
ALTER TABLE call_row DROP COLUMN req_no;
ALTER TABLE call_row DROP COLUMN req_pack;
ALTER TABLE pack RENAME COLUMN made_at TO purge_at;
