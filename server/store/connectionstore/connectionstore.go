// Package connectionstore keeps connections and the durable state of connectors in SQL.
//
// It may import server/store, server/connection and engine/ledger only.
package connectionstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/store"
)

// Store implements connection.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ connection.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db: db, sql: db.Dialect()} }

// PutConnection implements connection.Store. Secrets are not stored.
func (s *Store) PutConnection(ctx context.Context, c connection.Connection, now ledger.Millis) (connection.Connection, error) {
	fresh, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return c, err
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		c.ID = 0
		if err := tx.Raw("SELECT id FROM connection WHERE workspace_id = ? AND name = ?"+s.sql.ForUpdate(), c.Workspace, c.Name).Scan(&c.ID).Error; err != nil {
			return err
		}
		if c.ID != 0 {
			return tx.Exec("UPDATE connection SET connector = ?, version = ?, settings = ?, updated_at = ? WHERE id = ?",
				c.Connector, c.Version, string(c.Settings), now, c.ID).Error
		}
		c.ID = fresh
		return tx.Exec("INSERT INTO connection (id, workspace_id, name, connector, version, settings, updated_at) VALUES (?,?,?,?,?,?,?)",
			c.ID, c.Workspace, c.Name, c.Connector, c.Version, string(c.Settings), now).Error
	})
	return c, err
}

// Connection implements connection.Store.
func (s *Store) Connection(ctx context.Context, workspace ledger.ID, name string) (connection.Connection, error) {
	return store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (connection.Connection, error) {
		var c connection.Connection
		return c, rows.Scan(&c.ID, &c.Workspace, &c.Name, &c.Connector, &c.Version, &c.Settings)
	}, "SELECT id, workspace_id, name, connector, version, settings FROM connection WHERE workspace_id = ? AND name = ?", workspace, name))
}

// ConnectorState implements connection.Store.
func (s *Store) ConnectorState(ctx context.Context, id ledger.ID) (connection.State, error) {
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (connection.State, error) {
		var state connection.State
		return state, rows.Scan(&state.Sealed, &state.Version, &state.LeaseUntil)
	}, "SELECT sealed, version, lease_until FROM connector_state WHERE connection_id = ?", id)
	if err != nil || len(found) == 0 {
		return connection.State{}, err
	}
	return found[0], nil
}

// SwapConnectorState implements connection.Store.
func (s *Store) SwapConnectorState(ctx context.Context, id ledger.ID, old int64, next connection.State, now ledger.Millis) (bool, error) {
	swapped := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		swapped = false
		found, err := store.Scan(tx, func(rows *sql.Rows) (connection.State, error) {
			var state connection.State
			return state, rows.Scan(&state.Version, &state.LeaseUntil)
		}, "SELECT version, lease_until FROM connector_state WHERE connection_id = ?"+s.sql.ForUpdate(), id)
		if err != nil {
			return err
		}
		var current connection.State
		if len(found) > 0 {
			current = found[0]
		}
		// Whoever holds the lease made the newest version, so only it can still swap.
		if current.Version != old || current.LeaseUntil > now && next.LeaseUntil > 0 {
			return nil
		}
		swapped = true
		if len(found) > 0 {
			return tx.Exec("UPDATE connector_state SET version = ?, sealed = ?, lease_until = ? WHERE connection_id = ?", next.Version, next.Sealed, next.LeaseUntil, id).Error
		}
		// Inserted, never put: where another one stores the first state at this
		// moment the transaction is repeated and finds it.
		return tx.Exec("INSERT INTO connector_state (connection_id, version, sealed, lease_until) VALUES (?,?,?,?)", id, next.Version, next.Sealed, next.LeaseUntil).Error
	})
	return swapped, err
}
