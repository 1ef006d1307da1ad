-- Due work is listed flow by flow, so that none hides another.

-- +goose Up

DROP INDEX work_due;
CREATE INDEX work_due ON work (flow_id, due_at);

-- +goose Down

DROP INDEX work_due;
CREATE INDEX work_due ON work (priority, due_at);
