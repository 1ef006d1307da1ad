// Package expr is the language of the expressions in a declarative connector: texts with
// {{…}} in them, which take values by path and hand them through pure functions, so that a
// vendor's signature can be written down. Nothing in it reads a clock, a file or the network,
// and it has no loops: an expression ends, and what it gives is bounded.
//
// It may import the standard library, sdk/fault and sdk/item only.
package expr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// MostBytes is the largest value that expressions give. Without a bound a few lines that double
// what the line before them gave would fill any memory.
const MostBytes = 32 << 20

// Fits gives the fault "definition.value" where a value would be larger than MostBytes.
func Fits(bytes int) error {
	if bytes <= MostBytes {
		return nil
	}
	return fault.New("definition.value", "%s: %v", "value", errTooLarge).Classed(fault.Data).Unapplied()
}

var errTooLarge = fmt.Errorf("more than %d MiB come of it", MostBytes>>20)

// Env is what an expression sees.
type Env struct {
	// Values are the values by the first part of a path.
	Values map[string]item.Value
	// Zone is where moments are written.
	Zone *time.Location
}

// With gives an environment with one more value.
func (e Env) With(name string, value item.Value) Env {
	values := make(map[string]item.Value, len(e.Values)+1)
	maps.Copy(values, e.Values)
	values[name] = value
	return Env{values, e.Zone}
}

// Template is a compiled text.
type Template struct {
	parts []part
	paths []string
}

// part is literal text, or an expression.
type part struct {
	literal string
	of      *expression
}

// Compile reads a text. Its fault is "definition.expression" of class Config, with the
// place in the text.
func Compile(text string) (*Template, error) {
	t := &Template{}
	for rest := text; rest != ""; {
		before, inner, open := strings.Cut(rest, "{{")
		if before != "" {
			t.parts = append(t.parts, part{literal: before})
		}
		if !open {
			break
		}
		p := &parser{text: inner, of: text, from: len(text) - len(inner), paths: &t.paths}
		of, err := p.whole()
		if err != nil {
			return nil, err
		}
		t.parts = append(t.parts, part{of: of})
		rest = inner[p.at:]
	}
	return t, nil
}

// Paths are the paths that the text takes values by, in their order.
func (t *Template) Paths() []string { return t.paths }

// Constant reports whether the text takes no values.
func (t *Template) Constant() bool {
	return !slices.ContainsFunc(t.parts, func(p part) bool { return p.of != nil })
}

// Value evaluates a text. One that is exactly one expression keeps the value's type, and may
// be nothing; any other is a text, in which nothing is blank. The fault is "definition.value"
// of class Data, marked Unapplied.
func (t *Template) Value(env Env) (item.Value, error) {
	if len(t.parts) == 1 && t.parts[0].of != nil {
		return t.parts[0].of.value(env)
	}
	text, err := t.Text(env, func(s string) string { return s })
	if err != nil {
		return item.Value{}, err
	}
	return textOf(text), nil
}

// Text evaluates a text, each value in it escaped.
func (t *Template) Text(env Env, escape func(string) string) (string, error) {
	var out strings.Builder
	for _, p := range t.parts {
		if p.of == nil {
			out.WriteString(p.literal)
			continue
		}
		v, err := p.of.value(env)
		if err != nil {
			return "", err
		}
		out.WriteString(escape(Written(v)))
		if err := Fits(out.Len()); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

// expression is a sum that goes through calls.
type expression struct {
	sum   []term
	calls []call
}

// term is a path, a constant or an expression in parentheses.
type term struct {
	path  string
	fixed item.Value
	inner *expression
}

// call is a function with what it is given besides the value.
type call struct {
	name string
	do   function
	args []term
}

func (e *expression) value(env Env) (item.Value, error) {
	v, err := joined(e.sum, env)
	if err != nil {
		return v, err
	}
	for _, c := range e.calls {
		args := make([]item.Value, len(c.args))
		for i, a := range c.args {
			if args[i], err = a.value(env); err != nil {
				return v, err
			}
		}
		if v, err = c.do.run(v, args, env); err != nil {
			return v, fault.New("definition.value", "%s: %v", c.name, err).Classed(fault.Data).Unapplied()
		}
		if err := Fits(len(v.Raw())); err != nil {
			return v, err
		}
	}
	return v, nil
}

// joined gives one term as it is, and several as one text.
func joined(sum []term, env Env) (item.Value, error) {
	if len(sum) == 1 {
		return sum[0].value(env)
	}
	var out strings.Builder
	for _, t := range sum {
		v, err := t.value(env)
		if err != nil {
			return v, err
		}
		out.WriteString(Written(v))
		if err := Fits(out.Len()); err != nil {
			return v, err
		}
	}
	return textOf(out.String()), nil
}

func (t term) value(env Env) (item.Value, error) {
	switch {
	case t.inner != nil:
		return t.inner.value(env)
	case t.path == "":
		return t.fixed, nil
	}
	head, rest, nested := strings.Cut(t.path, ".")
	v := env.Values[head]
	if nested {
		return v.Path(rest), nil
	}
	return v, nil
}

func textOf(s string) item.Value { return item.Of(item.AppendText(nil, s)) }

// Written gives a value as a text: an array or an object as JSON without blanks.
func Written(v item.Value) string {
	if kind := v.Kind(); kind != item.Array && kind != item.Object {
		return v.Text()
	}
	var out bytes.Buffer
	if json.Compact(&out, v.Raw()) != nil {
		return v.Text()
	}
	return out.String()
}
