package main

import (
	"context"
	"errors"

	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

// Pages of a flatness round; the first warmPages of each go unmeasured.
const (
	flatPages = 200
	warmPages = 50
)

// flatness compares the full ledger with an empty one, in turn, so that both
// meet the same disturbances: a sample taken minutes earlier can't be compared
// on a shared machine.
func (l *load) flatness(ctx context.Context, s settings, out *printer, now clock) error {
	var full, empty []figures
	s.suffix = "_fresh"
	for range s.flat {
		fresh, err := newLoad(ctx, s, l.v, now)
		if err != nil {
			return err
		}
		f, err := fresh.stretch(ctx)
		if err := errors.Join(err, fresh.close()); err != nil {
			return err
		}
		empty = append(empty, f)
		if f, err = l.stretch(ctx); err != nil {
			return err
		}
		full = append(full, f)
	}
	e, f := medians(empty), medians(full)
	out.printf("full ledger against an empty one, %d rounds of %d documents in turn: documents/s %.0f and %.0f, ratio %.2f; CPU µs/doc %.1f and %.1f, ratio %.2f\n",
		s.flat, flatPages*payload.PageSize, f.rate, e.rate, f.rate/e.rate, f.client+f.server, e.client+e.server, (f.client+f.server)/(e.client+e.server))
	return nil
}

func (l *load) stretch(ctx context.Context) (figures, error) {
	if err := l.fill(ctx, warmPages); err != nil {
		return figures{}, err
	}
	before, err := l.meter.Read()
	if err != nil {
		return figures{}, err
	}
	if err := l.fill(ctx, flatPages); err != nil {
		return figures{}, err
	}
	after, err := l.meter.Read()
	return between(before, after, flatPages*payload.PageSize), err
}
