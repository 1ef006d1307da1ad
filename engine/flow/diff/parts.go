package diff

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/item"
)

// flow compares what is of no node.
func (c *comparer) flow() []Change {
	var out []Change
	a, b := c.from, c.to
	out = append(out, texts(PartMeta, "title", a.Metadata.Title, b.Metadata.Title)...)
	out = append(out, texts(PartMeta, "name", a.Metadata.Name, b.Metadata.Name)...)
	for _, change := range byName(PartMeta, a.Metadata.Labels, b.Metadata.Labels) {
		change.Path = "labels." + change.Path
		out = append(out, change)
	}
	s, t := a.Spec.Settings, b.Spec.Settings
	out = append(out, texts(PartFlow, "priority", cmp.Or(s.Priority, "normal"), cmp.Or(t.Priority, "normal"))...)
	out = append(out, texts(PartFlow, "timezone", cmp.Or(s.Timezone, flow.DefaultTimezone), cmp.Or(t.Timezone, flow.DefaultTimezone))...)
	out = append(out, texts(PartFlow, "concurrency", concurrency(s), concurrency(t))...)
	out = append(out, c.triggers()...)
	out = append(out, c.params()...)
	out = append(out, c.uses()...)
	out = append(out, byName(PartPin, a.Spec.Connectors, b.Spec.Connectors)...)
	out = append(out, operations(a, b)...)
	for _, of := range [][2][]flow.Member{{a.Extra, b.Extra}, {a.Metadata.Extra, b.Metadata.Extra}, {a.Spec.Extra, b.Spec.Extra}, {s.Extra, t.Extra}} {
		out = append(out, extras(of[0], of[1])...)
	}
	return out
}

func concurrency(s flow.Settings) string {
	return strconv.Itoa(cmp.Or(s.Concurrency, flow.DefaultConcurrency))
}

func (c *comparer) triggers() []Change {
	text := func(t flow.Trigger) string { return fmt.Sprint(t.Schedule, "\x00", t.After, t.Manual, t.Extra) }
	rest := slices.Clone(c.from.Spec.Triggers)
	var out []Change
	for i, t := range c.to.Spec.Triggers {
		if at := slices.IndexFunc(rest, func(old flow.Trigger) bool { return text(old) == text(t) }); at >= 0 {
			rest = slices.Delete(rest, at, at+1)
			continue
		}
		out = append(out, Change{Kind: Added, Part: PartTrigger, Path: strconv.Itoa(i + 1), After: triggerOf(c.to, t)})
	}
	for _, t := range rest {
		// A trigger of the same kind that came took its place.
		at := slices.IndexFunc(out, func(o Change) bool {
			return o.Kind == Added && o.Before == nil && (t.Schedule != "") == scheduled(c.to, o) && (len(t.After) > 0) == follows(c.to, o)
		})
		if at >= 0 {
			out[at].Kind, out[at].Before = Changed, triggerOf(c.from, t)
			continue
		}
		out = append(out, Change{Kind: Removed, Part: PartTrigger, Before: triggerOf(c.from, t)})
	}
	return out
}

func triggerAt(doc *flow.Document, c Change) flow.Trigger {
	i, _ := strconv.Atoi(c.Path) // written above
	return doc.Spec.Triggers[i-1]
}

func scheduled(doc *flow.Document, c Change) bool { return triggerAt(doc, c).Schedule != "" }
func follows(doc *flow.Document, c Change) bool   { return len(triggerAt(doc, c).After) > 0 }

// encoded gives the members of a part of a document.
func encoded(part any) item.Value {
	raw, err := json.Marshal(part)
	if err != nil {
		return item.Value{} // a draft may hold raw parts that are no JSON
	}
	return item.Of(raw)
}

func (c *comparer) params() []Change {
	rows := func(doc *flow.Document) []row {
		var all []row
		for i := range doc.Spec.Params {
			p := doc.Spec.Params[i]
			all = append(all, row{key: p.Key, name: p.Title, value: encoded(p)})
		}
		return all
	}
	return compareRows(rows(c.from), rows(c.to), table{part: PartParam, identity: "key", shown: "default"})
}

func (c *comparer) uses() []Change {
	rows := func(doc *flow.Document) []row {
		var all []row
		for _, alias := range slices.Sorted(maps.Keys(doc.Spec.Uses)) {
			all = append(all, row{key: alias, name: doc.Spec.Uses[alias].Title, value: encoded(doc.Spec.Uses[alias])})
		}
		return all
	}
	return compareRows(rows(c.from), rows(c.to), table{part: PartUse, shown: "flow"})
}

func operations(a, b *flow.Document) []Change {
	rows := func(doc *flow.Document) []row {
		var all []row
		for _, name := range slices.Sorted(maps.Keys(doc.Spec.Operations)) {
			all = append(all, row{key: name, value: item.Of(doc.Spec.Operations[name])})
		}
		return all
	}
	return compareRows(rows(a), rows(b), table{part: PartOperation})
}

func (c *comparer) tests() []Change {
	rows := func(doc *flow.Document) []row {
		var all []row
		for i := range doc.Spec.Tests {
			all = append(all, row{key: doc.Spec.Tests[i].Name, name: doc.Spec.Tests[i].Node, value: encoded(doc.Spec.Tests[i])})
		}
		return all
	}
	return compareRows(rows(c.from), rows(c.to), table{part: PartTest, identity: "name", loose: true})
}

// byName compares texts by their names.
func byName(part string, before, after map[string]string) []Change {
	var out []Change
	for _, name := range slices.Compact(slices.Sorted(func(yield func(string) bool) {
		for _, m := range []map[string]string{before, after} {
			for name := range m {
				if !yield(name) {
					return
				}
			}
		}
	})) {
		was, old := before[name]
		is, now := after[name]
		switch {
		case old && now && was != is:
			out = append(out, Change{Kind: Changed, Part: part, Path: name, Before: &Said{Text: was}, After: &Said{Text: is}})
		case old && !now:
			out = append(out, Change{Kind: Removed, Part: part, Path: name, Before: &Said{Text: was}})
		case now && !old:
			out = append(out, Change{Kind: Added, Part: part, Path: name, After: &Said{Text: is}})
		}
	}
	return out
}

// texts compares two texts, "" standing for nothing.
func texts(part, path, before, after string) []Change {
	if before == after {
		return nil
	}
	c := Change{Kind: Changed, Part: part, Path: path}
	if before != "" {
		c.Before = &Said{Text: before}
	} else {
		c.Kind = Added
	}
	if after != "" {
		c.After = &Said{Text: after}
	} else {
		c.Kind = Removed
	}
	return []Change{c}
}

func join(names []string) string { return strings.Join(names, ", ") }
