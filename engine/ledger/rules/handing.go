package rules

import (
	"cmp"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
)

// Handing is what is handed over, or posted, to one inlet in one transaction.
type Handing struct {
	To    ledger.Inlet
	Hands []ledger.Hand
}

// Handings gives what an outcome hands over, by inlet and in a fixed order. Hands of
// documents that are walked again, that are not the walked revision any more, or that
// were made before are left out.
func Handings(o ledger.Outcome, docs map[ledger.ID]*ledger.Document, stale map[ledger.ID]bool, made map[ledger.HandKey]bool) []Handing {
	var out []Handing
	for _, h := range o.Hands {
		if !stands(o, h.Document, h.Rev, docs, stale) || made[h.HandKey] {
			continue
		}
		at := slices.IndexFunc(out, func(g Handing) bool { return g.To.Flow == h.To.Flow && g.To.NodeID == h.To.NodeID })
		if at < 0 {
			at, out = len(out), append(out, Handing{To: h.To})
		}
		out[at].Hands = append(out[at].Hands, h)
	}
	slices.SortFunc(out, func(a, b Handing) int {
		return cmp.Or(cmp.Compare(a.To.Flow, b.To.Flow), cmp.Compare(a.To.NodeID, b.To.NodeID))
	})
	return out
}

// Page gives what the inlet takes as a page: the rules of pages decide. A flow that is
// not enabled holds its documents: the window stays open until it is.
func (g Handing) Page(workspace, stream, run, window ledger.ID, enabled bool, now ledger.Millis) ledger.PageCommit {
	page := ledger.PageCommit{
		Workspace: workspace, Stream: stream, Flow: g.To.Flow, Run: run, Version: g.To.Version, Window: window,
		OnSeen: g.To.OnSeen, Hold: !enabled, Rows: len(g.Hands), Total: -1, Priority: g.To.Priority, Now: now, Origins: []ledger.Origin{},
	}
	for _, h := range g.Hands {
		page.Docs = append(page.Docs, h.Incoming)
		if !g.To.Posted {
			page.Origins = append(page.Origins, ledger.Origin{HandKey: h.HandKey, Hops: h.Hops})
		}
	}
	return page
}

// HopsOf gives how many hand-overs led to a revision: those of the newest revision up
// to it that was handed over, because an edited one comes from nowhere else.
func HopsOf(rev int, handed map[int]int) int {
	for ; rev > 0; rev-- {
		if hops, ok := handed[rev]; ok {
			return hops
		}
	}
	return 0
}
