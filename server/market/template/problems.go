package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
)

// InRange reports whether a version fulfils every part of a range such as
// ">=1.0.0 <2.0.0"; a bare "1.2" is any 1.2.x, "" is any version.
func InRange(want, have string) bool {
	for part := range strings.FieldsSeq(want) {
		switch {
		case strings.HasPrefix(part, ">="):
			if version.Compare(have, part[2:]) < 0 {
				return false
			}
		case strings.HasPrefix(part, "<"):
			if version.Compare(have, part[1:]) >= 0 {
				return false
			}
		case !version.Matches(part, have):
			return false
		}
	}
	return true
}

// finder collects what is wrong.
type finder struct{ found []*fault.Fault }

func (f *finder) add(path, code, format string, args ...any) {
	f.found = append(f.found, fault.New(code, format, args...).At(path).Classed(fault.Data))
}

// The most bytes of a title or another short text, and of a page.
const (
	maxWords = 1000
	maxPage  = 200_000
)

func (f *finder) words(path string, t field.Text) {
	most := maxWords
	if path == "spec.docs" {
		most = maxPage
	}
	if len(t.ZH) > most || len(t.EN) > most {
		f.add(path, "template.words_long", "%s has more than %d bytes", path, most)
	}
	if strings.TrimSpace(t.ZH) == "" || strings.TrimSpace(t.EN) == "" {
		f.add(path, "template.words", "%s needs words in Chinese and in English", path)
	}
}

// Problems tells everything that is wrong with a template by itself, in the order of
// the document; a template that has any is neither listed nor copied.
func (t *Template) Problems() []*fault.Fault {
	f := &finder{}
	m := t.Metadata
	if !regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`).MatchString(m.ID) || len(m.ID) > 100 {
		f.add("metadata.id", "template.id", "the id is not of small letters, digits and single hyphens")
	}
	if !Semantic(m.Version) {
		f.add("metadata.version", "template.version", "the version is not of three numbers such as 1.0.0")
	}
	f.words("metadata.title", m.Title)
	f.words("metadata.summary", m.Summary)
	if len(m.Author) > maxWords || len(m.Licence) > maxWords {
		f.add("metadata.author", "template.words_long", "%s has more than %d bytes", "metadata.author", maxWords)
	}
	if m.Author == "" || m.Licence == "" {
		f.add("metadata.author", "template.words", "a template names its author and its licence")
	}
	f.ranged("metadata.karez", m.Karez)
	f.words("spec.docs", t.Spec.Docs)
	if len(t.Spec.Changelog) == 0 || t.Spec.Changelog[0].Version != m.Version {
		f.add("spec.changelog", "template.changelog", "the changelog does not begin with version %s", m.Version)
	}
	t.slots(f)
	t.flows(f)
	secrets := t.Secrets()
	for _, path := range slices.Sorted(maps.Keys(secrets)) {
		f.found = append(f.found, fault.New(CodeSecret, "the template gives a secret away at %s: %s", path, secrets[path]).At(path).Classed(fault.Data).
			Hinted("take it out; a credential belongs into a connection, a value that differs into a parameter"))
	}
	return f.found
}

// Semantic reports whether a version is of three numbers.
func Semantic(v string) bool { return regexp.MustCompile(`^\d{1,6}\.\d{1,6}\.\d{1,6}$`).MatchString(v) }

func (f *finder) ranged(path, text string) {
	if text != "" && !regexp.MustCompile(`^(>=|<)?\d+(\.\d+){0,2}( (>=|<)?\d+(\.\d+){0,2})*$`).MatchString(text) {
		f.add(path, "template.range", "%q is no range of versions such as >=1.0.0 <2.0.0", text)
	}
}

func (t *Template) slots(f *finder) {
	seen := map[string]bool{}
	for i, s := range t.Spec.Connections {
		at := fmt.Sprintf("spec.connections[%d]", i)
		if s.Slot == "" || seen["c"+s.Slot] {
			f.add(at+".slot", "template.slot", "every connection slot has a name, each once")
		}
		seen["c"+s.Slot] = true
		if s.Connector == "" {
			f.add(at+".connector", "template.slot", "slot %s names no connector", s.Slot)
		}
		f.ranged(at+".versions", s.Versions)
		f.words(at+".title", s.Title)
	}
	for i, s := range t.Spec.FlowSlots {
		at := fmt.Sprintf("spec.flowSlots[%d]", i)
		if s.Alias == "" || seen["f"+s.Alias] {
			f.add(at+".alias", "template.slot", "every flow slot has an alias, each once")
		}
		seen["f"+s.Alias] = true
		f.words(at+".title", s.Title)
	}
	for i, c := range t.Spec.CodeTables {
		at := fmt.Sprintf("spec.codeTables[%d]", i)
		if c.Name == "" || seen["t"+c.Name] {
			f.add(at+".name", "template.slot", "every code table has a name, each once")
		}
		seen["t"+c.Name] = true
		f.words(at+".title", c.Title)
	}
}

// flows looks whether the flows use what the template declares, and nothing else.
func (t *Template) flows(f *finder) {
	if len(t.Spec.Flows) == 0 {
		f.add("spec.flows", "template.flow", "a template has at least one flow")
	}
	ids, used, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, doc := range t.Spec.Flows {
		at := fmt.Sprintf("spec.flows[%d]", i)
		if doc.Metadata.ID == "" || ids[doc.Metadata.ID] {
			f.add(at+".metadata.id", "template.flow", "every flow of a template has an id, each once")
		}
		ids[doc.Metadata.ID] = true
		if len(doc.Spec.Connections) > 0 {
			f.add(at+".spec.connections", "template.account", "a flow of a template holds no accounts")
		}
		for _, p := range doc.Spec.Params {
			keys[p.Key] = true
		}
	}
	for i, doc := range t.Spec.Flows {
		t.declared(f, fmt.Sprintf("spec.flows[%d].spec", i), doc, ids)
		for _, name := range Connections(doc) {
			used[name] = true
		}
	}
	for i, s := range t.Spec.Connections {
		if !used[s.Slot] {
			f.add(fmt.Sprintf("spec.connections[%d]", i), "template.slot", "no flow uses slot %s", s.Slot)
		}
	}
	for i, p := range t.Spec.Params {
		if !keys[p.Key] {
			f.add(fmt.Sprintf("spec.params[%d]", i), "template.param", "no flow has a parameter %s", p.Key)
		}
	}
}

// declared looks whether what a flow names is the template's. ids are those of its flows.
func (t *Template) declared(f *finder, at string, doc *flow.Document, ids map[string]bool) {
	for _, name := range Connections(doc) {
		if !slices.ContainsFunc(t.Spec.Connections, func(s Slot) bool { return s.Slot == name }) {
			f.add(at, "template.slot", "a node's connection %s is no slot of the template", name)
		}
	}
	for _, name := range Tables(doc) {
		if !slices.ContainsFunc(t.Spec.CodeTables, func(c CodeTable) bool { return c.Name == name }) {
			f.add(at, "template.table", "the flow names a code table %s that the template does not declare", name)
		}
	}
	for alias, u := range doc.Spec.Uses {
		slot := slices.ContainsFunc(t.Spec.FlowSlots, func(s FlowSlot) bool { return s.Alias == alias })
		if slot == (u.Flow != "") || u.Flow != "" && !ids[u.Flow] {
			f.add(at+".uses."+alias, "template.foreign", "alias %s is neither a flow of the template nor a slot", alias)
		}
	}
}

// Connections gives the connections that a flow's nodes name, each once, in order:
// their own, and those that settings name, as a look-up does.
func Connections(doc *flow.Document) []string {
	var names []string
	for _, n := range doc.Spec.Nodes {
		names = append(names, n.Connection)
		walk("", decoded(n.Settings), func(_, key string, v any) any {
			if name, ok := v.(string); ok && key == "connection" {
				names = append(names, name)
			}
			return v
		})
	}
	return each(names)
}

// Tables gives the code tables that a flow's nodes name, each once, in order.
func Tables(doc *flow.Document) []string {
	var names []string
	for _, n := range doc.Spec.Nodes {
		walk("", decoded(n.Settings), func(_, key string, v any) any {
			if name, ok := v.(string); ok && isTable(key) {
				names = append(names, name)
			}
			return v
		})
	}
	return each(names)
}

func isTable(key string) bool { return key == "table" || key == "codeTable" }

func each(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// decoded reads settings with their numbers as they are written; nil where they can't be read.
func decoded(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// walk visits members of objects, in no order, and puts what visit gives in their place.
func walk(path string, v any, visit func(path, key string, v any) any) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			walk(fmt.Sprintf("%s[%d]", path, i), e, visit)
		}
	case map[string]any:
		for key, e := range v {
			at := strings.TrimPrefix(path+"."+key, ".")
			v[key] = visit(at, key, e)
			walk(at, v[key], visit)
		}
	}
}
