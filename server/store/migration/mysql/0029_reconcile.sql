-- Comparisons of two systems: what is compared, each time it was, and what differs.

-- +goose Up

CREATE TABLE reconcile_check (
  id           BIGINT       NOT NULL,
  workspace_id BIGINT       NOT NULL,
  title        VARCHAR(190) NOT NULL,
  body         MEDIUMTEXT   NOT NULL,
  scheduled    INT          NOT NULL DEFAULT 0,
  fired_at     BIGINT       NOT NULL DEFAULT 0,
  version      INT          NOT NULL DEFAULT 1,
  actor        VARCHAR(190) NOT NULL,
  updated_at   BIGINT       NOT NULL,
  PRIMARY KEY (id),
  KEY reconcile_check_workspace (workspace_id, title)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE reconcile_run (
  id           BIGINT      NOT NULL,
  workspace_id BIGINT      NOT NULL,
  check_id     BIGINT      NOT NULL,
  state        VARCHAR(16) NOT NULL,
  body         MEDIUMTEXT  NOT NULL,
  lease_until  BIGINT      NOT NULL,
  stop         INT         NOT NULL DEFAULT 0,
  repaired_at  BIGINT      NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY reconcile_run_check (check_id, id),
  KEY reconcile_run_state (state, lease_until)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE reconcile_finding (
  run_id BIGINT      NOT NULL,
  no     INT         NOT NULL,
  kind   VARCHAR(16) NOT NULL,
  body   MEDIUMTEXT  NOT NULL,
  PRIMARY KEY (run_id, no),
  KEY reconcile_finding_kind (run_id, kind, no)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down

DROP TABLE reconcile_finding;
DROP TABLE reconcile_run;
DROP TABLE reconcile_check;
