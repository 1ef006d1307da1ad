package push

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
)

// Store is what pushing needs of the ledger. Every method is one transaction.
type Store interface {
	deliver.Store
	// Claim takes a due work row that nobody holds, raises its fence and its
	// attempts; false when it is gone, not due or held. ErrCrowded when as many rows of its
	// flow are claimed as the flow's concurrency allows.
	Claim(ctx context.Context, work ledger.ID, owner string, now ledger.Millis, lease time.Duration) (ledger.Work, bool, error)
	// Renew prolongs a claim; ErrFenced when it is lost.
	Renew(ctx context.Context, claim ledger.Claim, until ledger.Millis) error
	// Release gives a claimed row back, to be due again at due. ErrFenced when it is lost.
	Release(ctx context.Context, claim ledger.Claim, due ledger.Millis) error
	// Load gives the documents the row covers, in the order of their ids.
	Load(ctx context.Context, work ledger.Work) ([]ledger.Task, error)
	// Due gives rows that are due and that nobody holds, by priority and due time: about limit,
	// and at least one of every flow that has such, so that no flow hides another.
	Due(ctx context.Context, now ledger.Millis, limit int) ([]ledger.Work, error)
}
