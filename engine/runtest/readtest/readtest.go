// Package readtest proves that reading is complete: whatever a source does while it is
// read, and wherever the reader dies, in the end each of its documents stands in the
// ledger with its newest revision, and none twice. Readers that break a rule show that
// the proof can fail.
//
// It may import the testing helper rapid, engine/enginetest, engine/ledger, engine/pull and
// engine/runtest/worldtest: never a database, and only tests import it.
package readtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Start is where the live windows of every source begin.
func Start() time.Time { return time.Date(2026, 1, 10, 0, 0, 0, 0, enginetest.Zone()) }

// Soon is the longest that a source's commits take which live windows find, Late the
// longest that only a sweep finds.
const (
	Soon = 9 * time.Minute
	Late = 2 * time.Hour
)

// Check lets readers and a source do things in any order, at most so many times, and
// looks whether all was read. The zero reader is the engine's.
func Check(t *testing.T, store worldtest.Store, reader Reader, most int) {
	t.Helper()
	source := enginetest.Compile(t, strings.NewReplacer(
		"operation: orders,", "operation: orders, onSeen: revise,",
		"2026-01-01 00:00:00", Start().Format(time.DateTime),
	).Replace(enginetest.Job)).Sources[0]
	done, failed := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if done++; done > most && !failed { // what failed is tried again until it is small
			return
		}
		defer func() { failed = failed || rt.Failed() }()
		w := newWorld(rt, store, *source, reader)
		for range rapid.IntRange(1, 14).Draw(rt, "steps") {
			w.step()
			w.consistent()
		}
		w.settle()
	})
}

// world is a source with its truth, and a stream into which it is read.
type world struct {
	*rapid.T

	store  worldtest.Store
	reader Reader
	shop   *enginetest.Shop
	job    pull.Job
	stream ledger.ID
	now    time.Time
	// skew is how far the source's clock is ahead of ours; steady says that it never jumped and
	// that nobody made the cursor pass anything by.
	skew   time.Duration
	steady bool
	// late are commits under way. took is how long that of an order's newest content took.
	late []commit
	took map[string]time.Duration
	// at counts the calls to the source, touched is when an order changed last.
	at      int
	touched map[string]int
	names   int
	// dies is before or behind which of the changes to the ledger the reader dies; 0 for never.
	dies, changes int
	behind        bool
	seen          *observer
	runs          []ledger.ID
	// past is a reading of the past that was cut off, with when it began.
	past  *ledger.Run
	since int
	// changed is how many more things happen at the source while it is read.
	changed  int
	together int
}

// commit is a change that is dated now and shows later.
type commit struct {
	order enginetest.Order
	shows time.Time
}

var errDied = errors.New("the reader died")

func newWorld(rt *rapid.T, store worldtest.Store, source plan.Source, reader Reader) *world {
	first, err := store.NextIDs(rt.Context(), 4)
	if err != nil {
		rt.Fatal(err)
	}
	w := &world{
		T: rt, store: store, reader: reader, now: Start().Add(time.Hour), steady: true, took: map[string]time.Duration{}, touched: map[string]int{}, together: 1,
		shop: &enginetest.Shop{},
		job:  pull.Job{Workspace: first, Flow: first + 1, Version: first + 2, Connection: first + 3, Source: &source, FlowID: "job", RunID: "run"},
	}
	w.ways(&source.Page)
	w.skew = rapid.SampledFrom([]time.Duration{0, 9 * time.Minute, -9 * time.Minute}).Draw(rt, "skew")
	w.tick(0)
	w.job.Session, w.shop.Before = w.shop, w.happens
	stream, err := store.OpenStream(rt.Context(), w.job.Workspace, w.job.Flow, source.NodeID)
	if err != nil {
		rt.Fatal(err)
	}
	w.stream, w.seen = stream.ID, &observer{Store: store, world: w, began: map[ledger.ID]int{}}
	for range rapid.IntRange(0, 12).Draw(rt, "orders") {
		w.names++
		w.put(enginetest.Order{ID: fmt.Sprint("o", w.names), No: "n", Modified: w.dated()}, 0)
	}
	return w
}

// ways draws how the source is paged. A source with totals shows every change by
// itself; several at once may cancel out.
func (w *world) ways(page *plan.Page) {
	way := rapid.SampledFrom([]string{"backward", "forward", "forward, no total", "offset", "offset, no total"}).Draw(w.T, "way")
	page.Direction, page.Size = manifest.Forward, rapid.IntRange(1, 6).Draw(w.T, "size")
	switch {
	case way == "backward":
		page.Direction = manifest.Backward
	case strings.HasPrefix(way, "offset"):
		page.Strategy = manifest.ByOffset
	}
	if w.shop.NoTotal = strings.HasSuffix(way, "no total"); w.shop.NoTotal {
		w.together = 3
	}
}

// dated draws a time before now, where many are equal and some are where ranges meet.
func (w *world) dated() time.Time {
	minutes := rapid.SampledFrom([]int{0, 0, 1, 30, 49, 59, -1, -30, -9 * 60, -12 * 60, -24 * 60, -33 * 60}).Draw(w.T, "dated")
	return Start().Add(time.Duration(minutes) * time.Minute)
}

// tick lets time pass at both clocks.
func (w *world) tick(d time.Duration) {
	w.now = w.now.Add(d)
	w.shop.Now = w.now.Add(w.skew).Truncate(time.Second)
}

// put makes an order's content what the source shows, took after it was dated.
func (w *world) put(o enginetest.Order, took time.Duration) {
	w.shop.Put(o)
	w.took[o.ID], w.touched[o.ID] = took, w.at
}

// show commits what was under way and is due, at most so many.
func (w *world) show(most int) {
	slices.SortStableFunc(w.late, func(a, b commit) int { return a.shows.Compare(b.shows) })
	for ; most > 0 && len(w.late) > 0 && !w.late[0].shows.After(w.now); most-- {
		o := w.late[0].order
		w.late = w.late[1:]
		if i := slices.IndexFunc(w.shop.Orders(), func(e enginetest.Order) bool { return e.ID == o.ID }); i >= 0 && !w.shop.Orders()[i].Modified.Before(o.Modified) {
			continue // it was changed again and that is committed
		}
		w.put(o, w.now.Add(w.skew).Sub(o.Modified))
	}
}

// change draws one thing that happens at the source.
func (w *world) change() {
	orders := w.shop.Orders()
	what := rapid.SampledFrom([]string{"new", "change", "delete", "soon", "late", "swap"}).Draw(w.T, "change")
	w.names++
	o := enginetest.Order{ID: fmt.Sprint("o", w.names), No: "n"}
	if len(orders) > 0 && (what == "change" || what != "new" && rapid.Bool().Draw(w.T, "known")) {
		o = orders[rapid.IntRange(0, len(orders)-1).Draw(w.T, "which")]
	}
	o.Modified, o.Note = w.shop.Now, fmt.Sprint("change ", w.names)
	switch what {
	case "delete":
		w.shop.Drop(o.ID)
		w.late = slices.DeleteFunc(w.late, func(c commit) bool { return c.order.ID == o.ID })
	case "swap": // as many as before, and others
		if len(orders) > 0 {
			w.shop.Drop(orders[0].ID)
		}
		o.ID = fmt.Sprint("o", w.names)
		w.late = append(w.late, commit{o, w.now.Add(Late)})
	case "soon":
		w.late = append(w.late, commit{o, w.now.Add(Soon)})
	case "late":
		w.late = append(w.late, commit{o, w.now.Add(Late)})
	default:
		w.put(o, 0)
	}
}

// happens is what goes on at the source while it is read.
func (w *world) happens(*enginetest.Shop, int) {
	w.at++
	if w.changed == 0 {
		return
	}
	w.tick(time.Duration(rapid.IntRange(0, 40).Draw(w.T, "seconds")) * time.Second)
	if before := len(w.late); w.together == 1 {
		if w.show(1); len(w.late) < before {
			return
		}
	}
	for range rapid.IntRange(0, w.together).Draw(w.T, "at once") {
		if w.changed > 0 {
			w.changed--
			w.change()
		}
	}
}

func (w *world) step() {
	switch rapid.SampledFrom([]string{"live", "live", "sweep", "backfill", "go on", "reset", "wait", "wait", "change", "change", "clock"}).Draw(w.T, "step") {
	case "live":
		w.risky(func() error { return w.live() })
	case "sweep":
		w.risky(func() error { return w.sweep() })
	case "backfill":
		w.risky(w.backfill)
	case "go on":
		w.risky(w.resume)
	case "reset":
		w.reset()
	case "wait":
		w.tick(time.Duration(rapid.IntRange(1, 40).Draw(w.T, "minutes")) * time.Minute)
		w.show(len(w.late))
	case "change":
		w.change()
		w.at++
	case "clock":
		w.skew = time.Duration(rapid.IntRange(-9, 9).Draw(w.T, "skew")) * time.Minute
		w.steady = false
		w.tick(0)
	}
}

// risky reads while things happen and the reader may die.
func (w *world) risky(read func() error) {
	w.changed = rapid.IntRange(0, 6).Draw(w.T, "changes")
	w.changes, w.dies, w.behind = 0, rapid.IntRange(0, 14).Draw(w.T, "dies"), rapid.Bool().Draw(w.T, "behind")
	fails := rapid.IntRange(0, 20).Draw(w.T, "fails")
	w.shop.Calls, w.shop.Fail = 0, func(call int) error {
		if call == fails {
			return fault.New("vendor.down", "down").Classed(fault.Auth)
		}
		return nil
	}
	err := read()
	w.changed, w.dies, w.shop.Fail = 0, 0, nil
	w.show(len(w.late))
	w.at++
	if err != nil && !errors.Is(err, errDied) && fault.CodeOf(err) != "vendor.down" && fault.CodeOf(err) != "window.unsplittable" {
		w.Fatalf("reading failed: %v", err)
	}
}

func (w *world) puller() *pull.Puller {
	store := pull.Store(mortal{w.seen, w})
	if w.reader.Store != nil {
		store = w.reader.Store(store)
	}
	return pull.New(pull.Config{
		Store: store, Clock: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler), FirstWait: time.Microsecond, Tries: 1,
	})
}

// open opens a run; the job is then of it.
func (w *world) open(trigger string, reading *ledger.Reading) (ledger.Run, pull.Job) {
	run, _, err := w.store.OpenRun(w.Context(), ledger.Run{
		Workspace: w.job.Workspace, Flow: w.job.Flow, Version: w.job.Version, Trigger: trigger, FireAt: ledger.Millis(len(w.runs) + 1), Reading: reading,
	}, ledger.At(w.now))
	if err != nil {
		w.Fatal(err)
	}
	w.runs = append(w.runs, run.ID)
	job := w.job
	job.Run = run.ID
	return run, job
}

func (w *world) live() error {
	_, job := w.open("live", nil)
	return w.puller().Run(w.Context(), job)
}

func (w *world) sweep() error {
	if w.reader.Sweeps != nil && !w.reader.Sweeps(w) {
		return nil
	}
	w.forget()
	run, _ := w.open("sweep", &ledger.Reading{Kind: ledger.GapSweep, Node: w.job.Source.NodeID})
	return w.reads(run)
}

func (w *world) backfill() error {
	w.forget()
	from := Start().Add(-time.Duration(rapid.IntRange(1, 8).Draw(w.T, "from")) * 9 * time.Hour)
	to := rapid.SampledFrom([]time.Time{Start(), Start().Add(-9 * time.Hour), Start().Add(12 * time.Hour)}).Draw(w.T, "to")
	if end := w.job.Source.Window.End(w.shop.Now); to.After(end) {
		to = end
	}
	if !from.Before(to) {
		return nil
	}
	run, _ := w.open("backfill", &ledger.Reading{Kind: ledger.Backfill, Node: w.job.Source.NodeID, From: ledger.At(from), To: ledger.At(to)})
	return w.reads(run)
}

// forget ends a reading of the past that was cut off: nobody goes on with it.
func (w *world) forget() {
	if w.past == nil {
		return
	}
	if err := w.store.EndPulling(w.Context(), w.past.ID, nil, ledger.At(w.now)); err != nil {
		w.Fatal(err)
	}
	w.past = nil
}

// reads lets a run read the past from its beginning.
func (w *world) reads(run ledger.Run) error {
	w.past, w.since = &run, w.at
	return w.resume()
}

// resume goes on with a reading of the past. Between two of its windows the live ones may
// move on. Of what did not change since it began it has all.
func (w *world) resume() error {
	if w.past == nil {
		return nil
	}
	run, job := *w.past, w.job
	job.Run = run.ID
	job.Yield = func(context.Context) (bool, error) {
		switch rapid.SampledFrom([]string{"on", "live", "yield"}).Draw(w.T, "between") {
		case "live":
			return false, w.live() //nolint:contextcheck // a world reads in its own
		case "yield":
			return true, nil
		default:
			return false, nil
		}
	}
	err := w.puller().Range(w.Context(), job, *run.Reading)
	if errors.Is(err, pull.ErrYielded) {
		return nil
	}
	if err != nil {
		return err
	}
	if run.Reading.Kind == ledger.Backfill {
		w.holds("a range of the past", run.Reading.From, run.Reading.To, w.since)
	}
	w.forget()
	return nil
}

// reset puts the cursor elsewhere, as a person does.
func (w *world) reset() {
	ctx := w.Context()
	stream := w.cursor()
	to := Start().Add(time.Duration(rapid.IntRange(0, 120).Draw(w.T, "to")) * time.Minute)
	if to.After(w.job.Source.Window.End(w.shop.Now)) {
		return
	}
	open, err := w.store.OpenWindows(ctx, stream.ID, ledger.Live)
	for _, o := range open {
		err = errors.Join(err, w.store.LeaveWindow(ctx, o, ledger.At(w.now)))
	}
	err = errors.Join(err, w.store.ResetCursor(ctx, ledger.CursorReset{Stream: stream.ID, Version: stream.Version, To: ledger.At(to), Actor: "ann"}, ledger.At(w.now)))
	if err != nil {
		w.Fatal(err)
	}
	if ledger.At(to) > stream.Watermark {
		w.steady = false
	}
	w.seen.reset(ledger.At(to))
}

func (w *world) cursor() ledger.Stream {
	stream, err := w.store.OpenStream(w.Context(), w.job.Workspace, w.job.Flow, w.job.Source.NodeID)
	if err != nil {
		w.Fatal(err)
	}
	return stream
}
