package parktest

import (
	"fmt"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func awaitedScenarios() map[string]func(*shop) {
	return map[string]func(*shop){
		"a page brings what is awaited":         brought,
		"a page between asking and parking":     between,
		"another value at the awaited place":    otherValue,
		"codes and documents at once":           both,
		"pages and the ends of walks at once":   pagesRace,
		"pages of an unstable window count too": held,
	}
}

// await parks a document of the first stream that looks an item up.
func (s *shop) await(key, no string) ledger.Wait {
	s.Helper()
	s.Pull(worldtest.Rec(key, "1"))
	got, wait := s.answer(s.find("name", "no", no))
	s.Same("what is found", got, "")
	result := s.Conclude(s.ClaimDoc(key), s.unmapped(key, []ledger.Wait{wait}))
	s.Same("stale documents", result.Stale, []ledger.ID{})
	s.Same("state of "+key, s.Doc(key).State, ledger.Unmapped)
	return wait
}

func brought(s *shop) {
	s.register("no", "name")
	s.await("a", "1")
	s.await("b", "2")
	s.pull("x", `{"no":"3","name":"three"}`)
	s.Same("state of a", s.Doc("a").State, ledger.Unmapped)
	page := s.pull("y", `{"no":"1","name":"one"}`)
	s.released("a", page.Work)
	s.Same("state of b", s.Doc("b").State, ledger.Unmapped)
	s.Same("rows, those of the page too", len(page.Work), 2)
	s.Same("due rows", len(s.Due()), 3)
	s.finds(`"one"`, "name", "no", "1")
	page = s.pull("y", `{"no":"1","name":"one"}`)
	s.Same("rows after reading the same again", len(page.Work), 0)
}

func between(s *shop) {
	s.register("no", "name")
	s.Pull(worldtest.Rec("a", "1"))
	work := s.ClaimDoc("a")
	_, wait := s.answer(s.find("name", "no", "1"))
	s.pull("x", `{"no":"1","name":"one"}`)
	result := s.Conclude(work, s.unmapped("a", []ledger.Wait{wait}))
	s.Same("stale documents", result.Stale, []ledger.ID{s.Doc("a").ID})
	s.released("a", result.Work)
}

// otherValue looks for a document by two of its fields: one document has the one,
// another the other, until the first comes to have both.
func otherValue(s *shop) {
	s.register("no", "org", "name")
	s.pull("x", `{"no":"1","org":"100","name":"one"}`, "y", `{"no":"2","org":"200","name":"two"}`)
	s.Pull(worldtest.Rec("a", "1"))
	got, wait := s.answer(s.find("name", "no", "1", "org", "200"))
	s.Same("what is found", got, "")
	s.Same("what is waited for", wait.Value, lookup.StreamPlace(1, "1"))
	s.Conclude(s.ClaimDoc("a"), s.unmapped("a", []ledger.Wait{wait}))
	page := s.pull("x", `{"no":"1","org":"200","name":"one"}`)
	s.released("a", page.Work)
	s.finds(`"one"`, "name", "no", "1", "org", "200")
}

func both(s *shop) {
	s.register("no", "name")
	for _, key := range []string{"a", "b"} {
		s.Pull(worldtest.Rec(key, "1"))
		_, wait := s.answer(s.find("name", "no", key))
		s.Conclude(s.ClaimDoc(key), s.unmapped(key, append(s.waits("S1"), wait)))
	}
	page := s.pull("x", `{"no":"a","name":"one"}`)
	s.released("a", page.Work)
	s.released("b", s.fill("S1"))
	s.pull("y", `{"no":"b","name":"two"}`)
	s.Same("due rows", len(s.Due()), 4)
}

func pagesRace(s *shop) {
	s.register("no", "name")
	const rounds, workers = 4, 3
	for round := range rounds {
		works, outs := make([]ledger.Work, workers), make([]ledger.Settled, workers)
		for i := range workers {
			key := fmt.Sprint(round, "/", i)
			s.Pull(worldtest.Rec(key, "1"))
			works[i] = s.ClaimDoc(key)
			_, wait := s.answer(s.find("name", "no", number(round)))
			outs[i] = s.unmapped(key, []ledger.Wait{wait})
		}
		var page ledger.PageCommit
		s.inItems(func() {
			page = s.PageOf(bodies([]string{number(round), fmt.Sprintf(`{"no":"%d","name":"x"}`, round)})...)
		})
		s.Together(workers+1, func(i int) error {
			if i == workers {
				_, err := s.Store.CommitPage(s.Context(), page)
				return err
			}
			o := s.Outcome(works[i])
			o.Documents = []ledger.Settled{outs[i]}
			_, err := s.Store.CommitOutcome(s.Context(), o)
			return err
		})
		for i := range workers {
			key := fmt.Sprint(round, "/", i)
			s.Same("state of "+key, s.Doc(key).State, ledger.Waiting)
		}
	}
}

// held brings an item by a page that holds its documents: it can be looked up, though
// nobody walks it yet.
func held(s *shop) {
	s.register("no", "name")
	s.await("a", "1")
	var page ledger.PageResult
	s.inItems(func() { page = s.PullHeld(worldtest.Raw("x", []byte(`{"no":"1","name":"one"}`))) })
	s.released("a", page.Work)
	s.Same("rows", len(page.Work), 1)
	s.finds(`"one"`, "name", "no", "1")
}
