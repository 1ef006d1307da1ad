// Package chaostest has a flow at work whose workers crash, come back late and race,
// and looks whether a store keeps its balance and writes no row twice.
//
// It may import testing, rapid, engine/ledger and worldtest: never a database; only
// packages that end in test import it.
package chaostest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
)

// Chaos lets workers that crash, come back late and race walk the same documents,
// and looks after each step whether the counts balance and no row was written twice.
func Chaos(t *testing.T, store worldtest.Store) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		p := &plant{
			World:  worldtest.New(t, store),
			hold:   rapid.Bool().Draw(t, "hold"),
			policy: rapid.SampledFrom([]ledger.OnSeen{ledger.Skip, ledger.Revise}).Draw(t, "onSeen"),
			target: map[ledger.DeliveryKey]map[int]int{},
		}
		drawn := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		act := func(f func(pick) error) func(*rapid.T) {
			return func(*rapid.T) { p.Must(f(drawn)) }
		}
		t.Repeat(map[string]func(*rapid.T){
			"":       func(*rapid.T) { p.check() },
			"page":   act(p.page),
			"window": act(p.nextWindow),
			"claim":  act(p.claimAny),
			"send":   act(p.sendAny),
			"finish": act(p.finishAny),
			"crash":  act(p.crash),
			"late":   act(p.late),
			"repair": act(p.repairAny),
			"tick":   act(func(pick) error { p.Now = p.Now.Add(worldtest.Lease / 2); return nil }),
			"together": func(t *rapid.T) {
				seed := rapid.Uint64().Draw(t, "seed")
				p.Together(3, func(i int) error { return p.race(rand.New(rand.NewPCG(seed, uint64(i))).IntN) })
			},
		})
		p.drain()
	})
}

// pick chooses one of n.
type pick func(n int) int

// plant is a flow at work: its walkers, the answers of those that crashed, and
// the target, which remembers how often it took each revision of a row.
type plant struct {
	*worldtest.World
	hold   bool
	policy ledger.OnSeen

	mu      sync.Mutex
	walkers []*walker
	lost    []*walker
	target  map[ledger.DeliveryKey]map[int]int
}

// walker is one claim on its way.
type walker struct {
	work    ledger.Work
	tasks   []ledger.Task
	sent    bool
	answers []ledger.Resolution
	ends    []end
}

// check balances the counts and looks for double writes.
func (p *plant) check() {
	p.Balance()
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, revs := range p.target {
		for rev, n := range revs {
			if n > 1 {
				p.Fatalf("revision %d of %+v was written %d times", rev, key, n)
			}
		}
	}
}

func (p *plant) page(pick pick) error {
	var docs []ledger.Incoming
	for range pick(4) {
		in := worldtest.Rec(fmt.Sprint("k", pick(5)), fmt.Sprint(pick(4)))
		if pick(12) == 0 {
			in = worldtest.Refused(in)
		}
		docs = append(docs, in)
	}
	p.mu.Lock()
	page := p.PageOf(docs...)
	p.mu.Unlock()
	page.Dropped, page.Hold, page.OnSeen = pick(2), p.hold, p.policy
	page.Rows += page.Dropped
	_, err := p.Store.CommitPage(p.Context(), page)
	return err
}

// nextWindow ends the window, reads it again in another run, or splits it.
func (p *plant) nextWindow(pick pick) error {
	switch pick(3) {
	case 0:
		p.Run = p.OpenRun("manual", worldtest.Start+ledger.Millis(len(p.Runs)))
		again, err := p.Store.RestartWindow(p.Context(), p.Window, p.Run.ID, p.Now)
		p.Window = again
		return err
	case 1:
		parts, err := p.Store.SplitWindow(p.Context(), p.Window, p.Window.From+1, p.Now)
		if err != nil {
			return err
		}
		p.FinishWindow(parts[0])
		p.Window = parts[1]
		return nil
	default:
		p.FinishWindow(p.Window)
		p.Window = p.StartWindow(ledger.Live, p.Window.To-worldtest.Start, p.Window.To-worldtest.Start+100)
		return nil
	}
}

func (p *plant) claimAny(pick pick) error {
	id, err := p.anyDue(pick)
	if err != nil || id == 0 {
		return err
	}
	k, err := p.begin(id)
	if err != nil {
		return err
	}
	return p.back(k)
}

// anyDue picks a row of the flow that is due, 0 when there is none.
func (p *plant) anyDue(pick pick) (ledger.ID, error) {
	due, err := p.Store.Due(p.Context(), p.Now, 1<<20)
	due = slices.DeleteFunc(due, func(work ledger.Work) bool { return work.Flow != p.Flow })
	if err != nil || len(due) == 0 {
		return 0, err
	}
	return due[pick(len(due))].ID, nil
}

// begin claims a row; nil when it is not to be had.
func (p *plant) begin(id ledger.ID) (*walker, error) {
	work, ok, err := p.Store.Claim(p.Context(), id, "worker", p.Now, worldtest.Lease)
	if err != nil || !ok {
		return nil, err
	}
	k := &walker{work: work}
	if k.tasks, err = p.Store.Load(p.Context(), work); err != nil {
		return nil, err
	}
	if len(k.tasks) == 0 {
		return nil, fmt.Errorf("work %d covers no document", id)
	}
	return k, nil
}

// take removes a walker from the list; nil when it is empty.
func (p *plant) take(pick pick, list *[]*walker) *walker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(*list) == 0 {
		return nil
	}
	i := pick(len(*list))
	k := (*list)[i]
	*list = slices.Delete(*list, i, i+1)
	return k
}

func (p *plant) sendAny(pick pick) error {
	k := p.take(pick, &p.walkers)
	if k == nil || k.sent {
		return p.back(k)
	}
	if err := p.sendAll(k, pick); errors.Is(err, ledger.ErrFenced) {
		return nil
	} else if err != nil {
		return err
	}
	return p.back(k)
}

func (p *plant) back(k *walker) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k != nil {
		p.walkers = append(p.walkers, k)
	}
	return nil
}

func (p *plant) finishAny(pick pick) error {
	k := p.take(pick, &p.walkers)
	if k == nil || !k.sent {
		return p.back(k)
	}
	return p.finish(k)
}

func (p *plant) finish(k *walker) error {
	o := p.Outcome(k.work)
	o.Deliveries = k.answers
	for i := range k.ends {
		o.Documents = append(o.Documents, k.ends[i].settled(k.tasks[i].Document, p.policy, p.Now))
	}
	if _, err := p.Ended(o); !errors.Is(err, ledger.ErrFenced) {
		return err
	}
	return nil
}

func (p *plant) crash(pick pick) error {
	if k := p.take(pick, &p.walkers); k != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.lost = append(p.lost, k)
	}
	return nil
}

// late lets a crashed walker report its answers and nothing else.
func (p *plant) late(pick pick) error {
	k := p.take(pick, &p.lost)
	if k == nil {
		return nil
	}
	k.ends = nil
	return p.finish(k)
}

// repairAny lets a person act on any document, whatever the workers do.
func (p *plant) repairAny(pick pick) error {
	docs, err := p.Store.Documents(p.Context(), p.Stream.ID, 0, 100)
	if err != nil || len(docs) == 0 {
		return err
	}
	doc := docs[pick(len(docs))]
	r := ledger.Repair{
		Workspace: p.Workspace, Document: doc.ID, Seen: doc.Sight(), Actor: "chaos", Now: p.Now,
		Action: []ledger.Action{ledger.RetryDocument, ledger.RetryDocument, ledger.SkipDocument}[pick(3)],
	}
	if pick(3) == 0 {
		r.Source = []byte(`{"edited":true}`)
	}
	_, err = p.Store.Repair(p.Context(), r)
	if fault.CodeOf(err) != "" {
		return nil // whatever the reason: the checks tell whether it was carried out halfway
	}
	return err
}

// race does what one of several processes does at a time.
func (p *plant) race(pick pick) error {
	if err := p.page(pick); err != nil {
		return err
	}
	if err := p.late(pick); err != nil {
		return err
	}
	if err := p.repairAny(pick); err != nil {
		return err
	}
	due, err := p.anyDue(pick)
	if err != nil || due == 0 {
		return err
	}
	k, err := p.begin(due)
	if err != nil || k == nil {
		return err
	}
	if err := p.sendAll(k, pick); err != nil && !errors.Is(err, ledger.ErrFenced) {
		return err
	}
	if err := p.finish(k); err != nil {
		return err
	}
	_, counts, err := p.Store.Run(p.Context(), p.Run.ID)
	if err == nil && !counts.Balanced() {
		err = fmt.Errorf("the identities do not hold: %v", counts)
	}
	return err
}

// drain ends the pull and walks without faults until nothing is due.
func (p *plant) drain() {
	p.FinishWindow(p.Window)
	lucky := func(n int) int { return n - 1 }
	for range 1000 {
		p.Now = p.Now.Add(worldtest.Lease)
		due := p.Due()
		if len(due) == 0 {
			break
		}
		for _, work := range due {
			k, err := p.begin(work.ID)
			p.Must(err)
			p.Must(p.sendAll(k, lucky))
			p.Must(p.finish(k))
		}
		p.check()
	}
	for _, doc := range p.Documents() {
		if doc.State == ledger.Waiting || doc.State == ledger.RetryAt {
			p.Fatalf("document %q stays %s", doc.Key, doc.State)
		}
		for part := range parts(doc) {
			key := ledger.DeliveryKey{Document: doc.ID, NodeNo: worldtest.NodeNo, Part: part}
			if doc.State == ledger.Delivered && !p.holds(key, doc.DoneRev) {
				p.Fatalf("document %q is delivered and the target does not hold part %d of revision %d", doc.Key, part, doc.DoneRev)
			}
		}
		deliveries, err := p.Store.Deliveries(p.Context(), doc.ID)
		p.Must(err)
		for _, d := range deliveries {
			of := doc.State
			if d.Rev != doc.ActiveRev {
				of = p.Revision(doc.Key, d.Rev)
			}
			open := d.State.Uncertain() || d.State == ledger.DeliveryRetryAt && d.Rev == doc.ActiveRev
			if open && of != ledger.Skipped {
				p.Fatalf("document %q is %s and part %d was left as %s", doc.Key, doc.State, d.Part, d.State)
			}
		}
	}
}
