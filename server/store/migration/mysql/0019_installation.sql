-- What all processes of an installation have in common, by its name. The row "presence" is
-- locked by every process that serves: shared by those that know of each other, for itself
-- by one that is alone.

-- +goose Up

CREATE TABLE installation (
  name  VARCHAR(40)    NOT NULL PRIMARY KEY,
  value VARBINARY(190) NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE installation;
