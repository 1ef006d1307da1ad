package deliver_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	policy "github.com/karezflow/karez/engine/retry"
	"github.com/karezflow/karez/sdk/fault"
)

// until sends one row again and again, whenever it is due, and gives the time between the
// first and the last try, and where it ended.
func (r *rig) until(most int) (took time.Duration, last ledger.DeliveryState) {
	r.t.Helper()
	began := r.now
	for range most {
		result := r.send(r.rows("a"))[0]
		if last = result.State; last != retry && last != unknown {
			break
		}
		if result.RetryAt < r.at() {
			r.t.Fatalf("it is due at %d, which is before now", result.RetryAt)
		}
		r.now = result.RetryAt.Time()
		r.tries++
	}
	return r.now.Sub(began), last
}

// TestATimeBudget: when its time is over a row is tried a last time and given up; where the
// target may hold it a person decides.
func TestATimeBudget(t *testing.T) {
	t.Parallel()
	override := policy.Override{Tries: 1000, Business: 7 * time.Minute, GiveUpAfter: time.Hour}
	for name, c := range map[string]struct {
		prepare func(r *rig)
		want    ledger.DeliveryState
		ends    bool
	}{
		"busy":        {func(r *rig) { r.erp.Refuse = func(string) string { return "busy" } }, rejected, true},
		"lacks":       {func(r *rig) { r.erp.Refuse = func(string) string { return "missing" } }, rejected, true},
		"answer lost": {func(r *rig) { r.erp.Lose = func(int) bool { return true }; r.erp.Hidden = map[string]bool{"a": true} }, decide, true},
		"can't be asked": {func(r *rig) {
			r.erp.Lose = func(int) bool { return true }
			r.erp.Deaf = func(int) error { return fault.New("http.cut", "cut").Classed(fault.Transient) }
		}, decide, true},
		"never reached": {func(r *rig) {
			r.erp.Fail = func(int) error { return fault.New("vendor.closed", "closed").Classed(fault.Transient).Unapplied() }
		}, retry, false},
		"to be mended": {func(r *rig) {
			r.erp.Fail = func(int) error { return fault.New("vendor.denied", "denied").Classed(fault.Auth).Unapplied() }
		}, retry, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 1)
			target := *r.target
			target.Retry = override.Table()
			r.target = &target
			c.prepare(r)
			took, last := r.until(40)
			if last != c.want || c.ends && took != time.Hour {
				t.Errorf("after %s it is %s, want %s", took, last, c.want)
			}
			if !c.ends && took < time.Hour {
				t.Errorf("it was tried for %s only", took)
			}
		})
	}
}

// TestATargetsOwnWaits: waits and the number of attempts are those of the target.
func TestATargetsOwnWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	target := *r.target
	target.Retry = policy.Override{First: 30 * time.Second, Most: time.Minute, Tries: 3}.Table()
	r.target = &target
	r.erp.Refuse = func(string) string { return "busy" }
	for _, wait := range []time.Duration{30 * time.Second, time.Minute} {
		result := r.send(r.rows("a"))[0]
		if result.State != retry || !r.around(result.RetryAt, wait) {
			t.Fatalf("%s at %d, want around %s from %d", result.State, result.RetryAt, wait, r.at())
		}
		r.now = result.RetryAt.Time()
	}
	r.states(r.send(r.rows("a")), rejected)
	if r.erp.Writes != 3 {
		t.Errorf("%d writes", r.erp.Writes)
	}
}
