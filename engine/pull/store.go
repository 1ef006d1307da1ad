package pull

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// Store is what pulling needs of the ledger. Every method is one transaction.
type Store interface {
	Pages
	Windows
	Readings
	// OpenStream gives the stream of a source node and makes it at first use.
	OpenStream(ctx context.Context, workspace, flow ledger.ID, nodeID string) (ledger.Stream, error)
	// EndPulling marks a run as complete on the pull side; why is nil when it read
	// everything. Repeating it changes nothing.
	EndPulling(ctx context.Context, run ledger.ID, why *fault.Fault, now ledger.Millis) error
}

// Pages commit what was read.
type Pages interface {
	// CommitPage carries out rules.PlanPage for the page. It fails with
	// ledger.ErrFenced, changing nothing, when the window is not open at this
	// attempt. Committing the same page again changes nothing but the counts of
	// what was read.
	CommitPage(ctx context.Context, page ledger.PageCommit) (ledger.PageResult, error)
}

// Windows keep the progress of a stream.
type Windows interface {
	// OpenWindows gives the stream's unfinished windows of a kind by From.
	OpenWindows(ctx context.Context, stream ledger.ID, kind ledger.WindowKind) ([]ledger.Window, error)
	// StartWindow inserts an open window at attempt 1 and gives it with its ID.
	StartWindow(ctx context.Context, w ledger.Window, now ledger.Millis) (ledger.Window, error)
	// RestartWindow begins the next attempt of an open window for the run and gives it; pages
	// of earlier attempts are fenced out, and what they held is withdrawn as rules.PlanWithdraw
	// says. It fails with ledger.ErrFenced when w is not its last attempt.
	RestartWindow(ctx context.Context, w ledger.Window, run ledger.ID, now ledger.Millis) (ledger.Window, error)
	// SplitWindow replaces an open window by two halves that share the middle and
	// withdraws what it held. ErrFenced as above.
	SplitWindow(ctx context.Context, w ledger.Window, middle, now ledger.Millis) ([]ledger.Window, error)
	// FinishWindow marks the window done, moves the stream's cursor to
	// rules.Watermark, makes the documents that its last attempt held claimable and gives
	// their work. ErrFenced as above.
	FinishWindow(ctx context.Context, w ledger.Window, now ledger.Millis) ([]ledger.ID, error)
}

// Clock tells the engine's time; the source's own clock decides about windows.
type Clock func() time.Time
