// Package accountstore keeps people, their sessions and API tokens in SQL.
//
// It may import server/store, server/account and engine/ledger only.
package accountstore

import (
	"context"
	"database/sql"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/store"
)

// Store implements account.Store.
type Store struct {
	db  *store.DB
	sql store.Dialect
}

var _ account.Store = (*Store)(nil)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db: db, sql: db.Dialect()} }

// AnyUser implements account.Store.
func (s *Store) AnyUser(ctx context.Context) (bool, error) { return anyUser(s.db.Read(ctx)) }

func anyUser(tx *gorm.DB) (bool, error) {
	found, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM account_user LIMIT 1")
	return len(found) > 0, err
}

// SetupHash implements account.Store.
func (s *Store) SetupHash(ctx context.Context) (string, error) {
	return store.One(store.Scan(s.db.Read(ctx), store.Column[string], "SELECT secret_hash FROM account_setup WHERE id = 1"))
}

// PutSetupHash implements account.Store.
func (s *Store) PutSetupHash(ctx context.Context, hash string, now ledger.Millis) error {
	return s.exec(ctx, "UPDATE account_setup SET secret_hash = ?, created_at = ? WHERE id = 1", hash, now)
}

func (s *Store) exec(ctx context.Context, statement string, args ...any) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error })
}

// InsertFirst implements account.Store.
func (s *Store) InsertFirst(ctx context.Context, hash string, u account.User, now ledger.Millis) (account.User, bool, error) {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return u, false, err
	}
	u.ID = id
	first := false
	err = s.db.Write(ctx, func(tx *gorm.DB) error {
		first = false
		// The row makes those who set up at the same time wait for each other.
		held, err := store.One(store.Scan(tx, store.Column[string], "SELECT secret_hash FROM account_setup WHERE id = 1"+s.sql.ForUpdate()))
		if err != nil {
			return err
		}
		inhabited, err := anyUser(tx)
		if err != nil || inhabited || held == "" || held != hash {
			return err
		}
		first = true
		if err := tx.Exec("UPDATE account_setup SET secret_hash = '' WHERE id = 1").Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO account_user (id, workspace_id, name, name_key, role, language, password, created_at) VALUES (?,?,?,?,?,?,?,?)",
			u.ID, u.Workspace, u.Name, u.Key, string(u.Role), u.Language, u.Password, now).Error
	})
	return u, first && err == nil, err
}

const userColumns = "u.id, u.workspace_id, u.name, u.name_key, u.role, u.language, u.password"

func userFields(u *account.User) []any {
	return []any{&u.ID, &u.Workspace, &u.Name, &u.Key, &u.Role, &u.Language, &u.Password}
}

func (s *Store) user(ctx context.Context, where string, args ...any) (account.User, error) {
	return store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (account.User, error) {
		var u account.User
		return u, rows.Scan(userFields(&u)...)
	}, "SELECT "+userColumns+" FROM account_user u WHERE "+where, args...))
}

// UserByKey implements account.Store.
func (s *Store) UserByKey(ctx context.Context, key string) (account.User, error) {
	return s.user(ctx, "u.name_key = ?", key)
}

// User implements account.Store.
func (s *Store) User(ctx context.Context, workspace, id ledger.ID) (account.User, error) {
	return s.user(ctx, "u.id = ? AND u.workspace_id = ?", id, workspace)
}

// WorkspaceName implements account.Store.
func (s *Store) WorkspaceName(ctx context.Context, workspace ledger.ID) (string, error) {
	return store.One(store.Scan(s.db.Read(ctx), store.Column[string], "SELECT name FROM workspace WHERE id = ?", workspace))
}

// InsertSession implements account.Store.
func (s *Store) InsertSession(ctx context.Context, session account.Session, idle, now ledger.Millis) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM account_session WHERE seen_at < ? OR expires_at < ?", idle, now).Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO account_session (secret_hash, workspace_id, user_id, created_at, seen_at, expires_at) VALUES (?,?,?,?,?,?)",
			session.Hash, session.Workspace, session.User, session.Created, session.Seen, session.Expires).Error
	})
}

// Session implements account.Store.
func (s *Store) Session(ctx context.Context, hash string) (account.Session, account.User, error) {
	type row struct {
		session account.Session
		user    account.User
	}
	found, err := store.One(store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (row, error) {
		var r row
		return r, rows.Scan(append(userFields(&r.user), &r.session.Hash, &r.session.Workspace, &r.session.User, &r.session.Created, &r.session.Seen, &r.session.Expires)...)
	}, "SELECT "+userColumns+", s.secret_hash, s.workspace_id, s.user_id, s.created_at, s.seen_at, s.expires_at "+
		"FROM account_session s JOIN account_user u ON u.id = s.user_id AND u.workspace_id = s.workspace_id WHERE s.secret_hash = ?", hash))
	return found.session, found.user, err
}

// TouchSession implements account.Store.
func (s *Store) TouchSession(ctx context.Context, hash string, now ledger.Millis) error {
	return s.exec(ctx, "UPDATE account_session SET seen_at = ? WHERE secret_hash = ? AND seen_at < ?", now, hash, now)
}

// DeleteSession implements account.Store.
func (s *Store) DeleteSession(ctx context.Context, hash string) error {
	return s.exec(ctx, "DELETE FROM account_session WHERE secret_hash = ?", hash)
}

// InsertToken implements account.Store.
func (s *Store) InsertToken(ctx context.Context, t account.Token) (account.Token, error) {
	id, err := s.db.NextIDs(ctx, 1)
	if err != nil {
		return t, err
	}
	t.ID = id
	return t, s.exec(ctx, "INSERT INTO account_token ("+tokenColumns+") VALUES (?,?,?,?,?,?,?,?,?)",
		t.ID, t.Workspace, t.User, t.Name, string(t.Role), t.Hash, t.Created, t.Used, t.Expires)
}

const tokenColumns = "id, workspace_id, user_id, name, role, secret_hash, created_at, used_at, expires_at" //nolint:gosec // the names of columns

func (s *Store) tokens(ctx context.Context, where string, args ...any) ([]account.Token, error) {
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (account.Token, error) {
		var t account.Token
		return t, rows.Scan(&t.ID, &t.Workspace, &t.User, &t.Name, &t.Role, &t.Hash, &t.Created, &t.Used, &t.Expires)
	}, "SELECT "+tokenColumns+" FROM account_token WHERE "+where, args...)
}

// Tokens implements account.Store.
func (s *Store) Tokens(ctx context.Context, workspace ledger.ID) ([]account.Token, error) {
	return s.tokens(ctx, "workspace_id = ? ORDER BY created_at DESC, id DESC", workspace)
}

// TokenByHash implements account.Store.
func (s *Store) TokenByHash(ctx context.Context, hash string) (account.Token, error) {
	return store.One(s.tokens(ctx, "secret_hash = ?", hash))
}

// TouchToken implements account.Store.
func (s *Store) TouchToken(ctx context.Context, id ledger.ID, old, now ledger.Millis) error {
	return s.exec(ctx, "UPDATE account_token SET used_at = ? WHERE id = ? AND used_at = ?", now, id, old)
}

// DeleteToken implements account.Store.
func (s *Store) DeleteToken(ctx context.Context, workspace, id ledger.ID) (bool, error) {
	deleted := false
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec("DELETE FROM account_token WHERE id = ? AND workspace_id = ?", id, workspace)
		deleted = done.RowsAffected > 0
		return done.Error
	})
	return deleted && err == nil, err
}
