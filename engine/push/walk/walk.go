// Package walk takes documents of one version of a flow through the steps of its plan,
// in memory: look-ups, bills, the rows of targets with their keys and parts, and what
// each document came to. What reaches beyond memory is its Side's.
//
// It may import engine/deliver, engine/errand, engine/group, engine/inlet, engine/ledger, engine/lookup,
// engine/plan, engine/value and the sdk: never engine/push, a store or a session.
package walk

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

// Walk is one walk of documents. What reaches beyond memory is its side's: the
// worker delivers, a dry run only looks.
type Walk struct {
	Plan *plan.Plan
	// Docs are what the Tasks came to, in their order.
	Tasks []ledger.Task
	Docs  []Progress
	// inbox holds what waits before each step; Reached are the steps where something did.
	inbox   [][]Token
	Reached []bool
	// ahead are the targets that a step leads to, once they were asked for.
	ahead map[int][]int
	// Answers and waits are what look-ups of the walk came to.
	Answers item.Answers
	waits   map[string]ledger.Wait
	// refused are look-ups that could not be answered.
	refused map[string]*fault.Fault
	side    Side
}

// Side is what a walk does to the world.
type Side interface {
	// Target takes what waits before a target on, as far as it gets.
	Target(ctx context.Context, step *plan.Step, waiting []Token) error
	// Aftermath takes what waits before a writeback or a node that sends messages.
	Aftermath(ctx context.Context, step *plan.Step, waiting []Token) error
	// Waits tells since when a record waits that comes to a barrier; false where
	// nothing waits, so that a bill is made of what is there.
	Waits() (time.Time, bool)
	// Left is told of every record that leaves a node.
	Left(nodeNo int, port string, t Token)
	// Failed is told of every record that a node can't take on.
	Failed(step *plan.Step, f *fault.Fault)
	// Again tells when a document is due whose failure passes by itself.
	Again(doc ledger.ID) ledger.Millis
	// LookUp answers look-ups, one for each by its key.
	LookUp(ctx context.Context, asked []item.Lookup) (map[string]lookup.Found, error)
}

// Token is a record on an edge.
type Token struct {
	// Doc is the document among the walk's.
	Doc  int
	Item item.Item
	// Route tells the records of a document apart by the way they came, "" where it
	// made one only. It does not depend on what becomes of the others.
	Route string
	// Delivery, Attempt and Answer are set behind the done port of a target; Stored
	// says that a writeback was kept with the delivery before.
	Delivery ledger.DeliveryKey
	Attempt  int
	Answer   []byte
	Stored   bool
	// Fault is why the last node that it left by the error port could not take it on.
	Fault *fault.Fault
}

// New gives a walk of tasks that has not begun.
func New(p *plan.Plan, tasks []ledger.Task, s Side) *Walk {
	return &Walk{
		Plan: p, Tasks: tasks, Docs: make([]Progress, len(tasks)),
		inbox: make([][]Token, len(p.Steps)), Reached: make([]bool, len(p.Steps)), ahead: map[int][]int{}, side: s,
		Answers: item.Answers{}, waits: map[string]ledger.Wait{}, refused: map[string]*fault.Fault{},
	}
}

// Run lets every document enter behind its source and takes it through the steps.
func (w *Walk) Run(ctx context.Context) error {
	for i, t := range w.Tasks {
		if src, ok := w.Plan.Entry(t.NodeID); ok {
			w.send(src.NodeNo, src.DefaultPort, src.Next, w.Start(i))
			continue
		}
		if step := w.barrier(t.NodeID); step != nil {
			w.Leave(step, step.DefaultPort, w.Start(i))
			continue
		}
		w.Docs[i].Unplaced = true
		w.Docs[i].Mark(ledger.Rejected, ledger.ProblemOf(fault.New("flow.source_gone", "the version has no source node %s", t.NodeID), t.NodeID), 0)
	}
	return w.steps(ctx)
}

// RunFrom takes the first document through the steps from one of them on.
func (w *Walk) RunFrom(ctx context.Context, at int) error {
	w.inbox[at] = []Token{w.Start(0)}
	return w.steps(ctx)
}

// Start gives the record that a document begins its walk as.
func (w *Walk) Start(i int) Token {
	t := w.Tasks[i]
	facts := &item.Facts{
		Key: t.Document.Key, Number: t.Document.Number, Revision: t.Document.ActiveRev, From: t.From.Time(), To: t.To.Time(),
		FlowID: w.Plan.Flow.Metadata.ID, RunID: strconv.FormatInt(int64(cmp.Or(t.Document.Run, t.Run)), 10),
	}
	body := t.Body
	if src, ok := w.Plan.Entry(t.NodeID); ok {
		body = src.Open(body)
	}
	return Token{Doc: i, Item: item.Item{Raw: body, Source: body, Facts: facts}}
}

// steps takes what waits in the inboxes through the steps.
func (w *Walk) steps(ctx context.Context) error {
	for at, step := range w.Plan.Steps {
		waiting := w.inbox[at]
		w.inbox[at] = nil
		if len(waiting) == 0 {
			continue
		}
		w.Reached[at] = true
		if err := w.step(ctx, step, waiting); err != nil {
			return err
		}
	}
	return nil
}

func (w *Walk) step(ctx context.Context, step *plan.Step, waiting []Token) error {
	switch {
	case step.Apply != nil:
		return w.transform(ctx, step, waiting)
	case step.Target != nil:
		return w.side.Target(ctx, step, waiting)
	case step.Group != nil:
		w.group(step, waiting)
	case step.Writeback != nil, step.Notice != nil:
		return w.side.Aftermath(ctx, step, waiting)
	case step.Role == node.Discard:
		for _, t := range waiting {
			w.Docs[t.Doc].Mark(ledger.Collected, nil, 0)
		}
	}
	return nil
}

func (w *Walk) transform(ctx context.Context, step *plan.Step, waiting []Token) error {
	failpoint.Hit("in_walk")
	batch := make([]item.Item, len(waiting))
	for i, t := range waiting {
		batch[i] = t.Item
	}
	results, err := w.apply(ctx, step, batch)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if broken, ok := errors.AsType[*BrokenError](err); ok {
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
				next.Item = out.Item
				switch {
				case out.Route != "":
					next.Route = fmt.Sprintf("%s/%d:%s", t.Route, step.NodeNo, out.Route)
				case n > 0: // counted where they are made, whatever becomes of the ones before
					next.Route = fmt.Sprintf("%s/%d:%d", t.Route, step.NodeNo, n)
				}
				w.Leave(step, out.Port, next)
			}
		}
	}
	return nil
}

// Leave sends a record out of a port; where nothing is connected its branch ends.
func (w *Walk) Leave(step *plan.Step, port string, t Token) {
	if port == "" {
		port = step.DefaultPort
	}
	w.send(step.NodeNo, port, step.Next[port], t)
}

func (w *Walk) send(nodeNo int, port string, next []int, t Token) {
	w.side.Left(nodeNo, port, t)
	for i, at := range next {
		to := t
		if w.forks(next, i) {
			to.Route = fmt.Sprintf("%s/%d>%d", t.Route, nodeNo, w.Plan.Steps[at].NodeNo)
		}
		w.inbox[at] = append(w.inbox[at], to)
	}
}

// forks reports whether the i-th edge of a port makes a second record on the way to a
// target that another edge leads to as well. The one to the node with the smallest
// number makes the first, so that the order of edges means nothing.
func (w *Walk) forks(next []int, i int) bool {
	return slices.ContainsFunc(next, func(at int) bool {
		if w.Plan.Steps[at].NodeNo >= w.Plan.Steps[next[i]].NodeNo {
			return false
		}
		targets := w.targets(next[i])
		return slices.ContainsFunc(w.targets(at), func(target int) bool { return slices.Contains(targets, target) })
	})
}

// targets gives the targets that a record at a step may come to.
func (w *Walk) targets(at int) []int {
	if out, known := w.ahead[at]; known {
		return out
	}
	step := w.Plan.Steps[at]
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
func (w *Walk) lose(step *plan.Step, t Token, f *fault.Fault) {
	w.Docs[t.Doc].Unplaced = true
	w.Fail(step, t, f)
}

// Fail rejects a document at a node and, where the error port is connected, lets it go on there.
func (w *Walk) Fail(step *plan.Step, t Token, f *fault.Fault) {
	w.side.Failed(step, f)
	doc := &w.Docs[t.Doc]
	if f.Class == fault.Transient || f.Class == fault.Rate {
		doc.Mark(ledger.RetryAt, ledger.ProblemOf(f, step.NodeID), w.side.Again(w.Tasks[t.Doc].Document.ID))
		return
	}
	doc.Mark(ledger.Rejected, ledger.ProblemOf(f, step.NodeID), 0)
	if len(step.Next[node.ErrorPort]) > 0 {
		doc.Attention |= ledger.Handled
		w.Leave(step, node.ErrorPort, refused(t, f, step.NodeID))
	}
}
