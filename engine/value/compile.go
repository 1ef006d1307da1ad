package value

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/engine/value/scope"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// CompileMapping reads a JSON list of field mappings {field, type, value,
// children, extra, parser, format, omitEmpty, required}. Declared business fields
// give types, parsers, formats, places and defaults to the rows that name them; a
// row's own settings win; declared other parameters don't belong here. It reports
// every problem with its path (fields[3].children[0].value): "value.syntax",
// "mapping.unknown_field" (the field is not declared: a warning),
// "mapping.required_missing", "mapping.duplicate_field", "mapping.not_constant" and other mapping codes,
// and the value codes of constants that don't fit their type. The mapping lacks
// the rows that have problems: it is never nil, but it may run only when there are
// none but warnings.
func CompileMapping(raw []byte, declared []field.Field, opts Options) (*Mapping, []*fault.Fault) {
	c := newCompiler(opts, "fields")
	c.business = true
	return c.mapping(raw, declared), c.faults
}

// compiler turns rows into outputs and collects every problem on the way.
type compiler struct {
	opts   Options
	root   string
	faults []*fault.Fault
	levels scope.Levels
	// business limits declared fields to those of the mapping table.
	business bool
	// missing lists the required declared fields of parameters without a row.
	missing []string
}

func newCompiler(opts Options, root string) *compiler {
	if opts.Path != "" {
		root = opts.Path
	}
	return &compiler{opts: opts, root: root, levels: scope.Document()}
}

func (c *compiler) report(path string, f *fault.Fault) { c.faults = append(c.faults, f.At(path)) }

func (c *compiler) problem(path, code, message string, args ...any) {
	c.report(path, fault.New(code, message, args...).Classed(fault.Config))
}

// mapping compiles the rows of a whole mapping.
func (c *compiler) mapping(raw []byte, declared []field.Field) *Mapping {
	m := &Mapping{pick: c.levels[0].Pick, fields: c.list(raw, declared, c.root)}
	m.asking = asking(m.fields)
	m.fixed = !slices.ContainsFunc(m.fields, func(o *output) bool { return o.fixed == nil })
	return m
}

// list compiles the rows of one object.
func (c *compiler) list(raw []byte, declared []field.Field, path string) []*output {
	rows := c.rows(raw, path)
	var fields []*output
	given := map[string]bool{}
	for i, members := range rows {
		at := fmt.Sprintf("%s[%d]", path, i)
		r, ok := c.row(members, at)
		if given[r.name] {
			c.problem(at+".field", "mapping.duplicate_field", "%s is mapped twice", r.name)
			continue
		}
		given[r.name] = r.name != ""
		if !ok {
			continue
		}
		d := c.declared(declared, r.name, at)
		fields = c.add(fields, r, d, at)
	}
	return c.complete(fields, declared, given, path)
}

// add compiles a row of a list and puts it where it goes.
func (c *compiler) add(fields []*output, r *row, d *field.Field, at string) []*output {
	o := c.output(r, d, at)
	if o == nil {
		return fields
	}
	return c.place(fields, o, d, at)
}

func (c *compiler) rows(raw []byte, path string) []map[string]json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &rows); err != nil {
		c.problem(path, "mapping.not_a_list", "expected a list of {field, value}")
		return nil
	}
	return rows
}

// declared finds the declaration of a row. Where nothing is declared, nothing is unknown.
func (c *compiler) declared(declared []field.Field, name, at string) *field.Field {
	for i := range declared {
		if declared[i].Name == name && c.maps(&declared[i]) {
			return &declared[i]
		}
	}
	if len(declared) > 0 {
		f := fault.New("mapping.unknown_field", "%s is not a declared field", name).Classed(fault.Config).Arg("field", name)
		if slices.ContainsFunc(declared, func(d field.Field) bool { return d.Name == name }) {
			f = f.Hinted("%s is a request parameter: give it in the node's params", name)
		}
		c.report(at+".field", f)
	}
	return &field.Field{Name: name, Type: untyped}
}

// untyped marks a field nobody declared: its value is not cast.
const untyped field.Type = "untyped"

func (c *compiler) maps(d *field.Field) bool { return !c.business || d.Group != field.Other }

// complete adds the defaults of fields without a row and reports required ones.
func (c *compiler) complete(fields []*output, declared []field.Field, given map[string]bool, path string) []*output {
	for i := range declared {
		d := &declared[i]
		if given[d.Name] || !c.maps(d) {
			continue
		}
		if d.Default != "" {
			fields = c.add(fields, &row{name: d.Name, value: d.Default, text: true}, d, path+"."+d.Name+".default")
			continue
		}
		if d.Required {
			c.lacks(d, path)
		}
	}
	return fields
}

func (c *compiler) lacks(d *field.Field, path string) {
	if !c.business {
		c.missing = append(c.missing, d.Name)
		return
	}
	title := d.Title.ZH
	if title == "" {
		title = d.Name
	}
	c.report(path, fault.New("mapping.required_missing", "%s (%s) is required but not mapped", title, d.Name).
		Classed(fault.Config).Arg("field", d.Name))
}

// place puts an output where its declared path says, into objects shared with
// other fields where the path has several names.
func (c *compiler) place(fields []*output, o *output, d *field.Field, at string) []*output {
	names := []string{o.name}
	if d.Path != "" {
		names = strings.Split(d.Path, ".")
	}
	target := &fields
	for _, name := range names[:len(names)-1] {
		i := slices.IndexFunc(*target, func(o *output) bool { return string(o.key) == string(keyOf(name)) })
		if i < 0 {
			*target = append(*target, &output{name: name, key: keyOf(name), typ: field.Object, children: []*output{}})
			i = len(*target) - 1
		}
		parent := (*target)[i]
		if parent.children == nil || parent.array != nil {
			c.problem(at+".field", "mapping.path_conflict", "%s goes into %s, which another row fills", o.name, name)
			return fields
		}
		target = &parent.children
	}
	o.key = keyOf(names[len(names)-1])
	if slices.ContainsFunc(*target, func(other *output) bool { return string(other.key) == string(o.key) }) {
		c.problem(at+".field", "mapping.path_conflict", "%s goes to %s, which another row fills", o.name, strings.Join(names, "."))
		return fields
	}
	*target = append(*target, o)
	return fields
}

func keyOf(name string) []byte { return append(item.AppendText(nil, name), ':') }

// output compiles one row.
func (c *compiler) output(r *row, d *field.Field, at string) *output {
	o := &output{name: r.name, at: at, keepNull: r.keepNull, required: r.required || d.Required, names: d.BaseData != "", quote: d.Quote, constant: d.Constant}
	if !c.typed(o, r, d, at) {
		return nil
	}
	switch {
	case r.children != nil && o.typ == field.Object:
		if r.value != "" {
			c.problem(at+".value", "mapping.unexpected_value", "an object with children takes no value")
		}
		o.children = c.list(r.children, d.Children, at+".children")
		if o.children == nil {
			o.children = []*output{}
		}
		return o
	case (r.children != nil || r.extra != nil) && o.typ == field.Array:
		return c.array(o, r, d, at)
	case r.children != nil || r.extra != nil:
		c.problem(at+".children", "mapping.unexpected_children", "only an array or an object has children, %s is %s", r.name, o.typ)
		return nil
	}
	if o.required && r.value == "" {
		if d.Default == "" {
			c.lacks(d, at)
			return nil
		}
	}
	if r.value == "" && d.Default != "" {
		r.value, r.text = d.Default, true
	}
	o.prog = c.program(r, o, at+".value")
	if o.prog == nil || !c.coded(o, r, at) {
		return nil
	}
	o.copied = o.typ == field.String && o.layout.Zero() && o.parser.Zero() && o.coded == nil
	return c.fixed(o, at)
}

// typed settles type, format and parser of an output.
func (c *compiler) typed(o *output, r *row, d *field.Field, at string) bool {
	before := len(c.faults)
	declaredType := d.Type
	switch {
	case declaredType != "":
	case len(d.Children) > 0:
		declaredType = untyped // an array or an object, as the row shows
	default:
		declaredType = field.String
	}
	t, f := format.TypeOf(r.typ)
	if f != nil {
		c.report(at+".type", f)
	}
	switch {
	case t != "":
		o.typ = t
	case declaredType != untyped:
		o.typ = declaredType
	case r.children != nil && r.value == "":
		o.typ = field.Object
	case r.children != nil || r.extra != nil:
		o.typ = field.Array
	}
	name, parser := r.format, r.parser
	if name == "" {
		name = d.Format
	}
	if parser == nil {
		parser = d.Parser
	}
	if name != "" {
		layout, err := format.Parse(name)
		if err != nil {
			c.problem(at+".format", "mapping.unknown_format", "%s", err)
		} else if f := layout.CheckMoment(); f != nil && (o.typ == field.Date || o.typ == field.Datetime) {
			c.report(at+".format", f)
		}
		o.layout = layout
	}
	if o.formed = name; parser != nil {
		o.parsed = parser.Name
	}
	if o.parser, f = format.ParserOf(parser); f != nil {
		c.report(at+".parser", f)
	}
	return len(c.faults) == before
}

// array compiles an array with children: a line for each element of the source
// array it names, or one line from the current document, and the extra lines.
func (c *compiler) array(o *output, r *row, d *field.Field, at string) *output {
	o.array = &lines{}
	inner := c.levels
	if r.value != "" {
		if o.array.from = c.source(r.value, at+".value"); o.array.from == nil {
			return nil
		}
		c.levels.Bind(o.array.from)
		inner = c.levels.Within(o.array.from)
		o.array.pick = inner[len(inner)-1].Pick
	}
	for i, x := range r.extra {
		where := fmt.Sprintf("%s.extra[%d]", at, i)
		o.array.extra = append(o.array.extra, c.extra(x, d, where))
	}
	outer := c.levels
	c.levels = inner
	o.children = c.list(r.children, d.Children, at+".children")
	c.levels = outer
	return o
}

func (c *compiler) extra(members map[string]json.RawMessage, d *field.Field, at string) extra {
	var x extra
	if when, ok := members["when"]; ok {
		sub := &compiler{opts: c.opts, levels: c.levels}
		x.when = sub.conditions(when, at+".when")
		c.faults = append(c.faults, sub.faults...)
	}
	x.children = c.list(members["children"], d.Children, at+".children")
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if key != "when" && key != "children" {
			c.problem(at+"."+key, "mapping.unknown_member", "an extra line has when and children, not %s", key)
		}
	}
	return x
}
