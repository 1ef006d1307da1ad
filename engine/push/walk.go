package push

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// walk takes documents of one flow version through the steps of its plan, in
// memory. What reaches beyond memory is its side's: the worker delivers, a dry
// run only looks.
type walk struct {
	plan  *plan.Plan
	tasks []ledger.Task
	docs  []progress
	// inbox holds what waits before each step; reached are the steps where something did.
	inbox   [][]token
	reached []bool
	// ahead are the targets that a step leads to, once they were asked for.
	ahead map[int][]int
	// answers and waits are what look-ups of the walk came to.
	answers item.Answers
	waits   map[string]ledger.Wait
	// refused are look-ups that could not be answered.
	refused map[string]*fault.Fault
	side    side
}

// side is what a walk does to the world.
type side interface {
	// target takes what waits before a target on, as far as it gets.
	target(ctx context.Context, step *plan.Step, waiting []token) error
	// writeback takes what waits before a writeback.
	writeback(ctx context.Context, step *plan.Step, waiting []token) error
	// waits tells since when a record waits that comes to a barrier; false where
	// nothing waits, so that a bill is made of what is there.
	waits() (time.Time, bool)
	// left is told of every record that leaves a node.
	left(nodeNo int, port string, t token)
	// failed is told of every record that a node can't take on.
	failed(step *plan.Step, f *fault.Fault)
	// again tells when a document is due whose failure passes by itself.
	again(doc ledger.ID) ledger.Millis
	// lookUp answers look-ups, as Lookups do.
	lookUp(ctx context.Context, asked []item.Lookup) (map[string]lookup.Found, error)
}

// token is a record on an edge.
type token struct {
	doc  int
	item item.Item
	// route tells the records of a document apart by the way they came, "" where it
	// made one only. It does not depend on what becomes of the others.
	route string
	// delivery, attempt and answer are set behind the done port of a target; stored
	// says that a writeback was kept with the delivery before.
	delivery ledger.DeliveryKey
	attempt  int
	answer   []byte
	stored   bool
}

func newWalk(p *plan.Plan, tasks []ledger.Task, s side) *walk {
	return &walk{
		plan: p, tasks: tasks, docs: make([]progress, len(tasks)),
		inbox: make([][]token, len(p.Steps)), reached: make([]bool, len(p.Steps)), ahead: map[int][]int{}, side: s,
		answers: item.Answers{}, waits: map[string]ledger.Wait{}, refused: map[string]*fault.Fault{},
	}
}

// run lets every document enter behind its source and takes it through the steps.
func (w *walk) run(ctx context.Context) error {
	for i, t := range w.tasks {
		if src, ok := w.plan.Entry(t.NodeID); ok {
			w.send(src.NodeNo, src.DefaultPort, src.Next, w.start(i))
			continue
		}
		if step := w.barrier(t.NodeID); step != nil {
			w.leave(step, step.DefaultPort, w.start(i))
			continue
		}
		w.docs[i].unplaced = true
		w.docs[i].mark(ledger.Rejected, ledger.ProblemOf(fault.New("flow.source_gone", "the version has no source node %s", t.NodeID), t.NodeID), 0)
	}
	return w.steps(ctx)
}

// start gives the record that a document begins its walk as.
func (w *walk) start(i int) token {
	t := w.tasks[i]
	facts := &item.Facts{
		Key: t.Document.Key, Number: t.Document.Number, Revision: t.Document.ActiveRev, From: t.From.Time(), To: t.To.Time(),
		FlowID: w.plan.Flow.Metadata.ID, RunID: strconv.FormatInt(int64(cmp.Or(t.Document.Run, t.Run)), 10),
	}
	body := t.Body
	if src, ok := w.plan.Entry(t.NodeID); ok {
		body = src.Open(body)
	}
	return token{doc: i, item: item.Item{Raw: body, Source: body, Facts: facts}}
}

// steps takes what waits in the inboxes through the steps.
func (w *walk) steps(ctx context.Context) error {
	for at, step := range w.plan.Steps {
		waiting := w.inbox[at]
		w.inbox[at] = nil
		if len(waiting) == 0 {
			continue
		}
		w.reached[at] = true
		if err := w.step(ctx, step, waiting); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) step(ctx context.Context, step *plan.Step, waiting []token) error {
	switch {
	case step.Apply != nil:
		return w.transform(ctx, step, waiting)
	case step.Target != nil:
		return w.side.target(ctx, step, waiting)
	case step.Group != nil:
		w.group(step, waiting)
	case step.Writeback != nil:
		return w.side.writeback(ctx, step, waiting)
	case step.Role == node.Discard:
		for _, t := range waiting {
			w.docs[t.doc].mark(ledger.Collected, nil, 0)
		}
	}
	return nil
}

func (w *walk) transform(ctx context.Context, step *plan.Step, waiting []token) error {
	failpoint.Hit("in_walk")
	batch := make([]item.Item, len(waiting))
	for i, t := range waiting {
		batch[i] = t.item
	}
	results, err := w.apply(ctx, step, batch)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if broken, ok := errors.AsType[*brokenError](err); ok {
		return broken.error
	}
	if err == nil && len(results) != len(batch) {
		err = fault.New("node.bad_results", "the node gave %d results for %d documents", len(results), len(batch))
	}
	for i, t := range waiting {
		switch {
		case err != nil:
			w.lose(step, t, fault.From(err))
		case results[i].Fault != nil:
			w.lose(step, t, results[i].Fault)
		case len(results[i].Missing) > 0:
			w.park(step, t, results[i].Missing)
		default:
			for n, out := range results[i].Outputs {
				next := t
				next.item = out.Item
				switch {
				case out.Route != "":
					next.route = fmt.Sprintf("%s/%d:%s", t.route, step.NodeNo, out.Route)
				case n > 0: // counted where they are made, whatever becomes of the ones before
					next.route = fmt.Sprintf("%s/%d:%d", t.route, step.NodeNo, n)
				}
				w.leave(step, out.Port, next)
			}
		}
	}
	return nil
}

// leave sends a record out of a port; where nothing is connected its branch ends.
func (w *walk) leave(step *plan.Step, port string, t token) {
	if port == "" {
		port = step.DefaultPort
	}
	w.send(step.NodeNo, port, step.Next[port], t)
}

func (w *walk) send(nodeNo int, port string, next []int, t token) {
	w.side.left(nodeNo, port, t)
	for i, at := range next {
		to := t
		if w.forks(next, i) {
			to.route = fmt.Sprintf("%s/%d>%d", t.route, nodeNo, w.plan.Steps[at].NodeNo)
		}
		w.inbox[at] = append(w.inbox[at], to)
	}
}

// forks reports whether the i-th edge of a port makes a second record on the way to a
// target that another edge leads to as well. The one to the node with the smallest
// number makes the first, so that the order of edges means nothing.
func (w *walk) forks(next []int, i int) bool {
	return slices.ContainsFunc(next, func(at int) bool {
		if w.plan.Steps[at].NodeNo >= w.plan.Steps[next[i]].NodeNo {
			return false
		}
		targets := w.targets(next[i])
		return slices.ContainsFunc(w.targets(at), func(target int) bool { return slices.Contains(targets, target) })
	})
}

// targets gives the targets that a record at a step may come to.
func (w *walk) targets(at int) []int {
	if out, known := w.ahead[at]; known {
		return out
	}
	step := w.plan.Steps[at]
	out := []int{}
	if step.Target != nil {
		out = append(out, at)
	}
	for _, next := range step.Next {
		for _, to := range next {
			out = append(out, w.targets(to)...)
		}
	}
	slices.Sort(out)
	w.ahead[at] = slices.Compact(out)
	return w.ahead[at]
}

// lose notes that a record came to its end before its place at a target was known:
// what a target holds of the document may be its.
func (w *walk) lose(step *plan.Step, t token, f *fault.Fault) {
	w.docs[t.doc].unplaced = true
	w.fail(step, t, f)
}

// fail rejects a document at a node and, where the error port is connected, lets it go on there.
func (w *walk) fail(step *plan.Step, t token, f *fault.Fault) {
	w.side.failed(step, f)
	doc := &w.docs[t.doc]
	if f.Class == fault.Transient || f.Class == fault.Rate {
		doc.mark(ledger.RetryAt, ledger.ProblemOf(f, step.NodeID), w.side.again(w.tasks[t.doc].Document.ID))
		return
	}
	doc.mark(ledger.Rejected, ledger.ProblemOf(f, step.NodeID), 0)
	if len(step.Next[node.ErrorPort]) > 0 {
		doc.attention |= ledger.Handled
		w.leave(step, node.ErrorPort, t)
	}
}
