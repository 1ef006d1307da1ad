package cases

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/item"
)

// maxDifferences is how many differences of a case are told.
const maxDifferences = 100

// Difference is a place where something else came than was expected. What is not
// there is left out.
type Difference struct {
	Path string          `json:"path"`
	Want json.RawMessage `json:"want,omitempty"`
	Got  json.RawMessage `json:"got,omitempty"`
}

// differ compares what came with what was expected.
func differ(want, got Expect) []Difference {
	found := []Difference{}
	add := func(path string, want, got string) { found = append(found, different(path, want, got)...) }
	switch {
	case want.Fault != nil && got.Fault != nil:
		add("fault.code", text(want.Fault.Code), text(got.Fault.Code))
		if want.Fault.Path != "" {
			add("fault.path", text(want.Fault.Path), text(got.Fault.Path))
		}
		if want.Fault.Message != "" {
			add("fault.message", text(want.Fault.Message), text(got.Fault.Message))
		}
	case want.Fault != nil:
		add("fault", encoded(want.Fault), "")
		add("outputs", "", encoded(got.Outputs))
	case got.Fault != nil:
		add("outputs", encoded(want.Outputs), "")
		add("fault", "", encoded(got.Fault))
	default:
		add("outputs", encoded(want.Outputs), encoded(got.Outputs))
		if len(want.Vars) > 0 {
			add("vars", string(want.Vars), cmp.Or(string(got.Vars), "{}"))
		}
	}
	return found[:min(len(found), maxDifferences)]
}

func text(s string) string { return string(item.AppendText(nil, s)) }

// encoded gives a part of an expectation as JSON whose raw parts keep their digits.
func encoded(v any) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return text(err.Error()) // a body that is no JSON: it equals nothing that was expected
	}
	return strings.TrimSpace(out.String())
}

// different compares two JSON texts by their values. The order of an object's
// members means nothing; numbers are equal when they are written alike, for 1.10 is
// another amount of digits than 1.1.
func different(path, want, got string) []Difference {
	a, b := item.Of([]byte(want)), item.Of([]byte(got))
	if a.Kind() != b.Kind() {
		return []Difference{{Path: path, Want: a.Raw(), Got: b.Raw()}}
	}
	switch a.Kind() {
	case item.Object:
		return members(path, a, b)
	case item.Array:
		return elements(path, a, b)
	default:
		if a.Text() == b.Text() {
			return nil
		}
		return []Difference{{Path: path, Want: a.Raw(), Got: b.Raw()}}
	}
}

func members(path string, a, b item.Value) []Difference {
	var found []Difference
	under := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	seen := map[string]bool{}
	for name := range a.Fields() {
		if !seen[name] {
			seen[name] = true
			found = append(found, different(under(name), string(a.Field(name).Raw()), string(b.Field(name).Raw()))...)
		}
	}
	for name := range b.Fields() {
		if !seen[name] {
			seen[name] = true
			found = append(found, Difference{Path: under(name), Got: b.Field(name).Raw()})
		}
	}
	return found
}

func elements(path string, a, b item.Value) []Difference {
	var left, right []string
	for e := range a.Elements() {
		left = append(left, string(e.Raw()))
	}
	for e := range b.Elements() {
		right = append(right, string(e.Raw()))
	}
	var found []Difference
	for i := range max(len(left), len(right)) {
		var want, got string
		if i < len(left) {
			want = left[i]
		}
		if i < len(right) {
			got = right[i]
		}
		found = append(found, different(path+"["+strconv.Itoa(i)+"]", want, got)...)
	}
	return found
}
