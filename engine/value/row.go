package value

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/engine/value/text"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

// row is one field mapping as it is written.
type row struct {
	name  string
	typ   string
	value string
	// text tells a text from another JSON value, whose raw form value then holds.
	text     bool
	children json.RawMessage
	extra    []map[string]json.RawMessage
	parser   *field.Parser
	format   string
	keepNull bool
	required bool
	// table names the code table that the value is looked up in.
	table     string
	direction string
	policy    text.Policy
}

// row reads the members of a row; members that only describe it are passed over.
func (c *compiler) row(members map[string]json.RawMessage, at string) (*row, bool) {
	before := len(c.faults)
	r := &row{}
	for key, raw := range members {
		var err error
		switch key {
		case "field":
			err = json.Unmarshal(raw, &r.name)
		case "type":
			err = json.Unmarshal(raw, &r.typ)
		case "format":
			err = json.Unmarshal(raw, &r.format)
		case "children":
			if string(raw) != "null" && string(raw) != "[]" {
				r.children = raw
			}
		case "extra":
			err = json.Unmarshal(raw, &r.extra)
		case "required":
			err = json.Unmarshal(raw, &r.required)
		case "omitEmpty":
			omit := true
			err = json.Unmarshal(raw, &omit)
			r.keepNull = !omit
		case "value":
			r.readValue(raw)
		case "parser":
			r.parser, err = readParser(raw)
		case "table":
			err = r.readTable(raw)
		case "direction":
			err = json.Unmarshal(raw, &r.direction)
		case "onMiss":
			err = json.Unmarshal(raw, &r.policy.Miss)
		case "onMany":
			err = json.Unmarshal(raw, &r.policy.Many)
		case "title", "label", "describe":
		default:
			c.problem(at+"."+key, "mapping.unknown_member", "a field mapping has no %s", key)
		}
		if err != nil {
			c.problem(at+"."+key, "mapping.wrong_type", "%s has the wrong type of value", key)
		}
	}
	if r.name == "" {
		c.problem(at+".field", "mapping.field_missing", "the row names no field")
	}
	c.known(at+".direction", r.direction, forward, reverse)
	c.known(at+".onMiss", string(r.policy.Miss), string(text.MissParks), string(text.MissEmpty), string(text.MissFails), string(text.MissKeeps))
	if c.opts.Miss != "" && r.policy.Miss == text.MissParks {
		c.problem(at+".onMiss", "value.wait_misplaced", "nothing can wait here for what is not found: choose empty or error")
	}
	c.known(at+".onMany", string(r.policy.Many), string(text.ManyNewest), string(text.ManyFails))
	slices.SortFunc(c.faults[before:], func(a, b *fault.Fault) int { return strings.Compare(a.Path, b.Path) })
	return r, len(c.faults) == before
}

func (r *row) readValue(raw json.RawMessage) {
	if string(raw) == "null" {
		return
	}
	if r.text = json.Unmarshal(raw, &r.value) == nil; !r.text {
		r.value = string(raw)
	}
}

// readParser reads a parser as manifests write it, and as existing schemes do:
// params is a text, or params1 and params2.
func readParser(raw json.RawMessage) (*field.Parser, error) {
	var p struct {
		Name    string          `json:"name"`
		Params  json.RawMessage `json:"params"`
		Params1 string          `json:"params1"`
		Params2 string          `json:"params2"`
	}
	if err := json.Unmarshal(raw, &p); err != nil || p.Name == "" {
		return nil, err
	}
	out := &field.Parser{Name: p.Name}
	var one string
	switch {
	case p.Params1 != "":
		out.Params = []string{p.Params1, p.Params2}
	case len(p.Params) > 0 && json.Unmarshal(p.Params, &one) == nil:
		out.Params = []string{one}
	case len(p.Params) > 0:
		if err := json.Unmarshal(p.Params, &out.Params); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// program compiles the value of a row for the mapping's frames.
func (c *compiler) program(r *row, o *output, at string) *Program {
	p := c.text(r, o, at)
	if p != nil {
		p.Bind(c.levels)
	}
	return p
}

// text compiles the value of a row.
func (c *compiler) text(r *row, o *output, at string) *Program {
	if !r.text && r.value != "" {
		if strings.Contains(r.value, "{{") {
			c.problem(at, "mapping.value_not_text", "a value with placeholders must be a text")
			return nil
		}
		return text.Literal([]byte(r.value), c.opts.texts())
	}
	if o.typ == field.Array && o.parser.Zero() && arrayName(r.value) {
		from := c.source(r.value, at)
		if from == nil {
			return nil
		}
		return text.Named(r.value, from, c.opts.texts())
	}
	opts := c.opts.texts()
	opts.Quote, opts.Policy = o.quote, c.policyOf(o, r.policy, text.MissEmpty)
	p, f := text.Compile(r.value, opts)
	if f != nil {
		c.report(at, f)
		return nil
	}
	if p.Mixed() && o.parser.Zero() {
		switch o.typ {
		case field.Array, field.Object, field.JSON:
			// Values pasted into JSON text could change its shape.
			c.problem(at, "mapping.template_not_text", "a text around placeholders can't become %s: use children", o.typ)
			return nil
		default:
		}
	}
	return p
}

// arrayName reports whether the value of an array field names its source array
// without braces, rather than being JSON or a template.
func arrayName(name string) bool {
	name = strings.TrimSpace(name)
	return text.Plain(name) && name != "" && name[0] != '[' && name[0] != '{' && !strings.Contains(name, "{{")
}

// source reads the name of a source array, with or without braces.
func (c *compiler) source(written, at string) *scope.Ref {
	name := strings.TrimSpace(written)
	if inner, ok := strings.CutPrefix(name, "{{"); ok {
		if inner, ok = strings.CutSuffix(inner, "}}"); ok {
			name = strings.TrimSpace(inner)
		}
	}
	if !arrayName(name) || strings.ContainsAny(name, "|}") {
		c.report(at, text.Syntax(written, 0, "the name of one source array, for example items"))
		return nil
	}
	r, want := scope.Name(name)
	if want != "" {
		c.report(at, text.Syntax(written, 0, want))
		return nil
	}
	return r
}

// fixed casts a constant while the mapping is compiled, so that one that doesn't
// fit its type is a problem of the flow and not of every document.
func (c *compiler) fixed(o *output, at string) *output {
	is, ok := o.prog.Fixed()
	if !ok && o.constant {
		c.report(at+".value", fault.New("mapping.not_constant", "%s is a program text and takes no placeholders", o.name).Classed(fault.Config).
			Arg("field", o.name).Hinted("name the value in the text, and give it in a row of that name"))
		return nil
	}
	if !ok || o.coded != nil {
		return o
	}
	s := &Scope{}
	out, err := o.shape(nil, is, s)
	if err != nil {
		c.report(at+".value", fault.From(err).Classed(fault.Config).Arg("text", o.prog.String()))
		return nil
	}
	if len(out) > 0 {
		o.fixed = out
	}
	return o
}

// Params is a compiled list of request parameters.
type Params struct {
	m       *Mapping
	missing []string
}

// CompileParams reads a JSON list of request parameters {field, value, type?, …}:
// the rows, declarations and problems are those of CompileMapping, under "params".
// Every declared field counts, whatever its group, so the caller hands in the
// declarations that belong to these parameters; a required one without a row is
// no problem here, for window and page fill some of them: see Missing.
func CompileParams(raw []byte, declared []field.Field, opts Options) (*Params, []*fault.Fault) {
	c := newCompiler(opts, "params")
	m := c.mapping(raw, declared)
	return &Params{m: m, missing: c.missing}, c.faults
}

// Append appends one JSON object with the parameters; on failure it gives dst as
// it came. Its error is a *fault.Fault whose path is the parameter.
func (p *Params) Append(dst []byte, s *Scope) ([]byte, error) { return p.m.Append(dst, s) }

// Missing lists the required parameters that have neither a row with a value nor a default.
func (p *Params) Missing() []string { return slices.Clone(p.missing) }
