package docstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// Zone is the zone of all examples.
const Zone = "Asia/Shanghai"

// Problems evaluates the examples of a block and gives what is wrong with each.
func Problems(b Block) []string {
	e, wrong := read(b)
	if wrong != "" {
		return []string{wrong}
	}
	w, err := newWorld(e)
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	for _, c := range e.cases {
		if got := w.evaluate(b.Kind, c.input); compact(got) != compact(c.want) {
			problems = append(problems, fmt.Sprintf("%s\n gives %s\n  want %s", c.input, got, c.want))
		}
	}
	return problems
}

// compact takes the blanks out of JSON; its digits and everything else stay.
func compact(text string) string {
	var out bytes.Buffer
	if json.Compact(&out, []byte(text)) != nil {
		return text
	}
	return out.String()
}

// world is what an example is evaluated in.
type world struct {
	example

	zone   *time.Location
	flows  map[string][]item.Value
	tables map[string]map[string]string
}

func newWorld(e example) (*world, error) {
	zone, err := time.LoadLocation(Zone)
	if err != nil {
		return nil, err
	}
	w := &world{example: e, zone: zone, flows: map[string][]item.Value{}, tables: map[string]map[string]string{}}
	for name, text := range e.members {
		if name == "value" || name == "result" {
			continue
		}
		if err := item.Check([]byte(text)); err != nil {
			return nil, fmt.Errorf("%s is no JSON: %w", name, err)
		}
		held := item.Of([]byte(text))
		if name, ok := strings.CutPrefix(name, "flow "); ok {
			w.flows[name] = slices.Collect(held.Elements())
		}
		if name, ok := strings.CutPrefix(name, "table "); ok {
			rows := map[string]string{}
			for code, to := range held.Fields() {
				rows[code] = to.Text()
			}
			w.tables[name] = rows
		}
	}
	return w, nil
}

// scope is that of a document pulled in the window from 10:00 to 10:30.
func (w *world) scope() *value.Scope {
	part := func(name string) item.Value { return item.Of([]byte(w.members[name])) }
	return &value.Scope{
		Doc: part("doc"), Source: part("source"), Params: part("params"), Vars: part("vars"), Answer: part("answer"), Writeback: part("stored"),
		System: value.System{
			From: time.Date(2026, 11, 21, 10, 0, 0, 0, w.zone), To: time.Date(2026, 11, 21, 10, 30, 0, 0, w.zone),
			PageSize: 50, StartRow: 100, StartPage: 3, Token: "K-0099", FlowID: "flow-1", RunID: "run-7",
		},
	}
}

// Stream implements value.Finder.
func (w *world) Stream(name string, _ []string) (string, *fault.Fault) {
	if _, ok := w.flows[name]; !ok {
		return "", fault.New("lookup.flow_missing", "there is no flow %s to look into", name).Classed(fault.Config)
	}
	return name, nil
}

// Table implements value.Finder.
func (w *world) Table(name string) *fault.Fault {
	if _, ok := w.tables[name]; !ok {
		return fault.New("lookup.table_missing", "there is no code table %s", name).Classed(fault.Config)
	}
	return nil
}

// answer finds what a look-up asks for, as the engine does.
func (w *world) answer(l item.Lookup) []item.Value {
	found := []item.Value{}
	for _, doc := range w.flows[l.From] {
		if v, ok := lookup.Match(doc, l.Where, l.Find); ok {
			found = append(found, v)
		}
	}
	for code, to := range w.tables[l.Table] {
		if l.Reverse {
			code, to = to, code
		}
		if code == l.Where[0].Value {
			found = append(found, item.Of(item.AppendText(nil, to)))
		}
	}
	return found
}

// evaluate gives what comes of a text, a mapping or conditions.
func (w *world) evaluate(kind, text string) string {
	run, err := w.compile(kind, text)
	if err != nil {
		return failure(err)
	}
	s := w.scope()
	s.Answers = item.Answers{}
	for {
		got, err := run(s)
		open, asks := errors.AsType[*node.UnansweredError](err)
		switch {
		case asks && len(open.Needs) == 0:
			return "waits"
		case asks:
			for _, l := range open.Needs {
				s.Answers[l.Key()] = w.answer(l)
			}
			continue
		case err != nil:
			return failure(err)
		default:
			return got
		}
	}
}

func (w *world) compile(kind, text string) (func(*value.Scope) (string, error), error) {
	opts := value.Options{Zone: w.zone, Finder: w}
	switch kind {
	case "mapping":
		var declared []field.Field
		if raw := w.members["fields"]; raw != "" {
			if err := json.Unmarshal([]byte(raw), &declared); err != nil {
				return nil, err
			}
		}
		m, faults := value.CompileMapping([]byte(text), declared, opts)
		for _, f := range faults {
			return nil, f
		}
		return func(s *value.Scope) (string, error) {
			out, err := m.Append(nil, s)
			return string(out), err
		}, nil
	case "conditions":
		c, faults := value.CompileConditions([]byte(text), opts)
		for _, f := range faults {
			return nil, f
		}
		return func(s *value.Scope) (string, error) {
			ok, err := c.MatchScope(s)
			if ok {
				return "true", err
			}
			return "false", err
		}, nil
	default:
		p, err := value.Compile(text, opts)
		return func(s *value.Scope) (string, error) {
			v, err := p.Raw(s)
			if v.Kind() == item.None {
				return "nothing", err
			}
			return string(v.Raw()), err
		}, err
	}
}

// failure writes a fault as pages do: with its place in the text, or the field it is about.
func failure(err error) string {
	f := fault.From(err)
	switch {
	case f.Path != "" && f.Path != "fields":
		return "error " + f.Code + " " + f.Path
	case f.Args["line"] != "":
		return "error " + f.Code + " " + f.Args["line"] + ":" + f.Args["column"]
	default:
		return "error " + f.Code
	}
}
