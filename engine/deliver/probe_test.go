package deliver_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// mode changes what the operation declares about creating.
func (r *rig) mode(change func(*manifest.Mode)) {
	r.writing(func(w *manifest.Writing) {
		mode := *w.Create
		change(&mode)
		w.Create = &mode
	})
}

// writing changes what the operation declares about writing.
func (r *rig) writing(change func(*manifest.Writing)) {
	target, operation, writing := *r.target, *r.target.Operation, *r.target.Operation.Writing
	change(&writing)
	operation.Writing, target.Operation = &writing, &operation
	r.target = &target
}

// preProbed is a rig whose target is asked before it is written and compares nothing.
func preProbed(t *testing.T, documents int) *rig {
	t.Helper()
	r := newRig(t, documents)
	r.mode(func(m *manifest.Mode) { m.PreProbe, m.Compare = true, nil })
	return r
}

// cut makes the first write a request that never arrives, or an answer that gets lost.
func (r *rig) cut(arrives bool) {
	r.erp.Lose = func(write int) bool { return arrives && write == 1 }
	r.erp.Fail = func(write int) error {
		if !arrives && write == 1 {
			return fault.New("http.cut", "cut").Classed(fault.Transient)
		}
		return nil
	}
}

// TestClassWithoutKeyIsLookedUpAndNeverSentAgain: the target shows objects, but two of
// a kind could come of sending again.
func TestClassWithoutKeyIsLookedUpAndNeverSentAgain(t *testing.T) {
	t.Parallel()
	for _, arrives := range []bool{true, false} {
		r := newRig(t, 1)
		r.mode(func(m *manifest.Mode) { m.Class = manifest.NoKey })
		r.cut(arrives)
		r.states(r.send(r.rows("a")), unknown)
		r.now = r.now.Add(time.Minute)
		if arrives {
			r.states(r.send(r.rows("a")), done)
			continue
		}
		r.states(r.send(r.rows("a")), unknown)
		for range 3 {
			r.now = r.now.Add(time.Minute)
			results := r.send(r.rows("a"))
			r.states(results, decide)
			if results[0].Fault.Code != "delivery.unknown" {
				t.Errorf("fault is %v", results[0].Fault)
			}
		}
		if r.erp.Writes != 1 || r.erp.Probes != 2 {
			t.Errorf("%d writes, %d look-ups", r.erp.Writes, r.erp.Probes)
		}
		r.wrote()
	}
}

// TestNothingToCompareIsNotEqual: an object is found, and nothing tells whose it is.
func TestNothingToCompareIsNotEqual(t *testing.T) {
	t.Parallel()
	for _, class := range []manifest.Class{manifest.QueryableKey, manifest.NoKey} {
		r := newRig(t, 1)
		r.mode(func(m *manifest.Mode) { m.Class, m.Compare = class, nil })
		r.cut(false)
		r.states(r.send(r.rows("a")), unknown)
		r.erp.Put("a", `{"no":"a","amount":77}`) // somebody else's
		r.now = r.now.Add(time.Minute)
		results := r.send(r.rows("a"))
		r.states(results, decide)
		if results[0].Fault.Code != "delivery.conflict" {
			t.Errorf("class %s: fault is %v", class, results[0].Fault)
		}
	}
}

// TestTheTargetIsAskedFirst: one look-up for a call's rows, and what the target holds
// already is not sent.
func TestTheTargetIsAskedFirst(t *testing.T) {
	t.Parallel()
	for conflict, want := range map[string]ledger.DeliveryState{"": decide, "decide": decide, "reject": rejected, "adopt": decide} {
		r := preProbed(t, 3)
		r.target.OnConflict = conflict
		r.erp.Put("b", `{"no":"b","amount":77}`)
		results := r.send(r.rows("a", "b", "c"))
		r.states(results, done, want, done)
		if results[1].Fault.Code != "delivery.duplicate" || r.erp.Probes != 1 || r.erp.Writes != 1 {
			t.Errorf("%q: %v after %d look-ups and %d writes", conflict, results[1].Fault, r.erp.Probes, r.erp.Writes)
		}
		if d := r.rows("a", "b", "c")[1].Existing; d != nil {
			t.Errorf("%q: an attempt is on record: %+v", conflict, d)
		}
		r.wrote("b", "a", "c")
		if probes := r.store.Probes(); len(probes) != 1 || probes[0].Call.Rows != 3 || probes[0].Call.TraceID != "trace" || len(probes[0].Rows) != 0 {
			t.Errorf("%q: look-ups are %+v", conflict, probes)
		}
		r.states(r.send(r.rows("a", "b", "c")), done, want, done)
		if r.erp.Probes != 2 || r.erp.Writes != 1 {
			t.Errorf("%q: %d look-ups, %d writes", conflict, r.erp.Probes, r.erp.Writes)
		}
	}
}

// TestWhatIsFoundAfterALostAnswerIsOurs where the target did not hold it before.
func TestWhatIsFoundAfterALostAnswerIsOurs(t *testing.T) {
	t.Parallel()
	r := preProbed(t, 1)
	r.cut(true)
	r.states(r.send(r.rows("a")), unknown)
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a")), done)
	r.wrote("a")
	if r.erp.Writes != 1 {
		t.Errorf("%d writes", r.erp.Writes)
	}
}

// TestARefusedAttemptProvesNothing: the target refused a row, somebody wrote its key
// by hand, and the row is tried again.
func TestARefusedAttemptProvesNothing(t *testing.T) {
	t.Parallel()
	r := preProbed(t, 1)
	r.erp.Refuse = func(string) string { return "wrong" }
	r.states(r.send(r.rows("a")), rejected)
	r.erp.Refuse = nil
	r.erp.Put("a", `{"no":"a","amount":77}`)
	r.cut(true)
	results := r.send(r.rows("a"))
	r.states(results, decide)
	r.wrote("a")
	if results[0].Fault.Code != "delivery.duplicate" || r.erp.Writes != 1 {
		t.Errorf("%v after %d writes", results[0].Fault, r.erp.Writes)
	}
}

// TestADuplicateOfAFirstAttemptIsNotOurs: it came between the look-up and the write.
func TestADuplicateOfAFirstAttemptIsNotOurs(t *testing.T) {
	t.Parallel()
	r := preProbed(t, 1)
	r.target.OnConflict = "adopt"
	r.erp.Fail = func(int) error { return nil }
	r.erp.Hidden = map[string]bool{"a": true} // not seen by the look-up
	r.erp.Put("a", `{"no":"a","amount":77}`)
	sent := false
	r.erp.Refuse = func(string) string { sent = true; r.erp.Hidden = nil; return "" }
	results := r.send(r.rows("a"))
	r.states(results, decide)
	if !sent || results[0].Fault.Code != "delivery.conflict" {
		t.Errorf("sent %t, fault is %v", sent, results[0].Fault)
	}
}

// TestAnEqualObjectIsAdopted without being sent, and recorded as it would be.
func TestAnEqualObjectIsAdopted(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.mode(func(m *manifest.Mode) { m.PreProbe = true })
	r.target.OnConflict = "adopt"
	r.erp.Put("a", `{"no":"a","amount":"12.5"}`)
	r.erp.Put("b", `{"no":"b","amount":1}`)
	results := r.send(r.rows("a", "b"))
	r.states(results, done, decide)
	if results[0].ID != "id-a" || results[0].Attempt != 1 || r.erp.Writes != 0 {
		t.Errorf("%+v after %d writes", results[0], r.erp.Writes)
	}
	if d := r.rows("a")[0].Existing; d == nil || d.State != done || d.TargetID != "id-a" || d.Attempt != 1 {
		t.Errorf("on record: %+v", d)
	}
	r.states(r.send(r.rows("a", "b")), done, decide)
}

// TestATargetThatCannotBeAskedIsNotWritten.
func TestATargetThatCannotBeAskedIsNotWritten(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault *fault.Fault
		want  ledger.DeliveryState
	}{
		"not now":    {fault.New("http.unreachable", "no route").Classed(fault.Transient), retry},
		"mended":     {fault.New("k.compare_invalid", "no such field").Classed(fault.Config), retry},
		"never":      {fault.New("k.row_odd", "no such row").Classed(fault.Data), rejected},
		"no telling": {fault.New("k.odd", "odd"), retry},
	}
	for name, c := range cases {
		r := preProbed(t, 1)
		r.tries = 5
		r.erp.Deaf = func(int) error { return c.fault }
		results := r.send(r.rows("a"))
		r.states(results, c.want)
		if results[0].Fault.Code != c.fault.Code || r.erp.Writes != 0 || r.rows("a")[0].Existing != nil {
			t.Errorf("%s: %v after %d writes", name, results[0].Fault, r.erp.Writes)
		}
		if c.want == retry && !r.around(results[0].RetryAt, 32*time.Second) {
			t.Errorf("%s: waits %d ms", name, results[0].RetryAt-r.at())
		}
		if probes := r.store.Probes(); len(probes) != 1 || probes[0].End.Code != c.fault.Code {
			t.Errorf("%s: look-ups are %+v", name, probes)
		}
	}
}

// TestLookUpsAreRecorded with what they told of each row.
func TestLookUpsAreRecorded(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3)
	r.erp.Lose = func(write int) bool { return write == 1 }
	r.states(r.send(r.rows("a", "b", "c")), unknown, unknown, unknown)
	r.erp.Hidden = map[string]bool{"b": true}
	r.erp.Put("c", `{"no":"c","amount":1}`)
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a", "b", "c")), done, unknown, decide)
	r.erp.Deaf = func(int) error { return fault.New("vendor.busy", "slow down").Unapplied() }
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a", "b", "c")), done, unknown, decide)
	r.erp.Deaf = nil
	r.now = r.now.Add(time.Hour)
	r.send(r.rows("a", "b", "c"))
	type row struct {
		state ledger.DeliveryState
		code  string
	}
	want := [][]row{
		{{done, ""}, {unknown, "delivery.unknown"}, {decide, "delivery.conflict"}},
		{{unknown, "delivery.unknown"}},
		{{retry, ""}}, // proved absent, and sent again
	}
	probes := r.store.Probes()
	if len(probes) < len(want) {
		t.Fatalf("look-ups are %+v", probes)
	}
	for i, rows := range want {
		if len(probes[i].Rows) != len(rows) || probes[i].Call.Kind != ledger.ProbeCall || probes[i].Call.ID == 0 {
			t.Fatalf("look-up %d is %+v", i, probes[i])
		}
		for n, want := range rows {
			if got := probes[i].Rows[n]; got.State != want.state || got.Code != want.code || got.Attempt != 1 {
				t.Errorf("look-up %d, row %d is %+v, want %+v", i, n, got, want)
			}
		}
	}
	if probes[1].End.Code != "vendor.busy" || probes[0].End.Code != "" {
		t.Errorf("ends are %+v, %+v", probes[0].End, probes[1].End)
	}
}

// TestWaitsGrowWithTheWalks, whether a row is sent or asked for.
func TestWaitsGrowWithTheWalks(t *testing.T) {
	t.Parallel()
	for tries, want := range map[int]time.Duration{0: 2 * time.Second, 1: 2 * time.Second, 4: 16 * time.Second, 30: 10 * time.Minute} {
		r := newRig(t, 2)
		r.tries = tries
		r.erp.Lose = func(int) bool { return true }
		r.erp.Refuse = nil
		results := r.send(r.rows("a"))
		if !r.around(results[0].RetryAt, want) {
			t.Errorf("%d tries: a lost answer waits %d ms", tries, results[0].RetryAt-r.at())
		}
		r.now = r.now.Add(time.Hour)
		r.erp.Deaf = func(int) error { return fault.New("http.unreachable", "no route").Classed(fault.Transient) }
		results = r.send(r.rows("a"))
		if !r.around(results[0].RetryAt, want) {
			t.Errorf("%d tries: a look-up that failed waits %d ms", tries, results[0].RetryAt-r.at())
		}
		r.erp.Fail = func(int) error { return fault.New("vendor.busy", "slow down").Unapplied() }
		rows := r.rows("", "b")
		results = r.send(rows[1:])
		if !r.around(results[0].RetryAt, max(want, 3*time.Second)) {
			t.Errorf("%d tries: a refusal waits %d ms", tries, results[0].RetryAt-r.at())
		}
	}
}

// TestRowsThatAreHeld: the target can't be reached, so no attempt is made.
func TestRowsThatAreHeld(t *testing.T) {
	t.Parallel()
	r := newRig(t, 4)
	r.states(r.send(r.rows("a")), done)
	r.erp.Lose = func(int) bool { return true }
	r.states(r.send(r.rows("a", "b")), done, unknown)
	r.now = r.now.Add(time.Minute)
	sender := deliver.New(deliver.Config{Store: r.store, Clock: func() time.Time { return r.now }})
	why := fault.New("connector.missing", "not installed").Classed(fault.Transient)
	held := sender.Hold(deliver.Stage{Claim: r.claim, Workspace: 1, NodeNo: 7, Target: r.target, Tries: 3}, r.rows("a", "b", "c"), why)
	r.states(held.Results, done, unknown, retry)
	if len(held.Resolutions) != 0 || len(held.Calls) != 0 || held.Results[0].ID != "id-a" {
		t.Errorf("%+v", held)
	}
	for _, res := range held.Results[1:] {
		if res.Fault != why || !r.around(res.RetryAt, 8*time.Second) {
			t.Errorf("%+v", res)
		}
	}
}

// TestAnswersThatNameNoObject: a vendor that counts rows, or answers for all of them,
// can't say which objects they became. One that answers row by row must.
func TestAnswersThatNameNoObject(t *testing.T) {
	t.Parallel()
	cases := []struct {
		form   manifest.AnswerForm
		answer connector.Answer
		want   ledger.DeliveryState
	}{
		{manifest.PerRow, connector.Answer{Outcome: connector.Done}, unknown},
		{manifest.PerRow, connector.Answer{Outcome: connector.Done, Number: "N1"}, done},
		{manifest.PerRow, connector.Answer{Outcome: connector.Done, ID: "1"}, done},
		{manifest.Counts, connector.Answer{Outcome: connector.Done}, done},
		{manifest.All, connector.Answer{Outcome: connector.Done}, done},
		{manifest.All, connector.Answer{Outcome: connector.Unknown}, unknown},
	}
	for _, c := range cases {
		r := newRig(t, 1)
		r.writing(func(w *manifest.Writing) { w.Answers = c.form })
		r.erp.Answer = func(connector.Answer) connector.Answer { return c.answer }
		results := r.send(r.rows("a"))
		r.states(results, c.want)
		if d := r.rows("a")[0].Existing; d.State != c.want || d.TargetNumber != c.answer.Number {
			t.Errorf("%s, %+v: on record %+v", c.form, c.answer, d)
		}
	}
}
