// Package barrier has the rules by which documents wait for each other: how they join
// groups, how a group becomes a bill, how the members go where their bill goes and how
// one is taken out of it. They are pure functions; a store carries them out.
//
// It may import engine/ledger, its rules and moves, and sdk/fault only: never a database, a plan or a clock.
package barrier

import (
	"slices"
	"strconv"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
	"github.com/karezflow/karez/engine/ledger/rules"
)

// HeadState is where a group stands.
type HeadState int8

// The states of a group.
const (
	// Open groups take documents.
	Open HeadState = iota + 1
	// Closed groups are composed.
	Closed
	// Changed groups are composed and to be composed anew, with a newer revision of a member.
	Changed
	// Full groups are to be composed and take nobody else: who comes opens another.
	Full
)

// Collects reports whether the group was never composed.
func (s HeadState) Collects() bool { return s == Open || s == Full }

// Head is a group: what is known of it besides its document.
type Head struct {
	// Document is the group's own: it is held while the group is open, and the bill afterwards.
	Document                ledger.ID
	Workspace, Flow, Stream ledger.ID
	Version                 ledger.ID
	// Run is that of the document that opened the group.
	Run    ledger.ID
	NodeID string
	// Key and the members of Join that follow are those of who opened the group.
	Key, Number string
	PerRun      bool
	Late        string
	State       HeadState
	// Members is how many documents are in it; Seq counts its changes, so that who
	// composed it sees that it changed.
	Members int
	Seq     int64
	// Due is when it closes by itself, ledger.FarFuture when time does not close it.
	Due ledger.Millis
	// Opened is when its first document came, Closed when the bill was made.
	Opened, Closed ledger.Millis
}

// Member is a revision of a document in a group.
type Member struct {
	Group, Document ledger.ID
	Rev             int
	// Rest is what the document's other branches came to, 0 for nothing.
	Rest ledger.State
	// OnSeen is the policy of the document's source.
	OnSeen ledger.OnSeen
	// Records is what it brings, as engine/group writes it.
	Records []byte
}

// OpenKey is what one open group of a node and version has alone; "" when it is not open.
func (h *Head) OpenKey() string {
	if h.State != Open {
		return ""
	}
	return h.Key
}

// Begin opens a group with the document that a join is of. Its payload is the join's Header.
func Begin(j ledger.Join, of ledger.Document, flow, stream, id, run ledger.ID, now ledger.Millis) (Head, ledger.Document) {
	h := Head{
		Document: id, Workspace: of.Workspace, Flow: flow, Stream: stream, Version: of.Version, Run: run, NodeID: j.NodeID,
		Key: j.Key, Number: j.Number, PerRun: j.PerRun, Late: j.Late, State: Open, Due: j.Due, Opened: now,
	}
	return h, ledger.Document{
		ID: id, Workspace: of.Workspace, Stream: stream, Key: j.Key + "/" + strconv.FormatInt(int64(id), 10), Number: j.Number,
		LatestRev: 1, ActiveRev: 1, State: ledger.Held, Version: of.Version, Window: of.Window,
		Pack: rules.NewPack, Updated: now,
	}
}

// Take adds a document to a group; one that is in it brings something else now. A bill
// that was composed is to be composed anew; a group that has enough is full.
func (h *Head) Take(j ledger.Join, known bool, now ledger.Millis) {
	h.Seq++
	if !known {
		h.Members++
	}
	switch {
	case j.Into != 0:
		h.State, h.Due = Changed, now
	case j.Most > 0 && h.Members >= j.Most:
		h.State, h.Due = Full, min(h.Due, now)
	}
}

// Earlier is a bill that has an earlier revision of a document.
type Earlier struct {
	Head Head
	// Document is the bill's.
	Document ledger.Document
}

// Late decides about a document that is to be held although a bill with an earlier
// revision of it was delivered: it joins as anybody, it takes the place of the earlier
// revision, or a person decides.
func Late(out ledger.Settled, earlier []Earlier) ledger.Settled {
	if out.State != ledger.Held {
		return out
	}
	joins := slices.Clone(out.Joins)
	for i := range joins {
		j := &joins[i]
		var sent []Earlier
		for _, e := range earlier {
			if e.Head.NodeID == j.NodeID && e.Document.DoneRev > 0 {
				sent = append(sent, e)
			}
		}
		switch {
		case len(sent) == 0, j.Late == "new":
		case j.Late == "update" && len(sent) == 1 && atNode(joins, j.NodeID) == 1 && sent[0].Head.sameBill(*j):
			j.Into = sent[0].Head.Document
		default:
			return ledger.Settled{
				Document: out.Document, Rev: out.Rev, State: ledger.NeedsDecision, OnSeen: out.OnSeen,
				Attention: out.Attention &^ ledger.Grouped, Problem: ledger.ProblemOf(late(sent[0]), j.NodeID),
			}
		}
	}
	out.Joins = joins
	return out
}

// sameBill reports whether a join is to the bill's group, whichever run it is of.
func (h *Head) sameBill(j ledger.Join) bool {
	return unrun(h.Key) == unrun(j.Key)
}

// unrun gives a key without the run it is for.
func unrun(key string) string {
	if len(key) == 0 || key[0] != 'r' {
		return key
	}
	for i := 1; i < len(key); i++ {
		if key[i] == '|' {
			return key[i+1:]
		}
		if key[i] < '0' || key[i] > '9' {
			break
		}
	}
	return key
}

func atNode(joins []ledger.Join, node string) int {
	n := 0
	for i := range joins {
		if joins[i].NodeID == node {
			n++
		}
	}
	return n
}

// Fate is where a group of a member stands: its document, and why that stands still.
type Fate struct {
	Head     HeadState
	Document ledger.Document
	Problem  *ledger.Problem
}

// rank is the order in which a member of several groups takes its state.
func rank() []ledger.State {
	return []ledger.State{
		ledger.NeedsDecision, ledger.Unmapped, ledger.Rejected, ledger.RetryAt, ledger.Held, ledger.Skipped, ledger.Delivered, ledger.Collected,
	}
}

// GoesOn reports whether the group is not at its end.
func (f Fate) GoesOn() bool {
	return f.Head == Changed || f.Document.InFlight() || f.Document.State.Repairable()
}

// state gives the state of who is in the group: open groups, and those whose bill walks
// or is to be composed anew, hold their members.
func (f Fate) state() ledger.State {
	switch {
	case f.Head == Changed && !f.Document.State.Repairable(), f.Document.State == ledger.Waiting:
		return ledger.Held
	case f.Document.State == ledger.Superseded:
		return ledger.Skipped
	default:
		return f.Document.State
	}
}

// Follow gives what becomes of a member by where all its groups stand.
func Follow(member ledger.Document, as Member, fates []Fate) ledger.Settled {
	found := map[ledger.State]*ledger.Problem{}
	if as.Rest != 0 {
		found[as.Rest] = nil
	}
	for _, f := range fates {
		state := f.state()
		if _, known := found[state]; !known || found[state] == nil {
			found[state] = f.Problem
		}
	}
	out := ledger.Settled{
		Document: member.ID, Rev: member.ActiveRev, State: ledger.Filtered, OnSeen: as.OnSeen,
		Attention: member.Attention &^ ledger.Grouped,
	}
	for _, state := range rank() {
		if problem, ok := found[state]; ok {
			out.State = state
			if state.Repairable() || state == ledger.Skipped {
				out.Problem = problem // of a bill that was written it is the bill's alone
			}
			break
		}
	}
	for _, f := range fates {
		if f.GoesOn() {
			out.Attention |= ledger.Grouped
		}
	}
	return out
}

// Plan gives what a store does for members that follow. docs are their rows, queued
// what waits behind them. They are covered by no work.
func Plan(settled []ledger.Settled, docs map[ledger.ID]*ledger.Document, queued map[ledger.ID]ledger.Revision, of Head, now ledger.Millis, nextID func() ledger.ID) rules.OutcomePlan {
	moved := settled[:0:0]
	for _, out := range settled {
		if doc := docs[out.Document]; doc != nil && (doc.State != out.State || doc.Attention&ledger.Grouped != out.Attention&ledger.Grouped || out.Problem != nil) {
			moved = append(moved, out)
		}
	}
	return rules.PlanFollow(moves.Follow, ledger.Outcome{Documents: moved, Now: now}, ledger.Work{Workspace: of.Workspace, Flow: of.Flow, Priority: ledger.NormalPriority},
		docs, queued, nextID)
}

// In reports whether a document's active revision is in a group as the member says.
func In(doc ledger.Document, m Member) bool {
	return doc.Attention&ledger.Grouped != 0 && doc.ActiveRev == m.Rev
}
