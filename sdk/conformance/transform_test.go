package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

const declared = `id: parts
version: 1.0.0
title: {zh: 零件, en: Parts}
noSandbox: true
nodes:
  - name: count
    title: {zh: 计数, en: Count}
    describe: {zh: 计数, en: Counts}
    settings:
      - {key: by, kind: int, default: "1", min: 0, title: {zh: 步长, en: Step}}
`

// counting is a node that adds to the field n; broken changes what becomes of a batch.
type counting struct {
	broken func(ctx context.Context, batch []item.Item, results []node.Result) ([]node.Result, error)
	lax    bool
}

func (c counting) New(s node.Settings) (node.TransformFunc, error) {
	var settings struct{ By int }
	if err := s.Decode(&settings); err != nil {
		return nil, err
	}
	return func(ctx context.Context, batch []item.Item) ([]node.Result, error) {
		if err := ctx.Err(); err != nil && !c.lax {
			return nil, fault.New("parts.cancelled", "given up").Because(err).Classed(fault.Transient)
		}
		results := make([]node.Result, len(batch))
		for i, in := range batch {
			n, err := strconv.Atoi(item.Of(in.Raw).Field("n").Text())
			if err != nil {
				results[i].Fault = fault.New("parts.no_number", "n is no number").At("n").Classed(fault.Data)
				continue
			}
			raw, err := item.Put(in.Raw, "n", strconv.AppendInt(nil, int64(n+settings.By), 10))
			if err != nil {
				return nil, err
			}
			results[i].Outputs = []node.Output{{Item: in.With(raw)}}
		}
		if c.broken != nil {
			return c.broken(ctx, batch, results)
		}
		return results, nil
	}, nil
}

func (c counting) CheckSettings(raw []byte) []*fault.Fault {
	if item.Of(raw).Field("by").Text() == "0" && !c.lax {
		return []*fault.Fault{fault.New("parts.by", "counts nothing").At("by").Classed(fault.Config)}
	}
	return nil
}

// recorder is a T that keeps what was reported; Fatal ends the behaviour.
type recorder struct {
	ctx    context.Context //nolint:containedctx // a T has one
	failed bool
}

var errEnd = errors.New("the behaviour ends")

func (*recorder) Helper()                    {}
func (r *recorder) Context() context.Context { return r.ctx }
func (*recorder) Cleanup(func())             {}
func (r *recorder) Error(...any)             { r.failed = true }
func (r *recorder) Errorf(string, ...any)    { r.failed = true }
func (r *recorder) Fatal(...any)             { r.failed = true; panic(errEnd) }
func (r *recorder) Fatalf(string, ...any)    { r.failed = true; panic(errEnd) }

// broken gives the behaviours that do not hold, without the node's name.
func broken(t *testing.T, n counting, change func(*conformance.Transform)) []string {
	t.Helper()
	trial := conformance.Transform{
		Node: "count", Settings: []byte(`{"by":2}`), Bad: [][]byte{[]byte(`{"by":0}`), []byte(`{"by":-1}`)},
		Records: [][]byte{[]byte(`{"n":1}`), []byte(`{"n":2,"x":[1.0]}`), []byte(`{"n":7}`)}, Refused: [][]byte{[]byte(`{"n":"x"}`)},
	}
	if change != nil {
		change(&trial)
	}
	code := node.Transforms{"count": n}.Code()
	var bad []string
	conformance.Exercise(conformance.Harness{
		Manifest: []byte(declared), Nodes: []conformance.Transform{trial}, Code: func(conformance.T) node.Code { return code },
	}, func(name string, check func(conformance.T)) {
		r := &recorder{ctx: t.Context()}
		func() {
			defer func() {
				if v := recover(); v != nil && v != any(errEnd) {
					panic(v)
				}
			}()
			check(r)
		}()
		if r.failed {
			bad = append(bad, strings.TrimPrefix(name, "count: "))
		}
	})
	return bad
}

const (
	settings  = "settings are told apart"
	results   = "each record becomes records on declared ports, or is refused"
	again     = "equal batches give equal results, at the same time too"
	split     = "however a batch is split, the same comes of its records"
	beside    = "a refused record hurts none beside it"
	anyForm   = "records of any form are borne"
	cancelled = "a batch that nobody waits for ends"
)

func TestANodeThatConforms(t *testing.T) {
	t.Parallel()
	if bad := broken(t, counting{}, nil); len(bad) != 0 {
		t.Errorf("%q", bad)
	}
}

func TestNodesThatDoNot(t *testing.T) {
	t.Parallel()
	calls := &atomic.Int64{}
	for name, tt := range map[string]struct {
		node   counting
		change func(*conformance.Transform)
		want   string
	}{
		"takes any settings":   {counting{lax: true}, nil, settings},
		"works on for nobody":  {counting{lax: true}, func(n *conformance.Transform) { n.Bad = nil }, cancelled},
		"good records refused": {counting{}, func(n *conformance.Transform) { n.Records = n.Refused }, ""},
		"bad records taken":    {counting{}, func(n *conformance.Transform) { n.Refused = n.Records }, results},
		"not tried":            {counting{}, func(n *conformance.Transform) { n.Node = "other" }, "every node is tried"},
		"counts from call to call": {counting{broken: func(_ context.Context, _ []item.Item, r []node.Result) ([]node.Result, error) {
			if len(r) > 0 && len(r[0].Outputs) > 0 {
				r[0].Outputs[0].Item.Raw = fmt.Appendf(nil, `{"n":%d}`, calls.Add(1))
			}
			return r, nil
		}}, nil, again},
		"looks at its neighbours": {counting{broken: func(_ context.Context, batch []item.Item, r []node.Result) ([]node.Result, error) {
			for i := range r {
				for o := range r[i].Outputs {
					r[i].Outputs[o].Item.Raw = fmt.Appendf(nil, `{"n":%d}`, len(batch))
				}
			}
			return r, nil
		}}, nil, split},
		"fails as a whole": {counting{broken: func(_ context.Context, _ []item.Item, r []node.Result) ([]node.Result, error) {
			for _, one := range r {
				if one.Fault != nil {
					return nil, one.Fault
				}
			}
			return r, nil
		}}, nil, beside},
		"leaves by a window": {counting{broken: func(_ context.Context, _ []item.Item, r []node.Result) ([]node.Result, error) {
			for i := range r {
				for o := range r[i].Outputs {
					r[i].Outputs[o].Port = "window"
				}
			}
			return r, nil
		}}, nil, results},
		"rounds what it does not know": {counting{broken: func(_ context.Context, _ []item.Item, r []node.Result) ([]node.Result, error) {
			for i := range r {
				for o := range r[i].Outputs {
					raw, _ := item.Put(r[i].Outputs[o].Item.Raw, "zz_conformance", []byte(`1.2345678901234567e+19`))
					r[i].Outputs[o].Item.Raw = raw
				}
			}
			return r, nil
		}}, nil, results},
		"drops one": {counting{broken: func(_ context.Context, _ []item.Item, r []node.Result) ([]node.Result, error) { return r[1:], nil }}, nil, results},
		"chokes": {counting{broken: func(_ context.Context, batch []item.Item, r []node.Result) ([]node.Result, error) {
			if item.Of(batch[0].Raw).Field("n").Kind() == item.Array {
				return nil, fault.New("parts.array", "an array")
			}
			return r, nil
		}}, nil, anyForm},
	} {
		bad := broken(t, tt.node, tt.change)
		if len(bad) == 0 || tt.want != "" && !slices.Contains(bad, tt.want) {
			t.Errorf("%s: %q do not hold, want %q", name, bad, tt.want)
		}
	}
}

func TestExamplesOfNodes(t *testing.T) {
	t.Parallel()
	for example, want := range map[string]bool{
		`settings: '{"by":2}', document: '{"n": 1}', result: '{"n":3}'`:   false,
		`settings: '{"by":2}', document: '{"n": 1}', result: '{"n":4}'`:   true,
		`settings: '{}', document: '{"n": "one"}', result: '{"n":"one"}'`: true,
	} {
		failed := false
		conformance.Exercise(conformance.Harness{
			Manifest: []byte(declared + "    examples: [{title: {zh: 例}, " + example + "}]\n"),
			Code:     func(conformance.T) node.Code { return node.Transforms{"count": counting{}}.Code() },
		}, func(name string, check func(conformance.T)) {
			r := &recorder{ctx: t.Context()}
			if name == "what the examples of nodes show is so" {
				check(r)
			}
			failed = failed || r.failed
		})
		if failed != want {
			t.Errorf("%s: failed %v", example, failed)
		}
	}
}
