package document

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
)

// Chosen is a document that a job is to act on, as it stood when it was chosen.
type Chosen struct {
	ID    ledger.ID
	Rev   int
	State ledger.State
	// Code is that of its problem, "" for none.
	Code string
	// Updated is when it changed last, 0 for unknown.
	Updated ledger.Millis
}

// Still reports whether a document is as it was chosen, attempts at its writes included. A
// retry, which harms nothing whatever was tried since, only wants it to stand as it stood.
func (c Chosen) Still(a rules.Ailing, action string) bool {
	if a.Document.ActiveRev != c.Rev || a.Document.State != c.State {
		return false
	}
	return action == ActionRetry || a.Problem == c.Code && (c.Updated == 0 || a.Document.Updated == c.Updated)
}

// Choice says which documents of a workspace a job acts on: those named, or else those
// that a filter selects and that stand still.
type Choice struct {
	IDs    []ledger.ID `json:"ids,omitempty"`
	Filter Filter      `json:"filter"`
	// Seen is the newest change of what was shown to the person who chooses, 0 for unknown. What
	// changed later is not selected by the filter, and not Still the one that was named.
	Seen ledger.Millis `json:"seen,omitempty"`
}

// Chooser is what choosing many documents needs of a database.
type Chooser interface {
	// Ailings gives those of at most 200 documents that are there, in no order.
	Ailings(ctx context.Context, workspace ledger.ID, ids []ledger.ID) ([]rules.Ailing, error)
	// Select gives what a query selects of what stands still, behind one id and by id, at
	// most its Limit. Its After is ignored.
	Select(ctx context.Context, q Query, after ledger.ID) ([]Chosen, error)
	// SelectNamed gives those of some documents that are there, behind one id and by id.
	SelectNamed(ctx context.Context, workspace ledger.ID, ids []ledger.ID, after ledger.ID, limit int) ([]Chosen, error)
}

// Choose gives the chosen documents behind one id, by id. Whatever else is asked for:
// by a filter only what stands still is chosen. A call after a walk is repeated by itself,
// never with its document.
func (s *Service) Choose(ctx context.Context, workspace ledger.ID, c Choice, after ledger.ID, limit int) ([]Chosen, error) {
	if len(c.IDs) > 0 {
		found, err := s.Store.SelectNamed(ctx, workspace, c.IDs, after, limit)
		for i := range found {
			if c.Seen != 0 { // one that changed since is chosen as it can't have been seen: it isn't Still
				found[i].Updated = min(found[i].Updated, c.Seen)
			}
		}
		return found, err
	}
	f := c.Filter
	f.After, f.Limit, f.Attention = "", 0, true
	q, err := check(f, workspace, false)
	if err != nil {
		return nil, err
	}
	q.Limit = limit
	if c.Seen != 0 && (q.To == 0 || c.Seen < q.To) {
		q.To = c.Seen + 1
	}
	return s.Store.Select(ctx, q, after)
}

// Order is an action that a job carries out on one document after the other.
type Order struct {
	Workspace, Job ledger.ID
	// Action is ActionRetry, ActionResend, ActionSkip or ActionRestore; Version is that of
	// a retry, and of what is written again.
	Action, Version string
	Actor, Note     string
}

// Check gives a fault where an order is none.
func (o Order) Check() error {
	switch {
	case !slices.Contains([]string{ActionRetry, ActionResend, ActionSkip, ActionRestore}, o.Action):
		return fault.New("document.action_unknown", "%q can't be done to many documents", o.Action).At("action").Classed(fault.Data).
			Hinted("retry, resend, skip or restore them")
	case (o.Action == ActionRetry || o.Action == ActionRestore) && cmp.Or(o.Version, Published) != Published && o.Version != Pinned:
		return versionUnknown(o.Version)
	default:
		return nil
	}
}

// Refuses says why the order can't be carried out on a document; nil when it can. with
// says that a person confirmed for this very document that the target does not hold
// what was sent.
func (o Order) Refuses(a rules.Ailing, confirmed bool, now ledger.Millis) *fault.Fault {
	switch o.Action {
	case ActionRetry:
		return a.CanRetry(now)
	case ActionSkip:
		return a.CanSkip(now)
	case ActionRestore:
		_, f := restorable(a, now)
		return f
	default:
		_, f := resendable(a, confirmed, now)
		return f
	}
}

// Undecided gives the deliveries of a document that may have been written although
// nothing shows it: sending them again takes a person's word.
func Undecided(a rules.Ailing) []ledger.Delivery {
	var out []ledger.Delivery
	for _, d := range a.Deliveries {
		if d.Rev == a.Document.ActiveRev && d.State == ledger.DeliveryNeedsDecision && !d.Unapplied() {
			out = append(out, d)
		}
	}
	return out
}

// resendable gives the deliveries of a document that can be sent again as they are.
func resendable(a rules.Ailing, confirmed bool, now ledger.Millis) ([]ledger.DeliveryKey, *fault.Fault) {
	if open := Undecided(a); len(open) > 0 && !confirmed {
		if f := a.CanResend(&open[0], false, now); f != nil {
			return nil, f
		}
		return nil, fault.New("document.unconfirmed", "whether the target holds what was sent is not known, so it is sent again only when that is confirmed for this document").
			Classed(fault.Data).Hinted("look in the target, then decide about this document")
	}
	var keys []ledger.DeliveryKey
	var why *fault.Fault
	for _, d := range a.Deliveries {
		if d.State == ledger.DeliveryDone {
			continue
		}
		if f := a.CanResend(&d, false, now); f != nil {
			why = f
			continue
		}
		keys = append(keys, d.DeliveryKey)
	}
	if why != nil || len(keys) > 0 {
		return keys, why
	}
	if len(a.Deliveries) > 0 && !a.Document.State.Repairable() {
		return nil, a.CanResend(&a.Deliveries[0], false, now)
	}
	return nil, fault.New("document.nothing_to_resend", "nothing of the document was ready to be sent").Classed(fault.Data).
		Hinted("retry it instead: it is mapped anew")
}

// restorable gives the delivery of a document that can be written again because the
// target lost it.
func restorable(a rules.Ailing, now ledger.Millis) (ledger.DeliveryKey, *fault.Fault) {
	if len(a.Deliveries) != 1 {
		return ledger.DeliveryKey{}, fault.New("document.several_deliveries", "the document has %d deliveries, and nobody says which of them is gone", len(a.Deliveries)).
			Classed(fault.Data).Arg("deliveries", strconv.Itoa(len(a.Deliveries))).Hinted("look at the document and in the target, and write by hand what is missing")
	}
	return a.Deliveries[0].DeliveryKey, a.CanRestore(&a.Deliveries[0], now)
}

// Carry carries an order out on a document as it is now and gives the work that is due
// at once. Its error is a fault that says why nothing was done; one that Refusal does not
// know is of the store.
func (s *Service) Carry(ctx context.Context, o Order, a rules.Ailing, confirmed bool) ([]ledger.ID, error) {
	r := ledger.Repair{Action: ledger.SkipDocument, Note: o.Note}
	var err error
	switch o.Action {
	case ActionRetry:
		r, err = s.retry(ctx, a, RetryRequest{Version: o.Version})
	case ActionRestore:
		key, f := restorable(a, ledger.At(s.Clock()))
		if f != nil {
			return nil, f
		}
		r.Action, r.Delivery = ledger.RestoreDelivery, key
		r.Version, err = s.version(ctx, a, o.Version)
	case ActionResend:
		keys, f := resendable(a, confirmed, ledger.At(s.Clock()))
		if f != nil {
			return nil, f
		}
		r = ledger.Repair{Action: ledger.ResendDelivery, Delivery: keys[0], Also: keys[1:]}
	}
	if err != nil {
		return nil, err
	}
	r.Workspace, r.Document, r.Seen, r.Now = o.Workspace, a.Document.ID, a.Document.Sight(), ledger.At(s.Clock())
	r.Actor, r.Note, r.Job = o.Actor, o.Note, o.Job
	work, err := s.Store.Repair(ctx, r)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, missing(err)
	}
	return work, err
}

// Ailings gives those of some documents that are there, at most 200 of them, in no order.
func (s *Service) Ailings(ctx context.Context, workspace ledger.ID, ids []ledger.ID) ([]rules.Ailing, error) {
	return s.Store.Ailings(ctx, workspace, ids)
}

// Refusal reports whether a fault is about the one document and not about the store.
func Refusal(f *fault.Fault) bool {
	if f == nil {
		return false
	}
	area, _, _ := strings.Cut(f.Code, ".")
	return area == "document" || area == "delivery" || area == "object" || area == "flow"
}
