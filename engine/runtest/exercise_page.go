package runtest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
)

func pageScenarios() []scenario {
	return []scenario{
		{"new documents", newDocuments},
		{"the same page again", samePageAgain},
		{"an empty page", func(w *world) {
			page := w.pageOf()
			page.Rows, page.Dropped = 5, 5
			w.same("result", w.commit(page), ledger.PageResult{})
			w.counts(ledger.Counts{"pulled": 5, "dropped": 5})
			w.pull()
			w.counts(ledger.Counts{"pulled": 5, "dropped": 5})
			w.same("due work", w.due(), []ledger.Work{})
		}},
		{"regrouped rows count as documents", func(w *world) {
			page := w.pageOf(rec("a", "1"), rec("b", "1"))
			page.Rows = 50
			w.commit(page)
			w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
		}},
		{"keys that nearly agree", nearKeys},
		{"refused at the door", refusedAtTheDoor},
		{"250 documents in three work rows", manyDocuments},
		{"bodies byte by byte", exactBodies},
		{"documents are listed in pages", func(w *world) {
			w.pull(rec("a", "1"), rec("b", "1"), rec("c", "1"))
			all := allDocuments(w, w.store, w.stream.ID)
			w.same("sorted by id", slices.IsSortedFunc(all, func(a, b ledger.Document) int { return int(a.ID - b.ID) }), true)
			two, err := w.store.Documents(w.Context(), w.stream.ID, all[0].ID, 1)
			w.must(err)
			w.same("one after the first", two, all[1:2])
		}},
		{"an older attempt is fenced out", func(w *world) {
			page := w.pageOf(rec("a", "1"))
			again, err := w.store.RestartWindow(w.Context(), w.window, w.run.ID, w.now)
			w.must(err)
			_, err = w.store.CommitPage(w.Context(), page)
			w.fenced("page of attempt 1", err)
			w.counts(ledger.Counts{})
			w.window = again
			w.pull(rec("a", "1"))
			w.finishWindow(again)
			_, err = w.store.CommitPage(w.Context(), w.pageOf(rec("b", "1")))
			w.fenced("page of a done window", err)
			w.window = w.startWindow(ledger.Live, 100, 200)
			_, err = w.store.SplitWindow(w.Context(), w.window, start+150, w.now)
			w.must(err)
			_, err = w.store.CommitPage(w.Context(), w.pageOf(rec("b", "1")))
			w.fenced("page of a split window", err)
			w.counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
			w.same("documents", len(allDocuments(w, w.store, w.stream.ID)), 1)
		}},
	}
}

func newDocuments(w *world) {
	a, b := rec("a", "1"), rec("b", "1")
	b.Number, b.Modified = "单号-😀", 0
	page := w.pageOf(a, b)
	page.Rows, page.Dropped = 3, 1
	result := w.commit(page)
	w.same("accepted", []int{result.Accepted, result.Unchanged, result.Ignored, len(result.Work)}, []int{2, 0, 0, 1})
	w.counts(ledger.Counts{"pulled": 3, "dropped": 1, "accepted": 2, "waiting": 2})
	want := ledger.Document{
		Workspace: w.workspace, Stream: w.stream.ID, Key: "a", Number: "No a", LatestRev: 1, ActiveRev: 1,
		SourceHash: a.SourceHash, Modified: a.Modified, State: ledger.Waiting, Work: result.Work[0],
		Run: w.run.ID, Version: w.version, Window: w.window.ID, Updated: w.now,
	}
	got := w.doc("a")
	want.ID, want.Pack, want.PackNo = got.ID, got.Pack, got.PackNo
	w.same("document", got, want)
	w.same("number", []any{w.doc("b").Number, w.doc("b").Modified}, []any{"单号-😀", ledger.Millis(0)})
	due := w.due()
	w.same("due", due, []ledger.Work{{
		ID: result.Work[0], Workspace: w.workspace, Kind: ledger.PageWork, Ref: w.window.ID, Run: w.run.ID, Flow: w.flow,
		Connection: w.connection, Docs: 2, Priority: 5, Due: w.now,
	}})
	w.same("problem", w.problem("a") == nil, true)
	w.same("revisions", w.revisions("a"), []ledger.Revision{})
}

func samePageAgain(w *world) {
	page := w.pageOf(rec("a", "1"), refused(rec("!1", "")), rec("b", "1"))
	first := w.commit(page)
	before, due := allDocuments(w, w.store, w.stream.ID), w.due()
	result := w.commit(page)
	w.same("result", result, ledger.PageResult{Unchanged: 3})
	w.same("documents", allDocuments(w, w.store, w.stream.ID), before)
	w.same("due", w.due(), due)
	w.counts(ledger.Counts{"pulled": 6, "unchanged": 3, "accepted": 3, "waiting": 2, "rejected": 1})
	w.conclude(w.claim(first.Work[0], "worker"), w.settled("a", ledger.Delivered), w.settled("b", ledger.Collected))
	w.commit(page)
	w.counts(ledger.Counts{"pulled": 9, "unchanged": 6, "accepted": 3, "delivered": 1, "collected": 1, "rejected": 1})
}

// nearKeys are keys that a careless collation or comparison takes for one.
func nearKeys(w *world) {
	long := strings.Repeat("k", ledger.MaxKey-1)
	keys := []string{
		"a", "A", "a ", " a", "a\t", "á", "a\u0301", "ａ", "😀", "😁", "ß", "ss", "単", "单", "1", "01", "1.0", "%", "_", `\`, `'`, `"; --`,
		long + "x", long + "y", strings.Repeat("字", 63) + "a", strings.Repeat("字", 63) + "b",
	}
	var docs []ledger.Incoming
	for _, key := range keys {
		docs = append(docs, rec(key, "1"))
	}
	result := w.pull(docs...)
	w.same("accepted", result.Accepted, len(keys))
	for _, key := range keys {
		w.same("key", w.doc(key).Key, key)
		w.body(key, rec(key, "1").Body)
	}
	slices.Reverse(docs)
	w.same("read again", w.pull(docs...), ledger.PageResult{Unchanged: len(keys)})
	w.same("one changed", w.pull(rec("a ", "2")), ledger.PageResult{Accepted: 1})
	w.same("revisions of the others", []int{w.doc("a").LatestRev, w.doc("A").LatestRev, w.doc("a ").LatestRev}, []int{1, 1, 2})
}

func refusedAtTheDoor(w *world) {
	bad := refused(raw("!1/1/0", []byte(`{"id":""}`)))
	result := w.pull(rec("a", "1"), bad)
	w.same("accepted", []int{result.Accepted, len(result.Work)}, []int{2, 1})
	w.counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 1, "rejected": 1})
	w.same("problem", w.problem(bad.Key), bad.Problem)
	w.same("work", w.doc(bad.Key).Work, ledger.ID(0))
	w.body(bad.Key, bad.Body)
	w.same("covered", len(w.load(w.claim(result.Work[0], "worker"))), 1)

	worse := refused(raw(bad.Key, []byte(`{"id":" "}`)))
	worse.Problem.Message = "the key is blank"
	w.pull(worse)
	w.same("the newer problem", w.problem(bad.Key), worse.Problem)
	good := rec(bad.Key, "good")
	w.pull(good)
	w.same("no problem", w.problem(bad.Key) == nil, true)
	w.body(bad.Key, good.Body)
	w.counts(ledger.Counts{"pulled": 4, "accepted": 4, "waiting": 1, "claimed": 1, "superseded": 2})
	w.same("refused before", []ledger.State{w.revision(bad.Key, 1), w.revision(bad.Key, 2)}, []ledger.State{ledger.Superseded, ledger.Superseded})

	only := w.pull(refused(rec("!2", "")))
	w.same("a page of refused ones has no work", only, ledger.PageResult{Accepted: 1})
	// Good and bad of one key within a page: the last one counts.
	w.pull(refused(rec("x", "1")), rec("x", "2"), rec("y", "1"))
	w.same("good last", []any{w.doc("x").State, w.problem("x") == nil}, []any{ledger.Waiting, true})
}

func manyDocuments(w *world) {
	docs := make([]ledger.Incoming, 250)
	for i := range docs {
		docs[i] = rec(fmt.Sprintf("k%03d", i), "1")
	}
	result := w.pull(docs...)
	w.same("work rows", len(result.Work), 3)
	w.counts(ledger.Counts{"pulled": 250, "accepted": 250, "waiting": 250})
	covered := 0
	for i, want := range []int{ledger.WorkSize, ledger.WorkSize, 50} {
		work := w.claim(result.Work[i], "worker")
		tasks := w.load(work)
		w.same("documents of a row", []int{work.Docs, len(tasks)}, []int{want, want})
		for n, task := range tasks {
			w.same("covered by the row", task.Document.Work, work.ID)
			w.same("in the order of ids", n == 0 || task.Document.ID > tasks[n-1].Document.ID, true)
			if want := rec(task.Document.Key, "1").Body; !bytes.Equal(task.Body, want) {
				w.Fatalf("body of %s is %q", task.Document.Key, task.Body)
			}
		}
		covered += len(tasks)
		w.counts(ledger.Counts{"pulled": 250, "accepted": 250, "waiting": 250 - covered, "claimed": covered})
	}
	again := slices.Clone(docs)
	again[7], again[249] = rec(docs[7].Key, "2"), rec("new", "1")
	w.same("read again", w.pull(again...).Unchanged, 248)
}

func exactBodies(w *world) {
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
		docs = append(docs, raw(key, slices.Clone(body)))
	}
	result := w.pull(docs...)
	for i := range docs {
		clear(docs[i].Body) // a store keeps its own copy
	}
	for key, body := range bodies {
		w.body(key, body)
	}
	for _, task := range w.load(w.claim(result.Work[0], "worker")) {
		if want := bodies[task.Document.Key]; !bytes.Equal(task.Body, want) {
			w.Fatalf("loaded body of %s: %d bytes, want %d", task.Document.Key, len(task.Body), len(want))
		}
	}
}
