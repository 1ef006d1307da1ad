package walk

import (
	"cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// Progress gathers what the branches of one document came to.
type Progress struct {
	found   map[ledger.State]*ledger.Problem
	retryAt ledger.Millis
	// Attention are the marks it ends with.
	Attention ledger.Attention
	// Stale says that somebody else resolved one of its deliveries meanwhile: what
	// the walk found does not count, and the document is walked again.
	Stale bool
	// Unplaced says that a record of it failed before its target key was known;
	// Claimed are the deliveries that the others have as theirs.
	Unplaced bool
	Claimed  map[ledger.DeliveryKey]bool
	// trouble is the first problem of a writeback.
	trouble *ledger.Problem
	// waits are what an unmapped document waits for.
	waits []ledger.Wait
	// Feeds are base data that its rows wait for.
	Feeds []ledger.Feed
	// held are the records that reached barriers, by group; order are their keys.
	held  map[heldAt]*holding
	order []heldAt
}

// claim notes that a record is the one of a delivery.
func (p *Progress) claim(key ledger.DeliveryKey) {
	if p.Claimed == nil {
		p.Claimed = map[ledger.DeliveryKey]bool{}
	}
	p.Claimed[key] = true
}

// Retries reports whether a branch is tried again by itself.
func (p *Progress) Retries() bool {
	_, ok := p.found[ledger.RetryAt]
	return ok
}

// Ails notes that a writeback failed: the document's state is what it is without it.
func (p *Progress) Ails(f *fault.Fault, nodeID string) {
	p.Attention |= ledger.WritebackFailing
	if p.trouble == nil {
		p.trouble = ledger.ProblemOf(f, nodeID)
	}
}

// Mark notes that a branch ended in a state. The first problem of a state stays;
// of several retries the earliest counts.
func (p *Progress) Mark(state ledger.State, problem *ledger.Problem, retryAt ledger.Millis) {
	if p.found == nil {
		p.found = map[ledger.State]*ledger.Problem{}
	}
	if p.found[state] == nil {
		p.found[state] = problem
	}
	if retryAt > 0 && (p.retryAt == 0 || retryAt < p.retryAt) {
		p.retryAt = retryAt
	}
}

// precedence is the order in which a document with several branches takes its state.
func precedence() []ledger.State {
	return []ledger.State{
		ledger.NeedsDecision, ledger.Unmapped, ledger.Rejected, ledger.RetryAt, ledger.Held, ledger.Delivered, ledger.Collected,
	}
}

// Settle derives the document's state; a document none of whose branches reached a
// sink is filtered. Whatever it shows, it is due when one of its branches is.
func (p *Progress) Settle() ledger.Settled {
	if p.Stale {
		return ledger.Settled{State: ledger.Waiting}
	}
	for _, state := range precedence() {
		problem, ok := p.found[state]
		if !ok {
			continue
		}
		out := ledger.Settled{State: state, Attention: p.Attention, Problem: cmp.Or(problem, p.trouble), RetryAt: p.retryAt}
		if state == ledger.Unmapped {
			out.Waits = p.waits
		}
		if state == ledger.RetryAt {
			out.Feeds = p.Feeds
		}
		if state == ledger.Held {
			out.Joins, out.Rest = p.joins(), p.rest()
			out.Attention |= ledger.Grouped
		}
		return out
	}
	return ledger.Settled{State: ledger.Filtered, Attention: p.Attention, Problem: p.trouble}
}
