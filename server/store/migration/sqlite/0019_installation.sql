-- What all processes of an installation have in common, by its name.

-- +goose Up

CREATE TABLE installation (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down

DROP TABLE installation;
