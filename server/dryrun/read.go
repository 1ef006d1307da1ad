package dryrun

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/readonly"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// reading is a dry run under way.
type reading struct {
	*Service

	run    *run
	plan   *plan.Plan
	source *plan.Source
	// targets are the open sessions by the names of connections, seen the keys that came.
	targets map[string]*opened
	seen    map[string]bool
}

// opened is a connection that is read.
type opened struct {
	id      ledger.ID
	session *readonly.Session
}

func (v *reading) open(ctx context.Context, name string) (*opened, error) {
	if at := v.targets[name]; at != nil {
		return at, nil
	}
	id, session, err := v.Connections.Read(ctx, v.run.workspace, name)
	if err != nil {
		return nil, err
	}
	v.targets[name] = &opened{id, session}
	return v.targets[name], nil
}

// read reads, walks and compares until enough is seen.
func (s *Service) read(ctx context.Context, r *run, doc *flow.Document) error {
	compiled, problems := s.Compiler.Compile(ctx, r.workspace, doc)
	if compiled == nil {
		at := slices.IndexFunc(problems, func(p flow.Problem) bool { return p.Blocking })
		f := fault.New("flow.problems", "the flow has %d problems that must be solved first", len(problems)).Classed(fault.Config)
		if at >= 0 {
			f = &fault.Fault{Code: problems[at].Code, Message: problems[at].Message, Path: problems[at].Path, Hint: problems[at].Hint, Args: problems[at].Args, Class: fault.Config}
		}
		return f
	}
	at := slices.IndexFunc(compiled.Sources, func(src *plan.Source) bool { return r.Node == "" || src.NodeID == r.Node })
	if at < 0 {
		return fault.New("dryrun.no_source", "the flow has no source to read").At("node").Classed(fault.Config).
			Hinted("choose a source node; documents that others post or hand over can be tried one by one")
	}
	v := &reading{Service: s, run: r, plan: compiled, source: compiled.Sources[at], targets: map[string]*opened{}, seen: map[string]bool{}}
	_, session, err := s.Connections.Read(ctx, r.workspace, v.source.Connection)
	if err != nil {
		return err
	}
	job := pull.Job{Workspace: r.workspace, Source: v.source, Session: session, Params: item.Of(compiled.Params), FlowID: doc.Metadata.ID}
	wanted := []pull.Wanted{{Numbers: r.Numbers, From: r.From, To: r.To}}
	if len(r.Numbers) == 0 && r.From.IsZero() {
		if wanted, err = v.recent(ctx, job); err != nil {
			return err
		}
	}
	for _, w := range wanted {
		if err := s.puller.Gather(ctx, job, w, func(got pull.Gathered) (bool, error) { return v.take(ctx, got) }); err != nil {
			return err
		}
		if v.full() {
			return nil
		}
	}
	return nil
}

// recent gives the source's recent past, the newest range first.
func (v *reading) recent(ctx context.Context, job pull.Job) ([]pull.Wanted, error) {
	now, err := v.puller.SourceTime(ctx, job)
	if err != nil {
		return nil, err
	}
	var out []pull.Wanted
	for _, w := range pull.Recent(v.source.Window, now) {
		out = append(out, pull.Wanted{From: w.From.Time(), To: w.To.Time()})
	}
	return out, nil
}

func (v *reading) full() bool { return len(v.seen) >= v.run.Count }

// take walks a page of records and compares what they would write.
func (v *reading) take(ctx context.Context, got pull.Gathered) (bool, error) {
	var documents []Document
	for _, in := range got.Records {
		if v.full() {
			break
		}
		if v.seen[in.Key] {
			continue
		}
		v.seen[in.Key] = true
		d, err := v.walk(ctx, in, got.Window)
		if err != nil {
			return false, err
		}
		documents = append(documents, d)
	}
	if err := v.compare(ctx, documents); err != nil {
		return false, err
	}
	if err := v.recall(ctx, documents); err != nil {
		return false, err
	}
	v.keep(documents, got.Dropped)
	return !v.full(), ctx.Err()
}

// walk takes one record through the flow.
func (v *reading) walk(ctx context.Context, in ledger.Incoming, w ledger.Window) (Document, error) {
	d := Document{Key: in.Key, Number: in.Number, Source: in.Body, hash: in.SourceHash}
	if in.Problem != nil {
		d.Verdict, d.Fault, d.Node = Reject, faultOf(in.Problem), v.source.NodeID
		return d, nil
	}
	seen, err := push.DryRun(ctx, push.Dry{
		Plan: v.plan, Node: v.source.NodeID, Body: in.Body, Key: in.Key, Number: in.Number, From: w.From.Time(), To: w.To.Time(),
		Clock: v.Clock, Lookups: v.Lookups, Workspace: v.run.workspace,
	})
	if err != nil {
		return d, err
	}
	switch seen.State {
	case ledger.Unmapped:
		d.Verdict = Unmapped
	case ledger.Rejected:
		d.Verdict = Reject
	case ledger.NeedsDecision:
		d.Verdict = Decide
	case ledger.RetryAt:
		d.Verdict = Unknown
	default:
		d.Verdict = Filtered
	}
	if seen.Problem != nil {
		d.Fault, d.Node = faultOf(seen.Problem), seen.Problem.NodeID
	}
	for _, call := range seen.Calls {
		rows, err := item.Rows(call.Batch.Rows)
		if err != nil {
			return d, err
		}
		for i, row := range rows {
			one := Write{
				Node: call.NodeID, Connection: call.Target.Connection, Operation: call.Batch.Operation, Mode: call.Batch.Mode,
				Request: row, Params: call.Batch.Params, Verdict: Create,
			}
			if i < len(call.Batch.Keys) {
				one.Key = call.Batch.Keys[i]
			}
			d.Writes = append(d.Writes, one)
		}
	}
	return d, nil
}

// settle gives a document the gravest verdict of its walk and its writes.
func (d *Document) settle() {
	order := Verdicts()
	for _, one := range d.Writes {
		if slices.Index(order, one.Verdict) < slices.Index(order, d.Verdict) {
			d.Verdict = one.Verdict
			d.Fault, d.Node = cmp.Or(one.Fault, d.Fault), one.Node
		}
	}
}

// keep adds documents to what is shown.
func (v *reading) keep(documents []Document, dropped int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.run
	r.Dropped += dropped
	for _, d := range documents {
		d.settle()
		d.No = len(r.documents) + 1
		size := len(d.Source)
		for _, one := range d.Writes {
			size += len(one.Request) + len(one.Params) + len(one.Existing)
		}
		if r.bytes += size; r.bytes > mostBytes {
			r.Clipped = true
			d.Source = nil
			for i := range d.Writes {
				d.Writes[i].Request, d.Writes[i].Params, d.Writes[i].Existing = nil, nil, nil
			}
		}
		r.documents = append(r.documents, d)
		r.Read++
		r.Verdicts[d.Verdict]++
	}
}

func faultOf(p *ledger.Problem) *fault.Fault {
	return &fault.Fault{Code: p.Code, Message: p.Message, Path: p.Path, Hint: p.Hint, Args: p.Args, Class: fault.Data}
}

// probed is a group of rows that one look-up tells of.
type probed struct {
	node, params string
	mode         connector.Mode
}

// compare looks the rows of documents up in their targets, as many in one call as a
// write would have.
func (v *reading) compare(ctx context.Context, documents []Document) error {
	groups, order := map[probed][]*Write{}, []probed(nil)
	for i := range documents {
		for j := range documents[i].Writes {
			one := &documents[i].Writes[j]
			p := probed{one.Node, string(one.Params), one.Mode}
			if groups[p] == nil {
				order = append(order, p)
			}
			groups[p] = append(groups[p], one)
		}
	}
	for _, p := range order {
		target, mode := v.target(p)
		if target == nil {
			continue // a message or a call behind a write: no object is its own
		}
		for rows := range slices.Chunk(groups[p], max(target.Rows, 1)) {
			v.probe(ctx, target, mode.Compare, mode.Probe, rows)
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *reading) target(p probed) (*plan.Target, compared) {
	for _, step := range v.plan.Steps {
		if step.NodeID == p.node && step.Target != nil {
			if mode := step.Target.Mode(p.mode); mode != nil {
				return step.Target, compared{mode.Probe, mode.Compare}
			}
			return step.Target, compared{}
		}
	}
	return nil, compared{}
}

type compared struct {
	Probe   bool
	Compare []string
}

// probe looks rows up and judges each by what is found.
func (v *reading) probe(ctx context.Context, target *plan.Target, compare []string, offered bool, rows []*Write) {
	if !offered {
		for _, one := range rows {
			one.Looked = "not_offered"
		}
		return
	}
	found, err := v.ask(ctx, target, compare, rows)
	for i, one := range rows {
		if err != nil {
			one.Looked, one.Verdict = "failed", Unknown
			one.Fault = target.Manifest.Classify(target.Operation.Name, fault.From(err))
			continue
		}
		judge(one, target, compare, found[i])
	}
}

func (v *reading) ask(ctx context.Context, target *plan.Target, compare []string, rows []*Write) ([]connector.Found, error) {
	at, err := v.open(ctx, target.Connection)
	if err != nil {
		return nil, err
	}
	req := connector.ProbeRequest{Operation: target.Operation.Name, Params: rows[0].Params, Compare: compare, Meta: connector.Meta{RunID: v.run.ID, Attempt: 1}}
	for _, one := range rows {
		req.Keys = append(req.Keys, one.Key)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return at.session.Probe(ctx, req)
}
