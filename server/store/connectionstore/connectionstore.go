// Package connectionstore keeps connections and the durable state of connectors in SQL.
//
// It may import server/store, its ledgerrow, server/connection and engine/ledger only.
package connectionstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
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
	fresh, err := s.NewID(ctx)
	if err != nil {
		return c, err
	}
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		known, err := connections(tx, "workspace_id = ? AND name = ?"+s.sql.ForUpdate(), c.Workspace, c.Name)
		if err != nil {
			return err
		}
		c.ID, c.Revision, c.Updated = fresh, 1, now
		if len(known) == 0 {
			return tx.Exec("INSERT INTO connection (id, workspace_id, name, connector, version, settings, revision, updated_at) VALUES (?,?,?,?,?,?,?,?)",
				c.ID, c.Workspace, c.Name, c.Connector, c.Version, string(c.Settings), c.Revision, now).Error
		}
		c.ID, c.Revision, c.Sealed, c.SealedAt = known[0].ID, known[0].Revision+1, known[0].Sealed, known[0].SealedAt
		return tx.Exec("UPDATE connection SET connector = ?, version = ?, settings = ?, revision = ?, updated_at = ? WHERE id = ?",
			c.Connector, c.Version, string(c.Settings), c.Revision, now, c.ID).Error
	})
	return c, err
}

// NewID implements connection.Store.
func (s *Store) NewID(ctx context.Context) (ledger.ID, error) { return s.db.NextIDs(ctx, 1) }

// SaveConnection implements connection.Store.
func (s *Store) SaveConnection(ctx context.Context, c connection.Connection, old int64, now ledger.Millis) (bool, error) {
	saved := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		saved = false
		if old > 0 {
			done := tx.Exec("UPDATE connection SET connector = ?, version = ?, settings = ?, secrets = ?, secrets_revision = ?, revision = ?, updated_at = ? WHERE id = ? AND revision = ?",
				c.Connector, c.Version, string(c.Settings), c.Sealed, c.SealedAt, c.Revision, now, c.ID, old)
			saved = done.RowsAffected > 0
			return done.Error
		}
		known, err := connections(tx, "workspace_id = ? AND name = ?"+s.sql.ForUpdate(), c.Workspace, c.Name)
		if err != nil || len(known) > 0 {
			return err
		}
		saved = true
		return tx.Exec("INSERT INTO connection (id, workspace_id, name, connector, version, settings, secrets, secrets_revision, revision, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?)",
			c.ID, c.Workspace, c.Name, c.Connector, c.Version, string(c.Settings), c.Sealed, c.SealedAt, c.Revision, now).Error
	})
	return saved && err == nil, err
}

// DeleteConnection implements connection.Store.
func (s *Store) DeleteConnection(ctx context.Context, id ledger.ID) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM connector_state WHERE connection_id = ?", id).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM connection WHERE id = ?", id).Error
	})
}

// Connections implements connection.Store.
func (s *Store) Connections(ctx context.Context, workspace ledger.ID) ([]connection.Connection, error) {
	return connections(s.db.Read(ctx), "workspace_id = ? ORDER BY name", workspace)
}

// Connection implements connection.Store.
func (s *Store) Connection(ctx context.Context, workspace ledger.ID, name string) (connection.Connection, error) {
	found, err := connections(s.db.Read(ctx), "workspace_id = ? AND name = ?", workspace, name)
	if err != nil {
		return connection.Connection{}, err
	}
	if len(found) == 0 {
		return connection.Connection{}, ledger.ErrNotFound
	}
	return found[0], nil
}

// WakeConnection implements connection.Store. Calls after walks are woken too. Documents are woken in batches, each a
// transaction: that one of them fails leaves the rest to its time.
func (s *Store) WakeConnection(ctx context.Context, workspace ledger.ID, name string, now ledger.Millis) error {
	if err := s.db.Write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE errand SET due_at = ? WHERE due_at > ? AND due_at < ? AND workspace_id = ? AND connection = ? AND state = ? AND owner = ''",
			now, now, ledger.FarFuture, workspace, name, ledger.DeliveryRetryAt).Error
	}); err != nil {
		return err
	}
	const batch = 500
	after := ledger.ID(0)
	for {
		waiting, err := store.Scan(s.db.Read(ctx), store.Column[ledger.ID],
			"SELECT document_id FROM problem WHERE workspace_id = ? AND state = ? AND document_id > ? AND flow_id IN "+
				"(SELECT flow_id FROM flow_connection WHERE workspace_id = ? AND name = ?) ORDER BY document_id LIMIT ?",
			workspace, ledger.RetryAt, after, workspace, name, batch)
		if err != nil || len(waiting) == 0 {
			return err
		}
		err = s.db.Write(ctx, func(tx *gorm.DB) error {
			args := []any{now, ledgerrow.WorkKind(ledger.DocumentWork), now, ledger.FarFuture}
			for _, id := range waiting {
				args = append(args, id)
			}
			return tx.Exec("UPDATE work SET due_at = ? WHERE kind = ? AND due_at > ? AND due_at < ? AND owner = '' AND ref_id IN "+store.In(len(waiting)), args...).Error
		})
		if err != nil || len(waiting) < batch {
			return err
		}
		after = waiting[len(waiting)-1]
	}
}

func connections(tx *gorm.DB, where string, args ...any) ([]connection.Connection, error) {
	return store.Scan(tx, func(rows *sql.Rows) (connection.Connection, error) {
		var c connection.Connection
		return c, rows.Scan(&c.ID, &c.Workspace, &c.Name, &c.Connector, &c.Version, &c.Settings, &c.Sealed, &c.SealedAt, &c.Revision, &c.Updated)
	}, "SELECT id, workspace_id, name, connector, version, settings, secrets, secrets_revision, revision, updated_at FROM connection WHERE "+where, args...)
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
