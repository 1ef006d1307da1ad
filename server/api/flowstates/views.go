package flowstates

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/flowstate"
)

// teller shows things in the language of a request.
type teller struct {
	ctx context.Context //nolint:containedctx // it lives as long as the request
	kit *rest.Kit
}

func (t teller) say(code, message, hint string, args map[string]string) (string, string) {
	return t.kit.Words.Say(rest.AboutOf(t.ctx).Language, code, message, hint, args)
}

// each shows all things, never null.
func each[T, V any](all []T, show func(T) V) []V {
	out := make([]V, len(all))
	for i, one := range all {
		out[i] = show(one)
	}
	return out
}

func (t teller) overview(o flowstate.Overview, span string) flowOverview {
	return flowOverview{
		Span: span, From: moment(o.From), To: moment(o.To), StepSeconds: int64(o.Step.Seconds()),
		Verdict: flowVerdict{
			o.Code, o.Waiting, o.Again, int64(o.Behind.Seconds()), int64(o.Usual.Seconds()),
		},
		LastRun: t.run(o.LastRun), LastDone: t.run(o.LastDone), Connections: each(o.Connections, func(c string) string { return c }),
		Sources: each(o.Sources, func(l flowstate.Lag) sourceLag {
			return sourceLag{l.Node, rest.When(l.Cursor), int64(l.Behind.Seconds())}
		}),
		Clusters: each(o.Clusters, func(c flowstate.Cluster) failureCluster {
			message, hint := t.say(c.Code, c.Message, c.Hint, c.Args)
			return failureCluster{c.State.String(), c.Code, message, hint, c.Node, c.Documents, rest.When(c.Since)}
		}),
		Nodes: each(o.Nodes, func(p flowstate.Pace) nodePace {
			kind := "call"
			if p.Reads {
				kind = "page"
			}
			return nodePace{p.Node, kind, p.Mean.Milliseconds(), p.Of}
		}),
		Points: each(o.Points, func(p flowstate.Point) overviewPoint {
			return overviewPoint{moment(p.At), p.Pulled, p.Accepted, p.Delivered, p.Failed, p.Retrying, p.Rest, p.Calls, p.Median.Milliseconds(), p.Slow.Milliseconds()}
		}),
	}
}

func (t teller) run(r *ledger.Run) *overviewRun {
	if r == nil {
		return nil
	}
	v := overviewRun{ID: rest.IDText(r.ID), State: r.State.String(), StartedAt: rest.When(r.Started), EndedAt: rest.When(r.Ended), Code: r.Code}
	v.Message, _ = t.say(r.Code, r.Message, "", r.Args)
	return &v
}

func (t teller) order(why *fault.Fault) orderAllowed {
	if why == nil {
		return orderAllowed{Allowed: true}
	}
	o := orderAllowed{Code: why.Code}
	o.Message, o.Hint = t.say(why.Code, why.Message, why.Hint, why.Args)
	return o
}

func (t teller) requests(r flowstate.Requests) flowRequests {
	v := flowRequests{
		Windows: each(r.Windows, func(w flowstate.Window) requestWindow {
			return requestWindow{rest.IDText(w.ID), w.Node, kindOf(w.Kind), stateOf(w.State), rest.When(w.From), rest.When(w.To), w.Attempt, w.Pages, w.Rows, rest.When(w.Updated)}
		}),
		Pages: each(r.Pages, func(p flowstate.Page) requestPage {
			v := requestPage{rest.IDText(p.Window), p.Node, p.Attempt, p.No, p.Rows, p.Accepted, p.Dropped, p.Unchanged, p.Ignored, nil, rest.When(p.At)}
			if p.Total >= 0 {
				v.Total = &p.Total
			}
			return v
		}),
	}
	if r.Run.ID != 0 {
		v.Run, v.Pulling, v.Paused = t.run(&r.Run), r.Run.State <= ledger.RunRunning && !r.Run.PullingEnded, r.Paused
		v.Orders = &runOrders{t.order(r.Cancel), t.order(r.Pause), t.order(r.Resume)}
	}
	return v
}

func kindOf(k ledger.WindowKind) string {
	return map[ledger.WindowKind]string{ledger.Live: "live", ledger.Backfill: "backfill", ledger.GapSweep: "gap", ledger.ByNumbers: "numbers", ledger.Handed: "handed"}[k]
}

func stateOf(s ledger.WindowState) string {
	return map[ledger.WindowState]string{ledger.WindowOpen: "open", ledger.WindowDone: "done", ledger.WindowSplit: "split", ledger.WindowLeft: "left"}[s]
}

func (t teller) writes(w flowstate.Writes) flowWrites {
	count := func(c flowstate.QueueCount) queueCount { return queueCount{c.Rows, c.Documents} }
	return flowWrites{
		Items: each(w.Items, t.entry), Next: w.Next,
		Counts: writesCounts{count(w.Sending), count(w.Waiting), count(w.Again), count(w.Held)},
		Calls: each(w.Calls, func(c flowstate.Call) writtenCall {
			return writtenCall{rest.IDText(c.ID), c.Node, c.Connection, c.Operation, c.Kind, rest.When(c.Started), rest.When(c.Ended), c.Rows, c.Code}
		}),
	}
}

func (t teller) entry(e flowstate.Ordered) queueEntry {
	v := queueEntry{
		ID: rest.IDText(e.ID), State: e.State, Documents: e.Docs, Walks: e.Attempts, Urgent: e.Priority <= ledger.Urgent, Key: e.Key, Number: e.Number,
		DueAt: due(e.Due), Retry: t.order(e.Retry), Skip: t.order(e.Skip), First: t.order(e.First),
		Deliveries: each(e.Deliveries, func(d flowstate.Delivery) queueDelivery {
			w := queueDelivery{Node: d.Node, Part: d.Part, Connection: d.Connection, Key: d.Key, State: d.State.String(), Attempt: d.Attempt, Code: d.Code, NextAt: rest.When(d.NextAt), StartedAt: rest.When(d.Started)}
			w.Message, _ = t.say(d.Code, d.Message, "", d.Args)
			return w
		}),
	}
	if e.Document != 0 {
		v.Document = rest.IDText(e.Document)
	}
	for state, n := range e.Sent {
		if v.Sent == nil {
			v.Sent = map[string]int{}
		}
		v.Sent[state.String()] = n
	}
	return v
}

// due gives when work is due; what waits for something else than time has no such moment.
func due(at ledger.Millis) *time.Time {
	if at >= ledger.FarFuture {
		return nil
	}
	return rest.When(at)
}
