package product_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/value/docs"
	"github.com/karezflow/karez/engine/value/docstest"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/help"
)

// texts reads the pages of a language, as they are kept, by their ids.
func texts(t *testing.T, language string) map[string]help.Page {
	t.Helper()
	pages := map[string]help.Page{}
	for _, files := range []fs.FS{nodes.Docs(), docs.FS(), help.Own()} {
		err := fs.WalkDir(files, ".", func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, language+".md") {
				return err
			}
			text, err := fs.ReadFile(files, path)
			if err != nil {
				return err
			}
			p, err := help.Parse(string(text))
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			pages[p.ID] = p
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return pages
}

// Every type has a page in both languages that bears its title and tells every setting.
func TestEveryNodeTypeHasAPage(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"zh", "en"} {
		pages := texts(t, language)
		for _, typ := range nodes.All() {
			d := typ.Declaration()
			p, title := pages["node-"+d.Type], d.Title.ZH
			if language == "en" {
				title = d.Title.EN
			}
			if p.Title != title {
				t.Errorf("the page of %s in %s has the title %q, want %q", d.Type, language, p.Title, title)
				continue
			}
			told(t, p, d.Settings, "")
			for _, part := range []string{"use", "settings", "ports", "example", "errors"} {
				if !strings.Contains(p.Text, "{#"+part+"}") {
					t.Errorf("the page of %s in %s has no part %s", d.Type, language, part)
				}
			}
		}
	}
}

func told(t *testing.T, p help.Page, settings []field.Setting, under string) {
	t.Helper()
	for _, s := range settings {
		key := under + s.Key
		if !strings.Contains(p.Text, "`"+key+"`") {
			t.Errorf("%s (%s) does not tell the setting %s", p.ID, p.Title, key)
		}
		for _, o := range s.Options {
			if !strings.Contains(p.Text, "`"+o.Value+"`") {
				t.Errorf("%s (%s) does not tell the choice %s of %s", p.ID, p.Title, o.Value, key)
			}
		}
		if s.Kind == field.List {
			key += "[]"
		}
		told(t, p, s.Items, key+".")
	}
}

// Both languages have the same pages with the same sections and the same examples.
func TestPagesAreAlikeInBothLanguages(t *testing.T) {
	t.Parallel()
	shape := func(language string) map[string][]string {
		shapes := map[string][]string{}
		for id, p := range texts(t, language) {
			for _, h := range p.Headings {
				shapes[id] = append(shapes[id], h.ID)
			}
			for _, b := range docstest.Blocks(p.Text) {
				if b.Kind != "text" {
					shapes[id] = append(shapes[id], b.Kind+"\n"+b.Text)
				}
			}
		}
		return shapes
	}
	if diff := cmp.Diff(shape("zh"), shape("en")); diff != "" {
		t.Error(diff)
	}
}

// shipped gives the connections of examples the manifests that come with the product.
type shipped map[string]*manifest.Manifest

// Manifest implements compile.Catalogue.
func (s shipped) Manifest(connection string) (*manifest.Manifest, error) { return s[connection], nil }

func catalogue(t *testing.T) shipped {
	t.Helper()
	s := shipped{}
	for connection, connector := range map[string]string{"jst": "jushuitan", "k3": "kingdee-k3cloud", "ding": "dingtalk-robot"} {
		raw, err := os.ReadFile("../../../plugins/" + connector + "/manifest.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if s[connection], err = manifest.Parse(raw); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// An example of a flow compiles without a problem, and the examples of values give what they say.
func TestExamplesOfPages(t *testing.T) {
	t.Parallel()
	installed := catalogue(t)
	ran := 0
	for id, p := range texts(t, "en") {
		flows := 0
		for _, b := range docstest.Blocks(p.Text) {
			switch {
			case docstest.Runs(b.Kind):
				for _, problem := range docstest.Problems(b) {
					t.Errorf("%s, line %d: %s", id, b.Line, problem)
				}
			case b.Kind == "flow":
				flows++
				for _, problem := range flowProblems(t, b.Text, installed) {
					t.Errorf("%s, line %d: %s at %s: %s", id, b.Line, problem.Code, problem.Path, problem.Message)
				}
			}
		}
		if strings.HasPrefix(id, "node-") && flows == 0 {
			t.Errorf("%s has no example of a flow", id)
		}
		ran += flows
	}
	if ran < len(nodes.All()) {
		t.Errorf("only %d flows", ran)
	}
	if problems := flowProblems(t, "nodes:\n  - {id: a, type: map}\nedges: []\n", installed); len(problems) == 0 {
		t.Error("what is no flow compiles too")
	}
}

func flowProblems(t *testing.T, fragment string, installed shipped) []flow.Problem {
	t.Helper()
	spec := strings.ReplaceAll("\n"+strings.TrimSuffix(fragment, "\n"), "\n", "\n  ")
	parsed, err := flow.Parse([]byte("apiVersion: karez/v1\nkind: Flow\nmetadata: {id: example, title: Example}\nspec:" + spec + "\n"))
	if err != nil {
		t.Fatalf("%v\n%s", err, fragment)
	}
	_, problems := compile.Flow(t.Context(), parsed[0], compile.Options{Types: flow.NewTypes(nodes.All()...), Catalogue: installed})
	return problems
}

// Whatever a page points to is there, and every code it tells is one that can come.
func TestPagesPointToWhatIsThere(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../api/problem/zh-CN.json")
	if err != nil {
		t.Fatal(err)
	}
	var codes map[string]any
	if err := json.Unmarshal(raw, &codes); err != nil {
		t.Fatal(err)
	}
	link, code := regexp.MustCompile(`\]\(([^)]*)\)`), regexp.MustCompile("`([a-z0-9]+\\.[a-z_]+)`")
	pages := texts(t, "zh")
	places := map[string]bool{"/codes?tab=missing": true}
	routes, err := os.ReadFile(filepath.Join("..", "..", "..", "frontend", "src", "app", "routes.tsx"))
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`path: '(/[a-z/-]*)'`).FindAllStringSubmatch(string(routes), -1) {
		places[found[1]] = true
	}
	for id, p := range pages {
		places["/help/"+id] = true
		for _, h := range p.Headings {
			places["/help/"+id+"#"+h.ID] = true
		}
	}
	for _, language := range []string{"zh", "en"} {
		for id, p := range texts(t, language) {
			for _, found := range link.FindAllStringSubmatch(p.Text, -1) {
				to := found[1]
				if strings.HasPrefix(to, "#") {
					to = "/help/" + id + to
				}
				if !places[to] {
					t.Errorf("%s in %s points to %s, which is not there", id, language, found[1])
				}
			}
			_, told, _ := strings.Cut(p.Text, "{#errors}")
			for _, found := range code.FindAllStringSubmatch(told, -1) {
				if codes[found[1]] == nil {
					t.Errorf("%s in %s tells the code %s, which there is not", id, language, found[1])
				}
			}
		}
	}
}
