package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/karezflow/karez/deploy/ledgerspike/database"
	"github.com/karezflow/karez/deploy/ledgerspike/payload"
)

// printer writes the report and keeps the first error of its writer.
type printer struct {
	to  io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.to, format, args...)
	}
}

// figures are what one stretch of work cost.
type figures struct {
	rate, client, server float64 // documents/s, CPU µs per document
	size                 int64
}

func between(a, b database.Reading, docs int) figures {
	per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(docs) }
	return figures{
		rate:   float64(docs) / b.At.Sub(a.At).Seconds(),
		client: per(b.Client - a.Client), server: per(b.Server - a.Server), size: b.Size,
	}
}

// single fills one ledger, prints a row per sample, then its tail.
func single(ctx context.Context, s settings, out *printer, now clock) error {
	v := s.variants[0]
	l, err := newLoad(ctx, s, v, now)
	if err != nil {
		return err
	}
	return errors.Join(samples(ctx, s, l, out, now), l.close())
}

func samples(ctx context.Context, s settings, l *load, out *printer, now clock) error {
	out.printf("%s, %s, keys %s, %d documents, %d per page\n\n", l.db.Dialect(), l.v.name, l.v.keys, s.docs, payload.PageSize)
	out.printf("| documents | documents/s | client CPU µs/doc | server CPU µs/doc | MiB |\n|---:|---:|---:|---:|---:|\n")
	before, err := l.meter.Read()
	if err != nil {
		return err
	}
	start := before
	for l.next*payload.PageSize < s.docs {
		n := min(s.step/payload.PageSize, s.docs/payload.PageSize-l.next)
		if err := l.fill(ctx, max(n, 1)); err != nil {
			return err
		}
		after, err := l.meter.Read()
		if err != nil {
			return err
		}
		row(out, fmt.Sprint(l.next*payload.PageSize), between(before, after, max(n, 1)*payload.PageSize))
		before = after
	}
	row(out, "all", between(start, before, s.docs))
	printPhases(out, l)
	if s.flat > 0 {
		if err := l.flatness(ctx, s, out, now); err != nil {
			return err
		}
	}
	if err := l.audit(ctx); err != nil {
		return err
	}
	return l.tail(ctx, out)
}

func row(out *printer, label string, f figures) {
	out.printf("| %s | %.0f | %.1f | %.1f | %d |\n", label, f.rate, f.client, f.server, f.size>>20)
}

// printPhases tells where a document's time goes: wall µs in the session.
func printPhases(out *printer, l *load) {
	p, repeats := l.spent()
	docs := float64(l.next * payload.PageSize)
	us := func(d time.Duration) float64 { return float64(d.Microseconds()) / docs }
	out.printf("\nwall µs/doc: build and compress %.1f, admit %.1f (of which look-up %.1f), load the work row's documents %.1f, intent %.1f, outcome %.1f; packs %.0f B/doc; transactions run again %d\n",
		us(p.pack), us(p.admit), us(p.lookup), us(p.walk), us(p.intent), us(p.outcome), float64(p.packBytes)/docs, repeats)
}

// compare runs every variant once a round on a fresh ledger and prints medians
// and their ratio to the first.
func compare(ctx context.Context, s settings, out *printer, now clock) error {
	got := make([][]figures, len(s.variants))
	for range s.rounds {
		for i, v := range s.variants {
			f, err := once(ctx, s, v, now)
			if err != nil {
				return fmt.Errorf("variant %s: %w", v.name, err)
			}
			got[i] = append(got[i], f)
		}
	}
	out.printf("%s, %d documents, %d rounds interleaved, medians\n\n", dialectName(s.db), s.docs, s.rounds)
	out.printf("| variant | keys | documents/s | min–max | ratio | client CPU µs/doc | server CPU µs/doc | CPU ratio | MiB |\n|---|---|---:|---:|---:|---:|---:|---:|---:|\n")
	var base figures
	for i, v := range s.variants {
		m := medians(got[i])
		if i == 0 {
			base = m
		}
		lo, hi := spread(got[i])
		out.printf("| %s | %s | %.0f | %.0f–%.0f | %.2f | %.1f | %.1f | %.2f | %d |\n", v.name, v.keys, m.rate, lo, hi, m.rate/base.rate,
			m.client, m.server, (m.client+m.server)/(base.client+base.server), m.size>>20)
	}
	return nil
}

func dialectName(db string) string {
	if db == "sqlite" {
		return db
	}
	return "mysql"
}

func once(ctx context.Context, s settings, v variant, now clock) (f figures, err error) {
	l, err := newLoad(ctx, s, v, now)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	before, err := l.meter.Read()
	if err != nil {
		return f, err
	}
	if err := l.fill(ctx, s.docs/payload.PageSize); err != nil {
		return f, err
	}
	after, err := l.meter.Read()
	if err != nil {
		return f, err
	}
	return between(before, after, s.docs), l.audit(ctx)
}

func medians(all []figures) figures {
	return figures{
		rate:   median(all, func(f figures) float64 { return f.rate }),
		client: median(all, func(f figures) float64 { return f.client }),
		server: median(all, func(f figures) float64 { return f.server }),
		size:   int64(median(all, func(f figures) float64 { return float64(f.size) })),
	}
}

func median(all []figures, of func(figures) float64) float64 {
	var x []float64
	for _, f := range all {
		x = append(x, of(f))
	}
	slices.Sort(x)
	return x[len(x)/2]
}

func spread(all []figures) (lo, hi float64) {
	lo, hi = all[0].rate, all[0].rate
	for _, f := range all {
		lo, hi = min(lo, f.rate), max(hi, f.rate)
	}
	return lo, hi
}
