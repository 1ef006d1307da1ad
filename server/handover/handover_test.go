package handover_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/handover"
)

const taking = `
apiVersion: karez/v1
kind: Flow
metadata: {id: next, title: Next}
spec:
  settings: {priority: high}
  nodes:
    - {id: in, type: inlet, settings: {onSeen: revise}}
    - {id: all, type: discard}
  edges: [{from: in, to: all}]
`

// world is a workspace with one flow.
type world struct {
	text    string
	version ledger.ID
	missing error
	fails   error
	plan    *plan.Plan
}

// Newest implements handover.Flows.
func (w *world) Newest(_ context.Context, _ ledger.ID, publicID string) (*flow.Document, ledger.ID, ledger.ID, error) {
	if publicID != "next" {
		return nil, 0, 0, ledger.ErrNotFound
	}
	docs, err := flow.Parse([]byte(w.text))
	if err != nil {
		return nil, 0, 0, err
	}
	return docs[0], 5, w.version, w.missing
}

// Plan implements handover.Plans.
func (w *world) Plan(context.Context, ledger.ID) (*plan.Plan, error) { return w.plan, w.fails }

func TestInlet(t *testing.T) {
	t.Parallel()
	second := strings.Replace(taking, "    - {id: all,", "    - {id: in2, type: inlet, settings: {onSeen: skip}}\n    - {id: all,", 1)
	at := func(node string, version ledger.ID, policy ledger.OnSeen) ledger.Inlet {
		return ledger.Inlet{Flow: 5, NodeID: node, Version: version, OnSeen: policy, Priority: ledger.HighPriority}
	}
	cases := map[string]struct {
		world      world
		flow, node string
		want       ledger.Inlet
		identifies bool
		code       string
	}{
		"the only one":            {world{text: taking, version: 9}, "next", "", at("in", 9, ledger.Revise), true, ""},
		"one of two":              {world{text: second, version: 9}, "next", "in2", at("in2", 9, ledger.Skip), true, ""},
		"which of two":            {world{text: second, version: 9}, "next", "", ledger.Inlet{}, false, "handover.inlet_missing"},
		"none of the name":        {world{text: taking, version: 9}, "next", "x", ledger.Inlet{}, false, "handover.inlet_missing"},
		"no such flow":            {world{text: taking, version: 9}, "gone", "", ledger.Inlet{}, false, "handover.flow_missing"},
		"a flow without versions": {world{text: taking}, "next", "", at("in", 0, ledger.Skip), false, ""},
		"a version that can't run": {
			world{text: taking, version: 9, fails: fault.New("connection.unknown", "gone").Classed(fault.Config)}, "next", "", at("in", 9, ledger.Skip), false, "",
		},
		"a version that can't be read now": {world{text: taking, version: 9, fails: fault.New("test.busy", "busy").Classed(fault.Transient)}, "next", "", ledger.Inlet{}, false, "test.busy"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.world
			w.plan = enginetest.Compile(t, w.text)
			got, err := handover.Inlets{Flows: &w, Plans: &w, Types: enginetest.Types()}.Inlet(t.Context(), 1, c.flow, c.node)
			if fault.CodeOf(err) != c.code {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(c.want, got.Inlet); diff != "" || (got.Plan != nil) != c.identifies {
				t.Errorf("%s, identified by %v", diff, got.Plan)
			}
		})
	}
	broken := &world{text: taking, missing: errors.New("the disk is gone")}
	if _, err := (handover.Inlets{Flows: broken, Plans: broken, Types: enginetest.Types()}).Inlet(t.Context(), 1, "next", ""); err == nil || fault.CodeOf(err) != "" {
		t.Errorf("error %v", err)
	}
}
