package pull_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// rig pulls the job's source from a shop into a store in memory.
type rig struct {
	t     testing.TB
	store *runtest.Memory
	shop  *enginetest.Shop
	job   pull.Job
	runs  int
	// session takes the place of the shop, wrap of the store, where they are set.
	session connector.Session
	lookups lookup.Answerer
	wrap    func(pull.Store) pull.Store
	heard   func(pull.Asked)
}

func newRig(t *testing.T, edits ...string) *rig {
	t.Helper()
	source := enginetest.Compile(t, strings.NewReplacer(edits...).Replace(enginetest.Job)).Sources[0]
	return &rig{
		t: t, store: runtest.NewStore(), shop: &enginetest.Shop{Now: day(1, 12)},
		job: pull.Job{Workspace: 1, Flow: 2, Version: 3, Connection: 4, Source: source, FlowID: "job", RunID: "run"},
	}
}

// day gives a moment in January 2026.
func day(d, hour int) time.Time { return time.Date(2026, 1, d, hour, 0, 0, 0, enginetest.Zone()) }

// orders puts n orders, one a minute from start.
func (r *rig) orders(n int, start time.Time) {
	for i := range n {
		r.shop.Put(enginetest.Order{ID: fmt.Sprintf("o%04d", len(r.shop.Orders())), No: fmt.Sprint(i), Modified: start.Add(time.Duration(i) * time.Minute)})
	}
}

// run pulls once and gives the counts of the run.
func (r *rig) run() (ledger.Counts, error) {
	r.t.Helper()
	return r.pulled(func(p *pull.Puller, job pull.Job) error { return p.Run(r.t.Context(), job) })
}

// pulled opens a run, lets it be pulled and gives its counts.
func (r *rig) pulled(read func(*pull.Puller, pull.Job) error) (ledger.Counts, error) {
	r.t.Helper()
	r.runs++
	ctx := r.t.Context()
	run, _, err := r.store.OpenRun(ctx, ledger.Run{Workspace: 1, Flow: 2, Version: 3, Trigger: "test", FireAt: ledger.Millis(r.runs)}, 1)
	if err != nil {
		r.t.Fatal(err)
	}
	job := r.job
	job.Run, job.Session = run.ID, r.shop
	if r.session != nil {
		job.Session = r.session
	}
	store := pull.Store(r.store)
	if r.wrap != nil {
		store = r.wrap(store)
	}
	p := pull.New(pull.Config{
		Store: store, Clock: func() time.Time { return r.shop.Now }, Lookups: r.lookups, Log: slog.New(slog.DiscardHandler), FirstWait: time.Microsecond, Tries: 3, Heard: r.heard,
	})
	pulled := read(p, job)
	_, counts, err := r.store.Run(ctx, run.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	if !counts.Balanced() {
		r.t.Errorf("the balance does not hold: %v", counts)
	}
	return counts, pulled
}

// keys gives the keys of all documents, sorted.
func (r *rig) keys() []string {
	r.t.Helper()
	var keys []string
	for _, d := range r.documents() {
		keys = append(keys, d.Key)
	}
	slices.Sort(keys)
	return keys
}

func (r *rig) documents() []ledger.Document {
	r.t.Helper()
	stream, err := r.store.OpenStream(r.t.Context(), 1, 2, r.job.Source.NodeID)
	if err != nil {
		r.t.Fatal(err)
	}
	docs, err := r.store.Documents(r.t.Context(), stream.ID, 0, 100000)
	if err != nil {
		r.t.Fatal(err)
	}
	return docs
}

func (r *rig) watermark() time.Time {
	r.t.Helper()
	stream, err := r.store.OpenStream(r.t.Context(), 1, 2, r.job.Source.NodeID)
	if err != nil {
		r.t.Fatal(err)
	}
	return stream.Watermark.Time()
}

func (r *rig) want(counts ledger.Counts, want map[ledger.Slot]int) {
	r.t.Helper()
	for slot, n := range want {
		if counts[slot] != n {
			r.t.Errorf("%s is %d, want %d (%v)", slot, counts[slot], n, counts)
		}
	}
}

func TestReadsEverythingOnceAndNothingTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(57, day(1, 1))
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	// The first page is read once for the number of pages and once at the end.
	r.want(counts, map[ledger.Slot]int{"pulled": 67, "accepted": 57, "unchanged": 10, "waiting": 57})
	if len(r.keys()) != 57 || !r.watermark().Equal(day(1, 12).Add(-time.Minute)) {
		t.Errorf("%d documents, cursor at %s", len(r.keys()), r.watermark())
	}
	r.shop.Now = r.shop.Now.Add(time.Hour)
	counts, err = r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"accepted": 0})
}

func TestCutsLongRangesIntoWindowsOfTheVendorsSpan(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.shop.Now = day(5, 12)
	for d := 1; d <= 5; d++ {
		r.orders(12, day(d, 3))
	}
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"accepted": 60})
}

// TestRowsThatLeaveTheWindowMissNothing changes an order of the first page while
// the pages are read: behind it everything moves forward.
func TestRowsThatLeaveTheWindowMissNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(40, day(1, 1))
	r.shop.Before = func(s *enginetest.Shop, call int) {
		if call >= 2 && call <= 4 {
			o := s.Orders()[call]
			o.Modified, o.Note = s.Now, "changed while paging"
			s.Put(o)
		}
	}
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	r.shop.Before = nil
	r.shop.Now = r.shop.Now.Add(time.Hour)
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	if n := len(r.keys()); n != 40 {
		t.Errorf("%d of 40 orders arrived", n)
	}
}

// TestForwardPagingSeesTheShift proves that forward reading, which such a change
// makes miss rows, notices it and reads the window again.
func TestForwardPagingSeesTheShift(t *testing.T) {
	t.Parallel()
	r := newRig(t, "pageSize: 10", "pageSize: 10, direction: forward")
	r.orders(40, day(1, 1))
	r.shop.Before = func(s *enginetest.Shop, call int) {
		if call == 3 {
			o := s.Orders()[0]
			o.Modified = s.Now
			s.Put(o)
		}
	}
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.keys()); n != 40 {
		t.Errorf("%d of 40 orders arrived", n)
	}
	if counts["unchanged"] == 0 {
		t.Error("the window was not read again")
	}
}

func TestGrowthWhilePagingReadsTheWindowAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(30, day(1, 1))
	r.shop.Before = func(s *enginetest.Shop, call int) {
		if call == 3 { // an order committed late, dated into the window
			s.Put(enginetest.Order{ID: "late", No: "late", Modified: day(1, 1).Add(time.Second)})
		}
	}
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"accepted": 31})
	if counts["unchanged"] == 0 {
		t.Error("the window was not read again")
	}
}

func TestNeverStableWindowIsSplitAndThenGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(30, day(1, 1))
	n := 0
	r.shop.Before = func(s *enginetest.Shop, _ int) {
		n++
		s.Put(enginetest.Order{ID: fmt.Sprintf("x%d", n), No: "x", Modified: day(1, 1)})
	}
	_, err := r.run()
	if fault.CodeOf(err) != "window.unsplittable" {
		t.Errorf("error is %v", err)
	}
	if !r.watermark().Before(day(1, 1)) {
		t.Errorf("the cursor moved to %s past a window that was not read", r.watermark())
	}
}

func TestEqualTimesOnAPageEdge(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 35 {
		r.shop.Put(enginetest.Order{ID: fmt.Sprintf("same%02d", i), No: "n", Modified: day(1, 6)})
	}
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	if n := len(r.keys()); n != 35 {
		t.Errorf("%d of 35 arrived", n)
	}
}

func TestFailuresOfTheSource(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fail func(call int) error
		code string
	}{
		"passes by itself": {func(call int) error {
			if call == 2 || call == 3 {
				return fault.New("http.cut", "cut").Classed(fault.Transient)
			}
			return nil
		}, ""},
		"never passes": {func(int) error { return fault.New("http.cut", "cut").Classed(fault.Transient) }, "http.cut"},
		"refused credentials are not tried again": {func(call int) error {
			if call == 1 {
				return fault.New("vendor.10", "bad sign").Classed(fault.Auth)
			}
			return nil
		}, "vendor.10"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.orders(25, day(1, 1))
			r.shop.Fail = c.fail
			_, err := r.run()
			if fault.CodeOf(err) != c.code {
				t.Fatalf("error is %v, want %q", err, c.code)
			}
			r.shop.Fail = nil
			if _, err := r.run(); err != nil {
				t.Fatal(err)
			}
			if n := len(r.keys()); n != 25 {
				t.Errorf("%d of 25 arrived", n)
			}
		})
	}
}

// TestBadRecordsAreStoredAsRejected: a record without a usable key is visible and stops nothing.
func TestBadRecordsAreStoredAsRejected(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(3, day(1, 1))
	r.shop.Put(enginetest.Order{ID: "", No: "blank", Modified: day(1, 2)})
	r.shop.Put(enginetest.Order{ID: strings.Repeat("k", 191), No: "long", Modified: day(1, 2)})
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"accepted": 5, "rejected": 2, "waiting": 3})
	for _, d := range r.documents() {
		if d.State != ledger.Rejected {
			continue
		}
		p, ok, err := r.store.Problem(t.Context(), d.ID)
		if err != nil || !ok || p.Code != "source.key_invalid" || p.NodeID != "orders" || !strings.HasPrefix(d.Key, "!") {
			t.Errorf("document %q has problem %+v, %v", d.Key, p, err)
		}
	}
}

func TestKeepDropsAndCounts(t *testing.T) {
	t.Parallel()
	r := newRig(t, "operation: orders,", "operation: orders, keep: [[{field: state, logic: eq, value: paid}]],")
	r.orders(4, day(1, 1))
	r.shop.Put(enginetest.Order{ID: "paid", No: "p", State: "paid", Modified: day(1, 2)})
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"pulled": 5, "dropped": 4, "accepted": 1})
}

// TestRegroup: flat rows of one number become one document, across pages, and
// are claimable only when the window is done.
func TestRegroup(t *testing.T) {
	t.Parallel()
	r := newRig(t, "pageSize: 10", "pageSize: 10, direction: forward",
		"operation: orders,", `operation: orders, key: "{{no}}", regroup: {by: ["no"], lines: {into: lines, fields: [id, amount]}},`)
	for i := range 33 {
		r.shop.Put(enginetest.Order{ID: fmt.Sprintf("l%02d", i), No: fmt.Sprint(i / 4), Amount: fmt.Sprintf("%d.10", i), Modified: day(1, 1)})
	}
	r.job.Report = func(p pull.Progress) {
		if len(p.Page.Work) > 0 {
			t.Error("work of an open window was announced")
		}
	}
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	r.want(counts, map[ledger.Slot]int{"pulled": 9, "accepted": 9})
	body, err := r.store.Body(t.Context(), r.documents()[2].ID)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"no":"2","state":"","note":"","modified":"2026-01-01 01:00:00","lines":[{"id":"l08","amount":8.10},{"id":"l09","amount":9.10},{"id":"l10","amount":10.10},{"id":"l11","amount":11.10}]}`
	if string(body) != want {
		t.Errorf("document is\n%s, want\n%s", body, want)
	}
}

// TestAnInterruptedWindowIsReadAgain stops in the middle and goes on in another run.
func TestAnInterruptedWindowIsReadAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(40, day(1, 1))
	stop := errors.New("stopped")
	r.shop.Fail = func(call int) error {
		if call > 3 {
			return stop
		}
		return nil
	}
	if _, err := r.run(); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if n := len(r.keys()); n == 0 || n == 40 {
		t.Fatalf("%d documents before the stop", n)
	}
	r.shop.Fail = nil
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	if n := len(r.keys()); n != 40 {
		t.Errorf("%d of 40 arrived", n)
	}
}

// run pulls once and lets half an hour pass.
func run(rt *rapid.T, r *rig) {
	if _, err := r.run(); err != nil {
		rt.Fatal(err)
	}
	r.shop.Now = r.shop.Now.Add(30 * time.Minute)
}

// TestNothingIsMissedWhateverMoves changes random orders at random moments over
// several runs, and lets others come late: in the end every order that was there is
// in the ledger with its last content, whether the source tells totals or not.
func TestNothingIsMissedWhateverMoves(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(rt *rapid.T) {
		way := rapid.SampledFrom([]string{"backward", "forward", "forward, no total", "offset", "offset, no total"}).Draw(rt, "way")
		r := newRig(outer, "pageSize: 10", "pageSize: 10, direction: forward", "operation: orders,", "operation: orders, onSeen: revise,")
		page := &r.job.Source.Page
		if way == "backward" {
			page.Direction = manifest.Backward
		}
		if strings.HasPrefix(way, "offset") {
			page.Strategy = manifest.ByOffset
		}
		// A source with totals shows every change by itself; several at once may cancel out.
		atOnce := 1
		if r.shop.NoTotal = strings.HasSuffix(way, "no total"); r.shop.NoTotal {
			atOnce = 3
		}
		page.Size = rapid.IntRange(1, 10).Draw(rt, "size")
		r.orders(rapid.IntRange(0, 45).Draw(rt, "orders"), day(1, 1))
		budget := rapid.IntRange(0, 12).Draw(rt, "changes")
		r.shop.Before = func(s *enginetest.Shop, call int) {
			if call%rapid.IntRange(1, 4).Draw(rt, "every") != 0 {
				return
			}
			for range rapid.IntRange(1, atOnce).Draw(rt, "at once") {
				if budget > 0 && len(s.Orders()) > 0 {
					budget--
					move(rt, s, budget)
				}
			}
		}
		for range 6 {
			run(rt, r)
		}
		r.shop.Before = nil // an order that changes all the time is in no window
		run(rt, r)
		have := map[string]int64{}
		for _, d := range r.documents() {
			have[d.Key] = d.SourceHash
		}
		for _, o := range r.shop.Orders() {
			hash, late := int64(xxhash.Sum64(o.JSON())), strings.HasPrefix(o.ID, "late")
			if have[o.ID] != hash && (!late || have[o.ID] != 0) {
				rt.Errorf("the last content of order %s is not stored (%s)", o.ID, way)
			}
		}
	})
}

// move changes an order, which leaves the window, or lets one come into it late.
func move(rt *rapid.T, s *enginetest.Shop, n int) {
	o := s.Orders()[rapid.IntRange(0, len(s.Orders())-1).Draw(rt, "which")]
	if rapid.IntRange(0, 3).Draw(rt, "late") == 0 {
		s.Put(enginetest.Order{ID: fmt.Sprint("late", n), No: "late", Modified: o.Modified})
		return
	}
	o.Modified, o.Note = s.Now, fmt.Sprint("change ", n)
	s.Put(o)
}

// TestAnotherReaderTakesOver: the window's next attempt begins elsewhere. The
// first reader stops without a trace in the ledger.
func TestAnotherReaderTakesOver(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(40, day(1, 1))
	r.shop.Before = func(_ *enginetest.Shop, call int) {
		if call != 3 {
			return
		}
		stream, err := r.store.OpenStream(t.Context(), 1, 2, "orders")
		if err != nil {
			t.Fatal(err)
		}
		open, err := r.store.OpenWindows(t.Context(), stream.ID, ledger.Live)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.store.RestartWindow(t.Context(), open[0], 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.run(); fault.CodeOf(err) != "window.taken_over" {
		t.Errorf("error is %v", err)
	}
	r.shop.Before = nil
	if _, err := r.run(); err != nil {
		t.Fatal(err)
	}
	if n := len(r.keys()); n != 40 {
		t.Errorf("%d of 40 orders arrived", n)
	}
}
