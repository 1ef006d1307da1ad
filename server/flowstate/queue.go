package flowstate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/pausing"
)

// Queues reads what is under way.
type Queues interface {
	// Reading gives what a run of a flow reads or read, its newest windows and pages, at most
	// so many of each. Run 0 is the one that reads, or the newest with windows. The zero
	// Reading where there is none.
	Reading(ctx context.Context, flow, run ledger.ID, windows, pages int) (Reading, error)
	// Queue counts a flow's work.
	Queue(ctx context.Context, flow ledger.ID, now ledger.Millis) (Queue, error)
	// Entries gives a flow's work by when it is due, behind a place, at most so many.
	Entries(ctx context.Context, flow ledger.ID, q EntryQuery) ([]Entry, error)
	// Latest gives a flow's newest calls.
	Latest(ctx context.Context, flow ledger.ID, limit int) ([]Call, error)
	// First puts a row of work that is due and that nobody holds first; false where it is no
	// such row.
	First(ctx context.Context, flow, work ledger.ID, now ledger.Millis) (bool, error)
	// Entry gives one row of work; ledger.ErrNotFound.
	Entry(ctx context.Context, flow, work ledger.ID) (Entry, error)
}

// Reading is what a run reads: its windows and the pages that came.
type Reading struct {
	Run    ledger.Run
	Paused bool
	// Windows are the newest first, Pages too.
	Windows []Window
	Pages   []Page
}

// Window is a window that is read, or was.
type Window struct {
	ledger.Window

	Node string
	// Pages and Rows came in its last attempt.
	Pages, Rows int
	Updated     ledger.Millis
}

// Page is a page that came.
type Page struct {
	Window                                      ledger.ID
	Node                                        string
	Attempt, No                                 int
	Rows, Dropped, Unchanged, Ignored, Accepted int
	// Total is -1 where the source did not tell.
	Total int
	At    ledger.Millis
}

// Requests is what a flow reads, with what may be ordered: nil where it may, else why not.
type Requests struct {
	Reading

	Cancel, Pause, Resume *fault.Fault
}

// The newest windows and pages that are shown.
const (
	mostWindows = 50
	mostPages   = 100
	mostCalls   = 30
)

// Requests gives what a run of a flow reads or read; without one what the flow reads now,
// or read last.
func (s *Service) Requests(ctx context.Context, flowID, run string) (Requests, error) {
	f, err := s.flow(ctx, access.Read, flowID)
	if err != nil {
		return Requests{}, err
	}
	id := int64(0)
	if run != "" {
		if id, err = strconv.ParseInt(run, 10, 64); err != nil {
			return Requests{}, access.Missing()
		}
	}
	var r Requests
	r.Reading, err = s.Store.Reading(ctx, f.ID, ledger.ID(id), mostWindows, mostPages)
	if err == nil && run != "" && r.Run.ID == 0 {
		return r, access.Missing()
	}
	if err != nil || r.Run.ID == 0 {
		return r, err
	}
	at := pausing.Standing{State: r.Run.State, PullingEnded: r.Run.PullingEnded, Paused: r.Paused}
	_, r.Cancel = at.After(pausing.ToCancel)
	_, r.Pause = at.After(pausing.ToPause)
	_, r.Resume = at.After(pausing.ToResume)
	return r, nil
}

// Where work stands.
const (
	// Sending: a worker is at it. Waiting: it is due. Unknown: it is due later, to find out
	// what became of what was sent. Again: it is due later, to try again. Held: it waits
	// for the end of the window that it was read in.
	Sending = "sending"
	Waiting = "waiting"
	Unknown = "unknown"
	Again   = "retry_at"
	Held    = "held"
)

// Queue counts a flow's work: rows of work, and the documents in them.
type Queue struct{ Sending, Waiting, Again, Held QueueCount }

// QueueCount counts rows of work and the documents that they cover.
type QueueCount struct{ Rows, Documents int }

// EntryQuery says which work is wanted.
type EntryQuery struct {
	// State is one of those above, "" for all but what is held.
	State string
	Now   ledger.Millis
	// After is behind which place the page begins, nil for the first.
	After *EntryPlace
	Limit int
}

// EntryPlace is a place in the order of work.
type EntryPlace struct {
	Due ledger.Millis
	ID  ledger.ID
}

// Entry is a row of work with what is written for it.
type Entry struct {
	ledger.Work

	// State is one of those above.
	State string
	// Document is set for the work of a single one.
	Document    ledger.ID
	Key, Number string
	Deliveries  []Delivery
	// Sent counts, for a whole page, the deliveries by their states.
	Sent map[ledger.DeliveryState]int
}

// Delivery is one write of an Entry's document.
type Delivery struct {
	Node, Connection, Key string
	Part                  int
	State                 ledger.DeliveryState
	Attempt               int
	Code, Message         string
	Args                  map[string]string
	NextAt                ledger.Millis
	// Started is when the last call began, 0 before the first.
	Started ledger.Millis
}

// Call is one call to a target.
type Call struct {
	ID                                ledger.ID
	Node, Connection, Operation, Kind string
	Started, Ended                    ledger.Millis
	Rows                              int
	Code                              string
}

// Orders are what may be ordered about an entry: nil where it may, else why not.
type Orders struct {
	// Retry walks the document again, at once; Skip lets it go; First puts it before other work.
	Retry, Skip, First *fault.Fault
}

// Ordered is an entry with its orders.
type Ordered struct {
	Entry
	Orders
}

// Writes is what a flow writes.
type Writes struct {
	Queue

	Items []Ordered
	// Next is "" on the last page.
	Next string
	// Calls are the newest, on the first page.
	Calls []Call
}

// MaxWrites is the most a page may have.
const MaxWrites = 100

// Writes gives a page of what a flow writes, what is due first first.
func (s *Service) Writes(ctx context.Context, flowID, state, after string, limit int) (Writes, error) {
	f, err := s.flow(ctx, access.Read, flowID)
	if err != nil {
		return Writes{}, err
	}
	now := ledger.At(s.Clock())
	q := EntryQuery{State: state, Now: now, Limit: min(cmp.Or(limit, 50), MaxWrites)}
	if !slices.Contains([]string{"", Sending, Waiting, Unknown, Again, Held}, state) {
		return Writes{}, fault.New("queue.state_unknown", "work can't be %q", state).At("state").Classed(fault.Data).Arg("state", state)
	}
	if after != "" {
		due, id, _ := strings.Cut(after, ".")
		at, err := strconv.ParseInt(due, 10, 64)
		last, err2 := strconv.ParseInt(id, 10, 64)
		if err != nil || err2 != nil {
			return Writes{}, fault.New("queue.cursor_unknown", "there is no place %q in the queue", after).At("after").Classed(fault.Data).Arg("after", after)
		}
		q.After = &EntryPlace{ledger.Millis(at), ledger.ID(last)}
	}
	var w Writes
	if w.Queue, err = s.Store.Queue(ctx, f.ID, now); err != nil {
		return w, err
	}
	if after == "" {
		if w.Calls, err = s.Store.Latest(ctx, f.ID, mostCalls); err != nil {
			return w, err
		}
	}
	q.Limit++
	found, err := s.Store.Entries(ctx, f.ID, q)
	if err != nil {
		return w, err
	}
	if len(found) == q.Limit {
		found = found[:q.Limit-1]
		last := found[len(found)-1]
		w.Next = fmt.Sprintf("%d.%d", last.Due, last.ID)
	}
	w.Items, err = s.ordered(ctx, f, found, now)
	return w, err
}

// ordered adds what may be ordered, as the rules of repair have it.
func (s *Service) ordered(ctx context.Context, f Flow, entries []Entry, now ledger.Millis) ([]Ordered, error) {
	var ids []ledger.ID
	for _, e := range entries {
		if e.Document != 0 {
			ids = append(ids, e.Document)
		}
	}
	ailing := map[ledger.ID]rules.Ailing{}
	if len(ids) > 0 {
		found, err := s.Documents.Ailings(ctx, f.Workspace, ids)
		if err != nil {
			return nil, err
		}
		for _, a := range found {
			ailing[a.Document.ID] = a
		}
	}
	all := make([]Ordered, len(entries))
	for i, e := range entries {
		all[i] = Ordered{e, Orders{First: e.first(f, now)}}
		a, ok := ailing[e.Document]
		if !ok {
			all[i].Retry, all[i].Skip = wholePage(), wholePage()
			continue
		}
		all[i].Retry, all[i].Skip = a.CanRetry(now), a.CanSkip(now)
	}
	return all, nil
}

// wholePage is why nothing is ordered about the documents of a page.
func wholePage() *fault.Fault {
	return fault.New("queue.page", "these documents came with one page and were not looked at yet").Classed(fault.Data).
		Hinted("put them first, or act on a single one once it stands still")
}

// first says why work can't be put first; nil when it can.
func (e *Entry) first(f Flow, now ledger.Millis) *fault.Fault {
	switch {
	case f.Paused:
		return fault.New("queue.paused", "the flow rests").Classed(fault.Config).Hinted("let it go on first")
	case e.Owner != "" && e.LeaseUntil > now:
		return fault.New("queue.claimed", "a worker is at it already").Classed(fault.Transient).Hinted("wait for its outcome")
	case e.Due >= ledger.FarFuture:
		return fault.New("queue.held", "it waits until the window that it was read in is complete").Classed(fault.Data).
			Hinted("it goes on by itself then")
	case e.Due > now:
		return fault.New("queue.not_due", "its time has not come").Classed(fault.Data).Hinted("retry the document: then it is walked at once")
	case e.Priority <= ledger.Urgent:
		return fault.New("queue.first", "it is first already").Classed(fault.Data)
	default:
		return nil
	}
}

// First puts waiting work before everything else. What it does is a matter of order alone:
// who takes it up does the same with it as later.
func (s *Service) First(ctx context.Context, flowID, work string) error {
	f, err := s.flow(ctx, access.Operate, flowID)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(work, 10, 64)
	if err != nil {
		return access.Missing()
	}
	now := ledger.At(s.Clock())
	e, err := s.Store.Entry(ctx, f.ID, ledger.ID(id))
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return gone()
	case err != nil:
		return err
	}
	if why := e.first(f, now); why != nil {
		return why
	}
	put, err := s.Store.First(ctx, f.ID, e.ID, now)
	if err != nil {
		return err
	}
	if !put {
		return gone()
	}
	p, _ := access.Here(ctx, access.Operate)
	s.Log.InfoContext(ctx, "a person put work first", "flow", f.ID, "work", e.ID, "by", cmp.Or(p.Name, fmt.Sprint("user ", p.User)))
	if err := s.Hints.Publish(ctx, ledger.Urgent, []ledger.ID{e.ID}); err != nil {
		s.Log.WarnContext(ctx, "work was not announced; the sweeper will find it", "error", err)
	}
	return nil
}

// gone is the answer about work that somebody took up or finished meanwhile.
func gone() *fault.Fault {
	return fault.New("queue.gone", "it is not in the queue any more").Classed(fault.Data).Hinted("look at the queue again: it may have been written")
}
