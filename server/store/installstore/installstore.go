// Package installstore keeps what all processes of an installation have in common, and
// sees to it that a process which takes itself for the only one is.
//
// It may import server/store and sdk/fault only.
package installstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/store"
)

// Store keeps facts of an installation.
type Store struct {
	db  *store.DB
	log *slog.Logger
	// every is how often a presence is looked after.
	every time.Duration
}

// New makes a Store of a migrated database.
func New(db *store.DB, log *slog.Logger) *Store { return &Store{db, log, 15 * time.Second} }

// The names of facts.
const (
	keyPrint = "secret_key"
	presence = "presence"
)

// KeyPrint gives the fingerprint of the key that the installation's secrets are sealed
// with: that of the first process that ever asked.
func (s *Store) KeyPrint(ctx context.Context, mine string) (string, error) {
	return s.fact(ctx, keyPrint, mine)
}

// fact gives the value of a name, which is the given one where there was none.
func (s *Store) fact(ctx context.Context, name, value string) (string, error) {
	table := store.Table{Name: "installation", Key: "name", Columns: []string{"name", "value"}}
	const query = "SELECT value FROM installation WHERE name = ?"
	// A row that is there is only read: others may have locked it.
	if found, err := store.Scan(s.db.Read(ctx), store.Column[string], query, name); err != nil || len(found) > 0 {
		return append(found, "")[0], err
	}
	var stored string
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		if err := s.db.Dialect().Ensure(tx, table, [][]any{{name, value}}); err != nil {
			return err
		}
		return tx.Raw(query, name).Scan(&stored).Error
	})
	return stored, err
}

// Presence is a process's sign that it works on a database. It ends with the process,
// however that ends.
type Presence struct {
	store *Store
	lock  string

	end     context.CancelFunc
	running sync.WaitGroup
	conn    *sql.Conn
}

// Attend gives the sign of a process: alone, or one of several that know of each other.
// "serve.not_alone" where it meets one that does not go with it. A SQLite file has its own
// lock, and this gives nothing.
func (s *Store) Attend(ctx context.Context, alone bool) (*Presence, error) {
	if s.db.Dialect() != store.MySQL {
		return nil, nil //nolint:nilnil // a nil Presence is one that does nothing
	}
	if _, err := s.fact(ctx, presence, ""); err != nil {
		return nil, err
	}
	p := &Presence{store: s, lock: s.db.Dialect().ForShare()}
	if alone {
		p.lock = s.db.Dialect().ForUpdate()
	}
	if err := p.take(ctx); err != nil {
		if !store.Passes(err) {
			return nil, err
		}
		return nil, fault.New("serve.not_alone", "another process works on this database and does not know of this one").Classed(fault.Config).
			Hinted("give all processes the same --nats, or stop the other one").Because(err)
	}
	ctx, p.end = context.WithCancel(context.WithoutCancel(ctx))
	p.running.Go(func() { p.keep(ctx) })
	return p, nil
}

// take takes the lock in a transaction that is left open. A server drops a connection that
// says nothing for a minute: one whose machine is gone holds nobody up for longer.
func (p *Presence) take(ctx context.Context) error {
	handle, err := p.store.db.Read(ctx).DB()
	if err != nil {
		return err
	}
	conn, err := handle.Conn(ctx)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		"SET SESSION wait_timeout = 60, innodb_lock_wait_timeout = 3", "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION",
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return errors.Join(err, discard(conn))
		}
	}
	var value string
	if err := conn.QueryRowContext(ctx, "SELECT value FROM installation WHERE name = ?"+p.lock, presence).Scan(&value); err != nil {
		return errors.Join(err, discard(conn))
	}
	p.conn = conn
	return nil
}

// discard ends a connection whose session is not like that of others.
func discard(conn *sql.Conn) error {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the pool then closes it
	if err := conn.Close(); !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return nil
}

// keep keeps the connection in use, and takes the lock anew when it was lost with it.
func (p *Presence) keep(ctx context.Context) {
	ticker := time.NewTicker(p.store.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if p.conn != nil {
			if _, err := p.conn.ExecContext(ctx, "DO 1"); err == nil || ctx.Err() != nil {
				continue
			}
			_ = discard(p.conn) // it is lost anyway
			p.conn = nil
		}
		if err := p.take(ctx); err != nil && ctx.Err() == nil {
			p.store.log.WarnContext(ctx, "that this process works on the database can't be shown; it is tried again", "error", err)
		}
	}
}

// End takes the sign back. Ending a nil Presence is legal.
func (p *Presence) End() error {
	if p == nil {
		return nil
	}
	p.end()
	p.running.Wait()
	if p.conn == nil {
		return nil
	}
	return discard(p.conn)
}
