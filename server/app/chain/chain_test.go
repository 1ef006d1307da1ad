package chain_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/server/app/chain"
	"github.com/karezflow/karez/server/execution"
)

// file is flows in a few words: "id: in from x, to y z" reads from x and hands over to y and z.
func file(t *testing.T, flows ...string) chain.File {
	t.Helper()
	var docs []*flow.Document
	for _, text := range flows {
		id, rest, _ := strings.Cut(text, ":")
		yaml := "apiVersion: karez/v1\nkind: Flow\nmetadata: {id: " + id + ", title: T}\nspec:\n  uses: {a: {flow: a}, b: {flow: b}, c: {flow: c}, d: {flow: d}}\n  nodes:\n"
		word := ""
		for field := range strings.FieldsSeq(strings.ReplaceAll(rest, ",", "")) {
			switch {
			case field == "in":
				yaml += "    - {id: in, type: inlet}\n"
			case field == "from" || field == "to":
				word = field
			case word == "from":
				yaml += "    - {id: r" + field + ", type: inlet, settings: {from: " + field + "}}\n"
			default:
				yaml += "    - {id: w" + strings.ReplaceAll(field, ".", "_") + ", type: writeback, settings: {to: " + field + "}}\n"
			}
		}
		parsed, err := flow.Parse([]byte(yaml + "  edges: []\n"))
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, parsed...)
	}
	return chain.File{Docs: docs, Types: flow.NewTypes(nodes.All()...)}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		flows []string
		want  []int
	}{
		"one alone":           {[]string{"a:"}, []int{0}},
		"others":              {[]string{"a:", "b: in", "c: to b"}, []int{0}},
		"one behind another":  {[]string{"a: to c.in", "b: in", "c: in, to b"}, []int{0, 2, 1}},
		"a circle":            {[]string{"a: in, to b", "b: in, to a"}, []int{0, 1}},
		"one that reads":      {[]string{"a:", "b: from a", "c: from b", "d: from d"}, []int{0, 1, 2}},
		"an alias of nothing": {[]string{"a: to x", "b: in"}, []int{0}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := file(t, c.flows...)
			if diff := cmp.Diff(c.want, f.Members()); diff != "" {
				t.Error(diff)
			}
		})
	}
	f := file(t, "a:", "b: from a", "c: in")
	if f.Reads(0) || !f.Reads(1) || f.Reads(2) {
		t.Error("which flow reads is not seen")
	}
}

func TestFileKnowsItsFlows(t *testing.T) {
	t.Parallel()
	f := file(t, "a: in, from b", "b:")
	sources, _ := f.Sources("a")
	inlets, known, there := f.Inlets("a")
	if diff := cmp.Diff([]string{"in", "rb"}, sources); diff != "" || len(inlets) != 2 || !known || !there {
		t.Errorf("%s, inlets %v", diff, inlets)
	}
	if s, ok := f.Sources("elsewhere"); s != nil || !ok {
		t.Errorf("sources of a flow elsewhere are %v, %t", s, ok)
	}
	if _, known, there := f.Inlets("elsewhere"); known || !there || !f.Table("any") {
		t.Error("something is known of a flow elsewhere")
	}
	if _, known, _ := f.Inlets(""); known {
		t.Error("a flow without an id is known")
	}
}

// flows has how many looks each flow stays open, and when it is due.
type flows struct {
	open   map[ledger.ID][]bool
	due    map[ledger.ID]time.Time
	now    time.Time
	looks  int
	asked  []ledger.ID
	broken error
	// calls are looks at which a call after a walk is open, due at callDue.
	calls   int
	callDue time.Time
}

func (f *flows) Left(context.Context, []ledger.ID) (int, ledger.Millis, error) {
	if f.calls--; f.calls >= 0 {
		return 1, ledger.At(f.callDue), nil
	}
	return 0, 0, f.broken
}

func (f *flows) Settle(_ context.Context, id ledger.ID) ([]ledger.Run, error) {
	f.asked = append(f.asked, id)
	left := f.open[id]
	if len(left) == 0 {
		return nil, f.broken
	}
	f.open[id] = left[1:]
	if left[0] {
		return []ledger.Run{{ID: 1}}, f.broken
	}
	return nil, f.broken
}

func (f *flows) NextDue(_ context.Context, id ledger.ID) (ledger.Millis, bool, error) {
	at, ok := f.due[id]
	return ledger.At(at), ok, nil
}

func (f *flows) waiter() chain.Waiter {
	return chain.Waiter{Settler: f, Dues: f, Errands: f, Clock: func() time.Time { return f.now }, Every: time.Microsecond, Look: func(context.Context) error {
		f.looks++
		f.now = f.now.Add(time.Second)
		return nil
	}}
}

func TestWait(t *testing.T) {
	t.Parallel()
	start := time.Unix(1000, 0)
	cases := map[string]struct {
		flows  flows
		ids    []ledger.ID
		budget time.Duration
		looks  int
	}{
		"nothing left":                   {flows{}, []ledger.ID{1}, time.Minute, 1},
		"two are looked at twice":        {flows{}, []ledger.ID{1, 2}, time.Minute, 2},
		"until it is settled":            {flows{open: map[ledger.ID][]bool{1: {true, true}}}, []ledger.ID{1}, time.Minute, 3},
		"the second opens at the end":    {flows{open: map[ledger.ID][]bool{1: {true}, 2: {false, true, true}}}, []ledger.ID{1, 2}, time.Minute, 6},
		"the first opens again":          {flows{open: map[ledger.ID][]bool{1: {true, false, true}}}, []ledger.ID{1, 2}, time.Minute, 5},
		"a retry in time is waited for":  {flows{due: map[ledger.ID]time.Time{2: start.Add(30 * time.Second)}}, []ledger.ID{1, 2}, time.Minute, 62},
		"a retry later is not":           {flows{due: map[ledger.ID]time.Time{2: start.Add(time.Hour)}}, []ledger.ID{1, 2}, time.Minute, 2},
		"what never ends is given up":    {flows{open: map[ledger.ID][]bool{1: make([]bool, 0), 2: slicesOf(100)}}, []ledger.ID{1, 2}, 5 * time.Second, 7},
		"what goes on is waited for":     {flows{open: map[ledger.ID][]bool{2: slicesOf(20)}, due: map[ledger.ID]time.Time{2: start}}, []ledger.ID{1, 2}, 5 * time.Second, 22},
		"a call is waited for":           {flows{calls: 3, callDue: start}, []ledger.ID{1}, time.Minute, 4},
		"a call for so long only":        {flows{calls: 100, callDue: start}, []ledger.ID{1}, 5 * time.Second, 6},
		"a call that is due later":       {flows{calls: 100, callDue: start.Add(time.Hour)}, []ledger.ID{1}, time.Minute, 1},
		"held for ever, and a retry too": {flows{open: map[ledger.ID][]bool{1: slicesOf(100)}, due: map[ledger.ID]time.Time{1: start.Add(time.Hour)}}, []ledger.ID{1}, 3 * time.Second, 4},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := c.flows
			f.now = start
			if err := f.waiter().Wait(t.Context(), c.ids, start.Add(c.budget)); err != nil {
				t.Fatal(err)
			}
			if f.looks != c.looks {
				t.Errorf("%d looks, want %d", f.looks, c.looks)
			}
		})
	}
}

func slicesOf(n int) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("told to stop"))
	f := &flows{open: map[ledger.ID][]bool{1: slicesOf(9)}}
	if err := f.waiter().Wait(over, []ledger.ID{1}, f.now.Add(time.Minute)); err == nil || err.Error() != "told to stop" {
		t.Errorf("error %v", err)
	}
	f = &flows{broken: errors.New("the disk is gone")}
	if err := f.waiter().Wait(t.Context(), []ledger.ID{1}, time.Unix(1, 0).Add(time.Hour)); !errors.Is(err, f.broken) {
		t.Errorf("error %v", err)
	}
	// A flow is asked to close its runs only when those before it are closed.
	f = &flows{open: map[ledger.ID][]bool{1: {true}}}
	if err := f.waiter().Wait(t.Context(), []ledger.ID{1, 2}, f.now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ledger.ID{1, 1, 2, 1, 2}, f.asked); diff != "" {
		t.Error(diff)
	}
}

// runs are the runs of all flows.
type runs []execution.View

// List implements chain.Runs.
func (r runs) List(_ context.Context, q execution.Query) ([]execution.View, error) {
	var out []execution.View
	for _, v := range r {
		if v.Flow == q.Flow && v.Workspace == q.Workspace {
			out = append(out, v)
		}
	}
	return out, nil
}

func TestResults(t *testing.T) {
	t.Parallel()
	since := time.UnixMilli(1000)
	run := func(id ledger.ID, state ledger.RunState, ended ledger.Millis, counts ledger.Counts) execution.View {
		return execution.View{Run: ledger.Run{ID: id, Workspace: 1, Flow: 7, State: state, Ended: ended}, Counts: counts}
	}
	all := runs{
		run(3, ledger.RunRunning, 0, ledger.Counts{"pulled": 2, "accepted": 2, "retry_at": 1, "waiting": 1}),
		run(2, ledger.RunDone, 1500, ledger.Counts{"pulled": 3, "unchanged": 1, "accepted": 2, "delivered": 2}),
		run(1, ledger.RunDone, 900, ledger.Counts{"pulled": 9, "accepted": 9, "delivered": 9}),
	}
	flows := []chain.Flow{{ID: 7, Workspace: 1, Head: flow.Metadata{ID: "x", Title: "X"}}, {ID: 8, Workspace: 1, Head: flow.Metadata{ID: "y"}}}
	got, err := chain.Results(t.Context(), all, flows, since)
	if err != nil {
		t.Fatal(err)
	}
	counts := chain.Counts(ledger.Counts{"pulled": 5, "unchanged": 1, "accepted": 4, "delivered": 2, "retry_at": 1, "waiting": 1})
	want := []chain.Result{
		{ID: "x", Title: "X", Runs: []string{"2", "3"}, State: "running", Counts: counts, Balanced: true},
		{ID: "y", Runs: []string{}, State: "done", Counts: chain.Counts(nil), Balanced: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if chain.Clean(got[0].Counts) || !chain.Clean(got[1].Counts) {
		t.Error("what waits for a retry passes as clean, or what did nothing does not")
	}
	all[1].Counts = ledger.Counts{"pulled": 1}
	if got, err = chain.Results(t.Context(), all, flows, since); err != nil || got[0].Balanced {
		t.Errorf("an unbalanced run is not seen: %+v, %v", got, err)
	}
}
