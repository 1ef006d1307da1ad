package groupstore_test

import (
	"errors"
	"testing"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/decision"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/once"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/decisionstore"
	"github.com/karezflow/karez/server/store/oncestore"
	"github.com/karezflow/karez/server/store/storetest"
)

// compose lets all orders wait and makes the bills, which nobody delivers.
func (w *workshop) compose() {
	w.Helper()
	w.Must(w.Store.EndPulling(w.Context(), w.Run.ID, nil, w.Now))
	for _, row := range w.Due() {
		work := w.Claim(row.ID, "worker")
		o := w.Outcome(work)
		for _, task := range w.Load(work) {
			o.Documents = append(o.Documents, w.held(task))
		}
		_, err := w.Store.CommitOutcome(w.Context(), o)
		w.Must(err)
	}
	_, err := w.closer.Sweep(w.Context())
	w.Must(err)
}

// ejecting is a person's wish to take an order out of its bill.
func (w *workshop) ejecting(key string) barrier.Ejecting {
	w.Helper()
	doc, groups, err := w.store.Grouped(w.Context(), w.Workspace, w.Doc(key).ID)
	w.Must(err)
	e := barrier.Ejecting{Workspace: w.Workspace, Document: doc.ID, Seen: doc.Sight(), Actor: "会计", Note: "下月再入", Now: w.Now}
	for _, g := range groups {
		bill, err := w.closer.Without(w.Context(), g, doc.ID)
		w.Must(err)
		e.Remade = append(e.Remade, barrier.Remade{Group: g.Head.Document, Seq: g.Head.Seq, Bill: bill})
	}
	return e
}

// TestEjectIsRecorded: who took an order out of its bill, and why, stands in the history of
// the order and of the bill, with both texts of the bill; one that is refused leaves none.
func TestEjectIsRecorded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := &workshop{store: wholeOf(db), World: worldtest.New(t, wholeOf(db))}
		w.use()
		w.Pull(worldtest.Raw("a", []byte(`{"shop":7,"fee":1,"l":[{"n":1}]}`)), worldtest.Raw("b", []byte(`{"shop":7,"fee":2,"l":[{"n":2}]}`)))
		w.compose()
		member, histories := w.Doc("a"), decisionstore.New(db)
		history := func(id ledger.ID) []decision.Event {
			events, err := histories.History(t.Context(), w.Workspace, id)
			w.Must(err)
			return events
		}
		keys := oncestore.New(db)
		late := w.ejecting("a")
		late.OrderKey = "k"
		late.Seen.Updated--
		if _, err := w.store.Eject(t.Context(), late); err == nil || len(history(member.ID)) != 0 {
			t.Fatalf("%v, and %v stands in the history", err, history(member.ID))
		}
		if o, err := keys.Order(t.Context(), w.Workspace, "k"); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("the key of what was refused is %v, %v", o, err)
		}
		e := w.ejecting("a")
		e.OrderKey, e.Asked = "k", -5
		bill := e.Remade[0].Group
		_, err := w.store.Eject(t.Context(), e)
		w.Must(err)

		o, err := keys.Order(t.Context(), w.Workspace, "k")
		w.Must(err)
		w.Same("its key", o, once.Order{Key: "k", Object: member.ID, Asked: -5})
		of := history(member.ID)
		w.Same("of the order", []any{len(of), of[0].Action, of[0].Actor, of[0].Note, of[0].Rev, of[0].At, of[0].Edited}, []any{1, document.ActionEject, "会计", "下月再入", 1, w.Now, false})
		of = history(bill)
		w.Same("of the bill", []any{len(of), of[0].Action, of[0].Actor, of[0].Note, of[0].Edited}, []any{1, document.ActionRecompose, "会计", "下月再入", true})
		texts, err := histories.Change(t.Context(), w.Workspace, bill, of[0].ID)
		w.Must(err)
		w.Same("both texts", []string{string(texts.Before), string(texts.After)}, []string{`{"shop":7,"fee":3,"n":3,"l":[{"n":1},{"n":2}]}`, `{"shop":7,"fee":2,"n":2,"l":[{"n":2}]}`})
		_, err = decision.New(histories).History(access.With(t.Context(), access.Principal{Workspace: w.Workspace + 1, Role: access.Admin}), "1")
		if err == nil || errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("a stranger is told %v", err)
		}
	})
}
