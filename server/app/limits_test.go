package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/limit/limittest"
)

// refundReader is a flow that reads refunds and keeps them.
const refundReader = `apiVersion: karez/v1
kind: Flow
metadata: {id: 5b0f6a52-7a2e-4f6e-9d0c-2f6f1c2a%04d, name: reader-%d, title: 读退货 %d}
spec:
  settings: {priority: %s, timezone: Asia/Shanghai}
  triggers: [{manual: true}]
  nodes:
    - {id: span, type: window, settings: {lag: 2m, lookBack: 10m}}
    - {id: pages, type: paginate, settings: {pageSize: 50, direction: backward}}
    - id: refunds
      type: source
      connection: jst
      settings:
        operation: refund.single.query
        key: "{{as_id}}"
        number: "{{outer_as_id}}"
        modified: "{{modified}}"
        startFrom: "%s"
    - {id: keep, type: discard}
  edges: [{from: span, to: pages}, {from: pages, to: refunds}, {from: refunds, to: keep}]
`

// reads makes a flow that reads refunds from a time on.
func (s *served) reads(n int, priority, from string) string {
	s.t.Helper()
	docs, err := flow.Parse(fmt.Appendf(nil, refundReader, n, n, n, priority, from))
	s.must(err)
	var made struct {
		ID       string         `json:"id"`
		Problems []flow.Problem `json:"problems"`
	}
	s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(docs[0].JSON())}, &made)
	if flow.Blocking(made.Problems) {
		s.t.Fatalf("%+v", made.Problems)
	}
	s.ask("POST", "/flows/"+made.ID+"/publish", map[string]string{}, &ignored{})
	return made.ID
}

// begin runs a flow; end waits until a run is over, and gives how many documents it kept.
func (s *served) begin(flow string) string {
	s.t.Helper()
	var run seen
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &run)
	return run.ID
}

func (s *served) end(run string) (collected int) {
	s.t.Helper()
	events := s.watch(run, "")
	last := events[len(events)-1].Data
	if last.State != "done" || !last.Balanced {
		s.t.Errorf("%+v", last)
	}
	return last.Counts["collected"]
}

// kept looks whether the vendor was ever asked more often than it allows: what it saw, and
// what it refused. late is how much longer a machine that has much to do may hold one call up on
// its way than another.
func (w *world) kept(atLeast int, late time.Duration) {
	w.t.Helper()
	var calls []struct {
		Path string    `json:"path"`
		At   time.Time `json:"at"`
	}
	w.get(w.jst+"/_sandbox/calls", &calls)
	var made []limittest.Call
	for _, c := range calls {
		if strings.Contains(c.Path, "refund") {
			made = append(made, limittest.Call{Operation: c.Path, At: c.At})
		}
	}
	crowded := func(late time.Duration) string {
		return limittest.Crowded(made, []manifest.Limit{limittest.Rule(5, time.Second-late, true), limittest.Rule(100, time.Minute-late, true)})
	}
	if problem := crowded(late); problem != "" || len(made) < atLeast {
		w.t.Errorf("%d calls, at least %d were to be made: %s", len(made), atLeast, problem)
	}
	var state struct {
		Refusals map[string]int `json:"refusals"`
	}
	w.get(w.jst+"/_sandbox/state", &state)
	if state.Refusals["199"]+state.Refusals["200"] > 0 && (late == 0 || crowded(0) == "") {
		w.t.Errorf("the vendor refused: %v", state.Refusals)
	}
	w.t.Logf("%d calls within %s", len(made), made[len(made)-1].At.Sub(made[0].At).Round(time.Millisecond))
}

// However many flows read from one connection, its system is asked no more often than it
// allows, and never has to refuse.
func TestFlowsShareALimit(t *testing.T) {
	t.Parallel()
	turn(t)
	s := newWorld(t).recent().serve()
	s.settle()
	var runs []string
	for n := range 4 {
		runs = append(runs, s.begin(s.reads(n, "normal", since)))
	}
	for _, run := range runs {
		if s.end(run) == 0 {
			t.Errorf("run %s kept nothing", run)
		}
	}
	s.kept(8, 200*time.Millisecond)
}

// TestFlowsOfTwoWorkersShareALimit: twenty flows of two processes read far back while one of
// high priority asks for what is new every six seconds.
func TestFlowsOfTwoWorkersShareALimit(t *testing.T) {
	if os.Getenv("KAREZ_TEST_LONG") == "" {
		return // TestFlowsShareALimit is the short form
	}
	turn(t)
	p := newPlant(t, newWorld(t).recent(), newNode(t), 2)
	p.settle()
	var runs []string
	for n := range 19 {
		runs = append(runs, p.begin(p.reads(n, "low", "2021-05-20 00:00:00")))
	}
	urgent := p.reads(99, "high", since)
	var waits []time.Duration
	every := time.NewTicker(6 * time.Second)
	defer every.Stop()
	for range 20 {
		began := <-every.C
		p.end(p.begin(urgent))
		waits = append(waits, time.Since(began))
	}
	for _, run := range runs {
		if p.end(run) == 0 {
			t.Errorf("run %s kept nothing", run)
		}
	}
	p.kept(60, 0)
	slices.Sort(waits)
	t.Logf("a run of high priority took %s, at p95 %s", waits[len(waits)/2].Round(time.Millisecond), waits[len(waits)*95/100].Round(time.Millisecond))
}
