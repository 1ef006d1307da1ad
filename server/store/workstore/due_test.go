package workstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// row is a piece of work of a made-up flow.
type row struct {
	flow, run ledger.ID
	priority  int
	due       ledger.Millis
	held      bool
}

// put stores rows and gives their ids.
func put(w *worldtest.World, db *store.DB, rows []row) (ids []ledger.ID) {
	first, err := db.NextIDs(w.Context(), len(rows))
	w.Must(err)
	columns := strings.Split("id,workspace_id,kind,ref_id,run_id,flow_id,priority,due_at,owner,lease_until", ",")
	var values [][]any
	for n, r := range rows {
		owner, until := "", ledger.Millis(0)
		if r.held {
			owner, until = "another", w.Now.Add(worldtest.Lease)
		}
		ids = append(ids, first+ledger.ID(n))
		values = append(values, []any{ids[n], w.Workspace, "document", ids[n], r.run, r.flow, r.priority, r.due, owner, until})
	}
	w.Must(db.Write(w.Context(), func(tx *gorm.DB) error {
		return db.Dialect().Insert(tx, store.Table{Name: "work", Key: "id", Columns: columns}, values)
	}))
	return ids
}

// rest lets runs or flows rest.
func rest(w *worldtest.World, db *store.DB, kind string, ref ledger.ID) {
	w.Must(db.Write(w.Context(), func(tx *gorm.DB) error {
		return tx.Exec("INSERT INTO pause (kind,ref_id,workspace_id,actor,paused_at) VALUES (?,?,?,'',1)", kind, ref, w.Workspace).Error
	}))
}

func world(t *testing.T, db *store.DB) (*worldtest.World, *ledgerstore.Store) {
	t.Helper()
	s := ledgerstore.New(db)
	return worldtest.New(t, whole{s, documentstore.New(db)}), s
}

// flowsOf counts rows by flow.
func flowsOf(due []ledger.Work) map[ledger.ID]int {
	n := map[ledger.ID]int{}
	for _, w := range due {
		n[w.Flow]++
	}
	return n
}

// One flow of which very much waits, more urgently than all others, hides none of them, and what
// they leave of the list is its own. No statement goes over all that waits.
func TestNoFlowHidesAnother(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		w, s := world(t, db)
		const hot = 500_000
		rows := slices.Repeat([]row{{flow: hot, priority: ledger.HighPriority, due: w.Now - 60_000}}, 10_000)
		for n := range 20 {
			rows = append(rows, row{flow: hot + 1 + ledger.ID(n), priority: ledger.LowPriority, due: w.Now})
		}
		// Of one of them very much is due later, and of yet another all of it.
		rows = append(rows, slices.Repeat([]row{{flow: hot + 20, priority: ledger.LowPriority, due: ledger.FarFuture}}, 5000)...)
		rows = append(rows, slices.Repeat([]row{{flow: hot + 21, priority: ledger.HighPriority, due: ledger.FarFuture}}, 5000)...)
		put(w, db, rows)
		var plans []string
		due, err := s.Due(store.Listening(t.Context(), func(text string, args []any) { plans = append(plans, plan(t, db, text, args)...) }), w.Now, 100)
		w.Must(err)
		found := flowsOf(due)
		for n := range 20 {
			if found[hot+1+ledger.ID(n)] != 1 {
				t.Errorf("the row of flow %d is not found", n+1)
			}
		}
		if len(due) != 100 || found[hot] != 80 || due[0].Flow != hot || due[99].Flow == hot {
			t.Errorf("%d rows, %d of the hot flow", len(due), found[hot])
		}
		for _, step := range plans {
			t.Error(step)
		}
		// Many flows share the list evenly, and one row of each is found however many they are.
		for _, limit := range []int{42, 21, 5} {
			due, err := s.Due(t.Context(), w.Now, limit)
			w.Must(err)
			if want := max(limit, 21); len(due) != want || len(flowsOf(due)) != 21 {
				t.Errorf("%d rows of %d flows with the limit %d, want %d of 21", len(due), len(flowsOf(due)), limit, want)
			}
		}
	})
}

// plan gives the steps of a statement that read all work.
func plan(t *testing.T, db *store.DB, text string, args []any) (found []string) {
	t.Helper()
	columns := 10
	if db.Dialect() == store.SQLite {
		text, columns = "EXPLAIN QUERY PLAN "+text, 4
	} else {
		text = "EXPLAIN " + text
	}
	steps, err := store.Scan(db.Read(context.Background()), func(rows *sql.Rows) ([]string, error) {
		cells := make([]sql.NullString, columns)
		into := make([]any, columns)
		for i := range cells {
			into[i] = &cells[i]
		}
		err := rows.Scan(into...)
		out := make([]string, columns)
		for i, c := range cells {
			out[i] = c.String
		}
		return out, err
	}, text, args...)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		switch {
		case db.Dialect() == store.SQLite && !strings.HasPrefix(s[3], "SCAN work"):
		case db.Dialect() == store.MySQL && (s[2] != "work" || s[5] == "work_due" && s[3] != "index" && !strings.Contains(s[9], "filesort")):
		default:
			found = append(found, fmt.Sprintf("%v in %.100s", s, text))
		}
	}
	return found
}

// Whatever waits: only rows that are due, free and not at rest are listed, of each flow those
// that are due first, by priority and due time; every flow that has such is in the list, which is as
// long as it may be, and no flow that could have more has fewer than another has.
func TestDueRows(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		w, s := world(t, db)
		rapid.Check(t, func(r *rapid.T) {
			w.Must(db.Write(t.Context(), func(tx *gorm.DB) error {
				if err := tx.Exec("DELETE FROM pause").Error; err != nil {
					return err
				}
				return tx.Exec("DELETE FROM work").Error
			}))
			rows := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) row {
				return row{
					flow: ledger.ID(900 + rapid.IntRange(1, 5).Draw(r, "flow")), run: ledger.ID(700 + rapid.IntRange(1, 3).Draw(r, "run")),
					priority: rapid.SampledFrom([]int{2, 5, 8}).Draw(r, "priority"), held: rapid.IntRange(0, 4).Draw(r, "held") == 0,
					due: w.Now + ledger.Millis(rapid.IntRange(-9, 2).Draw(r, "due")),
				}
			}), 0, 40).Draw(r, "rows")
			limit := rapid.IntRange(1, 30).Draw(r, "limit")
			ids := put(w, db, rows)
			paused := map[ledger.ID]bool{}
			if rapid.Bool().Draw(r, "paused") {
				paused[701], paused[903] = true, true
				rest(w, db, "run", 701)
				rest(w, db, "flow", 903)
			}
			could := map[ledger.ID][]ledger.Work{}
			total := 0
			for n, o := range rows {
				if o.due <= w.Now && !o.held && !paused[o.run] && !paused[o.flow] {
					could[o.flow] = append(could[o.flow], ledger.Work{ID: ids[n], Priority: o.priority, Due: o.due})
					total++
				}
			}
			due, err := s.Due(t.Context(), w.Now, limit)
			w.Must(err)
			if !slices.IsSortedFunc(due, before) {
				r.Errorf("not in order: %v", due)
			}
			got := flowsOf(due)
			least := limit
			for flow, list := range could {
				slices.SortFunc(list, cmpDue)
				want := map[ledger.ID]bool{}
				for _, o := range list[:min(got[flow], len(list))] {
					want[o.ID] = true
				}
				have := map[ledger.ID]bool{}
				for _, o := range due {
					if o.Flow == flow {
						have[o.ID] = true
					}
				}
				if diff := cmp.Diff(want, have); diff != "" || len(have) == 0 {
					r.Errorf("flow %d (-want +got):\n%s", flow, diff)
				}
				if got[flow] < len(list) {
					least = min(least, got[flow])
				}
			}
			for flow, n := range got {
				if len(could[flow]) == 0 || n > least && n > 1 {
					r.Errorf("%d rows of flow %d, of another that has more only %d", n, flow, least)
				}
			}
			// What does not divide evenly is left over.
			if want := min(total, max(limit, len(could))); len(due) > want || len(due) <= want-max(len(could), 1) {
				r.Errorf("%d rows of %d with the limit %d", len(due), total, limit)
			}
		})
	})
}

func cmpDue(a, b ledger.Work) int {
	if a.Due != b.Due {
		return int(a.Due - b.Due)
	}
	return int(a.ID - b.ID)
}

func before(a, b ledger.Work) int {
	if a.Priority != b.Priority {
		return a.Priority - b.Priority
	}
	return cmpDue(a, b)
}
