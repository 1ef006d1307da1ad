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
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest"
)

// closes is a group of orders by state that closes by a rule, %s; each bill has the
// numbers of its orders.
const closes = `
    - {id: bills, type: group, settings: {headerGroup: [state], calculate: [{field: amount}, {field: "no", function: $push, into: orders}], %s}}
    - {id: bill, type: map, settings: {fields: [{field: "no", value: "{{state}}-{{orders.0}}"}, {field: amount, value: "{{amount}}"}]}}
    - {id: erp, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F1}]}}|
    - {from: orders, to: bills}
    - {from: bills, to: bill}
    - {from: bill, to: erp}`

// newRule makes a rig whose group closes by a rule.
func newRule(t *testing.T, rule string) *rig {
	t.Helper()
	return newRig(t, fmt.Sprintf(closes, rule))
}

// pass lets time go on; groups are looked at and what comes of them is walked.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	r.now = r.now.Add(d)
	r.must(r.service.Tick(r.t.Context()))
	r.walk()
}

// orders reads orders that came just before, in a run of their own: each is a state
// and a number.
func (r *rig) orders(each ...string) {
	r.t.Helper()
	orders := make([]enginetest.Order, len(each))
	for i, one := range each {
		state, no, _ := strings.Cut(one, " ")
		orders[i] = enginetest.Order{ID: no, No: no, State: state, Amount: "0.1", Modified: r.now.Add(-2 * time.Minute)}
	}
	r.pull(orders...)
	r.walk()
}

// are checks the states of orders, by number.
func (r *rig) are(want string) {
	r.t.Helper()
	var got []string
	for _, d := range r.documents("orders") {
		got = append(got, d.Key+" "+d.State.String())
	}
	if text := strings.Join(got, ", "); text != want {
		r.t.Errorf("orders are %s, want %s", text, want)
	}
}

// wrote checks the bills in the ERP: their numbers and amounts.
func (r *rig) wrote(want map[string]string) {
	r.t.Helper()
	full := map[string]string{}
	for no, amount := range want {
		full[no] = fmt.Sprintf(`{"no":%q,"amount":%s}`, no, amount)
	}
	if diff := cmp.Diff(full, r.bills()); diff != "" {
		r.t.Error(diff)
	}
}

// At a number of documents a bill is made; the rest waits for others, of later runs too.
func TestClosesAtCount(t *testing.T) {
	t.Parallel()
	r := newRule(t, "close: count, count: 3")
	r.orders("new 1", "new 2", "new 3", "new 4", "new 5", "new 6", "new 7")
	r.pass(time.Second)
	r.are("1 delivered, 2 delivered, 3 delivered, 4 delivered, 5 delivered, 6 delivered, 7 held")
	r.wrote(map[string]string{"new-1": "0.3", "new-4": "0.3"})
	r.pass(240 * time.Hour) // time closes nothing
	r.orders("old 8", "new 9")
	r.pass(time.Second)
	r.are("1 delivered, 2 delivered, 3 delivered, 4 delivered, 5 delivered, 6 delivered, 7 held, 8 held, 9 held")
	r.pass(time.Second)
	r.orders("new a")
	r.pass(time.Second)
	r.are("1 delivered, 2 delivered, 3 delivered, 4 delivered, 5 delivered, 6 delivered, 7 delivered, 8 held, 9 delivered, a delivered")
	r.wrote(map[string]string{"new-1": "0.3", "new-4": "0.3", "new-7": "0.3"})
	r.settled()
}

// After a time a bill is made of what came since the first document, in whatever run.
func TestClosesAtAge(t *testing.T) {
	t.Parallel()
	r := newRule(t, "close: age, age: 30m")
	r.orders("new 1")
	r.pass(10 * time.Minute)
	r.orders("new 2", "old 3")
	r.pass(20*time.Minute - time.Millisecond)
	r.are("1 held, 2 held, 3 held")
	r.pass(time.Millisecond)
	r.are("1 delivered, 2 delivered, 3 held")
	r.orders("new 4") // begins another bill
	r.pass(10 * time.Minute)
	r.are("1 delivered, 2 delivered, 3 delivered, 4 held")
	r.pass(20 * time.Minute)
	r.wrote(map[string]string{"new-1": "0.2", "old-3": "0.1", "new-4": "0.1"})
	r.settled()
}

// A day of the flow's time zone makes a bill, a while after it is over; a field's date
// says which day, and a date in the past is of the day it comes.
func TestClosesAtDay(t *testing.T) {
	t.Parallel()
	r := newRule(t, "close: bucket, age: 1h, bucketField: modified")
	r.now = time.Date(2026, 1, 1, 23, 58, 0, 0, enginetest.Zone())
	r.orders("new 1", "new 2")
	r.now = time.Date(2026, 1, 2, 0, 1, 0, 0, enginetest.Zone())
	r.orders("new 3") // modified at 23:59
	r.now = time.Date(2026, 1, 2, 0, 3, 0, 0, enginetest.Zone())
	r.orders("new 4")
	r.pass(57*time.Minute - time.Millisecond)
	r.are("1 held, 2 held, 3 held, 4 held")
	r.pass(time.Millisecond) // 01:00
	r.are("1 delivered, 2 delivered, 3 delivered, 4 held")
	r.pass(24*time.Hour - time.Millisecond)
	r.are("1 delivered, 2 delivered, 3 delivered, 4 held")
	r.pass(time.Millisecond)
	r.wrote(map[string]string{"new-1": "0.3", "new-4": "0.1"})
	r.settled()
}

// What is no date makes a bucket with the day of arrival; without a field that alone does.
func TestClosesAtDayOfArrival(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"", ", bucketField: state"} {
		r := newRule(t, "close: bucket"+field)
		r.orders("new 1", "old 2")
		r.pass(12*time.Hour - time.Millisecond)
		r.are("1 held, 2 held")
		r.pass(time.Millisecond)
		r.orders("new 3")
		r.pass(time.Second)
		r.are("1 delivered, 2 delivered, 3 held")
		r.wrote(map[string]string{"new-1": "0.1", "old-2": "0.1"})
	}
}

// A run's groups close when it has nothing more for them, not while it reads.
func TestClosesAtRunEnd(t *testing.T) {
	t.Parallel()
	r := newRule(t, "close: run")
	r.reading = true
	r.orders("new 1", "old 2")
	r.pass(time.Hour)
	r.are("1 held, 2 held")
	r.must(r.store.EndPulling(t.Context(), r.run, nil, ledger.At(r.now)))
	r.reading = false
	first := r.run
	r.orders("new 3") // of another run, on its way already
	r.pass(time.Second)
	r.are("1 delivered, 2 delivered, 3 delivered")
	r.wrote(map[string]string{"new-1": "0.1", "old-2": "0.1", "new-3": "0.1"})
	r.settled()
	r.run = first
	r.settled()
}

// late reads orders of which one was in a bill that was written and changes then.
func late(t *testing.T, rule string, edits ...string) *rig {
	t.Helper()
	r := newRig(t, strings.NewReplacer(append(edits, `"{{state}}-{{orders.0}}"`, `"{{state}}"`)...).Replace(fmt.Sprintf(closes, "late: "+rule)))
	r.orders("new 1", "new 2")
	r.pass(time.Second)
	r.are("1 delivered, 2 delivered")
	r.wrote(map[string]string{"new": "0.2"})
	r.now = r.now.Add(5 * time.Minute)
	r.pull(enginetest.Order{ID: "1", No: "1", State: "new", Amount: "12345678901234567.85", Modified: r.now.Add(-2 * time.Minute)})
	r.walk()
	r.pass(time.Second)
	return r
}

// A person decides about a document that changed after it was written.
func TestLateDecides(t *testing.T) {
	t.Parallel()
	r := late(t, "decide")
	r.are("1 needs_decision, 2 delivered")
	problem, _, err := r.store.Problem(t.Context(), r.documents("orders")[0].ID)
	r.must(err)
	if problem.Code != "group.late" {
		t.Errorf("%+v", problem)
	}
	r.wrote(map[string]string{"new": "0.2"})
	r.settled()
}

// It goes into a new bill; which has the target's key of the other, so a person is asked.
func TestLateMakesANewBill(t *testing.T) {
	t.Parallel()
	r := late(t, "new")
	bills := r.documents("bills")
	if len(bills) != 2 || bills[1].State != ledger.NeedsDecision {
		t.Fatalf("%+v", bills)
	}
	body, err := r.store.Body(t.Context(), bills[1].ID)
	r.must(err)
	if want := `{"state":"new","amount":12345678901234567.85,"orders":["1"]}`; string(body) != want {
		t.Errorf("%s, want %s", body, want)
	}
	r.are("1 needs_decision, 2 delivered")
	r.wrote(map[string]string{"new": "0.2"})
}

// The bill is made anew, with the other documents that it had. Whether it is written over
// is the target's to say: this one can only create, so a person is asked.
func TestLateUpdates(t *testing.T) {
	t.Parallel()
	r := late(t, "update")
	bills := r.documents("bills")
	if len(bills) != 1 || bills[0].ActiveRev != 2 {
		t.Fatalf("%+v", bills)
	}
	body, err := r.store.Body(t.Context(), bills[0].ID)
	r.must(err)
	if want := `{"state":"new","amount":12345678901234567.95,"orders":["1","2"]}`; string(body) != want {
		t.Errorf("%s, want %s", body, want)
	}
	problem, _, err := r.store.Problem(t.Context(), bills[0].ID)
	r.must(err)
	if bills[0].State != ledger.NeedsDecision || problem.Code != "delivery.revised" {
		t.Errorf("%s with %+v", bills[0].State, problem)
	}
	r.are("1 needs_decision, 2 delivered") // what the other brings stands in the target as it was
	r.wrote(map[string]string{"new": "0.2"})
}

// Where the target updates, the bill that is made anew is written over the one that is there.
func TestLateUpdatesTheBillInTheTarget(t *testing.T) {
	t.Parallel()
	r := late(t, "update", "operation: bills,", "operation: bills, onRevised: update,")
	bills := r.documents("bills")
	if len(bills) != 1 || bills[0].ActiveRev != 2 || bills[0].State != ledger.Delivered {
		t.Fatalf("%+v", bills)
	}
	r.are("1 delivered, 2 delivered")
	r.wrote(map[string]string{"new": `12345678901234567.95,"id":"id-new"`})
}

// torn is a store that can't close the first group that it is asked for.
type torn struct {
	*runtest.Memory

	first ledger.ID
}

var errTorn = errors.New("the bill is too large for the database")

func (s *torn) CloseGroup(ctx context.Context, c barrier.Closing) ([]ledger.ID, error) {
	if s.first == 0 {
		s.first = c.Group
	}
	if s.first == c.Group {
		return nil, errTorn
	}
	return s.Memory.CloseGroup(ctx, c)
}

// A group that can't be stored keeps no other one open.
func TestOneGroupStopsNoOther(t *testing.T) {
	t.Parallel()
	r := newRule(t, "close: count, count: 2")
	r.orders("new 1", "new 2", "old 3", "old 4")
	clock := func() time.Time { return r.now }
	closer := closing.New(closing.Config{Store: &torn{Memory: r.store}, Plans: r, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if _, err := closer.Sweep(t.Context()); !errors.Is(err, errTorn) {
		t.Errorf("the sweep tells %v", err)
	}
	r.walk()
	if n := len(r.bills()); n != 1 {
		t.Errorf("%d bills are written, want that of the other group", n)
	}
	r.pass(time.Second)
	r.wrote(map[string]string{"new-1": "0.2", "old-3": "0.2"})
}
