package deliver

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// group is the rows of one call, as indexes.
type group []*entry

// send writes rows: intents first, then the calls, at most InFlight at a time. A call
// that was refused for one of its rows is halved until the row is found.
func (st *stageRun) send(ctx context.Context, rows []*entry) error {
	for groups := st.groups(rows); len(groups) > 0; {
		var err error
		if groups, err = st.round(ctx, st.allowed(groups)); err != nil {
			return err
		}
	}
	return nil
}

// round makes one call for each group, and gives the calls that are to follow.
func (st *stageRun) round(ctx context.Context, groups []group) ([]group, error) {
	rows := slices.Concat(groups...)
	groups, calls, err := st.intend(ctx, groups)
	if err != nil {
		return nil, err
	}
	failpoint.Hit("after_intent")
	var inFlight errgroup.Group
	inFlight.SetLimit(st.InFlight)
	next := make([][]group, len(groups))
	for n, g := range groups {
		inFlight.Go(func() error {
			next[n] = st.call(ctx, g, calls[n])
			return nil
		})
	}
	if err := inFlight.Wait(); err != nil {
		return nil, err
	}
	return append(slices.Concat(next...), st.groups(st.lookAtDuplicates(ctx, rows))...), nil
}

// allowed gives the groups whose calls may be made; the rows of the others wait.
func (st *stageRun) allowed(groups []group) []group {
	gate, ok := st.Session.(Gate)
	if !ok {
		return groups
	}
	return slices.DeleteFunc(groups, func(g group) bool {
		f := gate.Held(st.Target.Operation.Name, g[0].Params)
		if f == nil {
			return false
		}
		for _, e := range g {
			st.hold(e, f)
		}
		return true
	})
}

// groups gathers rows with equal parameters and of one mode into calls, in the rows' order.
func (st *stageRun) groups(rows []*entry) []group {
	var groups []group
	open := map[string]int{}
	for _, e := range rows {
		params := string(st.mode(e)) + string(e.Params)
		at, ok := open[params]
		if !ok || len(groups[at]) >= st.Target.Rows {
			at = len(groups)
			groups = append(groups, nil)
			open[params] = at
		}
		groups[at] = append(groups[at], e)
	}
	return groups
}

// intend commits what is going to be sent and gives the groups without the rows
// whose key somebody else owns.
func (st *stageRun) intend(ctx context.Context, groups []group) ([]group, []ledger.ID, error) {
	failpoint.Hit("before_intent")
	first, err := st.Store.NextIDs(ctx, len(groups))
	if err != nil {
		return nil, nil, err
	}
	ids, calls := make([]ledger.ID, len(groups)), make([]ledger.Call, len(groups))
	for n, g := range groups {
		ids[n] = first + ledger.ID(n)
		calls[n] = ledger.Call{
			ID: ids[n], Workspace: st.Workspace, Connection: st.Connection, Operation: st.Target.Operation.Name,
			Kind: ledger.SendCall, Rows: len(g), Started: st.now(), TraceID: st.TraceID,
		}
	}
	kept, err := st.record(ctx, groups, ids, calls)
	return kept, ids, err
}

// record commits the intents of groups, one call each, and gives the groups without
// the rows whose key somebody else owns.
func (st *stageRun) record(ctx context.Context, groups []group, ids []ledger.ID, calls []ledger.Call) ([]group, error) {
	commit := ledger.IntentCommit{Claim: st.Claim, Workspace: st.Workspace, Calls: calls, Now: st.now()}
	for n, g := range groups {
		resource := st.resource(g[0])
		for no, e := range g {
			if err := st.identify(e); err != nil {
				return nil, err
			}
			commit.Rows = append(commit.Rows, st.intent(e, resource, ids[n], no)) //nolint:gosec // a group has its id
		}
	}
	result, err := st.Store.CommitIntents(ctx, commit)
	if err != nil {
		return nil, err
	}
	kept, at := make([]group, len(groups)), 0
	for n, g := range groups {
		for _, e := range g {
			e.attempt, e.sentAt = commit.Rows[at].Attempt, commit.Now
			e.since = cmp.Or(e.since, e.sentAt)
			if owner, is := result.Taken[at]; is {
				e.result = Result{State: ledger.DeliveryNeedsDecision, Fault: keyTaken(e.Key, owner)}
			} else {
				kept[n] = append(kept[n], e)
			}
			at++
		}
	}
	return kept, nil
}

func keyTaken(key string, owner ledger.DeliveryKey) *fault.Fault {
	return fault.New(ledger.CodeKeyTaken, "the target key %s belongs to another document", key).
		Arg("document", fmt.Sprint(owner.Document)).
		Hinted("compare both documents; skip one of them or give it another key")
}

func (st *stageRun) intent(e *entry, resource string, call ledger.ID, no int) ledger.Intent {
	row := e.Row
	in := ledger.Intent{
		DeliveryKey: st.key(e), Rev: row.Rev, Version: row.Version, Connection: st.Connection, Resource: resource, Key: row.Key,
		Owned: st.Target.Owned && row.Key != "", Attempt: e.attempt + 1, Call: call, RowNo: no, Body: row.Body,
		Updating: e.updating, TargetID: e.id,
	}
	if st.step != nil {
		in.Step, in.Body = row.Existing.Step, nil // the body on record is that of the write
	}
	if e.older {
		in.Rev = row.Existing.Rev
	}
	return in
}

// call sends one group and settles its rows. It gives the calls that are to follow
// because this one was refused for one of its rows.
func (st *stageRun) call(ctx context.Context, g group, id ledger.ID) []group {
	if len(g) == 0 {
		st.end(ledger.CallEnd{ID: id})
		return nil
	}
	batch := connector.Batch{
		Operation: st.Target.Operation.Name, Mode: st.mode(g[0]), Params: g[0].Params,
		Meta: connector.Meta{TraceID: st.TraceID, RunID: st.RunID, Attempt: g[0].attempt},
	}
	size := 1
	for _, e := range g {
		size += len(e.Body) + 1
		batch.Keys = append(batch.Keys, e.Key)
	}
	batch.Rows = make([]byte, 0, size)
	for n, e := range g {
		batch.Rows = append(append(batch.Rows, "[,"[min(n, 1)]), e.Body...)
	}
	batch.Rows = failpoint.Bend(append(batch.Rows, ']'))
	if ctx.Err() != nil {
		return st.refusedCall(g, id, fault.New("delivery.not_sent", "the engine stopped before the call was made").Classed(fault.Transient).Unapplied())
	}
	if f := st.ailment(batch.Params); f != nil {
		return st.refusedCall(g, id, f)
	}
	answers, err := st.write(ctx, batch, len(g))
	failpoint.Hit("after_send")
	if err != nil {
		return st.refusedCall(g, id, fault.From(err))
	}
	st.end(ledger.CallEnd{ID: id, Response: answers.Raw})
	return st.answered(g, answers.Rows)
}

func (st *stageRun) write(ctx context.Context, batch connector.Batch, rows int) (connector.Answers, error) {
	writer, ok := st.Session.(connector.Writer)
	if !ok {
		return connector.Answers{}, fault.New("connector.cannot_write", "the connector does not write").Classed(fault.Config).Unapplied()
	}
	ctx, cancel := st.bounded(ctx)
	defer cancel()
	answers, err := writer.Write(ctx, batch)
	if err == nil && len(answers.Rows) != rows {
		err = fault.New("connector.bad_answer", "the connector answered %d rows for a call of %d", len(answers.Rows), rows).Classed(fault.Internal)
	}
	return answers, err
}

func (st *stageRun) end(c ledger.CallEnd) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.out.Calls = append(st.out.Calls, c)
}
