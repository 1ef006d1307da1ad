// Package retentionstore keeps how long things are kept, finds what is old and needed by
// nothing, and removes it in small transactions. What is to go is found by reading; the
// one writer of SQLite is held for the removal alone.
//
// It may import server/store, server/retention, engine/barrier, engine/errand and
// engine/ledger only.
package retentionstore

import (
	"context"
	"database/sql"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/retention"
	"github.com/karezflow/karez/server/store"
)

// Store implements retention.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

// New gives a Store.
func New(db *store.DB) *Store { return &Store{db: db, sql: db.Dialect()} }

const policyColumns = "payloads, calls, posts, errands, pages, version, updated_by, updated_at"

func scanPolicy(rows *sql.Rows, into ...any) (retention.Policy, error) {
	var p retention.Policy
	err := rows.Scan(append(into, &p.Payloads, &p.Calls, &p.Posts, &p.Errands, &p.Pages, &p.Version, &p.By, &p.Updated)...)
	return p, err
}

// Policy implements retention.Store.
func (s *Store) Policy(ctx context.Context, workspace ledger.ID) (retention.Policy, error) {
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (retention.Policy, error) { return scanPolicy(rows) },
		"SELECT "+policyColumns+" FROM retention WHERE workspace_id = ?", workspace)
	if err != nil || len(found) == 0 {
		return retention.Default(), err
	}
	return found[0], nil
}

// SetPolicy implements retention.Store.
func (s *Store) SetPolicy(ctx context.Context, workspace ledger.ID, p retention.Policy) (bool, error) {
	set := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		set = false
		// Who sets it first makes the row; who comes at the same time waits for it.
		none := retention.Default()
		if err := s.sql.Ensure(tx, policyTable(), [][]any{policyRow(workspace, none)}); err != nil {
			return err
		}
		var version int
		if err := tx.Raw("SELECT version FROM retention WHERE workspace_id = ?"+s.sql.ForUpdate(), workspace).Scan(&version).Error; err != nil {
			return err
		}
		if version != p.Version {
			return nil
		}
		set = true
		p.Version++
		return s.sql.Put(tx, policyTable(), [][]any{policyRow(workspace, p)})
	})
	return set, err
}

func policyTable() store.Table {
	return store.Table{Name: "retention", Key: "workspace_id", Columns: strings.Split("workspace_id, "+policyColumns, ", ")}
}

func policyRow(workspace ledger.ID, p retention.Policy) []any {
	return []any{workspace, p.Payloads, p.Calls, p.Posts, p.Errands, p.Pages, p.Version, store.Cut(p.By, 190), p.Updated}
}

// Policies implements retention.Store.
func (s *Store) Policies(ctx context.Context) (map[ledger.ID]retention.Policy, error) {
	out := map[ledger.ID]retention.Policy{}
	all, err := store.Scan(s.db.Read(ctx), store.Column[ledger.ID], "SELECT id FROM workspace")
	if err != nil {
		return nil, err
	}
	for _, id := range all {
		out[id] = retention.Default()
	}
	_, err = store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (struct{}, error) {
		var id ledger.ID
		p, err := scanPolicy(rows, &id)
		out[id] = p
		return struct{}{}, err
	}, "SELECT workspace_id, "+policyColumns+" FROM retention")
	return out, err
}

// Begin implements retention.Store.
func (s *Store) Begin(ctx context.Context, workspaces []ledger.ID, now ledger.Millis) (ledger.ID, error) {
	pass, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return 0, err
	}
	rows := make([][]any, len(workspaces))
	for i, w := range workspaces {
		rows[i] = []any{w, pass, now, now}
	}
	return pass, s.db.Write(ctx, func(tx *gorm.DB) error {
		return s.sql.Insert(tx, store.Table{Name: "retention_pass", Key: "workspace_id, pass_id", Columns: []string{"workspace_id", "pass_id", "started_at", "updated_at"}}, rows)
	})
}

// End implements retention.Store.
func (s *Store) End(ctx context.Context, pass ledger.ID, now ledger.Millis) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE retention_pass SET ended_at = ?, updated_at = ? WHERE pass_id = ?", now, now, pass).Error
	})
}

// Last implements retention.Store.
func (s *Store) Last(ctx context.Context) (ledger.Millis, error) {
	return store.One(store.Scan(s.db.Read(ctx), store.Column[ledger.Millis], "SELECT COALESCE(MAX(started_at), 0) FROM retention_pass WHERE ended_at <> 0"))
}

// Passes implements retention.Store.
func (s *Store) Passes(ctx context.Context, workspace ledger.ID, most int) ([]retention.Pass, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (retention.Pass, error) {
		var p retention.Pass
		return p, rows.Scan(&p.ID, &p.Started, &p.Ended, &p.Packs, &p.Bytes, &p.Needed, &p.Calls, &p.Posts, &p.Errands, &p.Pages)
	}, "SELECT pass_id, started_at, ended_at, packs, bytes, needed, calls, posts, errands, pages FROM retention_pass"+
		" WHERE workspace_id = ? ORDER BY started_at DESC, pass_id DESC LIMIT ?", workspace, most)
}

// note adds what was removed to the pass.
func note(tx *gorm.DB, pass ledger.ID, freed map[ledger.ID]retention.Freed, now ledger.Millis) error {
	for workspace, f := range freed {
		err := tx.Exec("UPDATE retention_pass SET packs = packs + ?, bytes = bytes + ?, needed = needed + ?, calls = calls + ?, posts = posts + ?,"+
			" errands = errands + ?, pages = pages + ?, updated_at = ? WHERE workspace_id = ? AND pass_id = ?",
			f.Packs, f.Bytes, f.Needed, f.Calls, f.Posts, f.Errands, f.Pages, now, workspace, pass).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// right names the row of the right to purge.
const right = "retention"

// Take implements retention.Store.
func (s *Store) Take(ctx context.Context, owner string, now, until ledger.Millis) (bool, error) {
	table := store.Table{Name: "lock_lease", Key: "name", Columns: []string{"name"}}
	return s.lease(ctx, owner, func(tx *gorm.DB) error {
		if err := s.sql.Ensure(tx, table, [][]any{{right}}); err != nil {
			return err
		}
		return tx.Exec("UPDATE lock_lease SET owner = ?, fence = fence + 1, expires_at = ? WHERE name = ? AND (owner = '' OR expires_at <= ?)", owner, until, right, now).Error
	})
}

// Keep implements retention.Store.
func (s *Store) Keep(ctx context.Context, owner string, until ledger.Millis) (bool, error) {
	return s.lease(ctx, owner, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE lock_lease SET expires_at = ? WHERE name = ? AND owner = ?", until, right, owner).Error
	})
}

// Give implements retention.Store.
func (s *Store) Give(ctx context.Context, owner string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE lock_lease SET owner = '', expires_at = 0 WHERE name = ? AND owner = ?", right, owner).Error
	})
}

// lease changes the right and tells whether the owner has it then.
func (s *Store) lease(ctx context.Context, owner string, change func(tx *gorm.DB) error) (bool, error) {
	mine := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := change(tx); err != nil {
			return err
		}
		var holder string
		err := tx.Raw("SELECT owner FROM lock_lease WHERE name = ?", right).Scan(&holder).Error
		mine = holder == owner
		return err
	})
	return mine && err == nil, err
}

// Taken implements retention.Store.
func (s *Store) Taken(ctx context.Context, now ledger.Millis) (bool, error) {
	var n int
	err := s.db.Read(ctx).Raw("SELECT COUNT(*) FROM lock_lease WHERE name = ? AND owner <> '' AND expires_at > ?", right, now).Scan(&n).Error
	return n > 0, err
}
