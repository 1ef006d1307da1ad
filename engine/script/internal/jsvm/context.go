package jsvm

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// Bounds of what one document may log.
const (
	maxLogLines = 20
	maxLogText  = 2000
)

// Line is one line a script logged.
type Line struct {
	// Level is debug, info, warn or error.
	Level string
	// Text is at most 2,000 bytes.
	Text string
}

// context is the handler of the ctx object. Its members are made when the script
// asks for them, because most scripts use few.
type context struct {
	run    *run
	params string
	vars   func() goja.Value
	have   map[string]goja.Value
}

var _ goja.DynamicObject = (*context)(nil)

// Get gives one of the listed helpers.
func (c *context) Get(name string) goja.Value {
	if have, ok := c.have[name]; ok {
		return have
	}
	made := c.make(name)
	if made == nil {
		return nil
	}
	if c.have == nil {
		c.have = map[string]goja.Value{}
	}
	c.have[name] = made
	return made
}

func (c *context) make(name string) goja.Value {
	r := c.run
	switch name {
	case "params":
		return r.readObject(c.params)
	case "vars":
		return c.vars()
	case "log":
		return r.vm.ToValue(r.log)
	case "decimal":
		return r.vm.ToValue(func(call goja.FunctionCall) goja.Value {
			if b := unbox(call.Argument(0)); b != nil {
				return call.Argument(0)
			}
			return r.computed(r.operand(call.Argument(0)))
		})
	case "output":
		return r.vm.ToValue(r.output)
	default:
		return nil
	}
}

// Set refuses: a helper that could be replaced would not be worth trusting.
func (c *context) Set(string, goja.Value) bool { return false }

// Has knows the listed helpers.
func (c *context) Has(name string) bool {
	return slices.Contains(c.Keys(), name)
}

// Delete refuses.
func (c *context) Delete(string) bool { return false }

// Keys lists the helpers.
func (c *context) Keys() []string { return []string{"params", "vars", "log", "decimal", "output"} }

// sealed is a dynamic object without members of its own.
type sealed struct{}

// Get finds nothing.
func (sealed) Get(string) goja.Value { return nil }

// Set refuses.
func (sealed) Set(string, goja.Value) bool { return false }

// Has finds nothing.
func (sealed) Has(string) bool { return false }

// Delete has nothing to do.
func (sealed) Delete(string) bool { return true }

// Keys is empty.
func (sealed) Keys() []string { return nil }

// emission is what ctx.output gives back: a result that names its port.
type emission struct {
	sealed
	port     string
	document goja.Value
	seen     bool // the script returned it
}

var _ goja.DynamicObject = (*emission)(nil)

// output makes a result for a port. It takes effect by being returned.
func (r *run) output(call goja.FunctionCall) goja.Value {
	port := call.Argument(0)
	if !goja.IsString(port) {
		panic(r.vm.NewTypeError("ctx.output(port, document): the port must be a text, not %s", kindOf(port)))
	}
	r.unreturned++
	return r.vm.NewDynamicObject(&emission{port: port.String(), document: call.Argument(1)})
}

// log records a line: ctx.log("warn", "text", value…); the level may be left out.
func (r *run) log(call goja.FunctionCall) goja.Value {
	if len(r.lines) >= maxLogLines {
		if len(r.lines) == maxLogLines {
			r.lines = append(r.lines, Line{Level: "warn", Text: "further lines of this document were dropped"})
		}
		return goja.Undefined()
	}
	args, level := call.Arguments, "info"
	if len(args) > 1 && goja.IsString(args[0]) {
		switch l := args[0].String(); l {
		case "debug", "info", "warn", "error":
			level, args = l, args[1:]
		}
	}
	var text strings.Builder
	for i, arg := range args {
		if i > 0 {
			text.WriteByte(' ')
		}
		if text.Len() > maxLogText {
			break
		}
		text.WriteString(r.logText(arg))
	}
	r.lines = append(r.lines, Line{Level: level, Text: clip(text.String(), maxLogText)})
	return goja.Undefined()
}

func (r *run) logText(v goja.Value) string {
	if goja.IsString(v) {
		return v.String()
	}
	if o, ok := v.(*goja.Object); ok && o.ClassName() == "Error" {
		return o.String()
	}
	if omitted(v) {
		return "undefined"
	}
	text, _, err := r.encode(nil, v, 0)
	if err != nil {
		return "[" + kindOf(v) + "]"
	}
	return string(text)
}

// clip shortens s to at most n bytes without cutting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
