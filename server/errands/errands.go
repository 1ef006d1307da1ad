// Package errands keeps a courier going, which makes the calls that walks left behind,
// and lets people see those calls, repeat them and let them go.
//
// It may import server/access, server/once, engine/errand, engine/ledger and sdk/fault:
// never a database, HTTP or another service.
package errands

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/once"
)

// Courier sends what is due.
type Courier interface {
	// Round sends the errands that are due, as far as it takes them in one go, and gives
	// how many it took. The end of ctx ends the taking, that of calls cuts what is called.
	Round(ctx, calls context.Context) (int, error)
}

// Documents know what a workspace has.
type Documents interface {
	// Known reports whether a workspace has a document.
	Known(ctx context.Context, workspace, document ledger.ID) (bool, error)
}

// Config wires a Service.
type Config struct {
	Courier Courier
	Book    errand.Book
	// Orders remember the keys that Book keeps.
	Orders once.Keys
	// Documents are those whose errands are shown.
	Documents Documents
	Clock     func() time.Time
	Log       *slog.Logger
	// Sweep is how often due errands are looked for. Default 1 s.
	Sweep time.Duration
	// Rounds is how many run side by side, so that a system that does not answer holds up
	// no other one. Default 4.
	Rounds int
	// Drain is how long Stop lets calls come to their end before it cuts them. Default 15 s.
	Drain time.Duration
}

// Service sends errands and shows them. Its faults, beside those of errand.Mend and once.Carry:
// "auth.…", "object.missing".
type Service struct {
	Config

	// cancel ends the taking of errands, cut the calls that are under way.
	cancel, cut context.CancelFunc
	group       sync.WaitGroup
	woken       chan struct{}
}

// New makes a Service with the defaults filled in.
func New(c Config) *Service {
	c.Sweep, c.Rounds, c.Drain = cmp.Or(c.Sweep, time.Second), cmp.Or(c.Rounds, 4), cmp.Or(c.Drain, 15*time.Second)
	return &Service{Config: c, woken: make(chan struct{}, 1)}
}

// Start begins to send until Stop. The end of the context ends the taking of errands: a
// call that is under way goes on, because what the system answers must be heard.
func (s *Service) Start(ctx context.Context) {
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	ctx, s.cancel = context.WithCancel(ctx)
	s.cut = cut
	for range s.Rounds {
		s.group.Go(func() { s.sweep(ctx, calls) })
	}
}

// Stop ends the sending and waits for what is under way, which it cuts where it takes
// longer than Drain. Stopping twice or before Start is legal.
func (s *Service) Stop() {
	if s.cancel == nil {
		return
	}
	s.cancel()
	overdue := time.AfterFunc(s.Drain, s.cut)
	s.group.Wait()
	overdue.Stop()
	s.cut()
}

func (s *Service) sweep(ctx, calls context.Context) {
	ticker := time.NewTicker(s.Sweep)
	defer ticker.Stop()
	for ctx.Err() == nil {
		taken, err := s.Courier.Round(ctx, calls)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "calls after walks could not be made and are tried again", "error", err)
		}
		if taken > 0 && err == nil {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-s.woken:
		}
	}
}

// Of gives the errands of a document, the oldest first.
func (s *Service) Of(ctx context.Context, document string) ([]errand.Record, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	known, err := s.Documents.Known(ctx, p.Workspace, number(document))
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, access.Missing()
	}
	return s.Book.Of(ctx, p.Workspace, number(document))
}

// Left counts the errands of flows that are open, and tells when the first is due.
func (s *Service) Left(ctx context.Context, flows []ledger.ID) (n int, due ledger.Millis, err error) {
	return s.Book.Left(ctx, flows)
}

// Mends reports whether the caller may do something about errands.
func (s *Service) Mends(ctx context.Context) bool {
	_, err := access.Here(ctx, access.Operate)
	return err == nil
}

// Retry makes a call again with its stored request; seen is the Updated of the errand as
// the caller saw it, 0 for whatever there is.
func (s *Service) Retry(ctx context.Context, id string, seen ledger.Millis) (errand.Record, error) {
	return s.mend(ctx, errand.Repair{ID: number(id), Action: errand.Retry, Seen: seen}, "errand.retry")
}

// Skip lets a call go; the note says why.
func (s *Service) Skip(ctx context.Context, id string, seen ledger.Millis, note string) (errand.Record, error) {
	return s.mend(ctx, errand.Repair{ID: number(id), Action: errand.Skip, Seen: seen, Note: note}, "errand.skip")
}

// mend carries an order out and gives the errand as it is then. One that was carried out
// before is not carried out again.
func (s *Service) mend(ctx context.Context, r errand.Repair, what string) (errand.Record, error) {
	p, err := access.Here(ctx, access.Operate)
	if err != nil {
		return errand.Record{}, err
	}
	o := once.New(ctx, r.ID, what, strconv.FormatInt(int64(r.Seen), 10), r.Note)
	r.Workspace, r.Actor, r.Now, r.OrderKey, r.Asked = p.Workspace, p.Name, ledger.At(s.Clock()), o.Key, o.Asked
	var record errand.Record
	before, err := once.Carry(ctx, s.Orders, p.Workspace, o, func() (err error) {
		record, err = s.Book.Mend(ctx, r)
		return err
	})
	if before != 0 {
		record, err = s.Book.Errand(ctx, p.Workspace, r.ID)
	}
	if errors.Is(err, ledger.ErrNotFound) {
		return record, access.Missing()
	}
	if err == nil {
		select {
		case s.woken <- struct{}{}:
		default:
		}
	}
	return record, err
}

// number reads an id, 0 when it is none.
func number(text string) ledger.ID {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return ledger.ID(id)
}
