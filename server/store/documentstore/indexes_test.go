package documentstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
)

// asked is a statement that was read with.
type asked struct {
	text string
	args []any
}

// listen gives what a store is asked while something is done.
func (r *rig) listen(do func(ctx context.Context) error) []asked {
	r.Helper()
	var heard []asked
	r.Must(do(store.Listening(r.Context(), func(text string, args []any) { heard = append(heard, asked{text, slices.Clone(args)}) })))
	return heard
}

// scans gives the steps of a statement's plan that go over all documents or deliveries.
func (r *rig) scans(a asked) []string {
	r.Helper()
	big := map[string]bool{"document": true, "delivery": true, "d": true, "delivery_history": true}
	var found []string
	if r.db.Dialect() == store.SQLite {
		steps, err := store.Scan(r.db.Read(r.Context()), func(rows *sql.Rows) (step string, err error) {
			var id, parent, unused int
			return step, rows.Scan(&id, &parent, &unused, &step)
		}, "EXPLAIN QUERY PLAN "+a.text, a.args...)
		r.Must(err)
		for _, step := range steps {
			if words := strings.Fields(step); words[0] == "SCAN" && big[words[1]] {
				found = append(found, step)
			}
		}
		return found
	}
	type step struct{ id, kind, table, access, keys, key, length, ref, rows, extra sql.NullString }
	steps, err := store.Scan(r.db.Read(r.Context()), func(rows *sql.Rows) (s step, err error) {
		return s, rows.Scan(&s.id, &s.kind, &s.table, &s.access, &s.keys, &s.key, &s.length, &s.ref, &s.rows, &s.extra)
	}, "EXPLAIN "+a.text, a.args...)
	r.Must(err)
	for _, s := range steps {
		if big[s.table.String] && (s.access.String == "ALL" || s.access.String == "index") {
			found = append(found, fmt.Sprintf("%s %s %s", s.table.String, s.access.String, s.key.String))
		}
	}
	return found
}

// crowd fills the ledger with documents and deliveries of many runs.
func (r *rig) crowd(n int) {
	r.Helper()
	first, err := r.db.NextIDs(r.Context(), n)
	r.Must(err)
	documents := store.Table{Name: "document", Key: "id", Columns: strings.Split("id,workspace_id,stream_id,doc_key,number,latest_rev,active_rev,src_hash,state,run_id,version_id,updated_at", ",")}
	deliveries := store.Table{Name: "delivery", Key: "document_id,node_no,part", Columns: strings.Split("document_id,node_no,part,workspace_id,rev,version_id,connection_id,resource,target_key,state,target_number,updated_at", ",")}
	var docs, written [][]any
	for i := range n {
		id := first + ledger.ID(i)
		docs = append(docs, []any{id, r.Workspace, r.Stream.ID, fmt.Sprintf("key-%05d", i), fmt.Sprintf("SO-%05d", i), 1, 1, i, ledger.Delivered, r.Run.ID + ledger.ID(i%50), r.Version, 1})
		written = append(written, []any{id, 1, 0, r.Workspace, 1, r.Version, r.Connection, "bill", fmt.Sprintf("t-%05d", i), ledger.DeliveryDone, fmt.Sprintf("XS-%05d", i), 1})
	}
	r.Must(r.db.Write(r.Context(), func(tx *gorm.DB) error {
		if err := r.db.Dialect().Insert(tx, documents, docs); err != nil {
			return err
		}
		return r.db.Dialect().Insert(tx, deliveries, written)
	}))
	if r.db.Dialect() == store.MySQL {
		r.exec("ANALYZE TABLE document, delivery, problem, run, run_count, stream")
	}
}

// TestNoSearchGoesOverAllDocuments: whatever the interface lets people look for, and in
// whatever combination, is found by an index.
func TestNoSearchGoesOverAllDocuments(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Delivered, "A-1")
		r.settle(ledger.Rejected, "A-2")
		r.crowd(3000)
		first := r.Doc("A-1").ID
		id := fmt.Sprint(first)
		still := []ledger.State{ledger.Rejected, ledger.NeedsDecision}
		numbers := map[string]string{"no number": "", "a number": "SO-00017", "a key": "key-00017", "a target's number": "XS-00017", "how one begins": "SO-0001", "an id": id}
		edits := map[string]func(q *document.Query){
			"all":                      nil,
			"of a flow":                func(q *document.Query) { q.Flow = r.flow },
			"of a node":                func(q *document.Query) { q.Flow, q.Node = r.flow, "orders" },
			"of any node":              func(q *document.Query) { q.Node = "orders" },
			"of a run":                 func(q *document.Query) { q.Run = r.Run.ID },
			"of a run's node":          func(q *document.Query) { q.Run, q.Flow, q.Node = r.Run.ID, r.flow, "orders" },
			"delivered":                func(q *document.Query) { q.States = []ledger.State{ledger.Delivered} },
			"rejected":                 func(q *document.Query) { q.States = still },
			"claimed":                  func(q *document.Query) { q.States, q.Waiting = []ledger.State{ledger.Waiting}, false },
			"with a code":              func(q *document.Query) { q.Code = "test.rejected" },
			"of a flow with a code":    func(q *document.Query) { q.Flow, q.Code = r.flow, "test.rejected" },
			"needing people":           func(q *document.Query) { q.States, q.Failing = still, ledger.States() },
			"needing people in a flow": func(q *document.Query) { q.Flow, q.States, q.Failing = r.flow, still, ledger.States() },
			"of a time":                func(q *document.Query) { q.From, q.To = 1, r.Now },
			"then":                     func(q *document.Query) { q.At = r.Now },
			"of a flow then":           func(q *document.Query) { q.Flow, q.At = r.flow, r.Now },
			"the page before":          func(q *document.Query) { q.Before = &document.Place{Run: r.Run.ID + 5, ID: first} },
			"the next page":            func(q *document.Query) { q.After = &document.Place{Run: r.Run.ID + 5, ID: first} },
		}
		statements := 0
		check := func(what string, do func(ctx context.Context) error) {
			r.Helper()
			for _, a := range r.listen(do) {
				statements++
				for _, step := range r.scans(a) {
					r.Errorf("%s: %s\n\tin %s", what, step, a.text)
				}
			}
		}
		for name, number := range numbers {
			for what, edit := range edits {
				q := r.query(edit)
				q.Number = number
				check(name+" "+what, func(ctx context.Context) error { _, err := r.store.List(ctx, q); return err })
				if q.Failing == nil {
					q.States = still
					check("to work on: "+name+" "+what, func(ctx context.Context) error { _, err := r.store.Select(ctx, q, 0); return err })
				}
			}
		}
		check("facets", func(ctx context.Context) error { _, err := r.store.Facets(ctx, r.Workspace, ""); return err })
		check("facets of a flow", func(ctx context.Context) error { _, err := r.store.Facets(ctx, r.Workspace, r.flow); return err })
		check("a document", func(ctx context.Context) error {
			_, err := r.store.Detail(ctx, r.Workspace, first)
			return err
		})
		check("the newest", func(ctx context.Context) error {
			_, err := r.store.Newest(ctx, r.Workspace, r.flow, "orders", 5)
			return err
		})
		check("named ones", func(ctx context.Context) error {
			_, err := r.store.SelectNamed(ctx, r.Workspace, []ledger.ID{first}, 0, 10)
			return err
		})
		if statements < 200 {
			r.Errorf("only %d statements were heard", statements)
		}
		r.Same("such a plan is seen", len(r.scans(asked{"SELECT id FROM document d WHERE src_hash = ?", []any{7}})), 1)
		r.Same("by its id", r.list(func(q *document.Query) { q.Number = id }), "A-1")
	})
}
