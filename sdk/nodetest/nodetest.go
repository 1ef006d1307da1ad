// Package nodetest is the harness for node types, ours and those of other
// authors: Declaration checks and pins what a type declares, Run applies a
// transform to cases and holds it to the contract of sdk/node.
//
// It is for tests only. It may import the standard library, go-cmp and sdk packages.
package nodetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Case is one application of a transform to a batch.
type Case struct {
	Name string
	// Settings is the JSON object of the node's settings; "" means none.
	Settings string
	// Programs stand in for the compiled settings, by the settings' keys.
	Programs Programs
	// In are the documents of the batch as JSON objects.
	In []string
	// Want has what must become of each document.
	Want []Want
	// NewCode and BatchCode are the codes of the faults that New, or the transform as a whole, must give.
	NewCode, BatchCode string
	// GivenUp says that nobody waits for the batch any more when it begins: the
	// transform must fail with a transient fault.
	GivenUp bool
}

// Want is what must become of one document.
type Want struct {
	// Outputs are in order; JSON is compared by its bytes.
	Outputs []Output
	// FaultCode and FaultPath are those of the fault; "" for none.
	FaultCode, FaultPath string
	// Needs are the look-ups asked for, Missing those that found nothing.
	Needs, Missing []item.Lookup
}

// Output is one record on a port. Port "" means the first declared output.
type Output struct{ Port, Raw string }

// Out is a Want of one output.
func Out(port, raw string) Want { return Want{Outputs: []Output{{port, raw}}} }

// Fault is a Want of a fault.
func Fault(code, path string) Want { return Want{FaultCode: code, FaultPath: path} }

// Run applies the type's transform to each case in a subtest. Besides the wanted
// results it checks the contract: settings that fit the declaration, one result
// per input, declared ports, outputs that are JSON objects and keep facts and
// source, inputs that are not written to, and the same results when the
// transform is used concurrently.
func Run(t *testing.T, typ node.Type, cases ...Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			for _, problem := range problemsOf(t, typ, c) {
				t.Error(problem)
			}
		})
	}
}

// problemsOf says everything that is wrong with the transform's handling of a case.
func problemsOf(tb testing.TB, typ node.Type, c Case) []string {
	tb.Helper()
	transformer, ok := typ.(node.Transformer)
	if !ok {
		return []string{"the type runs no code: it has no method New"}
	}
	d := typ.Declaration()
	for _, f := range field.Check(d.Settings, []byte(c.Settings)) {
		return []string{"the case's settings do not fit the declaration: " + f.Error()}
	}
	apply, err := transformer.New(NewSettings(tb, d, c.Settings, c.Programs))
	if err != nil || c.NewCode != "" {
		return codeDiffers("New", err, c.NewCode)
	}
	batch := items(c.In)
	ctx, cancel := context.WithCancel(tb.Context())
	defer cancel()
	if c.GivenUp {
		cancel()
	}
	got, err := apply(ctx, batch)
	if c.GivenUp && fault.ClassOf(err) != fault.Transient {
		return []string{fmt.Sprintf("a batch that was given up gave %v, want a transient fault", err)}
	}
	if err != nil || c.BatchCode != "" {
		return codeDiffers("the transform", err, c.BatchCode)
	}
	problems := contract(d, c, batch, got)
	seen := wants(got)
	if len(got) == len(c.In) {
		if diff := cmp.Diff(c.Want, seen); diff != "" {
			problems = append(problems, "results differ (-want +got):\n"+diff)
		}
	}
	problems = append(problems, concurrently(tb, apply, c, seen)...)
	for _, r := range got {
		for _, o := range r.Outputs {
			_ = append(o.Item.Raw, ',') // as the next node may
		}
	}
	if diff := cmp.Diff(seen, wants(got)); diff != "" {
		problems = append(problems, "appending to one output writes into another; cut its capacity (-before +after):\n"+diff)
	}
	return problems
}

func codeDiffers(what string, err error, want string) []string {
	if want == "" || fault.CodeOf(err) != want {
		return []string{fmt.Sprintf("%s gave %v, want a fault %q", what, err, want)}
	}
	return nil
}

// items makes a batch whose documents know who they are.
func items(docs []string) []item.Item {
	batch := make([]item.Item, len(docs))
	for i, raw := range docs {
		from := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
		batch[i] = item.Item{
			Raw:    []byte(raw),
			Source: []byte(raw),
			Facts: &item.Facts{
				Key: fmt.Sprintf("key-%d", i), Number: fmt.Sprintf("NO-%d", i), Revision: 1,
				From: from, To: from.Add(time.Hour), FlowID: "flow", RunID: "run",
			},
		}
	}
	return batch
}

func wants(results []node.Result) []Want {
	out := make([]Want, len(results))
	for i, r := range results {
		for _, o := range r.Outputs {
			out[i].Outputs = append(out[i].Outputs, Output{o.Port, string(o.Item.Raw)})
		}
		if r.Fault != nil {
			out[i].FaultCode, out[i].FaultPath = r.Fault.Code, r.Fault.Path
		}
		out[i].Needs, out[i].Missing = r.Needs, r.Missing
	}
	return out
}

func contract(d node.Declaration, c Case, batch []item.Item, got []node.Result) []string {
	if len(got) != len(batch) {
		return []string{fmt.Sprintf("%d results for %d documents", len(got), len(batch))}
	}
	var problems []string
	for i, r := range got {
		if string(batch[i].Raw) != c.In[i] || string(batch[i].Source) != c.In[i] {
			problems = append(problems, fmt.Sprintf("document %d was written to: %s", i, batch[i].Raw))
		}
		kinds := 0
		for _, is := range []bool{len(r.Outputs) > 0, r.Fault != nil, len(r.Needs)+len(r.Missing) > 0} {
			if is {
				kinds++
			}
		}
		if kinds > 1 {
			problems = append(problems, fmt.Sprintf("result %d is more than one of outputs, fault and needs", i))
		}
		routes := map[string]bool{}
		for _, o := range r.Outputs {
			problems = append(problems, outputProblems(d, c.Settings, i, batch[i], o)...)
			if routes[o.Route] {
				problems = append(problems, fmt.Sprintf("result %d takes the route %q twice", i, o.Route))
			}
			routes[o.Route] = o.Route != ""
		}
	}
	return problems
}

func outputProblems(d node.Declaration, settings string, i int, in item.Item, o node.Output) []string {
	var problems []string
	if o.Port != "" && !slices.ContainsFunc(d.OutputsOf([]byte(settings)), func(p node.Port) bool { return p.Name == o.Port }) {
		problems = append(problems, fmt.Sprintf("result %d leaves by the port %q, which is not declared", i, o.Port))
	}
	if !json.Valid(o.Item.Raw) || item.Of(o.Item.Raw).Kind() != item.Object {
		problems = append(problems, fmt.Sprintf("result %d is not a JSON object: %s", i, o.Item.Raw))
	}
	if o.Item.Facts != in.Facts || !bytes.Equal(o.Item.Source, in.Source) {
		problems = append(problems, fmt.Sprintf("result %d lost facts or source: derive outputs with Item.With", i))
	}
	return problems
}

// concurrently applies the transform from several goroutines; the race detector
// sees what they share.
func concurrently(tb testing.TB, apply node.TransformFunc, c Case, want []Want) []string {
	tb.Helper()
	const callers = 4
	diffs := make([]string, callers)
	var wait sync.WaitGroup
	for n := range callers {
		wait.Go(func() {
			got, err := apply(tb.Context(), items(c.In))
			if err != nil {
				diffs[n] = "used concurrently, the transform failed: " + err.Error()
			} else if diff := cmp.Diff(want, wants(got)); diff != "" {
				diffs[n] = "used concurrently, results differ:\n" + diff
			}
		})
	}
	wait.Wait()
	return slices.DeleteFunc(slices.Compact(diffs), func(s string) bool { return s == "" })
}
