package push

import (
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
)

// live is the side of a worker's walk: it delivers, counts and keeps what is to
// be committed with the outcome.
type live struct {
	*Worker
	*walk

	work  ledger.Work
	ports map[portKey]int

	calls       []ledger.CallEnd
	resolutions []ledger.Resolution
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
	w.ports[portKey{w.tasks[t.doc].Document.Run, nodeNo, port}]++
}

// failed implements side: what a document came to is in its progress.
func (w *live) failed(*plan.Step, *fault.Fault) {}

// again implements side.
func (w *live) again() ledger.Millis { return w.now().Add(w.pause(w.work.Attempts)) }

// conclude adds what the walk found to the outcome.
func (w *live) conclude(o *ledger.Outcome) {
	o.Calls = append(o.Calls, w.calls...)
	o.Deliveries = append(o.Deliveries, w.resolutions...)
	for i, t := range w.tasks {
		settled := w.docs[i].settle()
		settled.Document, settled.Rev = t.Document.ID, t.Document.ActiveRev
		if src := w.source(t.NodeID); src != nil {
			settled.OnSeen = ledger.OnSeen(src.OnSeen)
		}
		o.Documents = append(o.Documents, settled)
	}
	for key, n := range w.ports {
		o.Ports = append(o.Ports, ledger.PortCount{Run: key.run, NodeNo: key.nodeNo, Port: key.port, N: n})
	}
}
