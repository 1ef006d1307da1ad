package errandtest

import (
	"time"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
)

func taken(w *world) {
	doc := w.doc("a")
	w.enter("a", w.writeback(doc, "1"))
	held := w.take(w.due()...)
	skip := func() error {
		_, err := w.errands.Mend(w.Context(), errand.Repair{Workspace: w.Workspace, ID: held[0].ID, Action: errand.Skip, Actor: "ada", Now: w.Now})
		return err
	}
	w.Same("while the claim stands", fault.CodeOf(skip()), "errand.busy")
	w.Now = w.Now.Add(worldtest.Lease)
	w.Must(skip())
	w.Fenced("Intend", w.errands.Intend(w.Context(), held, w.Now))
	w.answer(held[0], errand.Done, 0)
	w.Same("on record", states(w.of(doc.ID)), []string{"1 skipped"})
}

func left(w *world) {
	count := func() (int, ledger.Millis) {
		n, due, err := w.errands.Left(w.Context(), []ledger.ID{w.Flow})
		w.Must(err)
		return n, due
	}
	n, due := count()
	w.Same("none", []any{n, due}, []any{0, ledger.Millis(0)})
	doc := w.doc("a")
	w.enter("a", w.writeback(doc, "1"), w.message(doc, "m", w.Now.Add(time.Hour)))
	n, due = count()
	w.Same("two", []any{n, due}, []any{2, w.Now})
	w.answer(w.send()[0], errand.Done, 0)
	n, due = count()
	w.Same("one", []any{n, due}, []any{1, w.Now.Add(time.Hour)})
	n, _, err := w.errands.Left(w.Context(), nil)
	w.Must(err)
	w.Same("of no flow", n, 0)
}
