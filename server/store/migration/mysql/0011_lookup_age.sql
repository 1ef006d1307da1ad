-- Of several documents that answer a look-up the newest comes first: by the source's
-- time of change, then by when the revision was stored.

-- +goose Up

ALTER TABLE lookup_row ADD COLUMN modified_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lookup_row ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE lookup_row r JOIN document d ON d.id = r.document_id SET r.modified_at = d.modified_at, r.seen_at = d.updated_at;

-- +goose Down

ALTER TABLE lookup_row DROP COLUMN seen_at;
ALTER TABLE lookup_row DROP COLUMN modified_at;
