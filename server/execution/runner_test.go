package execution_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/execution"
)

func TestRunnerDefaults(t *testing.T) {
	t.Parallel()
	r := execution.NewRunner(execution.RunnerConfig{})
	if r.Count != 16 || r.Sweep != time.Second || r.Grace != 5*time.Second {
		t.Errorf("%+v", r.RunnerConfig)
	}
	r.Stop()
	r.Stop()
}

func TestAQueuedRunIsReadWalkedAndClosed(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(57)
		r := p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.trigger("job")
		p.is(id, ledger.RunQueued)
		p.pass(1500 * time.Millisecond)
		run := p.is(id, ledger.RunDone)
		if _, counts := p.run(id); counts[ledger.SlotOf(ledger.Delivered)] != 57 || run.Code != "" || run.Started == 0 || run.Ended < run.Started {
			p.t.Errorf("%+v, %v", run, counts)
		}
		if got, want := p.notices.states(id), []string{"job queued", "job running", "job done"}; !slices.Equal(got, want) {
			p.t.Errorf("the workspace was told %v, want %v", got, want)
		}
		if n := p.leases.live(p.now()); n != 0 {
			p.t.Errorf("%d rights are still held", n)
		}
		r.Stop()
	})
}

// Without notices everything happens all the same, within a sweep or two.
func TestTheRunnerNeedsNoNotices(t *testing.T) {
	t.Parallel()
	for name, silence := range map[string]func(*plant){
		"lost":   func(p *plant) { p.notices.mute = true },
		"broken": func(p *plant) { p.notices.fails = errors.New("the bus is gone") },
		"none":   func(p *plant) { p.events.Notices = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPlant(t, func(p *plant) {
				silence(p)
				p.orders(30)
				r := p.runner(p.service)
				p.workers.Start(p.t.Context())
				id := p.trigger("job")
				p.pass(3 * time.Second)
				p.is(id, ledger.RunDone)
				r.Stop()
			})
		})
	}
}

func TestRunsOfOneFlowQueueBehindEachOther(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(25)
		g := p.gated(2)
		r := p.runner(p.service)
		p.workers.Start(p.t.Context())
		first := p.trigger("job")
		<-g.reached
		second := p.trigger("job")
		p.pass(time.Minute)
		p.is(first, ledger.RunRunning)
		p.is(second, ledger.RunQueued)
		close(g.open)
		p.pass(3 * time.Second)
		p.is(first, ledger.RunDone)
		p.is(second, ledger.RunDone)
		if _, counts := p.run(second); counts[ledger.SlotAccepted] != 0 {
			p.t.Errorf("the second run accepted %v", counts)
		}
		r.Stop()
	})
}

// others makes flows of their own, each with the job's document.
func (p *plant) others(n int) []string {
	var names []string
	for i := range n {
		id := ledger.ID(100 + i)
		name := fmt.Sprintf("job%d", i)
		p.versions.Texts[id] = strings.Replace(enginetest.Job, "id: job,", "id: "+name+",", 1)
		p.runs.put(execution.Flow{ID: id, Workspace: workspace, PublicID: name, Title: name, Enabled: true, Published: id})
		names = append(names, name)
	}
	return names
}

func TestOnlySoManyFlowsAreReadAtATime(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(5)
		g := newGate(p.connections.shop, 1)
		p.connections.front = everyCall{g}
		r := execution.NewRunner(execution.RunnerConfig{Service: p.service, Count: 4})
		r.Start(p.t.Context())
		var ids []ledger.ID
		for _, name := range p.others(5) {
			ids = append(ids, p.trigger(name))
		}
		p.pass(time.Minute)
		states := map[ledger.RunState]int{}
		for _, id := range ids {
			run, _ := p.run(id)
			states[run.State]++
		}
		if states[ledger.RunRunning] != 2 || states[ledger.RunQueued] != 3 {
			p.t.Errorf("%v", states)
		}
		close(g.open)
		p.pass(5 * time.Second)
		for _, id := range ids {
			if run, counts := p.run(id); !run.PullingEnded || counts[ledger.SlotAccepted] != 5 {
				p.t.Errorf("%+v, %v", run, counts)
			}
		}
		r.Stop()
	})
}

func TestARunOfAnotherProcessIsLeftAlone(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(25)
		g := p.gated(3)
		one := p.runner(p.service)
		id := p.trigger("job")
		<-g.reached
		two := p.runner(p.serviceOf("there"))
		// The command line does not close it either.
		req := p.request()
		started, err := p.serviceOf("cli").Start(p.t.Context(), req)
		if err != nil {
			p.t.Fatal(err)
		}
		p.pass(5 * time.Minute)
		if run := p.is(id, ledger.RunRunning); run.PullingEnded || p.leases.renewed() < 20 {
			p.t.Errorf("%+v after %d renewals", run, p.leases.renewed())
		}
		close(g.open)
		p.pass(3 * time.Second)
		if run, counts := p.run(id); !run.PullingEnded || run.Code != "" || counts[ledger.SlotAccepted] != 25 {
			p.t.Errorf("%+v, %v", run, counts)
		}
		if run, _ := p.run(started.ID); !run.PullingEnded || run.Code != "" {
			p.t.Errorf("the run behind it: %+v", run)
		}
		one.Stop()
		two.Stop()
	})
}

// A process that died reading is replaced when its right is over; what it read stays.
func TestTheRunOfADeadProcessGoesOn(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(25)
		p.fired = 10
		id := p.trigger("job")
		if ok, err := p.store.BeginRun(p.t.Context(), id, 1); !ok || err != nil {
			p.t.Fatal(ok, err)
		}
		until := p.now().Add(30 * time.Second)
		if _, ok, err := p.leases.Take(p.t.Context(), "run.flow.2", "dead", ledger.At(p.now()), ledger.At(until)); !ok || err != nil {
			p.t.Fatal(ok, err)
		}
		p.fired = 5
		earlier := p.trigger("job") // it waits although it fired first
		r := p.runner(p.service)
		p.workers.Start(p.t.Context())
		p.pass(29 * time.Second)
		if run := p.is(id, ledger.RunRunning); run.PullingEnded {
			p.t.Fatalf("%+v was taken from one who may live", run)
		}
		p.pass(4 * time.Second)
		p.is(id, ledger.RunDone)
		if _, counts := p.run(id); counts[ledger.SlotAccepted] != 25 {
			p.t.Errorf("%v", counts)
		}
		p.is(earlier, ledger.RunDone)
		r.Stop()
	})
}

// A runner that lost its right stops and does not end the run that another one reads.
func TestALostRightStopsTheRunner(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*plant){
		"taken": func(p *plant) { p.leases.steal(ledger.At(p.now().Add(time.Minute))) },
		"not renewed, then taken": func(p *plant) {
			p.leases.away(errAway)
			p.pass(19 * time.Second)
			if p.log.String() != "" {
				p.t.Errorf("given up too early: %s", p.log)
			}
			p.pass(2 * time.Second) // a third of its time is left
			p.logged("another process reads this flow now")
			p.leases.steal(ledger.At(p.now().Add(time.Minute)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPlant(t, func(p *plant) {
				p.orders(25)
				g := p.gated(3)
				r := p.runner(p.service)
				id := p.trigger("job")
				<-g.reached
				lose(p)
				p.pass(25 * time.Second)
				if run := p.is(id, ledger.RunRunning); run.PullingEnded {
					p.t.Errorf("the run was ended: %+v", run)
				}
				p.logged("another process reads this flow now")
				p.leases.away(nil)
				close(g.open)
				p.pass(2 * time.Minute)
				if run, counts := p.run(id); !run.PullingEnded || run.Code != "" || counts[ledger.SlotAccepted] != 25 {
					p.t.Errorf("%+v, %v", run, counts)
				}
				r.Stop()
			})
		})
	}
}

func TestStopLetsThePageComeInAndLeavesTheRunOpen(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(45)
		g := p.gated(3)
		r := p.runner(p.service)
		id := p.trigger("job")
		<-g.reached
		_, before := p.run(id)
		stopped := make(chan struct{})
		go func() {
			r.Stop()
			close(stopped)
		}()
		p.pass(4 * time.Second)
		select {
		case <-stopped:
			p.t.Error("stopped before the page came in")
		default:
		}
		close(g.open)
		<-stopped
		run, counts := p.run(id)
		if run.State != ledger.RunRunning || run.PullingEnded {
			p.t.Errorf("%+v", run)
		}
		if n, was := counts[ledger.SlotPulled], before[ledger.SlotPulled]; n != was+5 && n != was+10 {
			p.t.Errorf("%d rows before and %d after the stop", was, n)
		}
		if n := p.leases.live(p.now()); n != 0 {
			p.t.Errorf("%d rights are still held", n)
		}
		next := p.runner(p.serviceOf("next"))
		p.workers.Start(p.t.Context())
		p.pass(3 * time.Second)
		p.is(id, ledger.RunDone)
		if _, counts := p.run(id); counts[ledger.SlotAccepted] != 45 {
			p.t.Errorf("%v", counts)
		}
		next.Stop()
	})
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(45)
		g := p.gated(3)
		r := p.runner(p.service)
		id := p.trigger("job")
		<-g.reached
		began := p.now()
		r.Stop()
		if took := p.now().Sub(began); took != 5*time.Second {
			p.t.Errorf("it took %s", took)
		}
		if run := p.is(id, ledger.RunRunning); run.PullingEnded {
			p.t.Errorf("%+v", run)
		}
	})
}

// However many flows read back in time and wait, one of high priority is read at once.
func TestUrgentFlowsAreReadBesideOthers(t *testing.T) {
	t.Parallel()
	for _, priority := range []string{"low", "normal", "high"} {
		t.Run(priority, func(t *testing.T) {
			t.Parallel()
			inPlant(t, func(p *plant) {
				p.orders(5)
				p.versions.Texts[version] = strings.Replace(enginetest.Job, "spec:\n", "spec:\n  settings: {priority: "+priority+"}\n", 1)
				g := newGate(p.connections.shop, 1)
				p.connections.front = everyCall{g}
				r := execution.NewRunner(execution.RunnerConfig{Service: p.service, Count: 8})
				r.Start(p.t.Context())
				for _, name := range p.others(12) {
					p.trigger(name)
				}
				p.pass(3 * time.Second)
				id := p.trigger("job")
				p.pass(3 * time.Second)
				p.is(id, map[bool]ledger.RunState{true: ledger.RunRunning, false: ledger.RunQueued}[priority == "high"])
				close(g.open)
				p.pass(15 * time.Second)
				if run, _ := p.run(id); !run.PullingEnded {
					p.t.Errorf("%+v", run)
				}
				r.Stop()
			})
		})
	}
}

// Flows that read for long take turns, from window to window, and each reads all.
func TestLongReadingsTakeTurns(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.past()
		p.connections.front = &slow{Session: p.connections.shop, every: 10 * time.Second}
		names := p.others(2)
		for id := range p.versions.Texts { // what they read live goes back in time, too
			p.versions.Texts[id] = strings.NewReplacer("2026-01-01", "2025-12-20", "lookBack: 10m", "lookBack: 10m, span: 24h").Replace(p.versions.Texts[id])
		}
		r := execution.NewRunner(execution.RunnerConfig{Service: p.service, Count: 1})
		p.workers.Start(p.t.Context())
		past, live := p.backfills(names[0]), p.trigger(names[1])
		r.Start(p.t.Context())
		p.pass(2 * time.Minute)
		for _, id := range []ledger.ID{past, live} {
			if run, counts := p.run(id); run.State != ledger.RunRunning || run.PullingEnded || counts[ledger.SlotAccepted] == 0 {
				p.t.Errorf("%+v, %v", run, counts)
			}
		}
		p.pass(30 * time.Minute)
		for id, want := range map[ledger.ID]int{past: 30, live: 12} {
			if run, counts := p.run(id); run.State != ledger.RunDone || counts[ledger.SlotAccepted] != want {
				p.t.Errorf("%+v, %v, want %d", run, counts, want)
			}
		}
		r.Stop()
	})
}

func TestARunnerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(25)
		g := p.gated(2)
		ctx, cancel := context.WithCancel(p.t.Context())
		r := execution.NewRunner(execution.RunnerConfig{Service: p.service})
		r.Start(ctx)
		id := p.trigger("job")
		<-g.reached
		cancel()
		r.Stop()
		if run := p.is(id, ledger.RunRunning); run.PullingEnded {
			p.t.Errorf("%+v", run)
		}
	})
}

func TestAFailureEndsTheRun(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(25)
		p.connections.shop.Fail = func(call int) error {
			if call == 3 {
				return fault.New("vendor.40001", "the session was refused").Classed(fault.Auth)
			}
			return nil
		}
		r := p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.trigger("job")
		p.pass(3 * time.Second)
		if run := p.is(id, ledger.RunFailed); run.Code != "vendor.40001" {
			p.t.Errorf("%+v", run)
		}
		if _, counts := p.run(id); counts[ledger.SlotOf(ledger.Delivered)] == 0 {
			p.t.Errorf("what was read before went nowhere: %v", counts)
		}
		r.Stop()
	})
}

// A database that is away for a moment is no failure of the run: it is gone on with.
func TestARunOutlivesWhatPasses(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(25)
		p.service.Passing = func(err error) bool { return errors.Is(err, errAway) }
		p.connections.shop.Fail = func(call int) error {
			if call == 3 {
				return fault.Wrap(errAway, "store.write_failed", "the database could not be written").Classed(fault.Data)
			}
			return nil
		}
		r := p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.trigger("job")
		p.pass(5 * time.Second)
		p.logged("a run could not be read; it is tried again")
		p.is(id, ledger.RunDone)
		if _, counts := p.run(id); counts[ledger.SlotOf(ledger.Delivered)] != 25 {
			p.t.Errorf("%v", counts)
		}
		r.Stop()
	})
}

func TestTheRunnerGoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(5)
		p.runs.fails = errAway
		whole := p.service.Store
		p.service.Store = failing{rigStore: &rigStore{p.store}, end: errAway}
		r := p.runner(p.service)
		id := p.trigger("job")
		p.pass(1500 * time.Millisecond)
		p.logged("runs could not be looked at")
		p.logged("a run could not be read; it is tried again")
		if run := p.is(id, ledger.RunRunning); run.PullingEnded {
			p.t.Errorf("%+v", run)
		}
		r.Stop()
		p.service.Store = whole
		p.workers.Start(p.t.Context())
		r = p.runner(p.service)
		p.pass(3 * time.Second)
		p.is(id, ledger.RunDone)
		r.Stop()
	})
}

// everyCall stops at every call until the gate is open.
type everyCall struct{ *gate }

func (e everyCall) Query(ctx context.Context, req queryRequest) (queryPage, error) {
	select {
	case <-e.open:
	case <-ctx.Done():
		return queryPage{}, ctx.Err()
	}
	return e.Session.Query(ctx, req)
}

// A run of handed documents stays open for a while, so that what comes soon after joins it.
func TestARunOfHandedDocumentsGathers(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		r := p.runner(p.service)
		run, _, err := p.store.OpenRun(p.t.Context(), ledger.Run{
			Workspace: 1, Flow: 2, Version: 3, Trigger: ledger.InletTrigger, FireAt: ledger.At(p.now()), PullingEnded: true,
		}, ledger.At(p.now()))
		if err != nil {
			p.t.Fatal(err)
		}
		p.pass(8 * time.Second)
		p.is(run.ID, ledger.RunRunning)
		p.pass(4 * time.Second)
		p.is(run.ID, ledger.RunDone)
		r.Stop()
	})
}
