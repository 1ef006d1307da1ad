-- What was handed over from a document to a document of another flow: once for each
-- node and way of a revision. to_rev is 0 where the other flow let it go.

-- +goose Up

CREATE TABLE handover (
  document_id    BIGINT         NOT NULL,
  rev            INT            NOT NULL,
  node_no        INT            NOT NULL,
  way            VARBINARY(190) NOT NULL,
  workspace_id   BIGINT         NOT NULL,
  to_document_id BIGINT         NOT NULL,
  to_rev         INT            NOT NULL,
  hops           INT            NOT NULL,
  handed_at      BIGINT         NOT NULL,
  PRIMARY KEY (document_id, rev, node_no, way),
  KEY handover_to (to_document_id, to_rev)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE handover;
