-- What was handed over from a document to a document of another flow: once for each
-- node and way of a revision. to_rev is 0 where the other flow let it go.

-- +goose Up

CREATE TABLE handover (
  document_id    INTEGER NOT NULL,
  rev            INTEGER NOT NULL,
  node_no        INTEGER NOT NULL,
  way            TEXT    NOT NULL,
  workspace_id   INTEGER NOT NULL,
  to_document_id INTEGER NOT NULL,
  to_rev         INTEGER NOT NULL,
  hops           INTEGER NOT NULL,
  handed_at      INTEGER NOT NULL,
  PRIMARY KEY (document_id, rev, node_no, way)
) STRICT, WITHOUT ROWID;
CREATE INDEX handover_to ON handover (to_document_id, to_rev);

-- +goose Down

DROP TABLE handover;
