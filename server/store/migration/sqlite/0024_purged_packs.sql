-- Packs that were removed because of their age: when, and by which rule at how many days.
-- What referred to one can say so.

-- +goose Up

CREATE TABLE purged_pack (
  pack_id    INTEGER NOT NULL,
  rule       TEXT    NOT NULL,
  days       INTEGER NOT NULL,
  removed_at INTEGER NOT NULL,
  PRIMARY KEY (pack_id)
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE purged_pack;
