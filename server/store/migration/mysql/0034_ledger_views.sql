-- Views of the ledger that people keep under a name. of_user is whose view it is, 0 for one
-- that everybody of the workspace sees. The choice is the view that a person's ledger opens
-- with: the id of one of these, or the name of a shipped one.

-- +goose Up

CREATE TABLE ledger_view (
  id           BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  of_user      BIGINT       NOT NULL,
  name         VARCHAR(190) NOT NULL,
  content      MEDIUMTEXT   NOT NULL,
  made_by      BIGINT       NOT NULL,
  maker        VARCHAR(190) NOT NULL,
  version      BIGINT       NOT NULL,
  updated_at   BIGINT       NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY ledger_view_name (workspace_id, of_user, name)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE ledger_view_choice (
  workspace_id BIGINT      NOT NULL,
  user_id      BIGINT      NOT NULL,
  choice       VARCHAR(64) NOT NULL,
  PRIMARY KEY (workspace_id, user_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE ledger_view_choice;
DROP TABLE ledger_view;
