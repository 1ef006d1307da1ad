package flow

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Problem is one thing that is wrong with a document. A document with blocking
// problems can be saved, but not published, enabled or run.
type Problem struct {
	// Path names the part, for example "spec.nodes[2].settings.key".
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	// Blocking is false for warnings.
	Blocking bool `json:"blocking"`
	// Args are the variable parts of Message, for translated catalogues.
	Args map[string]string `json:"-"`
}

// Codes of problems with which the graph itself can't be trusted.
const (
	CodeCycle      = "flow.cycle"
	CodeIDRepeated = "node.id_repeated"
)

// Blocking reports whether any of the problems blocks.
func Blocking(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Blocking })
}

// ProblemOf turns a fault into a blocking problem at the fault's path below prefix.
func ProblemOf(f *fault.Fault, prefix string) Problem {
	path := prefix + under(f.Path)
	if prefix == "" {
		path = f.Path
	}
	return Problem{Path: path, Code: f.Code, Message: f.Message, Hint: f.Hint, Blocking: true, Args: f.Args}
}

// Sort puts problems in the order of the document's parts. Problems of one part
// keep their order.
func Sort(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int { return slices.Compare(rank(a.Path), rank(b.Path)) })
}

// rank gives the places of a path's steps down to one node, edge or list element.
func rank(path string) []int {
	var out []int
	t := reflect.TypeFor[Document]()
	for step := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		switch t.Kind() {
		case reflect.Struct:
			known := membersOf(t)
			i := slices.IndexFunc(known, func(m member) bool { return m.name == step })
			if i < 0 || t == reflect.TypeFor[Node]() {
				return out
			}
			out = append(out, i)
			t = t.Field(known[i].index).Type
		case reflect.Slice:
			i, err := strconv.Atoi(step)
			if err != nil {
				return out
			}
			out = append(out, i)
			t = t.Elem()
		default:
			return out
		}
	}
	return out
}

// report gathers problems.
type report struct{ problems []Problem }

// block reports a blocking problem. {name} in the message stands for the value
// that follows name in args.
func (r *report) block(path, code, message string, args ...string) *Problem {
	return r.add(path, code, true, message, args)
}

// warn reports a problem that does not block.
func (r *report) warn(path, code, message string, args ...string) {
	r.add(path, code, false, message, args)
}

func (r *report) add(path, code string, blocking bool, message string, args []string) *Problem {
	p := Problem{Path: path, Code: code, Blocking: blocking}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		if p.Args == nil {
			p.Args = map[string]string{}
		}
		p.Args[args[i]] = args[i+1]
		pairs = append(pairs, "{"+args[i]+"}", args[i+1])
	}
	p.Message = strings.NewReplacer(pairs...).Replace(message)
	r.problems = append(r.problems, p)
	return &r.problems[len(r.problems)-1]
}

// faults reports what the contracts found, as blocking problems below path.
func (r *report) faults(path string, found []*fault.Fault) {
	for _, f := range found {
		r.problems = append(r.problems, ProblemOf(f, path))
	}
}

// unread reports every member of the document that could not be read.
func (r *report) unread(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			r.unread(at(path, i), v.Index(i))
		}
	case reflect.Map:
		for _, key := range sortedKeys(v) {
			r.unread(join(path, key), v.MapIndex(reflect.ValueOf(key)))
		}
	case reflect.Struct:
		known := membersOf(v.Type())
		extra, _ := reflect.TypeAssert[[]Member](v.FieldByName("Extra"))
		for _, e := range extra {
			r.extra(path, v.Type(), known, e)
		}
		for _, m := range known {
			r.unread(join(path, m.name), v.Field(m.index))
		}
	default:
	}
}

func (r *report) extra(path string, t reflect.Type, known []member, e Member) {
	if e.Whole {
		r.wrongType(path, t)
		return
	}
	i := slices.IndexFunc(known, func(m member) bool { return m.name == e.Name })
	if i < 0 {
		names := make([]string, len(known))
		for i, m := range known {
			names[i] = m.name
		}
		r.block(join(path, e.Name), "flow.unknown_member", "there is no member named {name} here", "name", e.Name).Hint = "known members: " + strings.Join(names, ", ")
		return
	}
	into := t.Field(known[i].index).Type
	bad, _ := decode(item.Of(e.Raw), reflect.New(into).Elem())
	if bad != "" { // an element of a list or map; none of them nests deeper
		into = into.Elem()
	}
	r.wrongType(join(path, e.Name)+under(bad), into)
}

func (r *report) wrongType(path string, want reflect.Type) {
	name := path[strings.LastIndexByte(path, '.')+1:]
	r.block(path, "flow.wrong_type", "{name} must be {want}", "name", name, "want", shape(want))
}

func shape(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}
