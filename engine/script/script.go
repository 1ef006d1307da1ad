package script

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/karezflow/karez/engine/script/internal/asking"
	"github.com/karezflow/karez/engine/script/internal/jsvm"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

const (
	// maxSource is the largest source text, in bytes.
	maxSource = 64 << 10
	// maxNesting is how deep brackets may be nested in a source.
	maxNesting = 200
	// maxBatch is the number of documents that share one wall time.
	maxBatch = 100
	// maxRequest is the size of documents beyond which a batch is cut, in bytes.
	maxRequest = 24 << 20
)

// Script is a compiled script. It may be used concurrently.
type Script struct {
	pool         *Pool
	hash, source string
	env          Env
	lookups      []asking.Lookup
}

var _ node.Script = (*Script)(nil)

// Env is what a script finds around it.
type Env struct {
	// Params is the JSON object behind ctx.params; nil means an empty one.
	Params []byte
	// Zone is the IANA name of the time zone of dates. Default UTC.
	Zone string
	// Log takes what scripts log with ctx.log. Default: nowhere.
	Log func(Entry)
}

// Entry is one line a script logged about a document.
type Entry struct {
	// Key is the document's key. Lines of transformBatch carry the key of the first document.
	Key string
	// Level is debug, info, warn or error.
	Level string
	// Text is at most 2,000 bytes; a document logs at most 20 lines.
	Text string
}

// Compile checks a script in a worker without running any of it. Its faults are
// "script.syntax" (Args: line, column, excerpt with a caret), "script.no_transform",
// "script.source_too_large", "script.nested_too_deep", "script.worker_unavailable"
// and "script.crashed" for a source that takes the parser down.
func (p *Pool) Compile(ctx context.Context, source string) (*Script, error) {
	if len(source) > maxSource {
		return nil, fault.New("script.source_too_large", "the script has %d bytes; %d are allowed", len(source), maxSource).Classed(fault.Config)
	}
	if nesting(source) > maxNesting {
		return nil, fault.New("script.nested_too_deep", "brackets are nested deeper than %d levels", maxNesting).Classed(fault.Config)
	}
	sum := sha256.Sum256([]byte(source))
	s := &Script{pool: p, hash: string(sum[:]), source: source}
	answer, dead, err := p.call(ctx, request{hash: s.hash, wall: p.config.Wall}, source)
	switch {
	case err != nil:
		return nil, err
	case dead != nil:
		return nil, fault.New("script.crashed", "the script could not be compiled").Classed(fault.Config).
			Hinted("Its source is nested too deeply, or holds a constant expression that cannot be computed.")
	case answer.status != done:
		return nil, answer.trouble()
	}
	return s, nil
}

// nesting counts brackets wherever they stand. A source whose texts hold hundreds
// of opening brackets more than closing ones does not exist outside of attacks,
// and what slips through takes a worker down, not the engine.
func nesting(source string) int {
	depth, deepest := 0, 0
	for i := range len(source) {
		switch source[i] {
		case '(', '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', ']', '}':
			depth = max(depth-1, 0)
		}
	}
	return deepest
}

// With gives the same script with other surroundings.
func (s *Script) With(env Env) *Script {
	c := *s
	c.env = env
	return &c
}

// Looking implements node.Script.
func (s *Script) Looking(lookups []node.ScriptLookup) node.Script {
	c := *s
	c.lookups = make([]asking.Lookup, len(lookups))
	for i, l := range lookups {
		c.lookups[i] = asking.Lookup(l)
	}
	return &c
}

// Run gives one result per document. A document that throws, hangs or takes its
// worker down has a fault and leaves its neighbours alone: "script.error",
// "script.timeout", "script.memory", "script.crashed", "script.unsafe_number",
// "script.bad_decimal", "script.bad_date", "script.bad_hash", "script.bad_result",
// "script.output_too_large", "script.document_too_large", "script.unknown_lookup",
// "script.bad_lookup", "script.lookup_blank", "script.lookup_nothing", "script.lookup_several", or "script.not_run" (transient) for documents that
// were put off because too many before them hung or crashed.
//
// An error concerns all documents: the context's cause, "script.worker_unavailable",
// "script.closed", "script.answers_too_large" or a fault of the script as a whole.
//
// A script that asks for look-ups without answers has needs; one that waits for what
// they did not find is missing it. A document's clock stands at its Facts.To, or at
// the beginning of 1970 without facts.
func (s *Script) Run(ctx context.Context, batch []item.Item) ([]node.Result, error) {
	results := make([]node.Result, len(batch))
	c := culprit{}
	for next := 0; next < len(batch); {
		if c.strikes >= s.pool.config.Strikes {
			putOff(results[next:])
			break
		}
		docs := cut(batch[next:], c.seek != nobody)
		if len(docs) == 0 {
			results[next] = node.Result{Fault: tooLarge(batch[next])}
			next++
			continue
		}
		n, dead, err := s.attempt(ctx, batch[next:], docs, results[next:])
		if err != nil {
			return nil, err
		}
		if n == 0 && len(docs) == 1 && dead != nil && !c.excused(dead) {
			results[next] = node.Result{Fault: dead.fault(s.pool.config.Kill).Arg("document", docs[0].Key)}
			n = 1
		}
		c.learn(results[next:next+n], dead)
		next += n
	}
	return results, nil
}

// culprit is what Run knows about the document that spoils a batch.
type culprit struct {
	seek    sought
	suspect bool // a worker died on one document, perhaps of something else
	strikes int
}

// sought is what ends a search document by document.
type sought int

const (
	nobody   sought = iota // batches work
	killer                 // a batch took its worker down
	offender               // a batch failed as a whole
)

// excused gives a document a second try when its worker was not fresh and died
// without a word: the system may have killed it while it was idle.
func (c *culprit) excused(d *death) bool {
	if c.suspect || d.late || !d.reused || d.words != "" {
		return false
	}
	c.suspect = true
	return true
}

// learn takes in what became of an attempt: the results it decided and the death
// it ended with, if any.
func (c *culprit) learn(results []node.Result, dead *death) {
	for _, res := range results {
		if res.Fault != nil && res.Fault.Code == "script.timeout" || dead != nil {
			c.strikes++
		}
	}
	switch {
	case len(results) == 0 && dead != nil:
		c.seek = killer
	case len(results) == 0:
		c.seek = offender
	case dead != nil, c.seek == offender && (results[0].Fault != nil || len(results[0].Missing) > 0):
		c.seek = nobody
	}
	if len(results) > 0 {
		c.suspect = false
	}
}

// attempt runs documents and fills the results of those that were decided.
func (s *Script) attempt(ctx context.Context, batch []item.Item, docs []jsvm.Doc, results []node.Result) (int, *death, error) {
	answers, err := s.answers(batch[:len(docs)])
	if err != nil {
		return 0, nil, err
	}
	answer, dead, err := s.pool.call(ctx, request{
		hash: s.hash, params: string(s.env.Params), zone: s.env.Zone, lookups: s.lookups, wall: s.pool.config.Wall,
		docs: docs, answers: answers,
	}, s.source)
	if err != nil || dead != nil {
		return 0, dead, err
	}
	switch {
	case answer.status == apart && len(docs) > 1:
		return 0, nil, nil
	case answer.status != done || len(answer.results) == 0 || len(answer.results) > len(docs):
		return 0, nil, answer.trouble()
	}
	for i, res := range answer.results {
		results[i] = s.result(batch[i], res)
		s.report(docs[i].Key, res.Lines)
	}
	return len(answer.results), nil, nil
}

func (s *Script) result(in item.Item, res jsvm.Result) node.Result {
	if res.Fault != nil {
		return node.Result{Fault: res.Fault}
	}
	if len(res.Needs)+len(res.Missing) > 0 {
		return s.standing(res)
	}
	if res.Vars != nil {
		in.Vars = res.Vars
	}
	outputs := make([]node.Output, len(res.Outputs))
	for i, out := range res.Outputs {
		outputs[i] = node.Output{Port: out.Port, Item: in}
		if !out.Same {
			outputs[i].Item = in.With(out.Raw)
		}
	}
	return node.Result{Outputs: outputs}
}

func (s *Script) report(key string, lines []jsvm.Line) {
	if s.env.Log == nil {
		return
	}
	for _, line := range lines {
		s.env.Log(Entry{Key: key, Level: line.Level, Text: line.Text})
	}
}

// cut gives the next documents for one call: none when the first is too large.
func cut(batch []item.Item, single bool) []jsvm.Doc {
	limit := min(len(batch), maxBatch)
	if single {
		limit = 1
	}
	docs := make([]jsvm.Doc, 0, limit)
	for size := 0; len(docs) < limit; {
		it := batch[len(docs)]
		if size += len(it.Raw) + len(it.Vars); size > maxRequest {
			break
		}
		doc := jsvm.Doc{Raw: string(it.Raw), Vars: string(it.Vars), Now: time.UnixMilli(0)}
		if it.Facts != nil {
			doc.Key, doc.Number, doc.Revision, doc.From = it.Facts.Key, it.Facts.Number, it.Facts.Revision, it.Facts.From
			if !it.Facts.To.IsZero() {
				doc.Now = it.Facts.To
			}
		}
		docs = append(docs, doc)
	}
	return docs
}

func tooLarge(it item.Item) *fault.Fault {
	bad := fault.New("script.document_too_large", "the document has %d MiB; a script takes at most %d", len(it.Raw)>>20, maxRequest>>20).Classed(fault.Data)
	if it.Facts != nil {
		bad = bad.Arg("document", it.Facts.Key)
	}
	return bad
}

func putOff(results []node.Result) {
	for i := range results {
		results[i].Fault = fault.New("script.not_run", "the script was not run because it hung or crashed on other documents of the batch").
			Classed(fault.Transient)
	}
}

// trouble is the fault of a reply that has no results.
func (r reply) trouble() error {
	if r.fault != nil {
		return r.fault
	}
	return fault.New("script.worker_unavailable", "a script worker gave an answer that makes no sense").Classed(fault.Internal)
}
