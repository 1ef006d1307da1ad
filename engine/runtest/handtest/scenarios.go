package handtest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

func enters(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	in := worldtest.Rec("x", "handed")
	result := w.walk("a", ledger.Delivered, in)
	doc := w.next.Doc("x")
	w.Same("document", doc, ledger.Document{
		ID: doc.ID, Workspace: w.Workspace, Stream: w.next.Stream.ID, Key: "x", Number: "No x", LatestRev: 1, ActiveRev: 1, SourceHash: in.SourceHash,
		Modified: in.Modified, State: ledger.Waiting, Work: doc.Work, Run: w.next.Run.ID, Version: w.to.Version, Window: doc.Window, Pack: doc.Pack, Updated: w.Now,
	})
	w.next.Body("x", in.Body)
	w.Same("work", result.Handed, map[int][]ledger.ID{ledger.LowPriority: {doc.Work}})
	w.Same("run", w.next.Run, ledger.Run{
		ID: w.next.Run.ID, Workspace: w.Workspace, Flow: w.next.Flow, Version: w.to.Version, Trigger: ledger.InletTrigger, FireAt: w.Now,
		State: ledger.RunRunning, PullingEnded: true, Started: w.Now, TraceID: "trace",
	})
	w.next.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
	w.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})

	work := w.next.ClaimDoc("x")
	task := w.next.Load(work)[0]
	w.Same("task", []any{task.NodeID, task.From, task.To, task.TraceID, task.Hops}, []any{entry, w.Now, w.Now, "trace", 1})
	w.next.Conclude(work, w.next.Settled("x", ledger.Delivered))
	w.next.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
	want := []string{"rev 1 node 10 9.0.1 to rev 1 after 1"}
	w.Same("where it came from", w.lineage(w.store.HandedFrom(w.Context(), doc.ID)), want)
	w.Same("where it went", w.lineage(w.store.HandedTo(w.Context(), w.Doc("a").ID)), want)
	w.Same("where the other came from", w.lineage(w.store.HandedFrom(w.Context(), w.Doc("a").ID)), []string(nil))
}

func repeated(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	in := worldtest.Rec("x", "handed")
	w.walk("a", ledger.RetryAt, in)
	w.next.Walk("x", ledger.Delivered)
	w.Now = w.Now.Add(time.Hour)
	// The walk makes another record of it; the hand-over was made all the same.
	result := w.walk("a", ledger.Delivered, worldtest.Rec("y", "handed"))
	w.Same("work", len(result.Handed), 0)
	w.Same("documents", len(w.next.Documents()), 1)
	w.next.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "delivered": 1})
}

func newer(w *world) {
	w.handOver("a", "1")
	w.next.Walk("a", ledger.Delivered)
	w.handOver("a", "2")
	w.next.Counts(ledger.Counts{"pulled": 2, "ignored": 1, "accepted": 1, "delivered": 1})
	w.to.OnSeen = ledger.Revise
	w.handOver("a", "3")
	w.next.Body("a", worldtest.Rec("a", "3").Body)
	w.next.Counts(ledger.Counts{"pulled": 3, "ignored": 1, "accepted": 2, "delivered": 1, "waiting": 1})
	w.Same("lineage", w.lineage(w.store.HandedFrom(w.Context(), w.next.Doc("a").ID)), []string{
		"rev 1 node 10 9.0.1 to rev 1 after 1", "rev 2 node 10 9.0.1 to rev 0 after 1", "rev 3 node 10 9.0.1 to rev 2 after 1",
	})
}

func queues(w *world) {
	w.to.OnSeen = ledger.Revise
	w.handOver("a", "1")
	work := w.next.ClaimDoc("a")
	w.handOver("a", "2")
	w.next.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "claimed": 1, "waiting": 1})
	out := w.next.Settled("a", ledger.Delivered)
	out.OnSeen = ledger.Revise
	w.next.Conclude(work, out)
	w.next.Body("a", worldtest.Rec("a", "2").Body)
	w.next.Walk("a", ledger.Delivered)
	w.next.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 2})
}

func unchanged(w *world) {
	w.Pull(worldtest.Rec("a", "1"), worldtest.Rec("b", "1"))
	in := worldtest.Rec("x", "same")
	work := w.ClaimDoc("a")
	w.conclude(work, []ledger.Settled{w.Settled("a", ledger.Collected), w.Settled("b", ledger.Collected)}, w.hand("a", in), w.hand("b", in))
	w.next.Counts(ledger.Counts{"pulled": 2, "unchanged": 1, "accepted": 1, "waiting": 1})
	w.Same("lineage", len(w.lineage(w.store.HandedFrom(w.Context(), w.next.Doc("x").ID))), 2)
}

func ways(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	work := w.ClaimDoc("a")
	w.to.OnSeen = ledger.Revise
	one, two, three := w.hand("a", worldtest.Rec("x", "1")), w.hand("a", worldtest.Rec("y", "1")), w.hand("a", worldtest.Rec("x", "2"))
	two.Way, three.Way = "9.1.1", "9.2.1"
	w.conclude(work, []ledger.Settled{w.Settled("a", ledger.Delivered)}, one, two, three)
	w.next.Body("x", worldtest.Rec("x", "1").Body)
	w.Same("newest revision", w.next.Doc("x").LatestRev, 2)
	w.next.Counts(ledger.Counts{"pulled": 3, "accepted": 3, "waiting": 3})
	w.Same("lineage", w.lineage(w.store.HandedTo(w.Context(), w.Doc("a").ID)), []string{
		"rev 1 node 10 9.0.1 to rev 1 after 1", "rev 1 node 10 9.1.1 to rev 1 after 1", "rev 1 node 10 9.2.1 to rev 2 after 1",
	})
}

func many(w *world) {
	const n = ledger.WorkSize + 20
	w.Pull(worldtest.Rec("a", "1"))
	work := w.ClaimDoc("a")
	var hands []ledger.Hand
	for i := range n {
		h := w.hand("a", worldtest.Rec(fmt.Sprint("x", i), "1"))
		h.Way = fmt.Sprint("/", i)
		hands = append(hands, h)
	}
	result := w.conclude(work, []ledger.Settled{w.Settled("a", ledger.Collected)}, hands...)
	w.Same("work rows", len(result.Handed[ledger.LowPriority]), 2)
	w.next.Counts(ledger.Counts{"pulled": n, "accepted": n, "waiting": n})
}

func refused(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	w.walk("a", ledger.Delivered, worldtest.Refused(worldtest.Rec("!1/1/10", "1")))
	w.Same("state", w.next.Doc("!1/1/10").State, ledger.Rejected)
	w.Same("problem", w.next.Problem("!1/1/10").Code, "source.key_invalid")
	w.next.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "rejected": 1})
}

// lost ends a walk whose claim somebody else took over: that one hands over.
func lost(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	work, in := w.ClaimDoc("a"), worldtest.Rec("x", "1")
	hand := w.hand("a", in)
	w.Now = w.Now.Add(2 * worldtest.Lease)
	again := w.ClaimDoc("a")
	o := w.Outcome(work)
	o.Documents, o.Hands = []ledger.Settled{w.Settled("a", ledger.Delivered)}, []ledger.Hand{hand}
	_, err := w.store.CommitOutcome(w.Context(), o)
	w.Fenced("the outcome", err)
	w.Same("runs", len(w.runs()), 0)
	w.conclude(again, []ledger.Settled{w.Settled("a", ledger.Delivered)}, hand)
	w.next.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
}

// stale ends a walk one of whose deliveries somebody else resolved meanwhile.
func stale(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	work := w.ClaimDoc("a")
	late := worldtest.Done(w.Send(work, "a", "T"))
	w.Must(w.Answer(work, late))
	rejected := late
	rejected.State = ledger.DeliveryRejected
	o := w.Outcome(work)
	o.Deliveries, o.Documents = []ledger.Resolution{rejected}, []ledger.Settled{w.Settled("a", ledger.Rejected)}
	o.Hands = []ledger.Hand{w.hand("a", worldtest.Rec("x", "1"))}
	result, err := w.store.CommitOutcome(w.Context(), o)
	w.Must(err)
	w.Same("stale", result.Stale, []ledger.ID{w.Doc("a").ID})
	w.Same("runs", len(w.runs()), 0)
	w.walk("a", ledger.Delivered, worldtest.Rec("x", "1"))
	w.next.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
}

func midway(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	work := w.ClaimDoc("a")
	o := w.Outcome(work)
	o.Hands = []ledger.Hand{w.hand("a", worldtest.Rec("x", "1"))}
	_, err := w.store.CommitOutcome(w.Context(), o)
	w.Must(err)
	w.Same("runs", len(w.runs()), 0)
	w.conclude(work, []ledger.Settled{w.Settled("a", ledger.Delivered)}, o.Hands...)
	w.next.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
}

func other(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	hand := w.hand("a", worldtest.Rec("x", "1"))
	hand.Rev = 7
	w.conclude(w.ClaimDoc("a"), []ledger.Settled{w.Settled("a", ledger.Delivered)}, hand)
	w.Same("runs", len(w.runs()), 0)
}

func disabled(w *world) {
	w.enable(false)
	result := w.handOver("a", "1")
	w.handOver("b", "1")
	w.Same("work", len(result.Handed), 0)
	w.next.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "waiting": 2})
	w.Now = w.Now.Add(48 * time.Hour)
	w.next.Now = w.Now
	w.Same("due", w.next.Due(), []ledger.Work{})
	w.next.Unclaimable("held", w.next.Doc("a").Work)
	finished, err := w.store.FinishRun(w.Context(), w.next.Run.ID, w.Now)
	w.Must(err)
	w.Same("the run ends", finished, false)
	old := w.to.Version
	w.publish()
	w.enable(true)
	w.Same("due", len(w.next.Due()), 2)
	for _, key := range []string{"a", "b"} {
		if doc := w.next.Doc(key); doc.Version != w.to.Version || doc.Version == old {
			w.Fatalf("%s is walked by version %d, published is %d", key, doc.Version, w.to.Version)
		}
		w.next.Walk(key, ledger.Delivered)
	}
	// What comes now is not held, though it joins the same run.
	w.Same("work", len(w.handOver("c", "1").Handed), 1)
	w.enable(false)
	w.Same("work while it is off again", len(w.handOver("d", "1").Handed), 0)
	w.next.Walk("c", ledger.Delivered)
	w.next.Unclaimable("held again", w.next.Doc("d").Work)
	w.Same("runs", len(w.next.Runs), 1)
}

// heldBehind hands a newer revision over behind one that is walked while the flow is
// switched off: it stays held when that one ends.
func heldBehind(w *world) {
	w.to.OnSeen = ledger.Revise
	w.handOver("a", "1")
	work := w.next.ClaimDoc("a")
	w.enable(false)
	w.handOver("a", "2")
	out := w.next.Settled("a", ledger.Delivered)
	out.OnSeen = ledger.Revise
	w.next.Conclude(work, out)
	w.next.Body("a", worldtest.Rec("a", "2").Body)
	w.next.Unclaimable("held", w.next.Doc("a").Work)
	w.publish()
	w.enable(true)
	w.Same("version", w.next.Doc("a").Version, w.to.Version)
	w.next.Walk("a", ledger.Delivered)

	work = func() ledger.Work { w.handOver("a", "3"); return w.next.ClaimDoc("a") }()
	w.enable(false)
	w.handOver("a", "4")
	w.publish()
	w.enable(true)
	out = w.next.Settled("a", ledger.Delivered)
	out.OnSeen = ledger.Revise
	w.next.Conclude(work, out)
	w.Same("version", w.next.Doc("a").Version, w.to.Version)
	w.next.Walk("a", ledger.Delivered)
}

func unpublished(w *world) {
	flow, _, err := w.store.CreateFlow(w.Context(), w.Workspace)
	w.Must(err)
	w.next = &worldtest.World{Reporter: w.Reporter, Store: w.store, Workspace: w.Workspace, Flow: flow, Now: w.Now}
	w.to.Flow, w.to.Version = flow, 0
	w.handOver("a", "1")
	w.next.Unclaimable("held", w.next.Doc("a").Work)
	w.publish()
	w.enable(true)
	w.Same("version", w.next.Doc("a").Version, w.to.Version)
	w.Same("version of the run", w.runs()[0].Version, w.to.Version)
	w.next.Walk("a", ledger.Delivered)
}

func runs(w *world) {
	w.handOver("a", "1")
	first := w.next.Run
	w.Now = w.Now.Add(time.Second)
	w.handOver("b", "1")
	w.Same("runs", len(w.next.Runs), 1)
	w.next.Now = w.Now
	w.next.Walk("a", ledger.Delivered)
	w.next.Walk("b", ledger.Delivered)
	finished, err := w.store.FinishRun(w.Context(), first.ID, w.Now)
	w.Must(err)
	w.Same("the run ends", finished, true)
	w.Now = worldtest.Start // two runs of one moment
	w.handOver("c", "1")
	w.Same("another run", w.next.Run.ID != first.ID, true)
	w.Same("its moment", w.next.Run.FireAt, first.FireAt+1)
	w.next.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
	w.next.CountsOf(first, ledger.Counts{"pulled": 2, "accepted": 2, "delivered": 2})
}

// itself hands a document over to its own flow, where it is the same document.
func itself(w *world) {
	w.to.OnSeen = ledger.Revise
	w.handOver("a", "1")
	hand := ledger.Hand{
		HandKey:  ledger.HandKey{Document: w.next.Doc("a").ID, Rev: 1, NodeNo: 3},
		Incoming: worldtest.Rec("a", "2"), To: w.to, Hops: 2, TraceID: "trace",
	}
	w.conclude(w.next.ClaimDoc("a"), []ledger.Settled{w.next.Settled("a", ledger.Collected)}, hand)
	doc := w.next.Doc("a")
	w.Same("revisions", []int{doc.ActiveRev, doc.LatestRev}, []int{2, 2})
	w.next.Counts(ledger.Counts{"pulled": 2, "accepted": 2, "collected": 1, "waiting": 1})
	w.Same("hops", w.next.Load(w.next.ClaimDoc("a"))[0].Hops, 2)
}

func hops(w *world) {
	w.next.OpenStream(entry) // as who looks documents up does
	w.to.OnSeen = ledger.Revise
	w.Pull(worldtest.Rec("a", "1"))
	deep := w.hand("a", worldtest.Rec("x", "1"))
	deep.Hops = 9
	w.conclude(w.ClaimDoc("a"), []ledger.Settled{w.Settled("a", ledger.Collected)}, deep)
	w.Same("hops", w.next.Load(w.next.ClaimDoc("x"))[0].Hops, 9)
	w.PullAs(ledger.Revise, worldtest.Rec("a", "2"))
	w.Now = w.Now.Add(2 * worldtest.Lease)
	w.next.Now = w.Now
	w.next.Walk("x", ledger.Delivered)
	w.walk("a", ledger.Collected, worldtest.Rec("x", "2"))
	w.Same("hops of the next", w.next.Load(w.next.ClaimDoc("x"))[0].Hops, 1)
}

// together hands over from many documents at once, under few keys.
func together(w *world) {
	const n = 8
	for i := range n {
		w.Pull(worldtest.Rec(fmt.Sprint("a", i), "1"))
	}
	w.to.OnSeen = ledger.Revise
	outcomes := make([]ledger.Outcome, n)
	for i := range n {
		key := fmt.Sprint("a", i)
		outcomes[i] = w.Outcome(w.ClaimDoc(key))
		outcomes[i].Documents = []ledger.Settled{w.Settled(key, ledger.Delivered)}
		outcomes[i].Hands = []ledger.Hand{w.hand(key, worldtest.Rec(fmt.Sprint("x", i%3), key))}
	}
	w.Together(n, func(i int) error {
		_, err := w.store.CommitOutcome(w.Context(), outcomes[i])
		return err
	})
	w.enter()
	w.Same("runs", len(w.next.Runs), 1)
	w.Same("documents", len(w.next.Documents()), 3)
	w.next.Counts(ledger.Counts{"pulled": n, "accepted": n, "waiting": 6, "superseded": n - 6})
}

func gone(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	work := w.ClaimDoc("a")
	hand := w.hand("a", worldtest.Rec("x", "1"))
	none, err := w.store.NextIDs(w.Context(), 1)
	w.Must(err)
	hand.To.Flow = none
	o := w.Outcome(work)
	o.Documents, o.Hands = []ledger.Settled{w.Settled("a", ledger.Delivered)}, []ledger.Hand{hand}
	_, err = w.store.CommitOutcome(w.Context(), o)
	if !errors.Is(err, ledger.ErrNotFound) {
		w.Fatalf("error %v, want ErrNotFound", err)
	}
	w.Same("state", w.Doc("a").State, ledger.Waiting)
}

// read takes documents of another flow in a page.
func read(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	w.Walk("a", ledger.Delivered)
	w.Stream = w.OpenStream("reader")
	w.Window = w.StartWindow(ledger.Live, 0, 100)
	page := w.PageOf(worldtest.Rec("x", "1"))
	from := w.PageOf().Window // any document will do for the origin
	page.Origins = []ledger.Origin{{HandKey: ledger.HandKey{Document: from, Rev: 1, Way: "read"}, Hops: 3}}
	w.Commit(page)
	w.Commit(page) // an outcome that was not answered
	w.Same("lineage", w.lineage(w.store.HandedFrom(w.Context(), w.Doc("x").ID)), []string{"rev 1 node 0 read to rev 1 after 3"})
}

// stored reads documents of the other flow as they are stored, by state and time, page by page.
func stored(w *world) {
	for i, key := range []string{"a", "b", "c", "d"} {
		w.Now = worldtest.Start.Add(time.Duration(i) * time.Minute)
		w.next.Now = w.Now
		w.handOver(key, "1")
		w.next.Walk(key, []ledger.State{ledger.Delivered, ledger.Rejected}[i%2])
	}
	q := ledger.StoredQuery{
		Workspace: w.Workspace, Flow: w.public, Source: entry, States: []ledger.State{ledger.Delivered, ledger.Rejected},
		From: worldtest.Start.Add(time.Minute), To: worldtest.Start.Add(3 * time.Minute), Limit: 2,
	}
	read := func(q ledger.StoredQuery) []string {
		found, err := w.store.Stored(w.Context(), q)
		w.Must(err)
		var keys []string
		for _, d := range found {
			w.Same("document", d, ledger.Stored{
				ID: w.next.Doc(d.Key).ID, Rev: 1, Hops: 1, Key: d.Key, Number: "No " + d.Key, Modified: worldtest.Start - 5, Body: worldtest.Rec(d.Key, "1").Body,
			})
			keys = append(keys, d.Key)
		}
		return keys
	}
	w.Same("the first page", read(q), []string{"b", "c"})
	q.After = "c"
	w.Same("the second page", read(q), []string{"d"})
	q.After, q.Limit, q.States = "", 10, []ledger.State{ledger.Rejected}
	w.Same("the rejected", read(q), []string{"b", "d"})
	q.States = nil
	w.Same("in no state", read(q), []string(nil))
	q.Source, q.States = "none", []ledger.State{ledger.Rejected}
	w.Same("of a node that never read", read(q), []string(nil))
	q.Workspace++
	if _, err := w.store.Stored(w.Context(), q); !errors.Is(err, ledger.ErrNotFound) {
		w.Fatalf("error %v, want ErrNotFound", err)
	}
	stream, err := w.store.OpenInlet(w.Context(), w.Workspace, w.next.Flow, entry)
	w.Must(err)
	w.Same("stream", stream.ID, w.next.Stream.ID)
}

// fails breaks the transaction at its end: neither the document nor what it hands over is there.
func fails(w *world) {
	w.Pull(worldtest.Rec("a", "1"))
	work := w.ClaimDoc("a")
	in := w.Send(work, "a", "T")
	good, bad := w.hand("a", worldtest.Rec("x", "1")), w.hand("a", worldtest.Rec("y", "1"))
	none, err := w.store.NextIDs(w.Context(), 1)
	w.Must(err)
	bad.To.Flow, bad.Way = none, "9.1.1" // behind the good one, because its id is greater
	o := w.Outcome(work)
	o.Documents, o.Deliveries = []ledger.Settled{w.Settled("a", ledger.Delivered)}, []ledger.Resolution{worldtest.Done(in)}
	o.Hands = []ledger.Hand{good, bad}
	if _, err := w.store.CommitOutcome(w.Context(), o); err == nil {
		w.Fatalf("the outcome was taken")
	}
	w.Same("runs", len(w.runs()), 0)
	w.Same("delivery", w.Delivery("a").State, ledger.DeliverySending)
	o.Hands = slices.Delete(o.Hands, 1, 2)
	_, err = w.store.CommitOutcome(w.Context(), o)
	w.Must(err)
	w.enter()
	w.Same("delivery", w.Delivery("a").State, ledger.DeliveryDone)
	w.next.Counts(ledger.Counts{"pulled": 1, "accepted": 1, "waiting": 1})
}
