package jsvm

import (
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/engine/script/internal/plain"
	"github.com/karezflow/karez/sdk/fault"
)

// maxCalls is the deepest recursion a script may reach.
const maxCalls = 2000

// Doc is one document as a script meets it.
type Doc struct {
	// Raw is the JSON object; Vars a JSON object or "".
	Raw, Vars string
	// Key names the document in faults. With Revision it fixes the random numbers.
	Key, Number string
	Revision    int
	// From and Now are the ends of the window the document came in by; the clock
	// stands at Now. From may be zero.
	From, Now time.Time
}

// Env is what a call fixes for all its documents.
type Env struct {
	// Params is a JSON object or "".
	Params string
	// Zone is that of dates; nil means UTC.
	Zone *time.Location
	// Lookups are what ctx.lookup may name; Answers, by the keys of look-ups, are the
	// values that were found, as JSON.
	Lookups []asking.Lookup
	Answers map[string][]string
	// Limit ends a run that takes longer. It does not end a native call.
	Limit time.Duration
	// MaxOutput bounds the bytes of one record and the values of one document's results.
	MaxOutput int
}

// Output is one record a script made.
type Output struct {
	// Port is "" for the first declared output.
	Port string
	// Raw is the record. It is nil when Same.
	Raw []byte
	// Same says that the record is the document itself, unchanged.
	Same bool
}

// Result is what became of one document: outputs, or a fault, or needs, or missing.
type Result struct {
	Outputs []Output
	// Vars is the changed JSON object of variables, or nil.
	Vars []byte
	// Fault stands in place of outputs.
	Fault *fault.Fault
	// Needs are look-ups without an answer, Missing those that found nothing and
	// that the document waits for.
	Needs, Missing []asking.Asked
	Lines          []Line
}

// run is one interpreter at work.
type run struct {
	vm     *goja.Runtime
	arrays map[*goja.Object]*array
	boxed  map[string]*goja.Object
	codes  map[*goja.Object]*ownError // errors thrown by our own helpers
	asking.Questions
	unknown    *goja.Object // stands for what has no answer yet
	guess      *time.Timer  // ends a run that goes on without one
	decimals   *goja.Object // the prototype of decimals
	lines      []Line
	unreturned int // results of ctx.output that the script has not returned
	size       int // values written
	env        Env
	now        time.Time
	expect     int // bytes of a record, which tends to be as long as the document
}

func newRun(first Doc, env Env) *run {
	if env.Zone == nil {
		env.Zone = time.UTC
	}
	r := &run{vm: goja.New(), env: env, now: first.Now, expect: len(first.Raw), Questions: asking.Questions{Lookups: env.Lookups, Answers: env.Answers}}
	// new Function and eval parse too, and would follow a source map comment.
	r.vm.SetParserOptions(parser.WithDisableSourceMaps)
	r.vm.SetMaxCallStackSize(maxCalls)
	r.vm.SetTimeSource(func() time.Time { return r.now })
	var random *rand.Rand
	r.vm.SetRandSource(func() float64 {
		if random == nil {
			seed := fnv.New64a()
			_, _ = seed.Write([]byte(first.Key))                                 // a hash never fails
			random = rand.New(rand.NewPCG(seed.Sum64(), uint64(first.Revision))) //nolint:gosec // repeatable on purpose
		}
		return random.Float64()
	})
	return r
}

// Run applies transform to one document.
func (p *Program) Run(doc Doc, env Env) Result {
	r := newRun(doc, env)
	var res Result
	bad := p.guard(r, env.Limit, func() error {
		transform, err := p.load(r)
		if err != nil {
			return err
		}
		document := r.read(doc.Raw)
		ctx := &context{run: r, docs: []Doc{doc}}
		answer, err := transform(goja.Undefined(), document, r.vm.NewDynamicObject(ctx))
		if err != nil {
			return err
		}
		outputs, bad := r.collect(answer, document)
		if bad == nil {
			bad = r.allReturned()
		}
		if bad == nil {
			res.Vars, bad = r.changedVars(ctx.have["vars"])
		}
		if bad != nil {
			return bad
		}
		res.Outputs = outputs
		return nil
	})
	switch {
	case r.Open():
		return Result{Needs: r.Needs, Missing: r.Missing}
	case bad != nil:
		return Result{Lines: r.lines, Fault: doc.blame(bad)}
	}
	res.Lines = r.lines
	return res
}

// maxSample is how much of a document a fault shows, in bytes.
const maxSample = 200

// blame names the document in a fault.
func (d Doc) blame(f *fault.Fault) *fault.Fault {
	f = f.Arg("document", d.Key)
	if f.Args["sample"] == "" {
		f = f.Arg("sample", plain.Clip(d.Raw, maxSample))
	}
	return f
}

// RunBatch applies transformBatch to documents together. Its fault concerns the
// batch as a whole; lines and what was asked are with the first document, and then
// there are no other results.
func (p *Program) RunBatch(docs []Doc, env Env) ([]Result, *fault.Fault) {
	r := newRun(docs[0], env)
	results := make([]Result, len(docs))
	bad := p.guard(r, env.Limit, func() error {
		transform, err := p.load(r)
		if err != nil {
			return err
		}
		documents, vars := make([]any, len(docs)), make([]any, len(docs))
		for i, doc := range docs {
			documents[i], vars[i] = r.read(doc.Raw), r.readObject(doc.Vars)
		}
		list := r.vm.NewArray(vars...)
		ctx := &context{run: r, docs: docs, batch: true, have: map[string]goja.Value{"vars": list}}
		answer, err := transform(goja.Undefined(), r.vm.NewArray(documents...), r.vm.NewDynamicObject(ctx))
		if err != nil {
			return err
		}
		if bad := r.split(answer, documents, list, results); bad != nil {
			return bad
		}
		return nil
	})
	switch {
	case r.Open():
		return []Result{{Needs: r.Needs, Missing: r.Missing}}, nil
	case bad != nil && len(docs) == 1:
		return nil, docs[0].blame(bad)
	case bad != nil:
		return nil, bad
	}
	results[0].Lines = r.lines
	return results, nil
}

// split hands each document of a batch its part of the answer.
func (r *run) split(answer goja.Value, documents []any, vars *goja.Object, results []Result) *fault.Fault {
	list, ok := answer.(*goja.Object)
	if !ok || list.ClassName() != "Array" {
		return badResult("transformBatch must return an array with one entry per document, not %s", kindOf(answer))
	}
	if n := list.Get("length").ToInteger(); n != int64(len(documents)) {
		return badResult("transformBatch got %d documents but returned %d entries", len(documents), n).
			Hinted("Return one entry per document, in order; null where a document is filtered out.")
	}
	for i := range documents {
		at := strconv.Itoa(i)
		document, _ := documents[i].(goja.Value)
		var bad *fault.Fault
		if results[i].Outputs, bad = r.collect(list.Get(at), document); bad != nil {
			return bad
		}
		if results[i].Vars, bad = r.changedVars(vars.Get(at)); bad != nil {
			return bad
		}
	}
	return r.allReturned()
}

func (p *Program) load(r *run) (goja.Callable, error) {
	if p.parses {
		if err := r.parseLazily(); err != nil {
			return nil, err
		}
	}
	if _, err := r.vm.RunProgram(p.code); err != nil {
		return nil, err
	}
	entry, err := r.vm.RunProgram(p.entry)
	if err != nil {
		return nil, err
	}
	transform, ok := goja.AssertFunction(entry)
	if !ok {
		return nil, fault.New("script.no_transform", "transform is %s, not a function", kindOf(entry)).Classed(fault.Config)
	}
	return transform, nil
}

// collect turns what transform returned into outputs.
func (r *run) collect(answer, document goja.Value) ([]Output, *fault.Fault) {
	if omitted(answer) || goja.IsNull(answer) {
		return nil, nil
	}
	list, ok := answer.(*goja.Object)
	if !ok || list.ClassName() != "Array" {
		out, err := r.emit(answer, document)
		if err != nil {
			return nil, err.Under("result")
		}
		return []Output{out}, nil
	}
	var outputs []Output
	for i := range list.Get("length").ToInteger() {
		at := strconv.FormatInt(i, 10)
		v := list.Get(at)
		if omitted(v) || goja.IsNull(v) {
			if r.size++; r.size > r.env.MaxOutput {
				return nil, r.tooLarge()
			}
			continue
		}
		out, err := r.emit(v, document)
		if err != nil {
			return nil, err.Under("result[" + at + "]")
		}
		outputs = append(outputs, out)
	}
	return outputs, nil
}

func (r *run) emit(v, document goja.Value) (Output, *fault.Fault) {
	var out Output
	if o, ok := v.(*goja.Object); ok {
		if e, ok := handlerOf(o).(*emission); ok {
			if !e.seen {
				e.seen = true
				r.unreturned--
			}
			out.Port, v = e.port, e.document
		}
	}
	raw, same, err := r.encode(make([]byte, 0, r.expect), v, 0)
	switch {
	case err != nil:
		if o, ok := v.(*goja.Object); ok && o.ClassName() == "Promise" {
			err = err.Hinted("transform must not be async: there is nothing to wait for in a script.")
		}
		return out, err
	case len(raw) == 0 || raw[0] != '{':
		return out, badResult("a script must return an object, an array of objects or null, not %s", kindOf(v))
	case same && v == document:
		out.Same = true
	default:
		out.Raw = raw
	}
	return out, nil
}

func (r *run) allReturned() *fault.Fault {
	if r.unreturned > 0 {
		return badResult("ctx.output was called but its result was not returned").
			Hinted("Write: return ctx.output(port, document), or return an array of such results.")
	}
	return nil
}

func (r *run) changedVars(vars goja.Value) ([]byte, *fault.Fault) {
	if vars == nil {
		return nil, nil
	}
	raw, same, err := r.encode(nil, vars, 0)
	switch {
	case err != nil:
		return nil, err.Under("vars")
	case same:
		return nil, nil
	case raw[0] != '{':
		return nil, badResult("ctx.vars must hold objects, not %s", kindOf(vars)).Under("vars")
	}
	return raw, nil
}
