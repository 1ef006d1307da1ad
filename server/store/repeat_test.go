package store_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/server/store"
)

// What meets others is tried again ever more rarely, a bounded number of times and for a
// bounded time, and two that met do not rest alike.
func TestRestsOfTransactionsThatMeet(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	least, most := func(int64) int64 { return 0 }, func(n int64) int64 { return n - 1 }
	tests := map[string]struct {
		try       time.Duration
		duplicate bool
		random    func(int64) int64
		want      []time.Duration
	}{
		"deadlocks, shortest":     {0, false, least, []time.Duration{ms, 2 * ms, 4 * ms, 8 * ms, 16 * ms, 32 * ms, 64 * ms, 100 * ms, 100 * ms}},
		"deadlocks, longest":      {0, false, most, []time.Duration{3*ms - 1, 6*ms - 1, 12*ms - 1, 24*ms - 1, 48*ms - 1, 96*ms - 1, 192*ms - 1, 300*ms - 1, 300*ms - 1}},
		"waits for a lock":        {5 * time.Second, false, least, []time.Duration{ms, 2 * ms, 4 * ms}},
		"rows that others insert": {0, true, most, make([]time.Duration, store.MaxRepeats-1)},
	}
	for name, tt := range tests {
		if got := store.Rests(tt.try, tt.duplicate, tt.random); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		try := time.Duration(rapid.Int64Range(0, int64(10*time.Second)).Draw(r, "try"))
		sum := try
		for i, rest := range store.Rests(try, false, func(n int64) int64 { return rapid.Int64Range(0, n-1).Draw(r, "random") }) {
			if base := min(2*ms<<i, 200*ms); rest < base/2 || rest >= 3*base/2 {
				r.Fatalf("rest %d is %s", i, rest)
			}
			sum += try + rest
		}
		if sum > 31*time.Second {
			r.Fatalf("it took %s", sum)
		}
	})
}
