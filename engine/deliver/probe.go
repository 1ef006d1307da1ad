package deliver

import (
	"context"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// duplicate decides about a row that the target refused because it holds an
// object with the same key. After a first attempt the object is somebody else's;
// later it may be our own, whose answer was lost: then the row stays uncertain
// and is looked up.
func (st *stageRun) duplicate(i int, f *fault.Fault) {
	mode := st.Target.Mode(connector.Create)
	switch {
	case mode.Probe && (st.attempts[i] > 1 || st.Target.OnConflict == "adopt"):
		st.mu.Lock()
		defer st.mu.Unlock()
		st.out.Results[i] = Result{State: ledger.DeliveryUnknown, Fault: f}
	case st.Target.OnConflict == "reject":
		st.refused(i, f)
	default:
		st.resolve(i, Result{State: ledger.DeliveryNeedsDecision, Fault: fault.New("delivery.duplicate",
			"the target already holds %s: %s", st.rows[i].Key, f.Message).
			Hinted("compare the object in the target with this document, then decide")}, 0)
	}
}

// lookAtDuplicates looks up the rows that duplicate left open. The target holds
// an object with their key, so a look-up that misses it is only too early.
func (st *stageRun) lookAtDuplicates(ctx context.Context, rows []int) {
	var open []int
	for _, i := range rows {
		if r := st.out.Results[i]; r.State == ledger.DeliveryUnknown && r.RetryAt == 0 {
			open = append(open, i)
		}
	}
	for _, i := range st.probe(ctx, open) {
		st.unknown(i, nil, st.absent(i))
	}
}

// probe looks rows up by their key and settles those that are found. It gives
// those that were proved absent and are to be sent again with their stored body.
func (st *stageRun) probe(ctx context.Context, rows []int) []int {
	if len(rows) == 0 {
		return nil
	}
	failpoint.Hit("before_probe")
	var resend []int
	for _, g := range st.groups(rows) {
		found, err := st.ask(ctx, g)
		if err != nil {
			f := st.Target.Manifest.Classify(st.Target.Operation.Name, fault.From(err))
			for _, i := range g {
				st.unknown(i, f, st.absent(i))
			}
			continue
		}
		for n, i := range g {
			if st.settleFound(i, found[n]) {
				resend = append(resend, i)
			}
		}
	}
	failpoint.Hit("after_probe")
	return resend
}

func (st *stageRun) ask(ctx context.Context, g group) ([]connector.Found, error) {
	prober, ok := st.Session.(connector.Prober)
	if !ok {
		return nil, fault.New("connector.cannot_probe", "the connector does not look objects up").Classed(fault.Config)
	}
	req := connector.ProbeRequest{
		Operation: st.Target.Operation.Name, Params: st.rows[g[0]].Params, Compare: st.Target.Mode(connector.Create).Compare,
		Meta: connector.Meta{TraceID: st.TraceID, RunID: st.RunID, Attempt: st.attempts[g[0]]},
	}
	for _, i := range g {
		req.Keys = append(req.Keys, st.rows[i].Key)
	}
	ctx, cancel := st.bounded(ctx)
	defer cancel()
	found, err := prober.Probe(ctx, req)
	if err == nil && len(found) != len(g) {
		err = fault.New("connector.bad_answer", "the connector answered %d keys of %d", len(found), len(g)).Classed(fault.Internal)
	}
	return found, err
}

// settleFound settles a row by what the look-up gave, and reports whether it is
// to be sent again: only after two look-ups in a row that found nothing.
func (st *stageRun) settleFound(i int, found connector.Found) bool {
	switch {
	case !found.Exists && st.absent(i) >= 1:
		return true
	case !found.Exists:
		st.unknown(i, nil, st.absent(i)+1)
	case item.Differ(item.Of(st.rows[i].Body), item.Of(found.Object), st.Target.Mode(connector.Create).Compare) == "":
		st.resolve(i, Result{State: ledger.DeliveryDone, ID: found.ID, Number: found.Number, Response: found.Object}, 0)
	default:
		st.resolve(i, Result{State: ledger.DeliveryNeedsDecision, ID: found.ID, Number: found.Number, Fault: fault.New("delivery.conflict",
			"the target holds %s with other contents", st.rows[i].Key).
			Hinted("compare the object in the target with this document, then decide")}, 0)
	}
	return false
}

func (st *stageRun) absent(i int) int {
	if old := st.rows[i].Existing; old != nil {
		return old.Absent
	}
	return 0
}
