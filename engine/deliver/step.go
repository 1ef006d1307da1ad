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
func (st *stageRun) reach(i int, r Result, resolution *ledger.Resolution) {
	if r.State != ledger.DeliveryDone {
		return
	}
	switch {
	case st.step != nil:
		resolution.Step = cmp.Or(st.step.name, st.rows[i].Existing.Step)
	case len(st.Target.Steps) > 0:
		resolution.Step = st.Target.Operation.Name
	}
	if st.goesOn() {
		resolution.State, resolution.NextAt, resolution.Spent = ledger.DeliveryRetryAt, st.now(), 0
	}
	st.made[i] = resolution.Step
}

// resource names what the key of a row is unique in: a step has the object of the write.
func (st *stageRun) resource(i int) string {
	if st.step != nil {
		return st.step.of.Resource(item.Of(st.rows[i].Params))
	}
	return st.Target.Resource(item.Of(st.rows[i].Params))
}

// steps takes rows that are written through the steps of the target: those that were
// written just now, and those that stopped at a step before.
func (st *stageRun) steps(ctx context.Context, stopped []int) error {
	steps := st.Target.Steps
	next := map[int]int{}
	for i, r := range st.out.Results {
		if r.State == ledger.DeliveryDone && len(steps) > 0 && st.made[i] != "" {
			next[i] = 0
		}
	}
	for _, i := range stopped {
		next[i] = st.Target.After(st.rows[i].Existing.Step)
		st.made[i] = st.rows[i].Existing.Step
	}
	for k := range steps {
		done, err := st.makeStep(ctx, k, at(next, k))
		if err != nil {
			return err
		}
		for _, i := range done {
			next[i] = k + 1
		}
	}
	left := slices.DeleteFunc(at(next, len(steps)), func(i int) bool { return !slices.Contains(stopped, i) || st.out.Results[i].State != 0 })
	return st.nothingLeft(ctx, left)
}

// at gives the rows that are to make a step next, in their order.
func at(next map[int]int, k int) []int {
	var rows []int
	for i, n := range next {
		if n == k {
			rows = append(rows, i)
		}
	}
	slices.Sort(rows)
	return rows
}

// makeStep takes rows through one step and gives those that went through it. What is known
// so far is recorded before: whatever happens, the write is not made again.
func (st *stageRun) makeStep(ctx context.Context, k int, at []int) ([]int, error) {
	if len(at) == 0 {
		return nil, nil
	}
	if err := st.flush(ctx); err != nil {
		return nil, err
	}
	step := st.Target.Steps[k]
	sub, todo := st.begun(&stepping{of: st.Target, name: step.Operation.Name, last: k == len(st.Target.Steps)-1}, step, at)
	err := sub.settle(ctx, todo)
	return st.merge(sub, at), err
}

// nothingLeft ends rows that stopped at a step which the target takes no longer: what was
// written is all there is to do.
func (st *stageRun) nothingLeft(ctx context.Context, at []int) error {
	if len(at) == 0 {
		return nil
	}
	sub, _ := st.begun(&stepping{of: st.Target, last: true}, plan.FollowUp{Operation: st.Target.Operation}, at)
	groups, calls := make([]group, len(at)), make([]ledger.ID, len(at))
	for n := range at {
		sub.out.Results[n] = Result{}
		groups[n], calls[n] = group{n}, sub.rows[n].Existing.Call
	}
	kept, err := sub.record(ctx, groups, calls, nil)
	if err != nil {
		return err
	}
	for _, g := range kept {
		for _, n := range g {
			sub.resolve(n, Result{State: ledger.DeliveryDone}, 0)
		}
	}
	st.merge(sub, at)
	return nil
}

// begun gives a run of one step for rows of this stage.
func (st *stageRun) begun(s *stepping, step plan.FollowUp, at []int) (*stageRun, todo) {
	stage, target := st.Stage, *st.Target
	target.Operation, target.Steps, target.OnConflict = step.Operation, nil, ""
	target.Rows = max(1, step.Operation.Writing.DefaultRows)
	stage.Target, stage.Mode = &target, connector.Update
	rows := make([]Row, len(at))
	for n, i := range at {
		rows[n] = st.stepRow(i, step)
	}
	return st.begin(stage, rows, s)
}

// merge takes over what a step came to, and gives the rows that went through it.
func (st *stageRun) merge(sub *stageRun, at []int) (done []int) {
	st.out.Calls, st.out.Probes = append(st.out.Calls, sub.out.Calls...), append(st.out.Probes, sub.out.Probes...)
	st.out.Resolutions = append(st.out.Resolutions, sub.out.Resolutions...)
	for n, i := range at {
		st.attempts[i] = sub.attempts[n]
		was, r, on := st.out.Results[i], sub.out.Results[n], sub.rows[n].Existing
		if r.State == ledger.DeliveryDone {
			r.ID, r.Number, r.Response, r.Kept = on.TargetID, on.TargetNumber, on.Response, on.Writeback != nil
			r.Warned = r.Warned || was.Warned
			done = append(done, i)
			if st.made[i] = sub.made[n]; sub.step.last && on.Rev < st.rows[i].Rev {
				r = st.revised(r)
			}
		}
		st.out.Results[i] = r
	}
	return done
}

// stepRow makes the row of a step from that of the write.
func (st *stageRun) stepRow(i int, step plan.FollowUp) Row {
	row := st.rows[i]
	var on ledger.Delivery
	if row.Existing != nil {
		on = *row.Existing
	}
	if r := st.out.Results[i]; r.State == ledger.DeliveryDone { // written, or a step further, just now
		rev, kept := row.Rev, on.Writeback
		if st.older[i] {
			rev = on.Rev
		}
		if on.Rev != rev {
			kept = nil
		}
		on = ledger.Delivery{
			DeliveryKey: st.key(i), Rev: rev, State: ledger.DeliveryRetryAt, Attempt: st.attempts[i], Step: st.made[i],
			TargetID: r.ID, TargetNumber: r.Number, Response: r.Response, Updating: st.updating[i], Writeback: kept,
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
