// Package repairtest is the behaviour of a store when people repair documents:
// retries, edits, orders to send again and skips, and what happens when several
// act at once or while the engine works.
//
// It may import engine/ledger, sdk/fault and worldtest: never a database; only
// packages that end in test import it.
package repairtest

import (
	"errors"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
)

// Areas lists the scenarios.
func Areas() []worldtest.Area {
	return []worldtest.Area{
		{Name: "retry", Scenarios: retryScenarios()},
		{Name: "edit", Scenarios: editScenarios()},
		{Name: "resend", Scenarios: resendScenarios()},
		{Name: "skip", Scenarios: skipScenarios()},
		{Name: "restore", Scenarios: restoreScenarios()},
	}
}

const actor = "会计"

func rec(key, contents string) ledger.Incoming { return worldtest.Rec(key, contents) }

// order is an action on a document as it is now.
func order(w *worldtest.World, key string, action ledger.Action) ledger.Repair {
	w.Helper()
	doc := w.Doc(key)
	return ledger.Repair{
		Workspace: w.Workspace, Document: doc.ID, Action: action, Seen: doc.Sight(), Actor: actor, Now: w.Now,
		Delivery: ledger.DeliveryKey{Document: doc.ID, NodeNo: worldtest.NodeNo},
	}
}

// carry carries an order out that must succeed, and gives the work that is due.
func carry(w *worldtest.World, r ledger.Repair) []ledger.ID {
	w.Helper()
	work, err := w.Store.Repair(w.Context(), r)
	w.Must(err)
	return work
}

// retried retries a document that must then wait alone in a row that is due.
func retried(w *worldtest.World, key string) ledger.ID {
	w.Helper()
	work := carry(w, order(w, key, ledger.RetryDocument))
	doc := w.Doc(key)
	w.Same("it waits", []any{doc.State, work}, []any{ledger.Waiting, []ledger.ID{doc.Work}})
	w.Same("problem", w.Problem(key) == nil, true)
	return doc.Work
}

// refused fails unless an order is answered by the code, and nothing changed.
func refused(w *worldtest.World, r ledger.Repair, code string) {
	w.Helper()
	before, err := w.Store.Ailing(w.Context(), r.Workspace, r.Document)
	w.Must(err)
	if _, err := w.Store.Repair(w.Context(), r); fault.CodeOf(err) != code {
		w.Fatalf("error %v, want %s", err, code)
	}
	after, err := w.Store.Ailing(w.Context(), r.Workspace, r.Document)
	w.Must(err)
	w.Same("document", after, before)
}

// ends pulls document "a" and lets its only delivery and itself end so.
func ends(w *worldtest.World, delivery ledger.DeliveryState, code string, state ledger.State) ledger.Intent {
	w.Helper()
	w.Pull(rec("a", "1"))
	work := w.ClaimDoc("a")
	in := w.Send(work, "a", "t-a")
	w.Must(w.Answer(work, ledger.Resolution{
		DeliveryKey: in.DeliveryKey, Attempt: in.Attempt, State: delivery, Code: code, Message: "库存不足", Args: map[string]string{"0": "库存"}, Absent: 2, FreeKey: delivery == ledger.DeliveryRejected,
	}))
	w.Conclude(work, w.Settled("a", state))
	return in
}

// deliver claims a document, sends its row and concludes it.
func deliver(w *worldtest.World, key, target string) {
	w.Helper()
	work := w.ClaimDoc(key)
	w.Must(w.Answer(work, worldtest.Done(w.Send(work, key, target))))
	w.Conclude(work, w.Settled(key, ledger.Delivered))
}

// raced lets two people carry the same order out at once: one of them must do it.
func raced(w *worldtest.World, orders ...ledger.Repair) {
	w.Helper()
	errs := make([]error, len(orders))
	w.Together(len(orders), func(i int) error {
		_, errs[i] = w.Store.Repair(w.Context(), orders[i])
		return nil
	})
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case fault.CodeOf(err) != "document.changed":
			w.Fatalf("error %v, want document.changed", err)
		}
	}
	w.Same("one wins", won, 1)
}

func foreign(w *worldtest.World, r ledger.Repair) {
	w.Helper()
	r.Workspace++
	_, repairing := w.Store.Repair(w.Context(), r)
	_, looking := w.Store.Ailing(w.Context(), r.Workspace, r.Document)
	if !errors.Is(repairing, ledger.ErrNotFound) || !errors.Is(looking, ledger.ErrNotFound) {
		w.Fatalf("errors %v and %v, want ErrNotFound", repairing, looking)
	}
}

// history gives the bodies of archived delivery rows.
func history(w *worldtest.World, key string) []string {
	w.Helper()
	h, ok := w.Store.(worldtest.Historian)
	if !ok {
		w.Fatalf("the store offers no history")
	}
	rows, err := h.History(w.Context(), w.Doc(key).ID)
	w.Must(err)
	var bodies []string
	for _, d := range rows {
		bodies = append(bodies, string(d.Body))
	}
	slices.Sort(bodies)
	return bodies
}
