package execution_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/execution/notice"
)

// watched collects the snapshots of a watcher until its channel closes.
type watched struct {
	snapshots []execution.Snapshot
	times     []time.Time
	closed    bool
}

// watch watches a run from a goroutine of its own.
func (p *plant) watch(ctx context.Context, id ledger.ID) *watched {
	p.t.Helper()
	snapshots, err := p.service.Watch(ctx, id)
	if err != nil {
		p.t.Fatal(err)
	}
	w := &watched{}
	go func() {
		for s := range snapshots {
			w.snapshots = append(w.snapshots, s)
			w.times = append(w.times, time.Now())
		}
		w.closed = true
	}()
	return w
}

// complete checks what every watch of a finished run shows.
func (w *watched) complete(t *testing.T, state ledger.RunState) {
	t.Helper()
	if !w.closed || len(w.snapshots) < 2 {
		t.Fatalf("closed %t after %d snapshots", w.closed, len(w.snapshots))
	}
	for i, s := range w.snapshots {
		last := i == len(w.snapshots)-1
		if s.Final != last || !last && s.View.Problems != nil {
			t.Errorf("snapshot %d of %d: final %t", i, len(w.snapshots), s.Final)
		}
		if i == 0 {
			continue
		}
		if s.Seq <= w.snapshots[i-1].Seq || w.times[i].Sub(w.times[i-1]) < 250*time.Millisecond {
			t.Errorf("snapshot %d comes %s after the one before, seq %d after %d", i, w.times[i].Sub(w.times[i-1]), s.Seq, w.snapshots[i-1].Seq)
		}
		if fmt.Sprint(s.View) == fmt.Sprint(w.snapshots[i-1].View) {
			t.Errorf("snapshot %d tells nothing new", i)
		}
	}
	if last := w.snapshots[len(w.snapshots)-1]; last.View.State != state {
		t.Errorf("the last snapshot says %s", last.View.State)
	}
}

func TestWatchARunToItsEnd(t *testing.T) {
	t.Parallel()
	for name, silence := range map[string]func(*plant){
		"":                 func(*plant) {},
		"without notices":  func(p *plant) { p.notices.mute = true },
		"with broken ones": func(p *plant) { p.notices.fails = errors.New("the bus is gone") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPlant(t, func(p *plant) {
				silence(p)
				p.runs.groups = []ledger.ProblemGroup{{State: ledger.Rejected, Code: "a.b", Documents: 3}}
				p.orders(95)
				p.connections.front = &slow{Session: p.connections.shop, every: 300 * time.Millisecond}
				r := p.runner(p.service)
				p.workers.Start(p.t.Context())
				id := p.trigger("job")
				ctx, cancel := context.WithCancel(p.operator())
				all := []*watched{p.watch(ctx, id), p.watch(ctx, id), p.watch(ctx, id)}
				p.pass(10 * time.Second)
				for _, w := range all {
					w.complete(p.t, ledger.RunDone)
				}
				last := all[0].snapshots[len(all[0].snapshots)-1].View
				if len(last.Problems) != 1 || last.Counts[ledger.SlotOf(ledger.Delivered)] != 95 || last.FlowTitle != "Job" {
					p.t.Errorf("%+v", last)
				}
				if n := len(all[0].snapshots); n < 4 {
					p.t.Errorf("%d snapshots of three seconds", n)
				}
				// One who comes later is told how it ended.
				late := p.watch(ctx, id)
				p.pass(time.Second)
				if n := len(late.snapshots); !late.closed || n != 1 || !late.snapshots[0].Final || late.snapshots[0].Seq <= all[0].snapshots[0].Seq {
					p.t.Errorf("%+v", late)
				}
				cancel()
				r.Stop()
			})
		})
	}
}

func TestWatchersShareALook(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		id := p.trigger("job")
		ctx, cancel := context.WithCancel(p.operator())
		var all []*watched
		for range 50 {
			all = append(all, p.watch(ctx, id))
		}
		p.pass(10*time.Second + time.Millisecond)
		if n := p.runs.looked() - 50; n > 12 || n < 8 { // each Watch looks once itself
			p.t.Errorf("%d looks in ten quiet seconds", n)
		}
		for _, w := range all {
			if len(w.snapshots) != 1 || w.closed {
				p.t.Fatalf("%d snapshots of a run that stands still, closed %t", len(w.snapshots), w.closed)
			}
		}
		cancel()
		p.pass(0)
		for _, w := range all {
			if !w.closed {
				p.t.Fatal("a watch outlives its context")
			}
		}
		looks := p.runs.looked()
		p.pass(time.Minute)
		if n := p.runs.looked(); n != looks {
			p.t.Errorf("%d looks although nobody watches", n-looks)
		}
	})
}

// Whoever does not read misses what is in between and gets the last.
func TestASlowWatcherGetsTheLast(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(95)
		p.connections.front = &slow{Session: p.connections.shop, every: 300 * time.Millisecond}
		r := p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.trigger("job")
		ctx, cancel := context.WithCancel(p.operator())
		defer cancel()
		snapshots, err := p.service.Watch(ctx, id)
		if err != nil {
			p.t.Fatal(err)
		}
		p.pass(10 * time.Second)
		only, open := <-snapshots
		if _, more := <-snapshots; !open || more || !only.Final {
			p.t.Errorf("%+v, more %t", only, more)
		}
		r.Stop()
	})
}

func TestWatchGoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		id := p.trigger("job")
		ctx, cancel := context.WithCancel(p.operator())
		defer cancel()
		w := p.watch(ctx, id)
		p.pass(time.Second)
		p.runs.mu.Lock()
		p.runs.fails = errAway
		p.runs.mu.Unlock()
		p.pass(2 * time.Second)
		p.logged("a watched run can't be read")
		if err := p.service.Cancel(p.operator(), id); err != nil {
			p.t.Fatal(err)
		}
		p.pass(2 * time.Second)
		w.complete(p.t, ledger.RunCancelled)
	})
}

func TestSnapshotsAreOrderedThoughTheClockStands(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		now := p.now()
		p.service.Clock = func() time.Time { return now }
		id := p.trigger("job")
		ctx, cancel := context.WithCancel(p.operator())
		defer cancel()
		w := p.watch(ctx, id)
		p.pass(time.Second)
		if err := p.service.Cancel(p.operator(), id); err != nil {
			p.t.Fatal(err)
		}
		p.pass(2 * time.Second)
		w.complete(p.t, ledger.RunCancelled)
	})
}

func TestPagesAreAnnounced(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(95)
		p.connections.front = &slow{Session: p.connections.shop, every: 300 * time.Millisecond}
		r := p.runner(p.service)
		id := p.trigger("job")
		p.pass(2 * time.Second)
		if run := p.is(id, ledger.RunRunning); run.PullingEnded {
			p.t.Fatal("the shop is too fast for this test")
		}
		if n := len(p.notices.times("run." + idText(id))); n < 6 {
			p.t.Errorf("%d notices of six pages", n)
		}
		r.Stop()
	})
}

// Workers announce what they did, wherever the run was read.
func TestWalkedWorkIsAnnounced(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(5)
		id := p.trigger("job")
		r := p.runner(p.service)
		p.pass(3 * time.Second)
		topic := "run." + idText(id)
		before := len(p.notices.times(topic))
		p.workers.Start(p.t.Context())
		p.pass(50 * time.Millisecond)
		if n := len(p.notices.times(topic)); n <= before {
			p.t.Errorf("%d notices before and %d after the work", before, n)
		}
		r.Stop()
	})
}

func TestWatchIsAuthorised(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		id := p.trigger("job")
		_, err := p.service.Watch(p.as(99, access.Admin), id)
		refused(p.t, err, "object.missing")
		_, err = p.service.Watch(p.operator(), id+1000)
		refused(p.t, err, "object.missing")
		_, err = p.service.Watch(p.t.Context(), id)
		refused(p.t, err, "auth.login_required")
		_, err = p.service.WatchWorkspace(p.t.Context())
		refused(p.t, err, "auth.login_required")
	})
}

func TestWatchAWorkspace(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		ctx, cancel := context.WithCancel(p.as(workspace, access.Viewer))
		events, err := p.service.WatchWorkspace(ctx)
		if err != nil {
			p.t.Fatal(err)
		}
		foreign, err := p.service.WatchWorkspace(access.With(ctx, access.Principal{Workspace: 99, Role: access.Admin}))
		if err != nil {
			p.t.Fatal(err)
		}
		id := p.trigger("job")
		p.events.Flow(p.t.Context(), workspace, "job", "published")
		p.events.Flow(p.t.Context(), workspace, "job", "disabled")
		if err := p.notices.Announce(p.t.Context(), "workspace.1", []byte("no event")); err != nil {
			p.t.Fatal(err)
		}
		for range 100 { // more than wait for anybody
			p.events.Flow(p.t.Context(), workspace, "other", "saved")
		}
		cancel()
		synctest.Wait()
		p.events.Flow(p.t.Context(), workspace, "job", "after the end")
		var got []string
		seq := int64(0)
		for e := range events {
			if e.Seq <= seq || e.At != ledger.At(p.now()) {
				p.t.Errorf("%+v after %d", e, seq)
			}
			seq = e.Seq
			var about map[string]string
			if err := json.Unmarshal(e.Data, &about); err != nil {
				p.t.Fatal(err)
			}
			got = append(got, fmt.Sprint(e.Type, about))
		}
		want := []string{fmt.Sprintf("runmap[flow:job id:%d state:queued]", id), "flowmap[change:published id:job]", "flowmap[change:disabled id:job]"}
		if len(got) < 10 || len(got) > 64 || !slices.Equal(got[:3], want) {
			p.t.Errorf("%d events: %q", len(got), got[:min(len(got), 5)])
		}
		if e, open := <-foreign; open {
			p.t.Errorf("another workspace is told %+v", e)
		}
		p.logged("an event can't be read")
	})
}

func TestProgressIsThrottled(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		topic, began := "run.5", time.Now()
		for range 21 { // for a second
			p.events.Progress(p.t.Context(), 5)
			p.events.Progress(p.t.Context(), 6)
			p.pass(50 * time.Millisecond)
		}
		p.pass(5 * time.Second)
		var at []time.Duration
		for _, when := range p.notices.times(topic) {
			at = append(at, when.Sub(began))
		}
		ms := time.Millisecond
		if want := []time.Duration{0, 250 * ms, 500 * ms, 750 * ms, 1000 * ms, 1250 * ms}; !slices.Equal(at, want) {
			p.t.Errorf("told at %v, want %v", at, want)
		}
		p.events.Progress(p.t.Context(), 5)
		if n := len(p.notices.times(topic)); n != 7 {
			p.t.Errorf("%d notices: one after a rest is told at once", n)
		}
		p.events.Progress(p.t.Context(), 5)
		p.events.Close()
		p.events.Close()
		p.events.Progress(p.t.Context(), 5)
		p.pass(time.Second)
		if n := len(p.notices.times(topic)); n != 7 {
			p.t.Errorf("%d notices after the end", n)
		}
	})
}

// Nobody to tell is no failure.
func TestNoEvents(t *testing.T) {
	t.Parallel()
	var none *notice.Events
	none.Progress(t.Context(), 1)
	none.Run(t.Context(), ledger.Run{}, "")
	none.Flow(t.Context(), 1, "", "")
	none.Close()
}
