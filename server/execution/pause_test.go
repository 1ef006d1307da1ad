package execution_test

import (
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/execution"
)

// TestAPausedRunReadsNoFurtherPage: the page at hand comes in, then nobody reads the flow,
// in no process, until the run is resumed; then it goes on where it stopped.
func TestAPausedRunReadsNoFurtherPage(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(95)
		g := p.gated(4)
		r := p.runner(p.service)
		other := p.runner(p.serviceOf("there"))
		id := p.trigger("job")
		<-g.reached
		behind := p.trigger("job")
		p.runs.pause(id, true)
		p.pass(2 * time.Second)
		close(g.open)
		p.pass(3 * time.Second)
		_, counts := p.run(id)
		read := counts[ledger.SlotPulled]
		if read == 0 || read > 40 {
			p.t.Errorf("%d rows were read", read)
		}
		p.pass(time.Minute)
		if run, counts := p.run(id); run.PullingEnded || counts[ledger.SlotPulled] != read {
			p.t.Errorf("it reads on: %v after %d", counts, read)
		}
		p.is(behind, ledger.RunQueued) // a flow is read run by run
		p.runs.pause(id, false)
		p.workers.Start(p.t.Context())
		p.pass(3 * time.Second)
		p.is(id, ledger.RunDone)
		p.is(behind, ledger.RunDone)
		if bills, order := p.connections.erp.Bills(); len(bills) != 95 || len(order) != 95 {
			p.t.Errorf("%d bills by %d writes", len(bills), len(order))
		}
		r.Stop()
		other.Stop()
	})
}

// TestAPausedRunThatWaitsDoesNotBegin: and one that has nothing left to do is closed all the same.
func TestAPausedRunThatWaitsDoesNotBegin(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(5)
		id := p.trigger("job")
		p.runs.pause(id, true)
		r := p.runner(p.service)
		p.workers.Start(p.t.Context())
		p.pass(time.Minute)
		p.is(id, ledger.RunQueued)
		p.runs.pause(id, false)
		p.pass(2 * time.Second)
		p.is(id, ledger.RunDone)
		r.Stop()
	})
}

func TestAPausedFlowIsNotRun(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		f, err := p.runs.Flow(p.t.Context(), workspace, "job")
		if err != nil {
			p.t.Fatal(err)
		}
		f.Paused = true
		p.runs.put(f)
		for _, trigger := range []string{execution.Manual, "schedule:x"} {
			_, err = p.service.Trigger(p.operator(), "job", trigger, time.Time{})
			refused(p.t, err, "flow.paused")
		}
	})
}
