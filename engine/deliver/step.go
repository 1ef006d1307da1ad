package deliver

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// stepping is what a run of one step knows of the target that it belongs to.
type stepping struct {
	// of is the target, name the step's operation.
	of   *plan.Target
	name string
	// last says that no step follows.
	last bool
}

// goesOn reports whether a row that is done here has steps to go.
func (st *stageRun) goesOn() bool {
	if st.step != nil {
		return !st.step.last
	}
	return len(st.Target.Steps) > 0
}

// reach notes in a resolution which step an attempt made. One that has steps to go is not
// done: it waits for the next of them, which is due at once.
func (st *stageRun) reach(e *entry, r Result, resolution *ledger.Resolution) {
	if r.State != ledger.DeliveryDone {
		return
	}
	switch {
	case st.step != nil:
		resolution.Step = cmp.Or(st.step.name, e.Existing.Step)
	case len(st.Target.Steps) > 0:
		resolution.Step = st.Target.Operation.Name
	}
	if st.goesOn() {
		resolution.State, resolution.NextAt, resolution.Spent = ledger.DeliveryRetryAt, st.now(), 0
	}
	e.made = resolution.Step
}

// resource names what the key of a row is unique in: a step has the object of the write.
func (st *stageRun) resource(e *entry) string {
	if st.step != nil {
		return st.step.of.Resource(item.Of(e.Params))
	}
	return st.Target.Resource(item.Of(e.Params))
}

// steps takes rows that are written through the steps of the target: those that were
// written just now, and those that stopped at a step before.
func (st *stageRun) steps(ctx context.Context, stopped []*entry) error {
	for _, e := range st.rows {
		if e.result.State == ledger.DeliveryDone && e.made != "" {
			e.next = 0
		}
	}
	for _, e := range stopped {
		e.next, e.made = st.Target.After(e.Existing.Step), e.Existing.Step
	}
	for k := range st.Target.Steps {
		if err := st.makeStep(ctx, k, st.at(k)); err != nil {
			return err
		}
	}
	return st.nothingLeft(ctx, slices.DeleteFunc(st.at(len(st.Target.Steps)), func(e *entry) bool { return e.result.State != 0 }))
}

// at gives the rows that are to make a step next, in their order.
func (st *stageRun) at(k int) []*entry {
	return slices.DeleteFunc(slices.Clone(st.rows), func(e *entry) bool { return e.next != k })
}

// makeStep takes rows through one step. What is known so far is recorded before: whatever
// happens, the write is not made again.
func (st *stageRun) makeStep(ctx context.Context, k int, at []*entry) error {
	if len(at) == 0 {
		return nil
	}
	if err := st.flush(ctx); err != nil {
		return err
	}
	step := st.Target.Steps[k]
	sub, todo := st.begun(&stepping{of: st.Target, name: step.Operation.Name, last: k == len(st.Target.Steps)-1}, step, at)
	err := sub.settle(ctx, todo)
	st.merge(sub, at)
	return err
}

// nothingLeft ends rows that stopped at a step which the target takes no longer: what was
// written is all there is to do.
func (st *stageRun) nothingLeft(ctx context.Context, at []*entry) error {
	if len(at) == 0 {
		return nil
	}
	sub, _ := st.begun(&stepping{of: st.Target, last: true}, plan.FollowUp{Operation: st.Target.Operation}, at)
	groups, calls := make([]group, len(at)), make([]ledger.ID, len(at))
	for n, e := range sub.rows {
		e.result = Result{}
		groups[n], calls[n] = group{e}, e.Existing.Call
	}
	kept, err := sub.record(ctx, groups, calls, nil)
	if err != nil {
		return err
	}
	for _, g := range kept {
		for _, e := range g {
			sub.resolve(e, Result{State: ledger.DeliveryDone}, 0)
		}
	}
	st.merge(sub, at)
	return nil
}

// begun gives a run of one step for rows of this stage.
func (st *stageRun) begun(s *stepping, step plan.FollowUp, at []*entry) (*stageRun, todo) {
	stage, target := st.Stage, *st.Target
	target.Operation, target.Steps, target.OnConflict = step.Operation, nil, ""
	target.Rows = max(1, step.Operation.Writing.DefaultRows)
	stage.Target, stage.Mode = &target, connector.Update
	rows := make([]Row, len(at))
	for n, e := range at {
		rows[n] = st.stepRow(e, step)
	}
	return st.begin(stage, rows, s)
}

// merge takes over what a step came to. Rows that went through it are to make the next.
func (st *stageRun) merge(sub *stageRun, at []*entry) {
	st.out.Calls, st.out.Probes = append(st.out.Calls, sub.out.Calls...), append(st.out.Probes, sub.out.Probes...)
	st.out.Resolutions = append(st.out.Resolutions, sub.out.Resolutions...)
	for n, e := range at {
		through := sub.rows[n]
		r, on := through.result, through.Existing
		e.attempt = through.attempt
		if r.State == ledger.DeliveryDone {
			r.ID, r.Number, r.Response, r.Kept = on.TargetID, on.TargetNumber, on.Response, on.Writeback != nil
			r.Warned = r.Warned || e.result.Warned
			e.made = through.made
			e.next++
			if sub.step.last && on.Rev < e.Rev {
				r = st.revised(r)
			}
		}
		e.result = r
	}
}

// stepRow makes the row of a step from that of the write.
func (st *stageRun) stepRow(e *entry, step plan.FollowUp) Row {
	row := e.Row
	var on ledger.Delivery
	if row.Existing != nil {
		on = *row.Existing
	}
	if r := e.result; r.State == ledger.DeliveryDone { // written, or a step further, just now
		rev, kept := row.Rev, on.Writeback
		if e.older {
			rev = on.Rev
		}
		if on.Rev != rev {
			kept = nil
		}
		on = ledger.Delivery{
			DeliveryKey: st.key(e), Rev: rev, State: ledger.DeliveryRetryAt, Attempt: e.attempt, Step: e.made,
			TargetID: r.ID, TargetNumber: r.Number, Response: r.Response, Updating: e.updating, Writeback: kept,
		}
	}
	row.Rev, row.Body = on.Rev, []byte("{}")
	for _, part := range [][2]string{{step.ID, on.TargetID}, {step.Number, on.TargetNumber}} {
		if part[0] != "" && part[1] != "" {
			row.Body, _ = item.Put(row.Body, part[0], item.AppendText(nil, part[1])) // into an object of its own
		}
	}
	on.Body = row.Body
	row.Params = declared(row.Params, step.Operation.Request)
	row.Existing = &on
	return row
}

// declared keeps the parameters that an operation has.
func declared(params []byte, fields []field.Field) []byte {
	out := []byte{'{'}
	for name, v := range item.Of(params).Fields() {
		if field.Find(fields, name) == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(item.AppendText(out, name), ':'), v.Raw()...)
	}
	return append(out, '}')
}

// flush records what is known before the next step is sent.
func (st *stageRun) flush(ctx context.Context) error {
	o := ledger.Outcome{
		Claim: st.Claim, Workspace: st.Workspace, Calls: st.out.Calls, Probes: st.out.Probes, Deliveries: st.out.Resolutions, Now: st.now(),
	}
	if len(o.Calls)+len(o.Probes)+len(o.Deliveries) == 0 {
		return nil
	}
	result, err := st.Store.CommitOutcome(ctx, o)
	if err == nil || errors.Is(err, ledger.ErrFenced) {
		st.out.Calls, st.out.Probes, st.out.Resolutions = nil, nil, nil
		st.out.Stale = append(st.out.Stale, result.Stale...)
	}
	return err
}
