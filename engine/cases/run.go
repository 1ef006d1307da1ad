package cases

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// mostRounds bounds how often a node may ask, as in a run.
const mostRounds = 12

// Result is what became of a case.
type Result struct {
	Name   string `json:"name"`
	Node   string `json:"node"`
	Passed bool   `json:"passed"`
	// Got is what came of the record, in the form of an expectation; nil where the
	// case could not be run.
	Got *Expect `json:"got,omitempty"`
	// Differences are between what was expected and what came.
	Differences []Difference `json:"differences"`
	// Asked are look-ups that the case has no answer for.
	Asked []Answer `json:"asked,omitempty"`
	// Fault is what the node failed with, whole; Got has its code, path and message.
	Fault *fault.Fault `json:"fault,omitempty"`
	// Problem says why the case could not be run.
	Problem *fault.Fault `json:"problem,omitempty"`
}

// Run runs the cases of a document, or those of one node. The document is not changed.
func Run(ctx context.Context, doc *flow.Document, nodeID string, opts compile.Options) ([]Result, error) {
	opts.Flows = nil // what the names of look-ups stand for is written into the cases
	results := []Result{}
	for i := range doc.Spec.Tests {
		t := &doc.Spec.Tests[i]
		if nodeID != "" && t.Node != nodeID {
			continue
		}
		res := one(ctx, doc, t, opts)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		results = append(results, res)
	}
	return results, nil
}

// Passed reports whether all results are good.
func Passed(results []Result) bool {
	return !slices.ContainsFunc(results, func(r Result) bool { return !r.Passed })
}

func one(ctx context.Context, doc *flow.Document, t *flow.Test, opts compile.Options) Result {
	res := Result{Name: t.Name, Node: t.Node, Differences: []Difference{}}
	zone, err := time.LoadLocation(cmp.Or(doc.Spec.Settings.Timezone, flow.DefaultTimezone))
	if err != nil {
		zone = time.UTC // the flow's own problem
	}
	p, bad := read(t, zone)
	if bad != nil {
		res.Problem = bad
		return res
	}
	changed, bad := withParams(doc, p.params)
	if bad != nil {
		res.Problem = bad
		return res
	}
	step, problems := compile.Node(ctx, changed, t.Node, opts)
	if step == nil {
		res.Problem = problemOf(problems)
		return res
	}
	got, asked, err := apply(ctx, step, t, p, doc.Spec.Uses)
	if err != nil {
		res.Problem = fault.From(err)
		return res
	}
	res.Got, res.Asked = got, asked
	if len(asked) > 0 {
		res.Problem = fault.New("test.unanswered", "the test has no answer for %d look-ups", len(asked)).Classed(fault.Config).
			Hinted("add what they find to the answers of the test")
		return res
	}
	res.Fault = got.failed
	p.expect.onPorts(step.DefaultPort)
	res.Differences = differ(p.expect, *got)
	res.Passed = len(res.Differences) == 0
	return res
}

func problemOf(problems []flow.Problem) *fault.Fault {
	for _, p := range problems {
		if p.Blocking {
			return &fault.Fault{Code: p.Code, Message: p.Message, Path: p.Path, Hint: p.Hint, Args: p.Args, Class: fault.Config}
		}
	}
	return fault.New("test.not_runnable", "the node can't be run here").Classed(fault.Config)
}

// withParams gives the document with other defaults of its parameters.
func withParams(doc *flow.Document, given map[string]json.RawMessage) (*flow.Document, *fault.Fault) {
	changed := *doc
	changed.Spec.Params = slices.Clone(doc.Spec.Params)
	changed.Spec.Nodes = slices.Clone(doc.Spec.Nodes) // compiling brings them to their newest form
	for key, raw := range given {
		at := slices.IndexFunc(changed.Spec.Params, func(p flow.Param) bool { return p.Key == key })
		if at < 0 {
			return nil, fault.New("param.unknown", "the flow has no parameter %s", key).At("params").Classed(fault.Config)
		}
		changed.Spec.Params[at].Default = raw
	}
	return &changed, nil
}

// apply applies the node until it asks for nothing that the case can answer.
func apply(ctx context.Context, step *plan.Step, t *flow.Test, p parts, uses map[string]flow.Use) (got *Expect, asked []Answer, err error) {
	in := item.Item{Raw: t.Input, Source: t.Input, Vars: t.Vars, Facts: &p.facts, Answers: item.Answers{}}
	if len(t.Source) > 0 {
		in.Source = t.Source
	}
	for range mostRounds {
		results, err := step.Apply(ctx, []item.Item{in})
		if err != nil {
			return outcome(node.Failed(err), step.DefaultPort), nil, ctx.Err()
		}
		if len(results) != 1 {
			return nil, nil, fault.New("node.bad_results", "the node gave %d results for %d documents", len(results), 1)
		}
		if len(results[0].Needs) == 0 {
			return outcome(results[0], step.DefaultPort), nil, nil
		}
		answers := maps.Clone(in.Answers)
		for _, l := range results[0].Needs {
			at := slices.IndexFunc(p.answers, func(a Answer) bool { return a.answers(l, uses) })
			if at < 0 {
				asked = append(asked, questionOf(l, uses))
				continue
			}
			values := []item.Value{}
			for _, raw := range p.answers[at].Values {
				values = append(values, item.Of(raw))
			}
			answers[l.Key()] = values
		}
		if len(asked) > 0 {
			return nil, asked, nil
		}
		in.Answers = answers
	}
	return nil, nil, fault.New("lookup.endless", "the look-ups ask for more after %d rounds", mostRounds).Classed(fault.Data).
		Hinted("look-ups inside each other are answered one after the other: use fewer")
}

// outcome gives what a node made of a record in the form of an expectation.
func outcome(res node.Result, defaultPort string) *Expect {
	switch {
	case res.Fault != nil:
		return failing(res.Fault)
	case len(res.Missing) > 0:
		return failing(value.Nothing(res.Missing[0]))
	}
	outputs := make([]Output, len(res.Outputs))
	got := &Expect{Outputs: &outputs}
	for i, o := range res.Outputs {
		outputs[i] = Output{Port: o.Port, Body: o.Item.Raw}
		if i == 0 {
			got.Vars = o.Item.Vars
		}
	}
	got.onPorts(defaultPort)
	return got
}

func failing(f *fault.Fault) *Expect {
	return &Expect{Fault: &Fault{f.Code, f.Path, f.Message}, failed: f}
}

// onPorts names the default port as it is named by leaving it out.
func (e *Expect) onPorts(defaultPort string) {
	for i := range e.outputs() {
		if o := &e.outputs()[i]; o.Port == defaultPort {
			o.Port = ""
		}
	}
}

func (e *Expect) outputs() []Output {
	if e.Outputs == nil {
		return nil
	}
	return *e.Outputs
}

// answers reports whether the answer is one to the look-up.
func (a Answer) answers(l item.Lookup, uses map[string]flow.Use) bool {
	if a.Find != l.Find || a.Table != l.Table || a.Reverse != l.Reverse || a.Operation != l.Operation {
		return false
	}
	switch {
	case l.Table != "":
		return len(l.Where) == 1 && textOf(a.Code) == l.Where[0].Value
	case l.Operation != "":
		return len(different("", cmp.Or(string(a.Params), "{}"), l.Params)) == 0
	}
	if !sameStream(a.From, l.From, uses) || len(a.Where) != len(l.Where) {
		return false
	}
	return !slices.ContainsFunc(l.Where, func(w item.Equal) bool {
		v, ok := a.Where[w.Path]
		return !ok || textOf(v) != w.Value
	})
}

// sameStream compares a name in a case with a compiled one, whose source may be open.
func sameStream(name, compiled string, uses map[string]flow.Use) bool {
	id, source, _ := strings.Cut(name, ".")
	if use, ok := uses[id]; ok {
		id = use.Flow
	}
	flowID, node, _ := strings.Cut(compiled, ".")
	return id == flowID && (source == node || source == "" || node == "")
}

// questionOf writes a look-up as the answer that a case lacks.
func questionOf(l item.Lookup, uses map[string]flow.Use) Answer {
	a := Answer{Table: l.Table, Reverse: l.Reverse, Operation: l.Operation, Find: l.Find, Values: []json.RawMessage{}}
	switch {
	case l.Table != "":
		a.Code = l.Where[0].Value
		return a
	case l.Operation != "":
		a.Params = json.RawMessage(l.Params)
		return a
	}
	a.From, a.Where = strings.TrimSuffix(l.From, "."), map[string]any{}
	for alias, use := range uses {
		if flowID, source, _ := strings.Cut(l.From, "."); use.Flow == flowID {
			a.From = strings.TrimSuffix(alias+"."+source, ".")
		}
	}
	for _, w := range l.Where {
		a.Where[w.Path] = w.Value
	}
	return a
}

// textOf gives a JSON value as look-ups compare it.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

// Text writes results for people.
func Text(results []Result) string {
	var out strings.Builder
	failed := 0
	for _, r := range results {
		mark := "ok  "
		if !r.Passed {
			mark = "FAIL"
			failed++
		}
		fmt.Fprintf(&out, "%s  %s  (%s)\n", mark, r.Name, r.Node)
		if r.Problem != nil {
			fmt.Fprintf(&out, "      %s\n      code: %s\n", r.Problem.Message, r.Problem.Code)
		}
		for _, a := range r.Asked {
			fmt.Fprintf(&out, "      asked: %s\n", encoded(a))
		}
		for _, d := range r.Differences {
			fmt.Fprintf(&out, "      %s\n        want %s\n        got  %s\n", d.Path, cmp.Or(string(d.Want), "nothing"), cmp.Or(string(d.Got), "nothing"))
		}
	}
	fmt.Fprintf(&out, "%d tests, %d failed\n", len(results), failed)
	return out.String()
}
