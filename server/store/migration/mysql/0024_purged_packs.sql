-- Packs that were removed because of their age: when, and by which rule at how many days.
-- What referred to one can say so.

-- +goose Up

CREATE TABLE purged_pack (
  pack_id    BIGINT      NOT NULL,
  rule       VARCHAR(20) NOT NULL,
  days       INT         NOT NULL,
  removed_at BIGINT      NOT NULL,
  PRIMARY KEY (pack_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE purged_pack;
