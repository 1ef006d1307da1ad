package push_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// nextFlow takes what orders hand over and writes slips.
const nextFlow = `
apiVersion: karez/v1
kind: Flow
metadata: {id: next, title: Next}
spec:
  uses: {next: {flow: next}}
  nodes:
    - {id: in, type: inlet, settings: {SETTINGS}}
    - {id: slip, type: map, settings: {fields: [{field: "no", value: "S{{no}}"}, {field: note, value: "{{primaryWriteback.id}}"}]}}
    - {id: erp, type: target, connection: erp2, settings: {operation: bills, params: [{field: form, value: F2}]}}
  edges: [{from: in, to: slip}, {from: slip, to: erp}]
`

// chain is a rig whose writebacks hand over to a second flow.
type chain struct {
	*rig
	next    *plan.Plan
	flow    ledger.ID
	version ledger.ID
	// inletFails is the error of who knows the inlets.
	inletFails error
	asked      []string
	// third is the system of a second target.
	third enginetest.ERP
	look  tables
}

// Open implements push.Connections.
func (c *chain) Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error) {
	if name == "third" {
		return 7, &c.third, nil
	}
	return c.rig.Open(ctx, workspace, name)
}

// newChain makes one. handing are the settings of the writeback, taking those of the
// inlet, edits change the first flow.
func newChain(t *testing.T, handing, taking string, edits ...string) *chain {
	t.Helper()
	edits = append(edits, "nodes:\n", "uses: {next: {flow: next}}\n  nodes:\n",
		`settings: {store: [{field: id, value: "{{Id}}"}, {field: "no", value: "{{Number}}"}, {field: order, value: "{{id}}"}]}`, "settings: {"+handing+"}")
	c := &chain{rig: newRig(t, edits...), next: enginetest.Compile(t, strings.Replace(nextFlow, "SETTINGS", taking, 1))}
	c.erp2 = &enginetest.ERP{}
	var err error
	c.flow, _, err = c.store.CreateFlow(t.Context(), 1)
	c.must(err)
	c.version, err = c.store.Publish(t.Context(), 1, c.flow)
	c.must(err)
	c.must(c.store.SetEnabled(t.Context(), c.flow, true, 1))
	clock, log := func() time.Time { return c.now }, slog.New(slog.DiscardHandler)
	c.worker = push.New(push.Config{
		Store: c.store, Sender: deliver.New(deliver.Config{Store: c.store, Clock: clock, Log: log, InFlight: 1}),
		Plans: c, Connections: c, Clock: clock, Log: log, Owner: "worker", Inlets: c, Lookups: &c.look,
	})
	return c
}

// Plan implements push.Plans.
func (c *chain) Plan(_ context.Context, version ledger.ID) (*plan.Plan, error) {
	if version == c.version {
		return c.next, nil
	}
	return c.plan, nil
}

// Inlet implements push.Inlets.
func (c *chain) Inlet(_ context.Context, _ ledger.ID, flow, node string) (push.Inlet, error) {
	c.asked = append(c.asked, flow+"."+node)
	in := c.next.Inlet(node)
	return push.Inlet{Inlet: ledger.Inlet{Flow: c.flow, NodeID: "in", Version: c.version, OnSeen: ledger.OnSeen(in.OnSeen), Priority: ledger.NormalPriority}, Plan: in}, c.inletFails
}

// handed gives the documents of the second flow by their keys, as state and payload.
func (c *chain) handed() map[string]string {
	c.t.Helper()
	stream, err := c.store.OpenStream(context.Background(), 1, c.flow, "in")
	c.must(err)
	docs, err := c.store.Documents(context.Background(), stream.ID, 0, 1000)
	c.must(err)
	out := map[string]string{}
	for _, d := range docs {
		body, err := c.store.Body(context.Background(), d.ID)
		c.must(err)
		out[d.Key] = d.State.String() + " " + d.Number + " " + string(body)
	}
	return out
}

// TestHandOver: what was written goes on to the next flow, which writes it too.
func TestHandOver(t *testing.T) {
	t.Parallel()
	const doc = `{"id":"a","no":"a","state":"open","amount":1.50,"note":"","modified":"2026-01-01 11:00:00"`
	cases := map[string]struct {
		handing, taking string
		want            map[string]string
	}{
		"the source document": {"to: next", "", map[string]string{"a": "delivered a " + doc + "}"}},
		"with what is kept": {
			`to: next, document: true, store: [{field: id, value: "{{Id}}"}, {field: order, value: "{{no}}"}]`, "",
			map[string]string{"a": "delivered a " + doc + `,"primaryWriteback":{"id":"id-a","order":"a"}}`},
		},
		"a new document": {
			`to: next, store: [{field: id, value: "{{Id}}"}], document: [{field: "no", value: "{{no}}/{{Number}}"}, {field: id, value: "{{primaryWriteback.id}}"}, {field: sum, value: "{{amount}}", type: decimal}]`, "",
			map[string]string{"a": `delivered a {"no":"a/a","id":"id-a","sum":1.50}`},
		},
		"under a key of the next flow": {
			`to: next, document: [{field: "no", value: "{{no}}/{{Number}}"}]`, `key: "K{{no}}", number: "{{no}}"`,
			map[string]string{"Ka/a": `delivered a/a {"no":"a/a"}`},
		},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t, tt.handing, tt.taking)
			c.put(enginetest.Order{ID: "a", State: "open", Amount: "1.50"})
			c.put(enginetest.Order{ID: "void", State: "void"})
			c.pull()
			c.push()
			c.want("a", ledger.Delivered, "")
			if diff := cmp.Diff(tt.want, c.handed()); diff != "" {
				t.Error(diff)
			}
			if writes := c.erp2.Writes; writes != 1 {
				t.Errorf("the next flow wrote %d times", writes)
			}
		})
	}
}

// TestHandOverTakesThePlaceOfAnEarlierOne: what an earlier flow kept stands in the
// document; what is kept here stands there once.
func TestHandOverTakesThePlaceOfAnEarlierOne(t *testing.T) {
	t.Parallel()
	c := newChain(t, `to: next, store: [{field: id, value: "{{Id}}"}]`, "")
	ctx := t.Context()
	stream, err := c.store.OpenStream(ctx, 1, 2, "orders")
	c.must(err)
	run, _, err := c.store.OpenRun(ctx, ledger.Run{Workspace: 1, Flow: 2, Version: 3, Trigger: "t"}, 1)
	c.must(err)
	w, err := c.store.StartWindow(ctx, ledger.Window{Stream: stream.ID, Run: run.ID, Kind: ledger.Live, To: 1}, 1)
	c.must(err)
	_, err = c.store.CommitPage(ctx, ledger.PageCommit{
		Workspace: 1, Stream: stream.ID, Flow: 2, Run: run.ID, Version: 3, Window: w.ID, Attempt: 1, PageNo: 1, Now: 1, Total: -1,
		Docs: []ledger.Incoming{{Key: "z", Body: []byte(`{"primaryWriteback":{"id":"old"},"no":"z","amount":1,"state":"open"}`)}},
	})
	c.must(err)
	c.push()
	if diff := cmp.Diff(map[string]string{"z": `delivered  {"no":"z","amount":1,"state":"open","primaryWriteback":{"id":"id-z"}}`}, c.handed()); diff != "" {
		t.Error(diff)
	}
}

// TestHandOverBehindATransform: the document goes over as it arrived, and is collected.
func TestHandOverBehindATransform(t *testing.T) {
	t.Parallel()
	c := newChain(t, "to: next", `key: "{{no}}"`, append(enginetest.Lines(), "{from: bill, to: erp}", "{from: bill, to: mark}",
		"    - {from: erp, to: mark}\n", "", `    - {id: erp, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F1}]}}`+"\n", "")...)
	c.put(enginetest.Order{ID: "a", State: "open", Lines: []enginetest.Line{{No: "1", Amount: "2"}, {No: "2", Amount: "3.10"}}})
	c.put(enginetest.Order{ID: "b", State: "open", Lines: []enginetest.Line{{No: "3", Amount: "1"}, {No: "", Amount: "3"}}})
	c.pull()
	c.push()
	c.want("a", ledger.Collected, "")
	c.want("b", ledger.Collected, "")
	got := c.handed()
	for key, body := range got {
		if strings.HasPrefix(key, ledger.RefusedHand) {
			delete(got, key)
			got[ledger.RefusedHand] = body
		}
	}
	if diff := cmp.Diff(map[string]string{
		"1": `delivered a {"no":"1","amount":2}`, "2": `delivered a {"no":"2","amount":3.10}`, "3": `delivered b {"no":"3","amount":1}`,
		ledger.RefusedHand: `rejected b {"amount":3}`,
	}, got); diff != "" {
		t.Error(diff)
	}
}

// TestHandOverKeysOfParts: without a key of the next flow, the records of one document
// are told apart by the way they came.
func TestHandOverKeysOfParts(t *testing.T) {
	t.Parallel()
	c := newChain(t, "to: next, document: [{field: \"no\", value: \"{{Number}}\"}]", "", enginetest.Lines()...)
	c.put(enginetest.Order{ID: "a", State: "open", Lines: []enginetest.Line{{No: "1", Amount: "2"}, {No: "2", Amount: "3"}}})
	c.pull()
	c.push()
	if diff := cmp.Diff(map[string]string{"a": `delivered a {"no":"1"}`, "a/5:1": `delivered a {"no":"2"}`}, c.handed()); diff != "" {
		t.Error(diff)
	}
}

// TestHandOverIsRepeated replays the walk of a document whose second target can't be
// reached: the first was written once, and handed over once.
func TestHandOverIsRepeated(t *testing.T) {
	t.Parallel()
	c := newChain(t, "to: next", "onSeen: revise", "{from: bill, to: erp}", "{from: bill, to: erp}\n    - {from: bill, to: other}",
		"    - {id: mark,", "    - {id: other, type: target, connection: third, settings: {operation: slips, params: [{field: form, value: F1}]}}\n    - {id: mark,")
	c.third.Fail = func(int) error { return fault.New("test.down", "down").Classed(fault.Transient).Unapplied() }
	c.put(enginetest.Order{ID: "a", State: "open", Amount: "1"})
	c.pull()
	c.push()
	c.want("a", ledger.RetryAt, "test.down")
	c.later(time.Hour)
	c.want("a", ledger.RetryAt, "test.down")
	if len(c.asked) != 2 || len(c.handed()) != 1 || c.erp2.Writes != 1 {
		t.Errorf("asked %v, handed over %v, written %d times", c.asked, c.handed(), c.erp2.Writes)
	}
	open, err := c.store.OpenRuns(t.Context(), c.flow)
	c.must(err)
	if _, counts, err := c.store.Run(t.Context(), open[0].ID); err != nil || counts[ledger.SlotPulled] != 1 || !counts.Balanced() {
		t.Errorf("the next flow counts %v, %v", counts, err)
	}
	c.third.Fail = nil
	c.later(time.Hour)
	c.want("a", ledger.Delivered, "")
	c.put(enginetest.Order{ID: "a", State: "open", Amount: "2", Modified: c.now.Add(-time.Minute)})
	c.pull() // skipped: it was delivered
	c.push()
	if len(c.handed()) != 1 || len(c.asked) != 3 {
		t.Errorf("asked %v", c.asked)
	}
}

// TestHandOverFails: the document is what it is, and says what is wrong.
func TestHandOverFails(t *testing.T) {
	t.Parallel()
	c := newChain(t, "to: next", "")
	c.inletFails = fault.New("handover.inlet_missing", "gone").Classed(fault.Config)
	c.put(enginetest.Order{ID: "a", State: "open", Amount: "1"})
	c.pull()
	c.push()
	c.want("a", ledger.Delivered, "handover.inlet_missing")
	if doc := c.document("a"); doc.Attention != ledger.WritebackFailing || len(c.handed()) != 0 {
		t.Errorf("attention %b, handed over %v", doc.Attention, c.handed())
	}
	// What passes ends the walk, and what was written stays written.
	c.inletFails = errors.New("the disk is full")
	c.now = c.now.Add(time.Hour)
	c.put(enginetest.Order{ID: "b", State: "open", Amount: "1", Modified: c.now.Add(-5 * time.Minute)})
	c.pull()
	due, err := c.store.Due(t.Context(), ledger.At(c.now), 10)
	c.must(err)
	if _, err := c.worker.Handle(t.Context(), due[0].ID); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("error %v", err)
	}
	c.inletFails = nil
	c.later(time.Minute)
	c.want("b", ledger.Delivered, "")
	c.wantWrites(2)
	if len(c.handed()) != 1 {
		t.Errorf("handed over %v", c.handed())
	}
}

// TestAWritebackThatFails says so too.
func TestAWritebackThatFails(t *testing.T) {
	t.Parallel()
	c := newChain(t, `store: [{field: at, value: "{{note|date}}"}], to: next`, "")
	c.put(enginetest.Order{ID: "a", State: "open", Amount: "1", Note: "soon"})
	c.pull()
	c.push()
	c.want("a", ledger.Delivered, "value.not_a_date")
	if doc := c.document("a"); doc.Attention != ledger.WritebackFailing || len(c.handed()) != 0 {
		t.Errorf("attention %b, handed over %v", doc.Attention, c.handed())
	}
}

// TestHandOverInACircle ends after so many hops, though the flows would go on.
func TestHandOverInACircle(t *testing.T) {
	t.Parallel()
	c := newChain(t, "to: next", "onSeen: revise")
	c.next = enginetest.Compile(t, strings.NewReplacer("SETTINGS", `key: "{{id}}", onSeen: revise`,
		"{id: erp, type: target, connection: erp2, settings: {operation: bills, params: [{field: form, value: F2}]}}",
		`{id: erp, type: writeback, settings: {to: next}}`, `value: "{{primaryWriteback.id}}"`, `value: "{{note}}+"}, {field: id, value: "{{id}}"`).Replace(nextFlow))
	c.put(enginetest.Order{ID: "a", State: "open", Amount: "1"})
	c.pull()
	c.push()
	c.want("a", ledger.Delivered, "")
	stream, err := c.store.OpenStream(t.Context(), 1, c.flow, "in")
	c.must(err)
	docs, err := c.store.Documents(t.Context(), stream.ID, 0, 10)
	c.must(err)
	p, _, err := c.store.Problem(t.Context(), docs[0].ID)
	c.must(err)
	want := []any{1, ledger.MaxHops, ledger.Collected, ledger.WritebackFailing, "handover.too_many_hops"}
	if diff := cmp.Diff(want, []any{len(docs), docs[0].ActiveRev, docs[0].State, docs[0].Attention, p.Code}); diff != "" {
		t.Error(diff)
	}
}

// TestAHandOverIsRetried: of a document that was delivered or collected the hand-over
// alone is made again, by the version that it was walked with; the target is not written.
func TestAHandOverIsRetried(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string][]string{
		"behind a target": nil,
		"without one":     {"- {from: erp, to: mark}", "- {from: bill, to: mark}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChain(t, "to: next", "", edits...)
			state, writes := ledger.Delivered, 1
			c.inletFails = fault.New("handover.inlet_missing", "gone").Classed(fault.Config)
			c.put(enginetest.Order{ID: "a", No: "n1", State: "open", Amount: "1"})
			c.pull()
			c.push()
			if c.document("a").State == ledger.NeedsDecision {
				t.Fatal("unexpected")
			}
			c.act("a", ledger.RetryDocument, func(r *ledger.Repair) { r.Version = 999 })
			c.push()
			c.want("a", state, "handover.inlet_missing") // it fails again, and may be tried again
			c.inletFails = nil
			c.act("a", ledger.RetryDocument, nil)
			c.push()
			c.want("a", state, "")
			if doc := c.document("a"); doc.Attention != 0 || len(c.handed()) != 1 || doc.Version == 999 {
				t.Errorf("%+v, handed over %v", doc, c.handed())
			}
			c.wantWrites(writes)
			doc := c.document("a")
			_, err := c.store.Repair(t.Context(), ledger.Repair{Workspace: 1, Document: doc.ID, Action: ledger.RetryDocument, Seen: doc.Sight(), Now: ledger.At(c.now)})
			if fault.CodeOf(err) != "document.not_repairable" {
				t.Errorf("what was handed over is retried: %v", err)
			}
		})
	}
}

// TestAHandOverThatWouldWriteAnew writes nothing: what is mapped to another key now than
// when it was delivered waits for a person.
func TestAHandOverThatWouldWriteAnew(t *testing.T) {
	t.Parallel()
	c := newChain(t, "to: next", "", `{field: "no", value: "{{no}}"}`, `{field: "no", value: "_findCollection find no from staff.rows where no={{no}}"}`)
	c.look.codes = map[string]string{"/n1": `"B1"`}
	c.inletFails = fault.New("handover.inlet_missing", "gone").Classed(fault.Config)
	c.put(enginetest.Order{ID: "a", No: "n1", State: "open", Amount: "1"})
	c.pull()
	c.push()
	c.want("a", ledger.Delivered, "handover.inlet_missing")
	c.inletFails = nil
	c.look.codes["/n1"] = `"B2"`
	c.act("a", ledger.RetryDocument, nil)
	c.push()
	if _, order := c.erp.Bills(); len(order) != 1 || order[0] != "B1" {
		t.Errorf("the target holds %v", order)
	}
	c.want("a", ledger.NeedsDecision, "delivery.part_gone")
}
