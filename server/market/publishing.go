package market

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/market/making"
	"github.com/karezflow/karez/server/market/template"
	"github.com/karezflow/karez/server/market/templatepack"
)

// Codes of what stands against publishing flows.
const (
	// CodeNoFlow means that no flow was named, or one twice, or too many.
	CodeNoFlow = "template.flows"
	// CodeBroken means that a flow has problems itself.
	CodeBroken = "template.flow_broken"
	// CodeRows means that a code table has too many rows to go along.
	CodeRows = "template.rows_many"
)

const (
	maxFlows = 50
	maxRows  = 5000
)

// Making is what a template is made of.
type Making struct {
	making.Words

	// Flows are the ids of the workspace's flows.
	Flows []string
	// Rows are the code tables whose rows go along.
	Rows map[string]bool
}

// Draft is a template that is not published yet.
type Draft struct {
	View

	// Problems stand against publishing it, Secrets are the places that look like credentials.
	Problems []*fault.Fault
	Secrets  []Secret
}

// Secret is a place that looks like a credential.
type Secret struct{ Path, Reason string }

// Draft makes a template of flows and shows it. Nothing is stored.
func (s *Service) Draft(ctx context.Context, m Making) (Draft, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Draft{}, err
	}
	t, found, err := s.make(ctx, p, m)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{View: View{Template: t, Origin: Published, By: p.Name}}
	d.Status = Here
	for _, f := range found {
		if f.Code == template.CodeSecret {
			d.Secrets = append(d.Secrets, Secret{f.Path, f.Args["1"]})
		} else {
			d.Problems = append(d.Problems, f)
		}
	}
	return d, s.needed(ctx, &d.View)
}

// Publish makes a template of flows and stores it, if nothing stands against it.
func (s *Service) Publish(ctx context.Context, m Making) (View, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return View{}, err
	}
	t, found, err := s.make(ctx, p, m)
	if err != nil {
		return View{}, err
	}
	if len(found) > 0 {
		return View{}, &FaultsError{found}
	}
	pack, err := templatepack.Make(t)
	if err != nil {
		return View{}, err
	}
	return s.keep(ctx, p, pack, Kept{Origin: Published})
}

// make makes the template, and tells what stands against it.
func (s *Service) make(ctx context.Context, p access.Principal, m Making) (*template.Template, []*fault.Fault, error) {
	flows := slices.Compact(slices.Sorted(slices.Values(m.Flows)))
	if len(flows) == 0 || len(flows) != len(m.Flows) || len(flows) > maxFlows {
		return nil, nil, fault.New(CodeNoFlow, "name from one to %d flows, each once", maxFlows).At("flows").Classed(fault.Data)
	}
	source, broken, err := s.source(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	if m.Author == "" {
		if m.Author, err = s.Author(ctx); err != nil {
			return nil, nil, err
		}
	}
	kept, err := s.Store.Own(ctx, p.Workspace)
	if err != nil {
		return nil, nil, err
	}
	if m.ID == "" {
		m.ID = s.suggest(source, kept)
	}
	if slices.ContainsFunc(kept, func(k Kept) bool { return k.ID == m.ID }) && !s.taken(m.ID) {
		before, err := s.find(ctx, access.Edit, m.ID, "")
		if err != nil {
			return nil, nil, err
		}
		source.Before = before.Template
	}
	t, found, err := making.Make(source, m.Words)
	if s.taken(m.ID) {
		found = append([]*fault.Fault{takenID(m.ID)}, found...)
	}
	return t, append(found, broken...), err
}

// suggest gives an id: that of the workspace's own template which the flow is a copy of, or one
// made of the flow's name or its connectors.
func (s *Service) suggest(source making.Source, kept []Kept) string {
	head := source.Flows[0].Metadata
	if origin := head.Labels[template.OriginLabel]; slices.ContainsFunc(kept, func(k Kept) bool { return k.ID == origin }) {
		return origin
	}
	var connectors []string
	for _, n := range source.Flows[0].Spec.Nodes {
		connectors = append(connectors, source.Accounts[n.Connection].Connector)
	}
	id := making.Slug(head.Name, head.Title, strings.Join(connectors, " "), "template")
	for n, base := 2, id; s.taken(id); n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	return id
}

// source gathers what the flows are made of, and tells which have problems themselves.
func (s *Service) source(ctx context.Context, m Making) (source making.Source, broken []*fault.Fault, err error) {
	source = making.Source{Accounts: map[string]making.Account{}, Tables: map[string]template.CodeTable{}, Others: map[string]*flow.Document{}}
	for i, id := range m.Flows {
		at := fmt.Sprintf("flows[%d]", i)
		doc, f, err := s.exported(ctx, id)
		if fault.CodeOf(err) == access.Missing().Code {
			return source, nil, fault.New("template.flow_unknown", "there is no flow %s", id).At(at).Classed(fault.Data).Hinted("choose a flow of this workspace")
		}
		if err != nil {
			return source, nil, err
		}
		if f.Blocking > 0 {
			broken = append(broken, fault.New(CodeBroken, "flow %s has %d problems that keep it from being published", f.Title, f.Blocking).At(at).Classed(fault.Data).
				Hinted("open the flow and mend them first"))
		}
		source.Flows = append(source.Flows, doc)
	}
	if err := s.accounts(ctx, &source); err != nil {
		return source, nil, err
	}
	if err := s.others(ctx, &source); err != nil {
		return source, nil, err
	}
	return source, broken, s.rows(ctx, &source, m)
}

// exported gives a flow's draft as it can leave the workspace.
func (s *Service) exported(ctx context.Context, id string) (*flow.Document, draft.Flow, error) {
	f, err := s.Flows.Get(ctx, id)
	if err != nil {
		return nil, f, err
	}
	text, err := s.Flows.Export(ctx, id)
	if err != nil {
		return nil, f, err
	}
	docs, err := flow.Parse(text)
	if err != nil || len(docs) != 1 {
		return nil, f, errors.Join(err, fault.New("template.flow", "flow %s can't be read", id).Classed(fault.Internal))
	}
	docs[0].Metadata.ID = f.PublicID
	return docs[0], f, nil
}

func (s *Service) accounts(ctx context.Context, source *making.Source) error {
	known, err := s.Connectors.Connectors(ctx)
	if err != nil {
		return err
	}
	have, err := s.Connections.List(ctx)
	for _, v := range have {
		a := making.Account{Connector: v.Connector}
		for _, c := range known { // the first of an id is the version that serves
			if c.ID == v.Connector {
				a.Version, a.Title = c.Version, c.Title
				break
			}
		}
		source.Accounts[v.Name] = a
	}
	return err
}

// others gathers the ids of the workspace's flows, and those flows that the template's lead to.
func (s *Service) others(ctx context.Context, source *making.Source) error {
	for after := ""; ; {
		page, err := s.Flows.List(ctx, draft.Query{After: after, Limit: 200})
		if err != nil {
			return err
		}
		for _, f := range page.Items {
			source.Foreign = append(source.Foreign, f.PublicID)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	for _, doc := range source.Flows {
		for _, u := range doc.Spec.Uses {
			if err := s.other(ctx, source, u.Flow); err != nil {
				return err
			}
		}
	}
	return nil
}

// other gathers a flow that another one leads to. One that is not there is that one's own problem.
func (s *Service) other(ctx context.Context, source *making.Source, id string) error {
	if id == "" || source.Others[id] != nil {
		return nil
	}
	other, _, err := s.exported(ctx, id)
	if fault.CodeOf(err) == access.Missing().Code {
		return nil
	}
	if err == nil {
		source.Others[id] = other
	}
	return err
}

// rows gathers the code tables, with their rows where those go along.
func (s *Service) rows(ctx context.Context, source *making.Source, m Making) error {
	tables, err := s.Tables.List(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		made := template.CodeTable{Name: t.Name}
		made.Title.ZH = t.Title
		for after, more := "", m.Rows[t.Name]; more; more = after != "" {
			page, err := s.Tables.Page(ctx, strconv.FormatInt(int64(t.ID), 10), codetable.Filter{After: after, Limit: codetable.MaxLimit})
			if err != nil {
				return err
			}
			for _, r := range page.Items {
				made.Rows = append(made.Rows, template.CodeRow{Source: r.Source, Target: r.Target, Note: r.Note})
			}
			if after = page.Next; len(made.Rows) > maxRows {
				return fault.New(CodeRows, "code table %s has more than %d rows, which is too much for a template", t.Name, maxRows).At("codeTables." + t.Name).Classed(fault.Data).
					Hinted("leave its rows out")
			}
		}
		source.Tables[t.Name] = made
	}
	return nil
}
