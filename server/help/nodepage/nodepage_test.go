package nodepage_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/help"
	"github.com/karezflow/karez/server/help/nodepage"
)

var update = flag.Bool("update", false, "write the goldens")

func read(t *testing.T, text string) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func pages(t *testing.T, english bool, all ...*manifest.Manifest) []help.Page {
	t.Helper()
	list, err := nodepage.Pages(func(context.Context) ([]*manifest.Manifest, error) { return all, nil })(t.Context(), english)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The pages of the shipped plugin's nodes tell all that its manifest does, in both languages.
func TestPagesOfUnits(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../plugins/units/manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for english, language := range map[bool]string{true: "en", false: "zh"} {
		for _, p := range pages(t, english, read(t, string(text))) {
			name := filepath.Join("testdata", p.ID+"."+language+".md")
			if *update {
				if err := os.WriteFile(name, []byte(p.Text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), p.Text); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			// It is a page as any other.
			parsed, err := help.Parse(p.Text)
			if err != nil || parsed.ID != p.ID || cmp.Diff(parsed.Headings, p.Headings) != "" {
				t.Errorf("%v, %+v", err, parsed.Headings)
			}
		}
	}
}

const sly = `id: sly
version: 1.0.0
title: {zh: "**狡猾** {#x}"}
noSandbox: true
hosts: []
nodes:
  - name: act
    title: {zh: "# 标题 {#settings}"}
    describe: {zh: "<script>alert(1)</script> [x](javascript:alert(1)) ![](http://example.com/x.png)\n# more {#use}\n| a | b |"}
    outputsFrom: ways
    settings:
      - {key: mode, kind: choice, title: {zh: "a|b` + "`" + `"}, options: [{value: "x|y", title: {zh: "<b>"}}]}
      - {key: ways, kind: list, title: {zh: 去向}, when: {key: mode, in: ["x|y"]}, items: [{key: port, kind: text, title: {zh: 端口}}, {key: title, kind: text, title: {zh: 名称}}]}
    examples:
      - {title: {zh: "x {#use}"}, settings: '{"mode":"x|y"}', document: '{"a":"` + "```" + `\n# b {#c}","n":1.10}', result: '{}'}
`

// Whatever a manifest says, it stays a text.
func TestTextsOfAManifestMeanNothing(t *testing.T) {
	t.Parallel()
	p := pages(t, true, read(t, sly))[0]
	if p.Title != "# 标题 {#settings}" || p.ID != "node-sly--act" {
		t.Errorf("%+v", p)
	}
	parsed, err := help.Parse(p.Text)
	var ids []string
	for _, h := range parsed.Headings {
		ids = append(ids, h.ID)
	}
	if got := strings.Join(ids, " "); err != nil || got != "use settings ports example example-1" {
		t.Errorf("%s, %v", got, err)
	}
	for _, raw := range []string{"<script", "[x]", "![", "<b>", "|y", "**狡猾**", "\n# more"} {
		for rest := p.Text; strings.Contains(rest, raw); {
			at := strings.Index(rest, raw)
			if at == 0 || rest[at-1] != '\\' {
				if !strings.Contains(rest[max(0, at-12):at], `"mode":"x`) { // in the example, which is a block
					t.Errorf("%q stands as it is: %s", raw, rest[max(0, at-20):at+20])
				}
			}
			rest = rest[at+len(raw):]
		}
	}
	if !strings.Contains(p.Text, `"n":1.10`) {
		t.Error("a number lost digits")
	}
}

func TestNoPagesWithoutPlugins(t *testing.T) {
	t.Parallel()
	if got := pages(t, true); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	down := errors.New("down")
	if _, err := nodepage.Pages(func(context.Context) ([]*manifest.Manifest, error) { return nil, down })(t.Context(), true); !errors.Is(err, down) {
		t.Error(err)
	}
}
