package pulltest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func pageScenarios() []worldtest.Scenario {
	return []worldtest.Scenario{
		{Name: "new documents", Run: newDocuments},
		{Name: "the same page again", Run: samePageAgain},
		{Name: "an empty page", Run: func(w *worldtest.World) {
			page := w.PageOf()
			page.Rows, page.Dropped = 5, 5
			w.Same("result", w.Commit(page), ledger.PageResult{})
			w.Counts(ledger.Counts{"pulled": 5, "dropped": 5})
			w.Pull()
			w.Counts(ledger.Counts{"pulled": 5, "dropped": 5})
			w.Same("due work", w.Due(), []ledger.Work{})
		}},
		{Name: "regrouped rows count as documents", Run: func(w *worldtest.World) {
			page := w.PageOf(rec("a", "1"), rec("b", "1"))
			page.Rows = 50
			w.Commit(page)
			w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
		}},
		{Name: "keys that nearly agree", Run: nearKeys},
		{Name: "refused at the door", Run: refusedAtTheDoor},
		{Name: "250 documents in three work rows", Run: manyDocuments},
		{Name: "bodies byte by byte", Run: exactBodies},
		{Name: "documents are listed in pages", Run: func(w *worldtest.World) {
			w.Pull(rec("a", "1"), rec("b", "1"), rec("c", "1"))
			all := w.Documents()
			w.Same("sorted by id", slices.IsSortedFunc(all, func(a, b ledger.Document) int { return int(a.ID - b.ID) }), true)
			two, err := w.Store.Documents(w.Context(), w.Stream.ID, all[0].ID, 1)
			w.Must(err)
			w.Same("one after the first", two, all[1:2])
		}},
		{Name: "an older attempt is fenced out", Run: func(w *worldtest.World) {
			page := w.PageOf(rec("a", "1"))
			again, err := w.Store.RestartWindow(w.Context(), w.Window, w.Run.ID, w.Now)
			w.Must(err)
			_, err = w.Store.CommitPage(w.Context(), page)
			w.Fenced("page of attempt 1", err)
			w.Counts(ledger.Counts{})
			w.Window = again
			w.Pull(rec("a", "1"))
			w.FinishWindow(again)
			_, err = w.Store.CommitPage(w.Context(), w.PageOf(rec("b", "1")))
			w.Fenced("page of a done window", err)
			w.Window = w.StartWindow(ledger.Live, 100, 200)
			_, err = w.Store.SplitWindow(w.Context(), w.Window, worldtest.Start+150, w.Now)
			w.Must(err)
			_, err = w.Store.CommitPage(w.Context(), w.PageOf(rec("b", "1")))
			w.Fenced("page of a split window", err)
			w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.Same("documents", len(w.Documents()), 1)
		}},
	}
}

func newDocuments(w *worldtest.World) {
	a, b := rec("a", "1"), rec("b", "1")
	b.Number, b.Modified = "单号-😀", 0
	page := w.PageOf(a, b)
	page.Rows, page.Dropped = 3, 1
	result := w.Commit(page)
	w.Same("accepted", []int{result.Accepted, result.Unchanged, result.Ignored, len(result.Work)}, []int{2, 0, 0, 1})
	w.Counts(ledger.Counts{"pulled": 3, "dropped": 1, "accepted": 2, "waiting": 2})
	want := ledger.Document{
		Workspace: w.Workspace, Stream: w.Stream.ID, Key: "a", Number: "No a", LatestRev: 1, ActiveRev: 1,
		SourceHash: a.SourceHash, Modified: a.Modified, State: ledger.Waiting, Work: result.Work[0],
		Run: w.Run.ID, Version: w.Version, Window: w.Window.ID, Updated: w.Now,
	}
	got := w.Doc("a")
	want.ID, want.Pack, want.PackNo = got.ID, got.Pack, got.PackNo
	w.Same("document", got, want)
	w.Same("number", []any{w.Doc("b").Number, w.Doc("b").Modified}, []any{"单号-😀", ledger.Millis(0)})
	due := w.Due()
	w.Same("due", due, []ledger.Work{{
		ID: result.Work[0], Workspace: w.Workspace, Kind: ledger.PageWork, Ref: w.Window.ID, Run: w.Run.ID, Flow: w.Flow,
		Connection: w.Connection, Docs: 2, Priority: 5, Due: w.Now,
	}})
	w.Same("problem", w.Problem("a") == nil, true)
	w.Same("revisions", w.Revisions("a"), []ledger.Revision{})
}

func samePageAgain(w *worldtest.World) {
	page := w.PageOf(rec("a", "1"), worldtest.Refused(rec("!1", "")), rec("b", "1"))
	first := w.Commit(page)
	before, due := w.Documents(), w.Due()
	result := w.Commit(page)
	w.Same("result", result, ledger.PageResult{Unchanged: 3})
	w.Same("documents", w.Documents(), before)
	w.Same("due", w.Due(), due)
	w.Counts(ledger.Counts{"pulled": 6, "unchanged": 3, "accepted": 3, "waiting": 2, "rejected": 1})
	w.Conclude(w.Claim(first.Work[0], "worker"), w.Settled("a", ledger.Delivered), w.Settled("b", ledger.Collected))
	w.Commit(page)
	w.Counts(ledger.Counts{"pulled": 9, "unchanged": 6, "accepted": 3, "delivered": 1, "collected": 1, "rejected": 1})
}

// nearKeys are keys that a careless collation or comparison takes for one.
func nearKeys(w *worldtest.World) {
	long := strings.Repeat("k", ledger.MaxKey-1)
	keys := []string{
		"a", "A", "a ", " a", "a\t", "á", "a\u0301", "ａ", "😀", "😁", "ß", "ss", "単", "单", "1", "01", "1.0", "%", "_", `\`, `'`, `"; --`,
		long + "x", long + "y", strings.Repeat("字", 63) + "a", strings.Repeat("字", 63) + "b",
	}
	var docs []ledger.Incoming
	for _, key := range keys {
		docs = append(docs, rec(key, "1"))
	}
	result := w.Pull(docs...)
	w.Same("accepted", result.Accepted, len(keys))
	for _, key := range keys {
		w.Same("key", w.Doc(key).Key, key)
		w.Body(key, rec(key, "1").Body)
	}
	slices.Reverse(docs)
	w.Same("read again", w.Pull(docs...), ledger.PageResult{Unchanged: len(keys)})
	w.Same("one changed", w.Pull(rec("a ", "2")), ledger.PageResult{Accepted: 1})
	w.Same("revisions of the others", []int{w.Doc("a").LatestRev, w.Doc("A").LatestRev, w.Doc("a ").LatestRev}, []int{1, 1, 2})
}

func refusedAtTheDoor(w *worldtest.World) {
	bad := worldtest.Refused(worldtest.Raw("!1/1/0", []byte(`{"id":""}`)))
	result := w.Pull(rec("a", "1"), bad)
	w.Same("accepted", []int{result.Accepted, len(result.Work)}, []int{2, 1})
	w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, "rejected": 1})
	w.Same("problem", w.Problem(bad.Key), bad.Problem)
	w.Same("work", w.Doc(bad.Key).Work, ledger.ID(0))
	w.Body(bad.Key, bad.Body)
	w.Same("covered", len(w.Load(w.Claim(result.Work[0], "worker"))), 1)

	worse := worldtest.Refused(worldtest.Raw(bad.Key, []byte(`{"id":" "}`)))
	worse.Problem.Message = "the key is blank"
	w.Pull(worse)
	w.Same("the newer problem", w.Problem(bad.Key), worse.Problem)
	good := rec(bad.Key, "good")
	w.Pull(good)
	w.Same("no problem", w.Problem(bad.Key) == nil, true)
	w.Body(bad.Key, good.Body)
	w.Counts(ledger.Counts{"pulled": 4, "accepted": 4, "waiting": 1, "claimed": 1, "superseded": 2})
	w.Same("refused before", []ledger.State{w.Revision(bad.Key, 1), w.Revision(bad.Key, 2)}, []ledger.State{ledger.Superseded, ledger.Superseded})

	only := w.Pull(worldtest.Refused(rec("!2", "")))
	w.Same("a page of refused ones has no work", only, ledger.PageResult{Accepted: 1})
	// Good and bad of one key within a page: the last one counts.
	w.Pull(worldtest.Refused(rec("x", "1")), rec("x", "2"), rec("y", "1"))
	w.Same("good last", []any{w.Doc("x").State, w.Problem("x") == nil}, []any{ledger.Waiting, true})
}

func manyDocuments(w *worldtest.World) {
	docs := make([]ledger.Incoming, 250)
	for i := range docs {
		docs[i] = rec(fmt.Sprintf("k%03d", i), "1")
	}
	result := w.Pull(docs...)
	w.Same("work rows", len(result.Work), 3)
	w.Counts(ledger.Counts{"pulled": 250, "accepted": 250, "waiting": 250})
	covered := 0
	for i, want := range []int{ledger.WorkSize, ledger.WorkSize, 50} {
		work := w.Claim(result.Work[i], "worker")
		tasks := w.Load(work)
		w.Same("documents of a row", []int{work.Docs, len(tasks)}, []int{want, want})
		for n, task := range tasks {
			w.Same("covered by the row", task.Document.Work, work.ID)
			w.Same("in the order of ids", n == 0 || task.Document.ID > tasks[n-1].Document.ID, true)
			if want := rec(task.Document.Key, "1").Body; !bytes.Equal(task.Body, want) {
				w.Fatalf("body of %s is %q", task.Document.Key, task.Body)
			}
		}
		covered += len(tasks)
		w.Counts(ledger.Counts{"pulled": 250, "accepted": 250, "waiting": 250 - covered, "claimed": covered})
	}
	again := slices.Clone(docs)
	again[7], again[249] = rec(docs[7].Key, "2"), rec("new", "1")
	w.Same("read again", w.Pull(again...).Unchanged, 248)
}

func exactBodies(w *worldtest.World) {
	large := append(append([]byte(`{"a":"`), bytes.Repeat([]byte("大数据 "), 1<<20/10)...), `"}`...)
	bodies := map[string][]byte{
		"order":    []byte(`{"z":1,"a":2,"a":3}`),
		"spaces":   []byte(" {\t\"a\" :\r\n 1 } \n"),
		"numbers":  []byte(`{"n":12345678901234567890.10,"e":1E+2,"z":-0.0}`),
		"escapes":  []byte(`{"a":"\u0000\ud83d\\\/"}`),
		"planes":   []byte("{\"a\":\"😀\u2028\ufeff\u00a0𠮷\"}"),
		"not utf8": []byte("{\"a\":\"\xff\xed\xa0\x80\xc0\xaf\"}"),
		"bom":      []byte("\xef\xbb\xbf{}"),
		"empty":    []byte(`{}`),
		"large":    large,
	}
	var docs []ledger.Incoming
	for key, body := range bodies {
		docs = append(docs, worldtest.Raw(key, slices.Clone(body)))
	}
	result := w.Pull(docs...)
	for i := range docs {
		clear(docs[i].Body) // a store keeps its own copy
	}
	for key, body := range bodies {
		w.Body(key, body)
	}
	for _, task := range w.Load(w.Claim(result.Work[0], "worker")) {
		if want := bodies[task.Document.Key]; !bytes.Equal(task.Body, want) {
			w.Fatalf("loaded body of %s: %d bytes, want %d", task.Document.Key, len(task.Body), len(want))
		}
	}
}
