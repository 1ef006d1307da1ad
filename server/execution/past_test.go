package execution_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
)

// past puts 40 orders into the shop's past, one a day before January.
func (p *plant) past() {
	for d := range 40 {
		p.connections.shop.Put(enginetest.Order{ID: fmt.Sprintf("p%03d", d), No: fmt.Sprintf("P%03d", d), Amount: "1", Modified: day(1, 3).AddDate(0, 0, -1-d)})
	}
}

// backfill queues a run that reads the last 30 days before January.
func (p *plant) backfill() ledger.ID { return p.backfills("job") }

func (p *plant) backfills(flow string) ledger.ID {
	p.t.Helper()
	id, err := p.service.Backfill(p.operator(), flow, "backfill:orders", ledger.Reading{
		Kind: ledger.Backfill, Node: "orders", From: ledger.At(day(1, 0).AddDate(0, 0, -30)), To: ledger.At(day(1, 0)),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

func TestABackfillIsARunOfItsOwn(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(3)
		p.past()
		p.runner(p.service)
		p.workers.Start(p.t.Context())
		live := p.trigger("job")
		p.pass(3 * time.Second)
		p.is(live, ledger.RunDone)
		cursor := p.cursor()
		id := p.backfill()
		p.pass(3 * time.Second)
		run := p.is(id, ledger.RunDone)
		if _, counts := p.run(id); run.Reading == nil || counts[ledger.SlotOf(ledger.Delivered)] != 30 || p.cursor() != cursor {
			p.t.Errorf("%+v, %v, cursor %d", run, counts, p.cursor())
		}
		if bills, _ := p.connections.erp.Bills(); len(bills) != 33 {
			p.t.Errorf("%d bills", len(bills))
		}
	})
}

func (p *plant) cursor() ledger.Millis {
	p.t.Helper()
	stream, err := p.store.OpenStream(p.t.Context(), workspace, flowID, "orders")
	if err != nil {
		p.t.Fatal(err)
	}
	return stream.Watermark
}

// TestABackfillMakesWay: what changed is read between two windows of the past, and the past
// goes on after that.
func TestABackfillMakesWay(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(3)
		p.past()
		gate := p.gated(5)
		p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.backfill()
		<-gate.reached
		live := p.trigger("job")
		sweep, err := p.service.Sweep(p.operator(), "job", "orders", "sweep:orders", time.Time{})
		if err != nil {
			p.t.Fatal(err)
		}
		p.is(live, ledger.RunQueued)
		close(gate.open)
		p.pass(5 * time.Second)
		first, second, third := p.is(live, ledger.RunDone), p.is(sweep, ledger.RunDone), p.is(id, ledger.RunDone)
		if first.Started > second.Started || second.Ended > third.Ended {
			p.t.Errorf("the order is %d, %d, %d", first.Started, second.Started, third.Ended)
		}
		if _, counts := p.run(id); counts[ledger.SlotAccepted] != 30 {
			p.t.Errorf("%v", counts)
		}
	})
}

// TestABackfillRests, and nobody else's run with it; it goes on with the window it was at.
func TestABackfillRests(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.orders(3)
		p.past()
		gate := p.gated(5)
		p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.backfill()
		<-gate.reached
		p.runs.pause(id, true)
		p.pass(2 * time.Second)
		close(gate.open)
		p.pass(5 * time.Second)
		if run, counts := p.run(id); run.State != ledger.RunRunning || run.PullingEnded || counts[ledger.SlotAccepted] == 0 || counts[ledger.SlotAccepted] > 6 {
			p.t.Errorf("%+v, %v", run, counts)
		}
		live := p.trigger("job")
		p.pass(3 * time.Second)
		p.is(live, ledger.RunDone)
		p.runs.pause(id, false)
		p.pass(5 * time.Second)
		p.is(id, ledger.RunDone)
		if _, counts := p.run(id); counts[ledger.SlotAccepted] != 30 || counts[ledger.SlotPulled] > 31 {
			p.t.Errorf("what was read before is not read again: %v", counts)
		}
	})
}

// TestABackfillIsCancelled, and holds nothing back.
func TestABackfillIsCancelled(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.past()
		gate := p.gated(5)
		p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.backfill()
		<-gate.reached
		if err := p.service.Cancel(p.operator(), id); err != nil {
			p.t.Fatal(err)
		}
		close(gate.open)
		p.pass(10 * time.Second)
		p.is(id, ledger.RunCancelled)
		stream, err := p.store.OpenStream(p.t.Context(), workspace, flowID, "orders")
		if err != nil {
			p.t.Fatal(err)
		}
		if open, err := p.store.OpenWindows(p.t.Context(), stream.ID, ledger.Backfill); err != nil || len(open) > 0 {
			p.t.Errorf("windows are open: %v, %v", open, err)
		}
	})
}

// TestABackfillOutlivesItsProcess: the next one goes on with the window that was cut off.
func TestABackfillOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.past()
		gate := p.gated(5)
		first := p.runner(p.service)
		p.workers.Start(p.t.Context())
		id := p.backfill()
		<-gate.reached
		first.Stop() // the gate never opens: the page is given up after the grace
		p.connections.front = nil
		p.pass(time.Second)
		p.is(id, ledger.RunRunning)
		p.runner(p.serviceOf("next"))
		p.pass(60 * time.Second)
		p.is(id, ledger.RunDone)
		if _, counts := p.run(id); counts[ledger.SlotAccepted] != 30 {
			p.t.Errorf("%v", counts)
		}
	})
}

func TestWhoMayReadThePast(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		viewer := p.as(workspace, access.Viewer)
		_, err := p.service.Sweep(viewer, "job", "orders", "sweep:orders", time.Time{})
		refused(t, err, "auth.forbidden")
		_, err = p.service.Backfill(viewer, "job", "backfill:orders", ledger.Reading{Kind: ledger.Backfill, Node: "orders", From: 1, To: 2})
		refused(t, err, "auth.forbidden")
		_, err = p.service.Sweep(p.operator(), "nowhere", "orders", "sweep:orders", time.Time{})
		refused(t, err, "object.missing")
		// A disabled flow is looked through by hand only.
		f := p.runs.flowOf(flowID)
		f.Enabled = false
		p.runs.put(f)
		_, err = p.service.Sweep(p.operator(), "job", "orders", "sweep:orders", day(1, 1))
		refused(t, err, "flow.disabled")
		_, err = p.service.Sweep(p.operator(), "job", "orders", "sweep:orders", time.Time{})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestASourceThatIsGone fails the run and says so.
func TestASourceThatIsGone(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		p.runner(p.service)
		p.workers.Start(p.t.Context())
		id, err := p.service.Sweep(p.operator(), "job", "gone", "sweep:gone", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		p.pass(3 * time.Second)
		if run := p.is(id, ledger.RunFailed); run.Code != "reading.source_missing" {
			t.Errorf("%+v", run)
		}
	})
}

// TestAlone: nothing is done while somebody reads.
func TestAlone(t *testing.T) {
	t.Parallel()
	inPlant(t, func(p *plant) {
		gate := p.gated(1)
		p.runner(p.service)
		p.trigger("job")
		<-gate.reached
		did := 0
		do := func(context.Context) error { did++; return errAway }
		if ok, err := p.service.Alone(p.t.Context(), flowID, do); ok || err != nil || did != 0 {
			t.Errorf("%v, %v, %d", ok, err, did)
		}
		close(gate.open)
		p.pass(3 * time.Second)
		if ok, err := p.service.Alone(p.t.Context(), flowID, do); !ok || !errors.Is(err, errAway) || did != 1 {
			t.Errorf("%v, %v, %d", ok, err, did)
		}
	})
}
