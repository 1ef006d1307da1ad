// Package catalog finds the operation that an interface of existing work is, by the names
// and fields that connectors declare. It knows no system by itself.
//
// It may import engine/intake/scheme, sdk/field and sdk/manifest only.
package catalog

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// Catalogue is the connectors that there are.
type Catalogue []*manifest.Manifest

// Operations that no connector has: a flow that reads what another handed over, and one
// that writes nothing.
const (
	Inlet   = "inlet"
	Discard = "discard"
)

// Choice names an operation; a node that needs no connector has none.
type Choice struct {
	Connector string `json:"connector,omitempty"`
	Operation string `json:"operation"`
}

// Candidate is an operation that an interface may be.
type Candidate struct {
	Choice

	System field.Text `json:"system,omitzero"`
	Title  field.Text `json:"title,omitzero"`
	// Score is 0 to 100; Fields of Of rows are fields of the operation.
	Score  int `json:"score"`
	Fields int `json:"fields"`
	Of     int `json:"of"`
	// Named says that the interface was called by its name.
	Named bool `json:"named"`
}

// Entry is a field at its path. Lists are the paths of the arrays that it stands in.
type Entry struct {
	Path  string
	Field *field.Field
	Lists []string
}

// Leaf gives the last step of the path.
func (e Entry) Leaf() string { return Leaf(e.Path) }

// Leaf gives the last step of a path.
func Leaf(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// Flat lists fields with all that are in them, outer ones first.
func Flat(fields []field.Field) []Entry { return flat(nil, fields, "", nil) }

func flat(into []Entry, fields []field.Field, under string, lists []string) []Entry {
	for i := range fields {
		f := &fields[i]
		path := under + f.Name
		into = append(into, Entry{path, f, lists})
		inner := lists
		if f.Type == field.Array {
			inner = append(slices.Clip(lists), path)
		}
		into = flat(into, f.Children, path+".", inner)
	}
	return into
}

// Interface is an operation with the fields of one of its forms.
type Interface struct {
	Manifest  *manifest.Manifest
	Operation *manifest.Operation
	Form      *manifest.Form
}

// Request gives the fields of its request.
func (i Interface) Request() []Entry {
	all := Flat(i.Operation.Request)
	if i.Form != nil {
		all = append(all, Flat(i.Form.Request)...)
	}
	return all
}

// Response gives the fields of its answer.
func (i Interface) Response() []Entry {
	all := Flat(i.Operation.Response)
	if i.Form != nil {
		all = append(all, Flat(i.Form.Response)...)
	}
	return all
}

// With gives the interface with the form of an id.
func (i Interface) With(form string) Interface {
	i.Form = nil
	for n := range i.Operation.Forms {
		if i.Operation.Forms[n].ID == form {
			i.Form = &i.Operation.Forms[n]
		}
	}
	return i
}

// Get gives the operation of a choice; ok is false where there is none.
func (c Catalogue) Get(choice Choice) (i Interface, ok bool) {
	for _, m := range c {
		if m.ID == choice.Connector {
			op, ok := m.Operation(choice.Operation)
			return Interface{Manifest: m, Operation: op}, ok
		}
	}
	return Interface{}, false
}

// plain brings a name into the form in which names are compared.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// Names gives the names of a connector.
func Names(m *manifest.Manifest) []string {
	names := append([]string{m.Title.ZH, m.Title.EN, m.ID}, m.Aliases...)
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}

// named tells how well a connector's names fit what was written: 3 for the name itself, 2
// where one begins with the other, 0 where it is another's.
func named(m *manifest.Manifest, written string) (fit, length int) {
	written = plain(written)
	if written == "" {
		return 0, 0
	}
	for _, n := range Names(m) {
		switch n = plain(n); {
		case n == written:
			return 3, len(n)
		case strings.HasPrefix(written, n) && len(n) > length:
			fit, length = 2, len(n)
		case strings.HasPrefix(n, written) && fit == 0:
			fit, length = 1, len(written)
		}
	}
	return fit, length
}

// Starts gives the system whose name a text begins with, the longest, "" for none.
func (c Catalogue) Starts(text string) string {
	best := ""
	for _, m := range c {
		for _, n := range Names(m) {
			if len(n) > len(best) && strings.HasPrefix(text, n) {
				best = n
			}
		}
	}
	return best
}

// systems gives how well each connector fits a name: only the best ones do.
func (c Catalogue) systems(written string) map[string]int {
	fits, best, long := map[string]int{}, 0, 0
	for _, m := range c {
		f, n := named(m, written)
		if f > best || f == best && n > long {
			best, long = f, n
			clear(fits)
		}
		if f > 0 && f == best && n == long {
			fits[m.ID] = f
		}
	}
	return fits
}

// api tells how well an operation's name fits a technical name.
func api(op *manifest.Operation, written string) int {
	if written == "" {
		return 0
	}
	name := strings.Trim(strings.ToLower(op.Name), "/")
	written = strings.Trim(strings.ToLower(written), "/ ")
	switch {
	case op.Name == strings.TrimSpace(written), name == written:
		return 50
	case strings.HasSuffix(written, "/"+name), strings.HasSuffix(name, "/"+written):
		return 45
	case plain(name) == plain(written):
		return 40
	}
	return 0
}

// writes reports whether documents can be written with an operation.
func writes(op *manifest.Operation) bool { return op.Kind == manifest.Write }

// Hub reports whether a system that was named moves documents itself.
func (c Catalogue) Hub(written string) bool {
	fits := c.systems(written)
	for _, m := range c {
		if fits[m.ID] >= 2 && m.Hub {
			return true
		}
	}
	return false
}

// Candidates gives the operations that a side may be, the best first.
func (c Catalogue) Candidates(side *scheme.Side, role scheme.Role) []Candidate {
	systems := c.systems(side.System)
	var list []Candidate
	for _, m := range c {
		for n := range m.Operations {
			op := &m.Operations[n]
			if writes(op) != (role == scheme.Target) || op.Kind == manifest.Action {
				continue
			}
			if one := c.score(m, op, side, systems); one.Score > 0 {
				list = append(list, one)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Fields, a.Fields), cmp.Compare(a.Connector, b.Connector), cmp.Compare(a.Operation, b.Operation))
	})
	return list[:min(len(list), 8)]
}

// score weighs the technical name most, then the system, the fields and the title.
func (c Catalogue) score(m *manifest.Manifest, op *manifest.Operation, side *scheme.Side, systems map[string]int) Candidate {
	one := Candidate{Choice: Choice{m.ID, op.Name}, System: m.Title, Title: op.Title}
	known := map[string]bool{}
	i := Interface{Manifest: m, Operation: op}.With(formOf(op, side))
	request, response := i.Request(), i.Response()
	for _, e := range append(request, response...) {
		known[strings.ToLower(e.Path)], known[strings.ToLower(e.Leaf())] = true, true
	}
	for _, row := range slices.Concat(side.Request, side.Response) {
		one.Of++
		if known[strings.ToLower(row.Field)] || known[strings.ToLower(Leaf(row.Field))] {
			one.Fields++
		}
	}
	name := api(op, side.API)
	system := systems[m.ID] * 10
	if len(systems) > 0 && system == 0 && name == 0 && !side.Open {
		return Candidate{} // another system was named
	}
	one.Score = name + system/3*2
	titled := side.Name != "" && plain(op.Title.ZH) == plain(side.Name)
	if titled {
		one.Score += 10
	}
	one.Named = name > 0 || titled && system >= 20 && side.API == ""
	if one.Of > 0 {
		one.Score += 20 * one.Fields / one.Of
		if name == 0 && side.API == "" {
			one.Score += 60 * one.Fields / one.Of
			if one.Fields*3 < one.Of {
				return Candidate{}
			}
		}
	}
	one.Score = min(one.Score, 100)
	return one
}

// formOf gives the value of an operation's form among the rows of a side.
func formOf(op *manifest.Operation, side *scheme.Side) string {
	for _, row := range side.Request {
		if op.Form != "" && Leaf(row.Field) == op.Form {
			return row.Value
		}
	}
	return ""
}

// FormOf gives the form that the rows of a side name.
func (i Interface) FormOf(side *scheme.Side) string { return formOf(i.Operation, side) }
