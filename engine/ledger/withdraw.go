package ledger

// Withheld is a document of which a window that is read anew holds something back.
type Withheld struct {
	Document Document
	// Work is the window's held row that covers the document, nil where the active
	// revision is not the one that the window holds.
	Work *Work
	// Queued is the newest revision behind the active one, nil where nothing queues.
	Queued *Revision
}

// promotes reports whether withdrawing from a window makes the queued revision active.
func (h *Withheld) promotes(window ID) bool {
	return h.Work != nil && h.Queued != nil && h.Queued.State != Dropped && !h.holdsQueued(window)
}

func (h *Withheld) holdsQueued(window ID) bool {
	return h.Queued != nil && h.Queued.Hold && h.Queued.Window == window
}

// Promotions counts the documents that PlanWithdraw will give a work row of their own.
func Promotions(window ID, held []Withheld) int {
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
// the same: its hash is forgotten. The held work rows are to be deleted.
func PlanWithdraw(window ID, held []Withheld, now Millis, nextID func() ID) OutcomePlan {
	s := settler{
		Outcome: Outcome{Now: now}, nextID: nextID, plan: OutcomePlan{Problems: map[ID]Problem{}, Deltas: Deltas{}},
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
			s.plan.Deltas.Move(doc.Run, doc.State, Superseded)
			doc.State, doc.Work, doc.SourceHash = Superseded, 0, 0
		}
		s.plan.Update = append(s.plan.Update, doc)
	}
	return s.plan
}
