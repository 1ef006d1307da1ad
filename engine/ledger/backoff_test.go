package ledger_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	for tries, want := range map[int]time.Duration{
		0: 2 * time.Second, 1: 2 * time.Second, 2: 4 * time.Second, 5: 32 * time.Second, 9: 512 * time.Second, 10: 10 * time.Minute, 1000: 10 * time.Minute,
	} {
		if got := ledger.Backoff(2*time.Second, 10*time.Minute, tries, 7); got < want || got > want+want/4 {
			t.Errorf("%d tries: %s, want %s and up to a quarter more", tries, got, want)
		}
	}
	if got := ledger.Backoff(time.Hour, time.Minute, 1, 7); got < time.Minute || got > 75*time.Second {
		t.Errorf("a first wait above the most: %s", got)
	}
}

// TestBackoffSpreads: what failed together comes back at different times.
func TestBackoffSpreads(t *testing.T) {
	t.Parallel()
	buckets := map[time.Duration]int{}
	for id := ledger.ID(1000); id < 2000; id++ {
		got := ledger.Backoff(time.Minute, time.Hour, 1, id)
		if got != ledger.Backoff(time.Minute, time.Hour, 1, id) {
			t.Fatal("the same gives another wait")
		}
		buckets[got.Truncate(time.Second)]++
	}
	if len(buckets) < 12 {
		t.Errorf("a thousand documents come back in %d seconds: %v", len(buckets), buckets)
	}
	if ledger.Backoff(time.Hour, time.Hour, 3, 5) == ledger.Backoff(time.Hour, time.Hour, 4, 5) {
		t.Error("two documents that met once meet again")
	}
}
