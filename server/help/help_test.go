package help_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/help"
)

func files(texts ...string) fs.FS {
	all := fstest.MapFS{}
	for i := 0; i < len(texts); i += 2 {
		all[texts[i]] = &fstest.MapFile{Data: []byte(texts[i+1])}
	}
	return all
}

func reader(t *testing.T) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Principal{Workspace: 1, Role: access.Viewer})
}

func TestPagesInTheirOrder(t *testing.T) {
	t.Parallel()
	s, err := help.New(
		help.Chapter{Key: help.Nodes, Pages: []string{"b", "a", "none"}, Files: files(
			"x/docs/zh.md", "# 甲 {#a}\ntext\n## 一 `x` {#one}\n```value\n# no heading\n```\n### 二 {#two}\n", "x/docs/en.md", "# A {#a}\n",
			"y/docs/zh.md", "# 乙 {#b}\n", "y/docs/en.md", "# B {#b}\n", "y/docs/notes.txt", "left alone", "z/docs/en.md", "# C {#c}\n",
		)},
		help.Chapter{Key: help.Terms, Pages: []string{"words"}, Files: files("words.zh.md", "# 词 {#words}\n", "words.en.md", "# Words {#words}\n")},
	)
	if err != nil {
		t.Fatal(err)
	}
	for english, want := range map[bool]string{false: "nodes b 乙, nodes a 甲, terms words 词", true: "nodes b B, nodes a A, terms words Words"} {
		pages, err := s.List(reader(t), english)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range pages {
			got = append(got, p.Chapter+" "+p.ID+" "+p.Title)
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Error(diff)
		}
	}
	p, err := s.Get(reader(t), "a", false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]help.Heading{{Level: 2, ID: "one", Title: "一 x"}, {Level: 3, ID: "two", Title: "二"}}, p.Headings); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Get(reader(t), "c", true); fault.CodeOf(err) != "object.missing" {
		t.Errorf("a page that no chapter names: %v", err)
	}
}

func TestPagesAreForThoseWhoLoggedIn(t *testing.T) {
	t.Parallel()
	s, err := help.New()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.List(t.Context(), true); fault.CodeOf(err) != "auth.login_required" {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), "a", true); fault.CodeOf(err) != "auth.login_required" {
		t.Error(err)
	}
}

func TestPagesThatAreNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"text":                       "no title",
		"## A {#a}\n":                "begins with its title",
		"# A {#a}\n# B {#b}\n":       "begins with its title",
		"# A\n":                      "has no id",
		"# A {#a}\n## B\n":           "has no id",
		"# A {#a}\n## B {#a}\n":      "have the id a",
		"# A {#a}\n#### B {#b}\n":    "has no id",
		"# A {#a}\n## B {#Large}\n":  "has no id",
		"# A {#a}\n## B {#b}  \ntxt": "has no id",
	} {
		_, err := help.New(help.Chapter{Key: help.Start, Pages: []string{"a"}, Files: files("a.en.md", text)})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "a.en.md") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// Pages that come and go stand behind those of their chapter; where they can't be had the
// others are there.
func TestPagesThatComeAndGo(t *testing.T) {
	t.Parallel()
	more, fails := []help.Page{}, error(nil)
	s, err := help.New(
		help.Chapter{Key: help.Nodes, Pages: []string{"a"}, Files: files("x.zh.md", "# 甲 {#a}\n", "x.en.md", "# A {#a}\n"), More: func(_ context.Context, english bool) ([]help.Page, error) {
			if english {
				return more, fails
			}
			return nil, fails
		}},
		help.Chapter{Key: help.Terms, Pages: []string{"words"}, Files: files("words.zh.md", "# 词 {#words}\n", "words.en.md", "# Words {#words}\n")},
	)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(english bool) string {
		t.Helper()
		pages, err := s.List(reader(t), english)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range pages {
			got = append(got, p.Chapter+"/"+p.ID)
		}
		return strings.Join(got, " ")
	}
	if got := ids(true); got != "nodes/a terms/words" {
		t.Error(got)
	}
	more = []help.Page{{ID: "node-units--convert", Title: "Convert"}}
	if got := ids(true); got != "nodes/a nodes/node-units--convert terms/words" {
		t.Error(got)
	}
	if p, err := s.Get(reader(t), "node-units--convert", true); err != nil || p.Title != "Convert" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := s.Get(reader(t), "node-units--convert", false); fault.CodeOf(err) != "object.missing" {
		t.Error(err)
	}
	if fails = errors.New("down"); ids(true) != "nodes/a terms/words" {
		t.Error(ids(true))
	}
}
