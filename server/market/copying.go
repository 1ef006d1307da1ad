package market

import (
	"cmp"
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/market/template"
)

// TableChoice is what becomes of a code table: made under its own name, made under
// another one, or the workspace's own of that name used as it is.
type TableChoice struct {
	Name  string
	Reuse bool
}

// Wish is what a copy is made with.
type Wish struct {
	// Connections are names by slot, Flows ids by the aliases of flow slots.
	Connections, Flows map[string]string
	// Params are the values to start with, by key.
	Params map[string]json.RawMessage
	// Tables are choices by the template's names; one without is made as it is named.
	Tables map[string]TableChoice
	// Start is where sources begin to read, as 2006-01-02 15:04:05 in the flows' own zone;
	// "" leaves it as the template says.
	Start string
	// Version is the template's, "" for the newest.
	Version string
}

// CopiedTable says what became of a code table.
type CopiedTable struct {
	Table, Name string
	Created     bool
}

// CopiedFlow is a flow of a copy.
type CopiedFlow struct{ ID, Title string }

// Copied is a copy.
type Copied struct {
	Flows  []CopiedFlow
	Tables []CopiedTable
}

// Copy makes flows and code tables of a template, all or none. Flows are drafts, stopped.
func (s *Service) Copy(ctx context.Context, id string, wish Wish) (Copied, error) {
	v, err := s.find(ctx, access.Edit, id, wish.Version)
	if err != nil {
		return Copied{}, err
	}
	t := v.Template
	if v.Fault != nil {
		return Copied{}, v.Fault
	}
	if found := t.Problems(); v.Origin != BuiltIn && len(found) > 0 {
		return Copied{}, found[0]
	}
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Copied{}, err
	}
	b := template.Binding{Connections: wish.Connections, Params: wish.Params, Tables: map[string]string{}, Flows: map[string]string{}, Start: wish.Start}
	if _, err := time.Parse(time.DateTime, wish.Start); wish.Start != "" && err != nil {
		return Copied{}, fault.New("template.start", "%s is no time to begin at", wish.Start).At("startFrom").Classed(fault.Data).
			Hinted("give a time such as 2026-01-01 00:00:00")
	}
	if err := s.connect(ctx, t, wish); err != nil {
		return Copied{}, err
	}
	if err := s.join(ctx, t, wish, b.Flows); err != nil {
		return Copied{}, err
	}
	if err := params(t, wish); err != nil {
		return Copied{}, err
	}
	now := ledger.At(s.Clock())
	made, tables, err := s.codes(ctx, t, wish, p.Workspace, now)
	if err != nil {
		return Copied{}, err
	}
	for _, c := range tables {
		b.Tables[c.Table] = c.Name
	}
	for _, doc := range t.Spec.Flows {
		b.Flows[doc.Metadata.ID] = s.NewID()
	}
	docs, err := t.Bind(b)
	if err != nil {
		return Copied{}, err
	}
	flows, err := s.Flows.Prepare(ctx, docs)
	if err != nil {
		return Copied{}, err
	}
	if err := s.Store.Make(ctx, p.Workspace, flows, made, now); err != nil {
		return Copied{}, err
	}
	out := Copied{Tables: tables}
	for _, f := range flows {
		// Flows that name each other are judged anew, now that all are there; a failure is told where the flow is opened.
		_, _ = s.Flows.Get(ctx, f.PublicID)
		out.Flows = append(out.Flows, CopiedFlow{f.PublicID, f.Title})
	}
	s.Log.InfoContext(ctx, "a template was copied", "template", id, "version", t.Metadata.Version, "flows", len(flows), "by", p.Name)
	return out, nil
}

// connect checks that every slot has a connection of its connector.
func (s *Service) connect(ctx context.Context, t *template.Template, wish Wish) error {
	have, err := s.Connections.List(ctx)
	if err != nil {
		return err
	}
	known, err := s.Connectors.Connectors(ctx)
	if err != nil {
		return err
	}
	for _, n := range needs(t, known) {
		if n.Installed == "" {
			return fault.New("template.connector_missing", "the connector %s is not installed", n.Connector).At("connections").Classed(fault.Config).
				Arg("connector", n.Connector).Hinted("install it on the page of plugins")
		}
		if !n.Fits {
			return fault.New("template.connector_version", "connector %s is there in version %s, and the template wants %s", n.Connector, n.Installed, n.Versions).
				At("connections").Classed(fault.Config).Hinted("install a version in the range")
		}
	}
	for _, slot := range t.Spec.Connections {
		name := wish.Connections[slot.Slot]
		if name == "" {
			return fault.New("template.connection_missing", "choose a connection for %s", slot.Slot).At("connections." + slot.Slot).Classed(fault.Data)
		}
		i := slices.IndexFunc(have, func(v connection.View) bool { return v.Name == name })
		if i < 0 {
			return fault.New("template.connection_unknown", "there is no connection named %s", name).At("connections." + slot.Slot).Classed(fault.Data).
				Hinted("make the connection first")
		}
		if have[i].Connector != slot.Connector {
			return fault.New("template.connection_other", "connection %s is one of %s, and %s is needed", name, have[i].Connector, slot.Connector).
				At("connections." + slot.Slot).Classed(fault.Data).Hinted("choose a connection of the connector that is needed")
		}
	}
	return nil
}

// join puts the flows of flow slots under their aliases.
func (s *Service) join(ctx context.Context, t *template.Template, wish Wish, into map[string]string) error {
	for _, slot := range t.Spec.FlowSlots {
		id := wish.Flows[slot.Alias]
		at := "flows." + slot.Alias
		if id == "" {
			return fault.New("template.flow_missing", "choose a flow for %s", slot.Alias).At(at).Classed(fault.Data)
		}
		if _, err := s.Flows.Get(ctx, id); err != nil {
			if fault.CodeOf(err) == access.Missing().Code {
				return fault.New("template.flow_unknown", "there is no flow %s", id).At(at).Classed(fault.Data).Hinted("choose a flow of this workspace")
			}
			return err
		}
		into[slot.Alias] = id
	}
	return nil
}

// params refuses values that no flow asks for, and required ones that are missing.
func params(t *template.Template, wish Wish) error {
	known := map[string]bool{}
	for _, doc := range t.Spec.Flows {
		for _, p := range doc.Spec.Params {
			known[p.Key] = true
			given := wish.Params[p.Key]
			if len(given) > 0 && !fits(p.Type, given) {
				return fault.New("template.param_type", "parameter %s is of type %s", p.Key, cmp.Or(p.Type, "string")).At("params." + p.Key).Classed(fault.Data)
			}
			if p.Required && len(p.Default) == 0 && (len(given) == 0 || string(given) == `""` || string(given) == "null") {
				return fault.New("template.param_missing", "parameter %s needs a value", p.Key).At("params." + p.Key).Classed(fault.Data)
			}
		}
	}
	for key := range wish.Params {
		if !known[key] {
			return fault.New("template.param_unknown", "the template has no parameter %s", key).At("params." + key).Classed(fault.Data)
		}
	}
	return nil
}

// fits tells whether a value is of a parameter's type. A decimal is a number or a text of
// one, so that no digit is lost on its way.
func fits(kind string, given json.RawMessage) bool {
	text := strings.TrimSpace(string(given))
	switch kind {
	case "int":
		return regexp.MustCompile(`^-?\d+$`).MatchString(text)
	case "decimal":
		return regexp.MustCompile(`^("[+-]?\d+(\.\d+)?"|-?\d+(\.\d+)?)$`).MatchString(text)
	case "bool":
		return text == "true" || text == "false"
	}
	return strings.HasPrefix(text, `"`)
}

// codes decides on code tables. One that is there is never overwritten.
func (s *Service) codes(ctx context.Context, t *template.Template, wish Wish, workspace ledger.ID, now ledger.Millis) ([]NewTable, []CopiedTable, error) {
	have, err := s.Tables.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	var made []NewTable
	var all []CopiedTable
	for _, c := range t.Spec.CodeTables {
		choice := wish.Tables[c.Name]
		if choice.Name == "" {
			choice.Name = c.Name
		}
		there := slices.ContainsFunc(have, func(t codetable.Table) bool { return t.Name == choice.Name })
		switch {
		case choice.Reuse && !there:
			return nil, nil, fault.New("template.table_unknown", "there is no code table %s", choice.Name).At("tables." + c.Name).Classed(fault.Data)
		case !choice.Reuse && there:
			return nil, nil, TableExists(choice.Name)
		case !choice.Reuse:
			if err := codetable.CheckName(choice.Name); err != nil {
				return nil, nil, err
			}
			table := NewTable{Table: codetable.Table{Workspace: workspace, Name: choice.Name, Title: c.Title.ZH, Updated: now}}
			for _, r := range c.Rows {
				table.Rows = append(table.Rows, codetable.Row{Source: r.Source, Target: r.Target, Note: r.Note})
			}
			if err := cmp.Or(codetable.CheckTitle(table.Title), codetable.CheckRows(table.Rows)); err != nil {
				return nil, nil, fault.From(err).Under("tables." + c.Name)
			}
			made = append(made, table)
		}
		all = append(all, CopiedTable{c.Name, choice.Name, !choice.Reuse})
	}
	return made, all, nil
}
