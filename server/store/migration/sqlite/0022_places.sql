-- At most so many pieces of work of a flow are walked at a time: as its newest version
-- says. Each that is claimed has a place of its own among them.

-- +goose Up

ALTER TABLE flow ADD COLUMN concurrency INTEGER NOT NULL DEFAULT 4;
UPDATE flow SET concurrency = COALESCE((SELECT json_extract(v.document, '$.spec.settings.concurrency') FROM flow_version v
  WHERE v.flow_id = flow.id ORDER BY v.version_no DESC LIMIT 1), 4);
ALTER TABLE work ADD COLUMN place INTEGER;
CREATE UNIQUE INDEX work_place ON work (flow_id, place);

-- +goose Down

DROP INDEX work_place;
ALTER TABLE work DROP COLUMN place;
ALTER TABLE flow DROP COLUMN concurrency;
