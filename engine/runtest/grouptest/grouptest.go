// Package grouptest is the behaviour that groups need of a store: documents that are
// held, the bills that are made of them, and how one is taken out.
//
// It may import testing, rapid, the engine below it and worldtest: never a database;
// only packages that end in test and tests import it.
package grouptest

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/closing"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Store is a store with groups.
type Store interface {
	worldtest.Store
	barrier.Store

	// Origins gives where the lines of a bill came from.
	Origins(ctx context.Context, bill ledger.ID) ([]byte, error)
}

// Exercise proves that a store holds documents and makes bills of them as it must.
// Scenarios run in parallel, each in a fresh workspace, and after each the counts are
// balanced and every member is looked at.
func Exercise(t *testing.T, store Store) {
	t.Helper()
	all := map[string]func(*world){}
	for _, some := range []map[string]func(*world){holdScenarios(), closeScenarios(), laterScenarios(), ejectScenarios()} {
		maps.Copy(all, some)
	}
	for name, run := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, store)
			run(w)
			w.check()
		})
	}
	t.Run("chaos", func(t *testing.T) {
		t.Parallel()
		chaos(t, store)
	})
}

// world is a world whose flow has two groups, one behind the other.
type world struct {
	*worldtest.World
	store  Store
	closer *closing.Closer
	plan   *plan.Plan
}

const (
	// bills and more are the groups.
	bills = "bills"
	more  = "more"
)

func newWorld(t worldtest.Reporter, store Store) *world {
	t.Helper()
	w := &world{World: worldtest.New(t, store), store: store}
	w.settings(`{"headerGroup":["shop"],"bodyName":"l","calculate":[{"field":"fee"},{"field":"l.n","into":"n"}]}`)
	w.closer = closing.New(closing.Config{Store: store, Plans: w, Clock: func() time.Time { return w.Now.Time() }, Log: slog.New(slog.DiscardHandler)})
	return w
}

// settings sets those of the first group.
func (w *world) settings(raw string) {
	w.Helper()
	w.plan = &plan.Plan{Flow: &flow.Document{}, Steps: []*plan.Step{
		{NodeID: bills, Group: w.compiled(raw), Next: map[string][]int{"out": {1}}},
		{NodeID: more, Group: w.compiled(`{"headerGroup":["all"],"bodyName":"l","calculate":[{"field":"fee"}]}`), Next: map[string][]int{}},
	}}
}

func (w *world) compiled(raw string) *group.Program {
	w.Helper()
	p, faults := group.New(group.SettingsOf(item.Of([]byte(raw))), time.UTC)
	if len(faults) > 0 {
		w.Fatalf("settings: %v", faults[0])
	}
	return p
}

// Plan implements closing.Plans. What other worlds hold in the store is left alone.
func (w *world) Plan(_ context.Context, version ledger.ID) (*plan.Plan, error) {
	if version != w.Version {
		return nil, fault.New("flow.version_missing", "not of this world").Classed(fault.Config)
	}
	return w.plan, nil
}

// rec is a document of a shop with a fee and the numbers of its lines.
func rec(key, shop, fee string, lines ...string) ledger.Incoming {
	for i, n := range lines {
		lines[i] = fmt.Sprintf(`{"n":%s}`, n)
	}
	return worldtest.Raw(key, fmt.Appendf(nil, `{"key":%q,"shop":%q,"fee":%s,"l":[%s]}`, key, shop, fee, strings.Join(lines, ",")))
}

// joinAt gives what a body brings to a group.
func (w *world) joinAt(node string, body []byte, run ledger.ID) ledger.Join {
	w.Helper()
	at := slices.IndexFunc(w.plan.Steps, func(s *plan.Step) bool { return s.NodeID == node })
	p := w.plan.Steps[at].Group
	record := item.Of(body)
	place := p.Place(record, w.Now.Time())
	j := ledger.Join{
		NodeID: node, Key: place.Key, Number: place.Number, PerRun: p.Close == group.AtRunEnd, Due: ledger.FarFuture, Most: p.Most(), Late: p.Late,
		Header: p.Header(record), Records: group.EncodeRecords([]group.Record{{Body: body}}),
	}
	if j.PerRun {
		j.Key = fmt.Sprintf("r%d|%s", run, place.Key)
	}
	if !place.Due.IsZero() {
		j.Due = ledger.At(place.Due)
	}
	return j
}

// held is the conclusion that a document waits with its body in the first group.
func (w *world) held(task ledger.Task) ledger.Settled {
	w.Helper()
	return w.heldAt(bills, task)
}

func (w *world) heldAt(node string, task ledger.Task) ledger.Settled {
	w.Helper()
	return ledger.Settled{
		Document: task.Document.ID, Rev: task.Document.ActiveRev, State: ledger.Held, Attention: ledger.Grouped, OnSeen: ledger.Skip,
		Joins: []ledger.Join{w.joinAt(node, task.Body, task.Run)},
	}
}

// hold pulls documents and lets them wait.
func (w *world) hold(docs ...ledger.Incoming) {
	w.Helper()
	for _, id := range w.Pull(docs...).Work {
		w.holdAll(id, nil)
	}
}

// holdAll walks a work row: every document waits.
func (w *world) holdAll(id ledger.ID, edit func(*ledger.Settled)) {
	w.Helper()
	work := w.Claim(id, "worker")
	var settled []ledger.Settled
	for _, task := range w.Load(work) {
		out := w.held(task)
		if edit != nil {
			edit(&out)
		}
		settled = append(settled, out)
	}
	w.Conclude(work, settled...)
}

// end ends the reading of the run.
func (w *world) end() {
	w.Helper()
	w.Must(w.Store.EndPulling(w.Context(), w.Run.ID, nil, w.Now))
}

// sweep lets groups close and gives how much work came of it.
func (w *world) sweep() int {
	w.Helper()
	work, err := w.closer.Sweep(w.Context())
	w.Must(err)
	n := 0
	for _, ids := range work {
		n += len(ids)
	}
	return n
}

// groupDocs gives the documents of a group's node.
func (w *world) groupDocs(node string) []ledger.Document {
	w.Helper()
	docs, err := w.Store.Documents(w.Context(), w.OpenStream(node).ID, 0, 10000)
	w.Must(err)
	return docs
}

// bill gives the only document of the first group in a state.
func (w *world) bill(state ledger.State) ledger.Document {
	w.Helper()
	var found []ledger.Document
	for _, d := range w.groupDocs(bills) {
		if d.State == state {
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		w.Fatalf("%d bills are %s", len(found), state)
	}
	return found[0]
}

// body gives the payload of a document.
func (w *world) body(doc ledger.Document) string {
	w.Helper()
	raw, err := w.Store.Body(w.Context(), doc.ID)
	w.Must(err)
	return string(raw)
}

// walk walks a bill and concludes it.
func (w *world) walk(bill ledger.Document, state ledger.State) {
	w.Helper()
	work := w.Claim(bill.Work, "worker")
	out := w.concluded(bill, state)
	w.Conclude(work, out)
}

// concluded is a conclusion about a bill.
func (w *world) concluded(bill ledger.Document, state ledger.State) ledger.Settled {
	out := ledger.Settled{Document: bill.ID, Rev: bill.ActiveRev, State: state}
	if state.Repairable() {
		out.Problem = &ledger.Problem{Code: "test." + state.String(), Message: "因为", NodeID: "k3", Hint: "look", Args: map[string]string{"0": "x"}}
	}
	if state == ledger.RetryAt {
		out.RetryAt = w.Now.Add(time.Hour)
	}
	return out
}

// states checks the states of documents.
func (w *world) states(want ledger.State, keys ...string) {
	w.Helper()
	for _, key := range keys {
		doc := w.Doc(key)
		if doc.State != want {
			w.Fatalf("%s is %s, want %s", key, doc.State, want)
		}
		if problem := w.Problem(key); (problem != nil) != (want.Repairable() || want == ledger.RetryAt) {
			w.Fatalf("%s is %s and its problem is %+v", key, want, problem)
		}
	}
}

// check looks at every member and every bill.
func (w *world) check() {
	w.Helper()
	w.OpenStream(bills)
	w.OpenStream(more)
	w.Balance()
	w.members()
}

// members checks that whoever is in a group is in one that goes on with it.
func (w *world) members() {
	w.Helper()
	all := w.Documents()
	all = append(append(all, w.groupDocs(bills)...), w.groupDocs(more)...)
	for _, doc := range all {
		_, groups, err := w.store.Grouped(w.Context(), w.Workspace, doc.ID)
		w.Must(err)
		grouped := doc.Attention&ledger.Grouped != 0
		open := 0
		for _, g := range groups {
			if (barrier.Fate{Head: g.Head.State, Document: g.Document}).GoesOn() {
				open++
			}
			if !slices.ContainsFunc(g.Members, func(m barrier.Member) bool { return m.Document == doc.ID && m.Rev == doc.ActiveRev }) {
				w.Fatalf("%s is said to be in %s and is no member", doc.Key, g.Document.Key)
			}
			if len(g.Members) != g.Head.Members {
				w.Fatalf("%s has %d members and says %d", g.Document.Key, len(g.Members), g.Head.Members)
			}
		}
		if grouped != (open > 0) && (grouped || doc.InFlight() || doc.State.Repairable()) {
			w.Fatalf("%s is %s, grouped %t, and in %d groups that go on", doc.Key, doc.State, grouped, open)
		}
		if doc.State == ledger.Held && !grouped && doc.Run != 0 {
			w.Fatalf("%s is held by nobody", doc.Key)
		}
	}
}
