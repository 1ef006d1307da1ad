package ledger

import (
	"cmp"
	"slices"
)

// InletTrigger is the trigger of runs that documents of other flows open: such a run
// pulls nothing and is done when nothing of it is left to do.
const InletTrigger = "inlet"

// MaxHops is the most hand-overs from flow to flow that may lead to a document.
const MaxHops = 16

// RefusedHand begins the key of a handed record that has none of its own.
const RefusedHand = "!handed/"

// HandKey names a hand-over. It is made once: a walk that is repeated makes it again
// and nothing happens.
type HandKey struct {
	Document    ID
	Rev, NodeNo int
	// Way tells the hand-overs of one revision at one node apart, at most MaxKey bytes.
	Way string
}

// Inlet is where a flow takes documents of others.
type Inlet struct {
	Flow ID
	// NodeID is the inlet node.
	NodeID string
	// Version is the published one, 0 where there is none yet.
	Version  ID
	OnSeen   OnSeen
	Priority int
}

// Hand is a record that the walk of a document hands over to an inlet.
type Hand struct {
	HandKey
	Incoming
	To Inlet
	// Hops counts the hand-overs that lead to the record, this one included.
	Hops int
	// TraceID is that of the run that hands over.
	TraceID string
}

// Origin tells where a record came from that was a document of another flow.
type Origin struct {
	HandKey
	Hops int
}

// HandedOver is a hand-over that was made.
type HandedOver struct {
	HandKey
	To   Admitted
	Hops int
	At   Millis
}

// Handing is what is handed over to one inlet in one transaction.
type Handing struct {
	To    Inlet
	Hands []Hand
}

// Handings gives what an outcome hands over, by inlet and in a fixed order. Hands of
// documents that are walked again, that are not the walked revision any more, or that
// were made before are left out.
func Handings(o Outcome, docs map[ID]*Document, stale map[ID]bool, made map[HandKey]bool) []Handing {
	var out []Handing
	for _, h := range o.Hands {
		doc := docs[h.Document]
		if doc == nil || doc.Work != o.Claim.Work || stale[h.Document] || doc.ActiveRev != h.Rev || made[h.HandKey] {
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
func (g Handing) Page(workspace, stream, run, window ID, enabled bool, now Millis) PageCommit {
	page := PageCommit{
		Workspace: workspace, Stream: stream, Flow: g.To.Flow, Run: run, Version: g.To.Version, Window: window,
		OnSeen: g.To.OnSeen, Hold: !enabled, Rows: len(g.Hands), Total: -1, Priority: g.To.Priority, Now: now,
	}
	for _, h := range g.Hands {
		page.Docs, page.Origins = append(page.Docs, h.Incoming), append(page.Origins, Origin{h.HandKey, h.Hops})
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
