package rules_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
)

var update = flag.Bool("update", false, "write testdata/deliveries.md anew")

// deliveryStates are all states of a delivery; 0 is that of one that is not on record.
func deliveryStates() []ledger.DeliveryState {
	out := []ledger.DeliveryState{0}
	for s := ledger.DeliveryPending; s <= ledger.DeliveryNeedsDecision; s++ {
		out = append(out, s)
	}
	return out
}

// happen lets an event happen to a delivery by the rule that carries it out, and gives
// the state afterwards; false where the rule refuses it.
func happen(from ledger.DeliveryState, e rules.Event) (ledger.DeliveryState, bool) {
	on := &ledger.Delivery{Rev: 1, State: from, Attempt: 1}
	outcome := func(state ledger.DeliveryState) (ledger.DeliveryState, bool) {
		if from == 0 {
			return 0, false // there is nothing to resolve
		}
		got, ok, err := rules.Resolve(*on, ledger.Resolution{Attempt: 1, State: state}, 1)
		return got.State, ok && err == nil
	}
	repaired := func(action ledger.Action) (ledger.DeliveryState, bool) {
		a := ill(ledger.NeedsDecision, from, "delivery.unknown")
		r := repair(a, action)
		r.Decided = true
		got, err := rules.PlanRepair(r, a, ids(200))
		if err != nil || len(got.Deliveries) == 0 || got.Deliveries[0].State == from && action != ledger.ResendDelivery {
			return from, false
		}
		return got.Deliveries[0].State, true
	}
	switch e {
	case rules.Sent, rules.KeyTaken:
		in := ledger.Intent{Rev: 2, Attempt: 2}
		if from == 0 {
			on, in.Attempt = nil, 1
		}
		got, err := rules.Intend(on, in, e == rules.KeyTaken, 1)
		return got.State, err == nil
	case rules.Written:
		return outcome(ledger.DeliveryDone)
	case rules.Refused:
		return outcome(ledger.DeliveryRejected)
	case rules.Delayed:
		return outcome(ledger.DeliveryRetryAt)
	case rules.Lost:
		return outcome(ledger.DeliveryUnknown)
	case rules.Undecided:
		return outcome(ledger.DeliveryNeedsDecision)
	case rules.Ordered:
		return repaired(ledger.ResendDelivery)
	case rules.AskedAgain:
		to, ok := repaired(ledger.RetryDocument)
		return to, ok && to == ledger.DeliveryUnknown
	case rules.Accepted:
		return repaired(ledger.AcceptDelivery)
	case rules.Gone:
		a := ill(ledger.Delivered, from, "")
		got, err := rules.PlanRepair(repair(a, ledger.RestoreDelivery), a, ids(200))
		if err != nil {
			return from, false
		}
		return got.Deliveries[0].State, true
	case rules.Dropped:
		return repaired(ledger.SkipDocument)
	default:
		return from, false
	}
}

// TestTransitions: for every state and every event, what the rules do is what the table says.
func TestTransitions(t *testing.T) {
	t.Parallel()
	for _, from := range deliveryStates() {
		for _, e := range rules.Events() {
			t.Run(fmt.Sprintf("%s %s", from, e), func(t *testing.T) {
				t.Parallel()
				want, err := rules.Next(from, e)
				got, ok := happen(from, e)
				switch {
				case err != nil && ok:
					t.Errorf("becomes %s, and the table lists no such transition", got)
				case err == nil && (!ok || got != want):
					t.Errorf("becomes %s (%t), want %s", got, ok, want)
				}
			})
		}
	}
}

// TestNothingElseHappens: events and states that there are not lead nowhere.
func TestNothingElseHappens(t *testing.T) {
	t.Parallel()
	for from := ledger.DeliveryState(-1); from <= ledger.DeliveryNeedsDecision+1; from++ {
		for _, e := range []rules.Event{-1, 0, rules.Gone + 1} {
			if to, err := rules.Next(from, e); err == nil || to != from {
				t.Errorf("%s after %s is %s", e, from, to)
			}
		}
	}
	if _, err := rules.Next(ledger.DeliveryNeedsDecision+1, rules.Sent); err == nil {
		t.Error("a state that there is not was sent")
	}
	for _, state := range []ledger.DeliveryState{0, ledger.DeliveryPending, ledger.DeliverySending, 99} {
		on := ledger.Delivery{State: ledger.DeliverySending, Attempt: 1}
		if got, ok, err := rules.Resolve(on, ledger.Resolution{Attempt: 1, State: state}, 1); err == nil || ok || got.State != on.State {
			t.Errorf("an attempt came to %s: %v", state, err)
		}
	}
}

// TestUncertainAndFixed pins which states the rest of the engine reads so.
func TestUncertainAndFixed(t *testing.T) {
	t.Parallel()
	for _, s := range deliveryStates() {
		if s.Uncertain() != (s == ledger.DeliverySending || s == ledger.DeliveryUnknown) {
			t.Errorf("%s: uncertain is %t", s, s.Uncertain())
		}
		if s.Fixed() != (s.Uncertain() || s == ledger.DeliveryPending) {
			t.Errorf("%s: fixed is %t", s, s.Fixed())
		}
	}
}

// TestTableOfTransitions pins the table as it stands in the help pages.
func TestTableOfTransitions(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("| |")
	for _, e := range rules.Events() {
		fmt.Fprintf(&b, " `%s` |", e)
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(rules.Events())+1) + "\n")
	for _, from := range deliveryStates() {
		fmt.Fprintf(&b, "| `%s` |", from)
		for _, e := range rules.Events() {
			to, err := rules.Next(from, e)
			if err != nil {
				b.WriteString(" |")
				continue
			}
			fmt.Fprintf(&b, " %s |", to)
		}
		b.WriteString("\n")
	}
	const golden = "testdata/deliveries.md"
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o750), os.WriteFile(golden, []byte(b.String()), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || string(want) != b.String() {
		t.Errorf("the table is not that of %s, %v:\n%s", golden, err, b.String())
	}
}
