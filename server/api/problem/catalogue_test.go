package problem_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/karezflow/karez/server/api/problem"
)

const root = "../../.."

// kept lists the areas, and single codes, of faults that are kept with a document,
// a delivery or a run: rows of an earlier version have lost the arguments, and so have
// those whose arguments are longer than a column.
const kept = `conditions connection connector definition delivery document http item jushuitan k3cloud lookup map mapping message node
operation paging param plugin push run script smtp source store target transform value vendor window
flow.not_compiled flow.problems flow.source_gone flow.version_missing flow.version_unreadable`

// catalogue reads the Chinese sentences, whose codes stand in order and once.
func catalogue(t *testing.T) map[string]problem.Sentence {
	t.Helper()
	text, err := os.ReadFile("zh-CN.json")
	if err != nil {
		t.Fatal(err)
	}
	var sentences map[string]problem.Sentence
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&sentences); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for line := range strings.Lines(string(text)) {
		if code, _, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), `"`), `": {`); ok {
			codes = append(codes, code)
		}
	}
	if len(codes) != len(sentences) || !slices.IsSorted(codes) {
		t.Errorf("%d lines for %d codes: one line a code, in the order of the codes, each once", len(codes), len(sentences))
	}
	return sentences
}

// Whoever writes a new fault writes its Chinese sentence: this tells which one is
// missing, and which arguments it may use.
func TestEveryCodeHasAChineseSentence(t *testing.T) {
	t.Parallel()
	for _, lack := range lacks(collect(t, root), catalogue(t)) {
		t.Error(lack)
	}
}

// lacks tells what the source says and the catalogue does not, and the reverse.
func lacks(s *source, sentences map[string]problem.Sentence) []string {
	var found []string
	report := func(parts ...string) { found = append(found, strings.Join(parts, "")) }
	for _, place := range s.opaque {
		report(place, ": the code is no constant, so nobody knows which sentence belongs to it")
	}
	at := map[string][]site{}
	for _, one := range s.sites {
		if _, ok := sentences[one.code]; !ok {
			report(one.place, ": ", one.code, " has no Chinese sentence")
		}
		at[one.code] = append(at[one.code], one)
	}
	for code, sentence := range sentences {
		sites := at[code]
		if len(sites) == 0 {
			report(code, " is in the catalogue and nobody says it")
		}
		whole := holes(sentence.Message)
		bare := len(sites) > 0 && !slices.ContainsFunc(sites, func(one site) bool { return one.args != nil })
		for _, one := range sites {
			for _, hole := range append(holes(sentence.Hint), whole...) {
				// A hint that is set where the fault is not made can't be followed to here.
				followed := !strings.HasPrefix(hole, "hint") || one.hint != ""
				if one.args != nil && !one.args[hole] && followed || bare {
					report(one.place, ": ", code, " has no argument {", hole, "}")
				}
			}
			if one.hint != "" && sentence.Hint == "" {
				report(one.place, ": ", code, " has a hint in English only: ", one.hint)
			}
			if one.args == nil && !one.declared && len(whole) > 0 && sentence.Short == "" {
				report(one.place, ": ", code, " is said without arguments and needs a short sentence")
			}
		}
		area, _, _ := strings.Cut(code, ".")
		if len(whole) > 0 && sentence.Short == "" && (slices.Contains(strings.Fields(kept), area) || slices.Contains(strings.Fields(kept), code)) {
			report(code, " may be kept without its arguments and needs a short sentence")
		}
		if len(holes(sentence.Short)) > 0 {
			report(code, ": a short sentence has no arguments")
		}
	}
	slices.Sort(found)
	return found
}

// holes gives the arguments that a sentence uses.
func holes(sentence string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`\{\{[^{}]*\}\}|\{([A-Za-z0-9]+)\}`).FindAllStringSubmatch(sentence, -1) {
		if m[1] != "" {
			names = append(names, m[1])
		}
	}
	return names
}

// Sentences are Chinese and punctuated as Chinese is, so that they can stand in a list and in brackets.
func TestSentencesAreChinese(t *testing.T) {
	t.Parallel()
	asciiMark := regexp.MustCompile(`\p{Han}[,;:?!()]|[,;:?!)]\p{Han}`)
	for code, s := range catalogue(t) {
		if s.Message+s.Short == "" {
			t.Errorf("%s has no sentence", code)
		}
		for _, text := range []string{s.Message, s.Short, s.Hint} {
			switch {
			case text == "":
			case !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }):
				t.Errorf("%s is not Chinese: %s", code, text)
			case strings.HasSuffix(text, "。") || text != strings.TrimSpace(text):
				t.Errorf("%s ends in a full stop or a blank: %s", code, text)
			case asciiMark.MatchString(text):
				t.Errorf("%s has punctuation of another script: %s", code, text)
			}
		}
	}
}

// Every way in which the product says a code is planted in a tree of its own.
func TestCollectorFindsEveryWay(t *testing.T) {
	t.Parallel()
	s := collect(t, planted(t))
	got := map[string][]string{}
	for _, one := range s.sites {
		args := []string{"bare"}
		if one.declared {
			args[0] = "declared"
		} else if one.args != nil {
			args = nil
			for arg := range one.args {
				args = append(args, arg)
			}
			slices.Sort(args)
		}
		got[one.code] = append(got[one.code], strings.Join(args, " ")+"|"+one.hint)
	}
	want := map[string][]string{
		"a.plain":       {"0|do it"},
		"a.wrapped":     {"0 hint0 who|%d"},
		"a.constant":    {"declared|", "|", "|"}, // at the constant, here and from the other package
		"a.first":       {"0|"},
		"a.second":      {"0|"},
		"area.helped":   {"0 1 line|"},
		"a.closure":     {"0|"},
		"a.set":         {"bare|"},
		"a.composite":   {"bare|"},
		"a.twice":       {"0|"},
		"flow.pair":     {"id side|look"},
		"vendor.no_row": {"bare|"},
	}
	for code := range got {
		slices.Sort(got[code])
		slices.Sort(want[code])
		if !slices.Equal(got[code], want[code]) {
			t.Errorf("%s: got %q, want %q", code, got[code], want[code])
		}
	}
	for code := range want {
		if got[code] == nil {
			t.Errorf("%s was not found", code)
		}
	}
	if len(s.opaque) != 1 || !strings.HasPrefix(s.opaque[0], "server/a/a.go:") {
		t.Errorf("opaque: %q", s.opaque)
	}
}

// planted writes a small tree.
func planted(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"sdk/fault/fault.go": "package fault\nfunc New(code, format string, args ...any) *Fault { return &Fault{Code: code} }\n",
		"engine/flow/flow.go": `package flow
func check(r *report) { r.block("path", "flow.pair", "{id} has no {side}", "id", "x", "side", side()).Hint = "look" }
`,
		"engine/other/other.go": `package other
import ("github.com/karezflow/karez/sdk/fault"; "github.com/karezflow/karez/server/a")
func other() error { return fault.New(a.CodeThat, "m") }
`,
		"nodes/none/none.go":     "package none\n",
		"plugins/acme/acme.go":   "package acme\nfunc (w *write) refuse(row int, code string) { w.rows[row] = connector.Answer{Code: code} }\nfunc (w *write) row() { w.refuse(1, \"no_row\") }\n",
		"server/a/a_test.go":     "package a\nimport \"github.com/karezflow/karez/sdk/fault\"\nvar x = fault.New(\"a.of_a_test\", \"m\")\n",
		"server/a/atest/x.go":    "package atest\nimport \"github.com/karezflow/karez/sdk/fault\"\nvar x = fault.New(\"a.of_a_harness\", \"m\")\n",
		"server/a/testdata/x.go": "not Go",
		"server/a/a.go": `package a
import "github.com/karezflow/karez/sdk/fault"
const CodeThat = "a.constant"
func one() error { return fault.New("a.plain", "%s", 1).At("x").Hinted("do it") }
func two(err error) error { return fault.Wrap(err, "a.wrapped", "%s", 1).Arg("who", "me").Hinted("%d", 1) }
func three() error { return fault.New(CodeThat, "m") }
func four() error {
	code := "a.first"
	if one() != nil { code = "a.second" }
	return fault.New(code, "%s", 1)
}
func help(path, code, format string, args ...any) error { return fault.New("area."+code, format, args...).Arg("line", "1") }
func five() error { return help("p", "helped", "%s %s", 1, 2) }
func six() {
	warn := func(code, message string, args ...any) { report(fault.New(code, message, args...)) }
	warn("a.closure", "%s", 1)
}
func seven(f *fault.Fault) { f.Code = "a.set"; keep(problem{Code: "a.composite"}) }
func either(code, what string) error {
	if what == "" { return fault.New(code, "%s", what) }
	return fault.New(code, "%s %s", what, what)
}
func nine() error { return either("a.twice", "") }
func ten() error { return fault.New(made(), "m") }
func eleven(f *fault.Fault) error { return fault.New(f.Code, "m") }
func twelve(c string) error { return fault.New("vendor."+c, "%s", "没有") }
func thirteen() error { return fault.New("vendor.refused", "%s", "没有") }
`,
	} {
		full := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(full), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What the first test would say of a wrong catalogue.
func TestLacks(t *testing.T) {
	t.Parallel()
	s := &source{
		opaque: []string{"x.go:9"},
		sites: []site{
			{code: "a.new", place: "x.go:1", args: map[string]bool{}},
			{code: "a.two", place: "x.go:2", args: map[string]bool{"0": true}},
			{code: "a.two", place: "x.go:3", args: map[string]bool{}, hint: "look"},
			{code: "a.bare", place: "x.go:4", args: map[string]bool{"0": true}},
			{code: "a.bare", place: "x.go:5"},
			{code: "a.only", place: "x.go:6"},
			{code: "value.bad", place: "x.go:7", args: map[string]bool{"0": true}},
			{code: "a.good", place: "x.go:8", args: map[string]bool{"0": true}},
		},
	}
	got := lacks(s, map[string]problem.Sentence{
		"a.two": {Message: "{0}"}, "a.bare": {Message: "{0}"}, "a.only": {Message: "{0}", Short: "s"}, "value.bad": {Message: "{0}"},
		"a.good": {Message: "{0} {{1}} { 2 }", Short: "{1}"}, "a.old": {Message: "m"},
	})
	want := []string{
		"a.good: a short sentence has no arguments",
		"a.old is in the catalogue and nobody says it",
		"value.bad may be kept without its arguments and needs a short sentence",
		"x.go:1: a.new has no Chinese sentence",
		"x.go:3: a.two has a hint in English only: look",
		"x.go:3: a.two has no argument {0}",
		"x.go:5: a.bare is said without arguments and needs a short sentence",
		"x.go:6: a.only has no argument {0}",
		"x.go:9: the code is no constant, so nobody knows which sentence belongs to it",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
