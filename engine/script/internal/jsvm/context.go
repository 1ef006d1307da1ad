package jsvm

import (
	"slices"
	"strings"

	"github.com/dop251/goja"

	"github.com/karezflow/karez/engine/script/internal/dates"
	"github.com/karezflow/karez/engine/script/internal/digest"
	"github.com/karezflow/karez/engine/script/internal/plain"
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
	run  *run
	docs []Doc
	// batch says that a member that belongs to a document is an array of one for each.
	batch bool
	have  map[string]goja.Value
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
		return r.readObject(r.env.Params)
	case "vars":
		return r.readObject(c.docs[0].Vars) // those of a batch are there from the beginning
	case "key":
		return c.each(func(d Doc) goja.Value { return r.vm.ToValue(d.Key) })
	case "number":
		return c.each(func(d Doc) goja.Value { return r.vm.ToValue(d.Number) })
	case "revision":
		return c.each(func(d Doc) goja.Value { return r.vm.ToValue(d.Revision) })
	case "window":
		return c.each(r.window)
	case "lookup":
		return r.vm.ToValue(r.lookup)
	case "log":
		return r.vm.ToValue(r.log)
	case "decimal":
		return r.decimalHelper()
	case "date":
		return r.helper(dates.Calendar{Zone: r.env.Zone, Now: r.now}, "script.bad_date")
	case "hash":
		return r.helper(digest.Hashes{}, "script.bad_hash")
	case "output":
		return r.vm.ToValue(r.output)
	default:
		return nil
	}
}

// each gives what belongs to a document, of a batch an array in the documents' order.
func (c *context) each(of func(Doc) goja.Value) goja.Value {
	if !c.batch {
		return of(c.docs[0])
	}
	list := make([]any, len(c.docs))
	for i, d := range c.docs {
		list[i] = of(d)
	}
	return c.run.vm.NewArray(list...)
}

// window is the pull window of a document.
func (r *run) window(d Doc) goja.Value {
	w := r.vm.NewObject()
	from := goja.Null()
	if !d.From.IsZero() {
		from = r.dateValue(d.From)
	}
	// The object is a fresh one of our own: setting a property cannot fail.
	_ = w.Set("from", from)
	_ = w.Set("to", r.dateValue(d.Now))
	return w
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
func (c *context) Keys() []string {
	return []string{"params", "vars", "key", "number", "revision", "window", "lookup", "log", "decimal", "date", "hash", "output"}
}

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
	r.lines = append(r.lines, Line{Level: level, Text: plain.Clip(text.String(), maxLogText)})
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
