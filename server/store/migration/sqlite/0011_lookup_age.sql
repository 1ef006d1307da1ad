-- Of several documents that answer a look-up the newest comes first: by the source's
-- time of change, then by when the revision was stored.

-- +goose Up

ALTER TABLE lookup_row ADD COLUMN modified_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lookup_row ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
UPDATE lookup_row SET modified_at = COALESCE((SELECT d.modified_at FROM document d WHERE d.id = document_id), 0),
  seen_at = COALESCE((SELECT d.updated_at FROM document d WHERE d.id = document_id), 0);

-- +goose Down

ALTER TABLE lookup_row DROP COLUMN seen_at;
ALTER TABLE lookup_row DROP COLUMN modified_at;
