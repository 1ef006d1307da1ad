package catalog

import (
	"strings"

	"github.com/karezflow/karez/engine/intake/scheme"
)

// longestPath is how many bytes of a line may be the path of a field.
const longestPath = 200

// Dictionary knows the fields that lines without separators may begin with.
type Dictionary struct {
	// names are the paths of fields, those of the operation that was named before all others.
	names []map[string]bool
	// titles are the names that fields have anywhere, by the last step of their path.
	titles map[string][]string
}

// Dictionary gives the fields of the operations that a side may be, then those of all.
func (c Catalogue) Dictionary(side *scheme.Side) *Dictionary {
	d := &Dictionary{names: []map[string]bool{{}, {}}, titles: map[string][]string{}}
	systems := c.systems(side.System)
	for _, m := range c {
		for n := range m.Operations {
			op := &m.Operations[n]
			near := api(op, side.API) > 0 && (len(systems) == 0 || systems[m.ID] > 0)
			i := Interface{Manifest: m, Operation: op}
			entries := append(i.Request(), i.Response()...)
			for f := range op.Forms {
				entries = append(append(entries, Flat(op.Forms[f].Request)...), Flat(op.Forms[f].Response)...)
			}
			for _, e := range entries {
				d.add(e, near)
			}
		}
	}
	return d
}

func (d *Dictionary) add(e Entry, near bool) {
	d.names[1][e.Path] = true
	if near {
		d.names[0][e.Path] = true
	}
	if title := e.Field.Title.ZH; title != "" {
		d.titles[e.Leaf()] = append(d.titles[e.Leaf()], title)
	}
}

// Longest gives the longest known path that a text begins with and that fits, "" for none.
func (d *Dictionary) Longest(text string, fits func(name, rest string) bool) string {
	for _, names := range d.names {
		for n := min(len(text), longestPath); n > 0; n-- {
			if names[text[:n]] && fits(text[:n], text[n:]) {
				return text[:n]
			}
		}
	}
	return ""
}

// Near reports whether a field is one of the operation that was named.
func (d *Dictionary) Near(path string) bool { return d.names[0][path] }

// Titled gives the longest known title of a field that a text begins with, "" for none. A
// field is also called by its own name.
func (d *Dictionary) Titled(path, text string) string {
	best := ""
	for _, title := range append([]string{path, Leaf(path)}, d.titles[Leaf(path)]...) {
		if len(title) > len(best) && strings.HasPrefix(text, title) {
			best = title
		}
	}
	return best
}
