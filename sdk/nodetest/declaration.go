package nodetest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

var update = flag.Bool("update", false, "rewrite the golden files of declarations") //nolint:gochecknoglobals // flags are registered before tests run

// GoldenFile is where Declaration keeps the pinned declaration, beside the test.
const GoldenFile = "testdata/declaration.golden.json"

// Declaration checks what a type declares and compares it with GoldenFile, so
// that no change of a form goes unnoticed. "go test -update" rewrites the file.
func Declaration(t *testing.T, typ node.Type) {
	t.Helper()
	d := typ.Declaration()
	for _, problem := range DeclarationProblems(typ) {
		t.Error(problem)
	}
	if again := typ.Declaration(); !cmp.Equal(d, again) {
		t.Error("the declaration changes from call to call")
	}
	Golden(t, GoldenFile, d)
}

// Golden compares v, as indented JSON, with a file. "go test -update" rewrites the file.
func Golden(tb testing.TB, file string, v any) {
	tb.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		tb.Fatalf("encode: %v", err)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		tb.Fatalf("no golden file: run the test with -update and look at what it wrote: %v", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		tb.Errorf("%s differs (-want +got); if the change is meant, run the test with -update:\n%s", file, diff)
	}
}

// DeclarationProblems says what a declaration lacks or contradicts.
func DeclarationProblems(typ node.Type) []string {
	d := typ.Declaration()
	var problems []string
	wrong := func(is bool, problem string) {
		if is {
			problems = append(problems, problem)
		}
	}
	wrong(!regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(d.Type), "type is not made of small letters, digits and _")
	wrong(d.TypeVersion < 1, "typeVersion counts from 1")
	wrong(d.Title.ZH == "" || d.Title.EN == "", "title is not given in both languages")
	wrong(d.Describe.ZH == "" || d.Describe.EN == "", "describe is not given in both languages")
	wrong(d.Icon == "", "there is no icon")
	wrong(d.Category == "", "there is no category")
	wrong(!slices.Contains([]node.Kind{node.Pull, node.Transform, node.Barrier, node.Sink}, d.Kind), "kind is unknown")
	_, runs := typ.(node.Transformer)
	wrong(runs != (d.Kind == node.Transform), "transforms, and only they, run code")
	wrong((d.Kind == node.Transform) != (d.Role == ""), "every node but a transform has a role")
	_, upgrades := typ.(node.Upgrader)
	wrong(d.TypeVersion > 1 && !upgrades, "settings of older versions can't be read: there is no Upgrade")
	wrong(len(d.Inputs) > 1, "a node has at most one input")
	problems = append(problems, portProblems(d)...)
	for _, f := range manifest.CheckSettings(d.Settings) {
		problems = append(problems, "settings"+f.Path+": "+f.Message)
	}
	for i := range d.Settings {
		problems = append(problems, untranslated(d.Settings[i])...)
	}
	return problems
}

func portProblems(d node.Declaration) []string {
	var problems []string
	for _, ports := range [][]node.Port{d.Inputs, d.Outputs} {
		seen := map[string]bool{}
		for _, p := range ports {
			switch {
			case p.Name == node.ErrorPort:
				problems = append(problems, "the error port is not declared: every node that handles documents has it")
			case p.Name == "" || seen[p.Name]:
				problems = append(problems, "ports have names, each its own: "+p.Name)
			case p.Traffic != node.Requests && p.Traffic != node.Documents:
				problems = append(problems, "port "+p.Name+" carries neither requests nor documents")
			case p.Title.ZH == "" || p.Title.EN == "":
				problems = append(problems, "port "+p.Name+" has no title in both languages")
			}
			seen[p.Name] = true
		}
	}
	if d.OutputsFrom != "" && !namesPorts(d) {
		problems = append(problems, "outputsFrom names no list whose elements have a required text port and a text title")
	}
	return problems
}

func namesPorts(d node.Declaration) bool {
	has := func(of []field.Setting, key string, kind field.Kind, required bool) *field.Setting {
		at := slices.IndexFunc(of, func(s field.Setting) bool { return s.Key == key && s.Kind == kind && (s.Required || !required) })
		if at < 0 {
			return nil
		}
		return &of[at]
	}
	list := has(d.Settings, d.OutputsFrom, field.List, false)
	return list != nil && has(list.Items, node.PortName, field.PlainText, true) != nil && has(list.Items, node.PortTitle, field.PlainText, false) != nil
}

// untranslated lists the settings and options that lack a title in one language.
func untranslated(s field.Setting) []string {
	var problems []string
	if s.Title.ZH == "" || s.Title.EN == "" {
		problems = append(problems, "setting "+s.Key+" has no title in both languages")
	}
	for _, o := range s.Options {
		if o.Title.ZH == "" || o.Title.EN == "" {
			problems = append(problems, "option "+o.Value+" of "+s.Key+" has no title in both languages")
		}
	}
	for i := range s.Items {
		problems = append(problems, untranslated(s.Items[i])...)
	}
	return problems
}
