package deliver_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// revision makes the row of the first document as of a revision.
func (r *rig) revision(rev int, body string) []deliver.Row {
	rows := r.rows("a")
	rows[0].Rev, rows[0].Body = rev, []byte(body)
	return rows
}

// holds compares the bill a.
func (r *rig) holds(want string) {
	r.t.Helper()
	if bills, _ := r.erp.Bills(); string(bills["a"]) != want {
		r.t.Errorf("the target holds %s, want %s", bills["a"], want)
	}
}

// TestANewRevisionUpdatesWhatWasWritten: the object that the first revision made is
// changed by its id, and what was sent before stays in the history.
func TestANewRevisionUpdatesWhatWasWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.target.OnRevised = "update"
	r.states(r.send(r.rows("a")), done)
	results := r.send(r.revision(2, `{"no":"a","amount":99.0}`))
	r.states(results, done)
	r.holds(`{"no":"a","amount":99.0,"id":"id-a"}`)
	r.wrote("a")
	if results[0].ID != "id-a" || results[0].Kept || r.erp.Changes != 1 {
		t.Errorf("result is %+v after %d changes", results[0], r.erp.Changes)
	}
	if d := r.rows("a")[0].Existing; !d.Updating || d.Rev != 2 || d.State != done {
		t.Errorf("on record: %+v", d)
	}
	history, err := r.store.History(t.Context(), r.docs[0].ID)
	r.must(err)
	if len(history) != 1 || history[0].Rev != 1 || string(history[0].Body) != `{"no":"a","amount":12.50}` {
		t.Errorf("the history is %+v", history)
	}
	// The same revision again sends nothing.
	r.states(r.send(r.revision(2, `{"no":"a","amount":99.0}`)), done)
	if r.erp.Writes != 2 {
		t.Errorf("%d writes", r.erp.Writes)
	}
}

// TestAnEarlierRevisionNeverOvertakesAnUpdate: whatever walks it once more.
func TestAnEarlierRevisionNeverOvertakesAnUpdate(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.target.OnRevised = "update"
	r.states(r.send(r.rows("a")), done)
	r.states(r.send(r.revision(3, `{"no":"a","amount":3}`)), done)
	r.states(r.send(r.revision(2, `{"no":"a","amount":2}`)), done)
	r.holds(`{"no":"a","amount":3,"id":"id-a"}`)
	if r.erp.Writes != 2 {
		t.Errorf("%d writes", r.erp.Writes)
	}
}

// TestAnUpdateThatTheTargetRefuses leaves the object and its key, and the next revision
// is an update again.
func TestAnUpdateThatTheTargetRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.target.OnRevised = "update"
	r.states(r.send(r.rows("a")), done)
	r.erp.Status = map[string]string{"a": "audited"}
	results := r.send(r.revision(2, `{"no":"a","amount":2}`))
	r.states(results, rejected)
	if results[0].Fault.Code != "vendor.locked" {
		t.Errorf("fault is %v", results[0].Fault)
	}
	// Another document may not take the key of an object that is there.
	other := r.rows("a", "a")[1:]
	other[0].Document = r.docs[1].ID
	other[0].Existing = nil
	if got := r.send(other); got[0].Fault == nil || got[0].Fault.Code != ledger.CodeKeyTaken {
		t.Errorf("another document: %+v", got[0])
	}
	r.erp.Status = nil
	r.states(r.send(r.revision(2, `{"no":"a","amount":2}`)), done)
	r.states(r.send(r.revision(3, `{"no":"a","amount":3}`)), done)
	r.holds(`{"no":"a","amount":3,"id":"id-a"}`)
	r.wrote("a")
}

// TestAnUpdateWhoseAnswerIsLost is repeated, for that changes nothing more.
func TestAnUpdateWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for _, arrived := range []bool{true, false} {
		r := newRig(t, 1)
		r.target.OnRevised = "update"
		r.states(r.send(r.rows("a")), done)
		r.erp.Lose = func(write int) bool { return arrived && write == 2 }
		r.erp.Fail = func(write int) error {
			if write == 2 && !arrived {
				return fault.New("http.cut", "cut").Classed(fault.Transient)
			}
			return nil
		}
		r.states(r.send(r.revision(2, `{"no":"a","amount":2}`)), unknown)
		r.now = r.now.Add(time.Minute)
		r.states(r.send(r.revision(2, `{"no":"a","amount":2}`)), done)
		r.holds(`{"no":"a","amount":2,"id":"id-a"}`)
		r.wrote("a")
		if r.erp.Probes != 0 {
			t.Errorf("%d look-ups", r.erp.Probes)
		}
	}
}

// TestAnUpdateThatFailsFirst waits as long as any first failure: what went well before
// prolongs nothing.
func TestAnUpdateThatFailsFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.target.OnRevised = "update"
	for rev := 1; rev < 6; rev++ {
		r.states(r.send(r.revision(rev, fmt.Sprintf(`{"no":"a","amount":%d}`, rev))), done)
	}
	r.erp.Fail = func(int) error { return fault.New("http.cut", "cut").Classed(fault.Transient) }
	for _, wait := range []time.Duration{2 * time.Second, 4 * time.Second} {
		results := r.send(r.revision(6, `{"no":"a","amount":6}`))
		r.states(results, unknown)
		if !r.around(results[0].RetryAt, wait) {
			t.Errorf("due at %d, now is %d", results[0].RetryAt, r.at())
		}
		r.now = r.now.Add(time.Minute)
	}
}

// TestAnUpdateThatCanBeLookedUp: what is found is as the update has it, as the revision
// before it had it, or somebody else changed it.
func TestAnUpdateThatCanBeLookedUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arrived bool
		changed string
		want    ledger.DeliveryState
		writes  int
	}{
		"it arrived":        {arrived: true, want: done, writes: 2},
		"it did not arrive": {want: done, writes: 3},
		"changed there":     {changed: `{"no":"a","amount":77}`, want: decide, writes: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 1)
			r.target.OnRevised = "update"
			op, writing := *r.target.Operation, *r.target.Operation.Writing
			writing.Update = &manifest.Mode{Class: manifest.QueryableKey, Probe: true, Compare: []string{"no", "amount"}, IDField: "id"}
			op.Writing = &writing
			r.target.Operation = &op
			r.states(r.send(r.rows("a")), done)
			r.erp.Lose = func(write int) bool { return c.arrived && write == 2 }
			r.erp.Fail = func(write int) error {
				if write == 2 && !c.arrived {
					return fault.New("http.cut", "cut").Classed(fault.Transient)
				}
				return nil
			}
			r.states(r.send(r.revision(2, `{"no":"a","amount":2}`)), unknown)
			if c.changed != "" {
				r.erp.Put("a", c.changed)
			}
			r.now = r.now.Add(time.Minute)
			rows := r.revision(2, `{"no":"a","amount":2}`)
			if got := string(rows[0].Existing.Before); got != `{"no":"a","amount":12.50}` {
				t.Errorf("the last body that was done is %s", got)
			}
			r.states(r.send(rows), c.want)
			if r.erp.Writes != c.writes {
				t.Errorf("%d writes, want %d", r.erp.Writes, c.writes)
			}
		})
	}
}

// TestALostFirstWriteIsUpdatedOnceItIsFound: the earlier revision is settled first.
func TestALostFirstWriteIsUpdatedOnceItIsFound(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.target.OnRevised = "update"
	r.erp.Lose = func(write int) bool { return write == 1 }
	r.states(r.send(r.rows("a")), unknown)
	r.now = r.now.Add(time.Minute)
	results := r.send(r.revision(2, `{"no":"a","amount":2}`))
	r.states(results, retry)
	if results[0].RetryAt != r.at() {
		t.Errorf("due at %d, now is %d", results[0].RetryAt, r.at())
	}
	r.states(r.send(r.revision(2, `{"no":"a","amount":2}`)), done)
	r.holds(`{"no":"a","amount":2,"id":"id-a"}`)
	r.wrote("a")
}

// TestWhatWasNeverWrittenIsCreated: a revision that follows a refused one is no update.
func TestWhatWasNeverWrittenIsCreated(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.target.OnRevised = "update"
	r.erp.Refuse = func(string) string { return "wrong" }
	r.states(r.send(r.rows("a")), rejected)
	r.erp.Refuse = nil
	r.states(r.send(r.revision(2, `{"no":"a","amount":2}`)), done)
	r.holds(`{"no":"a","amount":2}`)
}

// TestAnUpdateWithoutItsID waits for a person.
func TestAnUpdateWithoutItsID(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.target.OnRevised = "update"
	r.states(r.send(r.rows("a")), done)
	rows := r.revision(2, `{"no":"a","amount":2}`)
	rows[0].Existing.TargetID = ""
	results := r.send(rows)
	r.states(results, decide)
	if results[0].Fault.Code != "delivery.update_unnamed" || r.erp.Writes != 1 {
		t.Errorf("%v after %d writes", results[0].Fault, r.erp.Writes)
	}
}

// TestAnObjectThatIsThereAlreadyIsUpdated where the target is told to, however it is found.
func TestAnObjectThatIsThereAlreadyIsUpdated(t *testing.T) {
	t.Parallel()
	for name, preProbe := range map[string]bool{"refused as a duplicate": false, "looked up before": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 2)
			r.target.OnConflict = "update"
			if preProbe {
				r.mode(func(m *manifest.Mode) { m.PreProbe = true })
			}
			r.erp.Put("a", `{"no":"a","amount":1}`)
			r.states(r.send(r.rows("a", "b")), done, done)
			r.holds(`{"no":"a","amount":12.50,"id":"id-a"}`)
			r.wrote("a", "b")
			if d := r.rows("a")[0].Existing; !d.Updating || d.TargetID != "id-a" {
				t.Errorf("on record: %+v", d)
			}
		})
	}
}

// TestOneThatIsEqualIsNotChanged: there is nothing to update.
func TestOneThatIsEqualIsNotChanged(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.target.OnConflict = "update"
	r.erp.Put("a", `{"no":"a","amount":12.5}`)
	r.states(r.send(r.rows("a")), done)
	if r.erp.Changes != 0 {
		t.Errorf("%d changes", r.erp.Changes)
	}
}

// TestALostWriteOverAnObjectThatDiffers is made again as an update.
func TestALostWriteOverAnObjectThatDiffers(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.target.OnConflict = "update"
	r.erp.Fail = func(write int) error {
		if write == 1 {
			return fault.New("http.cut", "cut").Classed(fault.Transient)
		}
		return nil
	}
	r.states(r.send(r.rows("a")), unknown)
	r.erp.Put("a", `{"no":"a","amount":1}`)
	r.now = r.now.Add(time.Minute)
	r.states(r.send(r.rows("a")), done)
	r.holds(`{"no":"a","amount":12.50,"id":"id-a"}`)
}

// TestCreatesAndUpdatesShareNoCall.
func TestCreatesAndUpdatesShareNoCall(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.target.OnRevised = "update"
	r.states(r.send(r.rows("a")), done)
	rows := r.rows("a", "b")
	rows[0].Rev, rows[0].Body = 2, []byte(`{"no":"a","amount":2}`)
	r.states(r.send(rows), done, done)
	if r.erp.Writes != 3 {
		t.Errorf("%d writes", r.erp.Writes)
	}
	if _, order := r.erp.Bills(); !slices.Equal(order, []string{"a", "b"}) {
		t.Errorf("written: %v", order)
	}
}
