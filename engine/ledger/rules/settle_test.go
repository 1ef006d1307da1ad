package rules_test

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
)

// walked is a document whose work row is being ended.
func walked(state ledger.State) *ledger.Document {
	d := row(state)
	d.Work = 60
	return d
}

func ended(settled ...ledger.Settled) ledger.Outcome {
	return ledger.Outcome{Claim: ledger.Claim{Work: 60, Owner: "one", Fence: 1}, Workspace: 1, Documents: settled, Now: 2000}
}

func plan(o ledger.Outcome, doc *ledger.Document, queued *ledger.Revision, stale bool) rules.OutcomePlan {
	work := ledger.Work{ID: 60, Workspace: 1, Kind: ledger.PageWork, Ref: 6, Run: 30, Flow: 3, Connection: 6, Docs: 1, Priority: 8, Attempts: 4}
	waiting := map[ledger.ID]ledger.Revision{}
	if queued != nil {
		waiting[50] = *queued
	}
	return rules.PlanOutcome(o, work, map[ledger.ID]*ledger.Document{50: doc}, waiting, map[ledger.ID]bool{50: stale}, ids(200))
}

// own is the work row that an unfinished document gets: its attempts go on being counted.
func own(due ledger.Millis, docs int) ledger.Work {
	return ledger.Work{
		ID: 201, Workspace: 1, Kind: ledger.DocumentWork, Ref: 50, Run: 30, Flow: 3, Connection: 6, Docs: docs, Priority: 8, Due: due, Attempts: 4,
	}
}

// TestPlanOutcomeOfStates settles a document in each state, from waiting and from retry_at.
func TestPlanOutcomeOfStates(t *testing.T) {
	t.Parallel()
	problem := ledger.Problem{Code: "why"}
	// Another branch of a document that shows something worse may go on.
	work := map[ledger.State][]ledger.Work{
		ledger.RetryAt: {own(9000, 0)}, ledger.Rejected: {own(9000, 0)}, ledger.Unmapped: {own(9000, 0)}, ledger.NeedsDecision: {own(9000, 0)},
	}
	for _, from := range []ledger.State{ledger.Waiting, ledger.RetryAt, ledger.Rejected} {
		for _, to := range ledger.States() {
			if to == ledger.Waiting || to == ledger.Superseded || to == ledger.Skipped {
				continue // TestPlanOutcomeAgain, TestRefusedWalk
			}
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				t.Parallel()
				out := ledger.Settled{Document: 50, Rev: 1, State: to, Attention: ledger.Handled, RetryAt: 9000, Problem: &problem}
				got := plan(ended(out), walked(from), nil, false)
				want := row(to)
				want.Attention, want.Updated, want.Work = ledger.Handled, 2000, 0
				if len(work[to]) > 0 {
					want.Work = 201
				}
				if to == ledger.Delivered {
					want.DoneRev = 1
				}
				deltas := ledger.Deltas{}
				deltas.Move(30, from, to)
				check(t, "plan", got, rules.OutcomePlan{
					Update: []ledger.Document{*want}, Work: work[to], Problems: map[ledger.ID]ledger.Problem{50: problem}, Deltas: deltas,
				})
				out.Problem = nil
				got = plan(ended(out), walked(from), nil, false)
				check(t, "problem", []any{len(got.Problems), got.Cleared}, []any{0, []ledger.ID{50}})
			})
		}
	}
}

// TestPlanOutcomeOfBranches settles documents that show something worse than a retry.
func TestPlanOutcomeOfBranches(t *testing.T) {
	t.Parallel()
	for _, state := range []ledger.State{ledger.Rejected, ledger.Unmapped, ledger.NeedsDecision} {
		atOnce, now := []ledger.Work{own(0, 0)}, []ledger.ID{201}
		if state == ledger.NeedsDecision {
			atOnce, now = nil, nil // the decision is about what is not known
		}
		for name, tt := range map[string]struct {
			attention ledger.Attention
			due       ledger.Millis
			work      []ledger.Work
			now       []ledger.ID
		}{
			"nothing goes on":            {0, 0, nil, nil},
			"a branch is tried again":    {0, 9000, []ledger.Work{own(9000, 0)}, nil},
			"an answer is not known":     {ledger.Uncertain, 9000, []ledger.Work{own(9000, 0)}, nil},
			"not known, and no time set": {ledger.Uncertain, 0, atOnce, now},
		} {
			out := ledger.Settled{Document: 50, Rev: 1, State: state, Attention: tt.attention, RetryAt: tt.due, Problem: &ledger.Problem{Code: "why"}}
			got := plan(ended(out), walked(ledger.Waiting), nil, false)
			deltas := ledger.Deltas{}
			deltas.Move(30, ledger.Waiting, state)
			check(t, fmt.Sprint(state, ", ", name), []any{got.Work, got.Now, got.Update[0].State, got.Deltas}, []any{tt.work, tt.now, state, deltas})
			if covered := got.Update[0].Work != 0; covered != (len(tt.work) > 0) || got.Update[0].InFlight() != (covered || state == ledger.NeedsDecision) {
				t.Errorf("%s, %s: %+v", state, name, got.Update[0])
			}
		}
	}
}

func TestPlanOutcomeDueAtOnce(t *testing.T) {
	t.Parallel()
	for due, now := range map[ledger.Millis][]ledger.ID{0: {201}, 1999: {201}, 2000: {201}, 2001: nil} {
		got := plan(ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.RetryAt, RetryAt: due}), walked(ledger.Waiting), nil, false)
		check(t, fmt.Sprintf("due at %d", due), got.Now, now)
	}
}

// TestPlanOutcomeAgain covers documents that are walked again as they are.
func TestPlanOutcomeAgain(t *testing.T) {
	t.Parallel()
	delivered := ledger.Settled{Document: 50, Rev: 1, State: ledger.Delivered}
	other, waits := delivered, delivered
	other.Rev = 2
	waits.State, waits.Attention, waits.RetryAt = ledger.Waiting, ledger.Uncertain, 9000
	for name, tt := range map[string]struct {
		out   ledger.Settled
		stale bool
		from  ledger.State
		docs  int
	}{
		"somebody else resolved it":       {delivered, true, ledger.Waiting, 1},
		"somebody else resolved a retry":  {delivered, true, ledger.RetryAt, 0},
		"another revision was walked":     {other, false, ledger.Waiting, 1},
		"another revision, and it stales": {other, true, ledger.Waiting, 1},
		"settled as waiting":              {waits, false, ledger.Waiting, 1},
		"a retry, settled as waiting":     {waits, false, ledger.RetryAt, 0},
		"rejected, settled as waiting":    {waits, false, ledger.Rejected, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := row(tt.from)
			want.Work, want.Updated = 201, 2000
			check(t, "plan", plan(ended(tt.out), walked(tt.from), nil, tt.stale), rules.OutcomePlan{
				Update: []ledger.Document{*want}, Work: []ledger.Work{own(2000, tt.docs)}, Now: []ledger.ID{201},
			})
			// What queues behind it must not overtake: nothing was found out about it.
			doc := walked(tt.from)
			doc.LatestRev = 2
			next := ledger.Revision{Document: 50, Rev: 2, State: ledger.Waiting, Run: 40}
			got := plan(ended(tt.out), doc, &next, tt.stale)
			check(t, "with one behind it", []any{len(got.Revisions), len(got.Unqueued), got.Update[0].ActiveRev, got.Update[0].Queued()}, []any{0, 0, 1, true})
		})
	}
}

func TestPlanOutcomeLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	delivered := ledger.Settled{Document: 50, Rev: 1, State: ledger.Delivered}
	moved := walked(ledger.Waiting)
	moved.Work = 61
	check(t, "a document of another row", plan(ended(delivered), moved, nil, false), rules.OutcomePlan{})
	delivered.Document = 51
	check(t, "a document that is not there", plan(ended(delivered), walked(ledger.Waiting), nil, false), rules.OutcomePlan{})
	twice := ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.Delivered}, ledger.Settled{Document: 50, Rev: 1, State: ledger.Rejected})
	got := plan(twice, walked(ledger.Waiting), nil, false)
	check(t, "a document named twice", []any{len(got.Update), got.Update[0].State}, []any{1, ledger.Delivered})
}

func TestPlanOutcomeCountsPorts(t *testing.T) {
	t.Parallel()
	o := ended()
	o.Ports = []ledger.PortCount{{Run: 30, NodeNo: 2, Port: "done", N: 3}, {Run: 30, NodeNo: 2, Port: "done", N: 1}, {Run: 40, NodeNo: 2, Port: "error", N: 2}}
	check(t, "plan", plan(o, walked(ledger.Waiting), nil, false), rules.OutcomePlan{
		Deltas: ledger.Deltas{{Run: 30, NodeNo: 2, Slot: "port:done"}: 4, {Run: 40, NodeNo: 2, Slot: "port:error"}: 2},
	})
}

// TestPlanOutcomeOfQueues settles revision 1 while revision 3, of run 40, waits.
func TestPlanOutcomeOfQueues(t *testing.T) {
	t.Parallel()
	type fate int
	const (
		promoted fate = iota
		dropped
		blocked
	)
	tests := []struct {
		state     ledger.State
		attention ledger.Attention
		onSeen    ledger.OnSeen
		fate      fate
		// archived is the state of revision 1 where it is replaced, behind that of
		// revision 3 where it waits.
		archived, behind ledger.State
	}{
		{ledger.Delivered, 0, ledger.Skip, dropped, 0, 0},
		{ledger.Delivered, ledger.Warned, "", dropped, 0, 0},
		{ledger.Delivered, 0, ledger.Revise, promoted, ledger.Delivered, 0},
		{ledger.Collected, 0, ledger.Skip, promoted, ledger.Collected, 0},
		{ledger.Filtered, 0, ledger.Skip, promoted, ledger.Filtered, 0},
		{ledger.Rejected, 0, ledger.Skip, promoted, ledger.Superseded, 0},
		{ledger.Rejected, ledger.Handled, ledger.Revise, promoted, ledger.Superseded, 0},
		{ledger.Unmapped, 0, ledger.Skip, promoted, ledger.Superseded, 0},
		{ledger.RetryAt, 0, ledger.Skip, promoted, ledger.Superseded, 0},
		{ledger.RetryAt, ledger.Uncertain, ledger.Skip, blocked, 0, ledger.RetryAt},
		{ledger.RetryAt, ledger.Uncertain | ledger.Warned, ledger.Revise, blocked, 0, ledger.RetryAt},
		// The target may hold revision 1: the next one must not be taken for it.
		{ledger.Rejected, ledger.Uncertain, ledger.Skip, blocked, 0, ledger.RetryAt},
		{ledger.Rejected, ledger.Uncertain | ledger.Handled, ledger.Revise, blocked, 0, ledger.RetryAt},
		{ledger.Unmapped, ledger.Uncertain, ledger.Skip, blocked, 0, ledger.RetryAt},
		{ledger.NeedsDecision, 0, ledger.Skip, blocked, 0, ledger.NeedsDecision},
		{ledger.NeedsDecision, ledger.Uncertain, ledger.Revise, blocked, 0, ledger.NeedsDecision},
		{ledger.Held, 0, ledger.Skip, blocked, 0, ledger.Held},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s, attention %d, %q", tt.state, tt.attention, tt.onSeen), func(t *testing.T) {
			t.Parallel()
			doc := walked(ledger.Waiting)
			doc.LatestRev, doc.SourceHash = 3, 9
			next := ledger.Revision{
				Document: 50, Rev: 3, Number: "new", SourceHash: 9, Modified: 12, State: ledger.Waiting, Run: 40, Version: 5, Window: 7, Pack: 79, PackNo: 1, Updated: 600,
			}
			problem := ledger.Problem{Code: "why"}
			out := ledger.Settled{Document: 50, Rev: 1, State: tt.state, Attention: tt.attention, OnSeen: tt.onSeen, RetryAt: 9000, Problem: &problem}
			got := plan(ended(out), doc, &next, false)
			updated := got.Update[0]
			switch tt.fate {
			case dropped:
				next.State, next.Updated = ledger.Dropped, 2000
				check(t, "revisions", got.Revisions, []ledger.Revision{next})
				check(t, "document", []any{updated.LatestRev, updated.ActiveRev, updated.DoneRev, updated.Queued(), updated.Work}, []any{3, 1, 1, false, ledger.ID(0)})
				check(t, "deltas", got.Deltas, ledger.Deltas{
					{Run: 30, Slot: "waiting"}: -1, {Run: 30, Slot: "delivered"}: 1, {Run: 40, Slot: "waiting"}: -1, {Run: 40, Slot: "accepted"}: -1, {Run: 40, Slot: "ignored"}: 1,
				})
			case promoted:
				was := doc.ActiveRev
				check(t, "archived", []any{got.Revisions[0].Rev, got.Revisions[0].State, got.Revisions[0].Attention, len(got.Revisions)}, []any{1, tt.archived, tt.attention, 1})
				check(t, "the row takes its place", got.Unqueued, []ledger.Revision{next})
				check(t, "document", []any{was, updated.LatestRev, updated.State, updated.Attention, updated.Run, updated.Window, updated.Pack, updated.Number, updated.Work},
					[]any{3, 3, ledger.Waiting, ledger.Attention(0), ledger.ID(40), ledger.ID(7), ledger.ID(79), "new", ledger.ID(201)})
				check(t, "problem", []any{len(got.Problems), got.Cleared}, []any{0, []ledger.ID{50}})
				check(t, "due at once", got.Now, []ledger.ID{201})
				deltas := ledger.Deltas{}
				deltas.Move(30, ledger.Waiting, tt.archived)
				check(t, "deltas", got.Deltas, deltas)
			case blocked:
				next.State, next.Updated = tt.behind, 2000
				check(t, "revisions", got.Revisions, []ledger.Revision{next})
				check(t, "document", []any{updated.LatestRev, updated.ActiveRev, updated.Queued(), updated.State}, []any{3, 1, true, tt.state})
				check(t, "problem", got.Problems, map[ledger.ID]ledger.Problem{50: problem})
				deltas := ledger.Deltas{}
				deltas.Move(30, ledger.Waiting, tt.state)
				deltas.Move(40, ledger.Waiting, tt.behind)
				check(t, "deltas", got.Deltas, deltas)
				check(t, "work", len(got.Work) == 1, tt.state != ledger.Held)
			}
		})
	}
}

func TestPlanOutcomeOfHeldQueue(t *testing.T) {
	t.Parallel()
	doc := walked(ledger.Waiting)
	doc.LatestRev = 2
	next := ledger.Revision{Document: 50, Rev: 2, State: ledger.Waiting, Run: 40, Window: 7, Hold: true}
	again := *doc
	got := plan(ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.Delivered}), &again, &next, false)
	check(t, "a dropped one is held no more", []any{got.Revisions[0].State, got.Revisions[0].Hold}, []any{ledger.Dropped, false})
	got = plan(ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.Rejected}), doc, &next, false)
	check(t, "work", got.Work, []ledger.Work{{
		ID: 201, Workspace: 1, Kind: ledger.PageWork, Ref: 7, Run: 40, Flow: 3, Connection: 6, Docs: 1, Priority: 8, Due: ledger.FarFuture,
	}})
	check(t, "nothing is due", got.Now, []ledger.ID{})
	check(t, "document", []any{got.Update[0].ActiveRev, got.Update[0].Work}, []any{2, ledger.ID(201)})
}

func TestPlanOutcomeOfRefusedQueue(t *testing.T) {
	t.Parallel()
	refused := ledger.Revision{Document: 50, Rev: 2, State: ledger.Rejected, Run: 40}
	doc := func() *ledger.Document {
		d := walked(ledger.Waiting)
		d.LatestRev = 2
		return d
	}
	got := plan(ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.Filtered}), doc(), &refused, false)
	check(t, "promoted", []any{got.Update[0].ActiveRev, got.Update[0].State, got.Update[0].Work, len(got.Work), got.Problems[50].Code, got.Cleared},
		[]any{2, ledger.Rejected, ledger.ID(0), 0, "source.refused", []ledger.ID{}})
	check(t, "deltas", got.Deltas, ledger.Deltas{{Run: 30, Slot: "waiting"}: -1, {Run: 30, Slot: "filtered"}: 1})

	got = plan(ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.NeedsDecision}), doc(), &refused, false)
	check(t, "blocked, and still refused", []any{got.Update[0].ActiveRev, len(got.Revisions)}, []any{1, 0})
	check(t, "deltas", got.Deltas, ledger.Deltas{{Run: 30, Slot: "waiting"}: -1, {Run: 30, Slot: "needs_decision"}: 1})

	got = plan(ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.Delivered}), doc(), &refused, false)
	check(t, "dropped", got.Revisions[0].State, ledger.Dropped)
	check(t, "deltas", got.Deltas, ledger.Deltas{
		{Run: 30, Slot: "waiting"}: -1, {Run: 30, Slot: "delivered"}: 1,
		{Run: 40, Slot: "rejected"}: -1, {Run: 40, Slot: "accepted"}: -1, {Run: 40, Slot: "ignored"}: 1,
	})
}

// TestPlanOutcomeAfterADrop proves that a revision that was let go is not walked
// when its document is walked again later.
func TestPlanOutcomeAfterADrop(t *testing.T) {
	t.Parallel()
	doc := walked(ledger.Waiting)
	doc.LatestRev, doc.DoneRev = 2, 1
	gone := ledger.Revision{Document: 50, Rev: 2, State: ledger.Dropped, Run: 40}
	got := plan(ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.Rejected}), doc, &gone, false)
	check(t, "plan", []any{got.Update[0].ActiveRev, got.Update[0].State, len(got.Revisions), len(got.Unqueued), len(got.Work)}, []any{1, ledger.Rejected, 0, 0, 0})

	doc = walked(ledger.Waiting)
	doc.LatestRev = 2
	page := rules.PlanPage(page(in("a", 2)), known(doc), map[ledger.ID]ledger.Revision{50: gone}, ids(100))
	check(t, "revisions", []any{len(page.Revisions), page.Revisions[0].Rev}, []any{1, 3})
}

// A document that is overtaken again and again is not walked without pause.
func TestOvertakenAgainAndAgain(t *testing.T) {
	t.Parallel()
	last := ledger.Millis(0)
	for attempts := 1; attempts < 20; attempts++ {
		id := ledger.ID(100)
		doc := &ledger.Document{ID: 1, Work: 7, State: ledger.Waiting, ActiveRev: 1, LatestRev: 1}
		o := ledger.Outcome{Claim: ledger.Claim{Work: 7}, Documents: []ledger.Settled{{Document: 1, Rev: 1, State: ledger.Unmapped}}, Now: 1000}
		plan := rules.PlanOutcome(o, ledger.Work{ID: 7, Attempts: attempts}, map[ledger.ID]*ledger.Document{1: doc}, nil, map[ledger.ID]bool{1: true},
			func() ledger.ID { id++; return id })
		if len(plan.Work) != 1 || doc.State != ledger.Waiting {
			t.Fatalf("%+v, %+v", plan.Work, doc)
		}
		wait := plan.Work[0].Due - o.Now
		if wait < 0 || attempts <= 5 && wait != 0 || attempts > 5 && wait == 0 || wait > 12500 || attempts < 12 && wait < last {
			t.Errorf("after %d attempts it waits %d ms, before %d", attempts, wait, last)
		}
		last = wait
	}
}
