package push_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// record is what the transforms and targets of a real run met, by document and
// node, and by target key.
type record struct {
	*enginetest.ERP

	mu     sync.Mutex
	visits map[string]map[string][]push.Output
	faults map[string]map[string]string
	rows   map[string]connector.Batch
}

// watch makes a rig's transforms and its target tell what they meet.
func watch(r *rig) *record {
	rec := &record{
		ERP: r.erp, visits: map[string]map[string][]push.Output{}, faults: map[string]map[string]string{}, rows: map[string]connector.Batch{},
	}
	for _, step := range r.plan.Steps {
		if step.Apply != nil {
			step.Apply = rec.around(step.NodeID, step.DefaultPort, step.Apply)
		}
	}
	r.session = rec
	return rec
}

func (rec *record) around(nodeID, first string, apply node.TransformFunc) node.TransformFunc {
	return func(ctx context.Context, batch []item.Item) ([]node.Result, error) {
		results, err := apply(ctx, batch)
		rec.mu.Lock()
		defer rec.mu.Unlock()
		for i, result := range results {
			rec.met(batch[i], nodeID, first, result)
		}
		return results, err
	}
}

func (rec *record) met(in item.Item, nodeID, first string, result node.Result) {
	key := in.Facts.Key
	if rec.visits[key] == nil {
		rec.visits[key], rec.faults[key] = map[string][]push.Output{}, map[string]string{}
	}
	// What is refused leaves by the error port with the reason where that is connected.
	if result.Fault != nil {
		rec.faults[key][nodeID] = result.Fault.Error()
		if nodeID == "check" {
			body, err := errand.WithFault(in.Raw, result.Fault, nodeID)
			if err != nil {
				panic(err)
			}
			rec.visits[key][nodeID] = []push.Output{{Port: node.ErrorPort, Body: body}}
		}
	}
	for _, out := range result.Outputs {
		port := out.Port
		if port == "" {
			port = first
		}
		rec.visits[key][nodeID] = append(rec.visits[key][nodeID], push.Output{Port: port, Body: bytes.Clone(out.Item.Raw)})
	}
}

// Write implements connector.Writer and keeps each row with its call.
func (rec *record) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, err
	}
	rec.mu.Lock()
	for i, row := range rows {
		one := batch
		one.Rows, one.Keys, one.Params = bytes.Clone(row), batch.Keys[i:i+1], bytes.Clone(batch.Params)
		one.Meta = connector.Meta{}
		rec.rows[batch.Keys[i]] = one
	}
	rec.mu.Unlock()
	return rec.ERP.Write(ctx, batch)
}

// branches is the flow of a dry walk: every order is mapped, those that are void
// to another target, and those that are bad are put aside.
func branches() []string {
	return []string{
		"{field: note, value: \"{{note}}\"}", "{field: note, value: \"{{note}} {{FLOW_ID}} {{WINDOW_END|datetime}} {{LAST_SYNC_TIME|date}}\"}",
		"params: [{field: form, value: F1}]", "params: [{field: form, value: \"F{{source.state}}\"}]",
		"  edges:", `    - {id: aside, type: discard}
    - {id: undo, type: map, settings: {fields: [{field: "no", value: "undo-{{no}}"}, {field: amount, value: "{{source.amount}}"}]}}
    - {id: second, type: target, connection: erp, settings: {operation: bills, key: "{{no}}", params: [{field: form, value: F2}]}}
  edges:
    - {from: check.error, to: aside}
    - {from: live.false, to: undo}
    - {from: undo, to: second}`,
	}
}

func TestADryWalkMeetsWhatARealOneMeets(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(outer, branches()...)
		rec := watch(r)
		dry := newRig(outer, branches()...).plan
		n := rapid.IntRange(1, 12).Draw(rt, "orders")
		for i := range n {
			r.put(enginetest.Order{
				ID: fmt.Sprint("o", i), Amount: rapid.SampledFrom([]string{"1.10", "12345678901234567.89", "-0"}).Draw(rt, "amount"),
				State: rapid.SampledFrom([]string{"", "paid", "void"}).Draw(rt, "state"),
				Note:  rapid.SampledFrom([]string{"", "中文 😀", "'; drop"}).Draw(rt, "note"), Bad: rapid.Bool().Draw(rt, "bad"),
			})
		}
		r.pull()
		r.push()
		sent := 0
		for _, o := range r.shop.Orders() {
			source := dry.Sources[0]
			got, err := push.DryRun(context.Background(), push.Dry{
				Plan: dry, Node: "orders", Body: o.JSON(), Key: o.ID, Number: o.No,
				From: source.Window.StartFrom, To: source.Window.End(r.shop.Now), Clock: func() time.Time { return r.now },
			})
			if err != nil {
				rt.Fatal(err)
			}
			sent += len(got.Calls)
			compare(rt, rec, o, got)
		}
		if sent != len(rec.rows) {
			rt.Errorf("%d dry calls, %d rows written", sent, len(rec.rows))
		}
	})
}

// compare fails where a dry walk met something else than the run.
func compare(rt *rapid.T, rec *record, o enginetest.Order, got push.Seen) {
	visits, faults := map[string][]push.Output{}, map[string]string{}
	for _, v := range got.Visits {
		switch v.NodeID {
		case "orders":
			if diff := cmp.Diff([]push.Output{{Body: o.JSON()}}, v.Outputs); diff != "" {
				rt.Errorf("%s leaves its source otherwise: %s", o.ID, diff)
			}
		case "erp", "second", "aside":
			if v.Outputs != nil || v.Fault != nil {
				rt.Errorf("%s goes on behind %s: %+v", o.ID, v.NodeID, v)
			}
		default:
			visits[v.NodeID] = v.Outputs
			if v.Fault != nil {
				faults[v.NodeID] = v.Fault.Error()
			}
		}
	}
	if diff := cmp.Diff(rec.visits[o.ID], visits); diff != "" {
		rt.Errorf("%s: the run's outputs (-), the dry walk's (+): %s", o.ID, diff)
	}
	if diff := cmp.Diff(rec.faults[o.ID], faults); diff != "" {
		rt.Errorf("%s: the run's faults (-), the dry walk's (+): %s", o.ID, diff)
	}
	for _, call := range got.Calls {
		call.Batch.Meta = connector.Meta{}
		want := rec.rows[call.Batch.Keys[0]]
		want.Rows = []byte("[" + string(want.Rows) + "]")
		if diff := cmp.Diff(want, call.Batch); diff != "" {
			rt.Errorf("%s at %s: the run's call (-), the dry one (+): %s", o.ID, call.NodeID, diff)
		}
	}
}

func TestADryWalkBeginsAnywhere(t *testing.T) {
	t.Parallel()
	clock := func() time.Time { return time.Unix(0, 0) }
	tests := map[string]struct {
		node, body string
		visits     string
		calls      int
		code       string
	}{
		"the source":           {"orders", `{"id":"a","no":"a","amount":1}`, "orders live check bill erp", 1, ""},
		"a transform":          {"bill", `{"no":"a","amount":1}`, "bill erp", 1, ""},
		"a target":             {"erp", `{"no":"a","amount":1}`, "erp", 1, ""},
		"a target without key": {"erp", `{"amount":1}`, "erp:delivery.key_empty", 0, ""},
		"a failing node":       {"check", `{"bad":true}`, "check:test.bad", 0, ""},
		"a writeback":          {"mark", `{"no":"a"}`, "mark:push.answer_needed", 0, ""},
		"the pull side":        {"pages", `{}`, "", 0, "push.no_such_node"},
		"nowhere":              {"nobody", `{}`, "", 0, "push.no_such_node"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := push.DryRun(t.Context(), push.Dry{Plan: newRig(t).plan, Node: tt.node, Body: []byte(tt.body), Clock: clock})
			if code := fault.CodeOf(err); code != tt.code {
				t.Fatalf("%v, want %s", err, tt.code)
			}
			var visits []string
			for _, v := range got.Visits {
				text := v.NodeID
				if v.Fault != nil {
					text += ":" + v.Fault.Code
				}
				visits = append(visits, text)
			}
			if strings.Join(visits, " ") != tt.visits || len(got.Calls) != tt.calls {
				t.Errorf("visits %v, %d calls", visits, len(got.Calls))
			}
		})
	}
}

// A document that a node makes several of fills calls as a real one does.
func TestADryWalkCutsCallsLikeARealOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	bill := slices.IndexFunc(r.plan.Steps, func(s *plan.Step) bool { return s.NodeID == "bill" })
	r.plan.Steps[bill].Apply = func(_ context.Context, batch []item.Item) ([]node.Result, error) {
		results := make([]node.Result, len(batch))
		for i := range 12 {
			results[0].Outputs = append(results[0].Outputs, node.Output{Item: batch[0].With(fmt.Appendf(nil, `{"no":"n%d"}`, i))})
		}
		return results, nil
	}
	got, err := push.DryRun(t.Context(), push.Dry{Plan: r.plan, Node: "orders", Body: []byte(`{"id":"a"}`), Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, call := range got.Calls {
		rows, err := item.Rows(call.Batch.Rows)
		if err != nil || len(rows) != len(call.Batch.Keys) || call.Target.Connection != "erp" || call.NodeID != "erp" {
			t.Errorf("%+v, %v", call, err)
		}
		sizes = append(sizes, len(rows))
	}
	if !slices.Equal(sizes, []int{5, 5, 2}) {
		t.Errorf("calls of %v rows", sizes)
	}
	if got.Calls[0].Batch.Keys[0] != "n0" || got.Calls[2].Batch.Keys[1] != "n11" {
		t.Errorf("the rows are out of order: %+v", got.Calls)
	}
}

func TestADryWalkEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := push.DryRun(ctx, push.Dry{Plan: newRig(t).plan, Node: "orders", Body: []byte(`{}`), Clock: time.Now}); err == nil {
		t.Error("it goes on")
	}
}

func TestADryWalkOpensNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := push.DryRun(t.Context(), push.Dry{Plan: r.plan, Node: "orders", Body: []byte(`{"id":"a","no":"a"}`), Clock: time.Now}); err != nil {
		t.Fatal(err)
	}
	if _, order := r.erp.Bills(); len(order) != 0 || r.erp.Writes != 0 || r.erp.Probes != 0 {
		t.Errorf("the target was called: %d writes, %d look-ups", r.erp.Writes, r.erp.Probes)
	}
	if due, err := r.store.Due(t.Context(), ledger.At(r.now.Add(time.Hour)), 10); err != nil || len(due) != 0 {
		t.Errorf("work was left: %v, %v", due, err)
	}
}

func TestADryWalkTellsNodesTheFacts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var got item.Facts
	live := slices.IndexFunc(r.plan.Steps, func(s *plan.Step) bool { return s.NodeID == "live" })
	r.plan.Steps[live].Apply = func(_ context.Context, batch []item.Item) ([]node.Result, error) {
		got = *batch[0].Facts
		return make([]node.Result, 1), nil
	}
	from, to := time.UnixMilli(1000).UTC(), time.UnixMilli(2000).UTC()
	_, err := push.DryRun(t.Context(), push.Dry{
		Plan: r.plan, Node: "orders", Body: []byte(`{}`), Key: "k", Number: "n", From: from, To: to, Clock: time.Now,
	})
	if want := (item.Facts{Key: "k", Number: "n", Revision: 1, From: from, To: to, FlowID: "job", RunID: "0"}); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%v, %s", err, cmp.Diff(want, got))
	}
}
