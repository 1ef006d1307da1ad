-- Who published a version, of which bytes it is, to which one it went back, and who saved the
-- draft on the way to it.

-- +goose Up

ALTER TABLE flow_version ADD COLUMN author TEXT NOT NULL DEFAULT '';
ALTER TABLE flow_version ADD COLUMN hash TEXT NOT NULL DEFAULT '';
ALTER TABLE flow_version ADD COLUMN from_no INTEGER NOT NULL DEFAULT 0;

CREATE TABLE flow_edit (
  flow_id    INTEGER NOT NULL,
  version_no INTEGER NOT NULL,
  author     TEXT    NOT NULL,
  first_at   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL,
  PRIMARY KEY (flow_id, version_no, author)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE flow_edit;
ALTER TABLE flow_version DROP COLUMN from_no;
ALTER TABLE flow_version DROP COLUMN hash;
ALTER TABLE flow_version DROP COLUMN author;
