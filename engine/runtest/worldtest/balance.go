package worldtest

import (
	"context"

	"github.com/karezflow/karez/engine/ledger"
)

// Reporter is what checks need of a *testing.T or a *rapid.T.
type Reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// Balance counts the documents and revisions of the streams anew and compares the
// result with the counts of the runs, which together must have accepted them all.
// On the way it checks that every row is one that the rules can leave behind.
func Balance(t Reporter, store Store, streams []ledger.ID, runs ...ledger.ID) {
	t.Helper()
	found := map[ledger.ID]*census{}
	for _, run := range runs {
		found[run] = &census{states: map[ledger.State]int{}}
	}
	for _, stream := range streams {
		for _, doc := range allDocuments(t, store, stream) {
			revisions, err := store.Revisions(t.Context(), doc.ID)
			if err != nil {
				t.Fatalf("Revisions of %q: %v", doc.Key, err)
			}
			checkDocument(t, doc, revisions)
			found[doc.Run].add(doc.State)
			for _, rev := range revisions {
				found[rev.Run].add(rev.State)
			}
		}
	}
	for _, run := range runs {
		_, counts, err := store.Run(t.Context(), run)
		if err != nil {
			t.Fatalf("Run: %v", err)
		}
		found[run].compare(t, run, counts)
	}
}

// census is what the rows of a run say; nil stands for a run that is not looked at.
type census struct {
	states            map[ledger.State]int
	accepted, dropped int
}

func (c *census) add(s ledger.State) {
	switch {
	case c == nil:
	case s == ledger.Dropped:
		c.dropped++
	case s == ledger.Replaced: // the edit that took its place is counted
	default:
		c.states[s]++
		c.accepted++
	}
}

func (c *census) compare(t Reporter, run ledger.ID, counts ledger.Counts) {
	t.Helper()
	if !counts.Balanced() {
		t.Errorf("run %d: the identities do not hold: %v", run, counts)
	}
	if counts[ledger.SlotAccepted] != c.accepted {
		t.Errorf("run %d: accepted is %d and there are %d revisions", run, counts[ledger.SlotAccepted], c.accepted)
	}
	if counts[ledger.SlotIgnored] < c.dropped {
		t.Errorf("run %d: ignored is %d and %d revisions were dropped", run, counts[ledger.SlotIgnored], c.dropped)
	}
	for _, s := range ledger.States() {
		n := counts[ledger.SlotOf(s)]
		if s == ledger.Waiting {
			if n < 0 || counts[ledger.SlotClaimed] < 0 {
				t.Errorf("run %d: waiting %d, claimed %d", run, n, counts[ledger.SlotClaimed])
			}
			n += counts[ledger.SlotClaimed]
		}
		if n != c.states[s] {
			t.Errorf("run %d: %s is %d and %d revisions are in that state", run, s, n, c.states[s])
		}
	}
}

// checkDocument looks at one document with its other revisions.
func checkDocument(t Reporter, doc ledger.Document, revisions []ledger.Revision) {
	t.Helper()
	if doc.ActiveRev < 1 || doc.LatestRev < doc.ActiveRev || doc.DoneRev > doc.ActiveRev {
		t.Errorf("document %q: latest %d, active %d, done %d", doc.Key, doc.LatestRev, doc.ActiveRev, doc.DoneRev)
	}
	// One that shows something worse than a retry may have a branch that goes on.
	walks := (doc.State == ledger.Waiting || doc.State == ledger.RetryAt) && doc.Attention&ledger.Grouped == 0
	if walks && doc.Work == 0 || doc.Work != 0 && !walks && !doc.State.Repairable() {
		t.Errorf("document %q: %s and its work row is %d", doc.Key, doc.State, doc.Work)
	}
	waits, withdrawn := false, false
	for i, rev := range revisions {
		switch {
		case rev.Document != doc.ID, i > 0 && rev.Rev <= revisions[i-1].Rev:
			t.Errorf("document %q: revision %d of document %d is out of order", doc.Key, rev.Rev, rev.Document)
		case rev.Rev == doc.ActiveRev, rev.Rev > doc.LatestRev:
			t.Errorf("document %q: revision %d is %s beside latest %d, active %d", doc.Key, rev.Rev, rev.State, doc.LatestRev, doc.ActiveRev)
		case rev.State == ledger.Dropped:
			withdrawn = rev.Rev == doc.LatestRev
		case rev.Rev == doc.LatestRev && doc.Queued():
			waits = true
			if rev.State != doc.State && rev.State != ledger.Rejected && (rev.State != ledger.RetryAt || !goesOn(doc)) {
				t.Errorf("document %q: %s, and the revision behind it %s", doc.Key, doc.State, rev.State)
			}
		case rev.State.Open(), rev.State == ledger.NeedsDecision:
			t.Errorf("document %q: nobody will ever work on revision %d, which is %s", doc.Key, rev.Rev, rev.State)
		}
	}
	if waits != doc.Queued() && !withdrawn {
		t.Errorf("document %q: latest %d, active %d, and a waiting revision: %t", doc.Key, doc.LatestRev, doc.ActiveRev, waits)
	}
}

// goesOn reports whether a document is walked on although it shows that it is not, by
// itself or with its group.
func goesOn(doc ledger.Document) bool {
	return (doc.Work != 0 || doc.Attention&ledger.Grouped != 0) && (doc.State == ledger.Rejected || doc.State == ledger.Unmapped)
}

func allDocuments(t Reporter, store Store, stream ledger.ID) []ledger.Document {
	t.Helper()
	var all []ledger.Document
	const page = 200
	for after := ledger.ID(0); ; after = all[len(all)-1].ID {
		docs, err := store.Documents(t.Context(), stream, after, page)
		if err != nil {
			t.Fatalf("Documents: %v", err)
		}
		if all = append(all, docs...); len(docs) < page {
			return all
		}
	}
}
