package rules

import "github.com/karezflow/karez/engine/ledger"

// Errands gives those that an outcome enters: the ones of documents that are walked again,
// or whose walked revision is not theirs any more, are left out, and so are those on record.
func Errands(o ledger.Outcome, docs map[ledger.ID]*ledger.Document, stale map[ledger.ID]bool, made map[ledger.ErrandKey]bool) []ledger.Errand {
	var out []ledger.Errand
	seen := map[ledger.ErrandKey]bool{}
	for _, e := range o.Errands {
		doc := docs[e.Document]
		if doc == nil || doc.Work != o.Claim.Work || stale[e.Document] || doc.ActiveRev != e.Rev || made[e.ErrandKey] || seen[e.ErrandKey] {
			continue
		}
		seen[e.ErrandKey] = true
		out = append(out, e)
	}
	return out
}
