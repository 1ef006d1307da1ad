-- A call knows the flow and the node it was made for: how long a flow's targets take, and
-- which calls are under way. No call was ever found by its run.

-- +goose Up

DROP INDEX vendor_call_run;
ALTER TABLE vendor_call ADD COLUMN flow_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE vendor_call ADD COLUMN node_no INTEGER NOT NULL DEFAULT 0;
CREATE INDEX vendor_call_flow ON vendor_call (flow_id, started_at);

-- +goose Down

DROP INDEX vendor_call_flow;
ALTER TABLE vendor_call DROP COLUMN node_no;
ALTER TABLE vendor_call DROP COLUMN flow_id;
CREATE INDEX vendor_call_run ON vendor_call (run_id);
