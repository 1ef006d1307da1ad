package deliver

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// Gate is a session that knows of calls which would be refused whatever they carry,
// because something has to be mended first.
type Gate interface {
	// Held gives why no such call is to be made now, with the wait before the next
	// look in RetryAfter; nil when it may be made.
	Held(operation string, params []byte) *fault.Fault
}

// Store is what delivering needs of the ledger. Every method is one transaction.
type Store interface {
	// NextIDs reserves n ids and gives the first.
	NextIDs(ctx context.Context, n int) (ledger.ID, error)
	// CommitIntents records what is going to be sent: the calls, and for each row
	// its delivery in state sending with its body. A row whose key is owned by
	// another delivery is recorded as needs_decision and reported as taken; keys
	// of the same commit are taken in row order. A row of an earlier revision is
	// copied to the history first. ErrFenced, changing nothing, when the claim is
	// lost or a delivery is not at Attempt-1.
	CommitIntents(ctx context.Context, intents ledger.IntentCommit) (ledger.IntentResult, error)
	// CommitOutcome records answers, and with Documents ends the walk, as
	// ledger.Outcome and rules.PlanOutcome say. A resolution applies when its
	// attempt is the delivery's latest and still uncertain, whoever holds the
	// claim. When the claim is lost the documents stay untouched and the error is ErrFenced.
	CommitOutcome(ctx context.Context, outcome ledger.Outcome) (ledger.OutcomeResult, error)
}
