package push

import (
	"cmp"
	"context"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// live is the side of a worker's walk: it delivers, counts and keeps what is to
// be committed with the outcome.
type live struct {
	*Worker
	*walk

	work  ledger.Work
	ports map[portKey]int

	// sent is what came of calls and is not committed yet.
	sent deliver.Sent
	// writebacks are what is kept with deliveries that are done.
	writebacks []ledger.Writeback
	// hands go with the end of the walk.
	hands []ledger.Hand
}

type portKey struct {
	run    ledger.ID
	nodeNo int
	port   string
}

func newLive(w *Worker, work ledger.Work, p *plan.Plan, tasks []ledger.Task) *live {
	l := &live{Worker: w, work: work, ports: map[portKey]int{}}
	l.walk = newWalk(p, tasks, l)
	return l
}

// left implements side.
func (w *live) left(nodeNo int, port string, t token) {
	task := &w.tasks[t.doc]
	w.ports[portKey{cmp.Or(task.Document.Run, task.Run), nodeNo, port}]++
}

// failed implements side: what a document came to is in its progress.
func (w *live) failed(*plan.Step, *fault.Fault) {}

// lookUp implements side.
func (w *live) lookUp(ctx context.Context, asked []item.Lookup) (map[string]lookup.Found, error) {
	return w.Lookups.Answer(ctx, w.work.Workspace, asked)
}

// waits implements side.
func (w *live) waits() (time.Time, bool) { return w.Clock(), true }

// again implements side.
func (w *live) again(doc ledger.ID) ledger.Millis { return w.due(w.work, doc) }

// record adds what calls came to, to an outcome, and forgets it.
func (w *live) record(o *ledger.Outcome) {
	o.Calls = append(o.Calls, w.sent.Calls...)
	o.Probes = append(o.Probes, w.sent.Probes...)
	o.Deliveries = append(o.Deliveries, w.sent.Resolutions...)
	o.Writebacks = append(o.Writebacks, w.writebacks...)
	w.sent, w.writebacks = deliver.Sent{}, nil
}

// conclude adds what the walk found to the outcome.
func (w *live) conclude(o *ledger.Outcome) {
	w.record(o)
	o.Hands = append(o.Hands, w.hands...)
	for i, t := range w.tasks {
		w.missing(i)
		settled := w.docs[i].settle()
		settled.Document, settled.Rev = t.Document.ID, t.Document.ActiveRev
		if src, ok := w.plan.Entry(t.NodeID); ok {
			settled.OnSeen = ledger.OnSeen(src.OnSeen)
		}
		o.Documents = append(o.Documents, settled)
	}
	for key, n := range w.ports {
		o.Ports = append(o.Ports, ledger.PortCount{Run: key.run, NodeNo: key.nodeNo, Port: key.port, N: n})
	}
}

// missing looks for what the targets hold of a document, or may hold, and the walk
// did not make again, at whatever node: the record may have been let go long before.
func (w *live) missing(i int) {
	doc := &w.docs[i]
	passes := doc.unplaced && doc.retries() // the record that fails for now may make it
	for _, d := range w.tasks[i].Deliveries {
		switch {
		case doc.claimed[d.DeliveryKey]:
		case d.State.Uncertain():
			doc.attention |= ledger.Uncertain
			if !passes {
				doc.mark(ledger.NeedsDecision, ledger.ProblemOf(partLost(d.Key), w.nodeID(d.NodeNo)), 0)
			}
		case d.State == ledger.DeliveryDone && !doc.unplaced:
			doc.mark(ledger.NeedsDecision, ledger.ProblemOf(partGone(d.Key), w.nodeID(d.NodeNo)), 0)
		}
	}
}

// nodeID gives the id of a node, "" where the version has none with the number.
func (w *live) nodeID(no int) string {
	for _, step := range w.plan.Steps {
		if step.NodeNo == no {
			return step.NodeID
		}
	}
	return ""
}

func partGone(key string) *fault.Fault {
	return fault.New("delivery.part_gone", "%s was written before and the flow no longer makes it", key).
		Hinted("decide whether to keep or remove it in the target")
}

func partLost(key string) *fault.Fault {
	return fault.New("delivery.part_lost", "whether %s was written is not known and the flow no longer makes it", key).
		Hinted("retry with the version that the document was read with, or skip it")
}
