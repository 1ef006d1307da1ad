package clockwatch_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/clockwatch"
)

// moves is what a store was told.
type moves struct {
	by []time.Duration
	// later is how far ahead it was looked for more.
	later []time.Duration
	fail  int
	// first are the times that were moved by at all.
	first map[time.Duration]bool
}

func (m *moves) Earlier(_ context.Context, now, behind ledger.Millis, by time.Duration) (int64, error) {
	if m.fail > 0 {
		m.fail--
		return 0, errors.New("the database is away")
	}
	if m.first[by] {
		m.later = append(m.later, time.Duration(behind-now)*time.Millisecond)
		return 0, nil
	}
	m.by, m.first[by] = append(m.by, by), true
	return 1, nil
}

func TestAClockThatIsPutBackIsNoticedOnce(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		// offs is by how much the clock is off, second by second.
		offs []time.Duration
		fail int
		want []time.Duration
	}{
		"right":                      {offs: make([]time.Duration, 6)},
		"forward":                    {offs: []time.Duration{0, 0, time.Hour, time.Hour}},
		"corrected a little":         {offs: []time.Duration{0, 0, -time.Second, -2 * time.Second, -2 * time.Second}},
		"back":                       {offs: []time.Duration{0, 0, -time.Hour, -time.Hour, -time.Hour}, want: []time.Duration{time.Hour}},
		"ahead and right again":      {offs: []time.Duration{8 * time.Hour, 8 * time.Hour, 0, 0}, want: []time.Duration{8 * time.Hour}},
		"back twice":                 {offs: []time.Duration{0, -time.Minute, -time.Minute, -time.Hour, -time.Hour}, want: []time.Duration{time.Minute, 59 * time.Minute}},
		"while the database is away": {offs: []time.Duration{0, -time.Hour, -time.Hour, -time.Hour}, fail: 1, want: []time.Duration{time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				t.Helper()
				store, start := &moves{fail: one.fail, first: map[time.Duration]bool{}}, time.Now()
				clock := func() time.Time {
					now := time.Now()
					return now.Add(one.offs[min(int(now.Sub(start)/time.Second), len(one.offs)-1)])
				}
				w := clockwatch.New(clockwatch.Config{Store: store, Clock: clock, Log: slog.New(slog.DiscardHandler)})
				w.Start(t.Context())
				time.Sleep(3*time.Minute + time.Millisecond)
				w.Stop()
				want := 0
				for _, by := range one.want {
					want += 2
					if by > 2*time.Minute { // else what the wrong clock said has come by then
						want++
					}
				}
				if len(store.later) != want {
					t.Errorf("it was looked %d times for what came later, want %d", len(store.later), want)
				}
				for _, ahead := range store.later {
					if len(one.want) == 1 && (ahead > one.want[0] || ahead < one.want[0]-4*time.Minute-2*time.Second) {
						t.Errorf("what is due in %s was moved, the clock was put back by %s", ahead, one.want[0])
					}
				}
				if len(store.by) != len(one.want) {
					t.Fatalf("moved by %v, want %v", store.by, one.want)
				}
				for i, by := range store.by {
					if off := by - one.want[i]; off < -time.Second || off > time.Second {
						t.Errorf("moved by %v, want about %v", store.by, one.want)
					}
				}
			})
		})
	}
}
