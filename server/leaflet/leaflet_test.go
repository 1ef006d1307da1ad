package leaflet_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/leaflet"
)

// folder are files by their names; a name that is not among them can't be asked for.
type folder map[string]string

func (f folder) Names() ([]string, error) { return slices.Sorted(maps.Keys(f)), nil }

func (f folder) Size(name string) (int64, error) {
	if _, ok := f[name]; !ok {
		return 0, fault.New("object.missing", "none").Classed(fault.Config)
	}
	return int64(len(f[name])), nil
}

func (f folder) Read(name string) ([]byte, error) { return []byte(f[name]), nil }

func told(t *testing.T, f folder, english bool) []string {
	t.Helper()
	pages, err := leaflet.Pages(f, english)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, p := range pages {
		line := fmt.Sprintf("%s %s %q %s", p.Kind, p.ID, p.Title, strings.TrimSpace(p.Text[max(0, len(p.Text)-3):]))
		if p.Fault != nil {
			line += p.Fault.Code
		}
		list = append(list, line)
	}
	return list
}

// A page is given in the reader's language, else in none in particular, else in the other one.
func TestPages(t *testing.T) {
	t.Parallel()
	f := folder{
		"README.md": "# Depot {#depot}\nEN", "README.zh.md": "```\n# no\n```\n# 仓库 #\nZH", "CHANGELOG.md": "log", "docs/setup.zh.md": "# 安装\nzh", "docs/setup.md": "# Any\nxx",
		"docs/zh.md": "# 说明\nzh", "docs/en.md": "# Notes\nen", "docs/only.en.md": "en", "docs/a/deep.md": "\ufeff# Deep\r\nxx", "LICENSE": "no", "examples/x.md": "no", "other.md": "no", "docs/picture.svg": "no", "manifest.yaml": "no",
	}
	for english, want := range map[bool][]string{
		true: {
			`readme README "Depot" EN`, `guide docs "Notes" en`, `guide docs/a/deep "Deep" xx`, `guide docs/only "" en`, `guide docs/setup "Any" xx`, `changelog CHANGELOG "" log`,
		},
		false: {
			`readme README "仓库" ZH`, `guide docs "说明" zh`, `guide docs/a/deep "Deep" xx`, `guide docs/only "" en`, `guide docs/setup "安装" zh`, `changelog CHANGELOG "" log`,
		},
	} {
		if diff := cmp.Diff(want, told(t, f, english)); diff != "" {
			t.Errorf("english %v: %s", english, diff)
		}
	}
}

// One page that can't be shown takes no other with it, and there are never too many.
func TestPagesThatCantBeShown(t *testing.T) {
	t.Parallel()
	f := folder{"README.md": strings.Repeat("x", leaflet.MaxPage+1), "CHANGELOG.md": "\xff\xfe", "docs/zero.md": "a\x00b", "docs/sound.md": strings.Repeat("y", leaflet.MaxPage)}
	want := []string{`readme README "" package.page_too_large`, `guide docs/sound "" yyy`, `guide docs/zero "" package.page_not_text`, `changelog CHANGELOG "" package.page_not_text`}
	if diff := cmp.Diff(want, told(t, f, true)); diff != "" {
		t.Error(diff)
	}
	many := folder{}
	for i := range 2 * leaflet.MaxPages {
		many[fmt.Sprintf("docs/%03d.md", i)] = "x"
	}
	if n := len(told(t, many, true)); n != leaflet.MaxPages {
		t.Errorf("%d pages", n)
	}
}

func TestIcon(t *testing.T) {
	t.Parallel()
	const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 8 8">`
	for name, tt := range map[string]struct{ file, content, want string }{
		"a drawing":          {"i.svg", `<?xml version="1.0"?><!-- c -->` + head + `<defs><linearGradient id="a"><stop offset="0"/></linearGradient><filter id="f"><feGaussianBlur/></filter></defs><use xlink:href="#a"/><path d="M0 0"/></svg>`, "image/svg+xml"},
		"PNG":                {"i.PNG", "\x89PNG\r\n\x1a\nx", "image/png"},
		"JPEG":               {"i.jpeg", "\xff\xd8\xffx", "image/jpeg"},
		"WebP":               {"i.webp", "RIFFxxxxWEBPx", "image/webp"},
		"a script":           {"i.svg", head + `<script>alert(1)</script></svg>`, leaflet.CodeIconUnsafe},
		"a script of SVG":    {"i.svg", head + `<SVG:Script xmlns:SVG="http://www.w3.org/2000/svg">alert(1)</SVG:Script></svg>`, leaflet.CodeIconUnsafe},
		"a reaction":         {"i.svg", head + `<path onclick="alert(1)"/></svg>`, leaflet.CodeIconUnsafe},
		"a reaction at root": {"i.svg", strings.Replace(head, "viewBox", "onLoad='alert(1)' viewBox", 1) + `</svg>`, leaflet.CodeIconUnsafe},
		"HTML inside":        {"i.svg", head + `<foreignObject><iframe src="/"/></foreignObject></svg>`, leaflet.CodeIconUnsafe},
		"something outside":  {"i.svg", head + `<use href="https://example.com/x.svg#a"/></svg>`, leaflet.CodeIconUnsafe},
		"a link":             {"i.svg", head + `<a href="#x"><path/></a></svg>`, leaflet.CodeIconUnsafe},
		"a change later":     {"i.svg", head + `<animate attributeName="href"/></svg>`, leaflet.CodeIconUnsafe},
		"a style that acts":  {"i.svg", head + `<path style="fill:url( JavaScript:alert(1))"/></svg>`, leaflet.CodeIconUnsafe},
		"entities":           {"i.svg", `<!DOCTYPE svg [<!ENTITY a "aaaa">]>` + head + `</svg>`, leaflet.CodeIconUnsafe},
		"a stylesheet":       {"i.svg", `<?xml-stylesheet href="x.xsl"?>` + head + `</svg>`, leaflet.CodeIconUnsafe},
		"HTML":               {"i.svg", `<html><body/></html>`, leaflet.CodeIconUnsafe},
		"half of one":        {"i.svg", head + `<path>`, leaflet.CodeIconUnsafe},
		"nothing":            {"i.svg", ``, leaflet.CodeIconUnsafe},
		"SVG named PNG":      {"i.png", head + `</svg>`, leaflet.CodeIconKind},
		"a page":             {"i.html", `<script/>`, leaflet.CodeIconKind},
		"no kind":            {"icon", "\x89PNG\r\n\x1a\nx", leaflet.CodeIconKind},
		"too large":          {"i.svg", head + strings.Repeat("<path/>", leaflet.MaxIcon/7) + `</svg>`, leaflet.CodeIconLarge},
	} {
		p, err := leaflet.Icon(folder{tt.file: tt.content}, tt.file)
		if got := p.Type + fault.CodeOf(err); got != tt.want {
			t.Errorf("%s: %q, want %q (%v)", name, got, tt.want, err)
		}
		if err == nil && string(p.Body) != tt.content {
			t.Errorf("%s: another content", name)
		}
	}
}
