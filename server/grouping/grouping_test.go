package grouping_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/closing"
	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/grouping"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// grouped is a flow whose orders become bills; %s are the nodes behind the source and
// the edges to them.
const grouped = `
apiVersion: karez/v1
kind: Flow
metadata: {id: grouped, title: Grouped}
spec:
  nodes:
    - {id: orders, type: source, connection: shop, settings: {operation: orders, startFrom: "2026-01-01 00:00:00", onSeen: revise}}
%s
  edges:
%s
`

// whole takes documents apart and puts them together again.
const whole = `
    - {id: each, type: flatten, settings: {paths: [{path: lines, prefix: l_}]}}
    - {id: bills, type: group, settings: {headerGroup: [id, "no", state, amount, note, modified], targetBodyName: lines}}
    - {id: aside, type: discard}|
    - {from: orders, to: each}
    - {from: each, to: bills}
    - {from: bills, to: aside}`

// totals adds up what is in one state, for a target.
const totals = `
    - {id: bills, type: group, settings: {headerGroup: [state], calculate: [{field: amount}, {field: "no", function: $push, into: orders}]}}
    - {id: bill, type: map, settings: {fields: [{field: "no", value: "{{state}}"}, {field: amount, value: "{{amount}}"}, {field: note, value: "{{orders.0}}"}]}}
    - {id: erp, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F1}]}}|
    - {from: orders, to: bills}
    - {from: bills, to: bill}
    - {from: bill, to: erp}`

// atOnce splits documents without waiting.
const atOnce = `
    - {id: bills, type: group, settings: {close: document, headerGroup: ["no"], bodyName: lines, bodyMaxLine: 2, calculate: [{field: lines.amount, into: amount}]}}
    - {id: bill, type: map, settings: {fields: [{field: "no", value: "{{no}}-{{lines.0.no}}"}, {field: amount, value: "{{amount}}"}]}}
    - {id: erp, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F1}]}}|
    - {from: orders, to: bills}
    - {from: bills, to: bill}
    - {from: bill, to: erp}`

// rig runs a flow of the product's nodes over a store in memory.
type rig struct {
	t       *testing.T
	store   *runtest.Memory
	shop    *enginetest.Shop
	erp     *enginetest.ERP
	plan    *plan.Plan
	worker  *push.Worker
	service *grouping.Service
	now     time.Time
	run     ledger.ID
	reading bool // a run goes on when its first orders are read
	hints   map[int][]ledger.ID
	// announced is told when work is; broken is why no version can run.
	announced chan struct{}
	broken    error
}

func newRig(t *testing.T, text string) *rig {
	t.Helper()
	behind, edges, _ := strings.Cut(text, "|")
	docs, err := flow.Parse(fmt.Appendf(nil, grouped, behind, edges))
	if err != nil {
		t.Fatal(err)
	}
	opts := enginetest.Options(t)
	opts.Types = flow.NewTypes(nodes.All()...)
	compiled, problems := compile.Flow(t.Context(), docs[0], opts)
	if compiled == nil {
		t.Fatalf("the flow has problems: %+v", problems)
	}
	r := &rig{
		t: t, store: runtest.NewStore(), erp: &enginetest.ERP{}, plan: compiled,
		now: time.Date(2026, 1, 1, 12, 0, 0, 0, enginetest.Zone()), hints: map[int][]ledger.ID{}, announced: make(chan struct{}, 100),
	}
	r.shop = &enginetest.Shop{Now: r.now}
	clock, log := func() time.Time { return r.now }, slog.New(slog.DiscardHandler)
	r.worker = push.New(push.Config{
		Store: r.store, Sender: deliver.New(deliver.Config{Store: r.store, Clock: clock, Log: log, InFlight: 1}),
		Plans: r, Connections: r, Clock: clock, Log: log, Owner: "worker",
	})
	r.service = grouping.New(grouping.Config{
		Closer: closing.New(closing.Config{Store: r.store, Plans: r, Clock: clock, Log: log}), Store: r.store, Hints: r, Clock: clock, Log: log, Every: time.Millisecond,
	})
	return r
}

func (r *rig) Plan(context.Context, ledger.ID) (*plan.Plan, error) { return r.plan, r.broken }

func (r *rig) Open(context.Context, ledger.ID, string) (ledger.ID, connector.Session, error) {
	return 5, r.erp, nil
}

func (r *rig) Publish(_ context.Context, priority int, work []ledger.ID) error {
	r.hints[priority] = append(r.hints[priority], work...)
	r.announced <- struct{}{}
	return errors.New("the queue is gone") // nothing may depend on it
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// pull reads the shop into a run.
func (r *rig) pull(orders ...enginetest.Order) {
	r.t.Helper()
	for _, o := range orders {
		if o.Modified.IsZero() {
			o.Modified = r.now.Add(-time.Hour)
		}
		r.shop.Put(o)
	}
	run, _, err := r.store.OpenRun(r.t.Context(), ledger.Run{Workspace: 1, Flow: 2, Version: 3, Trigger: "t", FireAt: ledger.At(r.now)}, 1)
	r.must(err)
	r.run, r.shop.Now = run.ID, r.now
	puller := pull.New(pull.Config{Store: r.store, Clock: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler), FirstWait: time.Microsecond})
	r.must(puller.Run(r.t.Context(), pull.Job{
		Workspace: 1, Flow: 2, Run: run.ID, Version: 3, Connection: 4, Source: r.plan.Sources[0], Session: r.shop, FlowID: "grouped", RunID: "run",
	}))
	if !r.reading {
		r.must(r.store.EndPulling(r.t.Context(), run.ID, nil, 1))
	}
}

// walk walks what is due.
func (r *rig) walk() {
	r.t.Helper()
	for {
		due, err := r.store.Due(r.t.Context(), ledger.At(r.now), 100)
		r.must(err)
		if len(due) == 0 {
			return
		}
		for _, w := range due {
			_, err := r.worker.Handle(r.t.Context(), w.ID)
			r.must(err)
		}
	}
}

// documents gives those of a node.
func (r *rig) documents(node string) []ledger.Document {
	r.t.Helper()
	stream, err := r.store.OpenStream(r.t.Context(), 1, 2, node)
	r.must(err)
	docs, err := r.store.Documents(r.t.Context(), stream.ID, 0, 1000)
	r.must(err)
	return docs
}

func (r *rig) states(node string, want ledger.State) {
	r.t.Helper()
	for _, d := range r.documents(node) {
		if d.State != want {
			problem, _, _ := r.store.Problem(r.t.Context(), d.ID)
			r.t.Errorf("%s is %s, want %s: %+v", d.Key, d.State, want, problem)
		}
	}
}

// settled checks that the run is over and its counts hold.
func (r *rig) settled() {
	r.t.Helper()
	done, err := r.store.FinishRun(r.t.Context(), r.run, 1)
	r.must(err)
	_, counts, err := r.store.Run(r.t.Context(), r.run)
	r.must(err)
	if !done || !counts.Balanced() {
		r.t.Errorf("finished %t, %v", done, counts)
	}
}

// bills gives what the ERP holds, by number.
func (r *rig) bills() map[string]string {
	out := map[string]string{}
	held, _ := r.erp.Bills()
	for no, raw := range held {
		out[no] = string(raw)
	}
	return out
}

// Taking documents apart and putting them together again gives them as they were.
func TestFlattenThenGroup(t *testing.T) {
	t.Parallel()
	r := newRig(t, whole)
	want := map[string]string{}
	var orders []enginetest.Order
	for i := range 30 {
		o := enginetest.Order{ID: fmt.Sprint("id", i), No: fmt.Sprint(i), State: "open", Amount: "0.10", Note: "中文 <&>"}
		var lines []string
		for n := range 1 + i%5 {
			amount := fmt.Sprintf("%d.%02d0", n*1000000007, n)
			o.Lines = append(o.Lines, enginetest.Line{No: fmt.Sprint(n), Amount: amount})
			lines = append(lines, fmt.Sprintf(`{"l_no":"%d","l_amount":%s}`, n, amount))
		}
		orders = append(orders, o)
		want[o.ID] = fmt.Sprintf(`{"id":%q,"no":%q,"state":"open","amount":0.10,"note":"中文 <&>","modified":"2026-01-01 11:00:00","lines":[%s]}`, o.ID, o.No, strings.Join(lines, ","))
	}
	r.pull(orders...)
	r.walk()
	r.states("orders", ledger.Held)
	r.must(r.service.Tick(t.Context()))
	bills := r.documents("bills")
	if len(bills) != len(want) {
		t.Errorf("%d bills of %d documents", len(bills), len(want))
	}
	for _, b := range bills {
		raw, err := r.store.Body(t.Context(), b.ID)
		r.must(err)
		id, _, _ := strings.Cut(b.Number, " / ")
		if diff := cmp.Diff(want[id], string(raw)); diff != "" {
			t.Errorf("%s: %s", b.Number, diff)
		}
	}
	r.walk()
	r.states("orders", ledger.Collected)
	r.settled()
}

// four are orders in two states.
func four() []enginetest.Order {
	return []enginetest.Order{
		{ID: "a", No: "1", State: "new", Amount: "0.10"},
		{ID: "b", No: "2", State: "new", Amount: "0.2"},
		{ID: "c", No: "3", State: "old", Amount: "12345678901234567.89"},
		{ID: "d", No: "4", State: "old", Amount: "1"},
	}
}

// Documents are held, become bills and go where those go.
func TestGroupDelivers(t *testing.T) {
	t.Parallel()
	r := newRig(t, totals)
	r.pull(four()...)
	r.walk()
	r.states("orders", ledger.Held)
	r.must(r.service.Tick(t.Context()))
	if n := len(r.hints[ledger.NormalPriority]); n != 2 {
		t.Errorf("%d rows are announced", n)
	}
	r.walk()
	r.states("orders", ledger.Delivered)
	r.states("bills", ledger.Delivered)
	r.settled()
	want := map[string]string{"new": `{"no":"new","amount":0.30,"note":"1"}`, "old": `{"no":"old","amount":12345678901234568.89,"note":"3"}`}
	if diff := cmp.Diff(want, r.bills()); diff != "" {
		t.Error(diff)
	}
	if r.erp.Writes > 2 {
		t.Errorf("%d writes", r.erp.Writes)
	}
}

// The loop closes groups by itself, and stops.
func TestLoop(t *testing.T) {
	t.Parallel()
	r := newRig(t, totals)
	r.pull(four()...)
	r.walk()
	r.service.Start(t.Context())
	<-r.announced
	r.service.Stop()
	r.service.Stop()
	r.walk()
	r.states("orders", ledger.Delivered)
}

// A group whose version can't run waits, and stops no other.
func TestVersionThatCannotRun(t *testing.T) {
	t.Parallel()
	r := newRig(t, totals)
	r.pull(four()...)
	r.walk()
	r.broken = fault.New("flow.version_missing", "gone").Classed(fault.Config)
	r.must(r.service.Tick(t.Context()))
	r.walk()
	r.states("orders", ledger.Held)
	compiled := r.plan
	r.broken, r.plan = nil, &plan.Plan{Flow: compiled.Flow} // a version without the group
	r.must(r.service.Tick(t.Context()))
	r.states("orders", ledger.Held)
	r.plan = compiled
	r.must(r.service.Tick(t.Context()))
	r.walk()
	r.states("orders", ledger.Delivered)
}

// A document is taken out of a refused bill, which is then written without it.
func TestEject(t *testing.T) {
	t.Parallel()
	r := newRig(t, totals)
	r.erp.Refuse = func(no string) string {
		if no == "old" {
			return "acme.closed"
		}
		return ""
	}
	r.pull(four()...)
	r.walk()
	r.must(r.service.Tick(t.Context()))
	r.walk()
	docs := r.documents("orders")
	c, d := docs[2], docs[3]
	if c.State != ledger.Rejected || d.State != ledger.Rejected {
		t.Fatalf("c is %s, d is %s", c.State, d.State)
	}
	for err, code := range map[error]string{
		r.service.Eject(t.Context(), barrier.Ejecting{Workspace: 9, Document: c.ID, Actor: "amy"}):       "",
		r.service.Eject(t.Context(), barrier.Ejecting{Workspace: 1, Document: docs[0].ID, Actor: "amy"}): "group.no_member",
	} {
		if err == nil || fault.CodeOf(err) != code {
			t.Errorf("%v, want %q", err, code)
		}
	}
	r.erp.Refuse = nil
	r.must(r.service.Eject(t.Context(), barrier.Ejecting{Workspace: 1, Document: c.ID, Actor: "amy", Note: "wrong"}))
	if len(r.hints[ledger.Urgent]) != 1 {
		t.Errorf("announced: %v", r.hints)
	}
	r.walk()
	docs = r.documents("orders")
	problem, _, err := r.store.Problem(t.Context(), c.ID)
	r.must(err)
	if docs[2].State != ledger.Rejected || problem.Message != "taken out of its bill by amy: wrong" || docs[3].State != ledger.Delivered {
		t.Errorf("c is %s with %+v, d is %s", docs[2].State, problem, docs[3].State)
	}
	if got := r.bills()["old"]; got != `{"no":"old","amount":1,"note":"4"}` {
		t.Errorf("the bill is %s", got)
	}
	r.settled()
}

// Without waiting every document is totalled and split alone, and nothing is held.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, atOnce)
	r.pull(enginetest.Order{ID: "a", No: "A", Lines: []enginetest.Line{{No: "1", Amount: "0.1"}, {No: "2", Amount: "0.25"}, {No: "3", Amount: "4"}}}, enginetest.Order{ID: "b", No: "B", Lines: []enginetest.Line{{No: "1", Amount: "7"}}})
	r.walk()
	r.states("orders", ledger.Delivered)
	want := map[string]string{"A-1": `{"no":"A-1","amount":0.35}`, "A-3": `{"no":"A-3","amount":4}`, "B-1": `{"no":"B-1","amount":7}`}
	if diff := cmp.Diff(want, r.bills()); diff != "" {
		t.Error(diff)
	}
	if n := len(r.documents("bills")); n != 0 {
		t.Errorf("%d groups", n)
	}
	r.settled()
}

// What can't be added up is refused alone; a dry run shows the bill of one document.
func TestRefusedAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, strings.Replace(totals, "{field: amount}", "{field: amount}, {field: note}", 1))
	orders := four()
	for i := range orders {
		orders[i].Note = "1"
	}
	orders[1].Note = "none"
	r.pull(orders...)
	r.walk()
	docs := r.documents("orders")
	problem, _, err := r.store.Problem(t.Context(), docs[1].ID)
	r.must(err)
	if docs[1].State != ledger.Rejected || problem.Code != "group.not_a_number" || problem.Path != "note" || docs[0].State != ledger.Held {
		t.Errorf("b is %s with %+v, a is %s", docs[1].State, problem, docs[0].State)
	}
	seen, err := push.DryRun(t.Context(), push.Dry{
		Plan: r.plan, Node: "orders", Body: []byte(`{"no":"9","state":"new","amount":1.50,"note":2}`), Key: "k", From: r.now, To: r.now, Clock: func() time.Time { return r.now },
	})
	r.must(err)
	if len(seen.Calls) != 1 || string(seen.Calls[0].Batch.Rows) != `[{"no":"new","amount":1.50,"note":"9"}]` {
		t.Errorf("the dry run would write %+v", seen.Calls)
	}
}
