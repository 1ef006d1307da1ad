// Package runledger keeps the runs of the ledger in SQL: how they open, end and
// count, and why their documents stand still. It is a part of ledgerstore.
//
// It may import server/store, server/store/ledgerrow, engine/ledger and sdk/fault only.
package runledger

import (
	"context"
	"database/sql"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
)

// Store implements what the seams of the engine and the services need of runs.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db: db, sql: db.Dialect()} }

const columns = "id,workspace_id,flow_id,version_id,trigger_name,fire_at,state,pull_state,started_at,ended_at,code,message,args,trace_id,numbers,missing,reading"

// Columns are those that Read reads, of the table with an alias.
func Columns(alias string) string {
	return alias + "." + strings.ReplaceAll(columns, ",", ","+alias+".")
}

// Read reads Columns and what a query adds to them.
func Read(rows *sql.Rows, r *ledger.Run, more ...any) error {
	var ended int
	var message, args, numbers, missing, reading sql.NullString
	err := rows.Scan(append([]any{
		&r.ID, &r.Workspace, &r.Flow, &r.Version, &r.Trigger, &r.FireAt, &r.State, &ended, &r.Started, &r.Ended, &r.Code, &message, &args, &r.TraceID, &numbers, &missing, &reading,
	}, more...)...)
	r.PullingEnded, r.Message, r.Args = ended != 0, message.String, store.ReadArgs(args)
	r.Numbers, r.Missing = split(numbers), split(missing)
	if err == nil {
		r.Reading, err = readReading(reading)
	}
	return err
}

// A number has no line break, so that a list of them is lines.
const between = "\n"

func split(lines sql.NullString) []string {
	if lines.String == "" {
		return nil
	}
	return strings.Split(lines.String, between)
}

func join(numbers []string) any {
	if len(numbers) == 0 {
		return nil
	}
	return strings.Join(numbers, between)
}

func scan(rows *sql.Rows) (r ledger.Run, err error) { return r, Read(rows, &r) }

func table() store.Table {
	return store.Table{Name: "run", Key: "id", Columns: strings.Split(columns, ",")}
}

// OpenRun implements execution.Store.
func (s *Store) OpenRun(ctx context.Context, run ledger.Run, now ledger.Millis) (ledger.Run, bool, error) {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return run, false, err
	}
	run.ID, run.Trigger = id, store.Cut(run.Trigger, 64)
	if run.State != ledger.RunQueued {
		run.State, run.Started = ledger.RunRunning, now
	}
	opened, created := run, false
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		opened, created = run, false
		same, err := store.Scan(tx, scan, "SELECT "+columns+" FROM run WHERE flow_id = ? AND trigger_name = ? AND fire_at = ?"+s.sql.ForUpdate(), run.Flow, run.Trigger, run.FireAt)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			opened = same[0]
			return nil
		}
		created = true
		return s.insert(tx, run)
	})
	return opened, created, err
}

func (s *Store) insert(tx *gorm.DB, run ledger.Run) error {
	return s.sql.Insert(tx, table(), [][]any{{
		run.ID, run.Workspace, run.Flow, run.Version, run.Trigger, run.FireAt, run.State, store.Bit(run.PullingEnded),
		run.Started, run.Ended, store.Cut(run.Code, 64), store.Null(store.CutText(run.Message)), store.NullArgs(run.Args), store.Cut(run.TraceID, 32),
		join(run.Numbers), join(run.Missing), nullReading(run.Reading),
	}})
}

// Join gives the flow's run with the trigger that goes on, which it locks, or opens run
// at its next moment. The flow's row is locked already.
func (s *Store) Join(tx *gorm.DB, run ledger.Run, now ledger.Millis, nextID func() ledger.ID) (ledger.ID, error) {
	last, err := store.Scan(tx, scan, "SELECT "+columns+" FROM run WHERE flow_id = ? AND trigger_name = ? ORDER BY fire_at DESC LIMIT 1"+s.sql.ForUpdate(), run.Flow, run.Trigger)
	if err != nil {
		return 0, err
	}
	run.FireAt = now
	if len(last) > 0 {
		if last[0].State == ledger.RunRunning {
			return last[0].ID, nil
		}
		run.FireAt = max(now, last[0].FireAt+1)
	}
	run.ID, run.State, run.Started = nextID(), ledger.RunRunning, now
	return run.ID, s.insert(tx, run)
}

// BeginRun implements execution.Store.
func (s *Store) BeginRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error) {
	begun := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		run, err := s.run(tx, id, s.sql.ForUpdate())
		if begun = err == nil && run.State == ledger.RunQueued; !begun {
			return err
		}
		return tx.Exec("UPDATE run SET state = ?, started_at = ? WHERE id = ?", ledger.RunRunning, now, id).Error
	})
	return begun, err
}

// CancelRun implements execution.Store.
func (s *Store) CancelRun(ctx context.Context, id ledger.ID, by string, now ledger.Millis) (ledger.Run, bool, error) {
	var run ledger.Run
	changed := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		found, err := s.run(tx, id, s.sql.ForUpdate())
		if err != nil {
			return err
		}
		if run, changed = found.Cancel(by, now); !changed {
			return nil
		}
		if err := tx.Exec("DELETE FROM pause WHERE kind = 'run' AND ref_id = ?", id).Error; err != nil {
			return err
		}
		return tx.Exec("UPDATE run SET state = ?, ended_at = ?, pull_state = 1, code = ?, message = ?, args = ? WHERE id = ?",
			run.State, run.Ended, run.Code, store.Null(store.CutText(run.Message)), store.NullArgs(run.Args), id).Error
	})
	return run, changed, err
}

// EndPulling implements pull.Store.
func (s *Store) EndPulling(ctx context.Context, run ledger.ID, why *fault.Fault, _ ledger.Millis) error {
	if why == nil {
		why = &fault.Fault{}
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		if _, err := s.run(tx, run, s.sql.ForUpdate()); err != nil {
			return err
		}
		return tx.Exec("UPDATE run SET pull_state = 1, code = ?, message = ?, args = ? WHERE id = ? AND pull_state = 0",
			store.Cut(why.Code, 64), store.Null(store.CutText(why.Message)), store.NullArgs(why.Args), run).Error
	})
}

// SetMissing implements execution.Store.
func (s *Store) SetMissing(ctx context.Context, id ledger.ID, numbers []string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		if _, err := s.run(tx, id, s.sql.ForUpdate()); err != nil {
			return err
		}
		return tx.Exec("UPDATE run SET missing = ? WHERE id = ?", join(numbers), id).Error
	})
}

func (s *Store) run(tx *gorm.DB, id ledger.ID, lock string) (ledger.Run, error) {
	return store.One(store.Scan(tx, scan, "SELECT "+columns+" FROM run WHERE id = ?"+lock, id))
}

// Run implements execution.Store. Run and counts are of one moment.
func (s *Store) Run(ctx context.Context, id ledger.ID) (ledger.Run, ledger.Counts, error) {
	var run ledger.Run
	var counts ledger.Counts
	err := s.db.Read(ctx).Transaction(func(tx *gorm.DB) error {
		var err error
		if run, err = s.run(tx, id, ""); err != nil {
			return err
		}
		counts, err = countsOf(tx, id)
		return err
	}, &sql.TxOptions{ReadOnly: true, Isolation: s.sql.Snapshot()})
	return run, counts, err
}

// countsOf reads a run's counts; what claimed work covers is claimed, not waiting.
func countsOf(tx *gorm.DB, run ledger.ID) (ledger.Counts, error) {
	type slot struct {
		name string
		n    int
	}
	slots, err := store.Scan(tx, func(rows *sql.Rows) (slot, error) {
		var s slot
		return s, rows.Scan(&s.name, &s.n)
	}, "SELECT slot, n FROM run_count WHERE run_id = ? AND node_no = 0", run)
	if err != nil {
		return nil, err
	}
	counts := ledger.Counts{}
	for _, s := range slots {
		counts[ledger.Slot(s.name)] = s.n
	}
	var claimed int
	if err := tx.Raw("SELECT COALESCE(SUM(docs), 0) FROM work WHERE run_id = ? AND owner <> ''", run).Scan(&claimed).Error; err != nil {
		return nil, err
	}
	if claimed > 0 {
		counts[ledger.SlotClaimed] = claimed
		counts[ledger.SlotOf(ledger.Waiting)] -= claimed
	}
	return counts, nil
}

// OpenRuns implements execution.Store.
func (s *Store) OpenRuns(ctx context.Context, flow ledger.ID) ([]ledger.Run, error) {
	return store.Scan(s.db.Read(ctx), scan, "SELECT "+columns+" FROM run WHERE flow_id = ? AND state <= ? ORDER BY started_at, id", flow, ledger.RunRunning)
}

// FinishRun implements execution.Store.
func (s *Store) FinishRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error) {
	finished := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		finished = false
		run, err := s.run(tx, id, s.sql.ForUpdate())
		if err != nil {
			return err
		}
		counts, err := countsOf(tx, id)
		if err != nil {
			return err
		}
		if run.State > ledger.RunRunning || !run.PullingEnded || !counts.Settled() {
			return nil
		}
		finished = true
		return tx.Exec("UPDATE run SET state = ?, ended_at = ? WHERE id = ?", run.Outcome(), now, id).Error
	})
	return finished, err
}
