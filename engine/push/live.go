package push

import (
	"cmp"
	"context"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/push/walk"
	"github.com/karezflow/karez/engine/retry"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// live is the side of a worker's walk: it delivers, counts and keeps what is to
// be committed with the outcome.
type live struct {
	*Worker
	*walk.Walk

	work  ledger.Work
	ports map[portKey]int

	// sent is what came of calls and is not committed yet.
	sent deliver.Sent
	// writebacks are what is kept with deliveries that are done.
	writebacks []ledger.Writeback
	// hands and replies go with the end of the walk.
	hands   []ledger.Hand
	replies []ledger.Answer
	// errands are entered with the end of the walk.
	errands []ledger.Errand
}

type portKey struct {
	run    ledger.ID
	nodeNo int
	port   string
}

func newLive(w *Worker, work ledger.Work, p *plan.Plan, tasks []ledger.Task) *live {
	l := &live{Worker: w, work: work, ports: map[portKey]int{}}
	l.Walk = walk.New(p, tasks, l)
	return l
}

// Left implements walk.Side.
func (w *live) Left(nodeNo int, port string, t walk.Token) {
	task := &w.Tasks[t.Doc]
	w.ports[portKey{cmp.Or(task.Document.Run, task.Run), nodeNo, port}]++
}

// Failed implements walk.Side: what a document came to is in its progress.
func (w *live) Failed(*plan.Step, *fault.Fault) {}

// LookUp implements walk.Side.
func (w *live) LookUp(ctx context.Context, asked []item.Lookup) (map[string]lookup.Found, error) {
	return w.Lookups.Answer(ctx, w.work.Workspace, asked)
}

// Waits implements walk.Side.
func (w *live) Waits() (time.Time, bool) { return w.Clock(), true }

// Again implements walk.Side.
func (w *live) Again(doc ledger.ID) ledger.Millis { return w.later(retry.Flow, w.work, doc) }

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
	o.Hands, o.Answers = append(o.Hands, w.hands...), append(o.Answers, w.replies...)
	o.Errands = append(o.Errands, w.errands...)
	for i, t := range w.Tasks {
		w.missing(i)
		settled := w.Docs[i].Settle()
		settled.Document, settled.Rev = t.Document.ID, t.Document.ActiveRev
		if src, ok := w.Plan.Entry(t.NodeID); ok {
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
	doc := &w.Docs[i]
	passes := doc.Unplaced && doc.Retries() // the record that fails for now may make it
	for _, d := range w.Tasks[i].Deliveries {
		switch {
		case doc.Claimed[d.DeliveryKey]:
		case d.State.Uncertain():
			doc.Attention |= ledger.Uncertain
			if !passes {
				doc.Mark(ledger.NeedsDecision, ledger.ProblemOf(walk.PartLost(d.Key), w.nodeID(d.NodeNo)), 0)
			}
		case d.Held() && !doc.Unplaced:
			doc.Mark(ledger.NeedsDecision, ledger.ProblemOf(partGone(d.Key), w.nodeID(d.NodeNo)), 0)
		}
	}
}

// nodeID gives the id of a node, "" where the version has none with the number.
func (w *live) nodeID(no int) string {
	for _, step := range w.Plan.Steps {
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
