// Package reconcile compares what two systems hold of the same documents (对账): by their
// keys, by fields, and by counts and sums per group, for example per day and shop.
//
// Rows come in any order from either side; what is kept of each is small, so that a
// million of them fit in memory. Numbers are exact. It may import engine/value and
// the sdk only: it reads no system and keeps nothing.
package reconcile

import (
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
)

// Side is one of the two systems.
type Side int8

// The sides: where documents come from, and where they have to arrive.
const (
	Source Side = iota
	Target
)

// Kind says how the two texts of a field are compared.
type Kind string

// The kinds. Text compares letters, Number amounts (12.50 equals 12.5), Day the day of a
// date with or without a time.
const (
	Text   Kind = "text"
	Number Kind = "number"
	Day    Kind = "day"
)

// Field is something that both sides have: each side's value as a text of the value language.
type Field struct {
	Title  string `json:"title"`
	Source string `json:"source"`
	Target string `json:"target"`
	Kind   Kind   `json:"kind,omitempty"`
}

func (f *Field) text(s Side) string {
	if s == Source {
		return f.Source
	}
	return f.Target
}

// Spec says what is compared.
type Spec struct {
	// Key is what tells documents apart, for example {{o_id}} and {{FBillNo}}.
	Key Field `json:"key"`
	// Fields have to be equal in both.
	Fields []Field `json:"fields,omitempty"`
	// Sums are added up, by the values of Groups where there are any.
	Sums   []Field `json:"sums,omitempty"`
	Groups []Field `json:"groups,omitempty"`
}

// Limits of a Spec: more is no comparison that anybody reads.
const (
	mostFields = 50
	mostGroups = 4
)

// program is a Field of one side, ready to be evaluated.
type program struct {
	*value.Program
	kind Kind
}

// programs are those of one side.
type programs struct {
	key                  program
	fields, sums, groups []program
}

// Check says what is wrong with a spec, with the paths of its fields.
func (s *Spec) Check() *fault.Fault {
	_, f := s.compile(Source, value.Options{})
	if f == nil {
		_, f = s.compile(Target, value.Options{})
	}
	return f
}

func (s *Spec) compile(side Side, opts value.Options) (*programs, *fault.Fault) {
	if len(s.Fields) > mostFields || len(s.Sums) > mostFields || len(s.Groups) > mostGroups {
		return nil, fault.New("reconcile.too_many_fields", "at most %d fields and sums and %d groups can be compared", mostFields, mostGroups).
			At("fields").Classed(fault.Data).Hinted("leave out what nobody looks at")
	}
	var out programs
	var f *fault.Fault
	if out.key, f = one(&s.Key, side, "key", opts); f != nil {
		return nil, f
	}
	for _, list := range []struct {
		name   string
		fields []Field
		kind   Kind
		into   *[]program
	}{{"fields", s.Fields, "", &out.fields}, {"sums", s.Sums, Number, &out.sums}, {"groups", s.Groups, "", &out.groups}} {
		for i := range list.fields {
			p, f := one(&list.fields[i], side, list.name+"."+strconv.Itoa(i), opts)
			if f != nil {
				return nil, f
			}
			if list.kind != "" {
				p.kind = list.kind
			}
			*list.into = append(*list.into, p)
		}
	}
	return &out, nil
}

func one(field *Field, side Side, path string, opts value.Options) (program, *fault.Fault) {
	path += map[Side]string{Source: ".source", Target: ".target"}[side]
	text := field.text(side)
	if strings.TrimSpace(text) == "" {
		return program{}, fault.New("reconcile.value_missing", "nothing says what is compared here").At(path).Classed(fault.Data).
			Hinted("name a field of this side, for example {{FBillNo}}")
	}
	switch field.Kind {
	case "", Text, Number, Day:
	default:
		return program{}, fault.New("reconcile.kind_unknown", "%q is no way to compare", field.Kind).At(path).Classed(fault.Data).
			Hinted("choose text, number or day")
	}
	p, err := value.Compile(text, opts)
	if err != nil {
		return program{}, fault.From(err).At(path)
	}
	return program{p, field.Kind}, nil
}
