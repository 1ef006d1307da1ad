package readtest

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
)

// Reader is a way to read; the zero Reader is the engine's.
type Reader struct {
	Name string
	// Store stands between the reader and the ledger, Sweeps is asked before each sweep
	// whether it is worth while. Both may be nil.
	Store  func(pull.Store) pull.Store
	Sweeps func(*world) bool
}

// Wrong gives readers each of which breaks a rule. Check must see it.
func Wrong() []Reader {
	return []Reader{
		{Name: "reads on behind the newest document", Store: func(s pull.Store) pull.Store { return &newest{Store: s} }},
		{Name: "lets ranges meet without an overlap", Store: func(s pull.Store) pull.Store { return apart{s} }},
		{Name: "sweeps only where the total differs", Sweeps: differs},
		{Name: "records a window as read before its pages", Store: func(s pull.Store) pull.Store { return &hasty{Store: s} }},
		{Name: "goes on with a window that was cut off as if it were read", Store: func(s pull.Store) pull.Store { return trusting{s} }},
	}
}

// step is the smallest difference of the source's times.
const step = ledger.Millis(time.Second / time.Millisecond)

// newest takes the time of the newest document for the cursor and reads what is newer.
type newest struct {
	pull.Store

	at ledger.Millis
}

// CommitPage implements pull.Pages.
func (n *newest) CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	for _, d := range page.Docs {
		n.at = max(n.at, d.Modified)
	}
	return n.Store.CommitPage(ctx, page)
}

// StartWindow implements pull.Windows.
func (n *newest) StartWindow(ctx context.Context, w ledger.Window, now ledger.Millis) (ledger.Window, error) {
	stream, err := n.OpenWindows(ctx, w.Stream, ledger.Live)
	if err != nil {
		return w, err
	}
	if w.Kind == ledger.Live && len(stream) == 0 {
		w.From = min(max(w.From, n.at+step), w.To)
	}
	return n.Store.StartWindow(ctx, w, now)
}

// apart reads of a range of the past up to its end, and live from behind the beginning.
type apart struct{ pull.Store }

// StartWindow implements pull.Windows.
func (a apart) StartWindow(ctx context.Context, w ledger.Window, now ledger.Millis) (ledger.Window, error) {
	switch {
	case w.Kind == ledger.Backfill && w.To-step > w.From:
		w.To -= step
	case w.Kind == ledger.Live && w.From+step < w.To:
		w.From += step
	}
	return a.Store.StartWindow(ctx, w, now)
}

// differs reports whether the source tells another number of orders than are stored.
func differs(w *world) bool {
	window := w.job.Source.Window
	from, to := pull.SweepRange(window, w.job.Source.Sweep.LookBack, w.cursor().Watermark.Time())
	if to.IsZero() {
		return true
	}
	told := 0
	for _, o := range w.shop.Orders() {
		if !o.Modified.Before(from) && !o.Modified.After(to) {
			told++
		}
	}
	docs, err := w.store.Documents(w.Context(), w.stream, 0, 100000)
	if err != nil {
		w.Fatal(err)
	}
	stored := 0
	for _, d := range docs {
		if d.Modified >= ledger.At(from) && d.Modified <= ledger.At(to) {
			stored++
		}
	}
	return told != stored
}

// hasty stores pages behind the window that they are of.
type hasty struct {
	pull.Store

	pages []ledger.PageCommit
}

// CommitPage implements pull.Pages.
func (h *hasty) CommitPage(_ context.Context, page ledger.PageCommit) (ledger.PageResult, error) {
	h.pages = append(h.pages, page)
	return ledger.PageResult{}, nil
}

// FinishWindow implements pull.Windows.
func (h *hasty) FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) ([]ledger.ID, error) {
	work, err := h.Store.FinishWindow(ctx, w, now)
	if err != nil {
		return work, err
	}
	for _, page := range h.pages {
		if _, err := h.Store.CommitPage(ctx, page); err != nil {
			return work, err
		}
	}
	h.pages = nil
	return work, nil
}

// trusting ends windows that were cut off instead of reading them again.
type trusting struct{ pull.Store }

// OpenWindows implements pull.Windows.
func (t trusting) OpenWindows(ctx context.Context, stream ledger.ID, kind ledger.WindowKind) ([]ledger.Window, error) {
	open, err := t.Store.OpenWindows(ctx, stream, kind)
	for _, w := range open {
		if _, err := t.FinishWindow(ctx, w, w.To); err != nil {
			return nil, err
		}
	}
	return nil, err
}
