package rules

import (
	"cmp"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
)

// Parked is a document that waits for a code or a document of another stream, as a
// store knows it when that has come.
type Parked struct {
	Document ledger.Document
	Flow     ledger.ID
	// Work is the row that covers the document while another of its branches goes
	// on, nil when none does; Queued the revision that waits behind it, nil when none does.
	Work   *ledger.Work
	Queued *ledger.Revision
}

// PlanRelease makes parked documents wait to be walked again. Those that a worker is
// at, or that left the state since, stay as they are: what they wait for is compared
// again when their walk ends. Uncovered are the rows that covered the others, to be deleted.
func PlanRelease(parked []Parked, now ledger.Millis, nextID func() ledger.ID) (plan OutcomePlan, uncovered []ledger.ID) {
	s := &settler{nextID: nextID, plan: OutcomePlan{Problems: map[ledger.ID]ledger.Problem{}, Deltas: ledger.Deltas{}}}
	s.Now = now
	parked = slices.Clone(parked)
	slices.SortFunc(parked, func(a, b Parked) int {
		return cmp.Or(cmp.Compare(a.Flow, b.Flow), cmp.Compare(a.Document.Run, b.Document.Run), cmp.Compare(a.Document.ID, b.Document.ID))
	})
	for i := range parked {
		p := &parked[i]
		doc := &p.Document
		if !moves.Allowed(moves.Arrive, doc.State, ledger.Waiting) || p.Work != nil && p.Work.Owner != "" && p.Work.LeaseUntil > now {
			continue
		}
		if p.Work != nil {
			uncovered = append(uncovered, p.Work.ID)
		}
		s.plan.Deltas.Move(doc.Run, ledger.Unmapped, ledger.Waiting)
		doc.State, doc.Updated = ledger.Waiting, now
		s.plan.Cleared = append(s.plan.Cleared, doc.ID)
		if moved := s.trail(p.Queued); moved != nil {
			s.plan.Revisions = append(s.plan.Revisions, *moved)
		}
		s.together(p)
		s.plan.Update = append(s.plan.Update, *doc)
	}
	return s.plan, uncovered
}

// trail gives what waits behind a document that waits itself now, nil where nothing moves.
func (s *settler) trail(next *ledger.Revision) *ledger.Revision {
	if next == nil || next.State == ledger.Dropped || next.State == ledger.Rejected ||
		!s.check(moves.Trail, next.Document, next.Rev, next.State, ledger.Waiting) {
		return nil
	}
	moved := *next
	s.plan.Deltas.Move(moved.Run, moved.State, ledger.Waiting)
	moved.State, moved.Updated = ledger.Waiting, s.Now
	return &moved
}

// together covers released documents of one flow and run by the same rows.
func (s *settler) together(p *Parked) {
	last := len(s.plan.Work) - 1
	if last < 0 || s.plan.Work[last].Docs == ledger.WorkSize || s.plan.Work[last].Flow != p.Flow || s.plan.Work[last].Run != p.Document.Run {
		w := ledger.Work{
			ID: s.nextID(), Workspace: p.Document.Workspace, Kind: ledger.PageWork, Run: p.Document.Run, Flow: p.Flow,
			Priority: ledger.NormalPriority, Due: s.Now,
		}
		s.plan.Work = append(s.plan.Work, w)
		s.plan.Now = append(s.plan.Now, w.ID)
		last++
	}
	s.plan.Work[last].Docs++
	p.Document.Work = s.plan.Work[last].ID
}
