package rules_test

import (
	"errors"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/moves"
	"github.com/karezflow/karez/engine/ledger/rules"
)

func refusal(err error) string {
	var refused *ledger.MoveError
	if !errors.As(err, &refused) {
		return ""
	}
	return refused.Event + " " + refused.From + " " + refused.To
}

// TestRefusedWalk ends a walk where no walk ends: nothing is settled, the document is
// walked again later, and the others of its batch go on.
func TestRefusedWalk(t *testing.T) {
	t.Parallel()
	doc, other := walked(ledger.Waiting), walked(ledger.Waiting)
	other.ID = 51
	o := ended(ledger.Settled{Document: 50, Rev: 1, State: ledger.Superseded}, ledger.Settled{Document: 51, Rev: 1, State: ledger.Collected})
	docs := map[ledger.ID]*ledger.Document{50: doc, 51: other}
	plan := rules.PlanOutcome(o, ledger.Work{ID: doc.Work, Attempts: 1}, docs, nil, nil, ids(200))
	check(t, "refused", []any{len(plan.Refused), refusal(plan.Err())}, []any{1, "settle claimed superseded"})
	check(t, "it waits", []any{doc.State, doc.Work != 0, len(plan.Work), plan.Work[0].Due > o.Now}, []any{ledger.Waiting, true, 1, true})
	check(t, "the other", other.State, ledger.Collected)
	deltas := ledger.Deltas{}
	deltas.Move(30, ledger.Waiting, ledger.Collected)
	check(t, "deltas", plan.Deltas, deltas)
}

// TestFollowTakesNoWalked lets a document follow a bill that it can't be in.
func TestFollowTakesNoWalked(t *testing.T) {
	t.Parallel()
	follow := func(from, to ledger.State) rules.OutcomePlan {
		doc := walked(from)
		doc.Work = 0
		o := ledger.Outcome{Documents: []ledger.Settled{{Document: 50, Rev: 1, State: to}}, Now: 2000}
		return rules.PlanFollow(moves.Follow, o, ledger.Work{}, map[ledger.ID]*ledger.Document{50: doc}, nil, ids(200))
	}
	plan := follow(ledger.Waiting, ledger.Delivered)
	check(t, "refused", refusal(plan.Err()), "follow waiting delivered")
	plan = follow(ledger.Held, ledger.Skipped)
	check(t, "skipped with its bill", []any{plan.Err(), plan.Update[0].State}, []any{nil, ledger.Skipped})
}

// TestRefusedPage reads a record whose document is on record in a state that none has.
func TestRefusedPage(t *testing.T) {
	t.Parallel()
	doc := row(ledger.Dropped)
	want := "archive " + ledger.Dropped.String() + " " + ledger.Dropped.String()
	plan := rules.PlanPage(page(in("a", 2)), known(doc), nil, ids(100))
	check(t, "refused", refusal(plan.Err()), want)
	var none rules.PagePlan
	check(t, "a plan that has nothing", none.Err(), nil)
}

// TestRefusedWithdrawal reads a window anew that holds what was delivered.
func TestRefusedWithdrawal(t *testing.T) {
	t.Parallel()
	doc := *walked(ledger.Delivered)
	plan := rules.PlanWithdraw(7, []rules.Withheld{{Document: doc, Work: &ledger.Work{ID: doc.Work}}}, 2000, ids(200))
	check(t, "refused", refusal(plan.Err()), "withdraw delivered superseded")
}
