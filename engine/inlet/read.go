package inlet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Store is what reading needs of the ledger. Every method is one transaction; those of
// windows and pages are pull's.
type Store interface {
	// OpenInlet gives the stream of an inlet and makes it at first use.
	OpenInlet(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error)
	// Stored gives documents by their keys; ledger.ErrNotFound where there is no such flow.
	Stored(ctx context.Context, q ledger.StoredQuery) ([]ledger.Stored, error)
	OpenWindows(ctx context.Context, stream ledger.ID, kind ledger.WindowKind) ([]ledger.Window, error)
	StartWindow(ctx context.Context, w ledger.Window, now ledger.Millis) (ledger.Window, error)
	RestartWindow(ctx context.Context, w ledger.Window, run ledger.ID, now ledger.Millis) (ledger.Window, error)
	FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) ([]ledger.ID, error)
	CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error)
}

// Reader reads what other flows stored.
type Reader struct {
	Store Store
	Clock func() time.Time
	Log   *slog.Logger
	// Size is the most documents of a page. Default 100.
	Size int
}

// Job is one inlet of one run.
type Job struct {
	Workspace, Flow, Run, Version ledger.ID
	// Inlet is one that reads.
	Inlet    *plan.Inlet
	Params   item.Value
	Priority int
	// Report is told after every commit; it may be nil.
	Report func(result ledger.PageResult, rows int)
}

// lookBack is how far a window reaches back before the last one's end: a document
// changes when its transaction begins and is seen when that ends.
const lookBack = time.Minute

// Run reads what changed since the last reading: first a window that was interrupted,
// then one up to now. Its error is a *fault.Fault that says why reading could not
// finish, or the context's; what was committed before stays.
func (r *Reader) Run(ctx context.Context, job Job) error {
	err := r.run(ctx, job)
	if errors.Is(err, ledger.ErrFenced) {
		return fault.New("window.taken_over", "another run reads this source now and goes on from here").Because(err).Classed(fault.Transient)
	}
	return err
}

func (r *Reader) run(ctx context.Context, job Job) error {
	stream, err := r.Store.OpenInlet(ctx, job.Workspace, job.Flow, job.Inlet.NodeID)
	if err != nil {
		return err
	}
	open, err := r.Store.OpenWindows(ctx, stream.ID, ledger.Live)
	if err != nil {
		return err
	}
	for _, w := range open {
		if w, err = r.Store.RestartWindow(ctx, w, job.Run, r.now()); err == nil {
			err = r.window(ctx, job, w)
		}
		if err != nil {
			return err
		}
		stream.Watermark = max(stream.Watermark, w.To)
	}
	at := plan.Window{Ranged: true, LookBack: lookBack, StartFrom: job.Inlet.Read.StartFrom}
	from, to, more := at.Next(stream.Watermark.Time(), r.Clock())
	if !more {
		return nil
	}
	w, err := r.Store.StartWindow(ctx, ledger.Window{Stream: stream.ID, Run: job.Run, Kind: ledger.Live, From: ledger.At(from), To: ledger.At(to)}, r.now())
	if err != nil {
		return err
	}
	return r.window(ctx, job, w)
}

func (r *Reader) now() ledger.Millis { return ledger.At(r.Clock()) }

// window reads one window page by page. Its documents stand in the order of their keys,
// which never change, so that none is missed and none comes twice.
func (r *Reader) window(ctx context.Context, job Job, w ledger.Window) error {
	q := ledger.StoredQuery{
		Workspace: job.Workspace, Flow: job.Inlet.Read.Flow, Source: job.Inlet.Read.Source, States: states(job.Inlet.Read.States),
		From: w.From, To: w.To, Limit: r.Size,
	}
	if q.Limit == 0 {
		q.Limit = ledger.WorkSize
	}
	for no := 1; ; no++ {
		rows, err := r.Store.Stored(ctx, q)
		if errors.Is(err, ledger.ErrNotFound) {
			return fault.New("inlet.flow_missing", "the flow that is read is gone").Classed(fault.Config).Hinted("choose another flow in the inlet node")
		}
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := r.commit(ctx, job, w, no, rows); err != nil {
				return err
			}
			q.After = rows[len(rows)-1].Key
		}
		if len(rows) < q.Limit {
			break
		}
	}
	if _, err := r.Store.FinishWindow(ctx, w, r.now()); err != nil {
		return err
	}
	failpoint.Hit("after_window")
	return nil
}

// commit stores a page.
func (r *Reader) commit(ctx context.Context, job Job, w ledger.Window, no int, rows []ledger.Stored) error {
	page := ledger.PageCommit{
		Workspace: job.Workspace, Stream: w.Stream, Flow: job.Flow, Run: job.Run, Version: job.Version, Window: w.ID, Attempt: w.Attempt, PageNo: no,
		Rows: len(rows), OnSeen: ledger.OnSeen(job.Inlet.OnSeen), Total: -1, Priority: job.Priority, Now: r.now(), Origins: []ledger.Origin{},
	}
	for _, row := range rows {
		if row.Hops >= ledger.MaxHops {
			r.Log.WarnContext(ctx, "a document is not read: it went from flow to flow too often", "document", row.ID, "hops", row.Hops)
			page.Dropped++
			continue
		}
		record := Record{
			Body: row.Body, NodeID: job.Inlet.NodeID,
			Own:  plan.Identity{Key: row.Key, Number: row.Number, Modified: row.Modified.Time()},
			From: ledger.HandKey{Document: row.ID, Rev: row.Rev, Way: fmt.Sprintf("read/%d", w.Stream)},
		}
		in, keep := job.keep(record)
		if !keep {
			page.Dropped++
			continue
		}
		page.Docs, page.Origins = append(page.Docs, in), append(page.Origins, ledger.Origin{HandKey: record.From, Hops: row.Hops + 1})
	}
	result, err := r.Store.CommitPage(ctx, page)
	if err != nil {
		return err
	}
	failpoint.Hit("after_page")
	if job.Report != nil {
		job.Report(result, len(rows))
	}
	return nil
}

// keep gives a record as the ledger takes it, false where the conditions drop it. One
// about which they can't be asked is refused, and so is one whose contents are gone.
func (j Job) keep(r Record) (ledger.Incoming, bool) {
	if r.Body == nil {
		return refused(r, fault.New("inlet.content_purged", "the contents of the document were removed because they are old, before they were read").Classed(fault.Data).
			Hinted("pull the document again by its number in its own flow: then it is read with its contents")), true
	}
	if j.Inlet.Read.Conditions != nil {
		doc := item.Of(j.Inlet.Open(r.Body))
		ok, err := j.Inlet.Read.Conditions.MatchScope(&value.Scope{Doc: doc, Source: doc, Params: j.Params})
		if err != nil {
			return refused(r, err), true
		}
		if !ok {
			return ledger.Incoming{}, false
		}
	}
	return Take(j.Inlet, r), true
}

// states gives states by their names.
func states(names []string) []ledger.State {
	return slices.DeleteFunc(ledger.States(), func(s ledger.State) bool { return !slices.Contains(names, s.String()) })
}
