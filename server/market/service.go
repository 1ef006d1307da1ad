package market

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/market/registry"
	"github.com/karezflow/karez/server/market/template"
	"github.com/karezflow/karez/server/market/templatepack"
	"github.com/karezflow/karez/server/shelf"
)

// NewTable is a code table that a copy makes.
type NewTable struct {
	codetable.Table

	Rows []codetable.Row
}

// Store keeps what copies make, and the templates of workspaces.
type Store interface {
	Own
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
	// Page gives rows of one by its id.
	Page(ctx context.Context, id string, f codetable.Filter) (codetable.Page, error)
}

// Flows knows the flows of the caller's workspace.
type Flows interface {
	// Get gives a flow; "object.missing".
	Get(ctx context.Context, publicID string) (draft.Flow, error)
	// List gives a page of them.
	List(ctx context.Context, q draft.Query) (draft.Page, error)
	// Export gives a flow's draft with the derived operations that it uses.
	Export(ctx context.Context, publicID string) ([]byte, error)
	// Prepare makes of documents what Make stores.
	Prepare(ctx context.Context, docs []*flow.Document) ([]draft.Prepared, error)
}

// Config wires a Service.
type Config struct {
	Templates []*template.Template
	// Version is the product's, "" where it has none that ranges are about.
	Version string
	Store   Store
	Trust   Trust
	// Registry lists templates that are not here yet, nil for none.
	Registry    *registry.Registry
	Connectors  Connectors
	Connections Connections
	Tables      Tables
	Flows       Flows
	// Author gives who publishes where nobody says it: the caller's workspace.
	Author func(ctx context.Context) (string, error)
	NewID  func() string
	Clock  func() time.Time
	Log    *slog.Logger
}

// Service offers templates. Its faults are "auth.…", "object.missing" and "template.…".
type Service struct {
	Config

	mu sync.Mutex
	// packages are stored packages that were read, by their sum and key.
	packages map[string]*templatepack.Package
}

// New makes a Service.
func New(c Config) *Service { return &Service{Config: c} }

// Need is a connector that a template wants, and what is there of it.
type Need struct {
	Connector, Versions string
	// Installed is the version that serves, "" where there is none; Fits tells whether
	// it is in the range.
	Installed string
	Fits      bool
}

// View is a template, where it is from, how far it can be trusted, and what it needs here.
type View struct {
	*template.Template
	shelf.Standing

	Origin Origin
	// By says who published or imported it, "" of the product's own, At when.
	By  string
	At  ledger.Millis
	Sum string
	// Versions are those that are there, the newest first.
	Versions []string
	Needs    []Need
	// TablesTaken are the code tables of the template whose names the workspace has already.
	TablesTaken []string
}

// List gives the templates in the order of their ids, each in its newest version.
func (s *Service) List(ctx context.Context) ([]View, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	views, err := s.own(ctx, p.Workspace, "", "")
	if err != nil {
		return nil, err
	}
	for _, t := range s.Templates {
		views = append(views, builtIn(t))
	}
	slices.SortFunc(views, func(a, b View) int { return strings.Compare(a.Metadata.ID, b.Metadata.ID) })
	known, err := s.Connectors.Connectors(ctx)
	for i := range views {
		views[i].Needs = needs(views[i].Template, known)
	}
	return views, err
}

// Get gives a template in a version, "" for the newest.
func (s *Service) Get(ctx context.Context, id, version string) (View, error) {
	v, err := s.find(ctx, access.Read, id, version)
	if err != nil {
		return View{}, err
	}
	return v, s.needed(ctx, &v)
}

// needed adds what a template needs here.
func (s *Service) needed(ctx context.Context, v *View) error {
	known, err := s.Connectors.Connectors(ctx)
	if err != nil {
		return err
	}
	tables, err := s.Tables.List(ctx)
	v.Needs = needs(v.Template, known)
	for _, c := range v.Spec.CodeTables {
		if slices.ContainsFunc(tables, func(t codetable.Table) bool { return t.Name == c.Name }) {
			v.TablesTaken = append(v.TablesTaken, c.Name)
		}
	}
	return err
}

// find gives a template to whom may do the action.
func (s *Service) find(ctx context.Context, action access.Action, id, version string) (View, error) {
	p, err := access.Here(ctx, action)
	if err != nil {
		return View{}, err
	}
	for _, t := range s.Templates {
		if t.Metadata.ID == id && (version == "" || t.Metadata.Version == version) {
			return builtIn(t), nil
		}
	}
	own, err := s.own(ctx, p.Workspace, id, version)
	if err != nil || len(own) == 0 {
		return View{}, cmp.Or(err, error(access.Missing()))
	}
	return own[0], nil
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
