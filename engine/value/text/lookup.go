package text

import (
	"errors"
	"slices"
	"strconv"

	"github.com/karezflow/karez/engine/value/find"
	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Finder says what look-ups refer to, while a text is compiled. It notes which
// fields of which streams are read, for they must be indexed.
type Finder interface {
	// Stream gives the stream behind the name of a look-up, as item.Lookup names it;
	// paths are the fields that the look-up reads.
	Stream(name string, paths []string) (string, *fault.Fault)
	// Table reports what is wrong with the name of a code table.
	Table(name string) *fault.Fault
}

// OnMiss says what a look-up that found nothing gives.
type OnMiss string

// What a look-up that found nothing may give.
const (
	// MissParks makes the document wait until there is an answer.
	MissParks OnMiss = "park"
	// MissEmpty gives nothing, MissFails a fault.
	MissEmpty OnMiss = "empty"
	MissFails OnMiss = "error"
	// MissKeeps gives the code itself; it is for code tables only.
	MissKeeps OnMiss = "keep"
)

// OnMany says what a look-up that found several values gives.
type OnMany string

// What a look-up that found several may give: the newest, or a fault.
const (
	ManyNewest OnMany = "newest"
	ManyFails  OnMany = "error"
)

// Policy is what a field wants of its look-ups; the zero Policy takes nothing for
// nothing and the newest of several.
type Policy struct {
	Miss OnMiss
	Many OnMany
}

// pick gives the value of a look-up by its policy; kept is what stays as it is.
func (p Policy) pick(s *scope.Scope, l item.Lookup, kept item.Value) (item.Value, error) {
	values, known := s.Answers[l.Key()]
	switch {
	case !known:
		s.Needs = append(s.Needs, l)
		return item.Value{}, nil
	case len(values) > 1 && p.Many == ManyFails:
		return item.Value{}, several(l)
	case len(values) > 0:
		return values[0], nil
	case p.Miss == MissParks:
		s.Missing = append(s.Missing, l)
	case p.Miss == MissKeeps:
		return kept, nil
	case p.Miss == MissFails:
		return item.Value{}, Nothing(l)
	}
	return item.Value{}, nil
}

// Nothing is the fault of a look-up that found nothing.
func Nothing(l item.Lookup) *fault.Fault {
	code := ""
	for _, w := range l.Where {
		if code != "" {
			code += " "
		}
		if w.Path != "" {
			code += w.Path + "="
		}
		code += w.Value
	}
	if l.Table != "" {
		return fault.New("lookup.code_missing", "code table %s has no code %s", l.Table, format.Sample(item.Of(item.AppendText(nil, code)))).
			Arg("table", l.Table).Arg("sample", code).Classed(fault.Data).Hinted("fill in the code: what waits for it goes on by itself")
	}
	return fault.New("lookup.nothing_found", "no document of %s has %s", l.From, code).
		Arg("stream", l.From).Arg("sample", code).Classed(fault.Data).Hinted("run the flow that reads these documents: what waits for them goes on by itself")
}

func several(l item.Lookup) *fault.Fault {
	f := Nothing(l)
	sample := f.Args["sample"]
	if l.Table != "" {
		return fault.New("lookup.several_codes", "code table %s has several codes for %s", l.Table, sample).
			Arg("table", l.Table).Arg("sample", sample).Classed(fault.Data).Hinted("leave one of them, or let the field take the newest")
	}
	return fault.New("lookup.several_found", "several documents of %s have %s", l.From, sample).
		Arg("stream", l.From).Arg("sample", sample).Classed(fault.Data).Hinted("add a condition, or let the field take the newest")
}

// Unanswered gives the error of an evaluation that look-ups stopped, nil when none did.
func Unanswered(s *scope.Scope) error {
	if len(s.Needs) == 0 && len(s.Missing) == 0 {
		return nil
	}
	u := &node.UnansweredError{Needs: s.Needs}
	if len(s.Needs) == 0 {
		u.Missing = s.Missing
	}
	s.Needs, s.Missing = nil, nil
	return u
}

// found is a look-up into the documents of another flow.
type found struct {
	from, find string
	where      []finding
	policy     Policy
}

type finding struct {
	path  string
	value expr
}

// compileFind makes the expression of a look-up that stands in the program's text.
func (p *Program) compileFind(q *find.Query, opts Options) (*found, *fault.Fault) {
	if opts.Finder == nil {
		return nil, fault.New("value.lookup_misplaced", "a look-up with _findCollection can't stand here").Classed(fault.Config).
			Hinted("look the value up in a mapping or a look-up node before")
	}
	n := &found{find: q.Find, policy: opts.Policy}
	if n.policy.Miss == MissKeeps {
		n.policy.Miss = MissEmpty // it is about the code table of the field
	}
	p.looks = true
	paths := []string{q.Find}
	for _, c := range q.Where {
		value, f := p.compileCondition(c, opts)
		if f != nil {
			return nil, f
		}
		n.where = append(n.where, finding{c.Path, value})
		paths = append(paths, c.Path)
	}
	slices.Sort(paths)
	var f *fault.Fault
	if n.from, f = opts.Finder.Stream(q.From, slices.Compact(paths)); f != nil {
		return nil, placed(f, p.text, q.FromAt)
	}
	return n, nil
}

func (p *Program) compileCondition(c find.Condition, opts Options) (expr, *fault.Fault) {
	if c.Nested != nil {
		return p.compileFind(c.Nested, opts)
	}
	parts, f := p.parse(c.Value, c.At)
	if f != nil {
		return nil, f
	}
	return p.template(c.Value, parts, ""), nil
}

// parse takes a template apart that stands in the program's text.
func (p *Program) parse(text string, at int) ([]part, *fault.Fault) {
	parts, f := parse(text)
	if f != nil {
		offset, _ := strconv.Atoi(f.Args["offset"])
		f = Syntax(p.text, at+offset, f.Args["expected"])
	}
	return parts, f
}

// compileNested reads a look-up inside an expression.
func (p *Program) compileNested(at int, opts Options) (*find.Query, *found, *fault.Fault) {
	q, f := p.parseFind(at)
	if f != nil {
		return nil, nil, f
	}
	if !q.Closed {
		return nil, nil, Syntax(p.text, q.End, find.End+" behind the look-up")
	}
	n, f := p.compileFind(q, opts)
	return q, n, f
}

// compileLookup reads a text that is one look-up.
func (p *Program) compileLookup(opts Options) *fault.Fault {
	q, f := p.parseFind(0)
	if f != nil {
		return f
	}
	if q.End < len(p.text) {
		return Syntax(p.text, q.End, "nothing behind "+find.End)
	}
	n, f := p.compileFind(q, opts)
	if f == nil {
		p.root = n
	}
	return f
}

func (p *Program) parseFind(at int) (*find.Query, *fault.Fault) {
	q, err := find.Parse(p.text, at)
	if wrong, ok := errors.AsType[*find.SyntaxError](err); ok {
		return nil, Syntax(p.text, wrong.At, wrong.Want)
	}
	return q, nil
}

func (n *found) value(s *scope.Scope) (item.Value, error) {
	l := item.Lookup{From: n.from, Find: n.find, Where: make([]item.Equal, len(n.where))}
	for i, w := range n.where {
		v, err := w.value.value(s)
		if err != nil || v.Blank() {
			return item.Value{}, err // nothing is asked about nothing
		}
		l.Where[i] = item.Equal{Path: w.path, Value: v.Text()}
	}
	return n.policy.pick(s, l, item.Value{})
}

// Coded is the code table of a field.
type Coded struct {
	Table   string
	Reverse bool
	Policy  Policy
}

// Translate gives the other side of a code; nothing is asked about nothing.
func (c *Coded) Translate(s *scope.Scope, v item.Value) (item.Value, error) {
	if v.Blank() {
		return v, nil
	}
	return c.Policy.pick(s, item.Lookup{Table: c.Table, Reverse: c.Reverse, Where: []item.Equal{{Value: v.Text()}}}, v)
}
