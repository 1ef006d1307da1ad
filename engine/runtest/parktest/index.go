package parktest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func indexScenarios() map[string]func(*shop) {
	return map[string]func(*shop){
		"a stream that nobody pulled":           unpulled,
		"the newest revisions are found":        newest,
		"the newest document comes first":       byAge,
		"an edited payload is found":            edited,
		"whatever state a document is in":       anyState,
		"values of every kind":                  values,
		"documents of before":                   ofBefore,
		"what changes while the index is built": whileBuilt,
		"paths that come later":                 later,
		"several builders and pages at once":    builders,
		"registered while pages are committed":  registered,
	}
}

// shop is a world with a second stream, items, that documents of the first look into.
type shop struct {
	*world

	flow   string
	items  ledger.Stream
	window ledger.Window
	ask    *lookup.Resolver
}

func newShop(t worldtest.Reporter, store Store) *shop {
	t.Helper()
	w := newWorld(t, store)
	s := &shop{world: w, flow: fmt.Sprint("flow-", w.Flow), items: w.OpenStream("items"), ask: lookup.New(store)}
	w.Must(store.PublishFlow(w.Context(), w.Workspace, w.Flow, s.flow))
	s.inItems(func() { s.window = w.StartWindow(ledger.Live, 0, 100) })
	return s
}

// inItems does something with the items as the world's stream.
func (s *shop) inItems(do func()) {
	stream, window := s.Stream, s.Window
	s.Stream, s.Window = s.items, s.window
	defer func() { s.Stream, s.Window = stream, window }()
	do()
}

// pull commits a page of items, JSON texts by key.
func (s *shop) pull(docs ...string) (result ledger.PageResult) {
	s.Helper()
	s.inItems(func() { result = s.PullAs(ledger.Revise, bodies(docs)...) })
	return result
}

// bodies gives records of pairs of a key and a body.
func bodies(docs []string) []ledger.Incoming {
	var out []ledger.Incoming
	for i := 0; i < len(docs); i += 2 {
		out = append(out, worldtest.Raw(docs[i], []byte(docs[i+1])))
	}
	return out
}

func (s *shop) register(paths ...string) {
	s.Helper()
	stream, err := s.store.RegisterLookups(s.Context(), s.Workspace, s.flow, "items", paths)
	s.Must(err)
	s.Same("stream", stream, s.items.ID)
}

// build indexes what was there before, two documents at a time, and gives how often.
func (s *shop) build() int {
	s.Helper()
	for n := 1; ; n++ {
		done, err := s.store.BuildIndex(s.Context(), s.items.ID, 2)
		s.Must(err)
		if done {
			return n
		}
	}
}

// find is a look-up of a field by pairs of paths and values.
func (s *shop) find(find string, where ...string) item.Lookup {
	l := item.Lookup{From: s.flow + ".items", Find: find}
	for i := 0; i < len(where); i += 2 {
		l.Where = append(l.Where, item.Equal{Path: where[i], Value: where[i+1]})
	}
	return l
}

// answer gives what a look-up finds, and the wait of who can't do without.
func (s *shop) answer(l item.Lookup) (string, ledger.Wait) {
	s.Helper()
	found, err := s.ask.Answer(s.Context(), s.Workspace, []item.Lookup{l})
	s.Must(err)
	var texts []string
	for _, v := range found[l.Key()].Values {
		texts = append(texts, string(v.Raw()))
	}
	return strings.Join(texts, " "), found[l.Key()].Wait
}

// finds proves what is found, the newest first.
func (s *shop) finds(want, find string, where ...string) {
	s.Helper()
	got, _ := s.answer(s.find(find, where...))
	s.Same(fmt.Sprintf("%s where %v", find, where), got, want)
}

// refused proves why a look-up is not answered.
func (s *shop) refused(code string, l item.Lookup) {
	s.Helper()
	_, err := s.ask.Answer(s.Context(), s.Workspace, []item.Lookup{l})
	s.Same(fmt.Sprintf("the refusal of %v", l), fault.CodeOf(err), code)
}

func unpulled(s *shop) {
	s.refused("lookup.preparing", s.find("name", "no", "1"))
	other := s.find("name", "no", "1")
	other.From = "nothing.items"
	s.refused("lookup.stream_gone", other)
	_, err := s.store.RegisterLookups(s.Context(), s.Workspace, "nothing", "items", []string{"no"})
	s.Same("not found", errors.Is(err, ledger.ErrNotFound), true)
	_, err = s.store.RegisterLookups(s.Context(), s.Flow, s.flow, "items", []string{"no"}) // another workspace
	s.Same("not found", errors.Is(err, ledger.ErrNotFound), true)
	s.register("no", "name")
	s.Same("steps", s.build(), 1)
	s.finds("", "name", "no", "1")
	s.refused("lookup.preparing", s.find("colour", "no", "1"))
	s.register("no", "name")
	s.pull("1", `{"no":"1","name":"one"}`)
	s.finds(`"one"`, "name", "no", "1")
}

func newest(s *shop) {
	s.register("no", "name", "lines.sku")
	s.pull("a", `{"no":"1","name":"old","lines":[{"sku":"x"},{"sku":"y"}],"more":1}`, "b", `{"no":"1","name":"newer"}`)
	s.finds(`"newer" "old"`, "name", "no", "1")
	s.finds(`"old"`, "name", "lines.sku", "y")
	s.finds(`{"no":"1","name":"newer"} {"no":"1","name":"old","lines":[{"sku":"x"},{"sku":"y"}]}`, "", "no", "1")
	before := s.versionOf()
	s.pull("a", `{"no":"1","name":"old","lines":[{"sku":"x"},{"sku":"y"}],"more":1}`)
	s.Same("version after reading the same again", s.versionOf(), before)
	// The older one is in flight: the newer queues, and is what is found.
	s.pull("a", `{"no":"2","name":"new","lines":[{"sku":"y"},{"sku":"z"}]}`)
	s.Same("version after a change", s.versionOf(), before+1)
	s.finds(`"newer"`, "name", "no", "1")
	s.finds(`"new"`, "name", "no", "2")
	s.finds("", "name", "lines.sku", "x")
	s.finds(`"new"`, "name", "lines.sku", "z")
	s.pull("c", `{"no":"3","name":"first"}`, "c", `{"no":"3","name":"second"}`, "c", `{"no":"4","name":"third"}`)
	s.finds("", "name", "no", "3")
	s.finds(`"third"`, "name", "no", "4")
}

// byAge proves which of several documents comes first: the one that changed last in
// its source, of these the one that was read last, however the index came to know them.
func byAge(s *shop) {
	at := func(key, name string, modified ledger.Millis) ledger.Incoming {
		in := worldtest.Raw(key, fmt.Appendf(nil, `{"no":"1","name":%q}`, name))
		in.Modified = modified
		return in
	}
	pull := func(docs ...ledger.Incoming) { s.inItems(func() { s.PullAs(ledger.Revise, docs...) }) }
	pull(at("a", "a", 30), at("b", "b", 10), at("c", "c", 20))
	s.register("no", "name")
	s.build()
	s.finds(`"a" "c" "b"`, "name", "no", "1")
	pull(at("d", "d", 20), at("e", "e", 5))
	s.finds(`"a" "d" "c" "b" "e"`, "name", "no", "1")
	s.Now = s.Now.Add(time.Second)
	pull(at("c", "c2", 20)) // queues behind the first revision, and was read after d
	s.finds(`"a" "c2" "d" "b" "e"`, "name", "no", "1")
	pull(at("e", "e2", 40), at("f", "f", 0))
	s.finds(`"e2" "a" "c2" "d" "b" "f"`, "name", "no", "1")
}

// versionOf gives the version of the items.
func (s *shop) versionOf() int64 {
	s.Helper()
	stream, ok, err := s.store.LookupStream(s.Context(), s.Workspace, s.flow, "items")
	s.Must(err)
	if !ok || stream.ID != s.items.ID {
		s.Fatalf("the stream %d is found as %v, %t", s.items.ID, stream, ok)
	}
	return stream.Version
}

func edited(s *shop) {
	s.register("no", "name")
	s.pull("a", `{"no":"1","name":"wrong"}`)
	s.Pull(worldtest.Rec("waits", "1"))
	_, wait := s.answer(s.find("name", "no", "2"))
	s.Conclude(s.ClaimDoc("waits"), s.unmapped("waits", []ledger.Wait{wait}))
	var work []ledger.ID
	s.inItems(func() {
		s.Walk("a", ledger.Rejected)
		doc := s.Doc("a")
		var err error
		work, err = s.Store.Repair(s.Context(), ledger.Repair{
			Workspace: s.Workspace, Document: doc.ID, Action: ledger.RetryDocument, Seen: doc.Sight(), Source: []byte(`{"no":"2","name":"right"}`), Actor: "someone", Now: s.Now,
		})
		s.Must(err)
	})
	s.finds("", "name", "no", "1")
	s.finds(`"right"`, "name", "no", "2")
	s.released("waits", work)
}

func anyState(s *shop) {
	s.register("no")
	s.pull("a", `{"no":"1"}`)
	s.inItems(func() {
		s.Commit(s.PageOf(worldtest.Refused(worldtest.Raw("b", []byte(`{"no":"2"}`)))))
		s.Walk("a", ledger.Filtered)
	})
	s.finds(`"1"`, "no", "no", "1")
	s.finds(`"2"`, "no", "no", "2")
}

func values(s *shop) {
	long := strings.Repeat("长", 100)
	s.register("v", "n", "a.b")
	texts := []string{"A", "a", "A ", "Ａ", "%", "\\\\", "'", long, long + "1", "1.0", "1"}
	for i, text := range texts {
		s.pull(number(i), fmt.Sprintf(`{"v":"%s","n":%d,"a":{"b":true}}`, text, i))
	}
	s.pull("numbers", `{"v":1.0,"n":12345678901234567890.10}`, "blank", `{"v":"","n":"blank"}`, "null", `{"v":null,"n":"null"}`, "none", `{"n":"none"}`)
	for i, text := range texts {
		want := number(i)
		if text == "1.0" {
			want = "12345678901234567890.10 " + want
		}
		s.finds(want, "n", "v", strings.ReplaceAll(text, `\\`, `\`))
	}
	s.finds("", "n", "v", "")
	s.finds("", "n", "v", "\xff")
	s.finds("1.0", "v", "n", "12345678901234567890.10")
	s.finds("true", "a.b", "n", "3")
	// By the condition that tells most apart; a place that nobody has is waited for.
	_, wait := s.answer(s.find("v", "a.b", "true", "n", "99"))
	s.Same("what is waited for", wait.Value, lookup.StreamPlace(2, "99"))
	s.finds(`"a"`, "v", "a.b", "true", "n", "1")
}

func ofBefore(s *shop) {
	s.pull("a", `{"no":"1","name":"one"}`, "b", `{"no":"2","name":"two"}`, "c", `{"no":"3","name":"three"}`, "d", `{"no":"4","name":"four"}`, "e", `{"no":"5","name":"five"}`)
	s.pull("b", `{"no":"2","name":"zwei"}`) // queues
	s.register("no", "name")
	s.refused("lookup.preparing", s.find("name", "no", "5"))
	before := s.versionOf()
	done, err := s.store.BuildIndex(s.Context(), s.items.ID, 2)
	s.Must(err)
	s.Same("done", done, false)
	s.refused("lookup.preparing", s.find("name", "no", "5"))
	s.register("no") // once more: what is built stays
	s.Same("steps that remain", s.build(), 2)
	for i, name := range []string{"one", "zwei", "three", "four", "five"} {
		s.finds(`"`+name+`"`, "name", "no", number(i+1))
	}
	if s.versionOf() == before {
		s.Fatalf("the version is %d as before the index was ready", before)
	}
	s.Same("steps when all is ready", s.build(), 1)
}

func whileBuilt(s *shop) {
	s.pull("a", `{"no":"1","name":"one"}`, "b", `{"no":"2","name":"two"}`, "c", `{"no":"3","name":"three"}`)
	s.register("no", "name")
	_, err := s.store.BuildIndex(s.Context(), s.items.ID, 1)
	s.Must(err)
	s.pull("a", `{"no":"11","name":"uno"}`, "c", `{"no":"33","name":"tres"}`, "d", `{"no":"4","name":"four"}`)
	s.build()
	for no, name := range map[string]string{"1": "", "2": `"two"`, "3": "", "4": `"four"`, "11": `"uno"`, "33": `"tres"`} {
		s.finds(name, "name", "no", no)
	}
}

func later(s *shop) {
	s.register("no")
	s.pull("a", `{"no":"1","name":"one","of":{"x":"1","y":"2"}}`, "b", `{"no":"2","name":"two"}`, "c", `{"no":"3","name":"three"}`)
	s.register("name")
	_, err := s.store.BuildIndex(s.Context(), s.items.ID, 1)
	s.Must(err)
	s.register("of")
	s.finds(`"1"`, "no", "no", "1")
	s.refused("lookup.preparing", s.find("name", "no", "1"))
	s.build()
	s.finds(`"one"`, "name", "no", "1")
	s.finds(`"2"`, "no", "name", "two")
	s.finds(`{"x":"1","y":"2"}`, "of", "no", "1")
	// What is kept holds the values of the next path already, but nobody finds them yet.
	s.register("of.x")
	s.pull("a", `{"no":"1","name":"uno","of":{"x":"1","y":"2"}}`)
	s.build()
	s.finds(`"uno"`, "name", "of.x", "1")
}

func builders(s *shop) {
	const documents, workers = 30, 3
	for i := range documents {
		s.pull(number(i), fmt.Sprintf(`{"no":"%d","name":"old"}`, i))
	}
	s.register("no", "name")
	pages := make([]ledger.PageCommit, workers)
	s.inItems(func() {
		for n := range pages {
			var docs []string
			for i := n; i < documents; i += 2 * workers {
				docs = append(docs, number(i), fmt.Sprintf(`{"no":"%d","name":"new"}`, i))
			}
			pages[n] = s.PageOf(bodies(docs)...)
		}
	})
	s.Together(2*workers, func(i int) error {
		if i < workers {
			_, err := s.Store.CommitPage(s.Context(), pages[i])
			return err
		}
		for {
			done, err := s.store.BuildIndex(s.Context(), s.items.ID, 2)
			if done || err != nil {
				return err
			}
		}
	})
	for i := range documents {
		want := `"old"`
		if i%(2*workers) < workers {
			want = `"new"`
		}
		s.finds(want, "name", "no", number(i))
	}
}

// registered looks into a stream while it is pulled: no document is missed.
func registered(s *shop) {
	const workers, each = 4, 5
	pages := make([]ledger.PageCommit, workers*each)
	s.inItems(func() {
		for i := range pages {
			pages[i] = s.PageOf(bodies([]string{number(i), fmt.Sprintf(`{"no":"%d"}`, i)})...)
		}
	})
	s.Together(workers+1, func(n int) error {
		if n == workers {
			_, err := s.store.RegisterLookups(s.Context(), s.Workspace, s.flow, "items", []string{"no"})
			return err
		}
		for i := range each {
			if _, err := s.Store.CommitPage(s.Context(), pages[n*each+i]); err != nil {
				return err
			}
		}
		return nil
	})
	s.build()
	for i := range pages {
		s.finds(`"`+number(i)+`"`, "no", "no", number(i))
	}
}
