package ledger_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
)

func TestMillis(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 19, 30, 0, 123_456_789, time.FixedZone("CST", 8*3600))
	m := ledger.At(at)
	if want := at.Truncate(time.Millisecond); !m.Time().Equal(want) || m.Time().Location() != time.UTC {
		t.Errorf("%v became %v", at, m.Time())
	}
	if got := m.Add(90*time.Second + 400*time.Microsecond); got != m+90_000 {
		t.Errorf("90 s later is %d ms later", got-m)
	}
	if ledger.At(time.Time{}) != 0 || !ledger.Millis(0).Time().IsZero() {
		t.Error("no time and 0 do not stand for each other")
	}
	if ledger.FarFuture <= ledger.At(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Error("the far future comes before the year 9999")
	}
	if exact := float64(ledger.FarFuture); ledger.Millis(exact) != ledger.FarFuture {
		t.Error("the far future does not survive a JavaScript number")
	}
}

// TestNames pins what the API, the counts and the database say.
func TestNames(t *testing.T) {
	t.Parallel()
	var states, deliveries, runs []string
	for s := ledger.State(-1); s <= ledger.Replaced+1; s++ {
		states = append(states, s.String())
	}
	for s := ledger.DeliveryState(-1); s <= ledger.DeliveryNeedsDecision+1; s++ {
		deliveries = append(deliveries, s.String())
	}
	for s := ledger.RunState(-1); s <= ledger.RunCancelled+1; s++ {
		runs = append(runs, s.String())
	}
	check(t, "states", states, []string{
		"unknown", "none", "waiting", "held", "delivered", "collected", "filtered", "rejected", "retry_at", "unmapped",
		"needs_decision", "superseded", "skipped", "dropped", "replaced", "unknown",
	})
	check(t, "delivery states", deliveries, []string{
		"unknown_state", "none", "pending", "sending", "done", "rejected", "retry_at", "unknown", "needs_decision", "unknown_state",
	})
	check(t, "run states", runs, []string{"unknown", "none", "queued", "running", "done", "failed", "cancelled", "unknown"})
}

func TestOpenStates(t *testing.T) {
	t.Parallel()
	open := map[ledger.State]bool{ledger.Waiting: true, ledger.Held: true, ledger.RetryAt: true}
	repairable := map[ledger.State]bool{ledger.Rejected: true, ledger.RetryAt: true, ledger.Unmapped: true, ledger.NeedsDecision: true}
	for _, s := range append(ledger.States(), ledger.Dropped, ledger.Replaced, 0) {
		if s.Open() != open[s] || s.Repairable() != repairable[s] {
			t.Errorf("%s: open is %t, repairable %t", s, s.Open(), s.Repairable())
		}
	}
	if n := len(ledger.States()); n != 11 {
		t.Errorf("%d states are counted, want 11", n)
	}
}

func TestErrorsAreTold(t *testing.T) {
	t.Parallel()
	if errors.Is(ledger.ErrFenced, ledger.ErrNotFound) || ledger.ErrFenced.Error() == "" || ledger.ErrNotFound.Error() == "" {
		t.Error("the sentinels cannot be told apart")
	}
}

func TestQueued(t *testing.T) {
	t.Parallel()
	queues := map[ledger.State]bool{ledger.Waiting: true, ledger.Held: true, ledger.RetryAt: true, ledger.NeedsDecision: true}
	for _, s := range ledger.States() {
		newer := ledger.Document{ActiveRev: 1, LatestRev: 3, State: s}
		if newer.Queued() != queues[s] {
			t.Errorf("%s with newer revisions: queued is %t", s, newer.Queued())
		}
		if same := (&ledger.Document{ActiveRev: 3, LatestRev: 3, State: s}); same.Queued() {
			t.Errorf("%s without newer revisions is queued", s)
		}
	}
}

// check compares two values.
func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
