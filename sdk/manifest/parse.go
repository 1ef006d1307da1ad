package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/karezflow/karez/sdk/fault"
)

// MaxSize is the most bytes of a manifest.
const MaxSize = 1 << 20

// maxAliases bounds what the aliases of a manifest can multiply; anchors that
// hold aliases are refused, so the bound is not exponential.
const maxAliases = 1000

// Parse reads a manifest from YAML, checks it and compiles its rules. Keys that
// no manifest has are refused. The error joins every fault found; each is of
// class Config, with a code below "manifest." and the path of the bad part:
// "manifest.syntax", "manifest.unknown_key", "manifest.wrong_type" name line and
// column, the others are those of Check.
func Parse(data []byte) (*Manifest, error) {
	m := &Manifest{}
	if err := Decode(data, m); err != nil {
		return nil, err
	}
	if faults := m.Check(); len(faults) > 0 {
		errs := make([]error, len(faults))
		for i, f := range faults {
			errs[i] = f
		}
		return nil, errors.Join(errs...)
	}
	return m, nil
}

// Decode reads YAML of the kind that manifests are written in, for a file beside one, and
// checks nothing: into has yaml tags. Its faults are those of Parse.
func Decode(data []byte, into any) error {
	if len(data) > MaxSize {
		return fault.New("manifest.too_large", "a manifest has at most %d KiB", MaxSize>>10).Classed(fault.Config)
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return located(err, nil)
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return fault.New("manifest.syntax", "a manifest is exactly one YAML document").Classed(fault.Config)
	}
	if err := boundAliases(file.Docs[0]); err != nil {
		return err
	}
	words := &asWritten{}
	ast.Walk(words, file.Docs[0])
	if words.bad != nil {
		return words.bad
	}
	if err := yaml.NodeToValue(file.Docs[0].Body, into, yaml.Strict()); err != nil {
		return located(err, file.Docs[0])
	}
	return nil
}

// located turns the YAML library's error into a fault with line, column and path.
func located(err error, doc *ast.DocumentNode) *fault.Fault {
	code := "manifest.wrong_type"
	if _, ok := errors.AsType[*yaml.UnknownFieldError](err); ok {
		code = "manifest.unknown_key"
	}
	if doc == nil {
		code = "manifest.syntax"
	}
	bad, ok := errors.AsType[yaml.Error](err)
	if !ok || bad.GetToken() == nil {
		if f, ok := errors.AsType[*fault.Fault](err); ok {
			return f.At(find(doc, func(n ast.Node) bool { return isDuration(n, f.Args["text"]) }))
		}
		return fault.New(code, "%s", firstLine(err.Error())).Classed(fault.Config)
	}
	at := bad.GetToken().Position
	f := fault.New(code, "line %d, column %d: %s", at.Line, at.Column, firstLine(bad.GetMessage())).Classed(fault.Config)
	if doc != nil {
		f = f.At(find(doc, func(n ast.Node) bool {
			t := n.GetToken()
			return t != nil && t.Position != nil && t.Position.Offset == at.Offset
		}))
	}
	return f
}

// find gives the path of the deepest node that is the one looked for, without "$.".
func find(doc *ast.DocumentNode, is func(ast.Node) bool) string {
	w := &finder{is: is}
	if doc != nil {
		ast.Walk(w, doc)
	}
	return strings.TrimPrefix(strings.TrimPrefix(w.path, "$"), ".")
}

type finder struct {
	is   func(ast.Node) bool
	path string
}

// Visit implements ast.Visitor.
func (w *finder) Visit(n ast.Node) ast.Visitor {
	if len(n.GetPath()) > len(w.path) && w.is(n) {
		w.path = n.GetPath()
	}
	return w
}

// isDuration finds a duration that could not be read by its text: the YAML
// library does not say where it stood.
func isDuration(n ast.Node, text string) bool {
	keys := []string{"per", "span", "granularity", "lag", "lookBack", "readLag", "wait"}
	t := n.GetToken()
	return t != nil && t.Value == text && slices.ContainsFunc(keys, func(k string) bool { return strings.HasSuffix(n.GetPath(), "."+k) })
}

// asWritten turns numbers into texts unless they are plain whole numbers, so that
// a vendor's code 002005 or a version 1.20 keeps its digits, and refuses fractions
// where a number is counted, which the YAML library would cut off.
type asWritten struct{ bad *fault.Fault }

// Visit implements ast.Visitor.
func (w *asWritten) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.MappingValueNode:
		n.Value = written(n.Value)
		counted := []string{"calls", "first", "defaultSize", "maxSize", "max", "min", "maxRows", "defaultRows"}
		if n.Value.Type() == ast.StringType && slices.Contains(counted, n.Key.GetToken().Value) {
			at := n.Value.GetToken().Position
			w.bad = cmp.Or(w.bad, fault.New("manifest.wrong_type", "line %d, column %d: %s must be a whole number", at.Line, at.Column, n.Key.GetToken().Value).
				At(strings.TrimPrefix(n.Value.GetPath(), "$.")).Classed(fault.Config))
		}
	case *ast.SequenceNode:
		for i := range n.Values {
			n.Values[i] = written(n.Values[i])
		}
	case *ast.AnchorNode:
		n.Value = written(n.Value)
	}
	return w
}

func written(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.StringNode:
		// For each value that reads itself from text, such as a duration, the YAML library
		// goes through all tokens that hang together with it: a manifest's worth of them.
		alone := *n.Token
		alone.Prev, alone.Next = nil, nil
		n.Token = &alone
		return n
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
	case *ast.IntegerNode:
		if fmt.Sprint(n.Value) == n.GetToken().Value {
			return n
		}
	default:
		return n
	}
	text := ast.String(n.GetToken())
	text.SetPath(n.GetPath())
	return text
}

// boundAliases refuses documents that grow when their aliases are followed.
func boundAliases(doc *ast.DocumentNode) error {
	aliases := ast.Filter(ast.AliasType, doc)
	if len(aliases) > maxAliases {
		return fault.New("manifest.too_large", "a manifest has at most %d aliases", maxAliases).Classed(fault.Config)
	}
	for _, anchor := range ast.Filter(ast.AnchorType, doc) {
		if len(ast.Filter(ast.AliasType, anchor)) > 0 {
			at := anchor.GetToken().Position
			return fault.New("manifest.too_large", "line %d, column %d: an anchor may not hold an alias", at.Line, at.Column).
				Classed(fault.Config)
		}
	}
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// For gives the operation as it is with this value of its Form parameter: a copy
// with the form's fields appended and its texts in place of the operation's. A
// form that the manifest doesn't know, and "", give a plain copy. The copy shares
// what it does not change with o and is not to be written to.
func (o *Operation) For(form string) *Operation {
	at := slices.IndexFunc(o.Forms, func(f Form) bool { return f.ID == form })
	if at < 0 || form == "" {
		c := *o
		return &c
	}
	return o.With(o.Forms[at])
}

// With merges a form that need not be one of o's own, as a derived operation
// (自定义接口) does. The rules of For hold; the result has no forms of its own.
func (o *Operation) With(form Form) *Operation {
	c := *o
	c.Forms = nil
	c.Request = slices.Concat(o.Request, form.Request)
	c.Response = slices.Concat(o.Response, form.Response)
	c.Key = cmp.Or(form.Key, o.Key)
	c.Number = cmp.Or(form.Number, o.Number)
	c.Modified = cmp.Or(form.Modified, o.Modified)
	if o.Writing != nil && (form.WriteKey != "" || len(form.Compare) > 0) {
		w := *o.Writing
		w.Key = cmp.Or(form.WriteKey, w.Key)
		w.Create = w.Create.comparing(form.Compare)
		w.Update = w.Update.comparing(form.Compare)
		c.Writing = &w
	}
	return &c
}

func (m *Mode) comparing(paths []string) *Mode {
	if m == nil || len(paths) == 0 {
		return m
	}
	c := *m
	c.Compare = paths
	c.PreProbe = false // what it compares tells whose an object is
	return &c
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
