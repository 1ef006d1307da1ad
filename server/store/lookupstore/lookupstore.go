// Package lookupstore keeps the index of look-ups in SQL: which fields of a stream's
// documents are looked into, and what the newest revision of each holds there. It is
// written within the transactions that change documents, and read by engine/lookup.
//
// It may import engine/failpoint, engine/ledger, engine/lookup, sdk/item, server/indexing, server/store and
// below it ledgerrow and parkstore only.
package lookupstore

import (
	"context"
	"database/sql"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/server/indexing"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/parkstore"
)

// Store implements lookup.Store and writes what it reads.
type Store struct {
	db   *store.DB
	sql  store.Dialect
	park *parkstore.Store
}

var (
	_ lookup.Store     = (*Store)(nil)
	_ lookup.Documents = (*Store)(nil)
	_ indexing.Store   = (*Store)(nil)
)

// New makes a Store of a migrated database.
func New(db *store.DB) *Store { return &Store{db, db.Dialect(), parkstore.New(db)} }

// The states of a field.
const (
	building = 1
	ready    = 2
)

// LookupStream implements lookup.Store.
func (s *Store) LookupStream(ctx context.Context, workspace ledger.ID, flow, node string) (lookup.Stream, bool, error) {
	type row struct {
		stream, version, no, state sql.NullInt64
		path                       sql.NullString
	}
	rows, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (row, error) {
		var r row
		return r, rows.Scan(&r.stream, &r.version, &r.no, &r.path, &r.state)
	}, "SELECT s.id, s.version, i.field_no, i.path, i.state FROM flow f LEFT JOIN stream s ON s.flow_id = f.id AND s.node_id = ?"+
		" LEFT JOIN lookup_field i ON i.stream_id = s.id WHERE f.workspace_id = ? AND f.public_id = ?", node, workspace, flow)
	if err != nil || len(rows) == 0 {
		return lookup.Stream{}, false, err
	}
	out := lookup.Stream{ID: ledger.ID(rows[0].stream.Int64), Version: rows[0].version.Int64, Fields: map[string]int{}}
	for _, r := range rows {
		if !r.no.Valid {
			continue
		}
		out.Fields[r.path.String] = int(r.no.Int64)
		if r.state.Int64 == building {
			out.Building = append(out.Building, r.path.String)
		}
	}
	return out, true, nil
}

// LookupRows implements lookup.Store.
func (s *Store) LookupRows(ctx context.Context, stream ledger.ID, field int, values []string) (map[string][][]byte, error) {
	out := make(map[string][][]byte, len(values))
	tx := s.db.Read(ctx)
	err := store.Chunks(values, func(values []string) error {
		return each(tx, func(value string, fields []byte) { out[value] = append(out[value], fields) },
			"SELECT e.value, r.fields FROM lookup_entry e JOIN lookup_row r ON r.document_id = e.document_id WHERE e.stream_id = ? AND e.field_no = ? AND e.value IN "+
				store.In(len(values))+" ORDER BY r.modified_at DESC, r.seen_at DESC, e.document_id DESC", store.Args([]any{stream, field}, values...)...)
	})
	return out, err
}

// LookupCount implements lookup.Store.
func (s *Store) LookupCount(ctx context.Context, stream ledger.ID, field int, value string, most int) (int, error) {
	return store.One(store.Scan(s.db.Read(ctx), store.Column[int],
		"SELECT COUNT(*) FROM (SELECT document_id FROM lookup_entry WHERE stream_id = ? AND field_no = ? AND value = ? LIMIT ?) some", stream, field, value, most))
}

// each reads rows of a text and bytes.
func each(tx *gorm.DB, yield func(string, []byte), query string, args ...any) error {
	rows, err := tx.Raw(query, args...).Rows()
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	for rows.Next() {
		var text string
		var bytes []byte
		if err := rows.Scan(&text, &bytes); err != nil {
			return err
		}
		yield(text, bytes)
	}
	return rows.Err()
}

// CodeTable implements lookup.Store.
func (s *Store) CodeTable(ctx context.Context, workspace ledger.ID, name string) (lookup.Table, bool, error) {
	found, err := store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (lookup.Table, error) {
		var t lookup.Table
		return t, rows.Scan(&t.ID, &t.Version)
	}, "SELECT id, version FROM code_table WHERE workspace_id = ? AND name = ?", workspace, name)
	if err != nil || len(found) == 0 {
		return lookup.Table{}, false, err
	}
	return found[0], true, nil
}

// Codes implements lookup.Store.
func (s *Store) Codes(ctx context.Context, table ledger.ID, reverse bool, codes []string) (map[string][]string, error) {
	asked, other := "source", "target"
	if reverse {
		asked, other = other, asked
	}
	var askable []string // MySQL refuses what is not UTF-8, and no code is
	for _, code := range codes {
		if utf8.ValidString(code) {
			askable = append(askable, code)
		}
	}
	out := make(map[string][]string, len(codes))
	tx := s.db.Read(ctx)
	err := store.Chunks(askable, func(codes []string) error {
		return each(tx, func(code string, found []byte) { out[code] = append(out[code], string(found)) },
			"SELECT "+asked+", "+other+" FROM code_row WHERE table_id = ? AND "+asked+" IN "+store.In(len(codes))+" ORDER BY source", store.Args([]any{table}, codes...)...)
	})
	return out, err
}
