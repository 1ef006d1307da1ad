package declarative

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/karezflow/karez/sdk/declarative/expr"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Spread is the name of a member whose value, an object, gives all of its members that are
// not blank to the object around it.
const Spread = "..."

// Node is a value of a definition with expressions in its texts.
type Node struct {
	shape    shape
	text     string
	fixed    []byte
	template *expr.Template
	members  []member
	elements []*Node
}

type shape uint8

const (
	nothing shape = iota
	constant
	text
	object
	array
)

type member struct {
	name string
	node *Node
}

// UnmarshalYAML reads a value as it stands.
func (n *Node) UnmarshalYAML(from ast.Node) error {
	switch from := from.(type) {
	case *ast.StringNode:
		n.shape, n.text = text, from.Value
	case *ast.LiteralNode:
		n.shape, n.text = text, from.Value.Value
	case *ast.NullNode:
		n.shape, n.fixed = constant, []byte("null")
	case *ast.BoolNode:
		n.shape, n.fixed = constant, strconv.AppendBool(nil, from.Value)
	case *ast.IntegerNode:
		n.shape, n.fixed = constant, fmt.Append(nil, from.Value)
	case *ast.MappingNode:
		n.shape = object
		for _, pair := range from.Values {
			if err := n.add(pair); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		n.shape = object
		return n.add(from)
	case *ast.SequenceNode:
		n.shape = array
		for _, value := range from.Values {
			inner := &Node{}
			if err := inner.UnmarshalYAML(value); err != nil {
				return err
			}
			n.elements = append(n.elements, inner)
		}
	default:
		at := from.GetToken().Position
		return fault.New("definition.unsupported", "line %d, column %d: anchors, aliases and tags can't stand in a value", at.Line, at.Column).Classed(fault.Config)
	}
	return nil
}

func (n *Node) add(pair *ast.MappingValueNode) error {
	inner := &Node{}
	if err := inner.UnmarshalYAML(pair.Value); err != nil {
		return err
	}
	name := pair.Key.GetToken().Value
	n.members = append(n.members, member{name, inner})
	return nil
}

// Given reports whether the definition has the value.
func (n *Node) Given() bool { return n != nil && n.shape != nothing }

// compile reads the expressions, and reports what is wrong by path.
func (n *Node) compile(path string, bad func(path string, err error), paths func(path string, of []string)) {
	if !n.Given() {
		return
	}
	switch n.shape {
	case text:
		template, err := expr.Compile(n.text)
		if err != nil {
			bad(path, err)
			return
		}
		n.template = template
		paths(path, template.Paths())
	case object:
		for _, m := range n.members {
			m.node.compile(path+"."+m.name, bad, paths)
		}
	case array:
		for i, e := range n.elements {
			e.compile(fmt.Sprintf("%s[%d]", path, i), bad, paths)
		}
	case nothing, constant:
	}
}

// Value evaluates the node. A member whose value comes of expressions and is blank is left
// out, and so is an element that is nothing; what is written blank stays. The fault is
// "definition.value" of class Data, marked Unapplied.
func (n *Node) Value(env expr.Env) (item.Value, error) {
	if !n.Given() {
		return item.Value{}, nil
	}
	switch n.shape {
	case text:
		return n.template.Value(env)
	case object:
		return n.object(env)
	case array:
		out := []byte{'['}
		for _, e := range n.elements {
			v, err := e.Value(env)
			if err != nil {
				return v, err
			}
			if v.Kind() == item.None {
				continue
			}
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, v.Raw()...)
			if err := expr.Fits(len(out)); err != nil {
				return v, err
			}
		}
		return item.Of(append(out, ']')), nil
	default:
		return item.Of(n.fixed), nil
	}
}

func (n *Node) object(env expr.Env) (item.Value, error) {
	out, size := expr.NewObject(), 0
	for _, m := range n.members {
		v, err := m.node.Value(env)
		if size += len(v.Raw()); err == nil {
			err = expr.Fits(size)
		}
		switch {
		case err != nil:
			return v, fault.From(err).Under(m.name)
		case m.name == Spread:
			for name, value := range v.Fields() {
				if !value.Blank() {
					out.Add(name, value)
				}
			}
		case v.Blank() && (m.node.shape == text && !m.node.template.Constant() || v.Kind() == item.None):
		default:
			out.Add(m.name, v)
		}
	}
	return out.Value(), nil
}

// Text evaluates the node as a text.
func (n *Node) Text(env expr.Env) (string, error) {
	v, err := n.Value(env)
	return expr.Written(v), err
}

// Escaped evaluates a text with each value in it escaped.
func (n *Node) Escaped(env expr.Env, escape func(string) string) (string, error) {
	if n.Given() && n.shape == text {
		return n.template.Text(env, escape)
	}
	return n.Text(env)
}

// Each evaluates the members of an object one by one, each with those before it as values by
// their names.
func (n *Node) Each(env expr.Env) (expr.Env, error) {
	if !n.Given() {
		return env, nil
	}
	for _, m := range n.members {
		v, err := m.node.Value(env)
		if err != nil {
			return env, fault.From(err).Under(m.name)
		}
		env = env.With(m.name, v)
	}
	return env, nil
}

// Paths is a path, or several of which the first counts that leads to something.
type Paths []string

// UnmarshalYAML reads one text or a list of them.
func (p *Paths) UnmarshalYAML(from ast.Node) error {
	n := &Node{}
	if err := n.UnmarshalYAML(from); err != nil {
		return err
	}
	for _, e := range append(n.elements, n) {
		switch e.shape {
		case text:
			*p = append(*p, strings.TrimSpace(e.text))
		case constant:
			*p = append(*p, string(e.fixed))
		case nothing, object, array:
		}
	}
	return nil
}

// Whole is the path of a whole answer.
const Whole = "."

// At gives what a path leads to.
func At(v item.Value, path string) item.Value {
	if path == Whole {
		return v
	}
	if path == "" {
		return item.Value{}
	}
	return v.Path(path)
}

// There gives what the first path leads to that exists, be it blank.
func (p Paths) There(v item.Value) item.Value {
	for _, path := range p {
		if found := At(v, path); found.Kind() != item.None {
			return found
		}
	}
	return item.Value{}
}

// In gives what the first path leads to that leads to something.
func (p Paths) In(v item.Value) item.Value {
	for _, path := range p {
		if found := At(v, path); !found.Blank() {
			return found
		}
	}
	return item.Value{}
}
