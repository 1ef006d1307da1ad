// Package making makes a template of flows of a workspace: accounts become slots, other flows
// become slots or members, and what belongs to the workspace alone stays there or is told.
//
// It may import engine/flow, engine/plugpack/version, server/market/template, sdk/fault and
// sdk/field: never a service, a database or HTTP.
package making

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/market/template"
)

// Source is what a template is made of.
type Source struct {
	// Flows are those of the template, with the ids that they have in the workspace and with
	// the derived operations that they use.
	Flows []*flow.Document
	// Others are the other flows that those may lead to, by id.
	Others map[string]*flow.Document
	// Accounts are the connections of the workspace by name.
	Accounts map[string]Account
	// Tables are the code tables of the workspace by name, with the rows that go along.
	Tables map[string]template.CodeTable
	// Foreign are ids that hold in the workspace alone.
	Foreign []string
	// Before is the newest version that is there of the template, nil for none: what is not said
	// is as it was.
	Before *template.Template
}

// Account is a connection: its connector, and the version of that which serves.
type Account struct {
	Connector, Version string
	Title              field.Text
}

// Words are what a person says of a template. What is left out is filled in.
type Words struct {
	ID, Version                    string
	Title, Summary, Industry, Docs field.Text
	Author, Licence                string
	Changelog                      field.Text
	Slots                          map[string]Said
	Samples                        []template.Sample
	// Tests takes the flows' own tests along: the documents in them may be real ones.
	Tests bool
}

// Said are words about a slot.
type Said struct{ Title, Help field.Text }

// Codes of what stands against publishing a template, beside those of the template itself.
const (
	// CodeGrows means that the version is not newer than the newest that is there.
	CodeGrows = "template.version_grows"
	// CodeAlias means that one alias stands for two flows.
	CodeAlias = "template.alias"
	// CodeName means that the name of an account stands in a text.
	CodeName = "template.account_name"
	// CodeForeign means that something of the workspace alone stands in a text.
	CodeForeign = "template.foreign_id"
)

// maker makes one template.
type maker struct {
	Source
	Words

	t     *template.Template
	slots map[string]string // by account
	found []*fault.Fault
}

func (m *maker) add(path, code, hint, format string, args ...any) {
	m.found = append(m.found, fault.New(code, format, args...).At(path).Hinted("%s", hint).Classed(fault.Data))
}

// Make makes the template, and tells everything that stands against publishing it. The
// documents of the source stay as they are.
func Make(s Source, w Words) (*template.Template, []*fault.Fault, error) {
	m := &maker{Source: s, Words: w, t: &template.Template{APIVersion: template.APIVersion, Kind: template.Kind}, slots: map[string]string{}}
	if m.Before == nil {
		m.Before = &template.Template{}
	}
	ids := map[string]string{}
	for i, doc := range s.Flows {
		ids[doc.Metadata.ID] = "flow-" + strconv.Itoa(i+1)
	}
	for _, doc := range s.Flows {
		m.accounts(doc)
	}
	for i, doc := range s.Flows {
		made, err := m.flow(i, doc, ids)
		if err != nil {
			return nil, nil, err
		}
		m.t.Spec.Flows = append(m.t.Spec.Flows, made)
	}
	m.tables()
	m.words()
	m.grows()
	m.foreign()
	return m.t, append(m.t.Problems(), m.found...), nil
}

// accounts gives every connection that a flow names a slot, in the order of the nodes.
func (m *maker) accounts(doc *flow.Document) {
	var names []string
	for _, n := range doc.Spec.Nodes {
		names = append(names, n.Connection)
	}
	for _, name := range append(names, template.Connections(doc)...) {
		account, known := m.Accounts[name]
		if _, done := m.slots[name]; name == "" || done || !known {
			continue
		}
		slot := account.Connector
		for n := 2; m.has(slot); n++ {
			slot = account.Connector + "-" + strconv.Itoa(n)
		}
		m.slots[name] = slot
		made := template.Slot{Slot: slot, Connector: account.Connector, Versions: ranged(account.Version), Title: account.Title}
		if i := slices.IndexFunc(m.Before.Spec.Connections, func(s template.Slot) bool { return s.Slot == slot && s.Connector == made.Connector }); i >= 0 {
			made.Title, made.Help = m.Before.Spec.Connections[i].Title, m.Before.Spec.Connections[i].Help
		}
		said := m.Slots[slot]
		made.Title, made.Help = over(said.Title, over(made.Title, field.Text{ZH: account.Connector})), over(said.Help, made.Help)
		m.t.Spec.Connections = append(m.t.Spec.Connections, made)
	}
}

func (m *maker) has(slot string) bool {
	return slices.ContainsFunc(m.t.Spec.Connections, func(s template.Slot) bool { return s.Slot == slot })
}

// ranged gives the versions that go with one: those after it up to the next that may break.
func ranged(v string) string {
	parts := strings.Split(strings.SplitN(v, "-", 2)[0], ".")
	major, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) < 2 {
		return ""
	}
	return fmt.Sprintf(">=%d.%s <%d.0", major, parts[1], major+1)
}

// over gives what was said, in each language the other's words where it has none; what was
// before where nothing was said.
func over(said, before field.Text) field.Text {
	said.ZH, said.EN = strings.TrimSpace(said.ZH), strings.TrimSpace(said.EN)
	switch {
	case said.ZH == "" && said.EN == "":
		if before.ZH == "" && before.EN == "" {
			return before
		}
		return over(before, field.Text{})
	case said.ZH == "":
		said.ZH = said.EN
	case said.EN == "":
		said.EN = said.ZH
	}
	return said
}

// flow makes a flow of the template: without accounts, other flows by aliases only.
func (m *maker) flow(at int, from *flow.Document, ids map[string]string) (*flow.Document, error) {
	doc := &flow.Document{}
	if err := doc.UnmarshalJSON(from.JSON()); err != nil {
		return nil, fault.Wrap(err, "template.flow", "flow %d of the template can't be read", at+1)
	}
	m.aliases(at, from, ids)
	doc.Metadata.ID = ids[from.Metadata.ID]
	doc.Metadata.Labels = maps.Clone(doc.Metadata.Labels)
	delete(doc.Metadata.Labels, template.OriginLabel)
	delete(doc.Metadata.Labels, template.VersionLabel)
	doc.Spec.Connections = nil
	for _, s := range m.t.Spec.Connections { // the slots' ranges say it
		delete(doc.Spec.Connectors, s.Connector)
	}
	if !m.Tests {
		doc.Spec.Tests = nil
	}
	if err := (template.Binding{Connections: m.slots, Flows: ids}).Fill(doc); err != nil {
		return nil, err
	}
	m.named(doc)
	return doc, nil
}

// named puts the connector's name in the place of an account's in the titles of a flow.
func (m *maker) named(doc *flow.Document) {
	doc.Metadata.Title = m.plain(doc.Metadata.Title)
	for i := range doc.Spec.Nodes {
		doc.Spec.Nodes[i].Title = m.plain(doc.Spec.Nodes[i].Title)
	}
	for alias, u := range doc.Spec.Uses {
		u.Title = m.plain(u.Title)
		doc.Spec.Uses[alias] = u
	}
}

// plain puts connectors' names in the place of accounts' in a title, the longest first.
func (m *maker) plain(title string) string {
	for _, name := range slices.SortedFunc(maps.Keys(m.Accounts), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }) {
		if account := m.Accounts[name]; m.tells(name, true) && mentions(title, name) {
			title = strings.ReplaceAll(title, name, account.Title.ZH)
		}
	}
	return title
}

// aliases makes slots of the flows that a flow names and that do not go along.
func (m *maker) aliases(at int, doc *flow.Document, ids map[string]string) {
	for _, alias := range slices.Sorted(maps.Keys(doc.Spec.Uses)) {
		u := doc.Spec.Uses[alias]
		for before := range at {
			if other, ok := m.Flows[before].Spec.Uses[alias]; ok && other.Flow != u.Flow && (ids[u.Flow] == "" || ids[other.Flow] == "") {
				m.add(fmt.Sprintf("spec.flows[%d].spec.uses.%s", at, alias), CodeAlias, "give it another alias in one of the flows",
					"alias %s stands for different flows in two of the flows", alias)
			}
		}
		if ids[u.Flow] == "" && !slices.ContainsFunc(m.t.Spec.FlowSlots, func(s template.FlowSlot) bool { return s.Alias == alias }) {
			m.t.Spec.FlowSlots = append(m.t.Spec.FlowSlots, m.slotOf(alias, u))
		}
	}
}

// slotOf makes the slot of a flow that does not go along.
func (m *maker) slotOf(alias string, u flow.Use) template.FlowSlot {
	slot, title := template.FlowSlot{Alias: alias}, u.Title
	if other := m.Others[u.Flow]; other != nil {
		title = first(title, other.Metadata.Title)
		if slot.Object = other.Metadata.Labels["baseData"]; slot.Object != "" {
			for _, name := range template.Connections(other) {
				slot.Slot = first(slot.Slot, m.slots[name])
			}
		}
	}
	said := m.Slots[alias]
	slot.Title, slot.Help = over(said.Title, over(field.Text{ZH: m.plain(title)}, field.Text{ZH: alias})), over(said.Help, field.Text{})
	return slot
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// tables declares the code tables that the flows name.
func (m *maker) tables() {
	seen := map[string]bool{}
	for i, doc := range m.t.Spec.Flows {
		for _, name := range template.Tables(doc) {
			if seen[name] {
				continue
			}
			seen[name] = true
			table, ok := m.Tables[name]
			if !ok {
				m.add(fmt.Sprintf("spec.flows[%d].spec", i), "template.table_unknown", "make the code table, or take it out of the flow", "there is no code table %s", name)
				continue
			}
			table.Title = over(table.Title, field.Text{ZH: name})
			m.t.Spec.CodeTables = append(m.t.Spec.CodeTables, table)
		}
	}
}

// grows refuses a version that is not newer than the one before.
func (m *maker) grows() {
	if old := m.Before.Metadata.Version; old != "" && m.t.Metadata.ID == m.Before.Metadata.ID && version.Compare(m.t.Metadata.Version, old) <= 0 {
		m.add("metadata.version", CodeGrows, "give it a higher version: what is published never changes", "version %s is not newer than version %s, which is there already", m.t.Metadata.Version, old)
	}
}

// texts gives the texts of a document by their paths, and the names of its members.
func texts(doc *flow.Document, visit func(path, key, text string)) {
	var v any
	d := json.NewDecoder(strings.NewReader(string(doc.JSON())))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return
	}
	var walk func(path, key string, v any)
	walk = func(path, key string, v any) {
		switch v := v.(type) {
		case string:
			visit(path, key, v)
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s[%d]", path, i), key, e)
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				visit(path+"."+name, "", name)
				walk(path+"."+name, name, v[name])
			}
		}
	}
	walk("", "", v)
}
