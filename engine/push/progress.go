package push

import "github.com/karezflow/karez/engine/ledger"

// progress gathers what the branches of one document came to.
type progress struct {
	found     map[ledger.State]*ledger.Problem
	retryAt   ledger.Millis
	attention ledger.Attention
	// stale says that somebody else resolved one of its deliveries meanwhile: what
	// the walk found does not count, and the document is walked again.
	stale bool
}

// mark notes that a branch ended in a state. The first problem of a state stays;
// of several retries the earliest counts.
func (p *progress) mark(state ledger.State, problem *ledger.Problem, retryAt ledger.Millis) {
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

// settle derives the document's state; a document none of whose branches reached a sink is filtered.
func (p *progress) settle() ledger.Settled {
	if p.stale {
		return ledger.Settled{State: ledger.Waiting}
	}
	for _, state := range precedence() {
		problem, ok := p.found[state]
		if !ok {
			continue
		}
		settled := ledger.Settled{State: state, Attention: p.attention, Problem: problem}
		if state == ledger.RetryAt {
			settled.RetryAt = p.retryAt
		}
		return settled
	}
	return ledger.Settled{State: ledger.Filtered, Attention: p.attention}
}
