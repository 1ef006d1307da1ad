package plan

import (
	"slices"
	"time"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/item"
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
	// StartFrom is where the first window begins. No window begins before it.
	StartFrom time.Time
	// Zone is the zone in whose hours and days Granularity counts; nil means UTC.
	Zone *time.Location
	// MaxRows is the most rows that the source gives of one window, 0 for any number.
	MaxRows int
}

// Step is the smallest difference of two times.
func (w Window) Step() time.Duration { return max(w.Granularity, time.Millisecond) }

// Advances reports whether every window ends behind the one before: what a window
// adds to the last one, less what rounding takes away, must be one step or more.
func (w Window) Advances() bool { return w.Span == 0 || w.Span-w.LookBack >= w.Step() }

// End gives where reading stops, by the source's clock.
func (w Window) End(sourceNow time.Time) time.Time {
	return w.truncate(sourceNow.Add(-w.Lag))
}

// Next gives the window that follows the watermark (the zero time before the
// first), or false when everything up to end was read. It begins behind the
// watermark only where StartFrom lies there: then nothing between them is wanted.
// A Window that is not Ranged is read from the watermark to end, whatever that
// means to the source.
func (w Window) Next(watermark, end time.Time) (from, to time.Time, more bool) {
	if !watermark.Before(end) {
		return from, to, false
	}
	if !w.Ranged {
		if watermark.IsZero() {
			watermark = end
		}
		return watermark, end, true
	}
	from = w.StartFrom
	if back := watermark.Add(-w.LookBack); !watermark.IsZero() && back.After(from) {
		from = back
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

// LongestSlice is the longest range of the past that is read in one go: whatever else is
// to be read of the source meanwhile waits for its end.
const LongestSlice = 24 * time.Hour

// Slice gives where the window ends that begins a range of the past.
func (w Window) Slice(from, end time.Time) time.Time {
	span := LongestSlice
	if w.Span > 0 && w.Span < span {
		span = w.Span
	}
	to := w.truncate(from.Add(span))
	if !to.After(from) {
		to = from.Add(max(span, w.Step()))
	}
	if to.After(end) {
		return end
	}
	return to
}

// Slices gives into how many windows a range of the past is cut, at least one.
func (w Window) Slices(from, to time.Time) int {
	n := 1
	for at := w.Slice(from, to); at.Before(to); at = w.Slice(at, to) {
		n++
	}
	return n
}

// Middle gives where a window can be split, or false when it is one step wide.
// Both halves are closed and share the middle.
func (w Window) Middle(from, to time.Time) (time.Time, bool) {
	if !w.Ranged || to.Sub(from) < 2*w.Step() {
		return time.Time{}, false
	}
	return w.truncate(from.Add(to.Sub(from) / 2)), true
}

// truncate rounds down to a step, counted by the zone's clock: a step of a day
// begins at midnight there.
func (w Window) truncate(t time.Time) time.Time {
	if w.Zone == nil {
		return t.Truncate(w.Step())
	}
	_, seconds := t.In(w.Zone).Zone()
	offset := time.Duration(seconds) * time.Second
	return t.Add(offset).Truncate(w.Step()).Add(-offset)
}

// Page is how a source is paged.
type Page struct {
	Strategy  manifest.Strategy
	Direction manifest.Direction
	// First is the number of the first page, Size the rows of a page.
	First, Size int
	// Exact says that the source itself holds its pages together, and that equal rows
	// and pages are no sign of a fault.
	Exact bool
	// MaxPages guards against endless paging; 0 means no guard.
	MaxPages int
	// KeyField is the field of a page's last row behind which the next page begins,
	// where paging is by key and the source names no token. KeyUnique says that no two
	// rows have the same; otherwise pages overlap. KeyStart is the first page's key.
	KeyField, KeyStart string
	KeyUnique          bool
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

// Explode makes a document of each line of a record's list.
type Explode struct {
	item.Split
	// Key tells the lines of one record apart. It is read from the line's document
	// and stands behind the record's key, after a #.
	Key *value.Program
}

// InLines reports whether a field of a flat row belongs to the line.
func (g Regroup) InLines(field string) bool {
	if g.Rest {
		return !slices.Contains(g.By, field)
	}
	return slices.Contains(g.Fields, field)
}
