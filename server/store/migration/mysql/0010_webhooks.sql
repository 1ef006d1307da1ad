-- Addresses at which documents are posted, the secrets of those who post, what was
-- posted, and what documents are answered.

-- +goose Up

CREATE TABLE hook (
  id           BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  flow_id      BIGINT       NOT NULL,
  node_id      VARCHAR(64)  NOT NULL,
  public_id    VARCHAR(64)  NOT NULL,
  created_at   BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY hook_node (flow_id, node_id),
  UNIQUE KEY hook_public (public_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE hook_secret (
  id         BIGINT       NOT NULL,
  hook_id    BIGINT       NOT NULL,
  sealed     MEDIUMBLOB   NOT NULL,
  created_by VARCHAR(190) NOT NULL DEFAULT '',
  created_at BIGINT       NOT NULL,
  expires_at BIGINT       NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY hook_secret_hook (hook_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- One row for each request by its message id. status is 0 until an answer is fixed.
CREATE TABLE hook_post (
  hook_id     BIGINT       NOT NULL,
  message_id  VARCHAR(190) NOT NULL,
  sum         VARCHAR(64)  NOT NULL,
  received_at BIGINT       NOT NULL,
  documents   MEDIUMTEXT   NOT NULL,
  status      INT          NOT NULL DEFAULT 0,
  answer      MEDIUMBLOB,
  PRIMARY KEY (hook_id, message_id),
  KEY hook_post_received (hook_id, received_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE document_answer (
  document_id BIGINT     NOT NULL,
  rev         INT        NOT NULL,
  node_no     INT        NOT NULL,
  status      INT        NOT NULL,
  body        MEDIUMBLOB NOT NULL,
  answered_at BIGINT     NOT NULL,
  PRIMARY KEY (document_id, rev)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE document_answer;
DROP TABLE hook_post;
DROP TABLE hook_secret;
DROP TABLE hook;
