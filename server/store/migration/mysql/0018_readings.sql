-- What a run reads in place of what changed. How far a source's clock is ahead, and
-- where people put the cursor of a stream.

-- +goose Up

ALTER TABLE run ADD COLUMN reading TEXT;

ALTER TABLE stream_cursor ADD COLUMN ahead_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stream_cursor ADD COLUMN clock_at BIGINT NOT NULL DEFAULT 0;

CREATE TABLE cursor_reset (
  id        BIGINT       NOT NULL,
  stream_id BIGINT       NOT NULL,
  from_ms   BIGINT       NOT NULL,
  to_ms     BIGINT       NOT NULL,
  actor     VARCHAR(190) NOT NULL,
  note      MEDIUMTEXT,
  at        BIGINT       NOT NULL,
  PRIMARY KEY (id),
  KEY cursor_reset_stream (stream_id, id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE cursor_reset;
ALTER TABLE stream_cursor DROP COLUMN clock_at;
ALTER TABLE stream_cursor DROP COLUMN ahead_ms;
ALTER TABLE run DROP COLUMN reading;
