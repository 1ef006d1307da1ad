package lookupstore

import (
	"context"
	"database/sql"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerrow"
	"github.com/karezflow/karez/server/store/parkstore"
)

// field is an indexed path of a stream. Documents whose id is below builtTo are not
// indexed by it yet.
type field struct {
	no      int
	path    string
	state   int
	builtTo ledger.ID
}

// fields reads what a stream is indexed by, and keeps everybody else who writes to
// its documents or its index out until the transaction ends.
func (s *Store) fields(tx *gorm.DB, stream ledger.ID) ([]field, error) {
	rows, err := store.Scan(tx, func(rows *sql.Rows) (*field, error) {
		var no, state, builtTo sql.NullInt64
		var path sql.NullString
		if err := rows.Scan(&no, &path, &state, &builtTo); err != nil || !no.Valid {
			return nil, err
		}
		return &field{int(no.Int64), path.String, int(state.Int64), ledger.ID(builtTo.Int64)}, nil
	}, "SELECT f.field_no, f.path, f.state, f.built_to FROM stream s LEFT JOIN lookup_field f ON f.stream_id = s.id WHERE s.id = ? ORDER BY f.field_no"+s.sql.ForUpdate(), stream)
	var out []field
	for _, f := range rows {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out, err
}

// Register makes a stream indexed by paths. Those that are new are built by
// BuildIndex, unless the stream has no documents yet.
func (s *Store) Register(ctx context.Context, stream ledger.ID, paths []string) error {
	return s.db.Write(ctx, func(tx *gorm.DB) error {
		known, err := s.fields(tx, stream)
		if err != nil {
			return err
		}
		next := field{no: 1, state: ready}
		has := map[string]bool{}
		for _, f := range known {
			has[f.path] = true
			next.no = max(next.no, f.no+1)
		}
		var rows [][]any
		for _, path := range paths {
			if has[path] {
				continue
			}
			if len(rows) == 0 {
				if next.builtTo, err = s.behind(tx, stream); err != nil {
					return err
				}
				if next.builtTo > 0 {
					next.state = building
				}
			}
			has[path] = true
			rows = append(rows, []any{stream, next.no, path, next.state, next.builtTo})
			next.no++
		}
		return s.sql.Insert(tx, fieldTable(), rows)
	})
}

func fieldTable() store.Table {
	return ledgerrow.Table("lookup_field", "stream_id,field_no", "stream_id,field_no,path,state,built_to")
}

// behind gives an id behind those of all documents that there are, 0 where the stream has none.
func (s *Store) behind(tx *gorm.DB, stream ledger.ID) (ledger.ID, error) {
	found, err := store.Scan(tx, store.Column[ledger.ID], "SELECT id FROM document WHERE stream_id = ? LIMIT 1", stream)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	last, err := store.One(store.Scan(tx, store.Column[ledger.ID], "SELECT MAX(id) FROM document"))
	return last + 1, err
}

// Put indexes the newest revisions of documents of a stream and releases who waits for
// what they hold, that is, for each of their places: a document that is found by the same
// value as before may hold another one that is asked for. Where nobody looks into the stream it does nothing.
func (s *Store) Put(tx *gorm.DB, stream ledger.ID, docs []ledger.Newest, now ledger.Millis) (parkstore.Released, error) {
	var released parkstore.Released
	if len(docs) == 0 {
		return released, nil
	}
	fields, err := s.fields(tx, stream)
	if err != nil || len(fields) == 0 {
		return released, err
	}
	held, err := s.write(tx, stream, fields, docs)
	if err != nil {
		return released, err
	}
	if err := changed(tx, stream); err != nil {
		return released, err
	}
	failpoint.Hit("in_index")
	keys := make([]ledger.WaitKey, 0, len(held))
	for e := range held {
		keys = append(keys, ledger.WaitKey{Kind: ledger.StreamWait, Ref: stream, Value: lookup.StreamPlace(e.field, e.place)})
	}
	return s.park.Release(tx, keys, now)
}

func changed(tx *gorm.DB, stream ledger.ID) error {
	return tx.Exec("UPDATE stream SET version = version + 1 WHERE id = ?", stream).Error
}

// entry is a place in the index, of a field that is not complete where it is unbuilt.
type entry struct {
	field   int
	unbuilt bool
	place   string
}

// entries gives where a document is to be found that holds what is kept of it.
func entries(fields []field, kept []byte) map[entry]bool {
	out := map[entry]bool{}
	doc := item.Of(kept)
	for _, f := range fields {
		if f.path != "" {
			lookup.Values(doc, f.path, func(text string) { out[entry{f.no, f.state == building, lookup.Place(text)}] = true })
		}
	}
	return out
}

// write replaces what the index holds of documents, and gives where they are found now.
func (s *Store) write(tx *gorm.DB, stream ledger.ID, fields []field, docs []ledger.Newest) (map[entry]bool, error) {
	before, err := s.kept(tx, docs)
	if err != nil {
		return nil, err
	}
	c := changes{stream: stream, fields: fields, held: map[entry]bool{}}
	for _, d := range docs {
		c.add(d, before[d.Document])
	}
	for _, gone := range c.removed {
		if err := tx.Exec("DELETE FROM lookup_entry WHERE stream_id = ? AND field_no = ? AND value = ? AND document_id = ?", gone...).Error; err != nil {
			return nil, err
		}
	}
	if err := s.sql.Put(tx, ledgerrow.Table("lookup_row", "document_id", "document_id,fields,modified_at,seen_at"), c.rows); err != nil {
		return nil, err
	}
	return c.held, s.sql.Ensure(tx, ledgerrow.Table("lookup_entry", "", "stream_id,field_no,value,document_id"), c.added)
}

// changes are rows of the index that documents change.
type changes struct {
	stream ledger.ID
	fields []field
	// held is where the documents are found now.
	held                 map[entry]bool
	rows, added, removed [][]any
}

// add indexes a document of which old was kept, nil where nothing was.
func (c *changes) add(d ledger.Newest, before ledger.Newest) {
	old := before.Body
	if d.Body == nil && old != nil {
		d = before // the payload is purged: what is kept of it takes its place
	}
	if d.Body == nil {
		return
	}
	paths := make([]string, len(c.fields))
	for i, f := range c.fields {
		paths[i] = f.path
	}
	kept := strings.ToValidUTF8(string(lookup.Prune(item.Of(d.Body), paths)), "\uFFFD")
	c.rows = append(c.rows, []any{d.Document, kept, d.Modified, d.Seen})
	was := map[entry]bool{}
	if old != nil {
		was = entries(c.fields, old)
	}
	for e := range entries(c.fields, []byte(kept)) {
		c.held[e] = true
		// What was kept may hold what nobody looked for when it was written.
		if !was[e] || e.unbuilt {
			c.added = append(c.added, []any{c.stream, e.field, e.place, d.Document})
		}
		delete(was, e)
	}
	for e := range was {
		c.removed = append(c.removed, []any{c.stream, e.field, e.place, d.Document})
	}
}

// kept reads what is kept of documents that are not new.
func (s *Store) kept(tx *gorm.DB, docs []ledger.Newest) (map[ledger.ID]ledger.Newest, error) {
	var ids []ledger.ID
	for _, d := range docs {
		if !d.Fresh {
			ids = append(ids, d.Document)
		}
	}
	out := make(map[ledger.ID]ledger.Newest, len(ids))
	err := store.Chunks(ids, func(ids []ledger.ID) error {
		rows, err := tx.Raw("SELECT document_id, fields, modified_at, seen_at FROM lookup_row WHERE document_id IN "+store.In(len(ids)), store.Args(nil, ids...)...).Rows()
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // Err has told what there is to tell
		for rows.Next() {
			var d ledger.Newest
			if err := rows.Scan(&d.Document, &d.Body, &d.Modified, &d.Seen); err != nil {
				return err
			}
			out[d.Document] = d
		}
		return rows.Err()
	})
	return out, err
}
