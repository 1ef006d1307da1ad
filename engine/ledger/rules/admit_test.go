package rules_test

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
)

// TestAdmit goes through every state, hash, policy and queue.
func TestAdmit(t *testing.T) {
	t.Parallel()
	const (
		unchanged = rules.AdmitUnchanged
		ignored   = rules.AdmitIgnored
		replace   = rules.AdmitReplace
		queue     = rules.AdmitQueue
	)
	// changed is what becomes of a changed record of a document that was never delivered.
	changed := map[ledger.State]rules.Admission{
		ledger.Waiting: queue, ledger.Held: queue, ledger.RetryAt: queue, ledger.NeedsDecision: queue,
		ledger.Delivered: replace, ledger.Collected: replace, ledger.Filtered: replace, ledger.Rejected: replace,
		ledger.Unmapped: replace, ledger.Superseded: replace, ledger.Skipped: replace,
	}
	if len(changed) != len(ledger.States()) {
		t.Fatalf("the table has %d states of %d", len(changed), len(ledger.States()))
	}
	for state, want := range changed {
		for _, policy := range []ledger.OnSeen{ledger.Skip, ledger.Revise, ""} {
			for _, doneRev := range []int{0, 1} {
				for _, latest := range []int{2, 5} {
					doc := &ledger.Document{State: state, ActiveRev: 2, LatestRev: latest, DoneRev: doneRev, SourceHash: 7}
					expect := want
					if doneRev > 0 && policy != ledger.Revise {
						expect = ignored
					}
					name := fmt.Sprintf("%s, policy %q, done %d, latest %d", state, policy, doneRev, latest)
					if got := rules.Admit(doc, ledger.Incoming{SourceHash: 8}, policy); got != expect {
						t.Errorf("%s, changed: %d, want %d", name, got, expect)
					}
					if got := rules.Admit(doc, ledger.Incoming{SourceHash: 7}, policy); got != unchanged {
						t.Errorf("%s, the same: %d", name, got)
					}
					if got := rules.Admit(nil, ledger.Incoming{SourceHash: 7}, policy); got != rules.AdmitNew {
						t.Errorf("%s, a new key: %d", name, got)
					}
				}
			}
		}
	}
}

// ids gives ids from the one after n.
func ids(n ledger.ID) func() ledger.ID {
	return func() ledger.ID { n++; return n }
}

func in(key string, hash int64) ledger.Incoming {
	return ledger.Incoming{Key: key, Number: "n" + key, SourceHash: hash, Modified: 11, Body: []byte(fmt.Sprint(key, hash))}
}

func bad(key string, hash int64) ledger.Incoming {
	record := in(key, hash)
	record.Problem = &ledger.Problem{Code: fmt.Sprint("bad", hash)}
	return record
}

func page(docs ...ledger.Incoming) ledger.PageCommit {
	return ledger.PageCommit{
		Workspace: 1, Stream: 2, Flow: 3, Run: 40, Version: 5, Connection: 6, Window: 7, Attempt: 1, PageNo: 1, Rows: len(docs), Docs: docs,
		OnSeen: ledger.Skip, Priority: 8, Now: 1000,
	}
}

// row is document 50, of an earlier page of run 30, at revision 1.
func row(state ledger.State) *ledger.Document {
	d := &ledger.Document{
		ID: 50, Workspace: 1, Stream: 2, Key: "a", Number: "old", LatestRev: 1, ActiveRev: 1, SourceHash: 1, Modified: 10, State: state,
		Attention: ledger.Warned, Run: 30, Version: 4, Window: 6, Pack: 77, PackNo: 3, Updated: 500,
	}
	if state == ledger.Waiting || state == ledger.RetryAt {
		d.Work = 60
	}
	return d
}

func known(docs ...*ledger.Document) map[string]*ledger.Document {
	out := map[string]*ledger.Document{}
	for _, d := range docs {
		out[d.Key] = d
	}
	return out
}

func TestPlanPageOfNewDocuments(t *testing.T) {
	t.Parallel()
	c := page(in("a", 1), bad("!7/1/1", 2), in("b", 3))
	c.Rows, c.Dropped = 5, 2
	plan := rules.PlanPage(c, known(), map[ledger.ID]ledger.Revision{}, ids(100))
	work := ledger.Work{ID: 102, Workspace: 1, Kind: ledger.PageWork, Ref: 7, Run: 40, Flow: 3, Connection: 6, Docs: 2, Priority: 8, Due: 1000}
	document := func(id ledger.ID, in ledger.Incoming, no int) ledger.Document {
		return ledger.Document{
			ID: id, Workspace: 1, Stream: 2, Key: in.Key, Number: in.Number, LatestRev: 1, ActiveRev: 1, SourceHash: in.SourceHash, Modified: 11,
			State: ledger.Waiting, Work: 102, Run: 40, Version: 5, Window: 7, Pack: rules.NewPack, PackNo: no, Updated: 1000,
		}
	}
	refused := document(103, c.Docs[1], 1)
	refused.State, refused.Work = ledger.Rejected, 0
	check(t, "plan", plan, rules.PagePlan{
		Insert: []ledger.Document{document(101, c.Docs[0], 0), refused, document(104, c.Docs[2], 2)},
		Bodies: [][]byte{c.Docs[0].Body, c.Docs[1].Body, c.Docs[2].Body},
		Work:   []ledger.Work{work}, Problems: map[ledger.ID]ledger.Problem{103: {Code: "bad2"}},
		Deltas: ledger.Deltas{
			{Run: 40, Slot: "pulled"}: 5, {Run: 40, Slot: "dropped"}: 2, {Run: 40, Slot: "accepted"}: 3,
			{Run: 40, Slot: "waiting"}: 2, {Run: 40, Slot: "rejected"}: 1,
		},
		Result: ledger.PageResult{Accepted: 3, Work: []ledger.ID{102}},
	})
}

func TestPlanPageCountsDocuments(t *testing.T) {
	t.Parallel()
	c := page(in("a", 1))
	c.Rows, c.Dropped = 50, 3 // fifty rows of the vendor made one document and three dropped ones
	plan := rules.PlanPage(c, known(), nil, ids(100))
	if n := plan.Deltas[ledger.CountKey{Run: 40, Slot: ledger.SlotPulled}]; n != 4 {
		t.Errorf("pulled is %d, want 4", n)
	}
}

func TestPlanPageCoversAHundredPerRow(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][]int{0: nil, 1: {1}, 99: {99}, 100: {100}, 101: {100, 1}, 250: {100, 100, 50}} {
		var docs []ledger.Incoming
		for i := range n {
			docs = append(docs, in(fmt.Sprint(i), 1))
		}
		plan := rules.PlanPage(page(docs...), known(), nil, ids(100))
		var got []int
		covered := map[ledger.ID]int{}
		for _, d := range plan.Insert {
			covered[d.Work]++
		}
		for i, w := range plan.Work {
			got = append(got, w.Docs)
			if covered[w.ID] != w.Docs || plan.Result.Work[i] != w.ID {
				t.Errorf("%d documents: row %d says %d and covers %d", n, w.ID, w.Docs, covered[w.ID])
			}
		}
		check(t, fmt.Sprintf("rows of %d documents", n), got, want)
	}
}

// TestPlanPageOfKnownKeys goes through what one changed record does to a row.
func TestPlanPageOfKnownKeys(t *testing.T) {
	t.Parallel()
	waiting := ledger.Revision{Document: 50, Rev: 2, State: ledger.Waiting, Run: 35, Pack: 78, Hold: true}
	tests := map[string]struct {
		doc     *ledger.Document
		latest  int
		doneRev int
		queued  *ledger.Revision
		record  ledger.Incoming
		policy  ledger.OnSeen
		hold    bool
		window  ledger.ID

		state     ledger.State
		revs      [2]int // latest and active
		revisions map[int]ledger.State
		deltas    map[string]int // by run/slot
		work      int
		problem   string
		cleared   bool
	}{
		"unchanged": {
			doc: row(ledger.Rejected), record: in("a", 1), state: ledger.Rejected, revs: [2]int{1, 1},
			deltas: map[string]int{"40/pulled": 1, "40/unchanged": 1},
		},
		"ignored": {
			doc: row(ledger.Delivered), doneRev: 1, record: in("a", 2), state: ledger.Delivered, revs: [2]int{1, 1},
			deltas: map[string]int{"40/pulled": 1, "40/ignored": 1},
		},
		"revised": {
			doc: row(ledger.Delivered), doneRev: 1, record: in("a", 2), policy: ledger.Revise, state: ledger.Waiting, revs: [2]int{2, 2},
			revisions: map[int]ledger.State{1: ledger.Delivered}, work: 1, cleared: true,
			deltas: map[string]int{"40/pulled": 1, "40/accepted": 1, "40/waiting": 1},
		},
		"replaced": {
			doc: row(ledger.Unmapped), record: in("a", 2), state: ledger.Waiting, revs: [2]int{2, 2},
			revisions: map[int]ledger.State{1: ledger.Superseded}, work: 1, cleared: true,
			deltas: map[string]int{"40/pulled": 1, "40/accepted": 1, "40/waiting": 1, "30/unmapped": -1, "30/superseded": 1},
		},
		"replaced by a refused one": {
			doc: row(ledger.Rejected), record: bad("a", 2), state: ledger.Rejected, revs: [2]int{2, 2},
			revisions: map[int]ledger.State{1: ledger.Superseded}, problem: "bad2",
			deltas: map[string]int{"40/pulled": 1, "40/accepted": 1, "40/rejected": 1, "30/rejected": -1, "30/superseded": 1},
		},
		"after a dropped one": {
			doc: row(ledger.Delivered), latest: 3, doneRev: 1, record: in("a", 2), policy: ledger.Revise, state: ledger.Waiting, revs: [2]int{4, 4},
			revisions: map[int]ledger.State{1: ledger.Delivered}, work: 1, cleared: true,
			deltas: map[string]int{"40/pulled": 1, "40/accepted": 1, "40/waiting": 1},
		},
		"queued": {
			doc: row(ledger.RetryAt), record: in("a", 2), state: ledger.RetryAt, revs: [2]int{2, 1},
			revisions: map[int]ledger.State{2: ledger.RetryAt},
			deltas:    map[string]int{"40/pulled": 1, "40/accepted": 1, "40/retry_at": 1},
		},
		"queued before": {
			doc: row(ledger.Waiting), latest: 2, queued: &waiting, record: in("a", 2), state: ledger.Waiting, revs: [2]int{3, 1},
			revisions: map[int]ledger.State{2: ledger.Superseded, 3: ledger.Waiting},
			deltas:    map[string]int{"40/pulled": 1, "40/accepted": 1, "40/waiting": 1, "35/waiting": -1, "35/superseded": 1},
		},
		"queued and refused": {
			doc: row(ledger.Waiting), record: bad("a", 2), state: ledger.Waiting, revs: [2]int{2, 1},
			revisions: map[int]ledger.State{2: ledger.Rejected},
			deltas:    map[string]int{"40/pulled": 1, "40/accepted": 1, "40/rejected": 1},
		},
		"held by this window": {
			doc: row(ledger.Waiting), hold: true, window: 7, record: in("a", 2), state: ledger.Waiting, revs: [2]int{2, 1},
			revisions: map[int]ledger.State{2: ledger.Waiting},
			deltas:    map[string]int{"40/pulled": 1, "40/accepted": 1, "40/waiting": 1},
		},
		"held by another window": {
			doc: row(ledger.Waiting), hold: true, window: 6, record: in("a", 2), state: ledger.Waiting, revs: [2]int{2, 1},
			revisions: map[int]ledger.State{2: ledger.Waiting},
			deltas:    map[string]int{"40/pulled": 1, "40/accepted": 1, "40/waiting": 1},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.doc.LatestRev, tt.doc.DoneRev = max(tt.latest, 1), tt.doneRev
			if tt.window != 0 {
				tt.doc.Window = tt.window
			}
			queued := map[ledger.ID]ledger.Revision{}
			if tt.queued != nil {
				queued[50] = *tt.queued
			}
			c := page(tt.record)
			c.Hold = tt.hold
			if tt.policy != "" {
				c.OnSeen = tt.policy
			}
			plan := rules.PlanPage(c, known(tt.doc), queued, ids(100))

			doc := *tt.doc
			if len(plan.Update) == 1 {
				doc = plan.Update[0]
			}
			check(t, "document", []any{doc.State, doc.LatestRev, doc.ActiveRev}, []any{tt.state, tt.revs[0], tt.revs[1]})
			revisions := map[int]ledger.State{}
			for _, r := range plan.Revisions {
				revisions[r.Rev] = r.State
				if queues := r.Rev > doc.ActiveRev && r.State != ledger.Superseded; r.Hold != (tt.hold && queues) {
					t.Errorf("revision %d: hold is %t", r.Rev, r.Hold)
				}
			}
			check(t, "revisions", revisions, tt.revisions)
			deltas := map[string]int{}
			for key, n := range plan.Deltas {
				deltas[fmt.Sprintf("%d/%s", key.Run, key.Slot)] = n
			}
			check(t, "deltas", deltas, tt.deltas)
			check(t, "work", len(plan.Work), tt.work)
			check(t, "problem", []any{plan.Problems[50].Code, len(plan.Cleared) > 0}, []any{tt.problem, tt.cleared})
			if held := len(plan.Work) > 0 && plan.Work[0].Due == ledger.FarFuture; held != (tt.hold && tt.work > 0) || held && len(plan.Result.Work) > 0 {
				t.Errorf("held %t, and %v can be claimed", held, plan.Result.Work)
			}
		})
	}
}

// TestPlanPageArchives proves that an archived revision keeps what the row was.
func TestPlanPageArchives(t *testing.T) {
	t.Parallel()
	plan := rules.PlanPage(page(in("a", 2)), known(row(ledger.Rejected)), nil, ids(100))
	check(t, "archived", plan.Revisions, []ledger.Revision{{
		Document: 50, Rev: 1, Number: "old", SourceHash: 1, Modified: 10, State: ledger.Superseded, Attention: ledger.Warned,
		Run: 30, Version: 4, Window: 6, Pack: 77, PackNo: 3, Updated: 1000,
	}})
	check(t, "active", plan.Update, []ledger.Document{{
		ID: 50, Workspace: 1, Stream: 2, Key: "a", Number: "na", LatestRev: 2, ActiveRev: 2, SourceHash: 2, Modified: 11, State: ledger.Waiting,
		Work: 101, Run: 40, Version: 5, Window: 7, Pack: rules.NewPack, Updated: 1000,
	}})
}

// TestPlanPageRepeats covers several records of one key within a page.
func TestPlanPageRepeats(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		hold      bool
		docs      []ledger.Incoming
		state     ledger.State
		active    int
		revisions map[int]ledger.State
		work      []int
		problem   string
	}{
		"three that queue": {
			docs:  []ledger.Incoming{in("a", 1), in("a", 2), in("a", 3)},
			state: ledger.Waiting, active: 1, revisions: map[int]ledger.State{2: ledger.Superseded, 3: ledger.Waiting}, work: []int{1},
		},
		"three that are held": {
			hold: true, docs: []ledger.Incoming{in("a", 1), in("a", 2), in("a", 3)},
			state: ledger.Waiting, active: 1, revisions: map[int]ledger.State{2: ledger.Superseded, 3: ledger.Waiting}, work: []int{1},
		},
		"refused, then good": {
			docs:  []ledger.Incoming{bad("a", 1), in("a", 2)},
			state: ledger.Waiting, active: 2, revisions: map[int]ledger.State{1: ledger.Superseded}, work: []int{1},
		},
		"held, then refused": {
			hold: true, docs: []ledger.Incoming{in("a", 1), bad("a", 2)},
			state: ledger.Waiting, active: 1, revisions: map[int]ledger.State{2: ledger.Rejected}, work: []int{1},
		},
		"held, refused, good": {
			hold: true, docs: []ledger.Incoming{in("a", 1), bad("a", 2), in("a", 3)},
			state: ledger.Waiting, active: 1, revisions: map[int]ledger.State{2: ledger.Superseded, 3: ledger.Waiting}, work: []int{1},
		},
		"refused, refused again": {
			docs:  []ledger.Incoming{bad("a", 1), bad("a", 2)},
			state: ledger.Rejected, active: 2, revisions: map[int]ledger.State{1: ledger.Superseded}, problem: "bad2",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := page(tt.docs...)
			c.Hold = tt.hold
			plan := rules.PlanPage(c, known(), map[ledger.ID]ledger.Revision{}, ids(100))
			doc := plan.Insert[0]
			check(t, "document", []any{len(plan.Insert), doc.State, doc.ActiveRev}, []any{1, tt.state, tt.active})
			revisions := map[int]ledger.State{}
			for _, r := range plan.Revisions {
				revisions[r.Rev] = r.State
			}
			check(t, "revisions", revisions, tt.revisions)
			check(t, "each is written once", len(plan.Revisions), len(revisions))
			var work []int
			for _, w := range plan.Work {
				work = append(work, w.Docs)
			}
			check(t, "work", work, tt.work)
			check(t, "problem", []any{plan.Problems[doc.ID].Code, plan.Cleared}, []any{tt.problem, []ledger.ID{}})
		})
	}
}

// TestRestore pulls unchanged documents by their numbers: their contents are stored again.
func TestRestore(t *testing.T) {
	t.Parallel()
	stored := func(change func(d *ledger.Document, c *ledger.PageCommit)) rules.PagePlan {
		doc := row(ledger.Delivered)
		c := page(in("a", doc.SourceHash))
		c.Restore = true
		change(doc, &c)
		return rules.PlanPage(c, known(doc), nil, ids(100))
	}
	plan := stored(func(*ledger.Document, *ledger.PageCommit) {})
	check(t, "stored", []any{len(plan.Bodies), len(plan.Update), plan.Update[0].Pack, plan.Update[0].State, plan.Result.Unchanged}, []any{1, 1, rules.NewPack, ledger.Delivered, 1})
	for what, change := range map[string]func(d *ledger.Document, c *ledger.PageCommit){
		"read by its time":  func(_ *ledger.Document, c *ledger.PageCommit) { c.Restore = false },
		"edited":            func(d *ledger.Document, _ *ledger.PageCommit) { d.Attention |= ledger.Edited },
		"on its way":        func(d *ledger.Document, _ *ledger.PageCommit) { d.Work = 5 },
		"not the newest":    func(d *ledger.Document, _ *ledger.PageCommit) { d.LatestRev = 2 },
		"refused this time": func(_ *ledger.Document, c *ledger.PageCommit) { c.Docs[0].Problem = &ledger.Problem{} },
	} {
		plan := stored(change)
		check(t, what, []int{len(plan.Bodies), len(plan.Update), plan.Result.Unchanged}, []int{0, 0, 1})
	}
}
