package grouptest

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/item"
)

// chaos lets documents come and change, workers crash and come back late, groups close
// and bills fail, and looks after each step whether everybody is somewhere once. In the
// end the bills have exactly what their members brought.
func chaos(t *testing.T, store Store) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		p := &plant{world: newWorld(t, store), T: t}
		p.settings(rapid.SampledFrom([]string{
			`{"headerGroup":["shop"],"bodyName":"l","late":"new","calculate":[{"field":"fee"},{"field":"l.n","into":"n"}]}`,
			`{"headerGroup":["shop"],"bodyName":"l","late":"update","calculate":[{"field":"fee"},{"field":"l.n","into":"n"}]}`,
			`{"headerGroup":["shop"],"bodyName":"l","late":"new","close":"count","count":3,"bodyMaxLine":2,"calculate":[{"field":"fee"},{"field":"l.n","into":"n"}]}`,
			`{"headerGroup":["shop"],"bodyName":"l","late":"decide","close":"age","age":"2m","calculate":[{"field":"fee"},{"field":"l.n","into":"n"}]}`,
		}).Draw(t, "settings"))
		t.Repeat(map[string]func(*rapid.T){
			"":        func(*rapid.T) { p.check(); p.totals() },
			"page":    func(*rapid.T) { p.page() },
			"claim":   func(*rapid.T) { p.claim() },
			"finish":  func(*rapid.T) { p.finish() },
			"forget":  func(*rapid.T) { p.forget() },
			"sweep":   func(*rapid.T) { p.sweep() },
			"stale":   func(*rapid.T) { p.stale() },
			"repair":  func(*rapid.T) { p.repair() },
			"eject":   func(*rapid.T) { p.ejectOne() },
			"endrun":  func(*rapid.T) { p.end(); p.Run = p.OpenRun("manual", worldtest.Start+ledger.Millis(len(p.Runs))) },
			"tick":    func(*rapid.T) { p.Now = p.Now.Add(worldtest.Lease / 2) },
			"at once": func(*rapid.T) { p.atOnce() },
		})
		p.drain()
	})
}

type plant struct {
	*world
	T *rapid.T
	// claimed are walks under way.
	claimed []walker
}

type walker struct {
	work  ledger.Work
	tasks []ledger.Task
}

func (p *plant) pick(n int) int { return rapid.IntRange(0, n-1).Draw(p.T, "pick") }

func (p *plant) page() {
	var docs []ledger.Incoming
	for range 1 + p.pick(3) {
		var lines []string
		for range p.pick(4) {
			lines = append(lines, fmt.Sprintf("%d.%02d", p.pick(100), p.pick(100)))
		}
		docs = append(docs, rec(fmt.Sprint("k", p.pick(6)), fmt.Sprint("S", p.pick(2)), fmt.Sprintf("0.%d", p.pick(1000)), lines...))
	}
	p.PullAs(ledger.Revise, docs...)
}

func (p *plant) claim() {
	if due := p.Due(); len(due) > 0 {
		p.take(due[p.pick(len(due))].ID)
	}
}

func (p *plant) take(id ledger.ID) {
	work, ok, err := p.Store.Claim(p.Context(), id, fmt.Sprint("w", len(p.claimed)), p.Now, worldtest.Lease)
	p.Must(err)
	if ok {
		p.claimed = append(p.claimed, walker{work, p.Load(work)})
	}
}

// finish ends a walk: documents wait in a group, or fail before; bills come to anything.
func (p *plant) finish() {
	if len(p.claimed) > 0 {
		p.finishAt(p.pick(len(p.claimed)), func() int { return p.pick(10) })
	}
}

func (p *plant) finishAt(i int, luck func() int) {
	w := p.claimed[i]
	p.claimed = slices.Delete(p.claimed, i, i+1)
	o := p.Outcome(w.work)
	for _, task := range w.tasks {
		states := []ledger.State{ledger.Delivered, ledger.Delivered, ledger.Delivered, ledger.Delivered, ledger.Delivered, ledger.Rejected, ledger.NeedsDecision, ledger.RetryAt, ledger.Collected, ledger.Rejected}
		out := p.concluded(task.Document, states[luck()])
		if task.NodeID != bills && luck() < 9 {
			out = p.held(task)
		}
		out.OnSeen = ledger.Revise
		o.Documents = append(o.Documents, out)
	}
	if _, err := p.Ended(o); err != nil && !errors.Is(err, ledger.ErrFenced) {
		p.Fatalf("outcome: %v", err)
	}
}

// forget kills a worker.
func (p *plant) forget() {
	if len(p.claimed) > 0 {
		i := p.pick(len(p.claimed))
		p.claimed = slices.Delete(p.claimed, i, i+1)
	}
}

// stale closes a group by what somebody saw of it earlier.
func (p *plant) stale() {
	for _, d := range p.groupDocs(bills) {
		if d.State != ledger.Held {
			continue
		}
		g, err := p.store.Group(p.Context(), d.ID)
		p.Must(err)
		c := barrier.Closing{Group: d.ID, Seq: g.Head.Seq - 1, Now: p.Now, Bills: []barrier.Bill{{Body: []byte(`{"fee":1}`), Members: g.Members}}}
		_, err = p.store.CloseGroup(p.Context(), c)
		p.Fenced("a closing that is too late", err)
		return
	}
}

func (p *plant) all() []ledger.Document { return append(p.Documents(), p.groupDocs(bills)...) }

func (p *plant) repair() {
	docs := slices.DeleteFunc(p.all(), func(d ledger.Document) bool { return !d.State.Repairable() })
	if len(docs) == 0 {
		return
	}
	doc := docs[p.pick(len(docs))]
	r := ledger.Repair{Workspace: p.Workspace, Document: doc.ID, Action: ledger.RetryDocument, Seen: doc.Sight(), Actor: "amy", Now: p.Now}
	if p.pick(4) == 0 {
		r.Action = ledger.SkipDocument
	}
	_, err := p.Store.Repair(p.Context(), r)
	if busy := p.coded(err); busy != (doc.Attention&ledger.Grouped != 0) && !busy {
		p.Fatalf("%s, which is grouped, was repaired", doc.Key)
	}
}

// coded fails on an error that is no answer to a person.
func (p *plant) coded(err error) bool {
	p.Helper()
	if err == nil {
		return false
	}
	if errors.Is(err, ledger.ErrFenced) {
		return true
	}
	var coded interface{ FaultCode() string }
	if !errors.As(err, &coded) && errors.Unwrap(err) != nil {
		p.Fatalf("%v", err)
	}
	return true
}

func (p *plant) ejectOne() {
	docs := slices.DeleteFunc(p.Documents(), func(d ledger.Document) bool { return d.Attention&ledger.Grouped == 0 })
	if len(docs) > 0 {
		_ = p.coded(p.eject(docs[p.pick(len(docs))].Key, p.pick(2) == 0))
	}
}

// atOnce lets walks end while groups close.
func (p *plant) atOnce() {
	n := len(p.claimed)
	walks := p.claimed
	p.claimed = nil
	p.Together(n+1, func(i int) error {
		if i == n {
			_, err := p.closer.Sweep(p.Context())
			return err
		}
		o := p.Outcome(walks[i].work)
		for _, task := range walks[i].tasks {
			out := p.concluded(task.Document, ledger.Delivered)
			if task.NodeID != bills {
				out = p.held(task)
			}
			out.OnSeen = ledger.Revise
			o.Documents = append(o.Documents, out)
		}
		_, err := p.Ended(o)
		if errors.Is(err, ledger.ErrFenced) {
			return nil
		}
		return err
	})
}

// totals compares what the members of every bill brought with what the bill says, and
// that no document brings the same to two bills that count.
func (p *plant) totals() {
	p.Helper()
	for _, d := range p.groupDocs(bills) {
		if d.State == ledger.Held || d.State == ledger.Superseded {
			continue
		}
		g, err := p.store.Group(p.Context(), d.ID)
		p.Must(err)
		if g.Head.State == barrier.Changed {
			continue // a member brought something else since
		}
		body, fees, lines := item.Of([]byte(p.body(d))), new(big.Rat), new(big.Rat)
		for _, m := range g.Members {
			for e := range item.Of(m.Records).Elements() {
				if e.Field("uncounted").Kind() == item.None {
					p.add(fees, e.Field("body").Field("fee"))
				}
				at := 0
				for l := range e.Field("body").Field("l").Elements() {
					counts := e.Field("lines").Kind() == item.None
					for n := range e.Field("lines").Elements() {
						counts = counts || n.Text() == fmt.Sprint(at)
					}
					if counts {
						p.add(lines, l.Field("n"))
					}
					at++
				}
			}
		}
		p.same(d, "fee", fees, body.Field("fee"))
		p.same(d, "n", lines, body.Field("n"))
	}
}

func (p *plant) add(to *big.Rat, v item.Value) {
	n, ok := new(big.Rat).SetString(v.Text())
	if !ok {
		p.Fatalf("%q is no number", v.Text())
	}
	to.Add(to, n)
}

func (p *plant) same(bill ledger.Document, field string, want *big.Rat, got item.Value) {
	p.Helper()
	n, ok := new(big.Rat).SetString(got.Text())
	if !ok || n.Cmp(want) != 0 {
		p.Fatalf("bill %s says %s %s, its members bring %s", bill.Key, field, got.Text(), want.FloatString(4))
	}
}

// drain lets everything come to its end: the delivered bills have, to the last digit,
// what the delivered documents brought.
func (p *plant) drain() {
	p.Helper()
	p.end()
	for range 200 {
		p.Now = p.Now.Add(2 * 3600e9)
		p.sweep()
		for len(p.claimed) > 0 {
			p.finishAt(0, func() int { return 0 })
		}
		for _, w := range p.Due() {
			p.take(w.ID)
		}
		idle := len(p.claimed) == 0
		for _, d := range p.groupDocs(bills) {
			if d.State.Repairable() {
				_ = p.retry(d)
				idle = false
			}
		}
		for _, d := range p.Documents() {
			idle = idle && (d.State != ledger.Held || p.short(d))
		}
		if idle {
			break
		}
	}
	p.check()
	p.totals()
	for _, d := range p.Documents() {
		if d.State == ledger.Held && !p.short(d) || d.State == ledger.Waiting {
			p.Fatalf("%s is %s in the end", d.Key, d.State)
		}
	}
	for _, run := range p.Runs {
		_, counts, err := p.Store.Run(p.Context(), run)
		p.Must(err)
		if counts[ledger.SlotOf(ledger.Waiting)]+counts[ledger.SlotClaimed] > 0 || !counts.Balanced() {
			p.Fatalf("run %d: %v", run, counts)
		}
	}
	p.once()
}

// short reports whether a document waits for more that would close its group.
func (p *plant) short(doc ledger.Document) bool {
	_, groups, err := p.store.Grouped(p.Context(), p.Workspace, doc.ID)
	p.Must(err)
	return slices.ContainsFunc(groups, func(g barrier.Group) bool {
		return g.Head.State == barrier.Open && g.Head.Members < p.plan.Steps[0].Group.Count
	})
}

// once checks that every delivered revision is whole: its lines are in bills once each.
func (p *plant) once() {
	p.Helper()
	type line struct {
		document ledger.ID
		rev      int
		no       int
	}
	seen := map[line]int{}
	for _, d := range p.groupDocs(bills) {
		g, err := p.store.Group(p.Context(), d.ID)
		p.Must(err)
		for _, m := range g.Members {
			for e := range item.Of(m.Records).Elements() {
				at := 0
				for range e.Field("body").Field("l").Elements() {
					counts := e.Field("lines").Kind() == item.None
					for n := range e.Field("lines").Elements() {
						counts = counts || n.Text() == fmt.Sprint(at)
					}
					if counts {
						seen[line{m.Document, m.Rev, at}]++
					}
					at++
				}
			}
		}
	}
	for l, n := range seen {
		if n > 1 {
			p.Fatalf("line %d of revision %d of document %d is in %d bills", l.no, l.rev, l.document, n)
		}
	}
	for _, doc := range p.Documents() {
		if doc.State != ledger.Delivered || doc.DoneRev != doc.ActiveRev {
			continue
		}
		body, err := p.Store.Body(p.Context(), doc.ID)
		p.Must(err)
		at := 0
		for range item.Of(body).Field("l").Elements() {
			if n := seen[line{doc.ID, doc.ActiveRev, at}]; n != 1 && !p.alone(doc) {
				p.Fatalf("line %d of %s, which was delivered, is in %d bills", at, doc.Key, n)
			}
			at++
		}
	}
}

// alone reports whether a document was delivered without a group, as one in ten is.
func (p *plant) alone(doc ledger.Document) bool {
	_, groups, err := p.store.Grouped(p.Context(), p.Workspace, doc.ID)
	p.Must(err)
	return len(groups) == 0
}
