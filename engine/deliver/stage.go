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
	// attempts are the latest attempt of each row.
	attempts []int
	// older are rows whose body on record is that of an earlier revision.
	older []bool

	mu  sync.Mutex
	out Sent
}

func (st *stageRun) now() ledger.Millis { return ledger.At(st.Clock()) }

// resolve records the result of the row's latest attempt. absent counts look-ups that found nothing.
func (st *stageRun) resolve(i int, r Result, absent int) {
	row := st.rows[i]
	resolution := ledger.Resolution{
		DeliveryKey: ledger.DeliveryKey{Document: row.Document, NodeNo: st.NodeNo, Part: row.Part},
		Attempt:     st.attempts[i], State: r.State, Absent: absent, TargetID: r.ID, TargetNumber: r.Number,
		NextAt: r.RetryAt, Response: r.Response,
		// A refusal proves that the key is still free in the target.
		FreeKey: r.State == ledger.DeliveryRejected,
	}
	if r.Fault != nil {
		resolution.Code, resolution.Message = r.Fault.Code, r.Fault.Message
	}
	if st.older[i] && r.State == ledger.DeliveryDone {
		r = st.revised(r)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.out.Results[i] = r
	st.out.Resolutions = append(st.out.Resolutions, resolution)
}

// refused decides about a row that the target certainly did not take.
func (st *stageRun) refused(i int, f *fault.Fault) {
	attempt := st.attempts[i]
	switch f.Class {
	case fault.Transient, fault.Rate, fault.Auth:
		if attempt < st.Retry.Attempts {
			st.resolve(i, Result{State: ledger.DeliveryRetryAt, Fault: f, RetryAt: st.now().Add(st.wait(attempt, f))}, 0)
			return
		}
	case fault.BusinessWait:
		wait := st.Retry.Business
		if f.RetryAfter > 0 {
			wait = f.RetryAfter
		}
		st.resolve(i, Result{State: ledger.DeliveryRetryAt, Fault: f, RetryAt: st.now().Add(wait)}, 0)
		return
	case fault.Data, fault.Config, fault.Duplicate, fault.Internal:
	}
	st.resolve(i, Result{State: ledger.DeliveryRejected, Fault: f}, 0)
}

// unknown keeps a row whose answer is lost for a later look.
func (st *stageRun) unknown(i int, f *fault.Fault, absent int) {
	wait := st.wait(st.attempts[i], f)
	if mode := st.Target.Mode("create"); mode != nil {
		wait = max(wait, mode.ReadLag.Std())
	}
	lost := errUnknown()
	if f != nil {
		lost.Message += " (" + f.Message + ")"
	}
	if st.attempts[i] >= st.Retry.Attempts {
		st.resolve(i, Result{State: ledger.DeliveryNeedsDecision, Fault: lost.Hinted("look in the target whether the document arrived, then decide")}, absent)
		return
	}
	st.resolve(i, Result{State: ledger.DeliveryUnknown, Fault: lost, RetryAt: st.now().Add(wait)}, absent)
}

// wait is how long to wait after an attempt: what the vendor asked for, or doubling.
func (st *stageRun) wait(attempt int, f *fault.Fault) time.Duration {
	if f != nil && f.RetryAfter > 0 {
		return f.RetryAfter
	}
	wait := st.Retry.First
	for range attempt - 1 {
		if wait *= 2; wait >= st.Retry.Most {
			return st.Retry.Most
		}
	}
	return wait
}

// bounded gives a vendor call its deadline.
func (st *stageRun) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, st.CallTimeout)
}
