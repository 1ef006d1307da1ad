-- Who published a version, of which bytes it is, to which one it went back, and who saved the
-- draft on the way to it.

-- +goose Up

ALTER TABLE flow_version ADD COLUMN author VARCHAR(190) NOT NULL DEFAULT '';
ALTER TABLE flow_version ADD COLUMN hash VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE flow_version ADD COLUMN from_no INT NOT NULL DEFAULT 0;

CREATE TABLE flow_edit (
  flow_id    BIGINT       NOT NULL,
  version_no INT          NOT NULL,
  author     VARCHAR(190) NOT NULL,
  first_at   BIGINT       NOT NULL,
  last_at    BIGINT       NOT NULL,
  PRIMARY KEY (flow_id, version_no, author)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE flow_edit;
ALTER TABLE flow_version DROP COLUMN from_no;
ALTER TABLE flow_version DROP COLUMN hash;
ALTER TABLE flow_version DROP COLUMN author;
