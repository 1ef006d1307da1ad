package rules

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
)

// Withheld is a document of which a window that is read anew holds something back.
type Withheld struct {
	Document ledger.Document
	// Work is the window's held row that covers the document, nil where the active
	// revision is not the one that the window holds.
	Work *ledger.Work
	// Queued is the newest revision behind the active one, nil where nothing queues.
	Queued *ledger.Revision
}

// promotes reports whether withdrawing from a window makes the queued revision active.
func (h *Withheld) promotes(window ledger.ID) bool {
	return h.Work != nil && h.Queued != nil && h.Queued.State != ledger.Dropped && !h.holdsQueued(window)
}

func (h *Withheld) holdsQueued(window ledger.ID) bool {
	return h.Queued != nil && h.Queued.Hold && h.Queued.Window == window
}

// Promotions counts the documents that PlanWithdraw will give a work row of their own.
func Promotions(window ledger.ID, held []Withheld) int {
	n := 0
	for i := range held {
		if held[i].promotes(window) {
			n++
		}
	}
	return n
}

// PlanWithdraw decides what becomes of documents that a window holds when it is
// read anew, whole or in parts: what was read may be half a document, and the new
// reading may not see the document any more. An active revision is superseded, a
// queued one let go. Whatever is read next of such a document is new, even if it is
// the same: its hash is forgotten. The held work rows are to be deleted. Where a move
// is refused nothing of the plan may be carried out.
func PlanWithdraw(window ledger.ID, held []Withheld, now ledger.Millis, nextID func() ledger.ID) OutcomePlan {
	s := settler{
		Outcome: ledger.Outcome{Now: now}, nextID: nextID, plan: OutcomePlan{Problems: map[ledger.ID]ledger.Problem{}, Deltas: ledger.Deltas{}},
	}
	for _, h := range held {
		doc := h.Document
		doc.Updated = now
		if h.holdsQueued(window) {
			s.drop(*h.Queued)
			doc.SourceHash = 0
		}
		switch {
		case h.Work == nil:
		case h.promotes(window):
			s.done = *h.Work
			doc.Work = 0
			s.promote(&doc, *h.Queued)
		default:
			s.moves(moves.Withdraw, &doc, ledger.Superseded)
			s.plan.Deltas.Move(doc.Run, doc.State, ledger.Superseded)
			doc.State, doc.Work, doc.SourceHash = ledger.Superseded, 0, 0
		}
		s.plan.Update = append(s.plan.Update, doc)
	}
	return s.plan
}

// Watermark gives the cursor of a stream: the end of the last contiguous done
// live window. windows are the stream's live windows that end after current and
// were neither split nor left, ordered by From.
func Watermark(current ledger.Millis, windows []ledger.Window) ledger.Millis {
	for i, w := range windows {
		first := i == 0 && current == 0
		if w.State != ledger.WindowDone || w.From > current && !first {
			break
		}
		current = max(current, w.To)
	}
	return current
}
