// Package baseset makes the flows that collect a system's base data (基础资料): the
// materials, customers, warehouses and organisations that its writes refer to, for
// other flows to look up.
//
// It may import server/access, server/connection, server/draft, server/document, server/execution, the
// engine's documents and plans, and the sdk: never a database or HTTP.
package baseset

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/execution"
)

// Set names a query of base data: an operation, and the form that it reads where the
// operation has forms.
type Set struct {
	Operation string
	Form      string
}

// View is a query of base data and how its flow stands.
type View struct {
	Set

	// Object is the type of base data as fields refer to it, for example BD_MATERIAL.
	Object string
	Title  field.Text
	// Flow is the public id of the flow that collects it, "" while there is none.
	Flow      string
	FlowTitle string
	// Published and Enabled say of the flow that it can run, and that it runs by its schedule.
	Published, Enabled bool
	// LastRun is nil where the flow has never run.
	LastRun *ledger.Run
	// Documents counts what was collected.
	Documents int
	// Schedule is the cron text that a new flow starts with.
	Schedule string
}

// Connections tells what is behind a connection.
type Connections interface {
	// Get gives a connection of the caller's workspace; "not_found".
	Get(ctx context.Context, name string) (connection.View, error)
	// Manifest gives the manifest behind a name; "connection.unknown".
	Manifest(ctx context.Context, workspace ledger.ID, name string) (*manifest.Manifest, error)
}

// Flows keeps the flows.
type Flows interface {
	// CreateAs gives the flow with an id, made of the document where there is none.
	CreateAs(ctx context.Context, publicID string, document []byte) (f draft.Flow, created bool, err error)
	// Get gives a flow; "not_found".
	Get(ctx context.Context, publicID string) (draft.Flow, error)
	PublishDraft(ctx context.Context, publicID, note string) (draft.Flow, error)
	SetEnabled(ctx context.Context, publicID string, on bool) (draft.Flow, error)
}

// Runs runs the flows.
type Runs interface {
	Trigger(ctx context.Context, flow, trigger string, fireAt time.Time) (ledger.ID, error)
	List(ctx context.Context, f execution.Filter) (execution.Page, error)
}

// Documents counts what was collected.
type Documents interface {
	Facets(ctx context.Context, flow string) (document.Facets, error)
}

// Config wires a Service.
type Config struct {
	Connections Connections
	Flows       Flows
	Runs        Runs
	Documents   Documents
	Clock       func() time.Time
}

// Service makes flows of base data.
type Service struct{ c Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// offered is a query of base data with the operation as it holds for its form.
type offered struct {
	Set

	object string
	title  field.Text
	op     *manifest.Operation
	// columns are the fields of the form alone, which a query that selects has to name.
	columns []field.Field
	form    string
}

// offers gives the queries of the objects that fields of a manifest refer to, in its order.
func offers(m *manifest.Manifest) []offered {
	var all []offered
	for i := range m.Operations {
		o := &m.Operations[i]
		if o.Kind != manifest.Query {
			continue
		}
		if o.Form == "" && plan.Refers(m, o.Object) {
			all = append(all, offered{Set: Set{o.Name, ""}, object: o.Object, title: o.Title, op: o})
		}
		for _, f := range o.Forms {
			if o.Form != "" && plan.Refers(m, f.ID) {
				all = append(all, offered{Set: Set{o.Name, f.ID}, object: f.ID, title: f.Title, op: o.With(f), columns: f.Response, form: o.Form})
			}
		}
	}
	return all
}

// List gives the queries of base data that a connection offers, with their flows.
func (s *Service) List(ctx context.Context, name string) ([]View, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	if _, err := s.c.Connections.Get(ctx, name); err != nil {
		return nil, err
	}
	m, err := s.c.Connections.Manifest(ctx, p.Workspace, name)
	if fault.CodeOf(err) == "connector.missing" {
		return []View{}, nil // the connection itself says so
	}
	if err != nil {
		return nil, err
	}
	views := []View{}
	for _, o := range offers(m) {
		v, err := s.view(ctx, name, o)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

func (s *Service) view(ctx context.Context, name string, o offered) (View, error) {
	id := flowID(name, o.Set)
	v := View{Set: o.Set, Object: o.object, Title: o.title, Schedule: schedule(id, o.op)}
	f, err := s.c.Flows.Get(ctx, id)
	if fault.CodeOf(err) == access.Missing().Code {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.Flow, v.FlowTitle, v.Published, v.Enabled = f.PublicID, f.Title, f.Published > 0, f.Enabled
	runs, err := s.c.Runs.List(ctx, execution.Filter{Flow: id, Limit: 1})
	if err != nil {
		return v, err
	}
	if len(runs.Items) > 0 {
		v.LastRun = &runs.Items[0].Run
	}
	facets, err := s.c.Documents.Facets(ctx, id)
	v.Documents = facets.States[ledger.Collected.String()]
	return v, err
}

// Made is what became of a chosen query.
type Made struct {
	View

	// Created says that the flow was made now; otherwise it was there.
	Created bool
	// Run is the run that was started, 0 where none was.
	Run ledger.ID
}

// Wish is what a person asks for.
type Wish struct {
	Sets []Set
	// Run starts every flow at once.
	Run bool
	// Language is that of the titles of new flows, "en" or else Chinese.
	Language string
}

// Make makes, publishes and starts the flows of the chosen queries. One that is there
// already is left as it is, but published and started where it never was. A query that the connection
// does not offer is "baseset.unknown", before any flow is made; a failure leaves the
// flows that were made before it, and asking again goes on.
func (s *Service) Make(ctx context.Context, name string, wish Wish) ([]Made, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return nil, err
	}
	if _, err := s.c.Connections.Get(ctx, name); err != nil {
		return nil, err
	}
	m, err := s.c.Connections.Manifest(ctx, p.Workspace, name)
	if err != nil {
		return nil, err
	}
	all := offers(m)
	var chosen []offered
	for _, set := range wish.Sets {
		at := slices.IndexFunc(all, func(o offered) bool { return o.Set == set })
		if at < 0 {
			return nil, fault.New("baseset.unknown", "connection %s offers no base data %s", name, cmp.Or(set.Form, set.Operation)).
				At("sets").Classed(fault.Config).Hinted("choose from those that the connection lists")
		}
		chosen = append(chosen, all[at])
	}
	made := []Made{}
	for _, o := range chosen {
		one, err := s.make(ctx, name, m, o, wish)
		if err != nil {
			return nil, err
		}
		made = append(made, one)
	}
	return made, nil
}

func (s *Service) make(ctx context.Context, name string, m *manifest.Manifest, o offered, wish Wish) (Made, error) {
	id := flowID(name, o.Set)
	doc := written(id, name, m, o, wish.Language, s.c.Clock())
	f, created, err := s.c.Flows.CreateAs(ctx, id, doc)
	if err != nil {
		return Made{}, err
	}
	if f.Published == 0 {
		if _, err = s.c.Flows.PublishDraft(ctx, id, ""); err != nil {
			return Made{}, err
		}
		if _, err = s.c.Flows.SetEnabled(ctx, id, true); err != nil {
			return Made{}, err
		}
	}
	one := Made{Created: created}
	if wish.Run {
		if one.Run, err = s.c.Runs.Trigger(ctx, id, execution.Manual, s.c.Clock()); err != nil {
			return Made{}, err
		}
	}
	one.View, err = s.view(ctx, name, o)
	return one, err
}
