package retentionstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/sdk/connector"
)

// line is a flow from a shop to an ERP over the rig's database, with the engine at work.
type line struct {
	*rig

	flow   ledger.ID
	plan   *plan.Plan
	shop   *enginetest.Shop
	erp    *enginetest.ERP
	puller *pull.Puller
	worker *push.Worker
	runs   int
}

func newLine(t *testing.T, r *rig, edits ...string) *line {
	t.Helper()
	l := &line{rig: r, flow: r.ids(1), shop: &enginetest.Shop{}, erp: &enginetest.ERP{}, plan: enginetest.Compile(t, strings.NewReplacer(edits...).Replace(enginetest.Job))}
	r.Now = ledger.At(time.Date(2026, 1, 1, 12, 0, 0, 0, enginetest.Zone()))
	clock, log := func() time.Time { return r.Now.Time() }, slog.New(slog.DiscardHandler)
	l.puller = pull.New(pull.Config{Store: r.Store, Clock: clock, Log: log, FirstWait: time.Microsecond})
	l.worker = push.New(push.Config{
		Store: r.Store, Sender: deliver.New(deliver.Config{Store: r.Store, Clock: clock, Log: log, InFlight: 1}), Plans: l, Connections: l, Clock: clock, Log: log, Owner: "worker",
	})
	return l
}

// Plan implements push.Plans.
func (l *line) Plan(context.Context, ledger.ID) (*plan.Plan, error) { return l.plan, nil }

// Open implements push.Connections.
func (l *line) Open(context.Context, ledger.ID, string) (ledger.ID, connector.Session, error) {
	return l.Connection, l.erp, nil
}

// order puts an order into the shop.
func (l *line) order(id, note string, modified time.Time) {
	l.shop.Put(enginetest.Order{ID: id, No: id, Amount: "1.10", Note: note, Modified: modified})
}

// reads lets a run read, writes what is due, and gives the counts of the run.
func (l *line) reads(reading *ledger.Reading, read func(ctx context.Context, job pull.Job) error) ledger.Counts {
	l.Helper()
	ctx := l.Context()
	l.runs++
	run, _, err := l.Store.OpenRun(ctx, ledger.Run{
		Workspace: l.Workspace, Flow: l.flow, Version: l.Version, Trigger: "t", FireAt: ledger.Millis(l.runs), TraceID: fmt.Sprint("trace", l.runs), Reading: reading,
	}, l.Now)
	l.Must(err)
	l.shop.Now = l.Now.Time()
	l.Must(read(ctx, pull.Job{
		Workspace: l.Workspace, Flow: l.flow, Run: run.ID, Version: l.Version, Connection: l.Connection, Source: l.plan.Sources[0], Session: l.shop, FlowID: "job", RunID: "run",
	}))
	l.Must(l.Store.EndPulling(ctx, run.ID, nil, l.Now))
	for range 20 {
		due, err := l.Store.Due(ctx, l.Now, 100)
		l.Must(err)
		for _, w := range due {
			_, err := l.worker.Handle(ctx, w.ID)
			l.Must(err)
		}
	}
	_, counts, err := l.Store.Run(ctx, run.ID)
	l.Must(err)
	return counts
}

func (l *line) live() ledger.Counts {
	l.Helper()
	return l.reads(nil, l.puller.Run)
}

func (l *line) past(reading ledger.Reading) ledger.Counts {
	l.Helper()
	reading.Node = "orders"
	return l.reads(&reading, func(ctx context.Context, job pull.Job) error {
		return l.puller.Range(ctx, job, reading)
	})
}

// TestAnOldDocumentIsNotWrittenTwice: what a document is recognised by outlives its contents,
// whichever way it is read again.
func TestAnOldDocumentIsNotWrittenTwice(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		l := newLine(t, r, "operation: orders,", "operation: orders, onSeen: revise,", "{operation: bills,", "{operation: bills, onRevised: update,")
		l.plan.Sources[0].Sweep.LookBack = 3000 * day
		began := l.Now.Time()
		ids := []string{"a", "b", "c"}
		for i, id := range ids {
			l.order(id, "first", began.Add(-time.Duration(i+1)*time.Hour))
		}
		r.Same("written", l.live()[ledger.SlotOf(ledger.Delivered)], 3)
		stream, err := r.Store.OpenStream(r.Context(), r.Workspace, l.flow, "orders")
		r.Must(err)
		// purged grows what was written old and removes its contents.
		purged := func() {
			r.Helper()
			r.Now = r.Now.Add(100 * day)
			r.purge()
			r.Same("contents", r.count("SELECT COUNT(*) FROM document d JOIN pack p ON p.id = d.pack_id WHERE d.stream_id = ?", stream.ID), 0)
			r.Same("bodies", r.count("SELECT COUNT(*) FROM delivery t JOIN document d ON d.id = t.document_id JOIN pack p ON p.id = t.req_pack WHERE d.stream_id = ?", stream.ID), 0)
		}
		same := func(how string, counts ledger.Counts, writes, changes int) {
			r.Helper()
			bills, order := l.erp.Bills()
			r.Same(how+": bills", []int{len(bills), len(order)}, []int{3, 3})
			r.Same(how+": writes", []int{l.erp.Writes, l.erp.Changes}, []int{writes, changes})
			r.Same(how+": balanced", counts.Balanced(), true)
		}
		writes := l.erp.Writes
		purged()
		counts := l.past(ledger.Reading{Kind: ledger.Backfill, From: ledger.At(began.Add(-24 * time.Hour)), To: ledger.At(began)})
		r.Same("by a backfill", []int{counts[ledger.SlotUnchanged], counts[ledger.SlotAccepted]}, []int{3, 0})
		same("by a backfill", counts, writes, 0)
		l.live() // the cursor goes on, so that the next sweep has a range
		counts = l.past(ledger.Reading{Kind: ledger.GapSweep})
		r.Same("by a sweep", []int{counts[ledger.SlotUnchanged], counts[ledger.SlotAccepted], counts[ledger.SlotFound]}, []int{3, 0, 0})
		same("by a sweep", counts, writes, 0)
		stream, err = r.Store.OpenStream(r.Context(), r.Workspace, l.flow, "orders")
		r.Must(err)
		r.Must(r.Store.ResetCursor(r.Context(), ledger.CursorReset{Stream: stream.ID, Version: stream.Version, To: ledger.At(began.Add(-10 * time.Hour)), Actor: "ann"}, r.Now))
		counts = l.live()
		r.Same("after a reset", []int{counts[ledger.SlotUnchanged], counts[ledger.SlotAccepted]}, []int{3, 0})
		same("after a reset", counts, writes, 0)
		counts = l.reads(nil, func(ctx context.Context, job pull.Job) error {
			_, err := l.puller.Numbers(ctx, job, ids)
			return err
		})
		r.Same("by number", counts[ledger.SlotAccepted], 0)
		same("by number", counts, writes, 0)
		r.Same("the contents are back", r.count("SELECT COUNT(*) FROM document d JOIN pack p ON p.id = d.pack_id WHERE d.stream_id = ?", stream.ID), 3)
		purged()
		// A change goes to the bill that the document became, which its target knows by the id.
		l.order("a", "second", r.Now.Time().Add(-time.Hour))
		counts = l.live()
		r.Same("changed", []int{counts[ledger.SlotAccepted], counts[ledger.SlotOf(ledger.Delivered)]}, []int{1, 1})
		same("changed", counts, writes+1, 1)
		number := ""
		r.Must(r.db.Read(r.Context()).Raw("SELECT t.target_number FROM delivery t JOIN document d ON d.id = t.document_id WHERE d.stream_id = ? AND d.doc_key = 'a'", stream.ID).Scan(&number).Error)
		r.Same("its number", number, "a")
	})
}

// TestAnOldChangeIsIgnored where the flow does not want changes of what was written.
func TestAnOldChangeIsIgnored(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		l := newLine(t, r)
		l.order("a", "first", l.Now.Time().Add(-time.Hour))
		l.live()
		writes := l.erp.Writes
		r.Now = r.Now.Add(100 * day)
		r.purge()
		l.order("a", "second", r.Now.Time().Add(-time.Hour))
		counts := l.live()
		r.Same("ignored", []int{counts[ledger.SlotIgnored], counts[ledger.SlotAccepted], l.erp.Writes}, []int{counts[ledger.SlotIgnored], 0, writes})
		r.Same("at least once", counts[ledger.SlotIgnored] > 0, true)
	})
}
