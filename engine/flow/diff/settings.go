package diff

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/flow/words"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// settings compares the settings of one node.
type settings struct {
	fields func(key string) []field.Field
}

// way leads to a setting.
type way struct {
	path   string
	titles []field.Text
}

func (w *way) to(key string, title field.Text) *way {
	next := way{path: key}
	if w != nil {
		next.path, next.titles = w.path+"."+key, slices.Clone(w.titles)
	}
	if title != (field.Text{}) {
		next.titles = append(next.titles, title)
	}
	return &next
}

// compare compares two objects of settings; w is nil at the root.
func (s settings) compare(w *way, declared []field.Setting, before, after item.Value) []Change {
	var out []Change
	known := map[string]bool{}
	for i := range declared {
		d := &declared[i]
		known[d.Key] = true
		out = append(out, s.setting(w.to(d.Key, d.Title), d, before.Field(d.Key), after.Field(d.Key))...)
	}
	for _, v := range []item.Value{before, after} {
		for key := range v.Fields() {
			if !known[key] {
				known[key] = true
				out = append(out, s.setting(w.to(key, field.Text{}), &field.Setting{Key: key}, before.Field(key), after.Field(key))...)
			}
		}
	}
	return out
}

func (s settings) setting(w *way, d *field.Setting, before, after item.Value) []Change {
	if words.Canonical(before) == words.Canonical(after) || empty(before) && empty(after) {
		return nil
	}
	lists := list(before) && list(after)
	switch {
	case d.Kind == field.GroupOf && object(before) && object(after):
		return s.compare(w, d.Items, before, after)
	case d.Kind == field.Mapping && lists:
		return s.mapping(w, before, after)
	case d.Kind == field.Params && lists:
		return compareRows(rowsOf(before, "field"), rowsOf(after, "field"), table{part: string(d.Kind), way: w, identity: "field", shown: "value", fields: s.fields(w.path)})
	case d.Kind == field.List && len(d.Items) > 0 && lists:
		t := table{part: string(d.Kind), way: w, identity: identity(d.Items)}
		t.nested = func(w *way, key string, was, is item.Value) ([]Change, bool) {
			at := slices.IndexFunc(d.Items, func(i field.Setting) bool { return i.Key == key })
			if at < 0 {
				return nil, false
			}
			return s.setting(w.to(key, d.Items[at].Title), &d.Items[at], was, is), true
		}
		return compareRows(rowsOf(before, t.identity), rowsOf(after, t.identity), t)
	case d.Kind == "" && object(before) && object(after):
		return s.compare(w, nil, before, after)
	}
	return []Change{plain(w, d, before, after)}
}

// plain compares what has no parts.
func plain(w *way, d *field.Setting, before, after item.Value) Change {
	c := Change{Kind: Changed, Part: cmp.Or(string(d.Kind), PartOther), Path: w.path, Titles: w.titles, Before: said(d, before), After: said(d, after)}
	return lined(c)
}

// lined tells a text of several lines by those that differ, and says what became of it.
func lined(c Change) Change {
	switch {
	case c.Before == nil:
		c.Kind = Added
	case c.After == nil:
		c.Kind = Removed
	}
	long := func(s *Said) bool { return s != nil && strings.Contains(s.Text, "\n") }
	if c.Part == string(field.Script) || long(c.Before) || long(c.After) {
		var before, after string
		if c.Before != nil {
			before = c.Before.Text
		}
		if c.After != nil {
			after = c.After.Text
		}
		c.Hunks, c.Before, c.After = Lines(before, after), nil, nil
	}
	return c
}

// said gives a value as people read it; nil where there is none.
func said(d *field.Setting, v item.Value) *Said {
	if v.Kind() == item.None || v.Kind() == item.Null {
		return nil
	}
	text, title := words.Setting(d, v)
	return &Said{Text: text, Title: title}
}

// identity is the member that tells the rows of a list apart: the first that is required, or the first.
func identity(items []field.Setting) string {
	for _, i := range items {
		if i.Required {
			return i.Key
		}
	}
	return items[0].Key
}

// mapping compares the rows of a mapping by the fields that they fill, those below lists and
// objects too.
func (s settings) mapping(w *way, before, after item.Value) []Change {
	t := table{part: string(field.Mapping), way: w, identity: "field", shown: "value", fields: s.fields(w.path)}
	return s.rows(t, before, after)
}

func (s settings) rows(t table, before, after item.Value) []Change {
	t.nested = func(_ *way, key string, was, is item.Value) ([]Change, bool) { return nil, key == "children" }
	below := func(prefix string, was, is item.Value) []Change {
		inner := t
		inner.prefix, inner.fields = prefix, nil
		for _, f := range t.fields {
			if prefix == t.prefix+f.Name+"." {
				inner.fields = f.Children
			}
		}
		return s.rows(inner, was, is)
	}
	was, is := rowsOf(before, t.identity), rowsOf(after, t.identity)
	out := compareRows(was, is, t)
	for _, now := range is {
		var old item.Value
		if at := slices.IndexFunc(was, func(r row) bool { return r.key == now.key }); at >= 0 {
			old = was[at].value.Field("children")
		}
		out = append(out, below(t.prefix+now.key+".", old, now.value.Field("children"))...)
	}
	for _, old := range was {
		if !slices.ContainsFunc(is, func(r row) bool { return r.key == old.key }) {
			out = append(out, below(t.prefix+old.key+".", old.value.Field("children"), item.Value{})...)
		}
	}
	return out
}

// row is an element of a list with what tells it from the others.
type row struct {
	key, name string
	value     item.Value
}

// rowsOf gives the elements of a list; those that repeat a key are numbered.
func rowsOf(v item.Value, identity string) []row {
	var out []row
	seen := map[string]int{}
	for e := range v.Elements() {
		r := row{key: words.Plain(e), value: e}
		if object(e) {
			r.key, r.name = words.Plain(e.Field(identity)), e.Field("title").Text()
			if r.name == "" {
				r.name = e.Field("label").Text()
			}
		}
		if seen[r.key]++; seen[r.key] > 1 {
			r.key += " #" + strconv.Itoa(seen[r.key])
		}
		out = append(out, r)
	}
	return out
}

// table says how rows are compared.
type table struct {
	part string
	way  *way
	// prefix comes before the keys in paths.
	prefix   string
	identity string
	// shown is the member that stands for a row that came or went; "" is all of it.
	shown  string
	fields []field.Field
	// loose rows have no order.
	loose bool
	// nested compares a member that has parts; false where it has none.
	nested func(w *way, key string, before, after item.Value) ([]Change, bool)
}

func (t table) change(kind Kind, r row) Change {
	c := Change{Kind: kind, Part: t.part, Path: t.prefix + r.key, Name: r.name}
	if t.way != nil {
		c.Path, c.Titles = t.way.path+"."+c.Path, t.way.titles
	}
	if c.Name == "" {
		if f := field.Find(t.fields, r.key); f != nil && f.Title != (field.Text{}) {
			c.Titles = append(slices.Clone(c.Titles), f.Title)
		}
	}
	return c
}

func (t table) said(r row) *Said {
	v := r.value
	if t.shown != "" && object(v) {
		v = v.Field(t.shown)
		if v.Kind() == item.None {
			return &Said{}
		}
	}
	return &Said{Text: words.Plain(v)}
}

// compareRows compares rows by their keys.
func compareRows(before, after []row, t table) []Change {
	var out []Change
	place := map[string]int{}
	for i, r := range before {
		place[r.key] = i
	}
	var common []int
	for _, r := range after {
		if at, there := place[r.key]; there {
			common = append(common, at)
		}
	}
	stay := increasing(common)
	kept := map[string]bool{}
	for i, r := range after {
		at, there := place[r.key]
		if !there {
			c := t.change(Added, r)
			c.After = t.said(r)
			out = append(out, c)
			continue
		}
		kept[r.key] = true
		out = append(out, t.members(before[at], r)...)
		if !stay[at] && !t.loose {
			c := t.change(Moved, r)
			c.Before, c.After = &Said{Text: strconv.Itoa(at + 1)}, &Said{Text: strconv.Itoa(i + 1)}
			out = append(out, c)
		}
	}
	for _, r := range before {
		if !kept[r.key] {
			c := t.change(Removed, r)
			c.Before = t.said(r)
			out = append(out, c)
		}
	}
	return out
}

// members compares what two rows with the same key say.
func (t table) members(before, after row) []Change {
	if words.Canonical(before.value) == words.Canonical(after.value) {
		return nil
	}
	if !object(before.value) || !object(after.value) {
		c := t.change(Changed, after)
		c.Before, c.After = &Said{Text: words.Plain(before.value)}, &Said{Text: words.Plain(after.value)}
		return []Change{lined(c)}
	}
	var out []Change
	done := map[string]bool{t.identity: true}
	for _, v := range []item.Value{after.value, before.value} {
		for key := range v.Fields() {
			was, is := before.value.Field(key), after.value.Field(key)
			if done[key] || words.Canonical(was) == words.Canonical(is) {
				continue
			}
			done[key] = true
			c := t.change(Changed, after)
			if t.nested != nil {
				if inner, ok := t.nested(t.way.to(t.prefix+after.key, field.Text{}), key, was, is); ok {
					out = append(out, inner...)
					continue
				}
			}
			c.Member, c.Before, c.After = key, said(&field.Setting{}, was), said(&field.Setting{}, is)
			if c = lined(c); c.Kind != Changed {
				c.Kind = Changed // the row stays, whatever comes to it
			}
			out = append(out, c)
		}
	}
	return out
}

// increasing marks of distinct numbers the most that stand in growing order: what is not
// among them was moved.
func increasing(numbers []int) map[int]bool {
	best, from := make([]int, len(numbers)), make([]int, len(numbers))
	last := -1
	for i, n := range numbers {
		best[i], from[i] = 1, -1
		for j := range i {
			if numbers[j] < n && best[j]+1 > best[i] {
				best[i], from[i] = best[j]+1, j
			}
		}
		if last < 0 || best[i] > best[last] {
			last = i
		}
	}
	kept := map[int]bool{}
	for ; last >= 0; last = from[last] {
		kept[numbers[last]] = true
	}
	return kept
}

// empty reports whether a setting says nothing.
func empty(v item.Value) bool {
	c := words.Canonical(v)
	return v.Blank() || c == "[]" || c == "{}"
}

func list(v item.Value) bool   { return v.Kind() == item.Array || v.Kind() == item.None }
func object(v item.Value) bool { return v.Kind() == item.Object }
