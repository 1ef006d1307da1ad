package pushtest

import (
	"errors"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// feedScenarios are of documents that wait for base data of a connection.
func feedScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "base data that come make what waits for them due", Run: func(w *worldtest.World) {
			refuse(w, "a", w.Now)
			w.Now += 1000
			w.Same("another type", feed(w, "x", "material", w.Connection), []ledger.ID(nil))
			w.Same("another connection", feed(w, "y", "customer", w.Connection+1), []ledger.ID(nil))
			w.Same("not due", due(w, "a"), false)
			work := feed(w, "z", "customer", w.Connection)
			w.Same("the page tells", work, []ledger.ID{w.Doc("a").Work})
			w.Same("due", due(w, "a"), true)
			w.Same("its row too", w.Delivery("a").NextAt <= w.Now, true)
			w.Same("once", feed(w, "zz", "customer", w.Connection), []ledger.ID(nil))
		}},
		{Name: "a page that brings nothing new wakes nobody", Run: func(w *worldtest.World) {
			feed(w, "z", "customer", w.Connection)
			refuse(w, "a", w.Now)
			w.Now += 1000
			feed(w, "z", "customer", w.Connection)
			w.Same("not due", due(w, "a"), false)
		}},
		{Name: "data that came while the target was asked", Run: func(w *worldtest.World) {
			refuse(w, "first", w.Now) // so that somebody has ever waited
			asked := w.Now
			work := hold(w, "a")
			in := w.Send(work, "a", "t-a")
			w.Now += 500
			feed(w, "z", "customer", w.Connection)
			w.Now += 500
			end(w, work, in, asked)
			w.Same("due at once", due(w, "a"), true)
		}},
		{Name: "what is refused again and again waits longer", Run: func(w *worldtest.World) {
			for range 4 {
				refuse(w, "a", w.Now)
				w.Now++
				feed(w, "page"+w.Doc("a").Key+time.Duration(w.Now).String(), "customer", w.Connection)
				for !due(w, "a") {
					w.Now += 500
				}
			}
			refuse(w, "a", w.Now)
			w.Now++
			at := w.Now
			feed(w, "last", "customer", w.Connection)
			w.Same("not at once", due(w, "a"), false)
			for !due(w, "a") {
				w.Now += 500
			}
			w.Same("but sooner than by its time", w.Now.Time().Sub(at.Time()) < time.Minute, true)
		}},
		{Name: "one that was skipped meanwhile stays so", Run: func(w *worldtest.World) {
			refuse(w, "a", w.Now)
			doc := w.Doc("a")
			_, err := w.Store.Repair(w.Context(), ledger.Repair{Workspace: doc.Workspace, Document: doc.ID, Action: ledger.SkipDocument, Seen: doc.Sight(), Actor: "who", Now: w.Now})
			w.Must(err)
			w.Now += 1000
			w.Same("nothing is due", feed(w, "z", "customer", w.Connection), []ledger.ID(nil))
			w.Same("state", w.Doc("a").State, ledger.Skipped)
		}},
		{Name: "the end of a walk races with the data", Run: func(w *worldtest.World) {
			refuse(w, "first", w.Now)
			for i := range 20 {
				key := "race" + time.Duration(i).String()
				asked := w.Now
				work := hold(w, key)
				in := w.Send(work, key, "t-"+key)
				o := outcome(w, work, in, asked)
				page := w.PageOf(rec("page"+key, "1"))
				page.BaseData, page.Connection = "customer", w.Connection
				var both sync.WaitGroup
				var ended, fed error
				both.Go(func() { _, ended = w.Store.CommitOutcome(w.Context(), o) })
				both.Go(func() { _, fed = w.Store.CommitPage(w.Context(), page) })
				both.Wait()
				w.Must(errors.Join(ended, fed))
				w.Same("whoever came first, it is due", due(w, key), true)
				w.Now += 10_000
			}
		}},
	}
}

// hold pulls a document, or waits until it is due again, and claims it.
func hold(w *worldtest.World, key string) ledger.Work {
	w.Helper()
	if len(w.Documents()) == 0 || !known(w, key) {
		w.Pull(rec(key, "1"))
	}
	return w.ClaimDoc(key)
}

func known(w *worldtest.World, key string) bool {
	for _, d := range w.Documents() {
		if d.Key == key {
			return true
		}
	}
	return false
}

// refuse ends a walk of a document that the target refused for the lack of base data.
func refuse(w *worldtest.World, key string, asked ledger.Millis) {
	w.Helper()
	work := hold(w, key)
	end(w, work, w.Send(work, key, "t-"+key), asked)
}

func end(w *worldtest.World, work ledger.Work, in ledger.Intent, asked ledger.Millis) {
	w.Helper()
	_, err := w.Store.CommitOutcome(w.Context(), outcome(w, work, in, asked))
	w.Must(err)
}

func outcome(w *worldtest.World, work ledger.Work, in ledger.Intent, asked ledger.Millis) ledger.Outcome {
	o := w.Outcome(work)
	later := w.Now.Add(10 * time.Minute)
	o.Deliveries = []ledger.Resolution{{DeliveryKey: in.DeliveryKey, Attempt: in.Attempt, State: ledger.DeliveryRetryAt, Code: "vendor.missing", NextAt: later}}
	var key string
	for _, d := range w.Documents() {
		if d.ID == in.Document {
			key = d.Key
		}
	}
	settled := w.Settled(key, ledger.RetryAt)
	settled.RetryAt, settled.Problem = later, &ledger.Problem{Code: "vendor.missing"}
	settled.Feeds = []ledger.Feed{{Connection: w.Connection, Type: "customer", Asked: asked}}
	o.Documents = []ledger.Settled{settled}
	return o
}

// feed commits a page of base data and gives the work that it makes due besides its own.
func feed(w *worldtest.World, key, kind string, connection ledger.ID) []ledger.ID {
	w.Helper()
	page := w.PageOf(rec(key, "1"))
	page.BaseData, page.Connection = kind, connection
	result, err := w.Store.CommitPage(w.Context(), page)
	w.Must(err)
	var out []ledger.ID
	for _, id := range result.Work {
		if known(w, key) && id != w.Doc(key).Work {
			out = append(out, id)
		}
	}
	return out
}

// due reports whether a document's work is due.
func due(w *worldtest.World, key string) bool {
	w.Helper()
	all, err := w.Store.Due(w.Context(), w.Now, 1000)
	w.Must(err)
	for _, work := range all {
		if work.ID == w.Doc(key).Work {
			return true
		}
	}
	return false
}
