package errand

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/ledger"
)

// Store keeps errands for who sends them. They are entered by who commits the outcome of
// a walk. Every method is one transaction.
type Store interface {
	// Due gives errands that are due and that nobody holds, without their requests, by
	// the time they are due. Of the writebacks of one document at one node the oldest
	// open one, that of the earliest revision, alone is due. Gathered messages are due once their run is over.
	Due(ctx context.Context, now ledger.Millis, limit int) ([]Record, error)
	// Take claims those of the listed errands that are still as they were listed, by the
	// rule Take, and gives them with their requests. A gathered message tells the others
	// of its run and node that wait, by the rule Gather.
	Take(ctx context.Context, listed []Record, owner string, now ledger.Millis, lease time.Duration) ([]Record, error)
	// Renew prolongs claims; ledger.ErrFenced when one of them is lost, the others are prolonged.
	Renew(ctx context.Context, held []Record, until ledger.Millis) error
	// Intend records, by the rule Intend, that errands are about to be sent;
	// ledger.ErrFenced, changing nothing, when a claim of them is lost.
	Intend(ctx context.Context, held []Record, now ledger.Millis) error
	// Settle records what calls came to, by the rule Settle, and ends the claims. What
	// that rule does not take is left out.
	Settle(ctx context.Context, settlements []Settlement, now ledger.Millis) error
}

// Book is where people look up errands. Every method is one transaction.
type Book interface {
	// Of gives the errands of a document with their requests and answers, oldest first.
	Of(ctx context.Context, workspace, document ledger.ID) ([]Record, error)
	// Errand gives an errand with its request and answer; ledger.ErrNotFound.
	Errand(ctx context.Context, workspace, id ledger.ID) (Record, error)
	// Mend carries out the rule Mend, remembers the order's key and gives the errand; its
	// error is the rule's, or ledger.ErrNotFound.
	Mend(ctx context.Context, r Repair) (Record, error)
	// Left counts the errands of flows that are open, and tells when the first is due: 0
	// when there is none, and for a gathered message whose run is over.
	Left(ctx context.Context, flows []ledger.ID) (n int, due ledger.Millis, err error)
}
