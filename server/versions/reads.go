package versions

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/versions/mapdoc"
)

// read gives the fields of a source that the flow uses, in the order in which its connector
// declares them: those that its own settings and the nodes behind it name. What a script reads
// nobody knows.
func (w *writer) read(n *flow.Node, response []field.Field) [][]string {
	used := map[string]bool{}
	placeholder := regexp.MustCompile(`\{\{\s*([^{}|\s]+)`)
	below := w.graph.Downstream(n.ID)
	for i := range w.doc.Spec.Nodes {
		other := &w.doc.Spec.Nodes[i]
		if other.ID != n.ID && !below[other.ID] {
			continue
		}
		for _, m := range placeholder.FindAllStringSubmatch(string(other.Settings), -1) {
			used[strings.TrimPrefix(m[1], "source.")] = true
		}
		names(item.Of(other.Settings), used)
	}
	var rows [][]string
	done := map[string]bool{}
	var walk func(fields []field.Field, prefix string)
	walk = func(fields []field.Field, prefix string) {
		for _, f := range fields {
			path := prefix + f.Name
			if needed(used, path) && !done[path] {
				done[path] = true
				rows = append(rows, []string{path, w.pick(f.Title), cmp.Or(string(f.Type), string(field.String)), ""})
			}
			walk(f.Children, path+".")
		}
	}
	walk(response, "")
	walk(w.seen(n), "")
	return rows
}

// seen are the fields that samples had and people wrote down.
func (w *writer) seen(n *flow.Node) []field.Field {
	var fields []field.Field
	for f := range item.Of(n.Settings).Field("fields").Elements() {
		fields = append(fields, field.Field{Name: f.Field("field").Text(), Title: field.Text{ZH: f.Field("title").Text()}, Type: field.Type(f.Field("type").Text())})
	}
	return fields
}

// names adds the fields that conditions compare and the lists that rows are made of.
func names(v item.Value, used map[string]bool) {
	switch v.Kind() {
	case item.Array:
		for e := range v.Elements() {
			names(e, used)
		}
	case item.Object:
		if v.Field("logic").Kind() != item.None {
			used[v.Field("field").Text()] = true
		}
		if v.Field("children").Kind() == item.Array {
			used[v.Field("value").Text()] = true
		}
		for _, e := range v.Fields() {
			names(e, used)
		}
	default:
	}
}

// needed reports whether a field or one below it is used.
func needed(used map[string]bool, path string) bool {
	if used[path] {
		return true
	}
	for u := range used {
		if strings.HasPrefix(u, path+".") {
			return true
		}
	}
	return false
}

// codeTables are those that the flow names: with their rows where these are few.
func (w *writer) codeTables() (mapdoc.Section, error) {
	s := mapdoc.Section{Title: w.say("对照表", "Code tables")}
	named := map[string]bool{}
	for i := range w.doc.Spec.Nodes {
		tables(item.Of(w.doc.Spec.Nodes[i].Settings), named)
	}
	if len(named) == 0 {
		return s, nil
	}
	all, err := w.s.Codes.List(w.ctx)
	if err != nil {
		return s, err
	}
	for _, t := range all {
		if !named[t.Name] {
			continue
		}
		delete(named, t.Name)
		s.Facts = append(s.Facts, mapdoc.Fact{Name: t.Name, Value: strconv.Itoa(t.Rows) + w.say(" 行", " rows")})
		if t.Rows == 0 || t.Rows > mostCodes {
			continue
		}
		page, err := w.s.Codes.Page(w.ctx, strconv.FormatInt(int64(t.ID), 10), codetable.Filter{Limit: mostCodes})
		if fault.CodeOf(err) == access.Missing().Code {
			continue // deleted meanwhile
		}
		if err != nil {
			return s, err
		}
		rows := make([][]string, len(page.Items))
		for i, r := range page.Items {
			rows[i] = []string{r.Source, r.Target, r.Note}
		}
		s.Tables = append(s.Tables, mapdoc.Table{
			Title: t.Name, Sheet: w.say("对照表 ", "Codes ") + t.Name, Heading: []string{w.say("源值", "Source"), w.say("目标值", "Target"), w.say("说明", "Note")}, Rows: rows,
		})
	}
	for _, name := range slices.Sorted(maps.Keys(named)) {
		s.Facts = append(s.Facts, mapdoc.Fact{Name: name, Value: w.say("没有这张表", "There is no such table")})
	}
	return s, nil
}

// tables adds the code tables that settings name.
func tables(v item.Value, named map[string]bool) {
	switch v.Kind() {
	case item.Array:
		for e := range v.Elements() {
			tables(e, named)
		}
	case item.Object:
		if t := v.Field("table"); t.Kind() == item.String && !t.Blank() {
			named[t.Text()] = true
		}
		for _, e := range v.Fields() {
			tables(e, named)
		}
	default:
	}
}
