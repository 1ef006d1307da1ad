// Package marketstore stores the templates of workspaces, and copies of templates: all of
// their flows and code tables, or nothing.
//
// It may import server/store, server/store/flowstore, server/store/codetablestore,
// server/market, server/draft, server/codetable and engine/ledger only.
package marketstore

import (
	"context"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/codetablestore"
	"github.com/karezflow/karez/server/store/flowstore"
)

// Store implements market.Store.
type Store struct {
	db     *store.DB
	sql    store.Dialect
	flows  *flowstore.Store
	tables *codetablestore.Store
}

var _ market.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store {
	return &Store{db, db.Dialect(), flowstore.New(db), codetablestore.New(db, nil)}
}

// Make implements market.Store.
func (s *Store) Make(ctx context.Context, workspace ledger.ID, flows []draft.Prepared, tables []market.NewTable, now ledger.Millis) error {
	id, err := s.db.NextIDs(ctx, len(flows)+len(tables))
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		next := id
		for _, t := range tables {
			made, err := s.tables.InsertIn(tx, next, t.Table, t.Rows)
			if err != nil {
				return err
			}
			if !made {
				return market.TableExists(t.Name)
			}
			next++
		}
		for _, f := range flows {
			if err := s.flows.InsertIn(tx, next, workspace, f.PublicID, f.Contents, now); err != nil {
				return err
			}
			next++
		}
		return nil
	})
}
