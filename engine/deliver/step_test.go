package deliver_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// stepping gives a rig whose target goes up to a step.
func stepping(t *testing.T, documents int, last string) *rig {
	t.Helper()
	r := newRig(t, documents)
	r.target = targetOf(t, strings.Replace(enginetest.Job, "operation: bills,", "operation: bills, lastStep: "+last+",", 1))
	return r
}

func targetOf(t *testing.T, yaml string) *plan.Target {
	t.Helper()
	for _, step := range enginetest.Compile(t, yaml).Steps {
		if step.Target != nil {
			return step.Target
		}
	}
	t.Fatal("there is no target")
	return nil
}

func (r *rig) acted(want ...string) {
	r.t.Helper()
	if !slices.Equal(r.erp.Acts, want) {
		r.t.Errorf("the target saw %v, want %v", r.erp.Acts, want)
	}
}

func (r *rig) record() *ledger.Delivery {
	r.t.Helper()
	return r.rows("a")[0].Existing
}

// TestStepsFollowTheWrite: saved, submitted and audited, in this order.
func TestStepsFollowTheWrite(t *testing.T) {
	t.Parallel()
	r := stepping(t, 2, "audit")
	results := r.send(r.rows("a", "b"))
	r.states(results, done, done)
	r.wrote("a", "b")
	r.acted("submit a", "submit b", "audit a", "audit b")
	if got := results[0]; got.ID != "id-a" || got.Number != "a" || string(got.Response) != `{"Id":"id-a","Number":"a","extra":1}` || got.Attempt != 3 {
		t.Errorf("result is %+v", got)
	}
	if d := r.record(); d.State != done || d.Step != "audit" || d.Attempt != 3 || string(d.Body) != `{"no":"a","amount":12.50}` || len(d.Response) == 0 {
		t.Errorf("on record: %+v", d)
	}
	r.states(r.send(r.rows("a", "b")), done, done) // nothing is sent again
	if r.erp.Writes != 5 {
		t.Errorf("%d calls", r.erp.Writes)
	}
}

func TestStepsEndWhereTheTargetSays(t *testing.T) {
	t.Parallel()
	for last, want := range map[string][]string{"submit": {"submit a"}, "write": nil, `""`: nil} {
		r := stepping(t, 1, last)
		r.states(r.send(r.rows("a")), done)
		r.acted(want...)
	}
}

// TestARefusedStepIsTriedAgainAlone: the write is not made again, however often the step
// is refused.
func TestARefusedStepIsTriedAgainAlone(t *testing.T) {
	t.Parallel()
	r := stepping(t, 2, "audit")
	r.erp.Status = map[string]string{}
	refusing := true
	r.erp.Action = func(action, no string) string {
		if refusing && action == "audit" && no == "a" {
			return "wrong"
		}
		return ""
	}
	results := r.send(r.rows("a", "b"))
	r.states(results, rejected, done)
	if results[0].Fault.Code != "vendor.wrong" {
		t.Errorf("fault is %v", results[0].Fault)
	}
	if d := r.record(); d.State != rejected || d.Step != "submit" || d.TargetID != "id-a" || !d.Held() {
		t.Errorf("on record: %+v", d)
	}
	writes := r.erp.Writes
	resumed := r.rows("a")
	resumed[0].Resumed = true // the engine by itself sends what was refused no more
	r.states(r.send(resumed), rejected)
	r.states(r.send(r.rows("a")), rejected) // a person's retry does
	if r.erp.Writes != writes+1 {
		t.Errorf("%d calls more", r.erp.Writes-writes)
	}
	refusing = false
	results = r.send(r.rows("a"))
	r.states(results, done)
	if results[0].ID != "id-a" || string(results[0].Response) != `{"Id":"id-a","Number":"a","extra":1}` {
		t.Errorf("result is %+v", results[0])
	}
	r.wrote("a", "b")
	r.acted("submit a", "submit b", "audit b", "audit a")
}

// TestAStepWhoseAnswerIsLost: it is made again, and that the object is there already
// where the step leads to is success.
func TestAStepWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, write := range []int{2, 3} { // the submit, the audit
		for _, arrived := range []bool{true, false} {
			r := stepping(t, 1, "audit")
			r.erp.Lose = func(n int) bool { return arrived && n == write }
			r.erp.Fail = func(n int) error {
				if n == write && !arrived {
					return fault.New("http.cut", "cut").Classed(fault.Transient)
				}
				return nil
			}
			r.states(r.send(r.rows("a")), unknown)
			r.now = r.now.Add(time.Minute)
			r.states(r.send(r.rows("a")), done)
			r.wrote("a")
			r.acted("submit a", "audit a")
			if r.erp.Probes != 0 {
				t.Errorf("%d look-ups", r.erp.Probes)
			}
		}
	}
}

// TestAWriteWhoseAnswerIsLostGoesOnWithItsSteps once it is found.
func TestAWriteWhoseAnswerIsLostGoesOnWithItsSteps(t *testing.T) {
	t.Parallel()
	r := stepping(t, 1, "audit")
	r.erp.Lose = func(write int) bool { return write == 1 }
	r.states(r.send(r.rows("a")), unknown)
	r.acted()
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a")), done)
	r.wrote("a")
	r.acted("submit a", "audit a")
}

// TestAStepThatCantBeRepeated waits for a person, and the person's order makes it again.
func TestAStepThatCantBeRepeated(t *testing.T) {
	t.Parallel()
	r := stepping(t, 1, "submit")
	op, writing := *r.target.Steps[0].Operation, *r.target.Steps[0].Operation.Writing
	writing.Update = &manifest.Mode{Class: manifest.NoKey}
	op.Writing = &writing
	r.target.Steps = []plan.FollowUp{{Operation: &op, Number: "no"}}
	r.erp.Lose = func(write int) bool { return write == 2 }
	r.states(r.send(r.rows("a")), unknown)
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a")), decide)
	r.states(r.send(r.rows("a")), decide)
	if d := r.record(); r.erp.Writes != 2 || d.Step != "bills" || d.State != decide {
		t.Errorf("%d calls, on record: %+v", r.erp.Writes, d)
	}
	rows := r.rows("a")
	rows[0].Existing.State = ledger.DeliveryPending
	r.states(r.send(rows), done) // it is submitted: that is where the step leads to
	r.wrote("a")
}

// TestARetryOfAStepWaits: a system that is busy is not asked at once, and nothing but the
// step is asked of it then.
func TestARetryOfAStepWaits(t *testing.T) {
	t.Parallel()
	r := stepping(t, 1, "submit")
	r.erp.Action = func(string, string) string { return "busy" }
	results := r.send(r.rows("a"))
	r.states(results, retry)
	if !r.around(results[0].RetryAt, 3*time.Second) { // what the system asks for: the write before it was no failure
		t.Errorf("due at %d, now is %d", results[0].RetryAt, r.at())
	}
	if d := r.record(); d.Step != "bills" || d.Spent != 1 {
		t.Errorf("on record: %+v", d)
	}
	r.states(r.send(r.rows("a")), retry)
	if r.erp.Writes != 2 {
		t.Errorf("%d calls", r.erp.Writes)
	}
	r.erp.Action = nil
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a")), done)
	r.acted("submit a")
}

// TestStepsThatAVersionTakesNoMore: what was written is all there is to do then.
func TestStepsThatAVersionTakesNoMore(t *testing.T) {
	t.Parallel()
	r := stepping(t, 1, "audit")
	r.erp.Action = func(action, _ string) string { return map[string]string{"audit": "wrong"}[action] }
	r.states(r.send(r.rows("a")), rejected)
	writes := r.erp.Writes
	r.target = targetOf(t, enginetest.Job)
	results := r.send(r.rows("a"))
	r.states(results, done)
	if r.erp.Writes != writes || results[0].ID != "id-a" {
		t.Errorf("%d calls more, %+v", r.erp.Writes-writes, results[0])
	}
	if d := r.record(); d.State != done || d.Step != "submit" {
		t.Errorf("on record: %+v", d)
	}
}

// TestANewRevisionOfWhatStoppedAtAStep: the object is there, so the policy for changed
// sources holds; an update goes through the steps anew.
func TestANewRevisionOfWhatStoppedAtAStep(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]ledger.DeliveryState{"update": done, "decide": decide, "ignore": done} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			r := stepping(t, 1, "audit")
			r.target.OnRevised = policy
			r.erp.Action = func(action, _ string) string { return map[string]string{"submit": "wrong"}[action] }
			r.states(r.send(r.rows("a")), rejected)
			r.erp.Action = nil
			r.states(r.send(r.revision(2, `{"no":"a","amount":2}`)), want)
			r.wrote("a")
			switch policy {
			case "update":
				r.holds(`{"no":"a","amount":2,"id":"id-a"}`)
				r.acted("submit a", "audit a")
			case "ignore": // the one that is there goes its way
				r.holds(`{"no":"a","amount":12.50}`)
				r.acted("submit a", "audit a")
			default:
				r.holds(`{"no":"a","amount":12.50}`)
				r.acted()
			}
		})
	}
}

// TestALostClaimStopsBeforeTheNextStep: what the write came to is on record.
func TestALostClaimStopsBeforeTheNextStep(t *testing.T) {
	t.Parallel()
	r := stepping(t, 1, "submit")
	r.erp.Answer = func(a connector.Answer) connector.Answer {
		r.now = r.now.Add(2 * time.Hour)
		if _, ok, err := r.store.Claim(t.Context(), r.claim.Work, "other", r.at(), time.Hour); err != nil || !ok {
			t.Error(ok, err)
		}
		return a
	}
	sender := deliver.New(deliver.Config{Store: r.store, Clock: func() time.Time { return r.now }, Log: slog.New(slog.DiscardHandler)})
	_, err := sender.Send(t.Context(), deliver.Stage{Claim: r.claim, Workspace: 1, Connection: 5, NodeNo: 7, Target: r.target, Session: r.erp}, r.rows("a"))
	if !errors.Is(err, ledger.ErrFenced) {
		t.Errorf("error is %v", err)
	}
	r.acted()
	if d := r.record(); d.Step != "bills" || d.State != retry || d.TargetID != "id-a" {
		t.Errorf("on record: %+v", d)
	}
}
