package chaostest

import (
	"fmt"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
)

// parts is how many rows a document makes.
func parts(doc ledger.Document) int { return 1 + int(doc.ID%3) }

// sendAll walks the documents of a claim: it looks up what is uncertain, commits
// intents for the rest and sends them, and keeps the answers for later.
func (p *plant) sendAll(k *walker, pick pick) error {
	k.sent, k.ends = true, make([]end, len(k.tasks))
	var rows []ledger.Intent
	var sends []int
	for i, task := range k.tasks {
		if len(task.Deliveries) == 0 && pick(4) == 0 {
			k.ends[i].branch([]ledger.State{ledger.Collected, ledger.Filtered, ledger.Unmapped, ledger.RetryAt, ledger.Waiting, ledger.Held}[pick(6)])
			continue
		}
		for part := range parts(task.Document) {
			if in := p.row(k, i, part); in != nil {
				rows, sends = append(rows, *in), append(sends, i)
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	result, err := p.Intend(k.work, rows...)
	if err != nil {
		return err
	}
	for n, in := range rows {
		if _, taken := result.Taken[n]; taken {
			k.ends[sends[n]].branch(ledger.NeedsDecision)
			continue
		}
		p.transmit(k, in, sends[n], pick(6))
	}
	return nil
}

// row takes one row of a document on; it gives the intent where it is to be sent.
func (p *plant) row(k *walker, i, part int) *ledger.Intent {
	task, walked := k.tasks[i], &k.ends[i]
	var on *ledger.Delivery
	for n := range task.Deliveries {
		if task.Deliveries[n].Part == part {
			on = &task.Deliveries[n]
		}
	}
	switch {
	case on != nil && on.State == ledger.DeliveryDone && on.Rev == task.Document.ActiveRev:
		walked.branch(ledger.Delivered)
	case on != nil && on.State == ledger.DeliveryRejected && on.Rev == task.Document.ActiveRev && task.Document.State != ledger.Waiting:
		walked.branch(ledger.Rejected) // it is walked for the sake of another row
	case on != nil && on.State.Uncertain() && p.holds(on.DeliveryKey, on.Rev):
		walked.branch(written(on.Rev, task.Document.ActiveRev))
		k.answers = append(k.answers, ledger.Resolution{DeliveryKey: on.DeliveryKey, Attempt: on.Attempt, State: ledger.DeliveryDone, TargetID: "found"})
	default:
		in := p.Intent(task.Document, fmt.Sprint("t", int(task.Document.ID)%4), on)
		if in.Part = part; part > 0 {
			in.Key = fmt.Sprint("t", task.Document.ID, "/", part)
		}
		if on != nil && on.State.Uncertain() {
			in.Rev, in.Body = on.Rev, nil
		}
		return &in
	}
	return nil
}

// transmit is one row on its way through the network to the target and back.
func (p *plant) transmit(k *walker, in ledger.Intent, i, luck int) {
	walked := &k.ends[i]
	answer := ledger.Resolution{DeliveryKey: in.DeliveryKey, Attempt: in.Attempt}
	applied := luck >= 3
	switch luck {
	case 0:
		answer.State, answer.FreeKey = ledger.DeliveryRejected, true
		walked.branch(ledger.Rejected)
	case 1:
		answer.State, answer.NextAt = ledger.DeliveryRetryAt, p.Now+1
		walked.branch(ledger.RetryAt)
	case 2, 3: // lost before or behind the target
		answer.State = ledger.DeliveryUnknown
		walked.branch(ledger.RetryAt)
		walked.uncertain = true
	default:
		answer.State, answer.TargetID = ledger.DeliveryDone, "id"
		walked.branch(written(in.Rev, k.tasks[i].Document.ActiveRev))
	}
	k.answers = append(k.answers, answer)
	if !applied {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.target[in.DeliveryKey] == nil {
		p.target[in.DeliveryKey] = map[int]int{}
	}
	p.target[in.DeliveryKey][in.Rev]++
}

// end is what the rows of a document came to.
type end struct {
	states    []ledger.State
	uncertain bool
}

func (e *end) branch(s ledger.State) { e.states = append(e.states, s) }

// settled gives the state that comes first, and a time where one of the rows goes on.
func (e *end) settled(doc ledger.Document, policy ledger.OnSeen, now ledger.Millis) ledger.Settled {
	out := ledger.Settled{Document: doc.ID, Rev: doc.ActiveRev, OnSeen: policy}
	for _, s := range []ledger.State{
		ledger.NeedsDecision, ledger.Unmapped, ledger.Rejected, ledger.RetryAt, ledger.Waiting, ledger.Held, ledger.Delivered, ledger.Collected, ledger.Filtered,
	} {
		if slices.Contains(e.states, s) {
			out.State = s
			break
		}
	}
	if slices.Contains(e.states, ledger.RetryAt) {
		out.RetryAt = now + 1
	}
	if e.uncertain {
		out.Attention = ledger.Uncertain
	}
	switch out.State {
	case ledger.Rejected, ledger.Unmapped, ledger.RetryAt, ledger.NeedsDecision:
		out.Problem = &ledger.Problem{Code: "chaos"}
	default: // nothing is wrong
	}
	return out
}

// written is what a document comes to whose row is in the target as of rev: an
// older revision than the walked one is a person's business.
func written(rev, walked int) ledger.State {
	if rev != walked {
		return ledger.NeedsDecision
	}
	return ledger.Delivered
}

// holds looks a row up in the target.
func (p *plant) holds(key ledger.DeliveryKey, rev int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.target[key][rev] > 0
}
