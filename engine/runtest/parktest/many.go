package parktest

import (
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// Many parks so many documents on so many codes, fills all codes but one and proves
// that exactly the documents of that one stay. It gives how long the fill took.
func Many(t worldtest.Reporter, store Store, codes, documents int, clock func() time.Time) time.Duration {
	t.Helper()
	w := newWorld(t, store)
	took := w.most(codes, documents, clock)
	w.check()
	return took
}

func (w *world) most(codes, documents int, clock func() time.Time) time.Duration {
	w.Helper()
	last := codes / 2
	w.parkAll(documents, func(i int) string { return number(i % codes) })
	w.Counts(ledger.Counts{"pulled": documents, "accepted": documents, "unmapped": documents})
	var filled []string
	for i := range codes {
		if i != last {
			filled = append(filled, number(i))
		}
	}
	start := clock()
	work := w.fill(filled...)
	took := clock().Sub(start)
	stay, covered := 0, map[ledger.ID]int{}
	for i, doc := range w.Documents() {
		if i%codes != last {
			w.Same("state of "+doc.Key, doc.State, ledger.Waiting)
			covered[doc.Work]++
			continue
		}
		stay++
		w.Same("state of "+doc.Key, doc.State, ledger.Unmapped)
		waits, err := w.store.Waits(w.Context(), doc.ID)
		w.Must(err)
		w.Same("what "+doc.Key+" waits for", waits, []ledger.WaitKey{w.waits(number(last))[0].Key()})
	}
	w.Counts(ledger.Counts{"pulled": documents, "accepted": documents, "waiting": documents - stay, "unmapped": stay})
	for _, id := range work {
		if covered[id] == 0 || covered[id] > ledger.WorkSize {
			w.Fatalf("row %d covers %d documents", id, covered[id])
		}
		delete(covered, id)
	}
	w.Same("rows that nobody was told of", covered, map[ledger.ID]int{})
	return took
}

// race ends walks while the code that they miss is filled: nobody is parked for good
// on a code that is there.
func race(w *world) {
	const rounds, workers = 5, 4
	for round := range rounds {
		code := number(round)
		works := make([]ledger.Work, workers)
		outs := make([]ledger.Settled, workers)
		for i := range workers {
			key := code + "/" + number(i)
			w.Pull(worldtest.Rec(key, "1"))
			works[i] = w.ClaimDoc(key)
			outs[i] = w.unmapped(key, w.waits(code))
		}
		w.Together(workers+1, func(i int) error {
			if i == workers {
				_, err := w.store.Fill(w.Context(), w.table, map[string]string{code: "T"}, w.Now)
				return err
			}
			o := w.Outcome(works[i])
			o.Documents = []ledger.Settled{outs[i]}
			_, err := w.Ended(o)
			return err
		})
		for i := range workers {
			key := code + "/" + number(i)
			w.Same("state of "+key, w.Doc(key).State, ledger.Waiting)
			w.waitsFor(key)
		}
	}
}

// fills lets codes come at once, while people retry: every document is released once.
func fills(w *world) {
	const documents, fillers = 24, 4
	w.parkAll(documents, func(i int) string { return number(i % (2 * fillers)) })
	docs := w.Documents()
	w.Together(2*fillers, func(i int) error {
		if i >= fillers {
			for _, doc := range docs[i*3 : i*3+3] {
				// Who comes too late is told that the document changed.
				_, _ = w.Store.Repair(w.Context(), ledger.Repair{
					Workspace: w.Workspace, Document: doc.ID, Action: ledger.RetryDocument, Seen: doc.Sight(), Actor: "someone", Now: w.Now,
				})
			}
			return nil
		}
		_, err := w.store.Fill(w.Context(), w.table, map[string]string{number(i): "T", number(i + fillers): "T"}, w.Now)
		return err
	})
	for _, doc := range w.Documents() {
		w.Same("state of "+doc.Key, doc.State, ledger.Waiting)
		w.waitsFor(doc.Key)
	}
	w.Counts(ledger.Counts{"pulled": documents, "accepted": documents, "waiting": documents})
	n := 0
	for _, row := range w.Due() {
		n += len(w.Load(w.Claim(row.ID, "one")))
	}
	w.Same("documents to walk", n, documents)
}
