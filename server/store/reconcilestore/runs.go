package reconcilestore

import (
	"context"
	"database/sql"
	"encoding/json"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	compared "github.com/karezflow/karez/engine/reconcile"
	"github.com/karezflow/karez/server/reconcile"
	"github.com/karezflow/karez/server/store"
)

// made is what of a Run has no column of its own.
type made struct {
	By      string                   `json:"by,omitempty"`
	Version int                      `json:"version,omitempty"`
	From    ledger.Millis            `json:"from"`
	To      ledger.Millis            `json:"to"`
	Started ledger.Millis            `json:"started"`
	Ended   ledger.Millis            `json:"ended,omitempty"`
	Read    [2]int                   `json:"read"`
	Source  int                      `json:"source,omitempty"`
	Target  int                      `json:"target,omitempty"`
	Same    int                      `json:"same,omitempty"`
	Excused int                      `json:"excused,omitempty"`
	Counts  map[compared.Verdict]int `json:"counts,omitempty"`
	Groups  []compared.Group         `json:"groups,omitempty"`
	Code    string                   `json:"code,omitempty"`
	Message string                   `json:"message,omitempty"`
	Args    map[string]string        `json:"args,omitempty"`
}

const runColumns = "id, workspace_id, check_id, state, body, lease_until, repaired_at"

func scanRun(rows *sql.Rows) (reconcile.Run, error) {
	var r reconcile.Run
	var body []byte
	if err := rows.Scan(&r.ID, &r.Workspace, &r.Check, &r.State, &body, &r.Lease, &r.Repaired); err != nil {
		return r, err
	}
	var m made
	err := json.Unmarshal(body, &m)
	r.Version, r.By, r.From, r.To, r.Started, r.Ended, r.Read = m.Version, m.By, m.From, m.To, m.Started, m.Ended, m.Read
	r.Source, r.Target, r.Same, r.Excused, r.Counts, r.Groups = m.Source, m.Target, m.Same, m.Excused, m.Counts, m.Groups
	r.Code, r.Message, r.Args = m.Code, m.Message, m.Args
	return r, err
}

func bodyOf(r reconcile.Run) (string, error) {
	body, err := json.Marshal(made{r.By, r.Version, r.From, r.To, r.Started, r.Ended, r.Read, r.Source, r.Target, r.Same, r.Excused, r.Counts, r.Groups, r.Code, r.Message, r.Args})
	return string(body), err
}

// Begin implements reconcile.Runs. The check's row is locked: it begins once at a time.
func (s *Store) Begin(ctx context.Context, r reconcile.Run, fire ledger.Millis) (reconcile.Run, bool, error) {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return r, false, err
	}
	body, err := bodyOf(r)
	if err != nil {
		return r, false, err
	}
	r.ID = id
	begun := false
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		fired, err := store.One(store.Scan(tx, store.Column[ledger.Millis], "SELECT fired_at FROM reconcile_check WHERE id = ?"+s.sql.ForUpdate(), r.Check))
		if err != nil || fire != 0 && fired >= fire {
			return err
		}
		running, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM reconcile_run WHERE check_id = ? AND state = ?", r.Check, reconcile.Running)
		if err != nil || len(running) > 0 {
			return err
		}
		begun = true
		if fire != 0 {
			if err := tx.Exec("UPDATE reconcile_check SET fired_at = ? WHERE id = ?", fire, r.Check).Error; err != nil {
				return err
			}
		}
		return tx.Exec("INSERT INTO reconcile_run (id,workspace_id,check_id,state,body,lease_until) VALUES (?,?,?,?,?,?)", id, r.Workspace, r.Check, r.State, body, r.Lease).Error
	})
	return r, begun, err
}

// Keep implements reconcile.Runs.
func (s *Store) Keep(ctx context.Context, r reconcile.Run) error {
	body, err := bodyOf(r)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE reconcile_run SET body = ? WHERE id = ? AND state = ?", body, r.ID, reconcile.Running).Error
	})
}

// Renew implements reconcile.Leases.
func (s *Store) Renew(ctx context.Context, run ledger.ID, until ledger.Millis) (bool, error) {
	stop := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE reconcile_run SET lease_until = ? WHERE id = ? AND state = ? AND stop = 0", until, run, reconcile.Running)
		stop = done.Error == nil && done.RowsAffected == 0
		return done.Error
	})
	return stop, err
}

// End implements reconcile.Runs.
func (s *Store) End(ctx context.Context, r reconcile.Run, found []compared.Finding) error {
	body, err := bodyOf(r)
	if err != nil {
		return err
	}
	rows := make([][]any, len(found))
	for i, f := range found {
		text, err := json.Marshal(f)
		if err != nil {
			return err
		}
		rows[i] = []any{r.ID, i + 1, f.Kind, string(text)}
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE reconcile_run SET state = ?, body = ?, lease_until = 0 WHERE id = ? AND state = ?", r.State, body, r.ID, reconcile.Running)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return s.sql.Insert(tx, store.Table{Name: "reconcile_finding", Key: "run_id,no", Columns: []string{"run_id", "no", "kind", "body"}}, rows)
	})
}

// Lost implements reconcile.Leases.
func (s *Store) Lost(ctx context.Context, now ledger.Millis) error {
	lost, err := store.Scan(s.db.Read(ctx), scanRun, "SELECT "+runColumns+" FROM reconcile_run WHERE state = ? AND lease_until < ?", reconcile.Running, now)
	for _, r := range lost {
		r.State, r.Ended, r.Code, r.Message = reconcile.Failed, now, "reconcile.interrupted", "the process ended before the comparison did"
		if err := s.End(ctx, r, nil); err != nil {
			return err
		}
	}
	return err
}

// Run implements reconcile.Runs.
func (s *Store) Run(ctx context.Context, workspace, id ledger.ID) (reconcile.Run, error) {
	return store.One(store.Scan(s.db.Read(ctx), scanRun, "SELECT "+runColumns+" FROM reconcile_run WHERE id = ? AND workspace_id = ?", id, workspace))
}

// List implements reconcile.Runs.
func (s *Store) List(ctx context.Context, workspace, check ledger.ID, limit int) ([]reconcile.Run, error) {
	return store.Scan(s.db.Read(ctx), scanRun, "SELECT "+runColumns+" FROM reconcile_run WHERE workspace_id = ? AND check_id = ? ORDER BY id DESC LIMIT ?", workspace, check, limit)
}

// Stop implements reconcile.Runs.
func (s *Store) Stop(ctx context.Context, workspace, id ledger.ID) error {
	return s.mark(ctx, "UPDATE reconcile_run SET stop = 1 WHERE id = ? AND workspace_id = ?", id, workspace)
}

func (s *Store) mark(ctx context.Context, statement string, args ...any) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(statement, args...)
		if done.Error == nil && done.RowsAffected == 0 {
			return ledger.ErrNotFound
		}
		return done.Error
	})
}

// Repairing implements reconcile.Findings.
func (s *Store) Repairing(ctx context.Context, workspace, id ledger.ID, now ledger.Millis) (bool, error) {
	first := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("UPDATE reconcile_run SET repaired_at = ? WHERE id = ? AND workspace_id = ? AND repaired_at = 0", now, id, workspace)
		first = done.RowsAffected > 0
		return done.Error
	})
	return first, err
}

// Unrepaired implements reconcile.Findings.
func (s *Store) Unrepaired(ctx context.Context, workspace, id ledger.ID) error {
	return s.mark(ctx, "UPDATE reconcile_run SET repaired_at = 0 WHERE id = ? AND workspace_id = ?", id, workspace)
}

// Findings implements reconcile.Findings.
func (s *Store) Findings(ctx context.Context, run ledger.ID, kind compared.Verdict, after, limit int) ([]reconcile.Finding, error) {
	where, args := "run_id = ? AND no > ?", []any{run, after}
	if kind != "" {
		where, args = where+" AND kind = ?", append(args, kind)
	}
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (reconcile.Finding, error) {
		var f reconcile.Finding
		var body []byte
		if err := rows.Scan(&f.No, &body); err != nil {
			return f, err
		}
		return f, json.Unmarshal(body, &f.Finding)
	}, "SELECT no, body FROM reconcile_finding WHERE "+where+" ORDER BY no LIMIT ?", append(args, limit)...)
}
