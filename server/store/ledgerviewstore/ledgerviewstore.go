// Package ledgerviewstore keeps views of the ledger in SQL.
//
// It may import server/store, server/ledgerview and engine/ledger only.
package ledgerviewstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/ledgerview"
	"github.com/karezflow/karez/server/store"
)

// Store implements ledgerview.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ ledgerview.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect()} }

// Views implements ledgerview.Store.
func (s *Store) Views(ctx context.Context, workspace, user ledger.ID) ([]ledgerview.View, error) {
	all, err := find(s.db.Read(ctx), "workspace_id = ? AND of_user IN (0, ?)", workspace, user)
	slices.SortFunc(all, func(a, b ledgerview.View) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

// Put implements ledgerview.Store.
func (s *Store) Put(ctx context.Context, workspace ledger.ID, v ledgerview.View, most int) (ledgerview.View, ledgerview.Refusal, error) {
	content, err := json.Marshal(v.Content)
	if err != nil {
		return v, 0, err
	}
	fresh, of := v.ID == 0, v.MadeBy
	if v.Shared {
		of = 0
	}
	if fresh {
		if v.ID, err = s.db.NextIDs(ctx, 1); err != nil {
			return v, 0, err
		}
	}
	refusal := ledgerview.Kept
	kept := v
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		kept, refusal = v, ledgerview.Kept
		// Every change waits for the one before: names and numbers are looked at together.
		all, err := find(tx, "workspace_id = ? AND of_user IN (0, ?)"+s.sql.ForUpdate(), workspace, v.MadeBy)
		if err != nil {
			return err
		}
		if refusal, err = judge(all, v, fresh, most); err != nil || refusal != ledgerview.Kept {
			return err
		}
		kept.Version++
		if !fresh {
			return tx.Exec("UPDATE ledger_view SET of_user = ?, name = ?, content = ?, version = ?, updated_at = ? WHERE id = ?",
				of, kept.Name, string(content), kept.Version, kept.Updated, kept.ID).Error
		}
		return tx.Exec("INSERT INTO ledger_view (id, workspace_id, of_user, name, content, made_by, maker, version, updated_at) VALUES (?,?,?,?,?,?,?,?,?)",
			kept.ID, workspace, of, kept.Name, string(content), kept.MadeBy, store.Cut(kept.Maker, 190), kept.Version, kept.Updated).Error
	})
	return kept, refusal, err
}

// judge says whether a view may be kept beside all that its maker sees. One that is not fresh
// and is gone is ledger.ErrNotFound.
func judge(all []ledgerview.View, v ledgerview.View, fresh bool, most int) (ledgerview.Refusal, error) {
	var before *ledgerview.View
	beside := 0
	for i, one := range all {
		switch {
		case one.ID == v.ID:
			before = &all[i]
		case one.Shared != v.Shared:
		case one.Name == v.Name:
			return ledgerview.Taken, nil
		default:
			beside++
		}
	}
	switch {
	case !fresh && before == nil:
		return ledgerview.Kept, ledger.ErrNotFound
	case !fresh && before.Version != v.Version:
		return ledgerview.Changed, nil
	case beside >= most && (fresh || before.Shared != v.Shared):
		return ledgerview.TooMany, nil
	default:
		return ledgerview.Kept, nil
	}
}

// Remove implements ledgerview.Store.
func (s *Store) Remove(ctx context.Context, workspace, id ledger.ID) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("DELETE FROM ledger_view WHERE workspace_id = ? AND id = ?", workspace, id)
		if done.Error != nil || done.RowsAffected == 0 {
			return cmp.Or(done.Error, ledger.ErrNotFound)
		}
		return tx.Exec("DELETE FROM ledger_view_choice WHERE workspace_id = ? AND choice = ?", workspace, strconv.FormatInt(int64(id), 10)).Error
	})
}

// Choice implements ledgerview.Store.
func (s *Store) Choice(ctx context.Context, workspace, user ledger.ID) (string, error) {
	found, err := store.Scan(s.db.Read(ctx), store.Column[string], "SELECT choice FROM ledger_view_choice WHERE workspace_id = ? AND user_id = ?", workspace, user)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// Choose implements ledgerview.Store.
func (s *Store) Choose(ctx context.Context, workspace, user ledger.ID, choice string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		if choice == "" {
			return tx.Exec("DELETE FROM ledger_view_choice WHERE workspace_id = ? AND user_id = ?", workspace, user).Error
		}
		return s.sql.Put(tx, store.Table{Name: "ledger_view_choice", Key: "workspace_id,user_id", Columns: []string{"workspace_id", "user_id", "choice"}},
			[][]any{{workspace, user, choice}})
	})
}

func find(tx *gorm.DB, where string, args ...any) ([]ledgerview.View, error) {
	return store.Scan(tx, func(rows *sql.Rows) (ledgerview.View, error) {
		var v ledgerview.View
		var of ledger.ID
		var content []byte
		if err := rows.Scan(&v.ID, &of, &v.Name, &content, &v.MadeBy, &v.Maker, &v.Version, &v.Updated); err != nil {
			return v, err
		}
		v.Shared = of == 0
		return v, json.Unmarshal(content, &v.Content)
	}, "SELECT id, of_user, name, content, made_by, maker, version, updated_at FROM ledger_view WHERE "+where, args...)
}
