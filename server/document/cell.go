package document

import (
	"strings"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const (
	// MaxFields is how many business fields a list shows at once.
	MaxFields = 40
	// mostPath is how long the path of a field may be.
	mostPath = 300
	// mostCell is how many letters of a value a list shows, mostOfList how many of a list's values.
	mostCell   = 200
	mostOfList = 5
)

// checkFields refuses what a list can't show.
func checkFields(fields []string) *fault.Fault {
	if len(fields) > MaxFields {
		return unknown("fields", fields[MaxFields])
	}
	for _, path := range fields {
		if path == "" || len(path) > mostPath {
			return unknown("fields", path)
		}
	}
	return nil
}

// Cells gives what a list shows of a payload at some paths, as they are written there: an
// exact number keeps its digits. Of a list's lines come the first few that differ, each once.
func Cells(payload []byte, paths []string) []string {
	out := make([]string, len(paths))
	whole := item.Of(payload)
	for i, path := range paths {
		c := cell{seen: map[string]bool{}}
		c.gather(whole, path)
		out[i] = c.text()
	}
	return out
}

// cell gathers the values at one path.
type cell struct {
	texts []string
	seen  map[string]bool
	more  bool
}

func (c *cell) gather(v item.Value, path string) {
	switch v.Kind() {
	case item.Array:
		if path == "" {
			c.add(v)
			return
		}
		for line := range v.Elements() {
			if c.more {
				return
			}
			c.gather(line, path)
		}
	case item.Object:
		c.inObject(v, path)
	case item.String:
		if path == "" {
			c.add(v)
		} else if text := []byte(v.Text()); len(text) > 0 && (text[0] == '{' || text[0] == '[') && item.Check(text) == nil {
			c.gather(item.Of(text), path) // a JSON text, which a source may open
		}
	default:
		if path == "" {
			c.add(v)
		}
	}
}

// inObject takes the longest member name that begins the path.
func (c *cell) inObject(v item.Value, path string) {
	if path == "" {
		c.add(v)
		return
	}
	for cut := len(path); cut > 0; cut = strings.LastIndexByte(path[:cut], '.') {
		if f := v.Field(path[:cut]); f.Kind() != item.None {
			c.gather(f, strings.TrimPrefix(path[cut:], "."))
			return
		}
	}
}

func (c *cell) add(v item.Value) {
	text := v.Text()
	if text == "" || c.seen[text] {
		return
	}
	if len(c.texts) == mostOfList {
		c.more = true
		return
	}
	c.seen[text] = true
	c.texts = append(c.texts, text)
}

func (c *cell) text() string {
	text := strings.Join(c.texts, "; ")
	if c.more {
		text += "; …"
	}
	if utf8.RuneCountInString(text) > mostCell {
		return string([]rune(text)[:mostCell]) + "…"
	}
	return text
}
