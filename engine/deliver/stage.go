package deliver

import (
	"context"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// stageRun is one Send.
type stageRun struct {
	*Sender
	Stage
	rows []Row
	// attempts are the latest attempt of each row, spent how much of its budget is used up.
	attempts, spent []int
	// older are rows whose body on record is that of an earlier revision.
	older []bool

	mu  sync.Mutex
	out Sent
}

func (st *stageRun) now() ledger.Millis { return ledger.At(st.Clock()) }

func (st *stageRun) key(i int) ledger.DeliveryKey {
	return ledger.DeliveryKey{Document: st.rows[i].Document, NodeNo: st.NodeNo, Part: st.rows[i].Part}
}

// resolve records the result of the row's latest attempt. absent counts look-ups that found nothing.
func (st *stageRun) resolve(i int, r Result, absent int) {
	r.Attempt = st.attempts[i]
	resolution := ledger.Resolution{
		DeliveryKey: st.key(i), Attempt: st.attempts[i], State: r.State, Absent: absent, Spent: st.spent[i],
		TargetID: r.ID, TargetNumber: r.Number, NextAt: r.RetryAt, Response: r.Response,
		// A refusal proves that the key is still free in the target.
		FreeKey: r.State == ledger.DeliveryRejected,
	}
	if r.Fault != nil {
		resolution.Code, resolution.Message, resolution.Args = r.Fault.Code, r.Fault.Message, r.Fault.Args
	}
	if st.older[i] && r.State == ledger.DeliveryDone {
		r = st.revised(r)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.out.Results[i] = r
	st.out.Resolutions = append(st.out.Resolutions, resolution)
}

// passes reports whether a refusal is the kind that says nothing about the row.
func passes(f *fault.Fault) bool {
	return f.Class == fault.Transient || f.Class == fault.Rate || f.Class == fault.Auth
}

// refused decides about a row that the target certainly did not take.
func (st *stageRun) refused(i int, f *fault.Fault) {
	if passes(f) {
		st.spent[i]++
		if st.spent[i] < st.Retry.Attempts {
			st.later(i, f)
			return
		}
	}
	if f.Class == fault.BusinessWait {
		wait := st.Retry.Business
		if f.RetryAfter > 0 {
			wait = f.RetryAfter
		}
		st.resolve(i, Result{State: ledger.DeliveryRetryAt, Fault: f, RetryAt: st.now().Add(wait)}, 0)
		return
	}
	st.resolve(i, Result{State: ledger.DeliveryRejected, Fault: f}, 0)
}

// later lets a row that was not applied be tried again.
func (st *stageRun) later(i int, f *fault.Fault) {
	st.resolve(i, Result{State: ledger.DeliveryRetryAt, Fault: f, RetryAt: st.now().Add(st.wait(i, f))}, 0)
}

// lost keeps a row whose answer did not come for a later look. It has spent an attempt.
func (st *stageRun) lost(i int, f *fault.Fault) {
	if st.spent[i]++; st.spent[i] < st.Retry.Attempts {
		st.unknown(i, f, 0)
		return
	}
	st.resolve(i, Result{State: ledger.DeliveryNeedsDecision, Fault: because(errUnknown(), f).Hinted(lookThere)}, 0)
}

// unknown keeps a row whose answer is lost for a later look; absent counts the looks
// in a row that found nothing.
func (st *stageRun) unknown(i int, f *fault.Fault, absent int) {
	wait := st.wait(i, f)
	if mode := st.Target.Mode("create"); mode != nil {
		wait = max(wait, mode.ReadLag.Std())
	}
	st.resolve(i, Result{State: ledger.DeliveryUnknown, Fault: because(errUnknown(), f), RetryAt: st.now().Add(wait)}, absent)
}

// because adds what led to a fault.
func because(f, why *fault.Fault) *fault.Fault {
	if why != nil {
		f.Message += " (" + why.Message + ")"
	}
	return f
}

// wait is how long to wait before a row is taken up again: longer with each try,
// whether it was sent or only asked for, and not less than the vendor wants.
func (st *stageRun) wait(i int, f *fault.Fault) time.Duration {
	tries, document := max(st.attempts[i], st.Tries), st.rows[i].Document
	wait := ledger.Backoff(st.Retry.First, st.Retry.Most, tries, document)
	if f != nil && f.RetryAfter > wait {
		return ledger.Spread(f.RetryAfter, tries, document)
	}
	return wait
}

// bounded gives a vendor call its deadline.
func (st *stageRun) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, st.CallTimeout)
}
