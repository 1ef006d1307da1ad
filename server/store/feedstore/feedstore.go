// Package feedstore keeps which documents wait for base data of a connection, and lets them
// be taken up at once when some come. Both happen inside transactions of others: of who
// ends a walk, and of who commits a page.
//
// It may import engine/failpoint, engine/ledger, server/store and below it ledgerrow only.
package feedstore

import (
	"database/sql"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
)

// Store keeps what waits for base data.
type Store struct{ sql store.Dialect }

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{sql: db.Dialect()} }

// data names base data of a connection.
type data struct {
	connection ledger.ID
	kind       string
}

// Times are when base data came last.
type Times map[data]ledger.Millis

// Came tells when base data came last, for those that the end of a walk names. Until the
// transaction ends none come. It stands before everything that locks work or documents:
// who brings data locks these afterwards.
func (s *Store) Came(tx *gorm.DB, settled []ledger.Settled) (Times, error) {
	came := Times{}
	var named []data
	for i := range settled {
		for _, f := range settled[i].Feeds {
			named = append(named, data{f.Connection, f.Type})
		}
	}
	slices.SortFunc(named, func(a, b data) int {
		if a.connection != b.connection {
			return int(a.connection - b.connection)
		}
		return strings.Compare(a.kind, b.kind)
	})
	for _, d := range slices.Compact(named) {
		if err := tx.Exec("INSERT INTO base_data (connection_id, base_type, came_at) SELECT x.connection_id, x.base_type, 0 FROM (SELECT ? AS connection_id, ? AS base_type) x "+
			"WHERE NOT EXISTS (SELECT 1 FROM base_data b WHERE b.connection_id = ? AND b.base_type = ?)", d.connection, d.kind, d.connection, d.kind).Error; err != nil {
			return nil, err
		}
		at, _, err := s.came(tx, d, s.sql.ForShare())
		if err != nil {
			return nil, err
		}
		came[d] = at
	}
	return came, nil
}

func (s *Store) came(tx *gorm.DB, d data, lock string) (ledger.Millis, bool, error) {
	found, err := store.Scan(tx, store.Column[ledger.Millis], "SELECT came_at FROM base_data WHERE connection_id = ? AND base_type = ?"+lock, d.connection, d.kind)
	if err != nil || len(found) == 0 {
		return 0, false, err
	}
	return found[0], true, nil
}

// Await notes what documents wait for; after are their rows as the end of their walk left
// them. Those whose data came since the target was asked are due now. It gives their work.
func (s *Store) Await(tx *gorm.DB, settled []ledger.Settled, after []ledger.Document, stale map[ledger.ID]bool, came Times, now ledger.Millis) ([]ledger.ID, error) {
	rows := make(map[ledger.ID]*ledger.Document, len(after))
	for i := range after {
		if d := &after[i]; d.State == ledger.RetryAt && !stale[d.ID] {
			rows[d.ID] = d
		}
	}
	var waits [][]any
	var due []ledger.ID
	for i := range settled {
		doc := rows[settled[i].Document]
		if doc == nil || doc.ActiveRev != settled[i].Rev {
			continue
		}
		for _, f := range settled[i].Feeds {
			if came[data{f.Connection, f.Type}] >= f.Asked {
				due = append(due, doc.ID)
			}
			waits = append(waits, []any{f.Connection, f.Type, doc.ID, f.Asked})
		}
	}
	if len(waits) == 0 {
		return nil, nil
	}
	failpoint.Hit("in_await")
	if err := s.sql.Put(tx, ledgerrow.Table("base_data_wait", "connection_id,base_type,document_id", "connection_id,base_type,document_id,asked_at"), waits); err != nil {
		return nil, err
	}
	slices.Sort(due)
	return s.release(tx, slices.Compact(due), now)
}

// Feed lets the documents be taken up that wait for data of a type: a page brought some.
// It gives the work that is due at once.
func (s *Store) Feed(tx *gorm.DB, connection ledger.ID, kind string, now ledger.Millis) ([]ledger.ID, error) {
	d := data{connection, kind}
	if _, waited, err := s.came(tx, d, s.sql.ForUpdate()); err != nil || !waited {
		return nil, err // nobody ever did
	}
	if err := tx.Exec("UPDATE base_data SET came_at = ? WHERE connection_id = ? AND base_type = ?", now, connection, kind).Error; err != nil {
		return nil, err
	}
	waiting, err := store.Scan(tx, store.Column[ledger.ID], "SELECT document_id FROM base_data_wait WHERE connection_id = ? AND base_type = ? ORDER BY document_id", connection, kind)
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	if err := tx.Exec("DELETE FROM base_data_wait WHERE connection_id = ? AND base_type = ?", connection, kind).Error; err != nil {
		return nil, err
	}
	failpoint.Hit("in_feed")
	return s.release(tx, waiting, now)
}

// waiter is a document that waits for its time, and the work row that is due then.
type waiter struct {
	work, document ledger.ID
	walks          int
}

// release makes documents due that wait for their time; one that a worker is at, or that
// left the state since, stays as it is.
func (s *Store) release(tx *gorm.DB, documents []ledger.ID, now ledger.Millis) ([]ledger.ID, error) {
	var out []ledger.ID
	err := store.Chunks(documents, func(ids []ledger.ID) error {
		found, err := store.Scan(tx, func(rows *sql.Rows) (waiter, error) {
			var w waiter
			return w, rows.Scan(&w.work, &w.document, &w.walks)
		}, "SELECT w.id, d.id, w.attempts FROM document d JOIN work w ON w.id = d.work_id WHERE d.id IN "+store.In(len(ids))+
			" AND d.state = ? AND w.owner = '' AND w.due_at > ? ORDER BY w.id", append(store.Args(nil, ids...), ledger.RetryAt, now)...)
		if err != nil {
			return err
		}
		for _, w := range found {
			due := now.Add(ledger.FeedPause(w.walks, w.document))
			res := tx.Exec("UPDATE work SET due_at = ? WHERE id = ? AND owner = '' AND due_at > ?", due, w.work, due)
			if res.Error != nil {
				return res.Error
			}
			if err := tx.Exec("UPDATE delivery SET next_at = ? WHERE document_id = ? AND state = ? AND next_at > ?", due, w.document, ledger.DeliveryRetryAt, due).Error; err != nil {
				return err
			}
			if res.RowsAffected > 0 && due <= now {
				out = append(out, w.work)
			}
		}
		return nil
	})
	return out, err
}
