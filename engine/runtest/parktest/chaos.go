package parktest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Chaos parks, fills, pulls, repairs and crashes in any order, and looks after each
// step whether whoever is parked waits for something that is still missing, whether
// exactly those were released whose key came, and whether the counts balance. In the
// end everything comes, and nobody is left.
func Chaos(t *testing.T, store Store) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		m := &market{shop: newShop(t, store), filled: map[string]bool{}, items: map[string]string{}}
		m.policy = rapid.SampledFrom([]ledger.OnSeen{ledger.Skip, ledger.Revise}).Draw(t, "onSeen")
		if rapid.Bool().Draw(t, "indexed from the start") {
			m.register("no", "name")
		} else {
			m.stock("early", "0")
			m.register("no", "name")
		}
		drawn := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		act := func(f func(pick)) func(*rapid.T) { return func(*rapid.T) { f(drawn) } }
		t.Repeat(map[string]func(*rapid.T){
			"":       func(*rapid.T) { m.inspect() },
			"order":  act(m.order),
			"item":   act(func(p pick) { m.stock(number(p(4)), number(p(4))) }),
			"fill":   act(m.fillAny),
			"claim":  act(m.claimAny),
			"ask":    act(m.askAny),
			"finish": act(m.finishAny),
			"crash":  act(func(p pick) { m.take(p) }),
			"repair": act(m.repairAny),
			"build":  act(func(pick) { _, err := m.store.BuildIndex(m.Context(), m.items1(), 1); m.Must(err) }),
			"tick":   act(func(pick) { m.Now = m.Now.Add(worldtest.Lease / 2) }),
		})
		m.drain()
	})
}

// pick chooses one of n.
type pick func(n int) int

// market is orders that need a code of their shop and an item of the other stream.
type market struct {
	*shop

	policy ledger.OnSeen
	// filled are the codes that there are, items the newest numbers of the items.
	filled  map[string]bool
	items   map[string]string
	walkers []*walker
}

func (m *market) items1() ledger.ID { return m.shop.items.ID }

// walker is a claim, with what it was answered.
type walker struct {
	work  ledger.Work
	tasks []ledger.Task
	asked bool
	outs  []ledger.Settled
}

func need(code, no string) []byte { return fmt.Appendf(nil, `{"shop":%q,"item":%q}`, code, no) }

func (m *market) order(p pick) {
	page := m.PageOf(worldtest.Raw(fmt.Sprint("o", p(5)), need(fmt.Sprint("S", p(3)), number(p(4)))))
	page.OnSeen = m.policy
	m.Commit(page)
}

// stock pulls an item: exactly who waits for its number is released.
func (m *market) stock(key, no string) {
	m.items[key] = no
	key = "i" + key
	m.releases(func(k ledger.WaitKey) bool {
		return k.Kind == ledger.StreamWait && k.Value == lookup.StreamPlace(1, no)
	}, func() {
		m.pull(key, fmt.Sprintf(`{"no":%q,"name":"item %s","rev":%d}`, no, no, m.Now))
	})
}

// fillAny gives a code a target: exactly who waits for it is released.
func (m *market) fillAny(p pick) {
	code := fmt.Sprint("S", p(3))
	m.filled[code] = true
	m.releases(func(k ledger.WaitKey) bool {
		return k.Kind == ledger.CodeWait && k.Value == lookup.CodePlace(code, false)
	}, func() { m.fill(code) })
}

// releases does something that makes a key come and compares who left the parked.
func (m *market) releases(comes func(ledger.WaitKey) bool, do func()) {
	m.Helper()
	before := m.Documents()
	want := map[ledger.ID]bool{}
	for _, doc := range before {
		waits, err := m.store.Waits(m.Context(), doc.ID)
		m.Must(err)
		if doc.State == ledger.Unmapped && !m.busy(doc) && slices.ContainsFunc(waits, comes) {
			want[doc.ID] = true
		}
	}
	do()
	for i, doc := range m.Documents() {
		switch {
		case want[doc.ID]:
			m.Same("state of "+doc.Key, doc.State, ledger.Waiting)
		case doc != before[i]:
			m.Fatalf("document %q changed from %+v to %+v", doc.Key, before[i], doc)
		}
	}
}

// busy reports whether a worker is at a document.
func (m *market) busy(doc ledger.Document) bool {
	return slices.ContainsFunc(m.walkers, func(k *walker) bool {
		return k.work.ID == doc.Work && k.work.LeaseUntil > m.Now
	}) || doc.Work != 0 && m.claimedByTheDead(doc)
}

// claimedByTheDead reports whether a crashed worker's lease on a document goes on.
func (m *market) claimedByTheDead(doc ledger.Document) bool {
	a, err := m.Store.Ailing(m.Context(), m.Workspace, doc.ID)
	m.Must(err)
	return a.Claimed(m.Now)
}

func (m *market) claimAny(p pick) {
	due := m.orders()
	if len(due) == 0 {
		return
	}
	m.begin(due[p(len(due))].ID)
}

// orders are the due rows that cover orders; items are collected by nobody.
func (m *market) orders() []ledger.Work {
	m.Helper()
	covers := map[ledger.ID]bool{}
	for _, doc := range m.Documents() {
		covers[doc.Work] = true
	}
	return slices.DeleteFunc(m.Due(), func(w ledger.Work) bool { return !covers[w.ID] })
}

func (m *market) begin(id ledger.ID) *walker {
	m.Helper()
	k := &walker{work: m.Claim(id, "worker")}
	k.tasks = m.Load(k.work)
	m.walkers = append(m.walkers, k)
	return k
}

// take removes a walker; nil when there is none.
func (m *market) take(p pick) *walker {
	if len(m.walkers) == 0 {
		return nil
	}
	i := p(len(m.walkers))
	k := m.walkers[i]
	m.walkers = slices.Delete(m.walkers, i, i+1)
	return k
}

func (m *market) askAny(p pick) {
	if len(m.walkers) > 0 {
		m.look(m.walkers[p(len(m.walkers))], p)
	}
}

// look answers what the walker's documents look up, as it is now.
func (m *market) look(k *walker, p pick) {
	m.Helper()
	k.asked, k.outs = true, nil
	for _, task := range k.tasks {
		doc := item.Of(task.Body)
		asked := []item.Lookup{
			{Table: "shops", Where: []item.Equal{{Value: doc.Path("shop").Text()}}},
			m.find("name", "no", doc.Path("item").Text()),
		}
		out := ledger.Settled{Document: task.Document.ID, Rev: task.Document.ActiveRev, State: ledger.Delivered, OnSeen: m.policy}
		found, err := m.ask.Answer(m.Context(), m.Workspace, asked)
		switch {
		case fault.CodeOf(err) == "lookup.preparing":
			out.State, out.RetryAt = ledger.RetryAt, m.Now.Add(worldtest.Lease)
			out.Problem = &ledger.Problem{Code: "lookup.preparing"}
		case err != nil:
			m.Must(err)
		}
		for _, l := range asked {
			if f, ok := found[l.Key()]; ok && len(f.Values) == 0 {
				out.State, out.Waits = ledger.Unmapped, append(out.Waits, f.Wait)
				out.Problem = &ledger.Problem{Code: "lookup.values_missing"}
			}
		}
		if out.State == ledger.Unmapped && p(3) == 0 {
			out.RetryAt = m.Now.Add(worldtest.Lease) // another of its branches goes on
		}
		k.outs = append(k.outs, out)
	}
}

func (m *market) finishAny(p pick) {
	k := m.take(p)
	if k == nil {
		return
	}
	if !k.asked {
		m.look(k, p)
	}
	m.end(k)
}

// end concludes a walk; a claim that was lost has no effect.
func (m *market) end(k *walker) {
	m.Helper()
	o := m.Outcome(k.work)
	o.Documents = k.outs
	result, err := m.Ended(o)
	if errors.Is(err, ledger.ErrFenced) {
		return
	}
	m.Must(err)
	for _, id := range result.Stale {
		at := slices.IndexFunc(k.outs, func(out ledger.Settled) bool { return out.Document == id })
		if at < 0 || len(k.outs[at].Waits) == 0 {
			m.Fatalf("document %d waits for nothing and is told to be stale", id)
		}
	}
}

// repairAny lets a person act on any order, whatever the workers do.
func (m *market) repairAny(p pick) {
	docs := m.Documents()
	if len(docs) == 0 {
		return
	}
	doc := docs[p(len(docs))]
	r := ledger.Repair{
		Workspace: m.Workspace, Document: doc.ID, Seen: doc.Sight(), Actor: "chaos", Now: m.Now,
		Action: []ledger.Action{ledger.RetryDocument, ledger.RetryDocument, ledger.SkipDocument}[p(3)],
	}
	if p(3) == 0 {
		r.Source = need(fmt.Sprint("S", p(3)), number(p(4)))
	}
	_, err := m.Store.Repair(m.Context(), r)
	if fault.CodeOf(err) == "" { // whatever the reason, the checks tell whether it was done halfway
		m.Must(err)
	}
}

// inspect proves that nobody is parked for something that is there.
func (m *market) inspect() {
	m.check()
	there := map[ledger.WaitKey]bool{}
	for code := range m.filled {
		there[ledger.WaitKey{Kind: ledger.CodeWait, Ref: m.table, Value: lookup.CodePlace(code, false)}] = true
	}
	for _, no := range m.items {
		there[ledger.WaitKey{Kind: ledger.StreamWait, Ref: m.items1(), Value: lookup.StreamPlace(1, no)}] = true
	}
	for _, doc := range m.Documents() {
		if doc.State != ledger.Unmapped || m.busy(doc) {
			continue
		}
		waits, err := m.store.Waits(m.Context(), doc.ID)
		m.Must(err)
		if len(waits) == 0 && doc.Work == 0 {
			m.Fatalf("document %q is parked and waits for nothing", doc.Key)
		}
		for _, k := range waits {
			if there[k] && doc.Work == 0 {
				m.Fatalf("document %q waits for %v, which is there", doc.Key, k)
			}
		}
	}
}

// drain lets everything come, and walks until nothing is due: nobody is left.
func (m *market) drain() {
	m.build()
	for i := range 4 {
		m.stock(number(i), number(i))
	}
	m.fill("S0", "S1", "S2")
	first := func(n int) int { return n - 1 }
	for range 100 {
		m.Now = m.Now.Add(2 * worldtest.Lease)
		m.walkers = nil
		due := m.orders()
		if len(due) == 0 {
			break
		}
		for _, work := range due {
			k := m.begin(work.ID)
			m.look(k, first)
			m.end(k)
		}
	}
	m.check()
	for _, doc := range m.Documents() {
		if doc.State != ledger.Delivered && doc.State != ledger.Skipped {
			m.Fatalf("document %q stays %s", doc.Key, doc.State)
		}
	}
}
