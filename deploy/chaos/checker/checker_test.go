package checker_test

import (
	"slices"
	"testing"

	"github.com/karezflow/karez/deploy/chaos/checker"
	"github.com/karezflow/karez/deploy/chaos/truth"
)

// ledgers are one of each that agree; a case spoils them.
type ledgers struct {
	lane   truth.Lane
	engine truth.Engine
}

func revision(no int, status truth.Status, amount string) truth.Revision {
	return truth.Revision{Rev: no, Status: status, Amount: amount, Paid: "1.10"}
}

func agreeing(class truth.Class) *ledgers {
	return &ledgers{
		lane: truth.Lane{
			Name: "lane", Class: class,
			Documents: []truth.Document{
				{Key: "good", Revs: []truth.Revision{revision(1, truth.Good, "12345678901234567.0001")}},
				{Key: "void", Revs: []truth.Revision{revision(1, truth.Void, "1")}},
				{Key: "poison", Revs: []truth.Revision{revision(1, truth.Poison, "1")}},
			},
			Writes:  []truth.Write{{Seq: 1, Key: "good", Rev: 1, Amount: "12345678901234567.0001", Paid: "1.10", Object: "O1", Answered: true}},
			Objects: []truth.Object{{ID: "O1", Key: "good", Rev: 1, Amount: "12345678901234567.0001", Paid: "1.10"}},
			Marks:   []truth.Mark{{Key: "good", Object: "O1"}},
		},
		engine: truth.Engine{
			Documents: []truth.Seen{{ID: "1", Key: "good", State: "delivered", Rev: 1}, {ID: "2", Key: "void", State: "filtered"}, {ID: "3", Key: "poison", State: "rejected"}},
			Runs: []truth.Run{{ID: "r", State: "done", Balanced: true, Counts: map[string]int{
				"pulled": 5, "unchanged": 2, "accepted": 3, "delivered": 1, "filtered": 1, "rejected": 1,
			}}},
		},
	}
}

func (l *ledgers) again(id string) {
	l.lane.Objects = append(l.lane.Objects, truth.Object{ID: id, Key: "good", Rev: 1, Amount: "12345678901234567.0001", Paid: "1.10"})
	l.lane.Writes = append(l.lane.Writes, truth.Write{Seq: 2, Key: "good", Rev: 1, Object: id})
}

// Each promise that ledgers made by hand break is named, and no other.
func TestWhatIsBrokenIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		class  truth.Class
		spoil  func(*ledgers)
		want   []checker.Invariant
		counts func(checker.Figures) int
	}{
		"nothing": {class: truth.B, spoil: func(*ledgers) {}},
		"a document never came in": {
			spoil: func(l *ledgers) { l.engine.Documents = l.engine.Documents[1:] },
			want:  []checker.Invariant{checker.Lost}, counts: func(f checker.Figures) int { return f.Lost },
		},
		"delivered into nothing": {
			spoil: func(l *ledgers) { l.lane.Objects, l.lane.Writes, l.lane.Marks = nil, nil, nil },
			want:  []checker.Invariant{checker.Lost, checker.Writeback}, counts: func(f checker.Figures) int { return f.Lost },
		},
		"twice in a class that repeats nothing by itself": {
			class: truth.D, spoil: func(l *ledgers) { l.again("O2") },
			want: []checker.Invariant{checker.Duplicate}, counts: func(f checker.Figures) int { return f.Unexplained[truth.D] },
		},
		"twice where a person ordered it": {
			class: truth.D,
			spoil: func(l *ledgers) {
				l.again("O2")
				l.lane.Decisions = []truth.Decision{{Key: "good", Action: "resend", Held: true, Code: "delivery.unknown"}}
			},
			counts: func(f checker.Figures) int { return f.Explained[truth.D] },
		},
		"a new revision behind one that a person let go of": {
			class: truth.D,
			spoil: func(l *ledgers) {
				l.lane.Documents[0].Revs = append(l.lane.Documents[0].Revs, revision(2, truth.Good, "2"))
				l.lane.Objects = append(l.lane.Objects, truth.Object{ID: "O2", Key: "good", Rev: 2, Amount: "2", Paid: "1.10"})
				l.lane.Decisions = []truth.Decision{{Key: "good", Action: "skip", Held: true, Code: "delivery.unknown"}}
			},
			counts: func(f checker.Figures) int { return f.Explained[truth.D] },
		},
		"twice where a person ordered it once only": {
			class: truth.D,
			spoil: func(l *ledgers) {
				l.again("O2")
				l.again("O3")
				l.lane.Decisions = []truth.Decision{{Key: "good", Action: "resend", Held: true, Code: "delivery.unknown"}}
			},
			want: []checker.Invariant{checker.Duplicate},
		},
		"twice where a person saw that it was not there": {
			class: truth.D,
			spoil: func(l *ledgers) {
				l.again("O2")
				l.lane.Decisions = []truth.Decision{{Key: "good", Action: "resend", Code: "delivery.unknown"}}
			},
			want: []checker.Invariant{checker.Duplicate},
		},
		"twice in a class with a key, ordered or not": {
			class: truth.B,
			spoil: func(l *ledgers) {
				l.again("O2")
				l.lane.Decisions = []truth.Decision{{Key: "good", Action: "resend", Held: true, Code: "delivery.unknown"}}
			},
			want: []checker.Invariant{checker.Decision, checker.Duplicate},
		},
		"an older revision over a newer one": {
			class: truth.C,
			spoil: func(l *ledgers) {
				l.lane.Documents[0].Revs = append(l.lane.Documents[0].Revs, revision(2, truth.Good, "2"))
				l.lane.Writes = []truth.Write{{Seq: 1, Key: "good", Rev: 2}, {Seq: 2, Key: "good", Rev: 1}}
			},
			want: []checker.Invariant{checker.Stale}, counts: func(f checker.Figures) int { return f.Stale },
		},
		"the newest revision never written": {
			class: truth.C,
			spoil: func(l *ledgers) {
				l.lane.Revises = true
				l.lane.Documents[0].Revs = append(l.lane.Documents[0].Revs, revision(2, truth.Good, "2"))
			},
			want: []checker.Invariant{checker.Stale},
		},
		"an amount that went through a float": {
			spoil: func(l *ledgers) { l.lane.Objects[0].Amount = "12345678901234568" },
			want:  []checker.Invariant{checker.Amount}, counts: func(f checker.Figures) int { return f.Difference.Sign() },
		},
		"an amount of the same value in other bytes": {
			spoil: func(l *ledgers) { l.lane.Objects[0].Paid = "1.1" },
			want:  []checker.Invariant{checker.Amount},
		},
		"a revision that never was": {
			spoil: func(l *ledgers) { l.lane.Objects[0].Rev = 7 },
			want:  []checker.Invariant{checker.Amount},
		},
		"not marked": {
			spoil: func(l *ledgers) { l.lane.Marks = nil },
			want:  []checker.Invariant{checker.Writeback}, counts: func(f checker.Figures) int { return f.MarksLacked },
		},
		"marked with an object that is not there": {
			spoil: func(l *ledgers) { l.lane.Marks = append(l.lane.Marks, truth.Mark{Key: "good", Object: "O9"}) },
			want:  []checker.Invariant{checker.Writeback}, counts: func(f checker.Figures) int { return f.MarksExtra },
		},
		"marked and not delivered": {
			spoil: func(l *ledgers) { l.engine.Documents[0].State = "rejected" },
			want:  []checker.Invariant{checker.State, checker.Writeback},
		},
		"a refused document shown as delivered": {
			spoil: func(l *ledgers) { l.engine.Documents[2].State = "delivered" },
			want:  []checker.Invariant{checker.State},
		},
		"a left out document written and marked": {
			spoil: func(l *ledgers) {
				l.lane.Objects = append(l.lane.Objects, truth.Object{ID: "O2", Key: "void", Rev: 1})
				l.lane.Marks = append(l.lane.Marks, truth.Mark{Key: "void", Object: "O2"})
			},
			want: []checker.Invariant{checker.State, checker.Writeback},
		},
		"still on its way": {
			spoil: func(l *ledgers) { l.engine.Documents[0].State = "retry_at" },
			want:  []checker.Invariant{checker.Unsettled, checker.Writeback},
		},
		"skipped by nobody": {
			spoil: func(l *ledgers) { l.engine.Documents[0].State = "skipped" },
			want:  []checker.Invariant{checker.State, checker.Writeback},
		},
		"skipped by a person who saw it there": {
			class: truth.D,
			spoil: func(l *ledgers) {
				l.engine.Documents[0].State = "skipped"
				l.lane.Decisions = []truth.Decision{{Key: "good", Action: "skip", Held: true, Code: "delivery.unknown"}}
			},
		},
		"a person asked without need": {
			class: truth.A,
			spoil: func(l *ledgers) {
				l.lane.Decisions = []truth.Decision{{Key: "good", Action: "skip", Held: true, Code: "delivery.unknown"}}
			},
			want: []checker.Invariant{checker.Decision},
		},
		"documents of nobody": {
			spoil: func(l *ledgers) {
				l.engine.Documents = append(l.engine.Documents, truth.Seen{Key: "x", State: "delivered"})
				l.lane.Objects = append(l.lane.Objects, truth.Object{ID: "O2", Key: "y"})
				l.lane.Marks = append(l.lane.Marks, truth.Mark{Key: "z"})
			},
			want: []checker.Invariant{checker.State, checker.State, checker.Writeback},
		},
		"held twice by the engine": {
			spoil: func(l *ledgers) { l.engine.Documents = append(l.engine.Documents, l.engine.Documents[0]) },
			want:  []checker.Invariant{checker.Duplicate},
		},
		"pulled and not accounted for": {
			spoil: func(l *ledgers) { l.engine.Runs[0].Counts["pulled"]++ },
			want:  []checker.Invariant{checker.Balance},
		},
		"accepted and not accounted for": {
			spoil: func(l *ledgers) { l.engine.Runs[0].Counts["delivered"]-- },
			want:  []checker.Invariant{checker.Balance},
		},
		"unbalanced by its own word": {
			spoil: func(l *ledgers) { l.engine.Runs[0].Balanced = false },
			want:  []checker.Invariant{checker.Balance},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.class == "" {
				c.class = truth.A
			}
			l := agreeing(c.class)
			c.spoil(l)
			figures, findings := checker.Check(l.lane, l.engine)
			var got []checker.Invariant
			for _, f := range findings {
				got = append(got, f.Invariant)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("%v, not %v: %v", got, c.want, findings)
			}
			if c.counts != nil && c.counts(figures) != 1 {
				t.Errorf("the figures don't show it: %+v", figures)
			}
		})
	}
}

// Figures add up.
func TestFiguresAddUp(t *testing.T) {
	t.Parallel()
	l := agreeing(truth.D)
	l.again("O2")
	l.lane.Objects[0].Amount = "12345678901234568.0001"
	sum := checker.NewFigures()
	for range 3 {
		f, _ := checker.Check(l.lane, l.engine)
		sum.Add(f)
	}
	if sum.Documents != 9 || sum.In != 9 || sum.States["delivered"] != 3 || sum.Unexplained[truth.D] != 3 || sum.Difference.FloatString(4) != "3.0000" {
		t.Errorf("%+v, %s", sum, sum.Difference)
	}
}
