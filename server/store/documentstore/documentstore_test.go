package documentstore_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// rig is a world whose flow has a name, a version, nodes and a connection. Rules of
// repairs are proved by runtest.Exercise, which ledgerstore runs on this store too.
type rig struct {
	*worldtest.World

	db    *store.DB
	store *documentstore.Store
	flow  string
}

type whole struct {
	*ledgerstore.Store
	runtest.Repairer
}

func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		test(newRig(t, db))
	})
}

func newRig(t *testing.T, db *store.DB) *rig {
	t.Helper()
	r := &rig{db: db, store: documentstore.New(db)}
	r.World = worldtest.New(t, whole{ledgerstore.New(db), r.store})
	r.flow = fmt.Sprint("flow-", r.Flow)
	r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,draft,updated_at) VALUES (?,?,?,'job','订单 → 单据','{}',1)", r.Flow, r.Workspace, r.flow)
	r.exec("INSERT INTO flow_version (id,workspace_id,flow_id,version_no,document,created_at) VALUES (?,?,?,4,'{}',1)", r.Version, r.Workspace, r.Flow)
	r.exec("INSERT INTO flow_node (flow_id,node_no,node_id) VALUES (?,?,'k3')", r.Flow, worldtest.NodeNo)
	r.exec("INSERT INTO connection (id,workspace_id,name,connector,settings,updated_at) VALUES (?,?,'erp','kingdee','{}',1)", r.Connection, r.Workspace)
	return r
}

func (r *rig) exec(statement string, args ...any) {
	r.Helper()
	r.Must(r.db.Write(r.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }))
}

// settle pulls documents and lets them end so.
func (r *rig) settle(state ledger.State, keys ...string) {
	r.Helper()
	for _, key := range keys {
		r.Pull(worldtest.Rec(key, "1"))
		if state == ledger.Skipped {
			r.Walk(key, ledger.Rejected)
			r.act(key, ledger.SkipDocument, nil)
			continue
		}
		r.Walk(key, state)
	}
}

func (r *rig) query(edit func(*document.Query)) document.Query {
	q := document.Query{Workspace: r.Workspace, Waiting: true, Claimed: true, Limit: 50}
	if edit != nil {
		edit(&q)
	}
	return q
}

// list gives the keys of all pages, which must agree whatever their size.
func (r *rig) list(edit func(*document.Query)) string {
	r.Helper()
	var lists []string
	for _, limit := range []int{1, 2, 50} {
		q := r.query(edit)
		q.Limit = limit
		var keys []string
		for range 1000 {
			found, err := r.store.List(r.Context(), q)
			r.Must(err)
			if len(found.Items) > limit {
				r.Fatalf("%d items on a page of %d", len(found.Items), limit)
			}
			for _, item := range found.Items {
				keys = append(keys, item.Key)
			}
			if q.After = found.Next; found.Next == nil {
				break
			}
		}
		if q.At == 0 {
			r.Same("the same pages backwards", strings.Join(r.back(q), " "), strings.Join(keys, " "))
		}
		lists = append(lists, strings.Join(keys, " "))
	}
	r.Same("pages of 1, 2 and 50", lists, []string{lists[2], lists[2], lists[2]})
	return lists[2]
}

// back gives the keys of all pages up from the end, in the order of the list.
func (r *rig) back(q document.Query) []string {
	r.Helper()
	var keys []string
	q.After, q.Before = nil, &document.Place{}
	for range 1000 {
		found, err := r.store.List(r.Context(), q)
		r.Must(err)
		var page []string
		for _, item := range found.Items {
			page = append(page, item.Key)
		}
		keys = append(page, keys...)
		if q.Before = found.Previous; q.Before == nil {
			break
		}
	}
	return keys
}

// act carries a repair out.
func (r *rig) act(key string, action ledger.Action, edit func(*ledger.Repair)) {
	r.Helper()
	doc := r.Doc(key)
	repair := ledger.Repair{
		Workspace: r.Workspace, Document: doc.ID, Action: action, Seen: doc.Sight(), Actor: "会计", Now: r.Now,
		Delivery: ledger.DeliveryKey{Document: doc.ID, NodeNo: worldtest.NodeNo},
	}
	if edit != nil {
		edit(&repair)
	}
	_, err := r.store.Repair(r.Context(), repair)
	r.Must(err)
}

func TestList(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Delivered, "A-1")
		r.settle(ledger.Rejected, "A-2", "B_1")
		r.settle(ledger.NeedsDecision, "B-2")
		first := r.Run
		r.Run = r.OpenRun("manual", worldtest.Start+1)
		r.settle(ledger.RetryAt, "a-3")
		r.settle(ledger.Skipped, "C")
		r.Pull(worldtest.Rec("A-4", "1"))
		r.Pull(worldtest.Rec("A-5", "1"))
		r.ClaimDoc("A-5")
		// A run that read nothing, and another flow's document.
		r.OpenRun("manual", worldtest.Start+2)
		other := newRig(t0(r), r.db)
		other.settle(ledger.Rejected, "A-1")

		states := func(states ...ledger.State) func(*document.Query) {
			return func(q *document.Query) { q.States = states }
		}
		for name, tt := range map[string]struct {
			edit func(*document.Query)
			want string
		}{
			"all":                     {nil, "A-5 A-4 C a-3 B-2 B_1 A-2 A-1"},
			"of the flow":             {func(q *document.Query) { q.Flow = r.flow }, "A-5 A-4 C a-3 B-2 B_1 A-2 A-1"},
			"of the node":             {func(q *document.Query) { q.Node = "orders" }, "A-5 A-4 C a-3 B-2 B_1 A-2 A-1"},
			"of another node":         {func(q *document.Query) { q.Node = "items" }, ""},
			"of no flow":              {func(q *document.Query) { q.Flow = "none" }, ""},
			"of another's flow":       {func(q *document.Query) { q.Flow = other.flow }, ""},
			"of the first run":        {func(q *document.Query) { q.Run = first.ID }, "B-2 B_1 A-2 A-1"},
			"of a run and its flow":   {func(q *document.Query) { q.Run, q.Flow = first.ID, r.flow }, "B-2 B_1 A-2 A-1"},
			"of another's run":        {func(q *document.Query) { q.Run = other.Run.ID }, ""},
			"rejected":                {states(ledger.Rejected), "B_1 A-2"},
			"rejected in a run":       {func(q *document.Query) { q.States, q.Run = []ledger.State{ledger.Rejected}, r.Run.ID }, ""},
			"delivered and rejected":  {states(ledger.Rejected, ledger.Delivered), "B_1 A-2 A-1"},
			"stands still":            {states(ledger.Rejected, ledger.RetryAt, ledger.NeedsDecision, ledger.Unmapped), "a-3 B-2 B_1 A-2"},
			"waiting or claimed":      {states(ledger.Waiting), "A-5 A-4"},
			"waiting":                 {func(q *document.Query) { q.States, q.Claimed = []ledger.State{ledger.Waiting}, false }, "A-4"},
			"claimed":                 {func(q *document.Query) { q.States, q.Waiting = []ledger.State{ledger.Waiting}, false }, "A-5"},
			"superseded":              {states(ledger.Superseded), ""},
			"a code":                  {func(q *document.Query) { q.Code = "test.needs_decision" }, "B-2"},
			"a code of the flow":      {func(q *document.Query) { q.Code, q.Flow = "test.rejected", r.flow }, "B_1 A-2"},
			"a code in another state": {func(q *document.Query) { q.Code, q.States = "test.rejected", []ledger.State{ledger.RetryAt} }, ""},
			"a key":                   {func(q *document.Query) { q.Number = "A-2" }, "A-2"},
			"how keys begin":          {func(q *document.Query) { q.Number = "A-" }, "A-5 A-4 A-2 A-1"},
			"not a pattern":           {func(q *document.Query) { q.Number = "B_" }, "B_1"},
			"a number":                {func(q *document.Query) { q.Number = "No B-2" }, "B-2"},
			"how numbers begin":       {func(q *document.Query) { q.Number = "No A" }, "A-5 A-4 A-2 A-1"},
			"a number in a state":     {func(q *document.Query) { q.Number, q.States = "A-", []ledger.State{ledger.Rejected} }, "A-2"},
			"a number of a flow":      {func(q *document.Query) { q.Number, q.Flow = "A-", r.flow }, "A-5 A-4 A-2 A-1"},
			"a number of no flow":     {func(q *document.Query) { q.Number, q.Flow = "A-", other.flow }, ""},
		} {
			if got := r.list(tt.edit); got != tt.want {
				r.Errorf("%s: %q, want %q", name, got, tt.want)
			}
		}
	})
}

// TestListOfATime: what changed last in a time, from its begin on and before its end, with
// whatever else is looked for.
func TestListOfATime(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		at := map[string]ledger.Millis{}
		for _, key := range []string{"a", "b", "c"} {
			r.Now += 1000
			r.Run = r.OpenRun("manual", r.Now)
			r.settle(ledger.Rejected, key+"-bad")
			r.settle(ledger.Delivered, key)
			at[key] = r.Doc(key + "-bad").Updated
			r.Same("one moment", r.Doc(key).Updated, at[key])
		}
		still := []ledger.State{ledger.Rejected}
		for name, tt := range map[string]struct {
			edit func(*document.Query)
			want string
		}{
			"since b":            {func(q *document.Query) { q.At = at["b"] }, "b b-bad a a-bad"},
			"a moment before b":  {func(q *document.Query) { q.At = at["b"] - 1 }, "a a-bad"},
			"before everything":  {func(q *document.Query) { q.At = 1 }, ""},
			"rejected since b":   {func(q *document.Query) { q.At, q.States = at["b"], still }, "b-bad a-bad"},
			"of a flow since b":  {func(q *document.Query) { q.At, q.Flow = at["b"], r.flow }, "b b-bad a a-bad"},
			"from b on":          {func(q *document.Query) { q.From = at["b"] }, "c c-bad b b-bad"},
			"before b":           {func(q *document.Query) { q.To = at["b"] }, "a a-bad"},
			"b alone":            {func(q *document.Query) { q.From, q.To = at["b"], at["b"]+1 }, "b b-bad"},
			"nothing":            {func(q *document.Query) { q.From, q.To = at["b"]+1, at["c"] }, ""},
			"rejected":           {func(q *document.Query) { q.From, q.States = at["b"], still }, "c-bad b-bad"},
			"needing people":     {func(q *document.Query) { q.To, q.States, q.Failing = at["c"], still, ledger.States() }, "b-bad a-bad"},
			"by a number":        {func(q *document.Query) { q.From, q.Number = at["b"], "No b" }, "b b-bad"},
			"by another number":  {func(q *document.Query) { q.From, q.Number = at["b"], "No a" }, ""},
			"of the last run":    {func(q *document.Query) { q.From, q.Run = at["b"], r.Run.ID }, "c c-bad"},
			"delivered of a run": {func(q *document.Query) { q.To, q.Run = at["c"], r.Run.ID }, ""},
		} {
			if got := r.list(tt.edit); got != tt.want {
				r.Errorf("%s: %q, want %q", name, got, tt.want)
			}
		}
		q := r.query(func(q *document.Query) { q.From, q.To, q.States = at["b"], at["c"], still })
		chosen, err := r.store.Select(r.Context(), q, 0)
		r.Must(err)
		r.Same("chosen for a job", []any{len(chosen), chosen[0].ID}, []any{1, r.Doc("b-bad").ID})
	})
}

// t0 is the test of a rig.
func t0(r *rig) *testing.T {
	t, ok := r.Reporter.(*testing.T)
	if !ok {
		r.Fatalf("a rig stands on a *testing.T")
	}
	return t
}

// TestBothWaysFromATime: what is newer than where a list began is had as well, page by page.
func TestBothWaysFromATime(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			r.Now += 1000
			r.Run = r.OpenRun("manual", r.Now)
			r.settle(ledger.Rejected, key)
		}
		for _, states := range [][]ledger.State{nil, {ledger.Rejected}} {
			list := func(edit func(*document.Query)) (string, document.Listed) {
				found, err := r.store.List(r.Context(), r.query(func(q *document.Query) {
					q.States, q.Limit = states, 2
					edit(q)
				}))
				r.Must(err)
				keys := make([]string, len(found.Items))
				for i, item := range found.Items {
					keys[i] = item.Key
				}
				return strings.Join(keys, " "), found
			}
			begin, first := list(func(q *document.Query) { q.At = r.Now - 2000 })
			r.Same("from then on", begin, "c b")
			older, end := list(func(q *document.Query) { q.After = first.Next })
			r.Same("older", []any{older, end.Next}, []any{"a", (*document.Place)(nil)})
			again, _ := list(func(q *document.Query) { q.Before = end.Previous })
			r.Same("back", again, "c b")
			newer, top := list(func(q *document.Query) { q.Before = first.Previous })
			r.Same("newer", []any{newer, top.Previous}, []any{"e d", (*document.Place)(nil)})
			again, _ = list(func(q *document.Query) { q.After = top.Next })
			r.Same("and on", again, "c b")
			none, nothing := list(func(q *document.Query) { q.At = 1 })
			r.Same("before everything", none, "")
			oldest, _ := list(func(q *document.Query) { q.Before = nothing.Previous })
			r.Same("the oldest", oldest, "b a")
			_, newest := list(func(*document.Query) {})
			r.Same("nothing is newer than the newest", newest.Previous, (*document.Place)(nil))
		}
	})
}

// TestListOfManyRuns: most runs read nothing, and are passed over.
func TestListOfManyRuns(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Delivered, "old")
		for i := range 130 {
			r.Run = r.OpenRun("manual", worldtest.Start+ledger.Millis(i+1))
			if i%2 == 0 {
				r.Pull(worldtest.Rec(fmt.Sprintf("k%03d", i), "1"))
			}
		}
		all := r.list(nil)
		if keys := strings.Fields(all); len(keys) != 66 || keys[0] != "k128" || keys[65] != "old" || !slices.IsSortedFunc(keys[:65], func(a, b string) int { return strings.Compare(b, a) }) {
			r.Errorf("listed: %s", all)
		}
		r.Same("delivered", r.list(func(q *document.Query) { q.States = []ledger.State{ledger.Delivered} }), "old")
	})
}

func TestSummary(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		work := r.ClaimDoc("a")
		in := r.Send(work, "a", "t")
		r.Must(r.Answer(work, worldtest.Done(in)))
		r.Pull(worldtest.Rec("a", "2"))
		end := r.Settled("a", ledger.NeedsDecision)
		end.Attention = ledger.Warned | ledger.Handled
		r.Now += 5
		r.Conclude(work, end)
		found, err := r.store.List(r.Context(), r.query(nil))
		items, next := found.Items, found.Next
		r.Must(err)
		r.Same("items", items, []document.Summary{{
			ID: r.Doc("a").ID, Run: r.Run.ID, Flow: r.flow, FlowTitle: "订单 → 单据", Node: "orders", Key: "a", Number: "No a", State: "needs_decision",
			Attention: []string{"warned", "handled"}, Code: "test.needs_decision", Message: "因为", Args: end.Problem.Args, Rev: 1, Newer: 1, TargetNumber: "no-t", Updated: r.Now,
		}})
		r.Same("the last page", next == nil, true)
		r.Same("by the target's number", r.list(func(q *document.Query) { q.Number = "no-" }), "a")
	})
}

func TestFacets(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Delivered, "a", "b")
		r.settle(ledger.Rejected, "c", "d", "e")
		r.settle(ledger.NeedsDecision, "f")
		r.settle(ledger.Filtered, "g")
		r.act("c", ledger.SkipDocument, nil)
		r.Pull(worldtest.Rec("h", "1"))
		r.Pull(worldtest.Rec("i", "1"))
		r.ClaimDoc("i")
		newRig(t0(r), r.db).settle(ledger.Rejected, "a")
		why := r.Settled("f", ledger.Rejected).Problem.Args
		want := document.Facets{
			States: map[string]int{"delivered": 2, "rejected": 2, "needs_decision": 1, "filtered": 1, "skipped": 1, "waiting": 1, "claimed": 1},
			Codes: []document.CodeFacet{
				{State: "rejected", Code: "test.rejected", Message: "因为", Hint: "look", Args: why, Documents: 2},
				{State: "needs_decision", Code: "test.needs_decision", Message: "因为", Hint: "look", Args: why, Documents: 1},
			},
		}
		for _, flow := range []string{"", r.flow} {
			got, err := r.store.Facets(r.Context(), r.Workspace, flow)
			r.Must(err)
			if diff := cmp.Diff(want, got); diff != "" {
				r.Errorf("flow %q (-want +got):\n%s", flow, diff)
			}
		}
		none, err := r.store.Facets(r.Context(), r.Workspace, "none")
		r.Must(err)
		r.Same("of no flow", len(none.States)+len(none.Codes), 0)
	})
}

// TestDetail follows a document through a refusal, an edited body and success.
func TestDetail(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.Pull(worldtest.Rec("a", "1"))
		r.Pull(worldtest.Rec("b", "1"))
		work := r.ClaimDoc("a")
		in := r.Send(work, "a", "t")
		o := r.Outcome(work)
		o.Calls = []ledger.CallEnd{{ID: in.Call, Code: "vendor.some", Response: []byte(`[{"no":1}]`)}}
		o.Deliveries = []ledger.Resolution{{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryRejected, Code: "vendor.no", Message: "库存不足", FreeKey: true}}
		o.Documents = []ledger.Settled{r.Settled("a", ledger.Rejected)}
		_, err := r.Store.CommitOutcome(r.Context(), o)
		r.Must(err)

		r.act("a", ledger.RetryDocument, func(repair *ledger.Repair) { repair.Source = []byte(`{"改":1}`) })
		edited := r.Now
		work = r.ClaimDoc("a")
		r.Now += 10
		again := r.Send(work, "a", "t")
		done := worldtest.Done(again)
		o = r.Outcome(work)
		o.Writebacks = []ledger.Writeback{{DeliveryKey: again.DeliveryKey, Attempt: again.Attempt, Stored: []byte(`{"id":"1"}`)}}
		o.Calls = []ledger.CallEnd{{ID: again.Call, Response: []byte(`[{"ok":1}]`)}}
		o.Deliveries = []ledger.Resolution{done}
		o.Documents = []ledger.Settled{r.Settled("a", ledger.Delivered)}
		_, err = r.Store.CommitOutcome(r.Context(), o)
		r.Must(err)

		doc := r.Doc("a")
		got, err := r.store.Detail(r.Context(), r.Workspace, doc.ID)
		r.Must(err)
		r.Same("detail", got, document.Detail{
			Summary: document.Summary{
				ID: doc.ID, Run: r.Run.ID, Flow: r.flow, FlowTitle: "订单 → 单据", Node: "orders", Key: "a", Number: "No a", State: "delivered",
				Rev: 2, TargetNumber: "no-t", Updated: r.Now,
			},
			Version: 4, Source: []byte(`{"改":1}`),
			Revisions: []document.Revision{
				{Rev: 1, Origin: "pull", State: "superseded", At: edited}, {Rev: 2, Origin: "edit", State: "delivered", Actor: "会计", At: r.Now},
			},
			Deliveries: []document.Delivery{{
				Node: "k3", Attempt: 2, Connection: "erp", Resource: "bill", Key: "t", State: "done", TargetID: "id-t", TargetNumber: "no-t",
				Mapped: []byte(`{"sent":2}`), Response: []byte(`{"ok":true}`), Writeback: []byte(`{"id":"1"}`), Updated: r.Now,
			}},
		})
		r.settleDetail()
		for _, missing := range [][2]ledger.ID{{r.Workspace + 1, doc.ID}, {r.Workspace, 1 << 60}} {
			if _, err := r.store.Detail(r.Context(), missing[0], missing[1]); !errors.Is(err, ledger.ErrNotFound) {
				r.Errorf("%v: error %v", missing, err)
			}
		}
	})
}

// settleDetail looks at a document that needs a decision while a newer one waits.
func (r *rig) settleDetail() {
	r.Helper()
	work := r.ClaimDoc("b")
	seen, err := r.store.Detail(r.Context(), r.Workspace, r.Doc("b").ID)
	r.Must(err)
	r.Same("while it is claimed", []any{seen.State, seen.Revisions[0].State, len(seen.Deliveries)}, []any{"claimed", "claimed", 0})
	r.Pull(worldtest.Rec("b", "2"))
	r.Conclude(work, r.Settled("b", ledger.NeedsDecision))
	got, err := r.store.Detail(r.Context(), r.Workspace, r.Doc("b").ID)
	r.Must(err)
	r.Same("problem", got.Problem, &document.Problem{Code: "test.needs_decision", Message: "因为", Hint: "look", Path: "items.0.qty", Node: "k3", Args: r.Settled("b", ledger.NeedsDecision).Problem.Args, Since: r.Now})
	r.Same("revisions", got.Revisions, []document.Revision{
		{Rev: 1, Origin: "pull", State: "needs_decision", At: r.Now}, {Rev: 2, Origin: "pull", State: "needs_decision", At: r.Now},
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		newer := r.Version + 1_000_000
		r.exec("INSERT INTO flow_version (id,workspace_id,flow_id,version_no,document,created_at) VALUES (?,?,?,5,'{}',1)", newer, r.Workspace, r.Flow)
		version, err := r.store.Published(r.Context(), r.Flow)
		r.Must(err)
		r.Same("published", version, newer)
		if _, err := r.store.Published(r.Context(), r.Flow+1); !errors.Is(err, ledger.ErrNotFound) {
			r.Errorf("published of a flow that is not there: %v", err)
		}
		no, err := r.store.NodeNo(r.Context(), r.Flow, "k3")
		r.Must(err)
		none, err := r.store.NodeNo(r.Context(), r.Flow, "gone")
		r.Must(err)
		r.Same("numbers", []int{no, none}, []int{worldtest.NodeNo, 0})
	})
}

// TestLongTexts: what a person writes is cut to its column, never refused.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.settle(ledger.Rejected, "a", "b")
		r.act("a", ledger.RetryDocument, func(repair *ledger.Repair) {
			repair.Actor, repair.Source = strings.Repeat("人", 300), []byte(`{}`)
		})
		r.act("b", ledger.SkipDocument, func(repair *ledger.Repair) { repair.Note = strings.Repeat("因", 60_000) })
		r.Now = r.Now.Add(time.Second)
		got, err := r.store.Detail(r.Context(), r.Workspace, r.Doc("a").ID)
		r.Must(err)
		r.Same("actor", got.Revisions[1].Actor, strings.Repeat("人", 64))
		r.Same("problem", strings.HasPrefix(r.Problem("b").Message, "skipped by 会计: 因"), true)
	})
}
