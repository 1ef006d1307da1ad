package execution

import (
	"context"
	"errors"
	"time"

	"github.com/karezflow/karez/engine/ledger"
)

// Lease is a right that one process has for a while.
type Lease struct {
	Name, Owner string
	// Fence grows whenever the right changes hands.
	Fence int64
}

// Leases gives rights to one process at a time.
type Leases interface {
	// Take gives the right of a name that nobody has, or whose time is over; false when somebody has it.
	Take(ctx context.Context, name, owner string, now, until ledger.Millis) (Lease, bool, error)
	// Renew extends a right; ledger.ErrFenced when it went to somebody else.
	Renew(ctx context.Context, lease Lease, until ledger.Millis) error
	// Give ends a right; one that is lost already is no error.
	Give(ctx context.Context, lease Lease) error
	// Live reports whether somebody has the right of a name.
	Live(ctx context.Context, name string, now ledger.Millis) (bool, error)
}

// Why a pull ends before everything is read.
var (
	errLost      = errors.New("another process reads this flow now")
	errStopping  = errors.New("the program is stopping")
	errCancelled = errors.New("the run was cancelled")
	errPaused    = errors.New("the run or its flow was paused")
)

// flowLease names the right to read a flow's sources. One right covers all
// streams of the flow, so no window of them is read by two processes. A holder
// that does not notice in time that it lost the right is fenced out by the
// attempts of its windows.
func flowLease(flow ledger.ID) string { return "run.flow." + idText(flow) }

// hold takes the right to read a flow and keeps it until it is given back. The
// context ends with errLost when the right is lost.
func (s *Service) hold(ctx context.Context, flow ledger.ID) (held context.Context, give func(), ok bool, err error) {
	if s.Leases == nil {
		return ctx, func() {}, true, nil
	}
	until := s.now().Add(s.Lease)
	lease, ok, err := s.Leases.Take(ctx, flowLease(flow), s.Owner, s.now(), until)
	if err != nil || !ok {
		return ctx, func() {}, false, err
	}
	held, cancel := context.WithCancelCause(ctx)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		s.renew(held, lease, until, cancel)
	}()
	return held, func() {
		cancel(nil)
		<-finished
		if err := s.Leases.Give(context.WithoutCancel(ctx), lease); err != nil {
			s.Log.WarnContext(ctx, "a lease was not given back; it ends by itself", "lease", lease.Name, "error", err)
		}
	}, true, nil
}

// renew keeps a right until the context ends. A right that can't be renewed is
// given up while it still holds, so that two holders never overlap.
func (s *Service) renew(ctx context.Context, lease Lease, until ledger.Millis, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(s.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		next := s.now().Add(s.Lease)
		switch err := s.Leases.Renew(ctx, lease, next); {
		case err == nil:
			until = next
		case errors.Is(err, ledger.ErrFenced), s.now().Add(s.Lease/3) >= until:
			cancel(errLost)
			return
		}
	}
}

// turn waits until nobody else reads the flow.
func (s *Service) turn(ctx context.Context, flow ledger.ID) (held context.Context, give func(), err error) {
	for {
		held, give, ok, err := s.hold(ctx, flow)
		if err != nil || ok {
			return held, give, err
		}
		select {
		case <-ctx.Done():
			return ctx, func() {}, context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}
