package retentionstore_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/server/retention"
)

// fill inserts n rows at once; each gives one.
func (r *rig) fill(table, columns string, n int, each func(i int) []any) {
	r.Helper()
	r.Must(r.db.Write(r.Context(), func(tx *gorm.DB) error {
		for start := 0; start < n; start += 100 {
			var marks []string
			var args []any
			for i := start; i < min(start+100, n); i++ {
				row := each(i)
				marks, args = append(marks, "("+strings.TrimSuffix(strings.Repeat("?,", len(row)), ",")+")"), append(args, row...)
			}
			if err := tx.Exec("INSERT INTO "+table+" ("+columns+") VALUES "+strings.Join(marks, ","), args...).Error; err != nil {
				return err
			}
		}
		return nil
	}))
}

func (r *rig) ids(n int) ledger.ID {
	r.Helper()
	first, err := r.db.NextIDs(r.Context(), n)
	r.Must(err)
	return first
}

func (r *rig) call(id ledger.ID, at ledger.Millis) []any {
	return []any{id, r.Workspace, r.Connection, "bills", "send", 1, at}
}

const callColumns = "id,workspace_id,connection_id,operation,kind,state,started_at"

// batches purges a class and gives how many rows of the tables each transaction removed.
func (r *rig) batches(c retention.Class, tables ...string) []int {
	r.Helper()
	policies, err := r.store.Policies(r.Context())
	r.Must(err)
	old := retention.Old{}
	for id, p := range policies {
		of := old[id]
		for class := range of {
			of[class] = p.Before(retention.Class(class), r.Now)
		}
		old[id] = of
	}
	pass, err := r.store.Begin(r.Context(), []ledger.ID{r.Workspace}, r.Now)
	r.Must(err)
	needed := retention.Needed{Packs: map[ledger.ID]bool{}, Calls: map[ledger.ID]bool{}}
	for at, done := (retention.Cursor{}), false; !done; {
		at, done, err = r.store.Needed(r.Context(), at, needed)
		r.Must(err)
	}
	rows := func() int {
		n := 0
		for _, table := range tables {
			n += r.count("SELECT COUNT(*) FROM " + table)
		}
		return n
	}
	var out []int
	for at := (retention.Cursor{}); ; {
		before := rows()
		batch, err := r.store.Purge(r.Context(), pass, c, at, old, needed, r.Now)
		r.Must(err)
		if gone := before - rows(); gone > 0 {
			out = append(out, gone)
		}
		if at = batch.Next; batch.Done {
			return out
		}
		if len(out) > 1000 {
			r.Fatalf("it does not end")
		}
	}
}

// bounded fails unless so much was removed, by several transactions none of which was large.
func (r *rig) bounded(what string, batches []int, all int) {
	r.Helper()
	sum := 0
	for _, n := range batches {
		if sum += n; n > 300 {
			r.Errorf("%s: a transaction removes %d rows", what, n)
		}
	}
	if sum != all || len(batches) < 2 {
		r.Errorf("%s: %d of %d rows were removed in %d transactions", what, sum, all, len(batches))
	}
}

// TestBatchesAreSmall: whatever a pass removes, no transaction is large, so that nobody who
// writes waits for it for long.
func TestBatchesAreSmall(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		day1 := r.Now
		few, many := r.ids(500), r.ids(1)
		r.fill("vendor_call", callColumns, 500, func(i int) []any { return r.call(few+ledger.ID(i), day1+ledger.Millis(i)) })
		r.fill("call_row", "call_id,row_no,document_id,node_no,part,attempt,outcome", 1000, func(i int) []any { return []any{few + ledger.ID(i/2), i, 1, 9, 0, 1, 4} })
		r.fill("vendor_call", callColumns, 1, func(int) []any { return r.call(many, day1+1000) })
		r.fill("call_row", "call_id,row_no,document_id,node_no,part,attempt,outcome", 1200, func(i int) []any { return []any{many, i, 1, 9, 0, 1, 4} })
		windows := r.ids(400)
		r.fill("pull_window", "id,stream_id,run_id,kind,from_ms,to_ms,state,updated_at", 400, func(i int) []any {
			return []any{windows + ledger.ID(i), r.Stream.ID, r.Run.ID, "live", 1, 2, ledger.WindowDone, day1}
		})
		r.fill("pull_page", "window_id,attempt,page_no,row_count,body_hash,created_at", 400, func(i int) []any { return []any{windows + ledger.ID(i), 1, 1, 1, 1, day1} })
		r.fill("pull_page", "window_id,attempt,page_no,row_count,body_hash,created_at", 900, func(i int) []any { return []any{windows + 200, 2 + i/450, 1 + i%450, 1, 1, day1} })
		errands := r.ids(700)
		r.Pull(worldtest.Rec("done", "1"))
		r.Walk("done", ledger.Collected)
		r.fill("errand", errandColumns, 700, func(i int) []any { return r.errand(errands+ledger.ID(i), r.Doc("done").ID, i, errand.Done, day1) })
		hook := r.ids(1)
		r.exec("INSERT INTO hook (id,workspace_id,flow_id,node_id,public_id,created_at) VALUES (?,?,?,'in',?,1)", hook, r.Workspace, r.Flow, fmt.Sprint("public", hook))
		r.fill("hook_post", postColumns, 700, func(i int) []any { return []any{hook, fmt.Sprint("m", i), "sum", day1, "[]"} })
		r.fill("document_answer", "document_id,rev,node_no,status,body,answered_at", 700, func(i int) []any { return []any{r.Doc("done").ID, 100 + i, 9, 200, []byte("{}"), day1} })
		r.Now = r.Now.Add(200 * day)
		r.bounded("calls", r.batches(retention.Calls, "vendor_call", "call_row"), 500+1000+1+1200)
		r.bounded("pages", r.batches(retention.Pages, "pull_page"), 1300)
		r.bounded("errands", r.batches(retention.Errands, "errand"), 700)
		r.bounded("posts", r.batches(retention.Posts, "hook_post", "document_answer"), 1400)
		r.Same("all that was removed is noted", []int{
			r.count("SELECT SUM(calls) FROM retention_pass"), r.count("SELECT SUM(pages) FROM retention_pass"), r.count("SELECT SUM(errands) FROM retention_pass"), r.count("SELECT SUM(posts) FROM retention_pass"),
		}, []int{501, 1300, 700, 1400})
	})
}

const (
	errandColumns = "id,workspace_id,document_id,rev,node_no,way,node_id,purpose,flow_id,run_id,connection,operation,mode,row_key,trace_id,state,due_at,created_at,updated_at"
	postColumns   = "hook_id,message_id,sum,received_at,documents"
)

func (r *rig) errand(id, document ledger.ID, rev int, state errand.State, at ledger.Millis) []any {
	return []any{id, r.Workspace, document, rev, 9, fmt.Sprint("way", id), "tell", 1, r.Flow, r.Run.ID, "mail", "send", "create", "k", "trace", state, at, at, at}
}

// TestEachClassGoesByItsAge: posts, answers, errands and exceptional rows of calls; what is
// young stays, and so does what something unfinished needs.
func TestEachClassGoesByItsAge(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("done", "1"), worldtest.Rec("open", "1"))
		for _, due := range r.Due() {
			work := r.Claim(due.ID, "one")
			r.Conclude(work, r.Settled("done", ledger.Collected), r.Settled("open", ledger.Rejected))
		}
		done, open := r.Doc("done").ID, r.Doc("open").ID
		young, old := r.Now, r.Now-ledger.Millis((100*day).Milliseconds())
		calls, errands, hook := r.ids(3), r.ids(8), r.ids(1)
		r.fill("vendor_call", callColumns, 3, func(i int) []any { return r.call(calls+ledger.ID(i), []ledger.Millis{old, old, young}[i]) })
		r.fill("call_row", "call_id,row_no,document_id,node_no,part,attempt,outcome", 3, func(i int) []any {
			return []any{calls + ledger.ID(i), 0, []ledger.ID{done, open, done}[i], 9, 0, 1, ledger.DeliveryRejected}
		})
		r.exec("INSERT INTO hook (id,workspace_id,flow_id,node_id,public_id,created_at) VALUES (?,?,?,'in',?,1)", hook, r.Workspace, r.Flow, fmt.Sprint("public", hook))
		r.fill("hook_post", postColumns, 2, func(i int) []any { return []any{hook, fmt.Sprint("m", i), "sum", []ledger.Millis{old, young}[i], "[]"} })
		r.fill("document_answer", "document_id,rev,node_no,status,body,answered_at", 3, func(i int) []any {
			return []any{[]ledger.ID{done, open, done}[i], 100 + i, 9, 200, []byte("{}"), []ledger.Millis{old, old, young}[i]}
		})
		states := []errand.State{errand.Done, errand.Done, errand.Skipped, errand.Told, errand.Pending, errand.RetryAt, errand.Rejected, errand.Done}
		r.fill("errand", errandColumns, 8, func(i int) []any {
			document, at := done, old
			switch i {
			case 1:
				document = open
			case 7:
				at = young
			}
			return r.errand(errands+ledger.ID(i), document, i, states[i], at)
		})
		var before [5]ledger.Millis
		for i := range before {
			before[i] = r.Now - ledger.Millis((50 * day).Milliseconds())
		}
		count := func(most int) []int {
			r.Helper()
			n, err := r.store.Count(r.Context(), r.Workspace, retention.Old{r.Workspace: before}, most)
			r.Must(err)
			return []int{n[retention.Payloads], n[retention.Calls], n[retention.Posts], n[retention.Errands], n[retention.Pages]}
		}
		r.Same("counted, with what is needed", count(100), []int{0, 2, 3, 4, 0})
		r.Same("up to a number", count(2), []int{0, 2, 2, 2, 0})
		before[retention.Calls] = 0
		r.Same("nothing of what is kept for ever", count(100)[retention.Calls], 0)
		taken, err := r.store.Taken(r.Context(), r.Now)
		r.Must(err)
		r.Same("nobody is at it", taken, false)
		mine, err := r.store.Take(r.Context(), "one", r.Now, r.Now.Add(time.Minute))
		r.Must(err)
		taken, err = r.store.Taken(r.Context(), r.Now)
		r.Must(err)
		r.Same("somebody is", []bool{mine, taken}, []bool{true, true})
		r.Must(r.store.Give(r.Context(), "one"))
		freed := r.purge()
		r.Same("freed", []int64{freed.Calls, freed.Posts, freed.Errands}, []int64{1, 2, 3})
		left := func(column, table, order string) []ledger.ID {
			r.Helper()
			var ids []ledger.ID
			r.Must(r.db.Read(r.Context()).Raw("SELECT " + column + " FROM " + table + " ORDER BY " + order).Scan(&ids).Error)
			return ids
		}
		r.Same("calls", left("id", "vendor_call", "id"), []ledger.ID{calls + 1, calls + 2})
		r.Same("their rows", left("call_id", "call_row", "call_id"), []ledger.ID{calls + 1, calls + 2})
		r.Same("answers", left("rev", "document_answer", "rev"), []ledger.ID{101, 102})
		r.Same("posts", r.count("SELECT COUNT(*) FROM hook_post WHERE message_id = 'm1'"), 1)
		r.Same("all posts", r.count("SELECT COUNT(*) FROM hook_post"), 1)
		r.Same("errands", left("id", "errand", "id"), []ledger.ID{errands + 1, errands + 4, errands + 5, errands + 6, errands + 7})
		// Nothing goes where ages are 0.
		set, err := r.store.SetPolicy(r.Context(), r.Workspace, retention.Policy{})
		r.Must(err)
		r.Same("set", set, true)
		r.Now = r.Now.Add(5000 * day)
		r.Same("for ever", r.purge(), retention.Freed{})
	})
}
