package parktest

import (
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func releaseScenarios() map[string]func(*world) {
	return map[string]func(*world){
		"exactly who waits for it":          exactly,
		"one of several codes":              oneOfSeveral,
		"codes that nearly agree":           nearly,
		"codes of the other side":           reverse,
		"a worker is at it":                 claimed,
		"who was at it is gone":             expired,
		"a branch that is tried again":      earlier,
		"what queues behind comes along":    behind,
		"rows cover a hundred of one run":   together,
		"299 of 300 codes":                  func(w *world) { w.most(300, 900, func() time.Time { return time.Time{} }) },
		"a fill and the end of walks":       race,
		"fills and retries at once":         fills,
		"codes that nobody waits for":       func(w *world) { w.Same("released", w.fill("S1"), []ledger.ID{}) },
		"the same code filled another time": filledTwice,
	}
}

func exactly(w *world) {
	w.park("a", "S1")
	w.park("b", "S2")
	w.park("c", "S1")
	w.Now = w.Now.Add(worldtest.Lease)
	work := w.fill("S1", "S7")
	w.released("a", work)
	w.released("c", work)
	w.parked("b", "S2")
	w.Same("problem of a", w.Problem("a") == nil, true)
	w.Same("problem of b", w.Problem("b") == nil, false)
	w.Same("rows", len(work), 1)
	due := w.Due()
	w.Same("due rows", len(due), 1)
	w.Same("row", due[0], ledger.Work{
		ID: work[0], Workspace: w.Workspace, Kind: ledger.PageWork, Run: w.Run.ID, Flow: w.Flow, Docs: 2, Priority: ledger.NormalPriority, Due: w.Now,
	})
	w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 2, "unmapped": 1})
	claim := w.Claim(work[0], "one")
	var keys []string
	for _, task := range w.Load(claim) {
		keys = append(keys, task.Document.Key)
	}
	w.Same("documents to walk", keys, []string{"a", "c"})
	w.Conclude(claim, w.Settled("a", ledger.Delivered), w.Settled("c", ledger.Delivered))
	w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "delivered": 2, "unmapped": 1})
}

func oneOfSeveral(w *world) {
	w.park("a", "S1", "S2")
	w.park("b", "S2")
	w.released("a", w.fill("S1"))
	work := w.fill("S2")
	w.released("b", work)
	w.Same("the other is not released twice", slices.Contains(work, w.Doc("a").Work), false)
	w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
}

func nearly(w *world) {
	long := strings.Repeat("长", 60)
	codes := []string{"A1", "a1", "A1 ", " A1", "Ａ1", "A", "%", "A_", "", "\\", "'", "\x01A1", long, long + "1", long + "2"}
	for i, code := range codes {
		w.park(number(i), code)
	}
	for i, code := range codes {
		w.released(number(i), w.fill(code))
		for j := i + 1; j < len(codes); j++ {
			w.parked(number(j), codes[j])
		}
	}
}

func reverse(w *world) {
	w.park("a", "S1")
	w.Pull(worldtest.Rec("b", "1"))
	back := w.waits("x")
	back[0].Value = lookup.CodePlace("S1", true)
	w.Conclude(w.ClaimDoc("b"), w.unmapped("b", back))
	w.released("a", w.fillRows(map[string]string{"S1": "S2"}))
	w.Same("state of b", w.Doc("b").State, ledger.Unmapped)
	w.released("b", w.fillRows(map[string]string{"S3": "S1"}))
}

// claimed fills a code while a worker is at a document that waits for it: it may not
// have asked yet, or have the old answer. When its walk ends that is compared.
func claimed(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	out := w.unmapped("a", w.waits("S1"))
	out.RetryAt = w.Now.Add(worldtest.Lease)
	w.Conclude(w.ClaimDoc("a"), out)
	w.Now = out.RetryAt
	work := w.ClaimDoc("a")
	asked := w.waits("S1")
	before := w.Doc("a")
	w.Same("released", w.fill("S1"), []ledger.ID{})
	w.Same("the document", w.Doc("a"), before)
	result := w.Conclude(work, w.unmapped("a", asked))
	w.Same("stale documents", result.Stale, []ledger.ID{before.ID})
	if id := w.Doc("a").Work; id == 0 || !slices.Contains(result.Work, id) {
		w.Fatalf("the document is covered by row %d, due at once are %v", id, result.Work)
	}
	w.Walk("a", ledger.Delivered)
	w.waitsFor("a")
}

func expired(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	out := w.unmapped("a", w.waits("S1"))
	out.RetryAt = w.Now.Add(worldtest.Lease)
	w.Conclude(w.ClaimDoc("a"), out)
	w.Now = out.RetryAt
	late := w.ClaimDoc("a")
	w.Now = w.Now.Add(worldtest.Lease)
	work := w.fill("S1")
	w.released("a", work)
	o := w.Outcome(late)
	o.Documents = []ledger.Settled{w.Settled("a", ledger.Delivered)}
	_, err := w.Store.CommitOutcome(w.Context(), o)
	w.Fenced("who comes back late", err)
	w.released("a", work)
	w.Same("due rows", len(w.Due()), 1)
}

func earlier(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	out := w.unmapped("a", w.waits("S1"))
	out.RetryAt = w.Now.Add(worldtest.Lease)
	w.Conclude(w.ClaimDoc("a"), out)
	old := w.Doc("a").Work
	w.released("a", w.fill("S1"))
	w.Now = out.RetryAt
	w.Unclaimable("the row that covered it", old)
	w.Same("due rows", len(w.Due()), 1)
}

func behind(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	out := w.unmapped("a", w.waits("S1"))
	out.RetryAt = w.Now.Add(worldtest.Lease)
	w.Conclude(w.ClaimDoc("a"), out)
	w.Pull(worldtest.Rec("a", "2"))
	w.parked("a", "S1") // the newer one waits until the branch that goes on has ended
	w.released("a", w.fill("S1"))
	w.Same("what queues behind", w.Revision("a", 2), ledger.Waiting)
	w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
	w.Walk("a", ledger.Delivered)
	w.Counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "delivered": 1})
}

// together releases documents of two runs: a row covers documents of one of them only.
func together(w *world) {
	const first, second = 150, 40
	w.parkAll(first, func(int) string { return "S1" })
	w.Run = w.OpenRun("manual", worldtest.Start+1)
	w.parkAll(second, func(int) string { return "S1" })
	work := w.fill("S1")
	w.Same("rows", len(work), 3)
	covered := map[ledger.ID]int{}
	for _, doc := range w.Documents() {
		w.Same("state", doc.State, ledger.Waiting)
		covered[doc.Work]++
	}
	due := w.Due()
	w.Same("due rows", len(due), 3)
	for _, row := range due {
		w.Same("documents of the row", row.Docs, covered[row.ID])
		tasks := w.Load(w.Claim(row.ID, "one"))
		w.Same("documents to walk", len(tasks), row.Docs)
		for _, task := range tasks {
			w.Same("run", task.Document.Run, row.Run)
		}
	}
}

func filledTwice(w *world) {
	w.park("a", "S1")
	w.released("a", w.fill("S1"))
	before := w.Doc("a")
	w.Same("released", w.fill("S1"), []ledger.ID{})
	w.Same("the document", w.Doc("a"), before)
}

// parkAll pulls documents and walks them until each waits for its code.
func (w *world) parkAll(n int, code func(i int) string) {
	w.Helper()
	base := len(w.Documents())
	of := map[string]string{}
	for start := 0; start < n; start += ledger.WorkSize {
		var docs []ledger.Incoming
		for i := start; i < min(start+ledger.WorkSize, n); i++ {
			key := number(base + i)
			of[key] = code(i)
			docs = append(docs, worldtest.Rec(key, "1"))
		}
		for _, id := range w.Pull(docs...).Work {
			w.parkRow(id, of)
		}
	}
}

// parkRow walks the documents of a work row until each waits for its code.
func (w *world) parkRow(id ledger.ID, code map[string]string) {
	w.Helper()
	work := w.Claim(id, "worker")
	var settled []ledger.Settled
	wait := w.waits("")[0]
	for _, task := range w.Load(work) {
		wait.Value = lookup.CodePlace(code[task.Document.Key], false)
		settled = append(settled, ledger.Settled{
			Document: task.Document.ID, Rev: task.Document.ActiveRev, State: ledger.Unmapped, OnSeen: ledger.Skip, Waits: []ledger.Wait{wait},
			Problem: &ledger.Problem{Code: "value.no_code", Message: "there is no code", NodeID: "bill"},
		})
	}
	w.Conclude(work, settled...)
}
