package deliver_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// kind is a kind of target under test.
type kind struct {
	name    string
	class   manifest.Class
	repeats enginetest.Repeats
	// probe and lag say that objects can be looked up, and how late they show.
	probe bool
	lag   time.Duration
}

// TestOddAnswersToBatches: whatever a target answers to batches of rows, and whenever
// what it holds shows in look-ups, no row is lost, none becomes two objects, and none is
// called done that is not there with its body. A row without a key is sent once.
func TestOddAnswersToBatches(t *testing.T) {
	t.Parallel()
	target := jobTarget(t)
	for _, k := range []kind{
		{name: "knows its keys", class: manifest.NativeKey},
		{name: "knows its keys and refuses them", class: manifest.NativeKey, repeats: enginetest.Refused, probe: true, lag: 3 * time.Minute},
		{name: "refuses what it holds", class: manifest.QueryableKey, probe: true, lag: 3 * time.Minute},
		{name: "takes what it holds once more", class: manifest.QueryableKey, repeats: enginetest.Taken, probe: true, lag: 3 * time.Minute},
		{name: "overwrites", class: manifest.Upsert},
		{name: "has no keys", class: manifest.NoKey},
		{name: "has no keys and can be asked", class: manifest.NoKey, probe: true, lag: 3 * time.Minute},
	} {
		for _, answers := range []manifest.AnswerForm{manifest.PerRow, manifest.Counts, manifest.All} {
			t.Run(k.name+", "+string(answers), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(rt *rapid.T) { newOdd(t, rt, target, k, answers).run(rt) })
			})
		}
	}
}

// odd is a target with faults, and what is known of its rows.
type odd struct {
	*rig
	kind
	answers manifest.AnswerForm
	nos     []string
	// last is where the rows stood after a walk, at when they were last sent, doubt whose
	// answer is lost, and foreign the bodies that somebody else wrote.
	last    []deliver.Result
	at      map[string]time.Time
	doubt   map[string]bool
	foreign map[string]string
	// call is what becomes of the calls of a walk, order how an answer is mixed; the rest
	// are rows that the answer leaves out, gives no id, or refuses for now.
	call                    string
	order                   []int
	unnamed, nameless, busy map[string]bool
}

// faultsOfCalls are what may become of a call as a whole.
func faultsOfCalls() []string {
	return []string{"none", "none", "never arrives", "answer lost", "refused", "a row short", "a row twice", "mixed", "not asked"}
}

func newOdd(t *testing.T, rt *rapid.T, target *plan.Target, k kind, answers manifest.AnswerForm) *odd {
	t.Helper()
	nos := numbers(rapid.IntRange(1, 7).Draw(rt, "rows"))
	o := &odd{
		rig: newRigOf(t, len(nos), target), kind: k, nos: nos, answers: answers,
		at: map[string]time.Time{}, doubt: map[string]bool{}, foreign: map[string]string{},
	}
	o.forms(k.class, rapid.SampledFrom([]manifest.BatchForm{manifest.RowByRow, manifest.Atomic, manifest.UnknownBatch}).Draw(rt, "batch"), o.answers)
	o.mode(func(m *manifest.Mode) {
		if answers == manifest.PerRow {
			m.Echo = "number" // what makes a wrong order show
		}
		if m.Probe = k.probe; k.probe {
			m.Compare, m.ReadLag = []string{"no", "amount"}, manifest.Duration(k.lag)
		}
	})
	o.erp.Repeats, o.erp.Lag, o.erp.Clock = k.repeats, k.lag, func() time.Time { return o.now }
	o.erp.Fail = func(int) error {
		switch o.call {
		case "never arrives":
			return fault.New("http.cut", "cut").Classed(fault.Transient)
		case "refused":
			return fault.New("vendor.closed", "closed").Classed(fault.Transient).Unapplied()
		default:
			return nil
		}
	}
	o.erp.Lose = func(int) bool { return o.call == "answer lost" }
	o.erp.Deaf = func(int) error {
		if o.call == "not asked" {
			return fault.New("http.cut", "cut").Classed(fault.Transient)
		}
		return nil
	}
	o.erp.Silent = func(no string) bool { return o.unnamed[no] }
	o.erp.Refuse = func(no string) string { return map[bool]string{true: "busy"}[o.busy[no]] }
	o.erp.Answer = func(a connector.Answer) connector.Answer {
		if o.nameless[a.Number] {
			a.ID, a.Number = "", ""
		}
		return a
	}
	o.erp.Mix = o.mix
	return o
}

// mix changes an answer as a whole. A wrong order of one that names its rows is seen by the
// keys of those that are done; that of refusals shows nowhere.
func (o *odd) mix(rows []connector.Answer) []connector.Answer {
	switch {
	case o.call == "a row short" && len(rows) > 0:
		at := o.order[0] % len(rows)
		return slices.Delete(rows, at, at+1)
	case o.call == "a row twice" && len(rows) > 0:
		at := o.order[0] % len(rows)
		return slices.Insert(rows, at, rows[at])
	case o.call == "mixed" && (o.answers != manifest.PerRow || len(o.nameless)+len(o.busy)+len(o.unnamed)+len(o.foreign) == 0):
		out := make([]connector.Answer, 0, len(rows))
		for _, n := range o.order {
			if n < len(rows) {
				out = append(out, rows[n])
			}
		}
		return out
	default:
		return rows
	}
}

func (o *odd) run(rt *rapid.T) {
	some := func(what string) map[string]bool {
		out := map[string]bool{}
		for _, no := range rapid.SliceOfDistinct(rapid.SampledFrom(o.nos), rapid.ID).Draw(rt, what) {
			out[no] = true
		}
		return out
	}
	for range rapid.IntRange(1, 8).Draw(rt, "walks") {
		o.call = rapid.SampledFrom(faultsOfCalls()).Draw(rt, "call")
		o.order = rapid.Permutation([]int{0, 1, 2, 3, 4}).Draw(rt, "order")
		o.unnamed, o.nameless, o.busy = map[string]bool{}, map[string]bool{}, map[string]bool{}
		switch rapid.IntRange(0, 4).Draw(rt, "of rows") {
		case 0:
			o.unnamed = some("not named")
		case 1:
			o.nameless = some("named without an id")
		case 2:
			o.busy = some("busy")
		case 3:
			o.intrude(rapid.SampledFrom(o.nos).Draw(rt, "whose"), rapid.Bool().Draw(rt, "equal"))
		}
		o.walk(rt)
		o.now = o.now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 30 * time.Minute}).Draw(rt, "later"))
	}
	o.call, o.unnamed, o.nameless, o.busy = "none", nil, nil, nil
	for range 30 {
		o.now = o.now.Add(30 * time.Minute)
		if o.walk(rt); !slices.ContainsFunc(o.last, func(r deliver.Result) bool { return r.State == unknown || r.State == retry }) {
			break
		}
	}
	for n, no := range o.nos {
		switch state := o.last[n].State; {
		case state == done:
		case state == decide && (o.foreign[no] != "" || o.class == manifest.NoKey && o.doubt[no]):
		default:
			rt.Fatalf("%s ends as %s: %v", no, state, o.last[n].Fault)
		}
	}
}

// intrude lets somebody else write under a key, where the target has it once.
func (o *odd) intrude(no string, equal bool) {
	bills, _ := o.erp.Bills()
	if o.class != manifest.QueryableKey && o.repeats != enginetest.Refused || o.repeats == enginetest.Taken || bills[no] != nil {
		return
	}
	o.foreign[no] = fmt.Sprintf(`{"no":%q,"amount":99}`, no)
	if equal {
		o.foreign[no] = fmt.Sprintf(`{"no":%q,"amount":12.50}`, no)
	}
	o.erp.Put(no, o.foreign[no])
}

// walk sends the rows and checks what must hold after every walk.
func (o *odd) walk(rt *rapid.T) {
	before := make([]int, len(o.nos))
	for n, no := range o.nos {
		before[n] = o.erp.Sent(no)
	}
	rows := o.rows(o.nos...)
	for n := range rows {
		rows[n].Resumed = true
	}
	last := o.last
	o.last = o.send(rows)
	bills, order := o.erp.Bills()
	for n, no := range o.nos {
		state, sent := o.last[n].State, o.erp.Sent(no) > before[n]
		switch {
		case !sent:
		case o.doubt[no] && o.class == manifest.NoKey:
			rt.Fatalf("%s has no key, may be there, and is sent again", no)
		case last != nil && last[n].State == unknown && o.class == manifest.QueryableKey && o.now.Sub(o.at[no]) < o.lag:
			rt.Fatalf("%s is sent again after %s", no, o.now.Sub(o.at[no]))
		case last != nil && last[n].State == done:
			rt.Fatalf("%s is sent again and was done", no)
		}
		if sent {
			o.at[no] = o.now
		}
		o.doubt[no] = o.doubt[no] || state == unknown
		if state == done {
			o.isThere(rt, n, string(bills[no]), rows[n])
		}
		if body := o.foreign[no]; body != "" && string(bills[no]) != body {
			rt.Fatalf("somebody else's %s became %s", body, bills[no])
		}
	}
	if len(order) != len(slices.Compact(slices.Sorted(slices.Values(order)))) {
		rt.Fatalf("the target holds %v", order)
	}
}

// isThere checks a row that is done.
func (o *odd) isThere(rt *rapid.T, n int, held string, row deliver.Row) {
	r, on := o.last[n], o.rows(o.nos...)[n].Existing
	switch {
	case held != string(row.Body):
		rt.Fatalf("%s is done as %s, and the target holds %q", row.Key, row.Body, held)
	case on == nil || on.State != ledger.DeliveryDone || on.TargetID != r.ID:
		rt.Fatalf("%s is done and on record as %+v", row.Key, on)
	case o.answers == manifest.PerRow && (r.ID != "id-"+row.Key || r.Number != row.Key):
		rt.Fatalf("%s is done as %q, %q", row.Key, r.ID, r.Number)
	}
}

// TestACallRefusedForOneRowOfKnownKeys: the call is refused without a word on what is left
// of it. Its rows may be sent twice, so the one that it is about is found, and only that one
// stays open.
func TestACallRefusedForOneRowOfKnownKeys(t *testing.T) {
	t.Parallel()
	for _, class := range []manifest.Class{manifest.NativeKey, manifest.Upsert} {
		r := newRig(t, 5)
		r.forms(class, manifest.RowByRow, manifest.All)
		r.erp.Refuse = func(no string) string { return map[string]string{"n002": "wrong"}[no] }
		r.states(r.send(r.rows(numbers(5)...)), all(5, done, unknown, 2)...)
		if _, order := r.erp.Bills(); len(order) != 4 {
			t.Errorf("class %s: the target holds %v", class, order)
		}
	}
}

// TestADuplicateThatTheCallOfOneRowIsRefusedFor tells of that row, whatever the form of
// answers: on the first attempt it is somebody else's, on a later one it is looked up.
func TestADuplicateThatTheCallOfOneRowIsRefusedFor(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]ledger.DeliveryState{`{"no":"a","amount":12.50}`: done, `{"no":"a","amount":1}`: decide} {
		for _, first := range []bool{true, false} {
			r := newRig(t, 1)
			r.forms(manifest.NativeKey, manifest.RowByRow, manifest.All)
			r.mode(func(m *manifest.Mode) { m.Probe, m.Compare = true, []string{"no", "amount"} })
			r.erp.Repeats = enginetest.Refused
			if !first {
				r.cut(false)
				r.states(r.send(r.rows("a")), unknown)
				r.now = r.now.Add(time.Minute)
			}
			r.erp.Put("a", body)
			results := r.send(r.rows("a"))
			if first {
				want := "delivery.duplicate"
				if r.states(results, decide); results[0].Fault.Code != want {
					t.Errorf("fault is %v, want %s", results[0].Fault, want)
				}
				continue
			}
			r.states(results, want)
			if want == decide && results[0].Fault.Code != "delivery.conflict" {
				t.Errorf("fault is %v", results[0].Fault)
			}
			r.wrote("a")
		}
	}
}
