package market

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/market/template"
)

// NewTable is a code table that a copy makes.
type NewTable struct {
	codetable.Table

	Rows []codetable.Row
}

// Store keeps what copies make.
type Store interface {
	// Make stores flows and code tables in one transaction; TableExists where one of the
	// names is taken.
	Make(ctx context.Context, workspace ledger.ID, flows []draft.Prepared, tables []NewTable, now ledger.Millis) error
}

// Connectors knows what is installed.
type Connectors interface {
	Connectors(ctx context.Context) ([]catalog.Connector, error)
}

// Connections knows the connections of the caller's workspace.
type Connections interface {
	List(ctx context.Context) ([]connection.View, error)
}

// Tables knows the code tables of the caller's workspace.
type Tables interface {
	List(ctx context.Context) ([]codetable.Table, error)
}

// Flows knows the flows of the caller's workspace.
type Flows interface {
	// Get gives a flow; "object.missing".
	Get(ctx context.Context, publicID string) (draft.Flow, error)
	// Prepare makes of documents what Make stores.
	Prepare(ctx context.Context, docs []*flow.Document) ([]draft.Prepared, error)
}

// Config wires a Service.
type Config struct {
	Templates   []*template.Template
	Store       Store
	Connectors  Connectors
	Connections Connections
	Tables      Tables
	Flows       Flows
	NewID       func() string
	Clock       func() time.Time
	Log         *slog.Logger
}

// Service offers templates. Its faults are "auth.…", "object.missing" and "template.…".
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// Need is a connector that a template wants, and what is there of it.
type Need struct {
	Connector, Versions string
	// Installed is the version that serves, "" where there is none; Fits tells whether
	// it is in the range.
	Installed string
	Fits      bool
}

// View is a template and what it needs here.
type View struct {
	*template.Template

	Needs []Need
	// TablesTaken are the code tables of the template whose names the workspace has already.
	TablesTaken []string
}

// List gives the templates in the order of their ids.
func (s *Service) List(ctx context.Context) ([]View, error) {
	if _, err := access.Here(ctx, access.Read); err != nil {
		return nil, err
	}
	known, err := s.Connectors.Connectors(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]View, len(s.Templates))
	for i, t := range s.Templates {
		views[i] = View{Template: t, Needs: needs(t, known)}
	}
	return views, nil
}

// Get gives a template.
func (s *Service) Get(ctx context.Context, id string) (View, error) {
	t, err := s.find(ctx, access.Read, id)
	if err != nil {
		return View{}, err
	}
	known, err := s.Connectors.Connectors(ctx)
	if err != nil {
		return View{}, err
	}
	tables, err := s.Tables.List(ctx)
	v := View{Template: t, Needs: needs(t, known)}
	for _, c := range t.Spec.CodeTables {
		if slices.ContainsFunc(tables, func(t codetable.Table) bool { return t.Name == c.Name }) {
			v.TablesTaken = append(v.TablesTaken, c.Name)
		}
	}
	return v, err
}

func (s *Service) find(ctx context.Context, action access.Action, id string) (*template.Template, error) {
	if _, err := access.Here(ctx, action); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Templates, func(t *template.Template) bool { return t.Metadata.ID == id })
	if i < 0 {
		return nil, access.Missing()
	}
	return s.Templates[i], nil
}

// needs gives the connectors of a template's slots, each once.
func needs(t *template.Template, known []catalog.Connector) []Need {
	var all []Need
	for _, slot := range t.Spec.Connections {
		n := Need{Connector: slot.Connector, Versions: slot.Versions}
		for _, c := range known { // the first of an id is the version that serves
			if c.ID == slot.Connector {
				n.Installed, n.Fits = c.Version, c.Fault == nil && template.InRange(slot.Versions, c.Version)
				break
			}
		}
		if !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}

// TableExists says that a code table's name is taken.
func TableExists(name string) *fault.Fault {
	return fault.New("template.table_exists", "there is a code table %s already", name).At("tables." + name).Classed(fault.Duplicate).
		Hinted("use the one that is there, or give another name")
}
