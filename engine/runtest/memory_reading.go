package runtest

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/ledger"
)

// LeaveWindow implements Store.
func (m *Memory) LeaveWindow(ctx context.Context, w ledger.Window, now ledger.Millis) error {
	row, end, err := m.beginOpen(ctx, w.ID, w.Attempt)
	defer end()
	if err != nil {
		return err
	}
	m.withdraw(row.ID, now)
	row.State = ledger.WindowLeft
	return nil
}

// Abandoned implements Store.
func (m *Memory) Abandoned(ctx context.Context, stream ledger.ID) ([]ledger.Window, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return nil, err
	}
	return m.windowsOf(func(w *ledger.Window) bool {
		past := w.Kind == ledger.Backfill || w.Kind == ledger.GapSweep
		return w.Stream == stream && past && w.State == ledger.WindowOpen && m.rows.Runs[w.Run] != nil && m.rows.Runs[w.Run].PullingEnded
	}), nil
}

// Reached implements Store.
func (m *Memory) Reached(ctx context.Context, stream, run ledger.ID) (ledger.Millis, error) {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return 0, err
	}
	var reached ledger.Millis
	for _, w := range m.windowsOf(func(w *ledger.Window) bool { return w.Stream == stream && w.Run == run && w.State == ledger.WindowDone }) {
		reached = max(reached, w.To)
	}
	return reached, nil
}

// NoteClock implements Store.
func (m *Memory) NoteClock(ctx context.Context, stream ledger.ID, ahead time.Duration, now ledger.Millis) error {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return err
	}
	row := m.rows.Streams[stream]
	if row == nil {
		return ledger.ErrNotFound
	}
	row.Ahead, row.ClockAt = ahead, now
	return nil
}

// ResetCursor implements Store.
func (m *Memory) ResetCursor(ctx context.Context, r ledger.CursorReset, _ ledger.Millis) error {
	end, err := m.rows.Begin(ctx)
	defer end()
	if err != nil {
		return err
	}
	stream := m.rows.Streams[r.Stream]
	if stream == nil {
		return ledger.ErrNotFound
	}
	if stream.Version != r.Version {
		return ledger.ErrFenced
	}
	live := func(state ledger.WindowState) func(*ledger.Window) bool {
		return func(w *ledger.Window) bool { return w.Stream == r.Stream && w.Kind == ledger.Live && w.State == state }
	}
	if len(m.windowsOf(live(ledger.WindowOpen))) > 0 {
		return ledger.ErrWindowOpen
	}
	for _, w := range m.rows.Windows {
		if live(ledger.WindowDone)(w) && w.To > r.To {
			w.State = ledger.WindowLeft
		}
	}
	stream.Watermark = r.To
	stream.Version++
	return nil
}
