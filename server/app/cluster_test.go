package app_test

import (
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"
)

// TestSeveralProcesses is the whole job with one process for people and firing and another
// one that works.
func TestSeveralProcesses(t *testing.T) {
	t.Parallel()
	turn(t)
	p := newPlant(t, newWorld(t).recent(), newNode(t), 1)
	if status, text := p.ready(p.workers[0]); status != http.StatusOK {
		t.Errorf("the worker is not ready: %d %s", status, text)
	}
	run := p.started(p.settle())
	events := p.watch(run, "")
	if last := events[len(events)-1].Data; last.State != "done" || !last.Balanced || len(events) < 3 {
		t.Errorf("after %d events: %+v", len(events), last)
	}
	p.audited(run)
	p.workers[0].leave(t)
}

// disturbance is something that goes wrong while two workers are busy.
type disturbance struct {
	name string
	do   func(p *plant)
	// within is how long it may take until documents are delivered again.
	within time.Duration
}

// disturbances are those that every installation outlives.
func disturbances() []disturbance {
	all := []disturbance{
		{"a worker is killed", func(p *plant) {
			p.workers[0].kill(p.t)
		}, 30 * time.Second},
		{"NATS restarts", func(p *plant) {
			p.node.kill(false)
			p.node.start()
		}, 30 * time.Second},
		{"NATS is gone for good", func(p *plant) { p.node.kill(true) }, 30 * time.Second},
		{"NATS loses all it had", func(p *plant) {
			p.node.kill(true)
			p.moved(1)
			p.node.start()
		}, 30 * time.Second},
		{"a worker stands still for longer than its lease", func(p *plant) {
			p.must(p.workers[0].cmd.Process.Signal(syscall.SIGSTOP))
			p.moved(40)
			p.must(p.workers[0].cmd.Process.Signal(syscall.SIGCONT))
		}, 30 * time.Second},
		{"both workers are replaced one after the other", func(p *plant) {
			for _, w := range p.workers[:2] {
				p.join()
				w.leave(p.t)
			}
		}, 30 * time.Second},
	}
	if os.Getenv("KAREZ_TEST_LONG") == "" {
		return all[:1]
	}
	return all
}

// TestDisturbedAtWork does something to an installation with two workers while they are
// busy, and expects every refund accounted for, each delivered once.
func TestDisturbedAtWork(t *testing.T) {
	t.Parallel()
	for _, d := range disturbances() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			turn(t)
			p := newPlant(t, newWorld(t).recent(), newNode(t), 2)
			p.slow()
			run := p.started(p.settle())
			p.watched = run
			p.moved(1)
			d.do(p)
			took := p.moved(1)
			t.Logf("delivered again within %s", took.Round(10*time.Millisecond))
			if took > d.within {
				t.Errorf("it took %s until documents were delivered again", took)
			}
			p.until(run, "it is done", func(s seen) bool { return s.State == "done" })
			p.audited(run)
		})
	}
}
