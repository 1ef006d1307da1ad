package runstore_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/runstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// ground is a workspace with one flow, its ledger and the store under test.
type ground struct {
	*worldtest.World
	t  *testing.T
	db *store.DB
	s  *runstore.Store
	l  *ledgerstore.Store
}

// whole is the seam between the engine and a database, which two stores make up.
type whole struct {
	*ledgerstore.Store
	documents
}

type documents = *documentstore.Store

func newGround(t *testing.T, db *store.DB) *ground {
	t.Helper()
	l := ledgerstore.New(db)
	return &ground{World: worldtest.New(t, whole{l, documentstore.New(db)}), t: t, db: db, s: runstore.New(db), l: l}
}

// exec carries out a statement.
func (g *ground) exec(statement string, args ...any) {
	g.t.Helper()
	if err := g.db.Read(g.t.Context()).Exec(statement, args...).Error; err != nil {
		g.t.Fatal(err)
	}
}

// flow stores the world's flow, or another one of its workspace, with versions.
func (g *ground) flow(id ledger.ID, publicID string, enabled bool, versions int) {
	g.t.Helper()
	g.exec("INSERT INTO flow (id, workspace_id, public_id, name, title, enabled, draft, updated_at) VALUES (?,?,?,?,?,?,?,?)", id, g.Workspace, publicID, "job", "退货 "+publicID, enabled, "{}", g.Now)
	for no := 1; no <= versions; no++ {
		version := g.id()
		if id == g.Flow && no == versions {
			version = g.Version
		}
		g.exec("INSERT INTO flow_version (id, workspace_id, flow_id, version_no, document, created_at) VALUES (?,?,?,?,?,?)", version, g.Workspace, id, no, fmt.Sprintf(`{"no":%d}`, no), g.Now)
	}
}

func (g *ground) id() ledger.ID {
	g.t.Helper()
	id, err := g.l.NextIDs(g.t.Context(), 1)
	g.Must(err)
	return id
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		for name, test := range map[string]func(*ground){
			"flows":                     flows,
			"unfinished runs":           unfinished,
			"how a run stands":          views,
			"runs of a deleted flow":    deleted,
			"lists":                     lists,
			"pages of a list":           pages,
			"a right of one":            rights,
			"a right that many want":    wanted,
			"enabled flows":             enabled,
			"firings":                   firings,
			"what was done after":       doneAfter,
			"what was done long before": doneLong,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(newGround(t, db))
			})
		}
	})
}

func flows(g *ground) {
	g.flow(g.Flow, "f1", true, 3)
	draft, off := g.id(), g.id()
	g.flow(draft, "f2", true, 0)
	g.flow(off, "F1", false, 1)
	got, err := g.s.Flow(g.t.Context(), g.Workspace, "f1")
	g.Must(err)
	g.Same("flow", got, execution.Flow{ID: g.Flow, Workspace: g.Workspace, PublicID: "f1", Title: "退货 f1", Enabled: true, Published: g.Version})
	got, err = g.s.Flow(g.t.Context(), g.Workspace, "f2")
	g.Must(err)
	g.Same("draft", []any{got.ID, got.Enabled, got.Published}, []any{draft, true, ledger.ID(0)})
	got, err = g.s.Flow(g.t.Context(), g.Workspace, "F1")
	g.Must(err)
	g.Same("off", []any{got.ID, got.Enabled, got.Published != 0}, []any{off, false, true})
	for workspace, id := range map[ledger.ID]string{g.Workspace: "f3", g.Workspace + 1_000_000: "f1"} {
		if _, err := g.s.Flow(g.t.Context(), workspace, id); !errors.Is(err, ledger.ErrNotFound) {
			g.t.Errorf("%d %s: %v", workspace, id, err)
		}
	}
}

// mine gives the unfinished runs of the ground's workspace.
func (g *ground) mine() []execution.Open {
	g.t.Helper()
	all, err := g.s.Unfinished(g.t.Context())
	g.Must(err)
	return slices.DeleteFunc(all, func(o execution.Open) bool { return o.Workspace != g.Workspace })
}

func unfinished(g *ground) {
	g.flow(g.Flow, "f1", true, 1)
	g.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1"), worldtest.Rec("c", "1"))
	queued, _, err := g.l.OpenRun(g.t.Context(), ledger.Run{Workspace: g.Workspace, Flow: g.Flow, Version: g.Version, Trigger: "manual", FireAt: worldtest.Start - 9, State: ledger.RunQueued}, g.Now)
	g.Must(err)
	later := g.OpenRun("later", worldtest.Start+5)
	open := func(want map[ledger.ID]int, order ...ledger.ID) {
		g.t.Helper()
		unsettled := map[ledger.ID]int{}
		var ids []ledger.ID
		for _, o := range g.mine() {
			run, _, err := g.l.Run(g.t.Context(), o.ID)
			g.Must(err)
			g.Same("run", o.Run, run)
			g.Same("flow", o.FlowID, "f1")
			ids = append(ids, o.ID)
			unsettled[o.ID] = o.Unsettled
		}
		g.Same("order", ids, order)
		g.Same("unsettled", unsettled, want)
	}
	open(map[ledger.ID]int{queued.ID: 0, g.Run.ID: 3, later.ID: 0}, queued.ID, g.Run.ID, later.ID)
	work := g.ClaimDoc("a")
	open(map[ledger.ID]int{queued.ID: 0, g.Run.ID: 3, later.ID: 0}, queued.ID, g.Run.ID, later.ID)
	g.Conclude(work, g.Settled("a", ledger.Held), g.Settled("b", ledger.RetryAt), g.Settled("c", ledger.Delivered))
	g.Must(g.l.EndPulling(g.t.Context(), later.ID, nil, g.Now))
	open(map[ledger.ID]int{queued.ID: 0, g.Run.ID: 1, later.ID: 0}, queued.ID, g.Run.ID, later.ID)
	if ok, err := g.l.FinishRun(g.t.Context(), later.ID, g.Now); !ok || err != nil {
		g.t.Fatal(ok, err)
	}
	if _, _, err := g.l.CancelRun(g.t.Context(), queued.ID, "stop", g.Now); err != nil {
		g.t.Fatal(err)
	}
	open(map[ledger.ID]int{g.Run.ID: 1}, g.Run.ID)
}

func views(g *ground) {
	g.flow(g.Flow, "f1", true, 4)
	g.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1"))
	g.Pull(worldtest.Rec("c", "1"))
	g.ClaimDoc("a")
	g.exec("INSERT INTO flow_node (flow_id, node_no, node_id) VALUES (?,?,?)", g.Flow, 40, "k3")
	g.exec("INSERT INTO run_count (run_id, node_no, slot, n) VALUES (?,40,'port:done',7),(?,40,'in',9),(?,41,'in',1)", g.Run.ID, g.Run.ID, g.Run.ID)
	got, err := g.s.View(g.t.Context(), g.Run.ID)
	g.Must(err)
	run, counts, err := g.l.Run(g.t.Context(), g.Run.ID)
	g.Must(err)
	g.Same("run", got.Run, run)
	g.Same("names", []any{got.FlowID, got.FlowTitle, got.VersionNo, got.Pulling()}, []any{"f1", "退货 f1", 4, true})
	if diff := cmp.Diff(counts, got.Counts); diff != "" || counts[ledger.SlotClaimed] != 2 || !got.Counts.Balanced() {
		g.t.Errorf("counts (-ledger +view):\n%s", diff)
	}
	want := map[string]map[string]int{"k3": {"port:done": 7, "in": 9}, "#": {"in": 1}}
	if diff := cmp.Diff(want, got.Nodes); diff != "" {
		g.t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if _, err := g.s.View(g.t.Context(), g.Run.ID+1_000_000); !errors.Is(err, ledger.ErrNotFound) {
		g.t.Errorf("%v", err)
	}
}

// What ran is still told when its flow is gone.
func deleted(g *ground) {
	got, err := g.s.View(g.t.Context(), g.Run.ID)
	g.Must(err)
	g.Same("view", []any{got.ID, got.FlowID, got.FlowTitle, got.VersionNo}, []any{g.Run.ID, "", "", 0})
	if open := g.mine(); len(open) != 1 || open[0].FlowID != "" {
		g.t.Errorf("%+v", open)
	}
}

func lists(g *ground) {
	g.flow(g.Flow, "f1", true, 2)
	g.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1"))
	g.ClaimDoc("a")
	other := g.id()
	foreign, _, err := g.l.OpenRun(g.t.Context(), ledger.Run{Workspace: g.Workspace, Flow: other, Trigger: "manual", FireAt: worldtest.Start + 7, State: ledger.RunQueued}, g.Now)
	g.Must(err)
	newGround(g.t, g.db) // another workspace
	list := func(q execution.Query, want ...ledger.ID) []execution.View {
		g.t.Helper()
		q.Workspace, q.Limit = g.Workspace, 10
		found, err := g.s.List(g.t.Context(), q)
		g.Must(err)
		var ids []ledger.ID
		for _, v := range found {
			ids = append(ids, v.ID)
		}
		g.Same("list", ids, want)
		return found
	}
	all := list(execution.Query{}, foreign.ID, g.Run.ID)
	g.Same("counts", all[1].Counts, ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 0, "claimed": 2})
	g.Same("names", []any{all[1].FlowTitle, all[1].VersionNo, all[1].Nodes == nil, all[0].FlowTitle}, []any{"退货 f1", 2, true, ""})
	list(execution.Query{Flow: g.Flow}, g.Run.ID)
	list(execution.Query{Flow: other, States: []ledger.RunState{ledger.RunRunning}})
	list(execution.Query{States: []ledger.RunState{ledger.RunQueued}}, foreign.ID)
	list(execution.Query{States: []ledger.RunState{ledger.RunRunning, ledger.RunQueued, ledger.RunDone}}, foreign.ID, g.Run.ID)
}

// Runs of one fire time are told apart by their ids; no page leaves one out or repeats one.
func pages(g *ground) {
	all := map[ledger.ID]bool{g.Run.ID: true}
	for i := range 24 {
		all[g.OpenRun(fmt.Sprint("t", i), worldtest.Start+ledger.Millis(i/5)).ID] = true
	}
	q := execution.Query{Workspace: g.Workspace, Limit: 7}
	var last execution.View
	for n := 0; n < 25; {
		found, err := g.s.List(g.t.Context(), q)
		g.Must(err)
		if len(found) == 0 {
			break
		}
		for _, v := range found {
			if last.ID != 0 && (v.FireAt > last.FireAt || v.FireAt == last.FireAt && v.ID >= last.ID) || !all[v.ID] {
				g.t.Fatalf("run %d of %d behind %d of %d", v.ID, v.FireAt, last.ID, last.FireAt)
			}
			delete(all, v.ID)
			last = v
			n++
		}
		q.BeforeFire, q.BeforeID = last.FireAt, last.ID
	}
	if len(all) != 0 {
		g.t.Errorf("%d runs are in no page", len(all))
	}
}

func rights(g *ground) {
	name, now := fmt.Sprint("right.", g.Flow), worldtest.Start
	live := func(at ledger.Millis, want bool) {
		g.t.Helper()
		got, err := g.s.Live(g.t.Context(), name, at)
		g.Must(err)
		g.Same("live", got, want)
	}
	take := func(owner string, at ledger.Millis, want bool) execution.Lease {
		g.t.Helper()
		lease, ok, err := g.s.Take(g.t.Context(), name, owner, at, at+100)
		g.Must(err)
		g.Same("taken", ok, want)
		return lease
	}
	live(now, false)
	one := take("one", now, true)
	g.Same("lease", []any{one.Name, one.Owner}, []any{name, "one"})
	live(now+99, true)
	live(now+100, false)
	take("two", now+99, false)
	take("one", now+99, false) // not even to itself: it may be another part of the process
	g.Must(g.s.Renew(g.t.Context(), one, now+200))
	g.Must(g.s.Renew(g.t.Context(), one, now+200)) // the same moment again
	live(now+199, true)
	two := take("two", now+200, true)
	if two.Fence <= one.Fence {
		g.t.Errorf("fence %d after %d", two.Fence, one.Fence)
	}
	g.Fenced("renewing what was taken", g.s.Renew(g.t.Context(), one, now+500))
	g.Must(g.s.Give(g.t.Context(), one)) // too late: no matter
	live(now+250, true)
	g.Must(g.s.Give(g.t.Context(), two))
	live(now+250, false)
	g.Fenced("renewing what was given back", g.s.Renew(g.t.Context(), two, now+500))
	three := take("two", now+250, true)
	g.Fenced("an older right of the same owner", g.s.Renew(g.t.Context(), two, now+500))
	g.Must(g.s.Renew(g.t.Context(), three, now+500))
}

func wanted(g *ground) {
	name := fmt.Sprint("wanted.", g.Flow)
	for round := range ledger.Millis(3) {
		now := worldtest.Start + round*1000
		var won atomic.Int32
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if _, ok, err := g.s.Take(g.t.Context(), name, fmt.Sprint("owner", i), now, now+1000); err != nil {
					g.t.Error(err)
				} else if ok {
					won.Add(1)
				}
			})
		}
		group.Wait()
		g.Same("winners", won.Load(), int32(1))
	}
}

func enabled(g *ground) {
	g.flow(g.Flow, "f1", true, 3)
	g.flow(g.id(), "off", false, 1)
	g.flow(g.id(), "draft", true, 0)
	all, err := g.s.Enabled(g.t.Context())
	g.Must(err)
	n := 0
	for _, f := range all {
		if f.Workspace != g.Workspace {
			continue
		}
		n++
		g.Same("flow", []any{f.ID, f.PublicID, f.Version, f.Changed}, []any{g.Flow, "f1", g.Version, g.Now})
	}
	g.Same("enabled", n, 1)
	text, err := g.s.Document(g.t.Context(), g.Version)
	g.Must(err)
	g.Same("document", string(text), `{"no":3}`)
	if _, err := g.s.Document(g.t.Context(), g.Version+1_000_000); !errors.Is(err, ledger.ErrNotFound) {
		g.t.Errorf("%v", err)
	}
}

func firings(g *ground) {
	fire := func(trigger string, at ledger.Millis) ledger.ID {
		g.t.Helper()
		run, _, err := g.l.OpenRun(g.t.Context(), ledger.Run{Workspace: g.Workspace, Flow: g.Flow, Trigger: trigger, FireAt: at, State: ledger.RunQueued}, g.Now)
		g.Must(err)
		return run.ID
	}
	last := func(trigger string, at ledger.Millis, queued bool) {
		g.t.Helper()
		got, err := g.s.LastFiring(g.t.Context(), g.Flow, trigger)
		g.Must(err)
		g.Same("last", []any{got.At, got.Queued}, []any{at, queued})
	}
	last("schedule:* * * * *", 0, false)
	newest := fire("schedule:* * * * *", 300)
	fire("schedule:* * * * *", 200)
	fire("schedule:0 * * * *", 900)
	last("schedule:* * * * *", 300, true)
	if ok, err := g.l.BeginRun(g.t.Context(), newest, g.Now); !ok || err != nil {
		g.t.Fatal(ok, err)
	}
	last("schedule:* * * * *", 300, false)
	last("manual", worldtest.Start, false)
}

// done makes a run of the flow that ended.
func (g *ground) done(fireAt, ended ledger.Millis, code string) {
	g.t.Helper()
	run := g.OpenRun("t"+time.UnixMilli(int64(fireAt)).Format(time.StampMilli), fireAt)
	g.Must(g.l.EndPulling(g.t.Context(), run.ID, &fault.Fault{Code: code}, g.Now))
	if ok, err := g.l.FinishRun(g.t.Context(), run.ID, ended); !ok || err != nil {
		g.t.Fatal(ok, err)
	}
}

func doneAfter(g *ground) {
	g.flow(g.Flow, "f1", true, 1)
	after := func(since, want ledger.Millis) {
		g.t.Helper()
		got, err := g.s.DoneAfter(g.t.Context(), g.Workspace, "f1", since)
		g.Must(err)
		g.Same("done", got, want)
	}
	after(0, 0)
	g.done(10, 100, "")
	g.done(20, 150, "http.timeout")
	g.done(40, 180, ledger.CodeCancelled)
	g.done(30, 200, "")
	after(0, 100)
	after(99, 100)
	after(100, 200)
	after(200, 0)
	for workspace, id := range map[ledger.ID]string{g.Workspace: "f2", g.Workspace + 1_000_000: "f1"} {
		if got, err := g.s.DoneAfter(g.t.Context(), workspace, id, 0); err != nil || got != 0 {
			g.t.Errorf("%d, %v", got, err)
		}
	}
}

// However long a flow has been running, only its last runs are looked through.
func doneLong(g *ground) {
	g.flow(g.Flow, "f1", true, 1)
	g.done(1, 1, "")
	for i := range 210 {
		g.exec("INSERT INTO run (id, workspace_id, flow_id, version_id, trigger_name, fire_at, state, started_at, ended_at) VALUES (?,?,?,?,?,?,?,?,?)",
			g.id(), g.Workspace, g.Flow, g.Version, "t", 1000+i, ledger.RunDone, 1, 1000+i)
	}
	got, err := g.s.DoneAfter(g.t.Context(), g.Workspace, "f1", 0)
	g.Must(err)
	g.Same("done", got, ledger.Millis(1000+10+1)) // the world's own run is one of the last, too
}
