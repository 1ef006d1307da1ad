package codetablestore

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/store"
)

// List implements codetable.Store.
func (s *Store) List(ctx context.Context, table ledger.ID, q codetable.Query) ([]codetable.Row, error) {
	where, args := "r.table_id = ? AND r.source > ?", []any{table, q.After}
	if q.Text != "" {
		pattern := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToValidUTF8(q.Text, "\uFFFD")) + "%"
		// LIKE tells no case apart on SQLite; codes are bytes on MySQL, where it would.
		columns := []string{"r.source", "r.target", "r.note"}
		if s.sql == store.MySQL {
			for i, c := range columns {
				columns[i] = "CONVERT(" + c + " USING utf8mb4) COLLATE utf8mb4_general_ci"
			}
		}
		where += " AND (" + strings.Join(columns, " LIKE ? ESCAPE '!' OR ") + " LIKE ? ESCAPE '!')"
		args = append(args, pattern, pattern, pattern)
	}
	if q.Shared {
		where += " AND r.target IN (SELECT target FROM code_row WHERE table_id = ? GROUP BY target HAVING COUNT(*) > 1)"
		args = append(args, table)
	}
	return store.Scan(s.db.Read(ctx), func(rows *sql.Rows) (codetable.Row, error) {
		var r codetable.Row
		return r, rows.Scan(&r.Source, &r.Target, &r.Note, &r.Updated, &r.Shared)
	}, "SELECT r.source, r.target, r.note, r.updated_at, (SELECT COUNT(*) - 1 FROM code_row o WHERE o.table_id = r.table_id AND o.target = r.target)"+
		" FROM code_row r WHERE "+where+" ORDER BY r.source LIMIT ?", append(args, q.Limit)...)
}

// Known implements codetable.Store.
func (s *Store) Known(ctx context.Context, table ledger.ID, c codetable.Change) ([]codetable.Row, int64, error) {
	var known []codetable.Row
	var version int64
	err := s.db.Read(ctx).Transaction(func(tx *gorm.DB) error {
		var err error
		if version, err = store.One(store.Scan(tx, store.Column[int64], "SELECT version FROM code_table WHERE id = ?", table)); err != nil {
			return err
		}
		known, err = rowsOf(tx, table, c)
		return err
	}, &sql.TxOptions{Isolation: s.sql.Snapshot()})
	return known, version, err
}

// rowsOf reads the rows that a change is about.
func rowsOf(tx *gorm.DB, table ledger.ID, c codetable.Change) ([]codetable.Row, error) {
	read := func(where string, args ...any) ([]codetable.Row, error) {
		return store.Scan(tx, func(rows *sql.Rows) (codetable.Row, error) {
			var r codetable.Row
			return r, rows.Scan(&r.Source, &r.Target, &r.Note)
		}, "SELECT source, target, note FROM code_row WHERE table_id = ?"+where+" ORDER BY source", append([]any{table}, args...)...)
	}
	if c.Replace {
		return read("")
	}
	sources := append([]string{}, c.Remove...)
	for _, r := range c.Put {
		sources = append(sources, r.Source)
	}
	var known []codetable.Row
	return known, store.Chunks(sources, func(part []string) error {
		found, err := read(" AND source IN "+store.In(len(part)), store.Args(nil, part...)...)
		known = append(known, found...)
		return err
	})
}

// Change implements codetable.Store.
func (s *Store) Change(ctx context.Context, table ledger.ID, c codetable.Change, now ledger.Millis) (codetable.Done, error) {
	var done codetable.Done
	err := s.db.Write(ctx, func(tx *gorm.DB) error {
		done = codetable.Done{}
		version, err := s.lock(tx, table)
		if err != nil {
			return err
		}
		count, err := store.One(store.Scan(tx, store.Column[int], "SELECT COUNT(*) FROM code_row WHERE table_id = ?", table))
		if err != nil {
			return err
		}
		known, err := rowsOf(tx, table, c)
		if err != nil {
			return err
		}
		plan := codetable.PlanChange(known, c)
		if err := plan.Check(c, version, count); err != nil {
			return err
		}
		done = codetable.Done{Version: version, Added: len(plan.Added), Changed: len(plan.Changed), Removed: len(plan.Removed), Unchanged: plan.Unchanged}
		if plan.Empty() {
			return nil
		}
		done.Version++
		if err := s.write(tx, table, plan, now); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE code_table SET version = ?, updated_at = ? WHERE id = ?", done.Version, now, table).Error; err != nil {
			return err
		}
		if len(plan.Filled) == 0 {
			return nil
		}
		var sources, targets []string
		for _, r := range plan.Filled {
			sources, targets = append(sources, r.Source), append(targets, r.Target)
		}
		slices.Sort(targets)
		done.Work, err = s.release(tx, table, sources, slices.Compact(targets), now)
		return err
	})
	return done, err
}

// write carries a plan out.
func (s *Store) write(tx *gorm.DB, table ledger.ID, plan codetable.Plan, now ledger.Millis) error {
	var removed []string
	for _, d := range plan.Removed {
		removed = append(removed, d.Before.Source)
	}
	if err := store.Chunks(removed, func(part []string) error {
		return tx.Exec("DELETE FROM code_row WHERE table_id = ? AND source IN "+store.In(len(part)), store.Args([]any{table}, part...)...).Error
	}); err != nil {
		return err
	}
	var rows [][]any
	for _, list := range [][]codetable.Difference{plan.Added, plan.Changed} {
		for _, d := range list {
			rows = append(rows, []any{table, d.After.Source, d.After.Target, d.After.Note, now})
		}
	}
	return s.sql.Put(tx, store.Table{
		Name: "code_row", Key: "table_id,source", Columns: []string{"table_id", "source", "target", "note", "updated_at"},
	}, rows)
}

// Missing implements codetable.Store.
func (s *Store) Missing(ctx context.Context, workspace, table ledger.ID, limit int) ([]codetable.Missing, int, error) {
	from := " FROM wait w JOIN code_table t ON t.id = w.ref_id JOIN document d ON d.id = w.document_id WHERE w.kind = 'code' AND d.state = ? AND t.workspace_id = ?"
	args := []any{ledger.Unmapped, workspace}
	if table != 0 {
		from += " AND w.ref_id = ?"
		args = append(args, table)
	}
	read := s.db.Read(ctx)
	total, err := store.One(store.Scan(read, store.Column[int], "SELECT COUNT(*) FROM (SELECT w.ref_id, w.value"+from+" GROUP BY w.ref_id, w.value) codes", args...))
	if err != nil || total == 0 {
		return nil, total, err
	}
	found, err := store.Scan(read, func(rows *sql.Rows) (codetable.Missing, error) {
		var m codetable.Missing
		return m, rows.Scan(&m.Table, &m.Code, &m.Documents, &m.Document)
	}, "SELECT w.ref_id, w.value, COUNT(*) n, MIN(w.document_id)"+from+" GROUP BY w.ref_id, w.value ORDER BY n DESC, w.ref_id, w.value LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, 0, err
	}
	return found, total, examples(read, found)
}

// examples adds what people know tables and documents by.
func examples(tx *gorm.DB, found []codetable.Missing) error {
	type example struct {
		id              ledger.ID
		number          string
		flow, flowTitle string
	}
	tables, documents := map[ledger.ID][2]string{}, map[ledger.ID]example{}
	ids, tableIDs := make([]ledger.ID, len(found)), make([]ledger.ID, len(found))
	for i, m := range found {
		ids[i], tableIDs[i] = m.Document, m.Table
	}
	if err := store.Chunks(tableIDs, func(part []ledger.ID) error {
		_, err := store.Scan(tx, func(rows *sql.Rows) (ledger.ID, error) {
			var id ledger.ID
			var names [2]string
			err := rows.Scan(&id, &names[0], &names[1])
			tables[id] = names
			return id, err
		}, "SELECT id, name, title FROM code_table WHERE id IN "+store.In(len(part)), store.Args(nil, part...)...)
		return err
	}); err != nil {
		return err
	}
	if err := store.Chunks(ids, func(part []ledger.ID) error {
		_, err := store.Scan(tx, func(rows *sql.Rows) (ledger.ID, error) {
			var e example
			err := rows.Scan(&e.id, &e.number, &e.flow, &e.flowTitle)
			documents[e.id] = e
			return e.id, err
		}, "SELECT d.id, CASE WHEN d.number = '' THEN d.doc_key ELSE d.number END, f.public_id, f.title"+
			" FROM document d JOIN stream s ON s.id = d.stream_id JOIN flow f ON f.id = s.flow_id WHERE d.id IN "+store.In(len(part)), store.Args(nil, part...)...)
		return err
	}); err != nil {
		return err
	}
	for i := range found {
		m := &found[i]
		names, e := tables[m.Table], documents[m.Document]
		m.Name, m.TableTitle, m.Number, m.Flow, m.FlowTitle = names[0], names[1], e.number, e.flow, e.flowTitle
	}
	return nil
}
