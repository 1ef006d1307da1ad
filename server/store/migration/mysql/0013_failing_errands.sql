-- Documents of which a call after a walk fails are found by their errands' states.

-- +goose Up

CREATE INDEX errand_state ON errand (workspace_id, state, document_id);

-- +goose Down

DROP INDEX errand_state ON errand;
