-- The latest page requests of flows: what a source was asked, and what it answered. They are no part
-- of the ledger, and are kept for a short time.

-- +goose Up

CREATE TABLE page_request (
  id            BIGINT NOT NULL PRIMARY KEY,
  workspace_id  BIGINT NOT NULL,
  flow_id       BIGINT NOT NULL,
  run_id        BIGINT NOT NULL,
  connection_id BIGINT NOT NULL,
  node_id       VARCHAR(190) NOT NULL,
  operation     VARCHAR(190) NOT NULL,
  window_id     BIGINT NOT NULL,
  attempt       BIGINT NOT NULL,
  page_no       BIGINT NOT NULL,
  row_count     BIGINT NOT NULL,
  total         BIGINT NOT NULL,
  started_at    BIGINT NOT NULL,
  ended_at      BIGINT NOT NULL,
  code          VARCHAR(64) NOT NULL,
  message       TEXT,
  args          TEXT,
  request       MEDIUMBLOB,
  request_size  BIGINT NOT NULL,
  response      MEDIUMBLOB,
  response_size BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE INDEX page_request_flow ON page_request (flow_id, id);
CREATE INDEX page_request_started ON page_request (started_at);

-- +goose Down

DROP TABLE page_request;
