package flowstatestore_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/flowstate"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/flowstatestore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

const drawn = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"ours","name":"ours"},"spec":{"settings":{"timezone":"UTC"},
"nodes":[{"id":"orders","type":"source","connection":"shop"},{"id":"k3","type":"target","connection":"erp"}]}}`

type whole struct {
	*ledgerstore.Store
	worldtest.Repairer
}

// rig is the service over a database.
type rig struct {
	*worldtest.World

	db      *store.DB
	docs    *documentstore.Store
	service *flowstate.Service
	// hints are what was announced.
	hints []ledger.ID
	log   bytes.Buffer
}

func (r *rig) Publish(_ context.Context, priority int, work []ledger.ID) error {
	if priority != ledger.Urgent {
		r.Fatalf("announced with the priority %d", priority)
	}
	r.hints = append(r.hints, work...)
	return nil
}

func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		r := &rig{db: db, docs: documentstore.New(db)}
		r.World = worldtest.New(t, whole{ledgerstore.New(db), r.docs})
		r.service = flowstate.New(flowstate.Config{
			Store: flowstatestore.New(db), Documents: r.docs, Hints: r, Clock: func() time.Time { return r.Now.Time() }, Log: slog.New(slog.NewTextHandler(&r.log, nil)),
		})
		r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,enabled,draft,updated_at) VALUES (?,?,'ours','ours','Ours',1,'{}',1)", r.Flow, r.Workspace)
		r.exec("INSERT INTO flow_version (id,workspace_id,flow_id,version_no,document,created_at) VALUES (?,?,?,1,?,1)", r.Version, r.Workspace, r.Flow, drawn)
		r.exec("INSERT INTO flow_node (flow_id,node_no,node_id) VALUES (?,?,'k3')", r.Flow, worldtest.NodeNo)
		r.exec("INSERT INTO connection (id,workspace_id,name,connector,settings,updated_at) VALUES (?,?,'erp','kingdee','{}',1)", r.Connection, r.Workspace)
		test(r)
	})
}

func (r *rig) exec(statement string, args ...any) {
	r.Helper()
	r.Must(r.db.Write(r.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }))
}

func (r *rig) as(role access.Role) context.Context {
	return access.With(r.Context(), access.Principal{Workspace: r.Workspace, User: 7, Name: "王", Role: role})
}

func (r *rig) overview(span string) flowstate.Overview {
	r.Helper()
	o, err := r.service.Overview(r.as(access.Viewer), "ours", span)
	r.Must(err)
	return o
}

func (r *rig) writes(state string) flowstate.Writes {
	r.Helper()
	w, err := r.service.Writes(r.as(access.Viewer), "ours", state, "", 0)
	r.Must(err)
	return w
}

func (r *rig) wants(what string, err error, code string) {
	r.Helper()
	if got := fault.CodeOf(err); got != code || (err == nil) != (code == "") {
		r.Fatalf("%s: %v, want %q", what, err, code)
	}
}

// write sends the document of a key, which comes to an outcome.
func (r *rig) write(key string, took time.Duration, state ledger.DeliveryState, settled ledger.State) {
	r.Helper()
	work := r.ClaimDoc(key)
	in := r.Send(work, key, "t-"+key)
	r.Now = r.Now.Add(took)
	o := r.Outcome(work)
	o.Calls = []ledger.CallEnd{{ID: in.Call, Response: []byte(`{}`)}}
	answer := worldtest.Done(in)
	if state != ledger.DeliveryDone {
		answer = ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: in.Attempt, State: state, Code: "vendor.no", Message: "物料不存在", NextAt: r.Now.Add(time.Hour)}
	}
	o.Deliveries, o.Documents = []ledger.Resolution{answer}, []ledger.Settled{r.Settled(key, settled)}
	_, err := r.Ended(o)
	r.Must(err)
}

func TestOverview(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		r.Now = r.Now.Add(2 * time.Second)
		r.Pull(worldtest.Rec("b", "1"))
		r.Now = r.Now.Add(4 * time.Second)
		r.Pull(worldtest.Rec("c", "1"))
		r.Pull(worldtest.Rec("d", "1"))
		r.write("a", 300*time.Millisecond, ledger.DeliveryDone, ledger.Delivered)
		r.write("b", 100*time.Millisecond, ledger.DeliveryRejected, ledger.Rejected)
		r.write("c", 200*time.Millisecond, ledger.DeliveryRetryAt, ledger.RetryAt)
		o := r.overview("")
		r.Same("verdict", o.Code, flowstate.Attention)
		r.Same("waits, tried again", []int{o.Waiting, o.Again}, []int{1, 1})
		r.Same("what it uses", o.Connections, []string{"shop", "erp"})
		var told []string
		for _, c := range o.Clusters {
			told = append(told, fmt.Sprintf("%s %s %d %s", c.State, c.Code, c.Documents, c.Hint))
		}
		slices.Sort(told)
		r.Same("clusters", told, []string{"rejected test.rejected 1 look", "retry_at test.retry_at 1 look"})
		told = nil
		for _, p := range o.Nodes {
			told = append(told, fmt.Sprintf("%s %t %s/%d", p.Node, p.Reads, p.Mean, p.Of))
		}
		r.Same("paces", told, []string{"orders true 2s/3", "k3 false 200ms/3"})
		at := o.Points[o.At(r.Run.FireAt)]
		r.Same("what went through", []int{at.Pulled, at.Accepted, at.Delivered, at.Failed, at.Retrying, at.Rest}, []int{4, 4, 1, 1, 1, 1})
		r.Same("calls", []any{at.Calls, at.Median, at.Slow}, []any{3, 200 * time.Millisecond, 300 * time.Millisecond})
		r.Same("the last run", []any{o.LastRun.ID, o.LastDone == nil}, []any{r.Run.ID, true})
		r.Same("no source by time was read", len(o.Sources), 0)

		r.FinishWindow(r.Window)
		r.Now = r.Now.Add(time.Hour)
		o = r.overview("7d")
		r.Same("steps", len(o.Points), 42)
		r.Same("lag", []any{o.Sources[0].Node, o.Sources[0].Cursor, o.Sources[0].Behind}, []any{"orders", r.Window.To, time.Duration(r.Now-r.Window.To) * time.Millisecond})
		r.exec("UPDATE run SET state = ?, pull_state = 1 WHERE id = ?", ledger.RunDone, r.Run.ID)
		r.Same("the last good one", r.overview("30d").LastDone.ID, r.Run.ID)
		r.exec("UPDATE run SET fire_at = fire_at - ? WHERE id = ?", 40*24*time.Hour.Milliseconds(), r.Run.ID)
		o = r.overview("30d")
		sum := 0
		for _, p := range o.Points {
			sum += p.Pulled
		}
		r.Same("older runs are left out", sum, 0)
		r.exec("INSERT INTO pause (kind,ref_id,workspace_id,actor,paused_at) VALUES ('flow',?,?,'x',1)", r.Flow, r.Workspace)
		r.Same("it rests", r.overview("").Code, flowstate.Paused)

		_, err := r.service.Overview(r.as(access.Viewer), "ours", "1h")
		r.wants("a span", err, "flow.span_unknown")
		_, err = r.service.Overview(r.as(access.Viewer), "other", "")
		r.wants("another flow", err, "object.missing")
		elsewhere := access.With(r.Context(), access.Principal{Workspace: r.Workspace + 1, Role: access.Admin})
		_, err = r.service.Overview(elsewhere, "ours", "")
		r.wants("another workspace", err, "object.missing")
		_, err = r.service.Overview(r.Context(), "ours", "")
		r.wants("nobody", err, "auth.login_required")
	})
}

func TestStandings(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		r.Pull(worldtest.Rec("b", "1"))
		r.Pull(worldtest.Rec("c", "1"))
		r.write("a", time.Second, ledger.DeliveryRejected, ledger.Rejected)
		r.write("b", time.Second, ledger.DeliveryRetryAt, ledger.RetryAt)
		r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,enabled,draft,blocking,updated_at) VALUES (?,?,'drawn','drawn','Drawn',0,'{}',2,2)", r.Flow+1000, r.Workspace)
		r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,enabled,draft,updated_at) VALUES (?,?,'foreign','foreign','Foreign',1,'{}',2)", r.Flow+1001, r.Workspace+1)
		standings := func() (sketch, ours flowstate.Standing) {
			r.Helper()
			all, err := r.service.Standings(r.as(access.Viewer))
			r.Must(err)
			if len(all) != 2 {
				r.Fatalf("%d flows", len(all))
			}
			return all[0], all[1]
		}
		sketch, ours := standings()
		r.Same("the last changed first", []any{sketch.PublicID, sketch.Title, sketch.Code, sketch.Blocking, sketch.Published}, []any{"drawn", "Drawn", flowstate.Unpublished, 2, ledger.Millis(0)})
		r.Same("ours", []any{ours.PublicID, ours.Code, ours.Waiting, ours.Again, ours.Published, ours.LastRun.ID, ours.LastDone == nil}, []any{"ours", flowstate.Attention, 1, 1, ledger.Millis(1), r.Run.ID, true})
		r.Same("not late yet", ours.IsLate(), false)

		r.FinishWindow(r.Window)
		r.exec("UPDATE run SET state = ?, pull_state = 1 WHERE id = ?", ledger.RunDone, r.Run.ID)
		r.Now = r.Now.Add(time.Hour)
		_, ours = standings()
		r.Same("late though documents wait", []any{ours.Code, ours.IsLate(), ours.LastDone.ID}, []any{flowstate.Attention, true, r.Run.ID})
		r.exec("DELETE FROM problem")
		_, ours = standings()
		r.Same("late", ours.Code, flowstate.Late)
		r.exec("UPDATE flow_version SET document = ? WHERE id = ?", strings.ReplaceAll(drawn, `"orders"`, `"others"`), r.Version)
		_, ours = standings()
		r.Same("a source that was taken out", ours.Code, flowstate.Healthy)
		_, err := r.service.Standings(r.Context())
		r.wants("nobody", err, "auth.login_required")
	})
}

func TestRequests(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		requests := func() flowstate.Requests {
			r.Helper()
			q, err := r.service.Requests(r.as(access.Viewer), "ours", "")
			r.Must(err)
			return q
		}
		r.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1"))
		page := r.PageOf(worldtest.Rec("a", "1"))
		page.Rows, page.Dropped, page.Total = 4, 3, 9
		r.Commit(page)
		q := requests()
		r.Same("run", q.Run.ID, r.Run.ID)
		r.Same("windows", []any{len(q.Windows), q.Windows[0].Node, q.Windows[0].State, q.Windows[0].Pages, q.Windows[0].Rows}, []any{1, "orders", ledger.WindowOpen, 2, 6})
		p := q.Pages[0]
		r.Same("the newest page", []int{p.No, p.Rows, p.Dropped, p.Unchanged, p.Accepted, p.Total}, []int{2, 4, 3, 1, 0, 9})
		r.Same("pages", []int{len(q.Pages), q.Pages[1].Total}, []int{2, -1})
		r.Same("may be cancelled", q.Cancel == nil && q.Pause == nil, true)
		r.exec("UPDATE run SET pull_state = 1 WHERE id = ?", r.Run.ID)
		r.wants("cancelling what has read everything", q2err(requests().Cancel), "run.pulling_ended")
		r.exec("UPDATE run SET state = ? WHERE id = ?", ledger.RunDone, r.Run.ID)
		q = requests()
		r.wants("cancelling what is over", q2err(q.Cancel), "run.ended")
		r.wants("pausing what is over", q2err(q.Pause), "run.ended")
		// A run that reads is shown before a later one that does not.
		going := r.OpenRun("manual", r.Now+1)
		later := r.OpenRun("webhook", r.Now+2)
		r.exec("UPDATE run SET pull_state = 1 WHERE id = ?", later.ID)
		r.Same("the one that reads", requests().Run.ID, going.ID)
		q, err := r.service.Requests(r.as(access.Viewer), "ours", fmt.Sprint(r.Run.ID))
		r.Must(err)
		r.Same("a run of the past", []any{q.Run.ID, len(q.Pages)}, []any{r.Run.ID, 2})
		for _, run := range []string{"x", "99999999"} {
			_, err := r.service.Requests(r.as(access.Viewer), "ours", run)
			r.wants("the run "+run, err, "object.missing")
		}
	})
}

func q2err(f *fault.Fault) error {
	if f == nil {
		return nil
	}
	return f
}

func TestWrites(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		for key := range strings.FieldsSeq("again lost page") {
			r.Pull(worldtest.Rec(key, "1"))
			r.Now++
		}
		r.PullHeld(worldtest.Rec("held", "1"))
		r.write("again", time.Second, ledger.DeliveryRetryAt, ledger.RetryAt)
		r.write("lost", time.Second, ledger.DeliveryUnknown, ledger.RetryAt)
		list := func(state string) (told []string) {
			r.Helper()
			for _, e := range r.writes(state).Items {
				line := e.State + " " + e.Key
				for _, d := range e.Deliveries {
					line += fmt.Sprintf(" [%s %s %s %s#%d %s]", d.Node, d.Connection, d.Key, d.State, d.Attempt, d.Code)
				}
				told = append(told, strings.TrimSpace(line))
			}
			return told
		}
		again, lost := "retry_at again [k3 erp t-again retry_at#1 vendor.no]", "unknown lost [k3 erp t-lost unknown#1 vendor.no]"
		all := list("")
		r.Same("the page is due first", all[0], "waiting")
		slices.Sort(all)
		r.Same("all", all, []string{again, lost, "waiting"})
		r.Same("again", list("retry_at"), []string{again})
		r.Same("lost", list("unknown"), []string{lost})
		r.Same("held", list("held"), []string{"held"})
		r.Same("waiting", list("waiting"), []string{"waiting"})
		r.Same("sending", len(list("sending")), 0)
		one := flowstate.QueueCount{Rows: 1, Documents: 1}
		w := r.writes("")
		r.Same("counts", w.Queue, flowstate.Queue{Waiting: one, Held: one, Again: flowstate.QueueCount{Rows: 2, Documents: 2}})
		r.Same("calls", []any{len(w.Calls), w.Calls[0].Node, w.Calls[0].Connection, w.Calls[0].Operation, w.Calls[0].Ended - w.Calls[0].Started}, []any{2, "k3", "erp", "save", ledger.Millis(1000)})
		for _, e := range w.Items {
			if e.Document != 0 {
				r.wants("retrying "+e.Key, q2err(e.Retry), "")
				r.wants("skipping "+e.Key, q2err(e.Skip), "")
				r.wants("putting first "+e.Key, q2err(e.First), "queue.not_due")
				continue
			}
			r.wants("retrying a page", q2err(e.Retry), "queue.page")
			r.wants("skipping a page", q2err(e.Skip), "queue.page")
			r.wants("putting a page first", q2err(e.First), "")
		}

		// A page of the list at a time.
		var keys []string
		for after, more := "", true; more; {
			w, err := r.service.Writes(r.as(access.Viewer), "ours", "", after, 1)
			r.Must(err)
			keys = append(keys, w.Items[0].State)
			if (after == "") != (len(w.Calls) > 0) {
				r.Fatalf("%d calls behind %q", len(w.Calls), after)
			}
			after, more = w.Next, w.Next != ""
		}
		r.Same("one by one", len(keys), 3)

		work := r.ClaimDoc("page")
		r.Send(work, "page", "t-page")
		w = r.writes("sending")
		r.Same("under way", []any{len(w.Items), w.Items[0].Sent}, []any{1, map[ledger.DeliveryState]int{ledger.DeliverySending: 1}})
		r.wants("what is under way", q2err(w.Items[0].First), "queue.claimed")
		r.Same("not answered", w.Calls[0].Ended, ledger.Millis(0))

		for what, args := range map[string][2]string{"queue.state_unknown": {"odd", ""}, "queue.cursor_unknown": {"", "x.1"}} {
			_, err := r.service.Writes(r.as(access.Viewer), "ours", args[0], args[1], 0)
			r.wants(what, err, what)
		}
		_, err := r.service.Writes(r.as(access.Viewer), "other", "", "", 0)
		r.wants("another flow", err, "object.missing")
	})
}

func TestFirst(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		first := func(work ledger.ID) error {
			return r.service.First(r.as(access.Operator), "ours", fmt.Sprint(work))
		}
		r.Pull(worldtest.Rec("a", "1"))
		r.Pull(worldtest.Rec("b", "1"))
		r.PullHeld(worldtest.Rec("held", "1"))
		b := r.Doc("b").Work
		r.Must(first(b))
		r.Same("taken up first", []any{r.Due()[0].ID, r.hints}, []any{b, []ledger.ID{b}})
		if log := r.log.String(); !strings.Contains(log, "by=王") {
			t.Errorf("who did it is not kept: %s", log)
		}
		r.wants("twice", first(b), "queue.first")
		r.wants("what is held", first(r.Doc("held").Work), "queue.held")
		work := r.ClaimDoc("a")
		r.wants("what a worker is at", first(work.ID), "queue.claimed")
		r.Conclude(work, r.Settled("a", ledger.RetryAt))
		r.wants("what was written", first(work.ID), "queue.gone")
		r.wants("what is due later", first(r.Doc("a").Work), "queue.not_due")
		r.exec("INSERT INTO pause (kind,ref_id,workspace_id,actor,paused_at) VALUES ('flow',?,?,'x',1)", r.Flow, r.Workspace)
		r.wants("what rests", first(b), "queue.paused")
		r.wants("by a viewer", r.service.First(r.as(access.Viewer), "ours", fmt.Sprint(b)), "auth.forbidden")
		r.wants("no number", r.service.First(r.as(access.Operator), "ours", "x"), "object.missing")
		r.wants("another flow", r.service.First(r.as(access.Operator), "other", fmt.Sprint(b)), "object.missing")
		r.Same("nothing else was announced", len(r.hints), 1)
	})
}

// scans gives the steps of a statement's plan that go over a whole large table.
func (r *rig) scans(text string, args []any) (found []string) {
	r.Helper()
	big := map[string]bool{"document": true, "delivery": true, "d": true, "x": true, "vendor_call": true, "v": true, "pull_page": true, "p": true, "run_count": true, "c": false, "work": true, "problem": true}
	if r.db.Dialect() == store.SQLite {
		steps, err := store.Scan(r.db.Read(r.Context()), func(rows *sql.Rows) (step string, err error) {
			var id, parent, unused int
			return step, rows.Scan(&id, &parent, &unused, &step)
		}, "EXPLAIN QUERY PLAN "+text, args...)
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
	}, "EXPLAIN "+text, args...)
	r.Must(err)
	for _, s := range steps {
		if big[s.table.String] && (s.access.String == "ALL" || s.access.String == "index") {
			found = append(found, fmt.Sprintf("%s %s %s", s.table.String, s.access.String, s.key.String))
		}
	}
	return found
}

// crowd fills the ledger with work, calls, documents and deliveries of other flows, and some of ours.
func (r *rig) crowd(n int) {
	r.Helper()
	first, err := r.db.NextIDs(r.Context(), n)
	r.Must(err)
	table := func(name, key, columns string) store.Table {
		return store.Table{Name: name, Key: key, Columns: strings.Split(columns, ",")}
	}
	var docs, written, calls, work, problems, pages [][]any
	for i := range n {
		id, flow := first+ledger.ID(i), r.Flow+ledger.ID(1000+i%20)
		if i%20 == 0 {
			flow = r.Flow
		}
		docs = append(docs, []any{id, r.Workspace, r.Stream.ID, fmt.Sprintf("key-%05d", i), fmt.Sprintf("SO-%05d", i), 1, 1, i, ledger.Delivered, r.Run.ID + ledger.ID(i%50), r.Version, 1})
		written = append(written, []any{id, 1, 0, r.Workspace, 1, r.Version, r.Connection, "bill", fmt.Sprintf("t-%05d", i), ledger.DeliveryDone, 1})
		calls = append(calls, []any{id, r.Workspace, r.Connection, "save", "send", ledger.DeliveryDone, r.Now - ledger.Millis(i*1000), r.Now, 1, flow, worldtest.NodeNo})
		work = append(work, []any{id, r.Workspace, "document", id, flow, 5, r.Now + ledger.Millis(i)})
		pages = append(pages, []any{id, 1, 1, 1, 1, 1})
		problems = append(problems, []any{id, r.Workspace, flow, ledger.Rejected, "test.no", "", 1})
	}
	r.Must(r.db.Write(r.Context(), func(tx *gorm.DB) error {
		for _, in := range []struct {
			store.Table
			rows [][]any
		}{
			{table("document", "id", "id,workspace_id,stream_id,doc_key,number,latest_rev,active_rev,src_hash,state,run_id,version_id,updated_at"), docs},
			{table("delivery", "document_id,node_no,part", "document_id,node_no,part,workspace_id,rev,version_id,connection_id,resource,target_key,state,updated_at"), written},
			{table("vendor_call", "id", "id,workspace_id,connection_id,operation,kind,state,started_at,ended_at,row_count,flow_id,node_no"), calls},
			{table("work", "id", "id,workspace_id,kind,ref_id,flow_id,priority,due_at"), work},
			{table("problem", "document_id", "document_id,workspace_id,flow_id,state,code,node_id,since"), problems},
			{table("pull_page", "window_id,attempt,page_no", "window_id,attempt,page_no,row_count,body_hash,created_at"), pages},
		} {
			if err := r.db.Dialect().Insert(tx, in.Table, in.rows); err != nil {
				return err
			}
		}
		return nil
	}))
	if r.db.Dialect() == store.MySQL {
		r.exec("ANALYZE TABLE document, delivery, problem, run, run_count, stream, work, vendor_call, pull_page, pull_window")
	}
}

// TestNothingGoesOverAWholeTable: the ledger may be of any size.
func TestNothingGoesOverAWholeTable(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1"))
		r.crowd(3000)
		statements := 0
		check := func(what string, do func(ctx context.Context) error) {
			r.Helper()
			type asked struct {
				text string
				args []any
			}
			var heard []asked
			r.Must(do(store.Listening(r.as(access.Operator), func(text string, args []any) { heard = append(heard, asked{text, slices.Clone(args)}) })))
			for _, a := range heard {
				statements++
				for _, step := range r.scans(a.text, a.args) {
					t.Errorf("%s: %s\n\tin %s", what, step, a.text)
				}
			}
		}
		for _, span := range []string{"24h", "7d", "30d"} {
			check(span, func(ctx context.Context) error { _, err := r.service.Overview(ctx, "ours", span); return err })
		}
		check("standings", func(ctx context.Context) error { _, err := r.service.Standings(ctx); return err })
		check("requests", func(ctx context.Context) error { _, err := r.service.Requests(ctx, "ours", ""); return err })
		for _, state := range []string{"", "sending", "waiting", "unknown", "retry_at", "held"} {
			check("writes "+state, func(ctx context.Context) error {
				w, err := r.service.Writes(ctx, "ours", state, "", 20)
				if err == nil && w.Next != "" {
					_, err = r.service.Writes(ctx, "ours", state, w.Next, 20)
				}
				return err
			})
		}
		if statements < 40 {
			t.Errorf("only %d statements were heard", statements)
		}
		if len(r.scans("SELECT id FROM document d WHERE src_hash = ?", []any{7})) != 1 {
			t.Error("such a plan is not seen")
		}
	})
}
