-- Samples that stay with the nodes of a flow: a few documents to test with. They are no
-- part of the flow's document and go with the flow.

-- +goose Up

CREATE TABLE pinned_sample (
  flow_id   BIGINT       NOT NULL,
  node_id   VARCHAR(190) NOT NULL,
  body      MEDIUMBLOB   NOT NULL,
  chosen    INT          NOT NULL,
  basis     VARCHAR(190) NOT NULL,
  origin    VARCHAR(20)  NOT NULL,
  pinned_by VARCHAR(190) NOT NULL,
  pinned_at BIGINT       NOT NULL,
  PRIMARY KEY (flow_id, node_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE pinned_sample;
