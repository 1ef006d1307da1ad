package parktest

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func parkScenarios() map[string]func(*world) {
	return map[string]func(*world){
		"what is missing is noted":             noted,
		"a table that changed meanwhile":       changed,
		"a table that is gone":                 gone,
		"one of a page asked too early":        oneOfAPage,
		"only the unmapped wait":               onlyUnmapped,
		"waits are those of the last walk":     anew,
		"a retry ends waiting":                 func(w *world) { leaves(w, ledger.Repair{Action: ledger.RetryDocument}) },
		"an edit ends waiting":                 func(w *world) { leaves(w, ledger.Repair{Action: ledger.RetryDocument, Source: []byte(`{"edited":1}`)}) },
		"skipping ends waiting":                func(w *world) { leaves(w, ledger.Repair{Action: ledger.SkipDocument}) },
		"a newer revision ends waiting":        replaced,
		"what queued behind waits for nothing": promoted,
		"another branch goes on":               goesOn,
	}
}

func noted(w *world) {
	w.park("a", "S1", "S2")
	w.Same("work that covers it", w.Doc("a").Work, ledger.ID(0))
	w.Same("due", w.Due(), []ledger.Work{})
	w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "unmapped": 1})
	w.Pull(worldtest.Rec("b", "1"))
	result := w.Conclude(w.ClaimDoc("b"), w.unmapped("b", append(w.waits("S3"), w.waits("S3")...)))
	w.Same("stale documents", result.Stale, []ledger.ID{})
	w.parked("b", "S3")
}

// changed parks a document that asked before a code was filled: whether its own came
// with it nobody knows, so it is walked again.
func changed(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	work, waits := w.ClaimDoc("a"), w.waits("S1")
	w.fill("S1")
	result := w.Conclude(work, w.unmapped("a", waits))
	w.Same("stale documents", result.Stale, []ledger.ID{w.Doc("a").ID})
	w.released("a", result.Work)
	w.Same("problem", w.Problem("a") == nil, true)
	w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
	w.parkAgain("a", "S2")
}

func gone(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	wait := w.waits("S1")
	wait[0].Ref = w.Workspace // no table
	result := w.Conclude(w.ClaimDoc("a"), w.unmapped("a", wait))
	w.Same("stale documents", result.Stale, []ledger.ID{w.Doc("a").ID})
	w.released("a", result.Work)
}

func oneOfAPage(w *world) {
	w.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1"), worldtest.Rec("c", "1"))
	work, early := w.ClaimDoc("a"), w.waits("S1")
	other := w.create("others")
	w.fill("S9")
	late := append(w.waits("S2"), ledger.Wait{Kind: ledger.CodeWait, Ref: other, Value: "x"})
	mixed := append(w.waits("S2"), early...)
	result := w.Conclude(work, w.unmapped("a", mixed), w.unmapped("b", late), w.Settled("c", ledger.Delivered))
	w.Same("stale documents", result.Stale, []ledger.ID{w.Doc("a").ID})
	w.released("a", result.Work)
	waits, err := w.store.Waits(w.Context(), w.Doc("b").ID)
	w.Must(err)
	w.Same("what b waits for", waits, []ledger.WaitKey{late[0].Key(), late[1].Key()})
	w.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 1, "unmapped": 1, "delivered": 1})
}

func onlyUnmapped(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	out := w.unmapped("a", w.waits("S1"))
	w.fill("S2") // nothing is compared either
	out.State = ledger.Rejected
	result := w.Conclude(w.ClaimDoc("a"), out)
	w.Same("stale documents", result.Stale, []ledger.ID{})
	w.waitsFor("a")
	w.Same("released", w.fill("S1"), []ledger.ID{})
	w.Same("state", w.Doc("a").State, ledger.Rejected)
}

func anew(w *world) {
	w.park("a", "S1", "S2")
	w.released("a", w.fill("S1"))
	w.parkAgain("a", "S3")
	w.Same("released", w.fill("S2"), []ledger.ID{})
	w.released("a", w.fill("S3"))
	w.Walk("a", ledger.Delivered)
	w.waitsFor("a")
	w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
}

// leaves lets a person act on a parked document: when the code comes nothing happens.
func leaves(w *world, r ledger.Repair) {
	w.park("a", "S1")
	w.park("b", "S1")
	doc := w.Doc("a")
	r.Workspace, r.Document, r.Seen, r.Actor, r.Now = w.Workspace, doc.ID, doc.Sight(), "someone", w.Now
	_, err := w.Store.Repair(w.Context(), r)
	w.Must(err)
	w.waitsFor("a")
	after := w.Doc("a")
	w.released("b", w.fill("S1"))
	w.Same("the document that is not parked any more", w.Doc("a"), after)
}

func replaced(w *world) {
	w.park("a", "S1")
	w.Pull(worldtest.Rec("a", "2"))
	w.waitsFor("a")
	w.Same("released", w.fill("S1"), []ledger.ID{})
	w.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "superseded": 1, "waiting": 1})

	w.park("b", "S2")
	w.Pull(worldtest.Refused(worldtest.Rec("b", "2")))
	w.waitsFor("b")
	w.Same("released", w.fill("S2"), []ledger.ID{})
}

// promoted ends the walk of a document behind which another revision waits: that one
// takes its place, and is not what asked.
func promoted(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	work := w.ClaimDoc("a")
	w.Pull(worldtest.Rec("a", "2"))
	w.Conclude(work, w.unmapped("a", w.waits("S1")))
	w.waitsFor("a")
	w.Same("active revision", w.Doc("a").ActiveRev, 2)
	w.Same("released", w.fill("S1"), []ledger.ID{})
}

// goesOn walks a document again that waits for a code while another of its branches
// is tried again.
func goesOn(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	out := w.unmapped("a", w.waits("S1"))
	out.RetryAt = w.Now.Add(worldtest.Lease)
	w.Conclude(w.ClaimDoc("a"), out)
	w.parked("a", "S1")
	w.Now = out.RetryAt
	work := w.ClaimDoc("a")
	w.Conclude(work, w.Settled("a", ledger.Delivered))
	w.waitsFor("a")
	w.Same("released", w.fill("S1"), []ledger.ID{})
}
