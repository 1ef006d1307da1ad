-- People and how they come in, and what flows and connections need to be edited
-- by several people at once.
--
-- Of a session, a token and the one-time setup token only the hash is kept
-- (SHA-256 in hexadecimal). name_key is the name in small letters.

-- +goose Up

CREATE TABLE workspace (
  id         BIGINT       NOT NULL,
  name       VARCHAR(190) NOT NULL,
  created_at BIGINT       NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE account_user (
  id           BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  name         VARCHAR(64)  NOT NULL,
  name_key     VARCHAR(64)  NOT NULL,
  role         VARCHAR(16)  NOT NULL,
  language     VARCHAR(16)  NOT NULL DEFAULT '',
  password     VARCHAR(190) NOT NULL,
  created_at   BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY account_user_name (name_key)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE account_session (
  secret_hash  VARCHAR(64) NOT NULL,
  workspace_id BIGINT      NOT NULL,
  user_id      BIGINT      NOT NULL,
  created_at   BIGINT      NOT NULL,
  seen_at      BIGINT      NOT NULL,
  expires_at   BIGINT      NOT NULL,
  PRIMARY KEY (secret_hash),
  KEY account_session_user (user_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE account_token (
  id           BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  user_id      BIGINT       NOT NULL,
  name         VARCHAR(190) NOT NULL,
  role         VARCHAR(16)  NOT NULL,
  secret_hash  VARCHAR(64)  NOT NULL,
  created_at   BIGINT       NOT NULL,
  used_at      BIGINT       NOT NULL DEFAULT 0,
  expires_at   BIGINT       NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  UNIQUE KEY account_token_secret (secret_hash),
  KEY account_token_workspace (workspace_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row, which those who set up at the same time wait for.
CREATE TABLE account_setup (
  id          BIGINT      NOT NULL,
  secret_hash VARCHAR(64) NOT NULL DEFAULT '',
  created_at  BIGINT      NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO workspace (id, name, created_at) VALUES (1, 'default', 0);
INSERT INTO account_setup (id) VALUES (1);

-- The connections that a flow names: in its draft (published 0) and in its
-- newest version (1).
CREATE TABLE flow_connection (
  flow_id      BIGINT       NOT NULL,
  published    SMALLINT     NOT NULL,
  name         VARCHAR(190) NOT NULL,
  workspace_id BIGINT       NOT NULL,
  PRIMARY KEY (flow_id, published, name),
  KEY flow_connection_name (workspace_id, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE flow ADD COLUMN blocking INT NOT NULL DEFAULT 0;
ALTER TABLE connection ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;
ALTER TABLE connection ADD COLUMN secrets_revision BIGINT NOT NULL DEFAULT 0;

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
