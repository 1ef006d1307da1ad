package pull_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

func never(context.Context) (bool, error) { return false, nil }

// past reads a range of the past as a run of its own.
func (r *rig) past(reading ledger.Reading, yield func(context.Context) (bool, error)) (ledger.Counts, error) {
	r.t.Helper()
	reading.Node = r.job.Source.NodeID
	return r.pulled(func(p *pull.Puller, job pull.Job) error {
		job.Yield = yield
		return p.Range(r.t.Context(), job, reading)
	})
}

func (r *rig) backfill(from, to time.Time) (ledger.Counts, error) {
	r.t.Helper()
	return r.past(ledger.Reading{Kind: ledger.Backfill, From: ledger.At(from), To: ledger.At(to)}, never)
}

func (r *rig) sweep() (ledger.Counts, error) {
	r.t.Helper()
	return r.past(ledger.Reading{Kind: ledger.GapSweep}, never)
}

// TestASweepFetchesWhatWasMissed: documents that the source commits late, dated before the
// cursor, are found and counted; what is known is unchanged, and the cursor stays.
func TestASweepFetchesWhatWasMissed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.shop.Now = day(4, 12)
	r.orders(30, day(2, 1))
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	at := r.watermark()
	for i, modified := range []time.Time{day(2, 2), day(4, 11), day(1, 13)} {
		r.shop.Put(enginetest.Order{ID: fmt.Sprintf("late%d", i), No: "late", Modified: modified})
	}
	r.shop.Put(enginetest.Order{ID: "older", No: "older", Modified: day(1, 11)}) // further back than three days
	counts, err := r.sweep()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"found": 3, "accepted": 3})
	if counts["unchanged"] < 30 || !r.watermark().Equal(at) {
		t.Errorf("%v, cursor at %s", counts, r.watermark())
	}
	counts, err = r.sweep()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"found": 0, "accepted": 0})
}

// TestASweepReadsNothingThatIsNotPassed: what lies behind the cursor is not missed yet.
func TestASweepReadsNothingThatIsNotPassed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if counts, err := r.sweep(); err != nil || r.shop.Calls != 0 {
		t.Errorf("a sweep before the first run made %d calls: %v, %v", r.shop.Calls, counts, err)
	}
	r.orders(5, day(1, 1))
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	r.shop.Now = day(3, 12)
	r.shop.Put(enginetest.Order{ID: "new", No: "new", Modified: day(2, 1)})
	counts, err := r.sweep()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"found": 0, "unchanged": 5})
}

// TestASweepAsksInItsOwnWay: its parameters stand in for the source's of the same name.
func TestASweepAsksInItsOwnWay(t *testing.T) {
	t.Parallel()
	r := newRig(t, `startFrom: "2026-01-01 00:00:00"`, `startFrom: "2026-01-01 00:00:00", sweep: {lookBack: 24h, params: [{field: from, value: "{{DAYS_AGO_2|datetime}}"}]}`)
	heard := &heard{Session: r.shop}
	r.session = heard
	r.shop.Now = day(6, 12)
	r.orders(3, day(4, 13))
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	heard.params = nil
	r.shop.Put(enginetest.Order{ID: "late", No: "late", Modified: day(4, 14)})
	counts, err := r.sweep()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"found": 1})
	if len(heard.params) != 1 || heard.params[0] != `{"from":"2026-01-04 11:59:00","to":"2026-01-06 11:59:00","page":1,"size":10}` {
		t.Errorf("asked with %q", heard.params)
	}
}

// TestABackfillReadsARange: only the range, in slices, low and behind a cursor that stays.
func TestABackfillReadsARange(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for d := range 12 {
		r.shop.Put(enginetest.Order{ID: fmt.Sprintf("d%02d", d), No: "n", Modified: day(1, 3).AddDate(0, -1, d)})
	}
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	at := r.watermark()
	from, to := day(1, 0).AddDate(0, -1, 2), day(1, 0).AddDate(0, -1, 7)
	counts, err := r.backfill(from, to)
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"accepted": 5, "found": 0})
	if !r.watermark().Equal(at) {
		t.Errorf("the cursor moved to %s", r.watermark())
	}
	if counts, err = r.backfill(from, to); err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"accepted": 0, "unchanged": 5})
}

// TestABackfillGoesOnWhereItStopped: it yields between windows, and what is read once is
// not read again, however it ended.
func TestABackfillGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		stop func(r *rig, slices *int) func(context.Context) (bool, error)
		want func(error) bool
	}{
		"it yields": {func(_ *rig, slices *int) func(context.Context) (bool, error) {
			return func(context.Context) (bool, error) { *slices++; return *slices > 2, nil }
		}, func(err error) bool { return errors.Is(err, pull.ErrYielded) }},
		"the source fails": {func(r *rig, _ *int) func(context.Context) (bool, error) {
			r.shop.Fail = func(call int) error {
				if call > 4 {
					return fault.New("vendor.down", "down").Classed(fault.Auth)
				}
				return nil
			}
			return never
		}, func(err error) bool { return fault.CodeOf(err) == "vendor.down" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			for d := range 6 {
				for i := range 12 {
					r.shop.Put(enginetest.Order{ID: fmt.Sprintf("d%02d-%02d", d, i), No: "n", Modified: day(1, 3).AddDate(0, -1, d)})
				}
			}
			reading := ledger.Reading{Kind: ledger.Backfill, Node: "orders", From: ledger.At(day(1, 0).AddDate(0, -1, 0)), To: ledger.At(day(1, 0).AddDate(0, -1, 6))}
			run, _, err := r.store.OpenRun(t.Context(), ledger.Run{Workspace: 1, Flow: 2, Version: 3, Trigger: "backfill", FireAt: 1}, 1)
			if err != nil {
				t.Fatal(err)
			}
			read := func(yield func(context.Context) (bool, error)) error {
				return r.reads(run.ID, reading, yield)
			}
			slices := 0
			if err := read(end.stop(r, &slices)); !end.want(err) {
				t.Fatalf("error %v", err)
			}
			r.shop.Fail, r.shop.Calls = nil, 0
			if err := read(never); err != nil {
				t.Fatal(err)
			}
			if n := len(r.keys()); n != 72 {
				t.Errorf("%d of 72 arrived", n)
			}
			if r.shop.Calls > 4*5 { // two slices were read before: four are left, five calls each at most
				t.Errorf("%d calls for what was left", r.shop.Calls)
			}
		})
	}
}

// reads lets a run read a range of the past.
func (r *rig) reads(run ledger.ID, reading ledger.Reading, yield func(context.Context) (bool, error)) error {
	r.t.Helper()
	var failed error
	_, err := r.pulled(func(p *pull.Puller, job pull.Job) error {
		job.Run, job.Yield = run, yield
		failed = p.Range(r.t.Context(), job, reading)
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return failed
}

// heard keeps what the source is asked.
type heard struct {
	connector.Session

	params []string
}

func (h *heard) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	h.params = append(h.params, string(req.Params))
	return h.Session.Query(ctx, req)
}

// apart is a source whose clock is ahead.
type apart struct {
	*enginetest.Shop

	ahead time.Duration
}

func (a apart) Check(context.Context) (connector.Health, error) {
	return connector.Health{SourceTime: a.Now.Add(a.ahead)}, nil
}

// TestTheSourcesClock: how far it stands apart is noted; a clock that is set wrong stops
// reading before a window ends in what has not come yet.
func TestTheSourcesClock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ahead time.Duration
		code  string
	}{
		"right":                {0, ""},
		"a little apart":       {5 * time.Minute, ""},
		"a little behind":      {-5 * time.Minute, ""},
		"set wrong":            {11 * time.Minute, "source.clock_wrong"},
		"in another zone":      {-8 * time.Hour, "source.clock_wrong"},
		"in a time of its own": {-400 * 24 * time.Hour, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.orders(3, day(1, 1))
			r.session = apart{r.shop, c.ahead}
			_, err := r.run()
			if fault.CodeOf(err) != c.code {
				t.Fatalf("error %v, want %q", err, c.code)
			}
			stream, err := r.store.OpenStream(t.Context(), 1, 2, "orders")
			if err != nil {
				t.Fatal(err)
			}
			if stream.Ahead != c.ahead || stream.ClockAt == 0 || c.code != "" && stream.Watermark != 0 {
				t.Errorf("%+v", stream)
			}
		})
	}
}
