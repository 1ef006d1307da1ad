package plan

import (
	"slices"
	"time"

	"github.com/karezflow/karez/sdk/manifest"
)

// Window is how a source is split in time. The zero Span means that the source
// takes any range; a Window that is not Ranged is read whole at every run.
type Window struct {
	// Ranged says that the source selects by time.
	Ranged bool
	// Span is the longest range of one window, Granularity the step of the
	// source's times, Lag how far the end stays behind the source's clock,
	// LookBack how far a window reaches back before the last one's end.
	Span, Granularity, Lag, LookBack time.Duration
	// StartFrom is where the first window begins.
	StartFrom time.Time
}

// End gives where reading stops, by the source's clock.
func (w Window) End(sourceNow time.Time) time.Time {
	return w.truncate(sourceNow.Add(-w.Lag))
}

// Next gives the window that follows the watermark (the zero time before the
// first), or false when everything up to end was read.
func (w Window) Next(watermark, end time.Time) (from, to time.Time, more bool) {
	if !watermark.Before(end) {
		return from, to, false
	}
	if !w.Ranged {
		return end, end, true
	}
	from = w.StartFrom
	if !watermark.IsZero() {
		from = watermark.Add(-w.LookBack)
		if from.Before(w.StartFrom) {
			from = w.StartFrom
		}
	}
	if !from.Before(end) {
		return from, to, false
	}
	to = end
	if w.Span > 0 && from.Add(w.Span).Before(end) {
		to = w.truncate(from.Add(w.Span))
	}
	return from, to, true
}

// Middle gives where a window can be split, or false when it is one step wide.
// Both halves are closed and share the middle.
func (w Window) Middle(from, to time.Time) (time.Time, bool) {
	step := max(w.Granularity, time.Millisecond)
	if !w.Ranged || to.Sub(from) < 2*step {
		return time.Time{}, false
	}
	return w.truncate(from.Add(to.Sub(from) / 2)), true
}

func (w Window) truncate(t time.Time) time.Time {
	if w.Granularity <= 0 {
		return t.Truncate(time.Millisecond)
	}
	return t.Truncate(w.Granularity)
}

// Page is how a source is paged.
type Page struct {
	Strategy  manifest.Strategy
	Direction manifest.Direction
	// First is the number of the first page, Size the rows of a page.
	First, Size int
	// MaxPages guards against endless paging; 0 means no guard.
	MaxPages int
	// Token is the request parameter that carries a cursor, "" when there is none.
	Token string
}

// Regroup gathers flat rows into documents with lines.
type Regroup struct {
	// By are the fields that make one document, Into the name of its lines.
	By   []string
	Into string
	// Fields are the lines' fields; with Rest they are all that By does not name.
	Fields []string
	Rest   bool
}

// InLines reports whether a field of a flat row belongs to the line.
func (g Regroup) InLines(field string) bool {
	if g.Rest {
		return !slices.Contains(g.By, field)
	}
	return slices.Contains(g.Fields, field)
}
