package rules

import (
	"cmp"

	"github.com/karezflow/karez/engine/ledger"
)

// Intend gives the delivery that an intent leaves on record. on is the row on
// record, nil when there is none; taken says that another delivery owns the
// intent's key. It fails with ErrFenced when on is not at the attempt before, or
// when an answer that came late made this very revision done: it must not be sent again.
func Intend(on *ledger.Delivery, in ledger.Intent, taken bool, now ledger.Millis) (ledger.Delivery, error) {
	if on == nil {
		on = &ledger.Delivery{DeliveryKey: in.DeliveryKey}
	}
	if on.Attempt != in.Attempt-1 || on.State == ledger.DeliveryDone && on.Rev >= in.Rev {
		return ledger.Delivery{}, ledger.ErrFenced
	}
	next := ledger.Delivery{
		DeliveryKey: in.DeliveryKey, Rev: in.Rev, Version: in.Version,
		Connection: in.Connection, Resource: in.Resource, Key: in.Key,
		Attempt: in.Attempt, Call: in.Call,
		// The target's names of the object outlive a revision: an update needs them.
		TargetID: cmp.Or(in.TargetID, on.TargetID), TargetNumber: on.TargetNumber,
		Updating: in.Updating, Step: in.Step,
		Updated: now, Body: in.Body,
	}
	if next.Body == nil {
		next.Body = on.Body
	}
	if on.Rev == in.Rev {
		next.Writeback = on.Writeback
		if in.Step != "" {
			next.Response = on.Response // of the write
		}
		// What a person lets be tried again has its budget anew.
		if on.State == ledger.DeliveryRetryAt || on.State.Uncertain() {
			next.Spent, next.Since = on.Spent, on.Since
		}
	}
	next.Since = cmp.Or(next.Since, now)
	event := Sent
	if taken {
		event = KeyTaken
		next.Code, next.Message = ledger.CodeKeyTaken, "another document owns the target key "+in.Key
		next.Args = map[string]string{"0": in.Key}
	}
	var err error
	if next.State, err = Next(on.State, event); err != nil {
		return ledger.Delivery{}, err
	}
	return next, nil
}

// Resolve gives the delivery after a resolution. It reports false, and the
// resolution is evidence only, when its attempt is not the latest or was resolved
// before. That an attempt succeeded also settles what a person ordered to be sent
// again and nobody sent yet. It fails when the outcome does not exist.
func Resolve(on ledger.Delivery, r ledger.Resolution, now ledger.Millis) (ledger.Delivery, bool, error) {
	late := on.State == ledger.DeliveryPending && r.State == ledger.DeliveryDone
	if on.Attempt != r.Attempt || !on.State.Uncertain() && !late {
		return on, false, nil
	}
	state, err := Next(on.State, outcomeEvent(r.State))
	if err != nil {
		return on, false, err
	}
	on.State, on.Absent, on.Spent, on.Code, on.Message = state, r.Absent, r.Spent, r.Code, r.Message
	on.Args = r.Args
	on.NextAt, on.Updated = r.NextAt, now
	if r.Step != "" {
		on.Step = r.Step
		on.Since = 0 // what follows has its own
	}
	if r.TargetID != "" {
		on.TargetID = r.TargetID
	}
	if r.TargetNumber != "" {
		on.TargetNumber = r.TargetNumber
	}
	if r.Response != nil {
		on.Response = r.Response
	}
	return on, true, nil
}

// Keep gives the delivery with what a writeback node keeps with it. It reports false
// when the delivery is not the done one that the node saw.
func Keep(on ledger.Delivery, w ledger.Writeback) (ledger.Delivery, bool) {
	if on.State != ledger.DeliveryDone || on.Attempt != w.Attempt {
		return on, false
	}
	on.Writeback = w.Stored
	return on, true
}
