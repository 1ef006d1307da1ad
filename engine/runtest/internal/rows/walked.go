package rows

import (
	"cmp"
	"context"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
)

// DeliveriesOf gives copies of a document's deliveries, by node and part.
func (r *Rows) DeliveriesOf(document ledger.ID) []ledger.Delivery {
	var out []ledger.Delivery
	for _, d := range r.Deliveries[document] {
		out = append(out, Cloned(d))
	}
	slices.SortFunc(out, func(a, b ledger.Delivery) int {
		return cmp.Or(cmp.Compare(a.NodeNo, b.NodeNo), cmp.Compare(a.Part, b.Part))
	})
	return out
}

// SetDeliveries writes deliveries, which nobody else keeps.
func (r *Rows) SetDeliveries(rows map[ledger.DeliveryKey]ledger.Delivery) {
	for key, d := range rows {
		if r.Deliveries[key.Document] == nil {
			r.Deliveries[key.Document] = map[ledger.DeliveryKey]ledger.Delivery{}
		}
		r.Deliveries[key.Document][key] = d
	}
}

// Cloned gives a delivery with bytes of its own.
func Cloned(d ledger.Delivery) ledger.Delivery {
	d.Body, d.Response, d.Writeback = slices.Clone(d.Body), slices.Clone(d.Response), slices.Clone(d.Writeback)
	return d
}

// BeginWithRun is Begin for a run that exists.
func (r *Rows) BeginWithRun(ctx context.Context, id ledger.ID) (run *ledger.Run, end func(), err error) {
	if end, err = r.Begin(ctx); err != nil {
		return nil, end, err
	}
	if run = r.Runs[id]; run == nil {
		err = ledger.ErrNotFound
	}
	return run, end, err
}

// CountsOf gives the counts of a run; what is claimed does not wait.
func (r *Rows) CountsOf(run ledger.ID) ledger.Counts {
	counts := ledger.Counts{}
	for key, n := range r.Counts[run] {
		if key.NodeNo == 0 {
			counts[key.Slot] = n
		}
	}
	for _, w := range r.Work {
		if w.Run == run && w.Owner != "" {
			counts[ledger.SlotClaimed] += w.Docs
			counts[ledger.SlotOf(ledger.Waiting)] -= w.Docs
		}
	}
	return counts
}
