package schedule_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/schedule"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// firing is a run that was started.
type firing struct {
	flow, trigger string
	at            time.Time
}

func (f firing) String() string {
	return f.flow + " " + f.trigger + " " + f.at.UTC().Format("15:04")
}

// world is the flows, the runs that were started, and what was done, in memory.
type world struct {
	t     *testing.T
	clock *clocktest.Clock

	mu        sync.Mutex
	flows     map[string]schedule.Flow
	documents map[ledger.ID]string
	fired     []firing
	// busy says that runs do not begin.
	busy bool
	// done are the ends of runs, by flow.
	done map[string][]ledger.Millis
	// fails is what every method fails with; refuses what Trigger does.
	fails, refuses error
	loads          int
}

func newWorld(t *testing.T, now string) *world {
	t.Helper()
	return &world{
		t: t, clock: clocktest.New(at(t, now)), flows: map[string]schedule.Flow{}, documents: map[ledger.ID]string{}, done: map[string][]ledger.Millis{},
	}
}

// publish gives a flow a new version with triggers and enables it.
func (w *world) publish(name, triggers string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	version := ledger.ID(1000 + len(w.documents))
	w.documents[version] = fmt.Sprintf(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":%q},"spec":{"settings":{"timezone":"UTC"},
		"triggers":%s,"uses":{"banks":{"flow":"f-banks"},"shops":{"flow":"f-shops"},"open":{}},"nodes":[],"edges":[]}}`, name, triggers)
	f := w.flows[name]
	f.ID, f.Workspace, f.PublicID = cmp.Or(f.ID, ledger.ID(10+len(w.flows))), 1, name
	f.Version, f.Changed = version, ledger.At(w.clock.Now())
	w.flows[name] = f
}

func (w *world) disable(name string) schedule.Flow {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.flows[name]
	delete(w.flows, name)
	return f
}

func (w *world) enable(f schedule.Flow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f.Changed = ledger.At(w.clock.Now())
	w.flows[f.PublicID] = f
}

func (w *world) finish(flow string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done[flow] = append(w.done[flow], ledger.At(w.clock.Now()))
}

func (w *world) Enabled(context.Context) ([]schedule.Flow, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []schedule.Flow
	for _, f := range w.flows {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b schedule.Flow) int { return cmp.Compare(a.PublicID, b.PublicID) })
	return out, w.fails
}

func (w *world) Document(_ context.Context, version ledger.ID) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loads++
	return []byte(w.documents[version]), nil
}

func (w *world) LastFiring(_ context.Context, flow ledger.ID, trigger string) (schedule.Firing, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var last schedule.Firing
	for _, f := range w.fired {
		if w.flows[f.flow].ID == flow && f.trigger == trigger && ledger.At(f.at) > last.At {
			last = schedule.Firing{At: ledger.At(f.at), Queued: w.busy}
		}
	}
	return last, nil
}

func (w *world) DoneAfter(_ context.Context, workspace ledger.ID, publicID string, since ledger.Millis) (ledger.Millis, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.done[publicID] {
		if workspace == 1 && at > since {
			return at, nil
		}
	}
	return 0, nil
}

func (w *world) Trigger(ctx context.Context, flow, trigger string, fireAt time.Time) (ledger.ID, error) {
	if _, err := access.Here(ctx, access.Operate); err != nil {
		return 0, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuses != nil {
		return 0, w.refuses
	}
	one := firing{flow, trigger, fireAt}
	if !slices.Contains(w.fired, one) {
		w.fired = append(w.fired, one)
	}
	return ledger.ID(len(w.fired)), nil
}

// Sweep records a firing that looks through a node.
func (w *world) Sweep(ctx context.Context, flow, node, trigger string, fireAt time.Time) (ledger.ID, error) {
	if trigger != "sweep:"+node {
		w.t.Errorf("the sweep of %s is called %s", node, trigger)
	}
	return w.Trigger(ctx, flow, trigger, fireAt)
}

// scheduler gives a scheduler that looks for the first time now.
func (w *world) scheduler() *schedule.Service {
	return schedule.New(schedule.Config{Store: w, Runs: w, Clock: w.clock.Now, Log: slog.New(slog.DiscardHandler)})
}

// tick lets time go on in steps and looks after each.
func (w *world) tick(s *schedule.Service, steps int, step time.Duration) {
	w.t.Helper()
	for range steps {
		w.clock.Pass(step)
		w.look(s)
	}
}

func (w *world) look(s *schedule.Service) {
	w.t.Helper()
	if err := s.Tick(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// firedAre fails unless exactly these firings happened.
func (w *world) firedAre(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for _, f := range w.fired {
		got = append(got, f.String())
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Fatalf("fired %q, want %q", got, want)
	}
}

func TestFiresOnTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T10:03:00Z")
	w.publish("a", `[{"schedule":"*/10 * * * *"},{"schedule":"15 10 * * *"},{"manual":true}]`)
	w.publish("b", `[{"schedule":"*/20  * * * *"},{"schedule":"*/20 * * * *"}]`)
	w.publish("c", `[{"manual":true}]`)
	s := w.scheduler()
	w.look(s)
	w.firedAre()
	w.tick(s, 60*20, time.Second)
	w.firedAre("a schedule:*/10 * * * * 10:10", "a schedule:*/10 * * * * 10:20", "a schedule:15 10 * * * 10:15", "b schedule:*/20 * * * * 10:20")
	if w.loads != 3 {
		t.Errorf("%d documents were loaded for 3 versions", w.loads)
	}
}

func TestTwoSchedulersFireOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T10:03:00Z")
	w.publish("a", `[{"schedule":"*/10 * * * *"}]`)
	one, two := w.scheduler(), w.scheduler()
	w.look(one)
	w.look(two)
	for range 30 {
		w.clock.Pass(time.Minute)
		var group sync.WaitGroup
		for _, s := range []*schedule.Service{one, two} {
			group.Go(func() {
				if err := s.Tick(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	w.firedAre("a schedule:*/10 * * * * 10:10", "a schedule:*/10 * * * * 10:20", "a schedule:*/10 * * * * 10:30")
}

// What was missed while no scheduler ran fires once, for the latest time.
func TestMisfires(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		triggers string
		away     time.Duration
		want     []string
	}{
		"none":       {`[{"schedule":"0 * * * *"}]`, 10 * time.Minute, nil},
		"one":        {`[{"schedule":"0 * * * *"}]`, time.Hour, []string{"a schedule:0 * * * * 12:00"}},
		"many":       {`[{"schedule":"*/7 * * * *"}]`, 5 * time.Hour, []string{"a schedule:*/7 * * * * 16:07"}},
		"of a year":  {`[{"schedule":"30 3 * * *"}]`, 366 * 24 * time.Hour, []string{"a schedule:30 3 * * * 03:30"}},
		"never seen": {`[{"schedule":"0 0 30 2 *"}]`, 366 * 24 * time.Hour, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "2026-01-01T09:59:00Z")
			w.publish("a", tt.triggers)
			s := w.scheduler()
			w.look(s)
			w.tick(s, 71, time.Minute) // until 11:10
			w.mu.Lock()
			before := len(w.fired)
			w.mu.Unlock()
			w.clock.Pass(tt.away)
			next := w.scheduler()
			w.look(next)
			w.look(next)
			w.mu.Lock()
			w.fired = slices.Delete(w.fired, 0, before)
			w.mu.Unlock()
			w.firedAre(tt.want...)
		})
	}
}

// A flow that never fired counts from when it was changed last: it was enabled then, or later.
func TestMisfiresOfOneThatNeverFired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T10:03:00Z")
	w.publish("a", `[{"schedule":"0 * * * *"}]`)
	w.clock.Pass(3 * time.Hour)
	w.look(w.scheduler())
	w.firedAre("a schedule:0 * * * * 13:00")
}

// A flow does not fire for times at which it was off.
func TestOffIsNotMissed(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"while the scheduler ran": false, "while no scheduler ran": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "2026-01-01T09:30:00Z")
			w.publish("a", `[{"schedule":"0 * * * *"}]`)
			s := w.scheduler()
			w.look(s)
			w.tick(s, 31, time.Minute)
			off := w.disable("a")
			w.tick(s, 5, time.Hour)
			w.clock.Pass(10 * time.Minute)
			if restart {
				s = w.scheduler()
			}
			w.enable(off)
			w.look(s)
			w.tick(s, 48, time.Minute) // 15:59
			w.firedAre("a schedule:0 * * * * 10:00")
			w.tick(s, 1, time.Minute)
			w.firedAre("a schedule:0 * * * * 10:00", "a schedule:0 * * * * 16:00")
		})
	}
}

// Saving a draft, or publishing, loses no firing that was due a moment before.
func TestAChangeLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T09:59:00Z")
	w.publish("a", `[{"schedule":"0 * * * *"}]`)
	s := w.scheduler()
	w.look(s)
	w.clock.Pass(time.Minute + time.Second)
	w.publish("a", `[{"schedule":"0 * * * *"},{"schedule":"*/15 * * * *"}]`) // at 10:00:01, before the look
	w.look(s)
	w.firedAre("a schedule:0 * * * * 10:00")
	w.tick(s, 15, time.Minute)
	w.firedAre("a schedule:0 * * * * 10:00", "a schedule:*/15 * * * * 10:15")
	w.publish("a", `[{"schedule":"*/15 * * * *"}]`)
	w.tick(s, 50, time.Minute)
	w.firedAre("a schedule:0 * * * * 10:00", "a schedule:*/15 * * * * 10:15", "a schedule:*/15 * * * * 10:30", "a schedule:*/15 * * * * 10:45", "a schedule:*/15 * * * * 11:00")
}

// While the run of the last firing waits for its turn, nothing piles up behind it.
func TestFiringsDoNotPileUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T10:00:30Z")
	w.publish("a", `[{"schedule":"* * * * *"}]`)
	s := w.scheduler()
	w.look(s)
	w.busy = true
	w.tick(s, 10, time.Minute)
	w.firedAre("a schedule:* * * * * 10:01")
	w.busy = false
	w.look(s)
	w.firedAre("a schedule:* * * * * 10:01", "a schedule:* * * * * 10:10")
}

func TestFailuresAreTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T09:59:00Z")
	w.publish("a", `[{"schedule":"0 * * * *"}]`)
	w.publish("b", `[{"schedule":"0 * * * *"}]`)
	s := w.scheduler()
	w.look(s)
	away := errors.New("the database is away")
	w.clock.Pass(90 * time.Second)
	w.fails = away
	if err := s.Tick(t.Context()); !errors.Is(err, away) {
		t.Errorf("%v", err)
	}
	w.fails, w.refuses = nil, away
	if err := s.Tick(t.Context()); !errors.Is(err, away) {
		t.Errorf("%v", err)
	}
	w.firedAre()
	w.refuses = nil
	w.look(s)
	w.firedAre("a schedule:0 * * * * 10:00", "b schedule:0 * * * * 10:00")
	// One that was disabled in the same moment is let go.
	w.refuses = fault.New("flow.disabled", "the flow is not enabled")
	w.tick(s, 60, time.Minute)
	w.refuses = nil
	w.tick(s, 1, time.Second)
	w.firedAre("a schedule:0 * * * * 10:00", "b schedule:0 * * * * 10:00")
	// One that can't be read does not hold up the others.
	w.publish("b", `{]`)
	w.clock.Pass(time.Hour)
	if err := s.Tick(t.Context()); fault.CodeOf(err) != "flow.version_unreadable" && !strings.Contains(fmt.Sprint(err), "flow.version_unreadable") {
		t.Errorf("%v", err)
	}
	w.firedAre("a schedule:0 * * * * 10:00", "a schedule:0 * * * * 12:00", "b schedule:0 * * * * 10:00")
}

func TestAfterOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T10:00:00Z")
	w.publish("a", `[{"after":["shops","banks"]},{"after":["open"]},{"after":["nobody"]}]`)
	w.finish("f-banks") // before anything was on
	one, two := w.scheduler(), w.scheduler()
	look := func() {
		t.Helper()
		w.look(one)
		w.look(two)
	}
	look()
	w.clock.Pass(time.Minute)
	w.finish("f-shops")
	look()
	w.firedAre()
	w.clock.Pass(time.Minute)
	w.finish("f-banks")
	w.clock.Pass(time.Minute)
	w.finish("f-shops")
	look()
	w.firedAre("a after:banks,shops 10:02")
	w.tick(one, 3, time.Minute)
	w.firedAre("a after:banks,shops 10:02") // the shops once more since, the banks not
	w.finish("f-banks")
	look()
	w.firedAre("a after:banks,shops 10:02", "a after:banks,shops 10:06")
	// Nothing piles up here either.
	w.busy = true
	w.clock.Pass(time.Minute)
	w.finish("f-banks")
	w.finish("f-shops")
	look()
	w.firedAre("a after:banks,shops 10:02", "a after:banks,shops 10:06")
}

// A name that is too long to be stored stays unique.
func TestLongTriggersKeepApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-01-01T00:00:30Z")
	minutes := "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30"
	w.publish("a", `[{"schedule":"`+minutes+` * * * *"},{"schedule":"`+minutes+` 0 * * *"}]`)
	s := w.scheduler()
	w.look(s)
	w.tick(s, 1, time.Minute)
	if len(w.fired) != 2 || w.fired[0].trigger == w.fired[1].trigger {
		t.Fatalf("%v", w.fired)
	}
	for _, f := range w.fired {
		if len(f.trigger) > 64 || !strings.HasPrefix(f.trigger, "schedule:0,1,2") {
			t.Errorf("%q", f.trigger)
		}
	}
	w.tick(s, 1, time.Minute)
	if len(w.fired) != 4 {
		t.Errorf("%v", w.fired)
	}
}

// TestTheLatestIsTheLatest compares a long absence with a scheduler that was never away.
func TestTheLatestIsTheLatest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cron := rapid.SampledFrom([]string{"* * * * *", "*/7 * * * *", "* 3 * * *", "5,50 */6 * * *", "0 0 2 * *", "*/20 2-4 * * 1,5"}).Draw(rt, "cron")
		away := time.Duration(rapid.Int64Range(1, 60*24).Draw(rt, "minutes")) * time.Minute
		w := newWorld(t, "2026-01-01T10:00:30Z")
		w.publish("a", `[{"schedule":"`+cron+`"}]`)
		w.clock.Pass(away)
		if err := w.scheduler().Tick(t.Context()); err != nil {
			rt.Fatal(err)
		}
		var want time.Time
		clock := at(t, "2026-01-01T10:00:30Z")
		for {
			next, err := service(clock).Next(reader(t), cron, "UTC", 100)
			if err != nil {
				rt.Fatal(err)
			}
			for _, n := range next {
				if !n.After(w.clock.Now()) {
					want = n
				}
			}
			if clock = next[len(next)-1]; clock.After(w.clock.Now()) {
				break
			}
		}
		if want.IsZero() && len(w.fired) == 0 {
			return
		}
		if len(w.fired) != 1 || !w.fired[0].at.Equal(want) {
			rt.Fatalf("%s after %s: %v, want %s", cron, away, w.fired, want)
		}
	})
}

func TestTheLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, time.Now().UTC().Format(time.RFC3339)) // midnight of the bubble
		w.publish("a", `[{"schedule":"* * * * *"}]`)
		s := schedule.New(schedule.Config{Store: w, Runs: w, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
		if s.Every != time.Second {
			t.Errorf("it looks every %s", s.Every)
		}
		s.Stop()
		s.Start(t.Context())
		time.Sleep(150 * time.Second)
		w.mu.Lock()
		w.fails = errors.New("the database is away")
		w.mu.Unlock()
		time.Sleep(45 * time.Second)
		w.mu.Lock()
		w.fails = nil
		w.mu.Unlock()
		time.Sleep(30 * time.Second)
		s.Stop()
		s.Stop()
		time.Sleep(5 * time.Minute)
		w.firedAre("a schedule:* * * * * 00:01", "a schedule:* * * * * 00:02", "a schedule:* * * * * 00:03")
	})
}
