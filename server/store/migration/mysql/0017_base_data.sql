-- Base data of connections that refused documents wait for, and when some came last.

-- +goose Up

CREATE TABLE base_data (
  connection_id BIGINT NOT NULL,
  base_type     VARCHAR(190) NOT NULL,
  came_at       BIGINT NOT NULL,
  PRIMARY KEY (connection_id, base_type)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE base_data_wait (
  connection_id BIGINT NOT NULL,
  base_type     VARCHAR(190) NOT NULL,
  document_id   BIGINT NOT NULL,
  asked_at      BIGINT NOT NULL,
  PRIMARY KEY (connection_id, base_type, document_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE base_data_wait;
DROP TABLE base_data;
