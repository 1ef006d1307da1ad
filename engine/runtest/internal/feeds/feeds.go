// Package feeds keeps, in memory, which documents wait for base data.
//
// It may import engine/ledger and the rows of the store in memory only.
package feeds

import (
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/internal/rows"
)

type data struct {
	connection ledger.ID
	kind       string
}

// Rows are what waits, by what it waits for, and when that came last.
type Rows struct {
	rows  *rows.Rows
	came  map[data]ledger.Millis
	waits map[data]map[ledger.ID]bool
}

// NewRows gives Rows in which nothing waits.
func NewRows(r *rows.Rows) *Rows {
	return &Rows{rows: r, came: map[data]ledger.Millis{}, waits: map[data]map[ledger.ID]bool{}}
}

// Await notes what documents wait for at the end of their walk, and gives the work that
// is due because it came meanwhile.
func (r *Rows) Await(settled []ledger.Settled, stale map[ledger.ID]bool, now ledger.Millis) []ledger.ID {
	var due []ledger.ID
	for _, out := range settled {
		doc := r.rows.Documents[out.Document]
		if doc == nil || doc.State != ledger.RetryAt || doc.ActiveRev != out.Rev || stale[doc.ID] {
			continue
		}
		for _, f := range out.Feeds {
			d := data{f.Connection, f.Type}
			if r.waits[d] == nil {
				r.waits[d] = map[ledger.ID]bool{}
			}
			r.waits[d][doc.ID] = true
			if at, known := r.came[d]; known && at >= f.Asked {
				due = append(due, doc.ID)
			}
			if _, known := r.came[d]; !known {
				r.came[d] = 0
			}
		}
	}
	slices.Sort(due)
	return r.release(slices.Compact(due), now)
}

// Feed gives the work that is due because a page brought what it waits for.
func (r *Rows) Feed(connection ledger.ID, kind string, now ledger.Millis) []ledger.ID {
	d := data{connection, kind}
	if _, waited := r.came[d]; kind == "" || !waited {
		return nil
	}
	r.came[d] = now
	var ids []ledger.ID
	for id := range r.waits[d] {
		ids = append(ids, id)
	}
	delete(r.waits, d)
	slices.Sort(ids)
	return r.release(ids, now)
}

func (r *Rows) release(ids []ledger.ID, now ledger.Millis) (work []ledger.ID) {
	for _, id := range ids {
		doc := r.rows.Documents[id]
		if doc == nil || doc.State != ledger.RetryAt {
			continue
		}
		w := r.rows.Work[doc.Work]
		if w == nil || w.Owner != "" {
			continue
		}
		due := now.Add(ledger.FeedPause(w.Attempts, id))
		if w.Due <= due {
			continue
		}
		moved := *w
		moved.Due = due
		r.rows.Work[w.ID] = &moved
		next := map[ledger.DeliveryKey]ledger.Delivery{}
		for _, d := range r.rows.DeliveriesOf(id) {
			if d.State == ledger.DeliveryRetryAt && d.NextAt > due {
				d.NextAt = due
				next[d.DeliveryKey] = d
			}
		}
		r.rows.SetDeliveries(next)
		if due <= now {
			work = append(work, w.ID)
		}
	}
	return work
}
