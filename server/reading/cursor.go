package reading

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// Preview tells what putting a cursor elsewhere does.
type Preview struct {
	// From is where the cursor is, the zero time where nothing was read, Version is the
	// cursor's. To is where it goes.
	From, To time.Time
	Version  int64
	// Begins is where the next window begins then: before To by the look-back, and not
	// before startFrom.
	Begins time.Time
	// Again is what is read once more, nil where the cursor goes forward.
	Again *Estimate
	// Stored is how many documents of that range the ledger has, at most MostStored: they
	// are unchanged where they did not change, and nothing is sent twice. It is -1 where
	// nobody knows.
	Stored int
	// Skipped says that what lies between From and To is not read by itself any more.
	Skipped bool
}

// MostStored is up to where stored documents are counted.
const MostStored = 100_000

// maxNote is the most characters of a note.
const maxNote = 500

// Preview tells what putting a source's cursor to a time does.
func (s *Service) Preview(ctx context.Context, flowID, node string, to time.Time) (Preview, error) {
	of, err := s.of(ctx, flowID, node)
	if err != nil {
		return Preview{}, err
	}
	return s.preview(ctx, of, to)
}

func (s *Service) preview(ctx context.Context, of at, to time.Time) (Preview, error) {
	job, err := s.job(ctx, of)
	if err != nil {
		return Preview{}, err
	}
	stream, end, err := s.allowed(ctx, of, job, to)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{From: stream.Watermark.Time(), To: to, Version: stream.Version, Stored: -1}
	p.Begins, _, _ = of.source.Window.Next(to, end)
	if p.Begins.IsZero() {
		p.Begins = to
	}
	switch {
	case stream.Watermark == 0:
		p.Skipped = to.After(of.source.Window.StartFrom)
	case to.Before(p.From):
		again, err := s.estimate(ctx, job, to, p.From)
		if err != nil {
			return p, err
		}
		p.Again = &again
	default:
		p.Skipped = to.After(p.From)
	}
	if of.source.Modified != nil {
		low, high := ledger.At(to), stream.Watermark
		if low > high {
			low, high = high, low
		}
		if p.Stored, err = s.Store.Stored(ctx, stream.ID, low, high, MostStored); err != nil {
			return p, err
		}
	}
	return p, nil
}

// allowed gives the stream of a source whose cursor may be put to a time, and where
// reading ends now.
func (s *Service) allowed(ctx context.Context, of at, job pull.Job, to time.Time) (ledger.Stream, time.Time, error) {
	stream, err := s.Store.OpenStream(ctx, of.Workspace, of.ID, of.source.NodeID)
	if err != nil {
		return stream, time.Time{}, err
	}
	now, err := s.Puller.SourceTime(ctx, job)
	if err != nil {
		return stream, now, err
	}
	end := of.source.Window.End(now)
	switch {
	case to.IsZero():
		err = fault.New("cursor.to_missing", "where does reading begin then?").At("to").Classed(fault.Data)
	case to.After(end):
		err = fault.New("cursor.in_future", "the cursor can't be behind %s: what comes until then would be passed by", end.UTC().Format(time.RFC3339)).At("to").Classed(fault.Data)
	case to.Before(of.source.Window.StartFrom):
		err = fault.New("cursor.before_start", "the source is read from %s on only", of.source.Window.StartFrom.UTC().Format(time.RFC3339)).At("to").Classed(fault.Data).
			Hinted("read what lies before as a range of the past, or give the source node an earlier start")
	}
	return stream, end, err
}

// Reset puts a source's cursor to a time. version is that of the preview: where the cursor
// moved since it is "cursor.moved", and while the source is read "cursor.busy". A window
// that was begun and not read to its end is left: it is read anew from the new cursor on.
func (s *Service) Reset(ctx context.Context, flowID, node string, to time.Time, version int64, note string) error {
	of, err := s.of(ctx, flowID, node)
	if err != nil {
		return err
	}
	who, err := access.Of(ctx)
	if err != nil {
		return err
	}
	note = strings.TrimSpace(note)
	if utf8.RuneCountInString(note) > maxNote {
		return fault.New("cursor.note_long", "a note has at most %d characters", maxNote).At("note").Classed(fault.Data)
	}
	job, err := s.job(ctx, of)
	if err != nil {
		return err
	}
	alone, err := s.Runs.Alone(ctx, of.ID, func(ctx context.Context) error {
		stream, _, err := s.allowed(ctx, of, job, to)
		if err != nil {
			return err
		}
		if stream.Version != version {
			return ledger.ErrFenced
		}
		now := ledger.At(s.Clock())
		open, err := s.Store.OpenWindows(ctx, stream.ID, ledger.Live)
		if err != nil {
			return err
		}
		for _, w := range open {
			if err := s.Store.LeaveWindow(ctx, w, now); err != nil {
				return err
			}
		}
		return s.Store.ResetCursor(ctx, ledger.CursorReset{
			Stream: stream.ID, Version: version, To: ledger.At(to), Actor: cmp.Or(who.Name, "the program"), Note: note,
		}, now)
	})
	switch {
	case errors.Is(err, ledger.ErrFenced):
		return fault.New("cursor.moved", "the cursor moved meanwhile").Classed(fault.Config).Hinted("look at the preview again")
	case errors.Is(err, ledger.ErrWindowOpen), err == nil && !alone:
		return fault.New("cursor.busy", "the source is being read").Classed(fault.Config).Hinted("wait until the run has read everything, or cancel it")
	default:
		return err
	}
}
