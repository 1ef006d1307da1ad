package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/karezflow/karez/deploy/bench/orders"
	"github.com/karezflow/karez/deploy/bench/process"
	"github.com/karezflow/karez/deploy/bench/systems"
)

// searches is how many documents are searched by each of their numbers.
const searches = 100

// large is what was measured of a ledger with many documents.
type large struct {
	Database string `json:"database"`
	// Documents are those in the ledger before anything else was measured.
	Documents int `json:"documents"`
	// Filling is the run that brought them. Early and Late are the medians of the memory of
	// all processes in its second and in its last quarter, in MiB.
	Filling figures `json:"filling"`
	Early   float64 `json:"earlyMiB"`
	Late    float64 `json:"lateMiB"`
	// Pace are runs on an empty ledger and on this one, in turn.
	Pace []result `json:"pace"`
	// TimesEmpty is the median of the ratios of documents/s, TimesCPU of the processor time.
	TimesEmpty float64 `json:"timesEmpty"`
	TimesCPU   float64 `json:"timesEmptyCPU"`
	// Source and Target are milliseconds of searches by the order's and by the bill's number.
	Source span `json:"searchBySourceNumber"`
	Target span `json:"searchByTargetNumber"`
}

// span is the middle and the largest of some figures.
type span struct {
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
}

// large fills a ledger by a run of the product, and measures what its size does.
func (b *bench) large(ctx context.Context, d database) (err error) {
	i, err := b.install(ctx, d.mariadb)
	if i != nil {
		defer func() { err = joined(err, i.remove(ctx)) }()
	}
	if err != nil {
		return err
	}
	l := large{Database: d.name, Documents: b.ledger}
	if l.Filling, err = i.move(ctx, 0, b.ledger); err != nil {
		return err
	}
	quarter := len(l.Filling.course) / 4
	l.Early, l.Late = memory(l.Filling.course[quarter:2*quarter]), memory(l.Filling.course[3*quarter:])
	b.tell("%s: %d documents, %.0f documents/s, memory %.0f and %.0f MiB, at most %.0f\n", d.name, b.ledger, l.Filling.rate(), l.Early, l.Late, l.Filling.MiB)
	if err := i.searched(ctx, &l); err != nil {
		return err
	}
	next := b.ledger
	if l.Pace, err = b.inTurn(ctx, []contestant{
		{"empty ledger, " + d.name, func(ctx context.Context) (figures, error) { return b.fresh(ctx, d.mariadb) }},
		{fmt.Sprintf("%d in it, %s", b.ledger, d.name), func(ctx context.Context) (figures, error) {
			first := next
			next += b.docs
			return i.move(ctx, first, b.docs)
		}},
	}); err != nil {
		return err
	}
	b.report.Large = append(b.report.Large, l)
	return nil
}

// memory is the median of samples in MiB.
func memory(course []process.Sample) float64 {
	var all []float64
	for _, s := range course {
		all = append(all, float64(s.KiB)/1024)
	}
	return median(all)
}

// searched searches documents by number, as a person does.
func (i *installation) searched(ctx context.Context, l *large) error {
	return i.serving(ctx, func(ask asker) error {
		for _, by := range []struct {
			before string
			into   *span
		}{{"", &l.Source}, {systems.Numbered, &l.Target}} {
			var took []float64
			for n := range searches {
				order := n * (l.Documents / searches)
				if orders.Dropped(order) {
					order++
				}
				number := by.before + orders.Number(order)
				var found struct {
					Items []struct {
						Number       string `json:"number"`
						TargetNumber string `json:"targetNumber"`
					} `json:"items"`
				}
				begun := i.b.clock()
				if err := ask(http.MethodGet, "/documents?number="+url.QueryEscape(number), nil, &found); err != nil {
					return err
				}
				took = append(took, float64(i.b.clock().Sub(begun).Microseconds())/1000)
				if len(found.Items) != 1 || found.Items[0].Number != orders.Number(order) || found.Items[0].TargetNumber != systems.Numbered+orders.Number(order) {
					return fmt.Errorf("%s finds %+v", number, found.Items)
				}
			}
			*by.into = span{median(took), slices.Max(took)}
		}
		return nil
	})
}
