package value

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/value/logic"
	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/engine/value/text"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Conditions are an outer OR of inner ANDs. They are used by many goroutines at once.
type Conditions struct {
	any [][]*condition
	// pick is what the conditions read of the document.
	pick   *item.Pick
	scopes sync.Pool
}

var _ node.Conditions = (*Conditions)(nil)

// condition compares one field.
type condition struct {
	field *Program
	// path is set when the field is a plain name, which may run through lists.
	path     *scope.Ref
	logic    logic.Logic
	operands []*Program
	// zone is set where points in time are compared; name is the field as it is written.
	zone *time.Location
	name string
}

// CompileConditions reads a JSON list (any may hold) of lists (all must hold) of
// {field, logic, value}. A field is a path, also of a line (items.name: the
// document matches if any line does), or a placeholder with a format. A value is a
// text that may hold placeholders; the lists of in and between are separated by
// commas or written as a JSON list. Problems carry their path ([0][1].logic):
// "value.syntax", "conditions.*". The conditions are never nil, but may be used
// for matching only when there are no problems.
func CompileConditions(raw []byte, opts Options) (*Conditions, []*fault.Fault) {
	c := newCompiler(opts, "")
	out := c.conditions(raw, c.root)
	out.pick = c.levels[0].Pick
	return out, c.faults
}

// Match reports whether the item passes.
func (c *Conditions) Match(in item.Item) (bool, error) { return c.matchIn(in) }

// MatchLine implements node.Conditions.
func (c *Conditions) MatchLine(in item.Item, array string, line item.Value) (bool, error) {
	return c.matchIn(in, Line{Array: array, Value: line})
}

func (c *Conditions) matchIn(in item.Item, lines ...Line) (bool, error) {
	s, ok := c.scopes.Get().(*Scope)
	if !ok {
		s = &Scope{}
	}
	s.SetItem(in)
	s.Lines = append(s.Lines, lines...)
	matched, err := c.MatchScope(s)
	s.Reset()
	c.scopes.Put(s)
	return matched, err
}

// MatchScope reports whether what is in the scope passes. No conditions at all
// let everything pass. Numbers, and texts written like one, compare as exact
// numbers; everything else as text. A blank value is neither greater nor smaller
// than anything nor between anything. Its error is a *fault.Fault.
func (c *Conditions) MatchScope(s *Scope) (bool, error) {
	if len(c.any) == 0 {
		return true, nil
	}
	s.Arena = s.Arena[:0]
	if len(s.Lines) == 0 { // within lines, names are not read from frames
		s.Enter(c.pick)
	}
	matched, f := c.match(s)
	if open := text.Unanswered(s); open != nil {
		return false, open
	}
	if f != nil {
		return false, f
	}
	return matched, nil
}

func (c *Conditions) match(s *Scope) (bool, *fault.Fault) {
	if len(c.any) == 0 {
		return true, nil
	}
	for _, all := range c.any {
		matched := true
		for _, one := range all {
			var f *fault.Fault
			if matched, f = one.match(s); f != nil {
				return false, f
			}
			if !matched {
				break
			}
		}
		if matched {
			return true, nil
		}
	}
	return false, nil
}

func (c *condition) match(s *Scope) (bool, *fault.Fault) {
	mark := len(s.Arena)
	defer func() { s.Arena = s.Arena[:mark] }()
	var few [4]item.Value
	operands := few[:0]
	for _, p := range c.operands {
		v, err := p.Eval(s)
		if err != nil {
			return false, fault.From(err).Arg("text", p.String())
		}
		if c.logic.List() {
			operands = appendOperands(operands, v, p)
		} else {
			operands = append(operands, v)
		}
	}
	if c.path == nil {
		v, err := c.field.Eval(s)
		if err != nil {
			return false, fault.From(err).Arg("text", c.field.String())
		}
		return c.test(v, operands)
	}
	matched, found := false, false
	var failed *fault.Fault
	c.path.Each(s, func(v item.Value) bool {
		found = true
		matched, failed = c.test(v, operands)
		return !matched && failed == nil
	})
	if !found {
		return c.logic.Test(item.Value{}, operands...), nil
	}
	return matched, failed
}

// appendOperands spreads a list; a flow parameter's text is a list with commas.
func appendOperands(dst []item.Value, v item.Value, p *Program) []item.Value {
	if v.Kind() == item.Array {
		for e := range v.Elements() {
			dst = append(dst, e)
		}
		return dst
	}
	if r, _ := p.Sole(); r != nil && r.Parameter() && v.Kind() == item.String {
		for one := range strings.SplitSeq(v.Text(), ",") {
			dst = append(dst, item.Of(item.AppendText(nil, strings.TrimSpace(one))))
		}
		return dst
	}
	return append(dst, v)
}

// conditions compiles the outer list.
func (c *compiler) conditions(raw []byte, path string) *Conditions {
	out := &Conditions{}
	if len(raw) == 0 || string(raw) == "null" {
		return out
	}
	var groups []json.RawMessage
	if err := json.Unmarshal(raw, &groups); err != nil {
		c.problem(path, "conditions.not_a_list", "expected a list (any of) of lists (all of) of {field, logic, value}")
		return out
	}
	for i, group := range groups {
		at := fmt.Sprintf("%s[%d]", path, i)
		var rows []map[string]json.RawMessage
		if err := json.Unmarshal(group, &rows); err != nil || len(rows) == 0 {
			c.problem(at, "conditions.not_a_list", "expected a list of conditions {field, logic, value} that must all hold")
			continue
		}
		var all []*condition
		for j, members := range rows {
			if one := c.condition(members, fmt.Sprintf("%s[%d]", at, j)); one != nil {
				all = append(all, one)
			}
		}
		out.any = append(out.any, all)
	}
	return out
}

func (c *compiler) condition(members map[string]json.RawMessage, at string) *condition {
	var name string
	var word logic.Logic
	before := len(c.faults)
	value := row{}
	for key, raw := range members {
		switch key {
		case "field":
			if json.Unmarshal(raw, &name) != nil || name == "" {
				c.problem(at+".field", "conditions.field_missing", "the condition names no field")
			}
		case "logic":
			if json.Unmarshal(raw, &word) != nil || !slices.Contains(logic.All(), word) {
				c.report(at+".logic", fault.New("conditions.unknown_logic", "there is no comparison %s", raw).
					Classed(fault.Config).Hinted("comparisons: %v", logic.All()))
			}
		case "value":
			value.readValue(raw)
		case "title", "label", "describe":
		default:
			c.problem(at+"."+key, "conditions.unknown_member", "a condition has field, logic and value, not %s", key)
		}
	}
	if members["field"] == nil {
		c.problem(at+".field", "conditions.field_missing", "the condition names no field")
	}
	if members["logic"] == nil {
		c.problem(at+".logic", "conditions.unknown_logic", "the condition names no comparison")
	}
	if len(c.faults) > before {
		return nil
	}
	one := &condition{logic: word, name: name}
	if value.moments(word) {
		one.zone = cmp.Or(c.opts.Zone, time.UTC)
	}
	one.field, one.path = c.conditionField(name, at+".field")
	one.operands = c.operands(&value, one.logic, at+".value")
	if len(c.faults) > before {
		return nil
	}
	return one
}

// conditionField compiles the left side: a bare path or a placeholder.
func (c *compiler) conditionField(name, at string) (*Program, *scope.Ref) {
	if !strings.Contains(name, "{{") {
		r, want := scope.Name(name)
		if want != "" {
			c.report(at, text.Syntax(name, 0, want))
			return nil, nil
		}
		if !r.System() {
			c.levels.Bind(r)
			return nil, r
		}
		name = "{{" + name + "}}"
	}
	p, f := text.Compile(name, c.opts.texts())
	if f != nil {
		c.report(at, f)
		return nil, nil
	}
	c.bindAll(p)
	if r, formatted := p.Sole(); r != nil && !formatted && !r.System() {
		return p, r
	}
	return p, nil
}

// operands compiles the right side. Lists are split before values are bound, so a
// comma inside a document's value never makes two of one.
func (c *compiler) operands(value *row, l logic.Logic, at string) []*Program {
	if l.Unary() {
		return nil
	}
	texts := []string{value.value}
	list := l.List()
	if !value.text && value.value != "" {
		return c.literals(value.value, l, at)
	}
	if list {
		texts = splitList(value.value)
	}
	if !strings.Contains(value.value, "{{") {
		c.checkRange(l, len(texts), at)
	}
	out := make([]*Program, 0, len(texts))
	for _, one := range texts {
		p, f := text.Compile(one, c.opts.texts())
		if f != nil {
			c.report(at, f)
			continue
		}
		out = append(out, c.bindAll(p))
	}
	return out
}

// checkRange refuses a range that lacks an end. A single placeholder may still
// name a list of two.
func (c *compiler) checkRange(l logic.Logic, ends int, at string) {
	if l.Range() && ends != 2 {
		c.problem(at, "conditions.range_incomplete", "%s needs two values with a comma between them", l)
	}
}

func (c *compiler) literals(raw string, l logic.Logic, at string) []*Program {
	v := item.Of([]byte(raw))
	if v.Kind() != item.Array {
		c.checkRange(l, 1, at)
		return []*Program{text.Literal([]byte(raw), c.opts.texts())}
	}
	if !l.List() {
		c.problem(at, "conditions.unexpected_list", "only in and between take a list")
	}
	var out []*Program
	for e := range v.Elements() {
		if e.Kind() != item.String {
			out = append(out, text.Literal(e.Raw(), c.opts.texts()))
			continue
		}
		p, f := text.Compile(e.Text(), c.opts.texts())
		if f != nil {
			c.report(at, f)
			continue
		}
		out = append(out, c.bindAll(p))
	}
	c.checkRange(l, len(out), at)
	return out
}

// splitList splits at commas outside placeholders.
func splitList(text string) []string {
	var out []string
	start, depth := 0, 0
	for i := range len(text) {
		switch {
		case strings.HasPrefix(text[i:], "{{"):
			depth++
		case strings.HasPrefix(text[i:], "}}"):
			depth--
		case text[i] == ',' && depth <= 0:
			out = append(out, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return append(out, strings.TrimSpace(text[start:]))
}

func (c *compiler) bindAll(p *Program) *Program {
	p.Bind(c.levels)
	return p
}
