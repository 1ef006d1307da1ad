package value_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/item"
)

// The naive implementation below reads whole documents into maps with
// encoding/json and follows the rules of the language one by one. Programs must
// agree with it on random documents.

// keys are the member names of random documents; some hold dots and quotes.
var keys = []string{"a", "b", "a.b", "items", "lots", "名", `q"`, "n"}

// paths are what random texts name.
var paths = []string{"a", "b", "a.b", "a.b.n", "名", "名.a", "items", "items.a", "items.a.b", "items.lots.n", "lots.n", "items.0.a", "n", "a.items.n", "b.0"}

// leaf draws a value that is written in an unusual way now and then.
func leaf() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{`null`, `true`, `false`, `""`, `"\u4e2d\n"`, `1.10`, `1E400`, `-0`, `12345678901234567.89`, `"{{a}}"`, `"\"}],{["`, `[]`, `{}`, `[1,"x"]`, `"<&>"`}),
		rapid.Map(rapid.String(), func(s string) string { return string(item.AppendText(nil, s)) }),
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,4})?`),
	)
}

func object(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		b.WriteByte('{')
		for i := range rapid.IntRange(0, 5).Draw(t, "members") {
			if i > 0 {
				b.WriteString(rapid.SampledFrom([]string{",", ", ", " ,\n"}).Draw(t, "comma"))
			}
			b.Write(item.AppendText(nil, rapid.SampledFrom(keys).Draw(t, "key")))
			b.WriteString(rapid.SampledFrom([]string{":", " : "}).Draw(t, "colon"))
			b.WriteString(anything(depth).Draw(t, "value"))
		}
		b.WriteByte('}')
		return b.String()
	})
}

func anything(depth int) *rapid.Generator[string] {
	if depth == 0 {
		return leaf()
	}
	list := rapid.Map(rapid.SliceOfN(rapid.OneOf(object(depth-1), leaf()), 0, 3), func(es []string) string { return "[" + strings.Join(es, ",") + "]" })
	return rapid.OneOf(leaf(), object(depth-1), list)
}

// piece is a part of a random text.
type piece struct{ literal, path string }

type naiveRow struct {
	name     string
	pieces   []piece
	typ      string
	array    string
	children []naiveRow
}

func text() *rapid.Generator[[]piece] {
	lit := rapid.Map(rapid.SampledFrom([]string{"x", " - ", `"`, "}}", "{ ", "中", "\\"}), func(s string) piece { return piece{literal: s} })
	ref := rapid.Map(rapid.SampledFrom(paths), func(s string) piece { return piece{path: s} })
	return rapid.SliceOfN(rapid.OneOf(lit, ref, ref), 1, 3)
}

func rows(depth int) *rapid.Generator[[]naiveRow] {
	return rapid.Custom(func(t *rapid.T) []naiveRow {
		var out []naiveRow
		for i := range rapid.IntRange(1, 4).Draw(t, "rows") {
			r := naiveRow{name: fmt.Sprintf("f%d", i), pieces: text().Draw(t, "text"), typ: rapid.SampledFrom([]string{"", "", "string"}).Draw(t, "type")}
			if depth > 0 && rapid.IntRange(0, 2).Draw(t, "array") == 0 {
				r = naiveRow{name: r.name, typ: "array", array: rapid.SampledFrom([]string{"items", "items.lots", "lots", "a", "a.items"}).Draw(t, "source")}
				r.children = rows(depth-1).Draw(t, "children")
			}
			out = append(out, r)
		}
		return out
	})
}

func written(rows []naiveRow) []byte {
	out := []byte{'['}
	for i, r := range rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(item.AppendText(append(out, `{"field":`...), r.name), `,"type":`...)
		out = append(item.AppendText(out, r.typ), `,"value":`...)
		source := r.array
		for _, p := range r.pieces {
			source += p.literal
			if p.path != "" {
				source += "{{" + p.path + "}}"
			}
		}
		out = item.AppendText(out, source)
		if r.children != nil {
			out = append(append(out, `,"children":`...), written(r.children)...)
		}
		out = append(out, '}')
	}
	return append(out, ']')
}

func TestMappingAgreesWithNaive(t *testing.T) {
	t.Parallel()
	s := &value.Scope{}
	rapid.Check(t, func(t *rapid.T) {
		list := rows(2).Draw(t, "mapping")
		m, faults := value.CompileMapping(written(list), nil, value.Options{})
		if len(faults) > 0 {
			t.Fatalf("%s: %v", written(list), faults)
		}
		for range rapid.IntRange(1, 3).Draw(t, "documents") {
			raw := object(3).Draw(t, "document")
			if err := item.Check([]byte(raw)); err != nil {
				t.Fatalf("%s: %v", raw, err)
			}
			doc := json.RawMessage(raw)
			s.Doc = of(raw)
			got, err := m.Append(nil, s)
			want, ok := mapNaively(list, []naiveLine{{value: doc}})
			if (err == nil) != ok {
				t.Fatalf("%s of %s gives %s, %v; naively %v", written(list), raw, got, err, want)
			}
			if ok && !reflect.DeepEqual(decoded(got), any(want)) {
				t.Fatalf("%s of %s gives %s, naively %v", written(list), raw, got, want)
			}
			if ok && !slices.Equal(membersOf(t, got), membersWanted(list, want)) {
				t.Fatalf("%s of %s gives %s: members out of order", written(list), raw, got)
			}
		}
	})
}

// membersOf lists the members of an object as they are written.
func membersOf(t *rapid.T, raw []byte) []string {
	if !json.Valid(raw) {
		t.Fatalf("%s is no JSON", raw)
	}
	var out []string
	for name := range of(string(raw)).Fields() {
		out = append(out, name)
	}
	return out
}

// membersWanted lists the members a mapping should write.
func membersWanted(list []naiveRow, want map[string]any) []string {
	var out []string
	for _, r := range list {
		if _, ok := want[r.name]; ok {
			out = append(out, r.name)
		}
	}
	return out
}

// naiveLine is an object around a text and what texts call it.
type naiveLine struct {
	names []string
	value json.RawMessage
}

// mapNaively maps the innermost line; ok is false where a source array is no array.
func mapNaively(list []naiveRow, lines []naiveLine) (out map[string]any, ok bool) {
	out = map[string]any{}
	for _, r := range list {
		if r.children == nil {
			v := textNaively(r.pieces, lines)
			if v == nil || string(v) == "null" || string(v) == `""` {
				continue
			}
			if r.typ == "string" {
				v = quoted(plain(v))
			}
			out[r.name] = decoded(v)
			continue
		}
		source := find(r.array, lines)
		var elements []json.RawMessage
		switch {
		case source == nil || string(source) == "null" || string(source) == `""`:
			continue
		case source[0] == '{':
			elements = []json.RawMessage{source}
		case source[0] == '[':
			if err := json.Unmarshal(source, &elements); err != nil {
				return nil, false
			}
		default:
			return nil, false
		}
		names := []string{r.array}
		for _, l := range slices.Backward(lines) {
			for _, outer := range l.names {
				if rest, inside := strings.CutPrefix(r.array, outer+"."); inside {
					names = append(names, rest)
				} else {
					names = append(names, outer+"."+r.array)
				}
			}
		}
		mapped := []any{}
		for _, e := range elements {
			one, ok := mapNaively(r.children, append(slices.Clip(lines), naiveLine{names, e}))
			if !ok {
				return nil, false
			}
			mapped = append(mapped, one)
		}
		if len(mapped) > 0 {
			out[r.name] = mapped
		}
	}
	return out, true
}

func textNaively(pieces []piece, lines []naiveLine) json.RawMessage {
	if len(pieces) == 1 && pieces[0].path != "" {
		return find(pieces[0].path, lines)
	}
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.literal)
		if p.path != "" {
			b.WriteString(plain(find(p.path, lines)))
		}
	}
	return quoted(b.String())
}

// find reads a name: lines called by name, then lines and document from the inside out.
func find(name string, lines []naiveLine) json.RawMessage {
	for _, l := range slices.Backward(lines) {
		for _, n := range l.names {
			if n == name {
				return l.value
			}
			if rest, inside := strings.CutPrefix(name, n+"."); inside {
				if v := follow(l.value, rest); v != nil {
					return v
				}
			}
		}
	}
	for _, l := range slices.Backward(lines) {
		if v := follow(l.value, name); v != nil {
			return v
		}
	}
	return nil
}

// follow walks a path: the longest member that matches first.
func follow(v json.RawMessage, path string) json.RawMessage {
	switch v[0] {
	case '{':
		var members map[string]json.RawMessage
		if json.Unmarshal(v, &members) != nil {
			return nil
		}
		parts := strings.Split(path, ".")
		for n := len(parts); n > 0; n-- {
			child := members[strings.Join(parts[:n], ".")]
			if child == nil {
				continue
			}
			if n == len(parts) {
				return child
			}
			if got := follow(child, strings.Join(parts[n:], ".")); got != nil {
				return got
			}
		}
	case '[':
		var elements []json.RawMessage
		if json.Unmarshal(v, &elements) != nil {
			return nil
		}
		head, rest, more := strings.Cut(path, ".")
		for i := range elements {
			if fmt.Sprint(i) != head {
				continue
			}
			if !more {
				return elements[i]
			}
			return follow(elements[i], rest)
		}
	}
	return nil
}

// plain writes a value as text: a string decoded, anything else as it stands.
func plain(v json.RawMessage) string {
	var s string
	switch {
	case v == nil || string(v) == "null":
		return ""
	case json.Unmarshal(v, &s) == nil:
		return s
	default:
		return string(v)
	}
}

func quoted(s string) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil
	}
	return bytes.TrimSpace(b.Bytes())
}

func decoded(raw []byte) any {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	return v
}

// Whatever stands in a document, its digits, runes and the order of its members
// come through a mapping that doesn't change them.
func TestValuesSurvive(t *testing.T) {
	t.Parallel()
	m := mapping(t, `[{"field":"out","value":"{{in}}"},{"field":"line","type":"array","value":"rows","children":[{"field":"x","value":"{{rows.v}}"}]}]`, nil)
	rapid.Check(t, func(t *rapid.T) {
		raw := anything(3).Filter(func(s string) bool { return s != "null" && s != `""` }).Draw(t, "value")
		got, err := m.Append(nil, &value.Scope{Doc: of(`{"in":` + raw + `,"rows":[{"v":` + raw + `}]}`)})
		if want := `{"out":` + raw + `,"line":[{"x":` + raw + `}]}`; err != nil || string(got) != want {
			t.Fatalf("gives %s, %v; want %s", got, err, want)
		}
	})
}
