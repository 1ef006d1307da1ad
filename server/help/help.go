// Package help gives people the reference pages that come with the program, in
// their language. Pages are Markdown files beside what they describe; the heading
// of a page names it: "# Filter {#node-filter}".
//
// It may import server/access only.
package help

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/server/access"
)

// The chapters, in the order in which people read them.
const (
	Start      = "start"
	Nodes      = "nodes"
	Language   = "language"
	Deployment = "deployment"
	Authors    = "authors"
	Terms      = "terms"
)

//go:embed pages
var own embed.FS

// Own has the pages that belong to no part of the program.
func Own() fs.FS { return own }

// Chapter are pages about one thing.
type Chapter struct {
	Key string
	// Files are searched for pages: each is there as zh.md and en.md, or as NAME.zh.md
	// and NAME.en.md.
	Files fs.FS
	// Pages are the ids of its pages in their order.
	Pages []string
	// More gives the pages that come and go while the program runs, behind the others in each
	// language. Where they can't be had there are none. It may be nil.
	More func(ctx context.Context, english bool) ([]Page, error)
}

// Page is a page in one language.
type Page struct {
	ID, Chapter, Title string
	Headings           []Heading
	// Text is the page as Markdown.
	Text string
}

// Heading is a heading below the page's own.
type Heading struct {
	Level     int
	ID, Title string
}

// Service gives pages.
type Service struct {
	// pages are those of each language, in their order.
	pages    map[string][]Page
	chapters []Chapter
}

// New reads the chapters. Pages that no chapter names are left out, and so are names
// without a page: a type of a plugin may have none.
func New(chapters ...Chapter) (*Service, error) {
	s := &Service{pages: map[string][]Page{}, chapters: chapters}
	for _, c := range chapters {
		found, err := read(c)
		if err != nil {
			return nil, err
		}
		for _, language := range []string{"zh", "en"} {
			pages := found[language]
			slices.SortFunc(pages, func(a, b Page) int {
				return cmp.Compare(slices.Index(c.Pages, a.ID), slices.Index(c.Pages, b.ID))
			})
			s.pages[language] = append(s.pages[language], pages...)
		}
	}
	return s, nil
}

// read gives the pages of a chapter by their language.
func read(c Chapter) (map[string][]Page, error) {
	found := map[string][]Page{}
	err := fs.WalkDir(c.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		text, err := fs.ReadFile(c.Files, path)
		if err != nil {
			return fmt.Errorf("the page %s can't be read: %w", path, err)
		}
		page, err := Parse(string(text))
		if err != nil {
			return fmt.Errorf("the page %s: %w", path, err)
		}
		if page.Chapter = c.Key; !slices.Contains(c.Pages, page.ID) {
			return nil
		}
		language := "zh"
		if strings.HasSuffix(path, "en.md") {
			language = "en"
		}
		found[language] = append(found[language], page)
		return nil
	})
	return found, err
}

var heading = regexp.MustCompile(`^(#{1,3}) (.+?) \{#([a-z0-9_-]+)\}$`)

// Parse reads a page. Every heading has an id, the first is the page's own.
func Parse(text string) (Page, error) {
	p := Page{Text: text}
	fenced := false
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if fenced || !strings.HasPrefix(line, "#") {
			continue
		}
		m := heading.FindStringSubmatch(line)
		switch {
		case m == nil:
			return p, fmt.Errorf("the heading %q has no id", line)
		case seen[m[3]]:
			return p, fmt.Errorf("two headings have the id %s", m[3])
		case (len(m[1]) == 1) != (p.ID == ""):
			return p, fmt.Errorf("%q: a page begins with its title and has one", line)
		case p.ID == "":
			p.Title, p.ID = m[2], m[3]
		default:
			p.Headings = append(p.Headings, Heading{Level: len(m[1]), ID: m[3], Title: strings.ReplaceAll(m[2], "`", "")})
		}
		seen[m[3]] = true
	}
	if p.ID == "" {
		return p, fmt.Errorf("the page has no title")
	}
	return p, nil
}

// List gives all pages in their order, in English or in Chinese.
func (s *Service) List(ctx context.Context, english bool) ([]Page, error) {
	if _, err := access.Here(ctx, access.Read); err != nil {
		return nil, err
	}
	language := "zh"
	if english {
		language = "en"
	}
	var all []Page
	for _, c := range s.chapters {
		for _, p := range s.pages[language] {
			if p.Chapter == c.Key {
				all = append(all, p)
			}
		}
		if c.More == nil {
			continue
		}
		more, err := c.More(ctx, english)
		if err != nil {
			continue // the others are of use without them
		}
		for _, p := range more {
			p.Chapter = c.Key
			all = append(all, p)
		}
	}
	return all, nil
}

// Get gives a page; "object.missing" when there is none.
func (s *Service) Get(ctx context.Context, id string, english bool) (Page, error) {
	pages, err := s.List(ctx, english)
	if err != nil {
		return Page{}, err
	}
	at := slices.IndexFunc(pages, func(p Page) bool { return p.ID == id })
	if at < 0 {
		return Page{}, access.Missing()
	}
	return pages[at], nil
}
