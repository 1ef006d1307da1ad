package rules

import "github.com/karezflow/karez/engine/ledger"

// Answered gives the answers of an outcome: of each document that ends its walk the first.
func Answered(o ledger.Outcome, docs map[ledger.ID]*ledger.Document, stale map[ledger.ID]bool) []ledger.Answer {
	var out []ledger.Answer
	told := map[ledger.ID]bool{}
	for _, a := range o.Answers {
		if !told[a.Document] && stands(o, a.Document, a.Rev, docs, stale) {
			told[a.Document], out = true, append(out, a)
		}
	}
	return out
}

// stands reports whether what a walk found of a revision counts: the claim covers the
// document still, and the revision is the active one.
func stands(o ledger.Outcome, id ledger.ID, rev int, docs map[ledger.ID]*ledger.Document, stale map[ledger.ID]bool) bool {
	doc := docs[id]
	return doc != nil && doc.Work == o.Claim.Work && !stale[id] && doc.ActiveRev == rev
}
