-- What a run reads in place of what changed. How far a source's clock is ahead, and
-- where people put the cursor of a stream.

-- +goose Up

ALTER TABLE run ADD COLUMN reading TEXT;

ALTER TABLE stream_cursor ADD COLUMN ahead_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream_cursor ADD COLUMN clock_at INTEGER NOT NULL DEFAULT 0;

CREATE TABLE cursor_reset (
  id        INTEGER PRIMARY KEY,
  stream_id INTEGER NOT NULL,
  from_ms   INTEGER NOT NULL,
  to_ms     INTEGER NOT NULL,
  actor     TEXT    NOT NULL,
  note      TEXT,
  at        INTEGER NOT NULL
) STRICT;
CREATE INDEX cursor_reset_stream ON cursor_reset (stream_id, id);

-- +goose Down

DROP TABLE cursor_reset;
ALTER TABLE stream_cursor DROP COLUMN clock_at;
ALTER TABLE stream_cursor DROP COLUMN ahead_ms;
ALTER TABLE run DROP COLUMN reading;
