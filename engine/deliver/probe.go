package deliver

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// duplicate decides about a row that the target refused because it holds an
// object with the same key. After a first attempt the object is somebody else's;
// later it may be our own, whose answer was lost: then the row stays uncertain
// and is looked up.
func (st *stageRun) duplicate(e *entry, f *fault.Fault) {
	mode, policy := st.modeOf(e), st.Target.OnConflict
	switch {
	case st.step != nil: // the object is where the step leads to
		st.resolve(e, Result{State: ledger.DeliveryDone}, 0)
	case mode.Probe && (e.attempt-e.idle > 1 || policy == "adopt"), policy == update && !e.updating:
		st.mu.Lock()
		defer st.mu.Unlock()
		e.result = Result{State: ledger.DeliveryUnknown, Fault: f}
	case policy == "reject":
		st.refused(e, f)
	default:
		st.resolve(e, Result{State: ledger.DeliveryNeedsDecision, Fault: fault.New("delivery.duplicate",
			"the target already holds %s: %s", e.Key, f.Message).
			Hinted("compare the object in the target with this document, then decide")}, 0)
	}
}

// lookAtDuplicates looks up the rows that duplicate left open. The target holds
// an object with their key, so a look-up that misses it is only too early. It gives
// those that are to update the object.
func (st *stageRun) lookAtDuplicates(ctx context.Context, rows []*entry) []*entry {
	var open, over []*entry
	for _, e := range rows {
		switch r := e.result; {
		case r.State != ledger.DeliveryUnknown || r.RetryAt != 0:
		case st.modeOf(e).Probe:
			open = append(open, e)
		default: // the row's own key names the object
			e.updating = true
			over = append(over, e)
		}
	}
	absent, found := st.probe(ctx, open)
	for _, e := range absent {
		st.unknown(e, nil, st.absent(e))
	}
	return append(over, found...)
}

// probe looks rows up by their key and settles those that are found. It gives
// those that were proved absent and are to be sent again with their stored body, and
// those that are to update what was found.
func (st *stageRun) probe(ctx context.Context, rows []*entry) (absent, over []*entry) {
	if len(rows) == 0 {
		return nil, nil
	}
	failpoint.Hit("before_probe")
	for _, g := range st.groups(rows) {
		call, found, f := st.ask(ctx, g)
		for n, e := range g {
			next := actNone
			if f != nil {
				st.unknown(e, f, st.absent(e))
			} else {
				next = st.settleFound(e, found[n])
			}
			switch {
			case next == actSend && found[n].Exists:
				over = append(over, e)
			case next == actSend:
				absent = append(absent, e)
			}
			call.Rows = append(call.Rows, st.told(e, next == actSend))
		}
		st.asked(call)
	}
	failpoint.Hit("after_probe")
	return absent, over
}

// preProbe looks up what is to be sent, where the operation wants it: once a row is
// sent, whatever the target holds under its key is the row's own. It gives those that
// the target does not hold, and settles the others without sending them.
func (st *stageRun) preProbe(ctx context.Context, rows []*entry) ([]*entry, error) {
	var free, open []*entry
	for _, e := range rows {
		if old := e.Existing; !st.modeOf(e).PreProbe || e.updating || old != nil && old.State.Uncertain() {
			free = append(free, e) // what is found is, or may be, its own
		} else {
			open = append(open, e)
		}
	}
	for _, g := range st.groups(open) {
		call, found, f := st.ask(ctx, g)
		st.asked(call)
		var adopted group
		for n, e := range g {
			switch {
			case f != nil && f.Class == fault.Data:
				e.result = Result{State: ledger.DeliveryRejected, Fault: f}
			case f != nil:
				st.hold(e, f)
			case !found[n].Exists:
				free = append(free, e)
			case st.Target.OnConflict == "adopt" && st.equal(e, found[n]):
				adopted = append(adopted, e)
			case st.Target.OnConflict == update && st.takesOver(e, found[n]):
				free = append(free, e)
			default:
				st.occupied(e)
			}
		}
		if err := st.adopt(ctx, adopted, call.Call.ID, func(e *entry) connector.Found { return found[slices.Index(g, e)] }); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(free, func(a, b *entry) int { return cmp.Compare(a.place, b.place) })
	return free, nil
}

// takesOver makes a row update the object that was found under its key, if it can.
func (st *stageRun) takesOver(e *entry, found connector.Found) bool {
	e.updating, e.id = true, found.ID
	if st.unnamed(e) != nil {
		e.updating, e.id = false, ""
	}
	return e.updating
}

// occupied settles a row whose object the target holds before anything was sent: no
// attempt is made, so none is recorded.
func (st *stageRun) occupied(e *entry) {
	r := Result{State: ledger.DeliveryNeedsDecision, Fault: fault.New("delivery.duplicate",
		"the target already holds %s, and it was not written from here", e.Key).Classed(fault.Data).
		Hinted("compare the object in the target with this document, then decide")}
	if st.Target.OnConflict == "reject" {
		r.State = ledger.DeliveryRejected
	}
	e.result = r
}

// adopt takes objects that equal their rows over: they are recorded as an attempt
// that was done, though nothing is sent.
func (st *stageRun) adopt(ctx context.Context, rows group, call ledger.ID, found func(e *entry) connector.Found) error {
	if len(rows) == 0 {
		return nil
	}
	kept, err := st.record(ctx, []group{rows}, []ledger.ID{call}, nil)
	if err != nil {
		return err
	}
	for _, e := range kept[0] {
		f := found(e)
		st.resolve(e, Result{State: ledger.DeliveryDone, ID: f.ID, Number: f.Number, Response: f.Object}, 0)
	}
	return nil
}

// ask looks the rows of a group up. It gives the call to be recorded, and either what
// was found of each row or why that is not known.
func (st *stageRun) ask(ctx context.Context, g group) (ledger.Probed, []connector.Found, *fault.Fault) {
	started := st.now()
	id, err := st.Store.NextIDs(ctx, 1)
	if err != nil {
		return ledger.Probed{}, nil, fault.Wrap(err, "delivery.not_asked", "the look-up could not be recorded").Classed(fault.Transient)
	}
	call := ledger.Probed{
		Call: ledger.Call{
			ID: id, Workspace: st.Workspace, Connection: st.Connection, Operation: st.Target.Operation.Name,
			Kind: ledger.ProbeCall, Rows: len(g), Started: started, TraceID: st.TraceID,
		},
		End: ledger.CallEnd{ID: id},
	}
	found, err := st.lookUp(ctx, g)
	if err != nil {
		f := st.Target.Manifest.Classify(st.Target.Operation.Name, fault.From(err))
		call.End.Code = f.Code
		return call, nil, f
	}
	call.End.Response = evidence(found)
	return call, found, nil
}

// evidence is what a look-up found, row by row, as people are shown it: an array of the
// objects, null for a key that the target did not show.
func evidence(found []connector.Found) []byte {
	text := []byte{'['}
	for i, f := range found {
		if i > 0 {
			text = append(text, ',')
		}
		if f.Exists && json.Valid(f.Object) {
			text = append(text, f.Object...)
		} else {
			text = append(text, "null"...)
		}
	}
	return append(text, ']')
}

func (st *stageRun) lookUp(ctx context.Context, g group) ([]connector.Found, error) {
	prober, ok := st.Session.(connector.Prober)
	if !ok {
		return nil, fault.New("connector.cannot_probe", "the connector does not look objects up").Classed(fault.Config)
	}
	req := connector.ProbeRequest{
		Operation: st.Target.Operation.Name, Params: g[0].Params, Compare: st.modeOf(g[0]).Compare,
		Meta: connector.Meta{TraceID: st.TraceID, RunID: st.RunID, Attempt: max(1, g[0].attempt)},
	}
	for _, e := range g {
		req.Keys = append(req.Keys, e.Key)
	}
	ctx, cancel := st.bounded(ctx)
	defer cancel()
	found, err := prober.Probe(ctx, req)
	if err == nil && len(found) != len(g) {
		err = fault.New("connector.bad_answer", "the connector answered %d keys of %d", len(found), len(g)).Classed(fault.Internal)
	}
	return found, err
}

// asked keeps a look-up for the record.
func (st *stageRun) asked(call ledger.Probed) {
	if call.Call.ID != 0 {
		st.out.Probes = append(st.out.Probes, call)
	}
}

// told gives what a look-up came to for a row whose attempt is on record.
func (st *stageRun) told(e *entry, absent bool) ledger.ProbedRow {
	row := ledger.ProbedRow{DeliveryKey: st.key(e), Attempt: e.attempt, State: ledger.DeliveryRetryAt}
	if absent {
		return row
	}
	r := e.result
	if row.State = r.State; r.Fault != nil {
		row.Code, row.Message, row.Args = r.Fault.Code, r.Fault.Message, r.Fault.Args
	}
	return row
}

// settleFound settles a row by what the look-up gave. It gives actSend where the row is to
// be sent: again, only after two look-ups in a row that found nothing, and only where a
// second object can't come of it; or to update what was found.
func (st *stageRun) settleFound(e *entry, found connector.Found) action {
	mode := st.modeOf(e)
	switch {
	case !found.Exists && st.absent(e) == 0:
		st.unknown(e, nil, 1)
	case !found.Exists && mode.Class == manifest.NoKey:
		st.resolve(e, Result{State: ledger.DeliveryNeedsDecision, Fault: fault.New("delivery.unknown",
			"the answer to the write was lost, and the target was asked twice and does not show %s", e.Key).Hinted(lookThere)}, st.absent(e)+1)
	case !found.Exists:
		return actSend
	case st.equal(e, found), st.own(e):
		st.resolve(e, Result{State: ledger.DeliveryDone, ID: found.ID, Number: found.Number, Response: found.Object}, 0)
	case st.untouched(e, found):
		return actSend
	case st.Target.OnConflict == update && !e.updating && st.takesOver(e, found):
		return actSend
	default:
		st.resolve(e, Result{State: ledger.DeliveryNeedsDecision, ID: found.ID, Number: found.Number, Fault: fault.New("delivery.conflict",
			"the target holds %s, and that it is this document's does not show", e.Key).
			Hinted("compare the object in the target with this document, then decide")}, 0)
	}
	return actNone
}

// untouched reports whether a found object is as the last revision that was written left
// it: then the update whose answer was lost was not applied.
func (st *stageRun) untouched(e *entry, found connector.Found) bool {
	old, compare := e.Existing, st.modeOf(e).Compare
	return e.updating && old != nil && len(old.Before) > 0 && len(compare) > 0 && item.Differ(item.Of(old.Before), item.Of(found.Object), compare) == ""
}

// equal reports whether a found object is the row by what the operation compares.
// Where it compares nothing, nothing is equal.
func (st *stageRun) equal(e *entry, found connector.Found) bool {
	compare := st.modeOf(e).Compare
	return len(compare) > 0 && item.Differ(item.Of(e.Body), item.Of(found.Object), compare) == ""
}

// own reports whether whatever is found under the row's key must be its own: the
// target did not hold the key before the attempt whose answer was lost.
func (st *stageRun) own(e *entry) bool {
	mode, old := st.modeOf(e), e.Existing
	return mode.PreProbe && !e.updating && len(mode.Compare) == 0 && old != nil && old.State.Uncertain()
}

func (st *stageRun) absent(e *entry) int {
	if old := e.Existing; old != nil {
		return old.Absent
	}
	return 0
}
