package handtest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// anyOrder changes documents, walks, repeats walks, switches the other flow and walks
// there in any order. Whatever happens, every revision that ended its walk is handed
// over exactly once, and the other flow has the last one of every key.
func anyOrder(t *testing.T, store Store) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(reporter{t}, store)
		w.to.OnSeen = ledger.Revise
		on := true
		revs := map[string]int{}
		handed := map[string]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"change": func(t *rapid.T) {
				key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
				if revs[key] > 0 && inFlight(w.Doc(key)) {
					t.Skip("in flight")
				}
				revs[key]++
				w.PullAs(ledger.Revise, worldtest.Rec(key, fmt.Sprint(revs[key])))
			},
			"walk": func(t *rapid.T) {
				key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
				if revs[key] == 0 || w.Doc(key).Work == 0 {
					t.Skip("nothing to walk")
				}
				state := rapid.SampledFrom([]ledger.State{ledger.Delivered, ledger.Collected, ledger.RetryAt}).Draw(t, "state")
				w.walk(key, state, worldtest.Rec(key, fmt.Sprint(w.Doc(key).ActiveRev)))
				handed[fmt.Sprint(key, w.Doc(key).ActiveRev)] = true
				w.Now = w.Now.Add(2 * 60 * worldtest.Lease)
				w.next.Now = w.Now
			},
			"switch": func(*rapid.T) {
				on = !on
				if on {
					w.publish()
				}
				w.enable(on)
			},
			"walk there": func(t *rapid.T) {
				due := w.next.Due()
				if len(due) == 0 {
					t.Skip("nothing is due")
				}
				work := w.next.Claim(due[0].ID, "worker")
				var out []ledger.Settled
				for _, task := range w.next.Load(work) {
					s := w.next.Settled(task.Document.Key, ledger.Delivered)
					s.OnSeen = ledger.Revise
					out = append(out, s)
				}
				w.next.Conclude(work, out...)
			},
			"end the run": func(*rapid.T) {
				for _, run := range w.runs() {
					_, err := store.FinishRun(w.Context(), run.ID, w.Now)
					w.Must(err)
				}
			},
			"": func(t *rapid.T) {
				w.check()
				if len(w.next.Runs) == 0 {
					return
				}
				n, last := 0, map[string]int{}
				for _, doc := range w.next.Documents() {
					hands, err := store.HandedFrom(w.Context(), doc.ID)
					w.Must(err)
					for _, h := range hands {
						if !handed[fmt.Sprint(doc.Key, h.Rev)] {
							t.Fatalf("%s of revision %d was never handed over", doc.Key, h.Rev)
						}
						last[doc.Key] = max(last[doc.Key], h.Rev)
					}
					n += len(hands)
					if want := fmt.Sprint(last[doc.Key]); doc.LatestRev == doc.ActiveRev {
						w.next.Body(doc.Key, worldtest.Rec(doc.Key, want).Body)
					}
				}
				if n != len(handed) {
					t.Fatalf("%d hand-overs are on record, %d were made: %v", n, len(handed), handed)
				}
			},
		})
	})
}

// reporter lets a world stand on a rapid test.
type reporter struct{ *rapid.T }

func inFlight(doc ledger.Document) bool { return doc.InFlight() }
