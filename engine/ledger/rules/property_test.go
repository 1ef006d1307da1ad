package rules_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
)

// book carries plans out with nothing but maps, and looks at each plan before it does.
type book struct {
	*rapid.T
	last      ledger.ID
	now       ledger.Millis
	docs      map[string]ledger.Document
	revisions map[ledger.ID]map[int]ledger.Revision
	work      map[ledger.ID]ledger.Work
	problems  map[ledger.ID]string
	counts    map[ledger.ID]ledger.Counts
	done      map[ledger.ID]bool // windows
	window    ledger.ID
	run       ledger.ID
}

// TestPlansKeepTheIdentity commits pages and ends walks in any order: after every
// step the counts are those of the rows, and no row is left that nobody works on.
func TestPlansKeepTheIdentity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := &book{
			T: t, now: 1000, docs: map[string]ledger.Document{}, revisions: map[ledger.ID]map[int]ledger.Revision{}, work: map[ledger.ID]ledger.Work{},
			problems: map[ledger.ID]string{}, counts: map[ledger.ID]ledger.Counts{}, done: map[ledger.ID]bool{},
		}
		b.window, b.run = b.nextID(), b.nextID()
		hold := rapid.Bool().Draw(t, "hold")
		t.Repeat(map[string]func(*rapid.T){
			"":       func(*rapid.T) { b.check() },
			"page":   func(*rapid.T) { b.page(hold) },
			"walk":   func(*rapid.T) { b.walk() },
			"repair": func(*rapid.T) { b.repair() },
			"window": func(*rapid.T) {
				b.release()
				b.window = b.nextID()
			},
			"again": func(*rapid.T) { b.withdraw() },
			"run":   func(*rapid.T) { b.run = b.nextID() },
		})
	})
}

// refused fails on a move that the table does not have.
func (b *book) refused(err error) {
	if err != nil {
		b.Fatal(err)
	}
}

func (b *book) nextID() ledger.ID { b.last++; return b.last }

func (b *book) queued(doc ledger.Document) map[ledger.ID]ledger.Revision {
	out := map[ledger.ID]ledger.Revision{}
	if doc.Queued() {
		rev := b.revisions[doc.ID][doc.LatestRev]
		rev.Hold = rev.Hold && !b.done[rev.Window]
		out[doc.ID] = rev
	}
	return out
}

func (b *book) page(hold bool) {
	c := ledger.PageCommit{
		Stream: 2, Run: b.run, Window: b.window, OnSeen: rapid.SampledFrom([]ledger.OnSeen{ledger.Skip, ledger.Revise}).Draw(b.T, "onSeen"),
		Dropped: rapid.IntRange(0, 2).Draw(b.T, "dropped"), Hold: hold, Now: b.now,
	}
	for range rapid.IntRange(0, 6).Draw(b.T, "records") {
		record := in(fmt.Sprint(rapid.IntRange(0, 4).Draw(b.T, "key")), rapid.Int64Range(1, 4).Draw(b.T, "hash"))
		if rapid.IntRange(0, 9).Draw(b.T, "refused") == 0 {
			record.Problem = &ledger.Problem{Code: "source.key_invalid"}
		}
		c.Docs = append(c.Docs, record)
	}
	known, queued := map[string]*ledger.Document{}, map[ledger.ID]ledger.Revision{}
	for _, record := range c.Docs {
		if doc, ok := b.docs[record.Key]; ok {
			known[record.Key] = &doc
			maps.Copy(queued, b.queued(doc))
		}
	}
	plan := rules.PlanPage(c, known, queued, b.nextID)
	b.refused(plan.Err())
	for _, doc := range plan.Insert {
		if _, ok := b.docs[doc.Key]; ok {
			b.Fatalf("document %q is inserted again", doc.Key)
		}
	}
	if n := plan.Result.Accepted + plan.Result.Ignored + plan.Result.Unchanged; n != len(c.Docs) {
		b.Fatalf("a page of %d records gives %+v", len(c.Docs), plan.Result)
	}
	b.apply(append(plan.Insert, plan.Update...), plan.Revisions, nil, plan.Work, plan.Problems, plan.Cleared, plan.Deltas)
}

// walk ends one work row that is due, with any outcome for each document.
func (b *book) walk() {
	due := slices.DeleteFunc(slices.Sorted(maps.Keys(b.work)), func(id ledger.ID) bool { return b.work[id].Due == ledger.FarFuture })
	if len(due) == 0 {
		return
	}
	b.now++
	work := b.work[rapid.SampledFrom(due).Draw(b.T, "work")]
	o := ledger.Outcome{Claim: ledger.ClaimOf(work), Now: b.now}
	docs, queued, stale := map[ledger.ID]*ledger.Document{}, map[ledger.ID]ledger.Revision{}, map[ledger.ID]bool{}
	for _, key := range slices.Sorted(maps.Keys(b.docs)) {
		doc := b.docs[key]
		if doc.Work != work.ID {
			continue
		}
		out := ledger.Settled{Document: doc.ID, Rev: doc.ActiveRev, OnSeen: rapid.SampledFrom([]ledger.OnSeen{ledger.Skip, ledger.Revise}).Draw(b.T, "onSeen")}
		out.State = rapid.SampledFrom(ledger.States()).Filter(func(s ledger.State) bool { return s != ledger.Superseded && s != ledger.Skipped }).Draw(b.T, "state")
		switch out.State {
		case ledger.Rejected, ledger.Unmapped, ledger.RetryAt, ledger.NeedsDecision:
			out.Problem = &ledger.Problem{Code: "why"}
			out.RetryAt = rapid.SampledFrom([]ledger.Millis{0, b.now + 1}).Draw(b.T, "retry")
			if rapid.Bool().Draw(b.T, "uncertain") {
				out.Attention = ledger.Uncertain
			}
		default:
		}
		stale[doc.ID] = rapid.IntRange(0, 9).Draw(b.T, "stale") == 0
		docs[doc.ID] = &doc
		maps.Copy(queued, b.queued(doc))
		o.Documents = append(o.Documents, out)
	}
	plan := rules.PlanOutcome(o, work, docs, queued, stale, b.nextID)
	b.refused(plan.Err())
	if len(plan.Update) != len(docs) {
		b.Fatalf("%d of %d documents are settled", len(plan.Update), len(docs))
	}
	delete(b.work, work.ID)
	b.apply(plan.Update, plan.Revisions, plan.Unqueued, plan.Work, plan.Problems, plan.Cleared, plan.Deltas)
}

// repair lets a person act on any document, who sees it as it is or as it was.
func (b *book) repair() {
	if len(b.docs) == 0 {
		return
	}
	b.now++
	doc := b.docs[rapid.SampledFrom(slices.Sorted(maps.Keys(b.docs))).Draw(b.T, "document")]
	ailing := rules.Ailing{Document: doc, Flow: 3, Problem: b.problems[doc.ID]}
	if work, ok := b.work[doc.Work]; ok {
		ailing.Work = &work
	}
	if rev, ok := b.queued(doc)[doc.ID]; ok {
		ailing.Queued = &rev
	}
	r := ledger.Repair{
		Document: doc.ID, Seen: doc.Sight(), Version: ledger.ID(rapid.IntRange(0, 1).Draw(b.T, "version")), Actor: "who", Now: b.now,
		Action: rapid.SampledFrom([]ledger.Action{ledger.RetryDocument, ledger.SkipDocument}).Draw(b.T, "action"),
	}
	if rapid.Bool().Draw(b.T, "edit") {
		r.Source = []byte("{}")
	}
	if rapid.IntRange(0, 4).Draw(b.T, "blind") == 0 {
		r.Seen.Updated--
	}
	plan, err := rules.PlanRepair(r, ailing, b.nextID)
	if refused := new(ledger.MoveError); errors.As(err, &refused) {
		b.refused(err)
	}
	if err != nil {
		return
	}
	if !doc.State.Repairable() || r.Seen != doc.Sight() {
		b.Fatalf("%+v was carried out on %+v", r, doc)
	}
	delete(b.work, plan.Uncovered)
	problems, cleared := map[ledger.ID]ledger.Problem{}, []ledger.ID{doc.ID}
	if plan.Problem != nil {
		problems, cleared = map[ledger.ID]ledger.Problem{doc.ID: *plan.Problem}, nil
	}
	b.apply([]ledger.Document{plan.Document}, plan.Revisions, plan.Unqueued, plan.Work, problems, cleared, plan.Deltas)
}

// withdraw lets the window be read anew: nothing that it held is left, and nothing
// else of it has changed.
func (b *book) withdraw() {
	b.now++
	var held []rules.Withheld
	for _, key := range slices.Sorted(maps.Keys(b.docs)) {
		h := rules.Withheld{Document: b.docs[key]}
		if w, ok := b.work[h.Document.Work]; ok && w.Kind == ledger.PageWork && w.Ref == b.window && w.Due == ledger.FarFuture {
			h.Work = &w
		}
		if rev, ok := b.queued(h.Document)[h.Document.ID]; ok {
			h.Queued = &rev
		}
		if h.Work != nil || h.Queued != nil && h.Queued.Hold && h.Queued.Window == b.window && h.Queued.State != ledger.Dropped {
			held = append(held, h)
		}
	}
	first := b.last
	plan := rules.PlanWithdraw(b.window, held, b.now, b.nextID)
	b.refused(plan.Err())
	if n := rules.Promotions(b.window, held); n != int(b.last-first) {
		b.Fatalf("%d promotions took %d ids", n, b.last-first)
	}
	maps.DeleteFunc(b.work, func(_ ledger.ID, w ledger.Work) bool {
		return w.Kind == ledger.PageWork && w.Ref == b.window && w.Due == ledger.FarFuture
	})
	b.apply(plan.Update, plan.Revisions, plan.Unqueued, plan.Work, plan.Problems, plan.Cleared, plan.Deltas)
	for _, h := range held {
		doc := b.docs[h.Document.Key]
		if w, ok := b.work[doc.Work]; ok && w.Ref == b.window && w.Due == ledger.FarFuture || b.queued(doc)[doc.ID].Hold && b.queued(doc)[doc.ID].Window == b.window {
			b.Fatalf("the window still holds %+v", doc)
		}
		if doc.State == ledger.Superseded && rules.Admit(&doc, in(doc.Key, h.Document.SourceHash), ledger.Revise) != rules.AdmitReplace {
			b.Fatalf("%+v is not taken again", doc)
		}
	}
}

// release ends the window.
func (b *book) release() {
	b.done[b.window] = true
	for id, w := range b.work {
		if w.Kind == ledger.PageWork && w.Ref == b.window {
			w.Due = b.now
			b.work[id] = w
		}
	}
}

func (b *book) apply(
	docs []ledger.Document, revisions, unqueued []ledger.Revision, work []ledger.Work,
	problems map[ledger.ID]ledger.Problem, cleared []ledger.ID, deltas ledger.Deltas,
) {
	for _, doc := range docs {
		b.docs[doc.Key] = doc
	}
	for _, rev := range unqueued {
		delete(b.revisions[rev.Document], rev.Rev)
	}
	written := map[string]bool{}
	for _, rev := range revisions {
		if name := fmt.Sprint(rev.Document, "/", rev.Rev); written[name] {
			b.Fatalf("revision %s is written twice", name)
		} else {
			written[name] = true
		}
		if b.revisions[rev.Document] == nil {
			b.revisions[rev.Document] = map[int]ledger.Revision{}
		}
		b.revisions[rev.Document][rev.Rev] = rev
	}
	for _, w := range work {
		b.work[w.ID] = w
	}
	for _, id := range cleared {
		if _, both := problems[id]; both {
			b.Fatalf("document %d has a problem that is cleared as well", id)
		}
		delete(b.problems, id)
	}
	for id, p := range problems {
		b.problems[id] = p.Code
	}
	for key, n := range deltas {
		if b.counts[key.Run] == nil {
			b.counts[key.Run] = ledger.Counts{}
		}
		b.counts[key.Run][key.Slot] += n
	}
}

func (b *book) check() {
	found := map[ledger.ID]ledger.Counts{}
	count := func(run ledger.ID, s ledger.State) {
		if found[run] == nil {
			found[run] = ledger.Counts{}
		}
		if s != ledger.Dropped && s != ledger.Replaced {
			found[run][ledger.SlotOf(s)]++
		}
	}
	covered := map[ledger.ID]int{}
	for key, doc := range b.docs {
		count(doc.Run, doc.State)
		for n, rev := range b.revisions[doc.ID] {
			count(rev.Run, rev.State)
			if n == doc.ActiveRev || n > doc.LatestRev || n < doc.ActiveRev && (rev.State.Open() || rev.State == ledger.NeedsDecision) {
				b.Fatalf("document %q: %+v beside %+v", key, rev, doc)
			}
		}
		waits, found := b.revisions[doc.ID][doc.LatestRev]
		switch {
		case found && waits.State == ledger.Dropped:
		case doc.Queued() != found:
			b.Fatalf("document %q: queued is %t: %+v, %+v", key, doc.Queued(), doc, waits)
		case doc.Queued() && waits.State != doc.State && waits.State != ledger.Rejected &&
			(doc.State != ledger.Rejected && doc.State != ledger.Unmapped || waits.State != ledger.RetryAt):
			b.Fatalf("document %q is %s and %s waits behind it", key, doc.State, waits.State)
		}
		walks, may := doc.State == ledger.Waiting || doc.State == ledger.RetryAt, doc.State.Repairable()
		if _, ok := b.work[doc.Work]; ok != (doc.Work != 0) || walks && !ok || ok && !walks && !may {
			b.Fatalf("document %q: %s, covered by work %d, which exists: %t", key, doc.State, doc.Work, ok)
		}
		// What the target may hold is found out, unless a person let it go or is asked.
		if doc.Attention&ledger.Uncertain != 0 && doc.Work == 0 && doc.State != ledger.Skipped && doc.State != ledger.NeedsDecision {
			b.Fatalf("nobody finds out about document %q: %+v", key, doc)
		}
		if doc.State == ledger.Waiting {
			covered[doc.Work]++
		}
		unhappy := doc.State == ledger.Rejected || doc.State == ledger.Unmapped || doc.State == ledger.RetryAt || doc.State == ledger.NeedsDecision
		if doc.State != ledger.Waiting && doc.State != ledger.Skipped && (b.problems[doc.ID] != "") != unhappy {
			b.Fatalf("document %q: %s, and its problem is %q", key, doc.State, b.problems[doc.ID])
		}
	}
	for id, w := range b.work {
		if covered[id] != w.Docs {
			b.Fatalf("work %+v covers %d waiting documents", w, covered[id])
		}
	}
	for run, counts := range b.counts {
		if !counts.Balanced() {
			b.Fatalf("run %d: the identities do not hold: %v", run, counts)
		}
		for _, s := range ledger.States() {
			if slot := ledger.SlotOf(s); counts[slot] != found[run][slot] {
				b.Fatalf("run %d: %s is %d and %d revisions are", run, slot, counts[slot], found[run][slot])
			}
		}
	}
}
