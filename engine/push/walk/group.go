package walk

import (
	"fmt"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/item"
)

// heldAt names a group of a barrier.
type heldAt struct{ node, key string }

// holding is what a document brings to one group.
type holding struct {
	join    ledger.Join
	records []group.Record
}

// joins gives what a document that is held brings to each group.
func (p *Progress) joins() []ledger.Join {
	out := make([]ledger.Join, 0, len(p.order))
	for _, at := range p.order {
		h := p.held[at]
		h.join.Records = group.EncodeRecords(h.records)
		out = append(out, h.join)
	}
	return out
}

// rest gives what the branches came to that do not wait.
func (p *Progress) rest() ledger.State {
	for _, state := range []ledger.State{ledger.Delivered, ledger.Collected} {
		if _, ok := p.found[state]; ok {
			return state
		}
	}
	return 0
}

// barrier gives the step of a barrier, nil where the version has none of the id.
func (w *Walk) barrier(nodeID string) *plan.Step {
	for _, step := range w.Plan.Steps {
		if step.NodeID == nodeID && step.Group != nil {
			return step
		}
	}
	return nil
}

// group takes what waits before a barrier. Where nothing waits for others, a bill is
// made of the records of each document.
func (w *Walk) group(step *plan.Step, waiting []Token) {
	since, waits := w.side.Waits()
	alone := map[int][]Token{}
	var order []int
	for _, t := range waiting {
		record := item.Of(t.Item.Raw)
		if f := step.Group.Check(record); f != nil {
			w.lose(step, t, f)
			continue
		}
		if !waits || !step.Group.Waits() {
			if alone[t.Doc] == nil {
				order = append(order, t.Doc)
			}
			alone[t.Doc] = append(alone[t.Doc], t)
			continue
		}
		w.hold(step, t, since)
	}
	for _, doc := range order {
		w.atOnce(step, alone[doc])
	}
}

// hold notes that a record waits in a group.
func (w *Walk) hold(step *plan.Step, t Token, since time.Time) {
	record := item.Of(t.Item.Raw)
	place := step.Group.Place(record, since)
	doc := &w.Docs[t.Doc]
	doc.Mark(ledger.Held, nil, 0)
	at := heldAt{step.NodeID, place.Key}
	h := doc.held[at]
	if h == nil {
		h = &holding{join: ledger.Join{
			NodeID: step.NodeID, Key: place.Key, Number: place.Number, PerRun: step.Group.Close == group.AtRunEnd,
			Due: ledger.FarFuture, Most: step.Group.Most(), Late: step.Group.Late, Header: step.Group.Header(record),
		}}
		if h.join.PerRun {
			h.join.Key = "r" + strconv.FormatInt(int64(w.Tasks[t.Doc].Run), 10) + "|" + place.Key
		}
		if !place.Due.IsZero() {
			h.join.Due = ledger.At(place.Due)
		}
		if doc.held == nil {
			doc.held = map[heldAt]*holding{}
		}
		doc.held[at], doc.order = h, append(doc.order, at)
	}
	h.records = append(h.records, group.Record{Body: t.Item.Raw})
}

// atOnce makes bills of the records of one document, and lets them go on.
func (w *Walk) atOnce(step *plan.Step, records []Token) {
	places := map[string][]group.Record{}
	first := map[string]Token{}
	var order []string
	for _, t := range records {
		key := step.Group.Place(item.Of(t.Item.Raw), w.Tasks[t.Doc].To.Time()).Key
		if places[key] == nil {
			order, first[key] = append(order, key), t
		}
		places[key] = append(places[key], group.Record{Body: t.Item.Raw})
	}
	for _, key := range order {
		for n, bill := range step.Group.Compose([]group.Member{{Records: places[key]}}) {
			next := first[key]
			next.Item = next.Item.With(bill.Body)
			switch {
			case len(order) > 1:
				next.Route = fmt.Sprintf("%s/%d:%s#%d", next.Route, step.NodeNo, key, n)
			case n > 0:
				next.Route = fmt.Sprintf("%s/%d:%d", next.Route, step.NodeNo, n)
			}
			w.Leave(step, step.DefaultPort, next)
		}
	}
}
