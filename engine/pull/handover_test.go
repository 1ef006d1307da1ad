package pull_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// newest gives the hash of each document's newest revision.
func (r *rig) newest() map[string]int64 {
	r.t.Helper()
	have := map[string]int64{}
	for _, d := range r.documents() {
		have[d.Key] = d.SourceHash
	}
	return have
}

// complete fails unless the newest content of every order is stored.
func (r *rig) complete() {
	r.t.Helper()
	have := r.newest()
	for _, o := range r.shop.Orders() {
		if have[o.ID] != int64(xxhash.Sum64(o.JSON())) {
			r.t.Errorf("the newest content of order %s of %s is not stored", o.ID, o.Modified)
		}
	}
	if len(have) != len(r.shop.Orders()) {
		r.t.Errorf("%d documents of %d orders", len(have), len(r.shop.Orders()))
	}
}

// TestLateCommits: what is committed nine minutes late the look-back finds; what is two
// hours late only a sweep does, which counts it.
func TestLateCommits(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", "operation: orders, onSeen: revise,")
	r.orders(3, day(1, 1))
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	dated := r.shop.Now.Add(-2 * time.Minute)
	for _, late := range []time.Duration{9 * time.Minute, 2 * time.Hour} {
		r.shop.Now = dated.Add(late)
		if _, err := r.run(); err != nil { // the windows move on while it is not there yet
			t.Fatal(err)
		}
		r.shop.Put(enginetest.Order{ID: late.String(), No: "late", Modified: dated})
		r.shop.Now = r.shop.Now.Add(time.Minute)
		counts, err := r.run()
		if err != nil {
			t.Fatal(err)
		}
		if late == 9*time.Minute {
			r.want(counts, map[ledger.Slot]int{"accepted": 1})
			r.complete()
			continue
		}
		r.want(counts, map[ledger.Slot]int{"accepted": 0})
		if _, there := r.newest()[late.String()]; there {
			t.Error("a live window found what is two hours late")
		}
		counts, err = r.sweep()
		if err != nil {
			t.Fatal(err)
		}
		r.want(counts, map[ledger.Slot]int{"found": 1, "accepted": 1})
		r.complete()
	}
}

// TestASweepFindsWhatTotalsHide: as many were deleted as came late.
func TestASweepFindsWhatTotalsHide(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(20, day(1, 1))
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	r.shop.Drop("o0003")
	r.shop.Put(enginetest.Order{ID: "late", No: "late", Modified: day(1, 1).Add(10 * time.Minute)})
	counts, err := r.sweep()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"found": 1})
	if _, there := r.newest()["late"]; !there {
		t.Error("it was not found")
	}
}

// TestHandOver: a backfill reads up to where live windows began, while those move on and the
// orders at the boundary change; it is cut off and goes on. Between the two nothing is lost,
// and nothing is there twice.
func TestHandOver(t *testing.T) {
	t.Parallel()
	boundary := day(1, 0)
	change := func(id string, at time.Time) func(*rig) {
		return func(r *rig) {
			r.shop.Put(enginetest.Order{ID: id, No: "n", Note: "changed", Modified: at})
		}
	}
	for name, c := range map[string]struct {
		// during happens between the first and the second slice, cut stops the backfill there.
		during func(*rig)
		cut    bool
	}{
		"nothing happens":                         {func(*rig) {}, false},
		"an order at the boundary changes":        {func(r *rig) { change("at the boundary", r.shop.Now)(r) }, false},
		"one of the past comes to the boundary":   {change("a second before", boundary), false},
		"one of the live range is dated back":     {change("a second after", boundary), false},
		"one that is still to be read goes ahead": {func(r *rig) { change("late in the past", r.shop.Now)(r) }, false},
		"one comes late to the boundary":          {change("new", boundary), false},
		"the backfill is cut off":                 {func(*rig) {}, true},
		"it is cut off and an order changes":      {func(r *rig) { change("at the boundary", r.shop.Now)(r) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, "operation: orders,", "operation: orders, onSeen: revise,")
			for id, at := range map[string]time.Time{
				"at the boundary": boundary, "a second before": boundary.Add(-time.Second), "a second after": boundary.Add(time.Second),
				"late in the past": boundary.Add(-time.Hour), "early in the past": boundary.Add(-60 * time.Hour), "at a slice": boundary.Add(-48 * time.Hour),
			} {
				r.shop.Put(enginetest.Order{ID: id, No: "n", Modified: at})
			}
			if _, err := r.run(); err != nil {
				t.Fatal(err)
			}
			for i := range 25 { // so that slices have pages
				r.shop.Put(enginetest.Order{ID: fmt.Sprintf("past%02d", i), No: "n", Modified: boundary.Add(-time.Duration(i) * 2 * time.Hour)})
			}
			cursor := r.watermark()
			reading := ledger.Reading{Kind: ledger.Backfill, Node: "orders", From: ledger.At(boundary.Add(-72 * time.Hour)), To: ledger.At(boundary)}
			run, _, err := r.store.OpenRun(t.Context(), ledger.Run{Workspace: 1, Flow: 2, Version: 3, Trigger: "backfill", FireAt: 1}, 1)
			if err != nil {
				t.Fatal(err)
			}
			slices := 0
			between := func(context.Context) (bool, error) {
				if slices++; slices != 2 {
					return false, nil
				}
				c.during(r)
				r.shop.Now = r.shop.Now.Add(time.Hour)
				_, err := r.run() //nolint:contextcheck // a rig reads in its own
				if c.cut {
					r.shop.Fail = func(int) error { return fault.New("vendor.down", "down").Classed(fault.Auth) }
				}
				return false, err
			}
			if err := r.reads(run.ID, reading, between); c.cut != (err != nil) {
				t.Fatal(err)
			}
			r.shop.Fail = nil
			if c.cut {
				if err := r.reads(run.ID, reading, never); err != nil {
					t.Fatal(err)
				}
			}
			if !r.watermark().After(cursor) {
				t.Error("live windows did not move on")
			}
			moved := r.watermark()
			r.shop.Now = r.shop.Now.Add(time.Hour)
			if _, err := r.run(); err != nil {
				t.Fatal(err)
			}
			r.complete()
			if !r.watermark().After(moved) {
				t.Errorf("the cursor stays at %s", moved)
			}
		})
	}
}
