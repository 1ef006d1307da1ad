package execution_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/execution"
)

// workers gives workers on the rig's queue.
func (r *rig) workers(sweeper execution.Sweeper) *execution.Workers {
	if sweeper == nil {
		sweeper = r.store
	}
	return execution.NewWorkers(execution.WorkersConfig{Worker: r.worker, Queue: r.queue, Sweeper: sweeper, Clock: r.now, Log: r.logger})
}

// pulled makes a run that has read n orders.
func (r *rig) pulled(n int) ledger.Run {
	r.t.Helper()
	r.orders(n)
	return r.pull(r.request())
}

func (r *rig) wantDelivered(run ledger.Run, want int) {
	r.t.Helper()
	if _, counts := r.run(run.ID); counts[ledger.SlotOf(ledger.Delivered)] != want {
		r.t.Errorf("%v, want %d delivered", counts, want)
	}
}

// pass lets time go by until everybody waits for more of it.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestWorkersDefaults(t *testing.T) {
	t.Parallel()
	w := execution.NewWorkers(execution.WorkersConfig{})
	if w.Count != 16 || w.Sweep != time.Second || w.Drain != 15*time.Second {
		t.Errorf("%d at a time, sweeping every %s, draining %s", w.Count, w.Sweep, w.Drain)
	}
	w = execution.NewWorkers(execution.WorkersConfig{Count: 5, Sweep: time.Minute})
	if w.Count != 5 || w.Sweep != time.Minute {
		t.Errorf("%d at a time, sweeping every %s", w.Count, w.Sweep)
	}
}

func TestWorkersWalkWhatIsAnnounced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		w := r.workers(idle{}) // nothing is swept up
		w.Start(t.Context())
		run := r.pulled(57)
		pass(time.Second)
		r.wantDelivered(run, 57)
		w.Stop()
		if open, err := r.service.Settle(t.Context(), flowID); err != nil || len(open) != 0 {
			t.Errorf("open: %v, %v", open, err)
		}
		if bills, order := r.connections.erp.Bills(); len(bills) != 57 || len(order) != 57 {
			t.Errorf("%d bills by %d writes", len(bills), len(order))
		}
	})
}

// What a walk leaves due at once is announced: here a revision that waited behind
// the one in flight.
func TestWhatAWalkLeavesIsAnnounced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.versions.Texts[version] = strings.Replace(enginetest.Job, "operation: orders,", "operation: orders, onSeen: revise,", 1)
		first := r.pulled(1)
		r.connections.shop.Put(enginetest.Order{ID: "o000", No: "N000", Amount: "9.75", Modified: day(1, 12).Add(30 * time.Minute)})
		r.connections.shop.Now = day(1, 13)
		second := r.pulled(0)
		w := r.workers(idle{})
		w.Start(t.Context())
		if err := r.queue.Publish(t.Context(), ledger.NormalPriority, r.due()); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		w.Stop()
		for _, run := range []ledger.Run{first, second} {
			if _, counts := r.run(run.ID); counts[ledger.SlotAccepted] != 1 || !counts.Settled() {
				t.Errorf("a revision still waits: %v", counts)
			}
		}
	})
}

// idle is a sweeper that finds nothing.
type idle struct{}

func (idle) Due(context.Context, ledger.Millis, int) ([]ledger.Work, error) { return nil, nil }

// Hints may be lost: every first one is, and the sweeper announces the work again.
func TestLostHintsAreFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		lost := map[ledger.ID]bool{}
		r.queue.lose = func(id ledger.ID) bool {
			first := !lost[id]
			lost[id] = true
			return first
		}
		run := r.pulled(23)
		if len(lost) == 0 {
			t.Fatal("nothing was announced")
		}
		w := r.workers(nil)
		w.Start(t.Context())
		pass(1500 * time.Millisecond)
		r.wantDelivered(run, 23)
		w.Stop()
	})
}

// A worker that died holding work is replaced when its lease is over.
func TestWorkOfTheDeadIsTakenOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		run := r.pulled(5)
		for _, id := range r.due() {
			if _, ok, err := r.store.Claim(t.Context(), id, "dead", ledger.At(r.now()), 30*time.Second); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		w := r.workers(nil)
		w.Start(t.Context())
		pass(29 * time.Second)
		r.wantDelivered(run, 0)
		pass(3 * time.Second)
		r.wantDelivered(run, 5)
		w.Stop()
	})
}

func TestStopWaitsForWhatIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		open := make(chan struct{})
		r.connections.erp.Refuse = func(string) string {
			<-open // the vendor is slow
			return ""
		}
		run := r.pulled(3)
		w := r.workers(nil)
		w.Start(t.Context())
		pass(time.Second)
		stopped := make(chan struct{})
		go func() {
			w.Stop()
			close(stopped)
		}()
		synctest.Wait()
		select {
		case <-stopped:
			t.Error("stopped while a document was being written")
		default:
		}
		close(open)
		<-stopped
		// What was written is on record or will be asked for: nothing is written twice.
		r.connections.erp.Refuse = nil
		again := r.workers(nil)
		again.Start(t.Context())
		pass(5 * time.Minute)
		again.Stop()
		r.wantDelivered(run, 3)
		if bills, order := r.connections.erp.Bills(); len(bills) != 3 || len(order) != 3 {
			t.Errorf("%d bills by %d writes", len(bills), len(order))
		}
	})
}

// TestStopCutsWhatDoesNotEnd: a vendor that does not answer is not waited for without end.
func TestStopCutsWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		run := r.pulled(3)
		var writes atomic.Int32
		r.connections.erp.Hang = func(ctx context.Context) error {
			if writes.Add(1) > 1 {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}
		w := r.workers(nil)
		w.Start(t.Context())
		pass(time.Second)
		begun := time.Now()
		w.Stop()
		if took := time.Since(begun); took < w.Drain || took > w.Drain+time.Second {
			t.Errorf("stopping took %s", took)
		}
		again := r.workers(nil)
		again.Start(t.Context())
		pass(5 * time.Minute)
		again.Stop()
		r.wantDelivered(run, 3)
		if _, order := r.connections.erp.Bills(); len(order) != 3 {
			t.Errorf("the target holds %v", order)
		}
	})
}

// TestStopHearsTheAnswer: what is under way when the workers stop is answered, recorded
// and never asked for again.
func TestStopHearsTheAnswer(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(stop context.CancelFunc, w *execution.Workers){
		"stopped":                         func(_ context.CancelFunc, w *execution.Workers) { w.Stop() },
		"the context ends, as at Ctrl-C":  func(stop context.CancelFunc, _ *execution.Workers) { stop(); pass(5 * time.Second) },
		"the context ends before the end": func(stop context.CancelFunc, w *execution.Workers) { stop(); w.Stop() },
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			run := r.pulled(3)
			r.connections.erp.Hang = func(ctx context.Context) error {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(3 * time.Second):
					return nil
				}
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			w := r.workers(nil)
			w.Start(ctx)
			pass(time.Second)
			end(stop, w)
			r.wantDelivered(run, 3)
			if r.connections.erp.Writes != 1 || r.connections.erp.Probes != 0 {
				t.Errorf("%s: %d writes, %d look-ups", name, r.connections.erp.Writes, r.connections.erp.Probes)
			}
			w.Stop()
		})
	}
}

func TestStopTwiceAndBeforeStart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.workers(nil)
	w.Stop()
	w.Start(t.Context())
	w.Stop()
	w.Stop()
	published := len(r.queue.all())
	r.pulled(3) // nobody works on it
	if len(r.due()) == 0 || len(r.queue.all()) == published {
		t.Error("stopped workers went on")
	}
}

// The end of the context ends the workers, too.
func TestWorkersEndWithTheirContext(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	w := r.workers(nil)
	w.Start(ctx)
	cancel()
	w.Stop()
	if text := r.log.String(); text != "" {
		t.Errorf("an orderly end is logged as a failure: %s", text)
	}
}

// flaky is a sweeper that fails first.
type flaky struct {
	execution.Sweeper
	calls int
}

func (f *flaky) Due(ctx context.Context, now ledger.Millis, limit int) ([]ledger.Work, error) {
	if f.calls++; f.calls < 3 {
		return nil, errors.New("the database is away")
	}
	return f.Sweeper.Due(ctx, now, limit)
}

func TestWorkersGoOnAfterFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.queue.publishing = errors.New("the queue is away")
		run := r.pulled(4)
		w := r.workers(&flaky{Sweeper: r.store})
		w.Start(t.Context())
		pass(1500 * time.Millisecond)
		r.logged("due work could not be listed")
		r.wantDelivered(run, 0)
		pass(time.Second)
		r.logged("work was not announced")
		r.wantDelivered(run, 4) // what can't be announced is walked by whoever found it
		if told := r.queue.all(); len(told) > 0 {
			t.Errorf("announced: %v", told)
		}
		w.Stop()
	})
}

func TestAQueueThatIsGoneIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.queue.subscribing = errors.New("no such stream")
		r.pulled(2)
		announced := len(r.queue.all())
		w := r.workers(nil)
		w.Start(t.Context())
		pass(3500 * time.Millisecond)
		w.Stop()
		r.logged("the queue of work is gone")
		r.logged("no such stream")
		if n := len(r.queue.all()); n <= announced {
			t.Error("the sweeper stopped with the queue")
		}
	})
}

// The documents of a version that can't be loaded wait for it, less and less often, and
// say why.
func TestWorkOfAMissingVersion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		run := r.pulled(6)
		r.versions.Texts = nil
		r.restart() // nothing is compiled any more
		loads := r.versions.Loads()
		w := r.workers(nil)
		w.Start(t.Context())
		pass(10 * time.Minute)
		r.logged("a version of a flow can't run")
		r.logged("flow.version_missing: version 3")
		if _, counts := r.run(run.ID); counts[ledger.SlotOf(ledger.RetryAt)] != 6 || !counts.Settled() {
			t.Errorf("%v, want 6 that are tried again", counts)
		}
		if tries := r.versions.Loads() - loads; tries < 8 || tries > 60 {
			t.Errorf("%d tries in ten minutes", tries)
		}
		r.versions.Put(version, enginetest.Job)
		pass(13 * time.Minute)
		r.wantDelivered(run, 6)
		w.Stop()
	})
}

// A flow's priority goes with its work: with what is announced when it is pulled, with
// what a walk leaves, and with what the sweeper finds.
func TestPriorityOfAFlow(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{"high": ledger.HighPriority, "normal": ledger.NormalPriority, "low": ledger.LowPriority, "": ledger.NormalPriority} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			text := strings.Replace(enginetest.Job, "operation: orders,", "operation: orders, onSeen: revise,", 1)
			r.versions.Texts[version] = strings.Replace(text, "spec:\n", "spec:\n  settings: {priority: \""+name+"\"}\n", 1)
			r.pulled(1)
			r.connections.shop.Put(enginetest.Order{ID: "o000", No: "N000", Amount: "9.75", Modified: day(1, 12).Add(30 * time.Minute)})
			r.connections.shop.Now = day(1, 13)
			run := r.pulled(0)
			pulled := maps.Clone(r.queue.priorities)
			w := r.workers(nil)
			w.Start(t.Context())
			pass(5 * time.Second)
			w.Stop()
			if _, counts := r.run(run.ID); !counts.Settled() {
				t.Errorf("%q: %v", name, counts)
			}
			if len(pulled) == 0 || len(r.queue.priorities) == len(pulled) {
				t.Errorf("%q: announced %v, before the walks %v", name, r.queue.priorities, pulled)
			}
			for id, got := range r.queue.priorities {
				if got != want {
					t.Errorf("%q: the row %d was announced with the priority %d, want %d", name, id, got, want)
				}
			}
		})
	}
}

// The sweeper announces what it finds with the priority of each row.
func TestSweptRowsKeepTheirPriorities(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		w := r.workers(found{{ID: 7}, {ID: 8, Priority: 2}, {ID: 9, Priority: 2}, {ID: 5, Priority: 8}})
		w.Start(t.Context())
		pass(time.Millisecond)
		w.Stop()
		if want := (map[ledger.ID]int{7: 0, 8: 2, 9: 2, 5: 8}); !maps.Equal(r.queue.priorities, want) {
			t.Errorf("%v, want %v", r.queue.priorities, want)
		}
	})
}

// found is a sweeper that finds always the same.
type found []ledger.Work

func (f found) Due(context.Context, ledger.Millis, int) ([]ledger.Work, error) {
	return slices.Clone(f), nil
}

// More than a round looks at is announced without waiting for the next tick, as long as it
// gets less; what nobody takes is not looked at all the time.
func TestABacklogIsSweptAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		w := r.workers(&backlog{rows: 950, take: r.queue})
		w.Start(t.Context())
		pass(990 * time.Millisecond)
		w.Stop()
		if n := len(r.queue.priorities); n != 950 {
			t.Errorf("%d of 950 were announced", n)
		}
		stuck := &backlog{rows: 950}
		w = r.workers(stuck)
		w.Start(t.Context())
		pass(10 * time.Second)
		w.Stop()
		if stuck.looked > 10+3 { // a second look where it was told, told again and at the end
			t.Errorf("what nobody takes was looked at %d times in 10 s", stuck.looked)
		}
	})
}

// backlog is a sweeper over rows that take takes as soon as they are announced to it; nobody else does.
type backlog struct {
	rows, looked int
	take         *queue
}

func (b *backlog) Due(_ context.Context, _ ledger.Millis, limit int) ([]ledger.Work, error) {
	b.looked++
	var due []ledger.Work
	for id := 1; id <= b.rows && len(due) < limit; id++ {
		if b.take != nil && b.take.announced(ledger.ID(id)) {
			continue
		}
		due = append(due, ledger.Work{ID: ledger.ID(id)})
	}
	return due, nil
}
