// Package worldtest is the ground the tests of a ledger's store stand on: the
// seam itself, a small world with one flow to try things in, and the check that
// its counts balance.
//
// It may import the testing helpers go-cmp and rapid, engine/ledger, its rules and the store
// seams of engine/pull and engine/push: never a database, and only tests and
// packages that end in test import it.
package worldtest

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
)

// Store is the whole seam between the engine and a database.
type Store interface {
	pull.Store
	push.Store
	Runs
	Inspector
	Repairer
}

// Repairer carries out what people do about documents.
type Repairer interface {
	// Ailing gives what there is to know of a document before a person acts on it,
	// without bodies and responses; ledger.ErrNotFound when the workspace has no
	// such document.
	Ailing(ctx context.Context, workspace, document ledger.ID) (rules.Ailing, error)
	// Repair carries out rules.PlanRepair on the document as it is now and gives
	// the work that is due at once. Its error is the plan's, or ledger.ErrNotFound.
	Repair(ctx context.Context, r ledger.Repair) ([]ledger.ID, error)
}

// Runs keep executions of flows.
type Runs interface {
	// OpenRun inserts a run in state running, or queued where its state says so, and
	// gives it with its ID. A run with the same flow, trigger and fire time exists: it
	// is given, and created is false.
	OpenRun(ctx context.Context, run ledger.Run, now ledger.Millis) (opened ledger.Run, created bool, err error)
	// BeginRun makes a queued run a running one; false, changing nothing, when it is not queued.
	BeginRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error)
	// CancelRun carries out ledger.Run.Cancel and gives the run; ledger.ErrNotFound.
	CancelRun(ctx context.Context, id ledger.ID, by string, now ledger.Millis) (run ledger.Run, cancelled bool, err error)
	// Run gives a run and its counts; ledger.ErrNotFound.
	Run(ctx context.Context, id ledger.ID) (ledger.Run, ledger.Counts, error)
	// SetMissing notes the numbers that a run asked for and no source had, in place of
	// those noted before; ledger.ErrNotFound.
	SetMissing(ctx context.Context, id ledger.ID, numbers []string) error
	// OpenRuns gives the flow's runs that are not finished, oldest first.
	OpenRuns(ctx context.Context, flow ledger.ID) ([]ledger.Run, error)
	// FinishRun gives a run the state of ledger.Run.Outcome if pulling has ended and
	// its counts are settled; otherwise it changes nothing and gives false.
	FinishRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error)
}

// Inspector reads the ledger for people and checks.
type Inspector interface {
	// Documents gives rows of a stream by id after the given one, at most limit.
	Documents(ctx context.Context, stream, after ledger.ID, limit int) ([]ledger.Document, error)
	// Revisions gives the archived and queued revisions of a document by number.
	Revisions(ctx context.Context, document ledger.ID) ([]ledger.Revision, error)
	// Deliveries gives the deliveries of a document with bodies and responses.
	Deliveries(ctx context.Context, document ledger.ID) ([]ledger.Delivery, error)
	// Problem gives why a document does not go on; false when it does.
	Problem(ctx context.Context, document ledger.ID) (ledger.Problem, bool, error)
	// Body gives the source payload of a document's active revision.
	Body(ctx context.Context, document ledger.ID) ([]byte, error)
}

// Historian reads what deliveries were before a newer revision of their document
// was written. Every store must offer it.
type Historian interface {
	// History gives the archived rows of a document's deliveries, oldest first.
	History(ctx context.Context, document ledger.ID) ([]ledger.Delivery, error)
}
