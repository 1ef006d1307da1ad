-- People and how they come in, and what flows and connections need to be edited
-- by several people at once.
--
-- Of a session, a token and the one-time setup token only the hash is kept
-- (SHA-256 in hexadecimal). name_key is the name in small letters.

-- +goose Up

CREATE TABLE workspace (
  id         INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE account_user (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  name_key     TEXT    NOT NULL,
  role         TEXT    NOT NULL,
  language     TEXT    NOT NULL DEFAULT '',
  password     TEXT    NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_user_name ON account_user (name_key);

CREATE TABLE account_session (
  secret_hash  TEXT    NOT NULL,
  workspace_id INTEGER NOT NULL,
  user_id      INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  seen_at      INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  PRIMARY KEY (secret_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_session_user ON account_session (user_id);

CREATE TABLE account_token (
  id           INTEGER PRIMARY KEY,
  workspace_id INTEGER NOT NULL,
  user_id      INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  role         TEXT    NOT NULL,
  secret_hash  TEXT    NOT NULL,
  created_at   INTEGER NOT NULL,
  used_at      INTEGER NOT NULL DEFAULT 0,
  expires_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX account_token_secret ON account_token (secret_hash);
CREATE INDEX account_token_workspace ON account_token (workspace_id);

-- One row, which those who set up at the same time wait for.
CREATE TABLE account_setup (
  id          INTEGER PRIMARY KEY,
  secret_hash TEXT    NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO workspace (id, name, created_at) VALUES (1, 'default', 0);
INSERT INTO account_setup (id) VALUES (1);

-- The connections that a flow names: in its draft (published 0) and in its
-- newest version (1).
CREATE TABLE flow_connection (
  flow_id      INTEGER NOT NULL,
  published    INTEGER NOT NULL,
  name         TEXT    NOT NULL,
  workspace_id INTEGER NOT NULL,
  PRIMARY KEY (flow_id, published, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX flow_connection_name ON flow_connection (workspace_id, name);

ALTER TABLE flow ADD COLUMN blocking INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE connection ADD COLUMN secrets_revision INTEGER NOT NULL DEFAULT 0;

-- +goose Down

ALTER TABLE connection DROP COLUMN secrets_revision;
ALTER TABLE connection DROP COLUMN revision;
ALTER TABLE flow DROP COLUMN blocking;
DROP TABLE flow_connection;
DROP TABLE account_setup;
DROP TABLE account_token;
DROP TABLE account_session;
DROP TABLE account_user;
DROP TABLE workspace;
