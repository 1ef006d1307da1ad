// Package leaflet reads what comes with a plugin for people: its icon, its README, the pages
// below docs/ and its changelog. Whoever made them is trusted with nothing: sizes and numbers
// are bounded, a picture is what it says it is and carries no script.
//
// It may import sdk/fault only.
package leaflet

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
)

// The bounds of what is shown.
const (
	// MaxPage is the largest page, MaxPages their number, in one language.
	MaxPage  = 256 << 10
	MaxPages = 30
	// MaxIcon is the largest icon.
	MaxIcon = 128 << 10
)

// Codes of what can't be shown.
const (
	// CodePageLarge means that a page is larger than MaxPage, CodePageText that it is no text.
	CodePageLarge = "package.page_too_large"
	CodePageText  = "package.page_not_text"
	// CodeUnreadable means that files can't be read.
	CodeUnreadable = "package.files_unreadable"
	// CodeIconLarge means that an icon is larger than MaxIcon, CodeIconKind that it is no
	// picture of its kind, and CodeIconUnsafe that it carries what a picture does not need.
	CodeIconLarge  = "package.icon_too_large"
	CodeIconKind   = "package.icon_kind"
	CodeIconUnsafe = "package.icon_unsafe"
)

// Files are those that come with a version of a plugin.
type Files interface {
	// Names gives all of them.
	Names() ([]string, error)
	// Size gives the size of one in bytes.
	Size(name string) (int64, error)
	// Read gives one, of which no more is read than its size.
	Read(name string) ([]byte, error)
}

// Kind says what a page is.
type Kind string

// The kinds of pages, in their order.
const (
	Readme    Kind = "readme"
	Guide     Kind = "guide"
	Changelog Kind = "changelog"
)

// Page is a page in one language.
type Page struct {
	// ID is the file's path without its language and ending: README, docs/setup.
	ID   string
	Kind Kind
	// Title is the page's first heading, "" where it has none; Text is Markdown.
	Title, Text string
	// Fault is why there is no text.
	Fault *fault.Fault
}

// Pages gives the pages in the reader's language: a page that is not there in it is given
// in no language's name, or in the other one.
func Pages(files Files, english bool) ([]Page, error) {
	names, err := files.Names()
	if err != nil {
		return nil, err
	}
	type chosen struct {
		page Page
		file string
		rank int
	}
	best := map[string]chosen{}
	for _, name := range names {
		id, kind, language := pageOf(name)
		if kind == "" {
			continue
		}
		c := chosen{Page{ID: id, Kind: kind}, name, rank(language, english)}
		if other, ok := best[id]; !ok || cmp.Or(cmp.Compare(c.rank, other.rank), cmp.Compare(c.file, other.file)) < 0 {
			best[id] = c
		}
	}
	order := make([]chosen, 0, len(best))
	for _, c := range best {
		order = append(order, c)
	}
	kinds := []Kind{Readme, Guide, Changelog}
	slices.SortFunc(order, func(a, b chosen) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.page.Kind), slices.Index(kinds, b.page.Kind)), cmp.Compare(a.page.ID, b.page.ID))
	})
	pages := make([]Page, 0, min(len(order), MaxPages))
	for _, c := range order[:min(len(order), MaxPages)] {
		c.page.Text, err = textOf(files, c.file)
		if c.page.Title = titleOf(c.page.Text); err != nil {
			c.page.Fault = fault.From(err)
		}
		pages = append(pages, c.page)
	}
	return pages, nil
}

// pageOf tells which page a file is, and in which language, "" for none; kind "" where it is
// no page.
func pageOf(name string) (id string, kind Kind, language string) {
	stem, isPage := strings.CutSuffix(name, ".md")
	if !isPage {
		return "", "", ""
	}
	if at := strings.LastIndex(stem, "."); at >= 0 && languageOf(stem[at+1:]) != "" {
		stem, language = stem[:at], languageOf(stem[at+1:])
	} else if base := path.Base(stem); strings.Contains(stem, "/") && languageOf(base) != "" {
		stem, language = path.Dir(stem), languageOf(base) // docs/zh.md
	}
	switch {
	case strings.HasPrefix(stem, "docs/") || stem == "docs":
		return stem, Guide, language
	case strings.EqualFold(stem, "README"):
		return "README", Readme, language
	case strings.EqualFold(stem, "CHANGELOG"):
		return "CHANGELOG", Changelog, language
	}
	return "", "", ""
}

func languageOf(word string) string {
	switch strings.ToLower(word) {
	case "zh", "zh-cn", "zh-hans":
		return "zh"
	case "en", "en-us":
		return "en"
	}
	return ""
}

// rank orders the languages of a page for a reader: their own, none in particular, the other.
func rank(language string, english bool) int {
	switch {
	case language == "":
		return 1
	case (language == "en") == english:
		return 0
	}
	return 2
}

func textOf(files Files, name string) (string, error) {
	if size, err := files.Size(name); err != nil {
		return "", err
	} else if size > MaxPage {
		return "", fault.New(CodePageLarge, "the page %s has %d KiB and may have %d", name, size>>10, MaxPage>>10).At(name).
			Hinted("ask its publisher for a shorter one; the file lies in the package").Classed(fault.Config)
	}
	text, err := files.Read(name)
	if err != nil {
		return "", err
	}
	if !utf8.Valid(text) || bytes.ContainsRune(text, 0) {
		return "", fault.New(CodePageText, "the page %s is no text in UTF-8", name).At(name).
			Hinted("ask its publisher for one that is").Classed(fault.Config)
	}
	return strings.TrimPrefix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\ufeff"), nil
}

// titleOf gives the first heading of a page, without the id that may end it.
func titleOf(text string) string {
	fenced := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if title, ok := strings.CutPrefix(line, "# "); ok && !fenced {
			if at := strings.LastIndex(title, "{#"); at > 0 {
				title = title[:at]
			}
			return strings.TrimSpace(strings.Trim(strings.TrimSpace(title), "#"))
		}
	}
	return ""
}
