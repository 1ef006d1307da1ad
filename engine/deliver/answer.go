package deliver

import (
	"cmp"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// refusedCall settles a call that gave no answer per row, or gives the halves that it
// is to be repeated in.
func (st *stageRun) refusedCall(g group, id ledger.ID, f *fault.Fault) []group {
	f = st.Target.Manifest.Classify(st.Target.Operation.Name, f)
	st.end(ledger.CallEnd{ID: id, Code: f.Code, Response: f.Answer()})
	unapplied := f.NotApplied || st.Target.Operation.Writing.Batch == manifest.Atomic && definite(f)
	switch {
	case len(g) == 1 || !blames(f):
	case unapplied:
		return st.unapplied(g)
	case definite(f) && st.repeats(g):
		return halves(g) // the row that it is about is found, and no neighbour waits for it
	}
	if f.NotApplied && passes(f) == byMending {
		st.ails(g[0].Params, f)
	}
	for _, e := range g {
		switch {
		case !unapplied && f.Class == fault.Duplicate && len(g) == 1:
			st.duplicate(e, f) // it tells of this row, as an answer that names it does
		case !unapplied:
			st.lost(e, f)
		case passes(f) != not:
			st.later(e, unreached(f), f) // nobody looked at the row, so nothing of its budget is spent
		default:
			st.turnedDown(e, f)
		}
	}
	return nil
}

// definite reports whether a fault is the vendor's own refusal, and not the lack of an answer.
func definite(f *fault.Fault) bool {
	switch f.Class {
	case fault.Data, fault.Duplicate, fault.BusinessWait, fault.Rate, fault.Auth, fault.Config:
		return true
	default:
		return false
	}
}

// blames reports whether a refusal of a whole call may be about one of its rows.
func blames(f *fault.Fault) bool {
	return passes(f) == not && f.Class != fault.Internal
}

// unapplied gives the halves of a call that certainly applied nothing. So one bad row
// of n costs about 2·log2(n) calls more, and its neighbours are not held back.
func (st *stageRun) unapplied(g group) []group {
	for _, e := range g {
		e.idle++
	}
	return halves(g)
}

func halves(g group) []group {
	return []group{slices.Clone(g[:len(g)/2]), slices.Clone(g[len(g)/2:])}
}

// answered settles the rows of a call by the vendor's answer, as far as its form names
// them. It gives the calls that are to follow.
func (st *stageRun) answered(g group, answers []connector.Answer) []group {
	if key := st.strange(g, answers); key != "" {
		for _, e := range g {
			st.lost(e, fault.New("delivery.misplaced", "the answer gives another row of the call the key %s, so that it is not known which row is meant by what", key).Classed(fault.Internal))
		}
		return nil
	}
	for n := range answers {
		if failpoint.Wrong(failpoint.BatchDone) {
			answers[n].Outcome, answers[n].ID = connector.Done, cmp.Or(answers[n].ID, g[n].Key)
		}
		if answers[n].Outcome == connector.Done && !st.named(answers[n]) {
			answers[n].Outcome = connector.Unknown
		}
	}
	writing := st.Target.Operation.Writing
	switch {
	case len(g) > 1 && writing.Answers != manifest.PerRow:
		return st.counted(g, answers)
	case writing.Batch == manifest.Atomic:
		return st.undone(g, answers)
	}
	for n, e := range g {
		st.answer(e, answers[n])
	}
	return nil
}

// strange gives the key that an answer to several rows gives to a row which has another one,
// "" where there is none: such an answer is in no order that can be trusted.
func (st *stageRun) strange(g group, answers []connector.Answer) string {
	mode := st.modeOf(g[0])
	if len(g) < 2 || mode == nil || mode.Echo == "" || st.Target.Operation.Writing.Answers != manifest.PerRow {
		return ""
	}
	for n, a := range answers {
		key := a.Number
		if mode.Echo == "id" {
			key = a.ID
		}
		if a.Outcome != connector.Unknown && key != "" && g[n].Key != "" && key != g[n].Key {
			return key
		}
	}
	return ""
}

// counted settles a call whose answer does not tell its rows apart: the places of the
// outcomes mean nothing, their numbers do.
func (st *stageRun) counted(g group, answers []connector.Answer) []group {
	count := map[connector.Outcome]int{}
	for _, a := range answers {
		count[a.Outcome]++
	}
	switch {
	case count[connector.Done] == len(g):
		for n, e := range g {
			st.answer(e, answers[n])
		}
		return nil
	case count[connector.Rejected] == len(g):
		f := st.refusal(answers[0])
		if blames(f) {
			return st.unapplied(g)
		}
		for _, e := range g {
			st.turnedDown(e, f)
		}
		return nil
	case st.repeats(g) && count[connector.Done] > 0:
		return halves(g) // whatever was applied is applied once more, to the same effect
	}
	for _, e := range g {
		st.lost(e, fault.New("delivery.not_named", "the answer counts %d of %d rows and does not say which", count[connector.Done], len(g)))
	}
	return nil
}

// repeats reports whether the rows of a call may be sent twice.
func (st *stageRun) repeats(g group) bool {
	mode := st.modeOf(g[0])
	return mode.Class == manifest.NativeKey || mode.Class == manifest.Upsert
}

// undone settles the rows of a call of which the target takes all or none: those that it
// refused, and the others are sent once more without them.
func (st *stageRun) undone(g group, answers []connector.Answer) []group {
	refused := slices.ContainsFunc(answers, func(a connector.Answer) bool { return a.Outcome == connector.Rejected })
	var again group
	for n, e := range g {
		switch a := answers[n]; {
		case refused && a.Outcome == connector.Unknown:
			e.idle++
			again = append(again, e)
		case refused && a.Outcome == connector.Done:
			st.lost(e, fault.New("delivery.not_named", "the answer calls a row done of a call that was refused as a whole"))
		default:
			st.answer(e, a)
		}
	}
	if len(again) == 0 {
		return nil
	}
	return []group{again}
}

// answer settles one row by the vendor's answer for it.
func (st *stageRun) answer(e *entry, a connector.Answer) {
	switch a.Outcome {
	case connector.Done:
		st.resolve(e, Result{State: ledger.DeliveryDone, ID: a.ID, Number: a.Number, Response: a.Raw, Warned: a.Warning != ""}, 0)
	case connector.Rejected:
		st.turnedDown(e, st.refusal(a))
	default:
		st.lost(e, fault.New("delivery.not_named", "the answer does not name the row"))
	}
}

// refusal gives the fault of a row that the vendor refused.
func (st *stageRun) refusal(a connector.Answer) *fault.Fault {
	f := fault.New("vendor."+a.Code, "%s", a.Message).At(a.Field)
	switch {
	case a.Code == "":
		f = fault.New("vendor.refused", "%s", a.Message).At(a.Field)
	case strings.HasPrefix(a.Code, st.Target.Manifest.ID+"."): // the connector's own word, and no vendor's
		f = (&fault.Fault{Code: a.Code, Message: a.Message}).At(a.Field)
	}
	if a.Field != "" {
		f = f.Arg(blamed, a.Field) // outlives the walk
	}
	return st.Target.Manifest.Classify(st.Target.Operation.Name, f)
}

// blamed is the argument of a fault that names the field which the vendor blames.
const blamed = "field"

// feed gives the base data that a refused row waits for, nil for none. It was asked then.
func (st *stageRun) feed(f *fault.Fault, then ledger.Millis) *ledger.Feed {
	if f == nil || f.Class != fault.BusinessWait {
		return nil
	}
	missing := plan.Missing(st.Target.Operation.Request, f.Args[blamed])
	if missing == "" {
		return nil
	}
	return &ledger.Feed{Connection: st.Connection, Type: missing, Asked: then}
}

// turnedDown settles a row that the target looked at and did not take.
func (st *stageRun) turnedDown(e *entry, f *fault.Fault) {
	if f.Class == fault.Duplicate {
		st.duplicate(e, f)
		return
	}
	st.refused(e, f)
}

// named reports whether an answer says which object a row became. One that counts
// its rows, or answers for all of them, can't.
func (st *stageRun) named(a connector.Answer) bool {
	return a.ID != "" || a.Number != "" || st.Target.Operation.Writing.Answers != manifest.PerRow
}
