// Package nemesis decides by a seed when what goes wrong, has it done, and measures how
// long it takes until something gets done again.
//
// It may import the standard library only: what a fault is, the caller says.
package nemesis

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// Fault is one thing that goes wrong.
type Fault struct {
	Kind string
	// After is how long after the end of the fault before; For how long it lasts.
	After, For time.Duration
	// Draw is a number for whatever else the fault leaves to chance.
	Draw int
}

// Kind says how faults of a kind are drawn.
type Kind struct {
	Name string
	// Weight is how often it is drawn beside others.
	Weight int
	// Least and Most are how long it lasts.
	Least, Most time.Duration
}

// Plan draws so many faults. The same seed draws the same; every kind comes once before
// any comes by weight.
func Plan(seed uint64, count int, least, most time.Duration, kinds []Kind) []Fault {
	random := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // chance that can be repeated
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(random.Int64N(int64(max(most-least, 1))))
	}
	order := random.Perm(len(kinds))
	total := 0
	for _, k := range kinds {
		total += k.Weight
	}
	if total == 0 {
		return nil
	}
	plan := make([]Fault, count)
	for i := range plan {
		var kind Kind
		if i < len(order) {
			kind = kinds[order[i]]
		} else {
			at := random.IntN(total)
			for _, k := range kinds {
				if kind = k; at < k.Weight {
					break
				}
				at -= k.Weight
			}
		}
		plan[i] = Fault{Kind: kind.Name, After: between(least, most), For: between(kind.Least, kind.Most), Draw: random.IntN(1 << 20)}
	}
	return plan
}

// Act makes a fault and lifts it. It calls over at the moment from which things may get
// done again, and comes back when what it did is complete.
type Act func(ctx context.Context, f Fault, over func()) error

// Stage is what a Nemesis acts on.
type Stage struct {
	Clock func() time.Time
	// Acts carry faults out by kind; a fault of another kind is left out.
	Acts map[string]Act
	// Watch begins to look for progress; Progress gives the first since then, or the zero time.
	Watch    func()
	Progress func() time.Time
	// Told hears of each fault, before it and after.
	Told func(f Fault, phase string, err error)
	// Most is how long to wait for progress behind a fault.
	Most time.Duration
}

// Record is what became of the faults of a kind.
type Record struct {
	Count int `json:"count"`
	// Recoveries are the times from a fault's end to the first progress.
	Recoveries []time.Duration `json:"recoveries"`
	// Stuck is how many had no progress in time.
	Stuck int `json:"stuck"`
}

// Run carries a plan out until it or the context ends. An act that fails ends it.
func (s Stage) Run(ctx context.Context, plan []Fault) (map[string]*Record, error) {
	records := map[string]*Record{}
	for _, f := range plan {
		act := s.Acts[f.Kind]
		if act == nil {
			continue
		}
		if !sleep(ctx, f.After) {
			return records, nil
		}
		s.Told(f, "invoke", nil)
		since := s.Clock()
		err := act(ctx, f, func() {
			since = s.Clock()
			s.Watch()
		})
		s.Told(f, "ok", err)
		if ctx.Err() != nil {
			return records, nil //nolint:nilerr // the time is up
		}
		if err != nil {
			return records, err
		}
		r := records[f.Kind]
		if r == nil {
			r = &Record{}
			records[f.Kind] = r
		}
		r.Count++
		if took, ok := s.recovery(ctx, since); ok {
			r.Recoveries = append(r.Recoveries, took)
		} else if ctx.Err() == nil {
			r.Stuck++
		}
	}
	return records, nil
}

// recovery waits for progress since a moment.
func (s Stage) recovery(ctx context.Context, since time.Time) (time.Duration, bool) {
	for s.Clock().Sub(since) < s.Most {
		if at := s.Progress(); !at.IsZero() {
			return at.Sub(since), true
		}
		if !sleep(ctx, 10*time.Millisecond) {
			return 0, false
		}
	}
	return 0, false
}

// sleep waits; false when the context ended.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Percentile gives the p-th percentile of durations, 0 of none.
func Percentile(of []time.Duration, p int) time.Duration {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}
