package readtest

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
)

// observer sees what reaches the ledger: a window that is done holds all that was in it
// when its last reading began.
type observer struct {
	pull.Store

	world *world
	// began is at which call to the source the last reading of a window began.
	began map[ledger.ID]int
	// base is where a person put the cursor, done are the live windows that were read since.
	base ledger.Millis
	done []ledger.Window
}

// StartWindow implements pull.Windows.
func (o *observer) StartWindow(ctx context.Context, w ledger.Window, now ledger.Millis) (ledger.Window, error) {
	started, err := o.Store.StartWindow(ctx, w, now)
	o.began[started.ID] = o.world.at
	return started, err
}

// RestartWindow implements pull.Windows.
func (o *observer) RestartWindow(ctx context.Context, w ledger.Window, run ledger.ID, now ledger.Millis) (ledger.Window, error) {
	o.began[w.ID] = o.world.at
	return o.Store.RestartWindow(ctx, w, run, now)
}

// SplitWindow implements pull.Windows.
func (o *observer) SplitWindow(ctx context.Context, w ledger.Window, middle, now ledger.Millis) ([]ledger.Window, error) {
	parts, err := o.Store.SplitWindow(ctx, w, middle, now)
	for _, part := range parts {
		o.began[part.ID] = o.world.at
	}
	return parts, err
}

// FinishWindow implements pull.Windows.
func (o *observer) FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) ([]ledger.ID, error) {
	work, err := o.Store.FinishWindow(ctx, w, now)
	if err != nil {
		return work, err
	}
	o.world.holds("a window", w.From, w.To, o.began[w.ID]) //nolint:contextcheck // a world looks in its own
	if w.Kind == ledger.Live {
		o.done = append(o.done, w)
	}
	return work, nil
}

func (o *observer) reset(to ledger.Millis) { o.base, o.done = to, nil }

// contiguous gives where the live windows end that follow each other without a gap.
func (o *observer) contiguous() ledger.Millis {
	slices.SortFunc(o.done, func(a, b ledger.Window) int { return cmp.Compare(a.From, b.From) })
	end := o.base
	for _, w := range o.done {
		if end != 0 && w.From > end {
			break
		}
		end = max(end, w.To)
	}
	return end
}

// mortal is a ledger under a reader that dies before or behind a change: the transaction
// is rolled back, or committed and nobody was told.
type mortal struct {
	pull.Store

	world *world
}

func (m mortal) around(change func() error) error {
	m.world.changes++
	dies := m.world.changes == m.world.dies
	if dies && !m.world.behind {
		return errDied
	}
	if err := change(); err != nil {
		return err
	}
	if dies {
		return errDied
	}
	return nil
}

// OpenStream implements pull.Store.
func (m mortal) OpenStream(ctx context.Context, workspace, flow ledger.ID, nodeID string) (out ledger.Stream, err error) {
	err = m.around(func() (err error) {
		out, err = m.Store.OpenStream(ctx, workspace, flow, nodeID)
		return err
	})
	return out, err
}

// CommitPage implements pull.Pages.
func (m mortal) CommitPage(ctx context.Context, page ledger.PageCommit) (out ledger.PageResult, err error) {
	err = m.around(func() (err error) {
		out, err = m.Store.CommitPage(ctx, page)
		return err
	})
	return out, err
}

// StartWindow implements pull.Windows.
func (m mortal) StartWindow(ctx context.Context, w ledger.Window, now ledger.Millis) (out ledger.Window, err error) {
	err = m.around(func() (err error) {
		out, err = m.Store.StartWindow(ctx, w, now)
		return err
	})
	return out, err
}

// RestartWindow implements pull.Windows.
func (m mortal) RestartWindow(ctx context.Context, w ledger.Window, run ledger.ID, now ledger.Millis) (out ledger.Window, err error) {
	err = m.around(func() (err error) {
		out, err = m.Store.RestartWindow(ctx, w, run, now)
		return err
	})
	return out, err
}

// SplitWindow implements pull.Windows.
func (m mortal) SplitWindow(ctx context.Context, w ledger.Window, middle, now ledger.Millis) (out []ledger.Window, err error) {
	err = m.around(func() (err error) {
		out, err = m.Store.SplitWindow(ctx, w, middle, now)
		return err
	})
	return out, err
}

// FinishWindow implements pull.Windows.
func (m mortal) FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) (out []ledger.ID, err error) {
	err = m.around(func() (err error) {
		out, err = m.Store.FinishWindow(ctx, w, now)
		return err
	})
	return out, err
}

// LeaveWindow implements pull.Readings.
func (m mortal) LeaveWindow(ctx context.Context, w ledger.Window, now ledger.Millis) error {
	return m.around(func() error { return m.Store.LeaveWindow(ctx, w, now) })
}

// NoteClock implements pull.Readings.
func (m mortal) NoteClock(ctx context.Context, stream ledger.ID, ahead time.Duration, now ledger.Millis) error {
	return m.around(func() error { return m.Store.NoteClock(ctx, stream, ahead, now) })
}

// EndPulling implements pull.Store.
func (m mortal) EndPulling(ctx context.Context, run ledger.ID, why *fault.Fault, now ledger.Millis) error {
	return m.around(func() error { return m.Store.EndPulling(ctx, run, why, now) })
}
