package moves_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
)

// every lists all states, stored or not, and one that does not exist on either side.
func every() []ledger.State {
	var out []ledger.State
	for s := moves.None - 1; s <= moves.Claimed+1; s++ {
		out = append(out, s)
	}
	return out
}

// want is the table once more, by names: who changes it changes both.
func want() map[string][2][]string {
	repairable := []string{"rejected", "retry_at", "unmapped", "needs_decision"}
	with := func(more ...string) []string { return append(more, repairable...) }
	ends := with("held", "delivered", "collected", "filtered")
	behind := []string{"waiting", "held", "retry_at", "needs_decision"}
	return map[string][2][]string{
		"admit": {{"none"}, {"waiting"}}, "refuse": {{"none"}, {"rejected"}}, "open": {{"none"}, {"held"}}, "compose": {{"none", "held"}, {"waiting"}},
		"claim": {{"waiting", "claimed"}, {"claimed"}}, "hand_back": {{"claimed"}, {"waiting"}},
		"settle": {with("claimed"), ends}, "again": {with("claimed"), nil},
		"follow": {with("held"), append(slices.Clone(ends), "skipped")}, "eject": {with("held"), {"rejected", "retry_at"}},
		"arrive": {{"unmapped"}, {"waiting"}}, "retry": {repairable, {"waiting"}}, "repeat": {{"delivered", "collected"}, {"waiting"}},
		"resend": {repairable, {"waiting"}}, "restore": {{"delivered"}, {"waiting"}}, "edit": {repairable, {"replaced"}}, "edited": {{"none"}, {"waiting"}}, "skip": {repairable, {"skipped"}},
		"withdraw": {{"waiting"}, {"superseded"}}, "dissolve": {with("waiting", "held"), {"superseded"}},
		"queue": {{"none"}, behind}, "queue_refused": {{"none"}, {"rejected"}}, "trail": {behind, behind},
		"outrun": {append(slices.Clone(behind), "rejected"), {"superseded"}}, "drop": {append(slices.Clone(behind), "rejected"), {"dropped"}},
		"promote": {behind, {"waiting"}}, "promote_refused": {{"rejected"}, {"rejected"}},
		"supersede": {with("waiting", "held"), {"superseded"}}, "archive": {{"delivered", "collected", "filtered", "skipped", "superseded"}, nil},
	}
}

// TestEveryMove asks for every event from every state to every state.
func TestEveryMove(t *testing.T) {
	t.Parallel()
	table := want()
	for _, e := range moves.Events() {
		t.Run(e.String(), func(t *testing.T) {
			t.Parallel()
			line, known := table[e.String()]
			if !known {
				t.Fatal("the event is not in the test's table")
			}
			for _, from := range every() {
				for _, to := range every() {
					allowed := slices.Contains(line[0], moves.Name(from)) && (line[1] == nil && from == to || slices.Contains(line[1], moves.Name(to)))
					check(t, e, from, to, allowed)
				}
			}
		})
	}
	if len(moves.Events()) != len(table) {
		t.Errorf("%d events, and the test knows %d", len(moves.Events()), len(table))
	}
}

func check(t *testing.T, e moves.Event, from, to ledger.State, allowed bool) {
	t.Helper()
	what := fmt.Sprintf("%s from %s to %s", e, moves.Name(from), moves.Name(to))
	if moves.Allowed(e, from, to) != allowed || slices.Contains(e.To(from), to) != allowed {
		t.Errorf("%s is allowed: %t, %v", what, !allowed, e.To(from))
	}
	err := moves.Check(e, 5, 2, from, to)
	var refused *ledger.MoveError
	switch {
	case allowed && err != nil:
		t.Errorf("%s: %v", what, err)
	case !allowed && (!errors.As(err, &refused) || *refused != ledger.MoveError{Document: 5, Rev: 2, Event: e.String(), From: moves.Name(from), To: moves.Name(to)}):
		t.Errorf("%s is refused by %v", what, err)
	case allowed && from != moves.None && from != moves.Claimed && to != moves.Claimed && !moves.Written(from, to):
		t.Errorf("%s is allowed, and no store may write it", what)
	}
}

// TestUnknownEvents are refused whatever they are about.
func TestUnknownEvents(t *testing.T) {
	t.Parallel()
	for _, e := range []moves.Event{-1, moves.Event(len(moves.Events()))} {
		if e.String() != "unknown" || e.From() != nil || moves.Allowed(e, ledger.Waiting, ledger.Waiting) {
			t.Errorf("event %d exists", e)
		}
	}
}

// TestEveryStateIsLeftAndReached: nothing begins in the middle, and only what is over
// for good is never left.
func TestEveryStateIsLeftAndReached(t *testing.T) {
	t.Parallel()
	reached := map[ledger.State]bool{moves.None: true}
	for range every() {
		for _, e := range moves.Events() {
			for from := range reached {
				for _, to := range e.To(from) {
					reached[to] = true
				}
			}
		}
	}
	for s := moves.None; s <= moves.Claimed; s++ {
		var left bool
		for _, e := range moves.Events() {
			left = left || slices.ContainsFunc(e.To(s), func(to ledger.State) bool { return to != s })
		}
		final := []ledger.State{ledger.Filtered, ledger.Superseded, ledger.Skipped, ledger.Dropped, ledger.Replaced}
		if !reached[s] || left == slices.Contains(final, s) {
			t.Errorf("%s is reached: %t, left: %t", moves.Name(s), reached[s], left)
		}
	}
}

// TestRow is what a store asks before it writes.
func TestRow(t *testing.T) {
	t.Parallel()
	doc := func(rev int, s ledger.State) ledger.Document { return ledger.Document{ID: 5, ActiveRev: rev, State: s} }
	for _, tt := range []struct {
		before, after ledger.Document
		ok            bool
	}{
		{doc(1, ledger.Waiting), doc(1, ledger.Delivered), true},
		{doc(1, ledger.Delivered), doc(1, ledger.Delivered), true},
		{doc(1, ledger.Delivered), doc(1, ledger.Rejected), false},
		{doc(1, ledger.Skipped), doc(1, ledger.Waiting), false},
		{doc(1, ledger.Skipped), doc(2, ledger.Waiting), true},
		{doc(1, ledger.Waiting), doc(2, ledger.Replaced), false},
		{doc(1, ledger.Waiting), doc(1, 0), false},
		{doc(1, ledger.Waiting), doc(1, moves.Claimed), false},
	} {
		if err := moves.Row(tt.before, tt.after); (err == nil) != tt.ok {
			t.Errorf("%+v over %+v: %v", tt.after, tt.before, err)
		}
	}
}
