package rules_test

import (
	"errors"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
)

func TestIntend(t *testing.T) {
	t.Parallel()
	key := ledger.DeliveryKey{Document: 1, NodeNo: 2, Part: 3}
	in := ledger.Intent{
		DeliveryKey: key, Rev: 4, Version: 5, Connection: 6, Resource: "bill", Key: "t", Attempt: 1, Call: 7, RowNo: 8, Body: []byte("new"),
	}
	sent := ledger.Delivery{
		DeliveryKey: key, Rev: 4, Version: 5, Connection: 6, Resource: "bill", Key: "t",
		State: ledger.DeliverySending, Attempt: 1, Call: 7, Since: 99, Updated: 99, Body: []byte("new"),
	}
	taken := sent
	taken.State, taken.Code, taken.Message = ledger.DeliveryNeedsDecision, ledger.CodeKeyTaken, "another document owns the target key t"
	taken.Args = map[string]string{"0": "t"}
	// recorded is a row at attempt 1 with everything that an answer leaves behind.
	recorded := func(state ledger.DeliveryState, rev int) *ledger.Delivery {
		return &ledger.Delivery{
			DeliveryKey: key, Rev: rev, State: state, Attempt: 1, Absent: 2, Spent: 3, Since: 44, Code: "c", Message: "m", NextAt: 5, TargetID: "id", TargetNumber: "no",
			Body: []byte("old"), Response: []byte("r"), Writeback: []byte("w"),
		}
	}
	again := in
	again.Attempt = 2
	resend := again
	resend.Body = nil
	resent := sent
	resent.Attempt, resent.TargetID, resent.TargetNumber, resent.Writeback = 2, "id", "no", []byte("w")
	retried := resent
	retried.Spent, retried.Since = 3, 44
	kept := retried
	kept.Body = []byte("old")
	revised := resent
	revised.Writeback = nil
	takenAgain := taken
	takenAgain.Attempt, takenAgain.TargetID, takenAgain.TargetNumber, takenAgain.Writeback = 2, "id", "no", []byte("w")

	tests := map[string]struct {
		on    *ledger.Delivery
		in    ledger.Intent
		taken bool
		want  ledger.Delivery
		err   error
	}{
		"first":                         {nil, in, false, sent, nil},
		"first, the key is taken":       {nil, in, true, taken, nil},
		"first, as the second":          {nil, again, false, ledger.Delivery{}, ledger.ErrFenced},
		"the same attempt twice":        {recorded(ledger.DeliverySending, 4), in, false, ledger.Delivery{}, ledger.ErrFenced},
		"after a rejection":             {recorded(ledger.DeliveryRejected, 4), again, false, resent, nil},
		"after a retry":                 {recorded(ledger.DeliveryRetryAt, 4), again, false, retried, nil},
		"resend of what is uncertain":   {recorded(ledger.DeliveryUnknown, 4), resend, false, kept, nil},
		"resend of what is sending":     {recorded(ledger.DeliverySending, 4), resend, false, kept, nil},
		"after a decision":              {recorded(ledger.DeliveryNeedsDecision, 4), again, false, resent, nil},
		"still taken":                   {recorded(ledger.DeliveryNeedsDecision, 4), again, true, takenAgain, nil},
		"done in this revision":         {recorded(ledger.DeliveryDone, 4), again, false, ledger.Delivery{}, ledger.ErrFenced},
		"done in a newer revision":      {recorded(ledger.DeliveryDone, 5), again, false, ledger.Delivery{}, ledger.ErrFenced},
		"done in an earlier revision":   {recorded(ledger.DeliveryDone, 3), again, false, revised, nil},
		"a retry in an earlier one":     {recorded(ledger.DeliveryRetryAt, 3), again, false, revised, nil},
		"rejected in an earlier one":    {recorded(ledger.DeliveryRejected, 3), again, false, revised, nil},
		"a state that nothing leads on": {recorded(ledger.DeliveryState(99), 4), again, false, ledger.Delivery{}, errAny},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rules.Intend(tt.on, tt.in, tt.taken, 99)
			if !fits(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			check(t, "delivery", got, tt.want)
		})
	}
}

var errAny = errors.New("any other error")

func fits(err, want error) bool {
	if want == errAny { //nolint:errorlint // the marker itself
		return err != nil && !errors.Is(err, ledger.ErrFenced)
	}
	return errors.Is(err, want) && (want != nil || err == nil)
}

func TestResolve(t *testing.T) {
	t.Parallel()
	on := func(state ledger.DeliveryState) ledger.Delivery {
		return ledger.Delivery{
			Rev: 4, State: state, Attempt: 2, Key: "t", Absent: 1, Spent: 1, NextAt: 7, Code: "c", Message: "m", TargetID: "id", TargetNumber: "no",
			Updated: 1, Body: []byte("b"), Response: []byte("r"), Writeback: []byte("w"),
		}
	}
	answer := ledger.Resolution{
		Attempt: 2, State: ledger.DeliveryDone, Absent: 3, Spent: 4, TargetID: "ID", TargetNumber: "NO", Code: "C", Message: "M", NextAt: 9,
		Response: []byte("R"),
	}
	full := ledger.Delivery{
		Rev: 4, State: ledger.DeliveryDone, Attempt: 2, Key: "t", Absent: 3, Spent: 4, NextAt: 9, Code: "C", Message: "M", TargetID: "ID", TargetNumber: "NO",
		Updated: 99, Body: []byte("b"), Response: []byte("R"), Writeback: []byte("w"),
	}
	got, applies, err := rules.Resolve(on(ledger.DeliverySending), answer, 99)
	if !applies || err != nil {
		t.Fatalf("applies %t, error %v", applies, err)
	}
	check(t, "delivery", got, full)

	spare := ledger.Resolution{Attempt: 2, State: ledger.DeliveryUnknown}
	want := on(ledger.DeliveryUnknown)
	want.Absent, want.Spent, want.NextAt, want.Code, want.Message, want.Updated = 0, 0, 0, "", "", 99
	got, applies, err = rules.Resolve(on(ledger.DeliverySending), spare, 99)
	if !applies || err != nil {
		t.Fatalf("applies %t, error %v", applies, err)
	}
	check(t, "what an answer leaves out stays", got, want)

	outcomes := []ledger.DeliveryState{
		ledger.DeliveryDone, ledger.DeliveryRejected, ledger.DeliveryRetryAt, ledger.DeliveryUnknown, ledger.DeliveryNeedsDecision,
	}
	all := append([]ledger.DeliveryState{0, ledger.DeliveryPending, ledger.DeliverySending}, outcomes...)
	for _, from := range all {
		for _, to := range all {
			for _, attempt := range []int{1, 2, 3} {
				r := ledger.Resolution{Attempt: attempt, State: to}
				got, applies, err := rules.Resolve(on(from), r, 99)
				latest := attempt == 2 && (from.Uncertain() || from == ledger.DeliveryPending && to == ledger.DeliveryDone)
				exists := to >= ledger.DeliveryDone
				switch {
				case !latest && (applies || err != nil), latest && exists && !applies, latest && !exists && err == nil:
					t.Errorf("attempt %d, %s to %s: applies %t, error %v", attempt, from, to, applies, err)
				case applies && got.State != to, !applies && got.State != from:
					t.Errorf("attempt %d, %s to %s: became %s", attempt, from, to, got.State)
				}
			}
		}
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	for _, state := range []ledger.DeliveryState{ledger.DeliveryDone, ledger.DeliverySending, ledger.DeliveryUnknown, ledger.DeliveryRejected, ledger.DeliveryPending} {
		for _, attempt := range []int{1, 2, 3} {
			on := ledger.Delivery{State: state, Attempt: 2, TargetID: "id", Writeback: []byte("old")}
			got, ok := rules.Keep(on, ledger.Writeback{Attempt: attempt, Stored: []byte("new")})
			if want := state == ledger.DeliveryDone && attempt == 2; ok != want {
				t.Errorf("%s at attempt %d: kept %t", state, attempt, ok)
			}
			if ok {
				on.Writeback = []byte("new")
			}
			check(t, "delivery", got, on)
		}
	}
}
