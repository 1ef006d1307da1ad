package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/karezflow/karez/deploy/bench/orders"
	"github.com/karezflow/karez/deploy/bench/process"
	"github.com/karezflow/karez/deploy/bench/world"
)

// bench is one invocation.
type bench struct {
	settings

	world  *world.World
	clock  func() time.Time
	log    io.Writer
	report report
}

// figures are what one run took.
type figures struct {
	Documents int     `json:"documents"`
	Seconds   float64 `json:"seconds"`
	// CPU is the processor time of all processes from the first request to their end.
	CPU float64 `json:"cpuSeconds"`
	// MiB is the most memory that all processes had together, as proportional set size.
	MiB float64 `json:"peakMiB"`
	// Compared is how many bills were compared field by field.
	Compared int `json:"compared"`

	course []process.Sample
}

func (f figures) rate() float64 { return float64(f.Documents) / f.Seconds }

func (f figures) cpu() float64 { return f.CPU / float64(f.Documents) * 100_000 }

// time measures a program that moves docs orders, and checks what it moved. It gives what the program wrote.
func (b *bench) time(first, docs int, start func() (*process.Tree, error)) (f figures, out []byte, err error) {
	var tree *process.Tree
	var before time.Duration
	started := make(chan struct{})
	done := b.world.Begin(first, docs, func() {
		<-started
		if tree != nil {
			before = tree.CPU()
		}
	})
	tree, err = start()
	close(started)
	if err != nil {
		return f, nil, err
	}
	err = tree.Wait()
	out = tree.Out()
	if err != nil {
		return f, out, err
	}
	select {
	case <-done:
	default:
		_, err := b.world.Check()
		return f, out, fmt.Errorf("the program ended before all bills came: %w", err)
	}
	peak, course := tree.Memory()
	f = figures{Documents: docs, Seconds: b.world.Took().Seconds(), CPU: (tree.Total() - before).Seconds(), MiB: float64(peak) / 1024, course: course}
	f.Compared, err = b.world.Check()
	return f, out, err
}

// limit runs the program written by hand.
func (b *bench) limit(ctx context.Context) (figures, error) {
	at := b.world.URL()
	env := []string{"SRC=" + at + "/orders", "SINK=" + at + "/batch", "CODES=" + at + "/codes", fmt.Sprint("PAGES=", b.limitDocs/orders.Page)}
	f, _, err := b.time(0, b.limitDocs, func() (*process.Tree, error) {
		return process.Start(ctx, b.clock, look/4, env, filepath.Join(b.bin, "bench", "limit"))
	})
	return f, err
}

// fresh runs the product over an empty ledger.
func (b *bench) fresh(ctx context.Context, mariadb bool) (f figures, err error) {
	i, err := b.install(ctx, mariadb)
	if err == nil {
		f, err = i.move(ctx, 0, b.docs)
	}
	if i != nil {
		err = joined(err, i.remove(ctx))
	}
	return f, err
}

// measure lets everything run in turn.
func (b *bench) measure(ctx context.Context) error {
	b.report.Settings = fmt.Sprintf("%d rounds in turn; %d documents a run of the product, %d of the limit", b.rounds, b.docs, b.limitDocs)
	contestants := []contestant{{"limit (sonic)", b.limit}}
	for _, d := range b.databases() {
		contestants = append(contestants, contestant{"karez, " + d.name, func(ctx context.Context) (figures, error) { return b.fresh(ctx, d.mariadb) }})
	}
	var err error
	if b.report.Contestants, err = b.inTurn(ctx, contestants); err != nil || b.ledger == 0 {
		return err
	}
	for _, d := range b.databases() {
		if err := b.large(ctx, d); err != nil {
			return fmt.Errorf("a large ledger on %s: %w", d.name, err)
		}
	}
	return nil
}

// database is one that the product is measured on.
type database struct {
	name    string
	mariadb bool
}

func (b *bench) databases() []database {
	all := []database{{"SQLite", false}, {"MariaDB", true}}
	if b.mysql == "" {
		return all[:1]
	}
	return all
}

type contestant struct {
	name string
	run  func(context.Context) (figures, error)
}

// inTurn lets each contestant run once in every round.
func (b *bench) inTurn(ctx context.Context, contestants []contestant) ([]result, error) {
	results := make([]result, len(contestants))
	for round := range b.rounds {
		for n, c := range contestants {
			f, err := c.run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", c.name, round+1, err)
			}
			b.tell("%d %-28s %8.0f documents/s %6.2f CPU s/100k %5.0f MiB\n", round+1, c.name, f.rate(), f.cpu(), f.MiB)
			results[n].Name, results[n].Runs = c.name, append(results[n].Runs, f)
		}
	}
	return results, nil
}

func (b *bench) tell(format string, args ...any) { _, _ = fmt.Fprintf(b.log, format, args...) }
