package deliver

import (
	"cmp"
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/retry"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// stageRun is one Send.
type stageRun struct {
	*Sender
	Stage
	rows []*entry
	// step is set where the rows go through a step.
	step *stepping

	mu  sync.Mutex
	out Sent
	// ailing are, by the parameters of a call, the fault that every such call meets
	// until somebody mends it.
	ailing map[string]*fault.Fault
}

// entry is a row and how far it got.
type entry struct {
	Row
	// place is the row's among those of the stage.
	place int
	// attempt is its latest attempt, recorded at sentAt, spent how much of its budget is
	// used up, and idle counts the attempts of this stage that certainly left nothing in
	// the target.
	attempt, spent, idle int
	sentAt               ledger.Millis
	// since is when the attempts began that spent the budget.
	since ledger.Millis
	// older says that the body on record is that of an earlier revision.
	older bool
	// updating says that it changes an object which the target holds, by the target's id.
	updating bool
	id       string
	// made is the last step that it made in this stage, as ledger.Delivery has it, and
	// next the index of the one to make, -1 for none.
	made string
	next int

	result Result
}

// entries takes rows up.
func entries(rows []Row) []*entry {
	out := make([]*entry, len(rows))
	for n, row := range rows {
		out[n] = &entry{Row: row, place: n, next: -1}
	}
	return out
}

// finish gives what the stage did.
func (st *stageRun) finish() *Sent {
	st.out.Results = make([]Result, len(st.rows))
	for n, e := range st.rows {
		st.out.Results[n] = e.result
	}
	return &st.out
}

// mode gives the mode that a row is written in.
func (st *stageRun) mode(e *entry) connector.Mode {
	if e.updating {
		return connector.Update
	}
	return cmp.Or(st.Mode, connector.Create)
}

// modeOf gives the rules of the mode that a row is written in.
func (st *stageRun) modeOf(e *entry) *manifest.Mode { return st.Target.Mode(st.mode(e)) }

// unnamed says why a row can't update the object that it is to update; nil where it can,
// and where it updates none.
func (st *stageRun) unnamed(e *entry) *fault.Fault {
	if !e.updating || st.step != nil {
		return nil
	}
	switch mode := st.modeOf(e); {
	case mode == nil:
		return fault.New("delivery.update_unavailable", "the target holds %s and the operation can't change it", e.Key).
			Hinted("change the object in the target, then skip this document")
	case mode.IDField != "" && e.id == "":
		return fault.New("delivery.update_unnamed", "the target's id of %s is not known, so it can't be updated", e.Key).
			Hinted("change the object in the target, then skip this document")
	default:
		return nil
	}
}

// identify puts the target's id into the row of an object that is updated.
func (st *stageRun) identify(e *entry) error {
	mode := st.modeOf(e)
	if !e.updating || st.step != nil || mode.IDField == "" || item.Of(e.Body).Path(mode.IDField).Text() == e.id {
		return nil
	}
	id := item.AppendText(nil, e.id)
	if f := field.Find(st.Target.Operation.Request, mode.IDField); f != nil && f.Type == field.Int {
		if _, err := strconv.ParseInt(e.id, 10, 64); err == nil {
			id = []byte(e.id)
		}
	}
	body, err := item.Put(e.Body, mode.IDField, id)
	if err == nil {
		e.Body = body
	}
	return err
}

func (st *stageRun) now() ledger.Millis { return ledger.At(st.Clock()) }

func (st *stageRun) key(e *entry) ledger.DeliveryKey {
	return ledger.DeliveryKey{Document: e.Document, NodeNo: st.NodeNo, Part: e.Part}
}

// resolve records the result of the row's latest attempt. absent counts look-ups that found nothing.
func (st *stageRun) resolve(e *entry, r Result, absent int) {
	r.Attempt = e.attempt
	resolution := ledger.Resolution{
		DeliveryKey: st.key(e), Attempt: e.attempt, State: r.State, Absent: absent, Spent: e.spent,
		TargetID: r.ID, TargetNumber: r.Number, NextAt: r.RetryAt, Response: r.Response,
		// A refusal proves that the key is still free in the target.
		FreeKey: r.State == ledger.DeliveryRejected && !e.updating && st.step == nil,
	}
	st.reach(e, r, &resolution)
	if r.State == ledger.DeliveryRetryAt && passes(r.Fault) == byMending {
		resolution.NextAt = 0 // when the connection is mended, which may be any time
	}
	if r.Fault != nil {
		resolution.Code, resolution.Message, resolution.Args = r.Fault.Code, r.Fault.Message, r.Fault.Args
	}
	if e.older && r.State == ledger.DeliveryDone && !st.goesOn() {
		r = st.revised(r)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	e.result = r
	st.out.Resolutions = append(st.out.Resolutions, resolution)
}

// passing says how a refusal comes to an end that tells nothing about the row.
type passing int8

const (
	// not: the refusal is about the row.
	not passing = iota
	// byItself is a failure that goes away.
	byItself
	// byMending is one that somebody has to mend at the connection or the flow: every
	// row meets it, however often it is sent.
	byMending
)

// passes says whether a refusal tells nothing about the row, and how it ends.
func passes(f *fault.Fault) passing {
	switch fault.ClassOf(f) {
	case fault.Transient, fault.Rate:
		return byItself
	case fault.Auth, fault.Config:
		return byMending
	default:
		return not
	}
}

// refused decides about a row that the target certainly did not take.
func (st *stageRun) refused(e *entry, f *fault.Fault) {
	switch passes(f) {
	case byMending: // no row is refused for what is wrong with all of them
		st.later(e, retry.Mending, f)
		return
	case byItself:
		e.spent++
		if rule := st.rule(retry.CaseOf(f)); !rule.Over(e.spent, e.since, st.now()) {
			st.later(e, rule.Case, f)
			return
		}
		if st.doubtful(e) {
			st.resolve(e, Result{State: ledger.DeliveryNeedsDecision, Fault: because(errUnknown(), f).Hinted(lookThere)}, 0)
			return
		}
	case not:
	}
	if rule := st.rule(retry.BusinessWait); f.Class == fault.BusinessWait && !rule.Over(e.spent, e.since, st.now()) {
		at := rule.Next(st.wait(e, retry.BusinessWait, f), e.since, st.now())
		st.resolve(e, Result{State: ledger.DeliveryRetryAt, Fault: f, RetryAt: at, Feed: st.feed(f, e.sentAt)}, 0)
		return
	}
	st.resolve(e, Result{State: ledger.DeliveryRejected, Fault: f}, 0)
}

// ails notes that calls with these parameters are refused whatever they carry.
func (st *stageRun) ails(params []byte, f *fault.Fault) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.ailing == nil {
		st.ailing = map[string]*fault.Fault{}
	}
	st.ailing[string(params)] = f
}

// ailment gives why a call with these parameters need not be made, nil when it may be.
func (st *stageRun) ailment(params []byte) *fault.Fault {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.ailing[string(params)]
}

// doubtful reports whether an attempt before this one may have been applied, although this
// one was not: then only repeating it can tell, and no newer revision may take its place.
func (st *stageRun) doubtful(e *entry) bool {
	old := e.Existing
	return old != nil && old.State.Uncertain() && st.step == nil && st.modeOf(e).Class == manifest.NativeKey
}

// later lets a row that was not applied be tried again, by the rule of why it was not.
func (st *stageRun) later(e *entry, c retry.Case, f *fault.Fault) {
	if st.doubtful(e) {
		st.unknown(e, f, 0)
		return
	}
	at := st.rule(c).Next(st.wait(e, c, f), e.since, st.now())
	st.resolve(e, Result{State: ledger.DeliveryRetryAt, Fault: f, RetryAt: at}, 0)
}

// unreached gives the case of a row that a call was not made for, or was refused for
// before anybody looked at the row.
func unreached(f *fault.Fault) retry.Case {
	if passes(f) == byMending {
		return retry.Mending
	}
	return retry.Unreached
}

// lost keeps a row whose answer did not come for a later look. It has spent an attempt.
func (st *stageRun) lost(e *entry, f *fault.Fault) {
	e.spent++
	st.unknown(e, f, 0)
}

// unknown keeps a row whose answer is lost for a later look, as long as there is one;
// absent counts the looks in a row that found nothing.
func (st *stageRun) unknown(e *entry, f *fault.Fault, absent int) {
	rule, now := st.rule(retry.Lost), st.now()
	if rule.Over(e.spent, e.since, now) {
		st.resolve(e, Result{State: ledger.DeliveryNeedsDecision, Fault: because(errUnknown(), f).Hinted(lookThere)}, 0)
		return
	}
	wait := st.wait(e, retry.Lost, f)
	if mode := st.modeOf(e); mode != nil {
		wait = max(wait, mode.ReadLag.Std())
	}
	st.resolve(e, Result{State: ledger.DeliveryUnknown, Fault: because(errUnknown(), f), RetryAt: rule.Next(wait, e.since, now)}, absent)
}

// because adds what led to a fault.
func because(f, why *fault.Fault) *fault.Fault {
	if why != nil {
		f.Message += " (" + why.Message + ")"
	}
	return f
}

// rule is what the target has done about a failure.
func (st *stageRun) rule(c retry.Case) retry.Rule { return st.Target.Retry.Of(c) }

// wait is how long to wait before a row is taken up again: longer with each try that
// failed, whether it was sent or only asked for, and not less than the vendor wants. Steps
// and revisions that went well before prolong nothing.
func (st *stageRun) wait(e *entry, c retry.Case, f *fault.Fault) time.Duration {
	asked := time.Duration(0)
	if f != nil {
		asked = f.RetryAfter
	}
	return st.rule(c).Wait(max(e.spent, st.Tries, 1), e.Document, asked)
}

// bounded gives a vendor call its deadline.
func (st *stageRun) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, st.CallTimeout)
}
