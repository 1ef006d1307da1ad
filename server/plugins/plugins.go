// Package plugins is what people do with connectors: they look at what is installed,
// install packages and see beforehand what a new version has otherwise and which flows
// that concerns, choose the version that serves, go back, and remove.
//
// Connectors are the installation's, not a workspace's: only administrators of its first
// workspace change them. It may import server/access, server/loop, server/leaflet,
// server/shelf, server/usage, engine/flow, engine/ledger, engine/plugpack with its parts, and the
// sdk: never a connector's process, a database or HTTP.
package plugins

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plugpack/changes"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/loop"
	"github.com/karezflow/karez/server/shelf"
)

// Loose is the status of a program that lies in the folder of connector programs without
// a package: whoever may write there vouches for it.
const Loose shelf.Status = "loose"

// Running is a connector as the engine sees it.
type Running struct {
	ID, Version string
	Packaged    bool
	Manifest    *manifest.Manifest
	Fault       *fault.Fault
	Isolation   Isolation
}

// Isolation is what confines a connector's process.
type Isolation struct {
	// Level is L1 for all parts, "partial" for some, L0 for none, "" where it was never started.
	Level string
	// InForce are the parts that are, Missing those that are not.
	InForce []string
	Missing []Shortfall
	// Declared says that the connector declares its hosts, Hosts which: the engine lets it
	// reach no others where its network is confined. {key} is what that setting names.
	Declared bool
	Hosts    []string
}

// Shortfall is a part that is not in force, and why.
type Shortfall struct{ Part, Reason string }

// Engine runs connectors.
type Engine interface {
	// Running gives every connector with its manifest, or why it does not start.
	Running(ctx context.Context) ([]Running, error)
	// Refresh makes the engine see what is installed now, and gives a number that is
	// another one after every change.
	Refresh(ctx context.Context) (uint64, error)
}

// Store is what the service needs of a database.
type Store interface {
	// ConnectorUse gives the connections of a connector in all workspaces.
	ConnectorUse(ctx context.Context, connector string) ([]Use, error)
	// NodeUse gives the flows of all workspaces whose newest version has a node of a plugin.
	NodeUse(ctx context.Context, plugin string) ([]Use, error)
	// Drawn gives the drafts and the newest versions of a workspace's flows that name a
	// connection of a connector.
	Drawn(ctx context.Context, workspace ledger.ID, connector string) ([]Drawn, error)
	// Placed gives the drafts and the newest versions of a workspace's flows that have a node
	// of a plugin.
	Placed(ctx context.Context, workspace ledger.ID, plugin string) ([]Drawn, error)
}

// Use is a connection of a connector, or a flow by its title that has nodes of it.
type Use struct {
	Workspace ledger.ID
	Name      string
	// Version is the one that it asks for, "" for any.
	Version string
}

// Config wires a Service.
type Config struct {
	Shelf  *shelf.Shelf
	Engine Engine
	Store  Store
	// Programs is the folder of the connector programs that come without a package. What is for
	// people lies beside ID in ID.about, or in ID where that is a folder itself. "" is none.
	Programs string
	// Home is the workspace whose administrators change connectors.
	Home ledger.ID
	// Changed is called after every change of what is installed, by whomever.
	Changed func(ctx context.Context)
	// Every is how often changes are looked for that another process made. 2 s.
	Every time.Duration
	Log   *slog.Logger
}

// Service manages connectors.
type Service struct {
	Config

	loop loop.Loop

	mu   sync.Mutex
	seen uint64
}

// New makes a Service. It does nothing by itself before it is started.
func New(c Config) *Service {
	c.Every = cmp.Or(c.Every, 2*time.Second)
	return &Service{Config: c}
}

// Start looks for changes that other processes make, until Stop.
func (s *Service) Start(ctx context.Context) {
	s.loop.Start(ctx, s.Every, s.Log, "installed connectors can't be looked at", s.Look)
}

// Stop ends what Start began.
func (s *Service) Stop() { s.loop.Stop() }

// Look takes up what changed since the last look.
func (s *Service) Look(ctx context.Context) error {
	now, err := s.Engine.Refresh(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	changed := s.seen != now
	s.seen = now
	s.mu.Unlock()
	if changed {
		s.Changed(ctx)
	}
	return nil
}

// Connector is a connector with all that is there of it.
type Connector struct {
	ID    string
	Title field.Text
	// Serves is the version that serves whoever asks for none, "" where none starts.
	Serves string
	// Packaged says that packages of it are installed; Previous is the one that served before.
	Packaged, Pinned bool
	Previous         string
	Versions         []shelf.Version
	Operations       []Operation
	// Nodes are those that the version which serves brings.
	Nodes []Node
	// Isolation is that of the version that serves.
	Isolation Isolation
	// Connections counts those of all workspaces.
	Connections int
	// Icon is where the icon of the version that serves is, "" where it has none.
	Icon string
	// Fault is why nothing is known of its packages.
	Fault *fault.Fault
}

// Operation is one that the version which serves offers.
type Operation struct {
	Name  string
	Kind  manifest.OperationKind
	Title field.Text
}

// Node is one that the version which serves brings.
type Node struct {
	Type  string
	Title field.Text
}

// List gives all connectors by id, their versions from the newest to the oldest.
func (s *Service) List(ctx context.Context) ([]Connector, error) {
	if _, err := access.Here(ctx, access.Read); err != nil {
		return nil, err
	}
	installed, err := s.Shelf.List(ctx)
	if err != nil {
		return nil, err
	}
	running, err := s.Engine.Running(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]*Connector{}
	for _, c := range installed {
		all[c.ID] = packaged(c, running)
	}
	for _, r := range running {
		if !r.Packaged {
			loose(all, r)
		}
	}
	list := make([]Connector, 0, len(all))
	for _, c := range all {
		uses, err := s.Store.ConnectorUse(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		c.Connections = len(uses)
		c.complete(running)
		c.Icon = s.iconOf(c, running)
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Connector) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// packaged tells of a connector's packages what the shelf and the engine know.
func packaged(c shelf.Connector, running []Running) *Connector {
	out := &Connector{ID: c.ID, Packaged: true, Pinned: c.Pinned, Previous: c.Previous, Serves: c.Active, Fault: c.Fault}
	for _, v := range c.Versions {
		if r := find(running, c.ID, v.Version, true); v.Fault == nil && r != nil && r.Fault != nil {
			v.Fault = r.Fault
		}
		out.Versions = append(out.Versions, v)
	}
	return out
}

func find(running []Running, id, version string, packaged bool) *Running {
	for i, r := range running {
		if r.ID == id && r.Version == version && r.Packaged == packaged {
			return &running[i]
		}
	}
	return nil
}

// loose adds a program without a package.
func loose(all map[string]*Connector, r Running) {
	c := all[r.ID]
	if c == nil {
		c = &Connector{ID: r.ID}
		all[r.ID] = c
	}
	c.Versions = append(c.Versions, shelf.Version{ID: r.ID, Version: r.Version, Status: Loose, Fault: r.Fault})
	if !c.Packaged && r.Fault == nil && (c.Serves == "" || version.Compare(r.Version, c.Serves) > 0) {
		c.Serves = r.Version
	}
}

// complete fills in what the manifest tells of the version that serves, or of the newest
// that tells anything.
func (c *Connector) complete(running []Running) {
	slices.SortStableFunc(c.Versions, func(a, b shelf.Version) int { return version.Compare(b.Version, a.Version) })
	var m *manifest.Manifest
	for i := range c.Versions {
		v := &c.Versions[i]
		v.Active = v.Version == c.Serves && (v.Status != Loose || !c.Packaged)
		r := find(running, c.ID, v.Version, v.Status != Loose)
		if r != nil && v.Active {
			c.Isolation = r.Isolation
		}
		if r != nil && r.Manifest != nil && (m == nil || v.Active) {
			m = r.Manifest
		}
	}
	if m == nil {
		return
	}
	c.Title = m.Title
	for _, o := range m.Operations {
		c.Operations = append(c.Operations, Operation{o.Name, o.Kind, o.Title})
	}
	for _, d := range m.Declarations() {
		c.Nodes = append(c.Nodes, Node{d.Type, d.Title})
	}
}

// Inspection is what installing a package would do.
type Inspection struct {
	shelf.Found
	Effect
}

// Effect is what another version has otherwise than the one that serves.
type Effect struct {
	// From is the version that serves now, "" for none, To the other one.
	From, To string
	Changes  []changes.Change
	// Flows are those of the caller's workspace that the other version would serve;
	// Elsewhere counts the connections of other workspaces that it would, FlowsElsewhere
	// their flows with nodes of it.
	Flows                     []Affected
	Elsewhere, FlowsElsewhere int
}

// Inspect tells what installing a package would do. Nothing is written.
func (s *Service) Inspect(ctx context.Context, from io.ReaderAt, size int64) (Inspection, error) {
	if err := s.Allowed(ctx); err != nil {
		return Inspection{}, err
	}
	found, err := s.Shelf.Inspect(ctx, from, size)
	if err != nil {
		return Inspection{}, err
	}
	effect, err := s.effect(ctx, found.Connector)
	return Inspection{found, effect}, err
}

// Allowed refuses everybody who may not change connectors: before anything of a package
// is taken from them.
func (s *Service) Allowed(ctx context.Context) error {
	return access.Authorize(ctx, access.Administer, s.Home)
}

// Install installs a package. The running engine takes it up at once.
func (s *Service) Install(ctx context.Context, from io.ReaderAt, size int64, o shelf.Options) (Connector, error) {
	if err := s.Allowed(ctx); err != nil {
		return Connector{}, err
	}
	p, err := access.Of(ctx)
	if err != nil {
		return Connector{}, err
	}
	o.By = p.Name
	v, err := s.Shelf.Install(ctx, from, size, o)
	if err != nil {
		return Connector{}, err
	}
	s.Log.InfoContext(ctx, "a connector was installed", "connector", v.ID, "version", v.Version, "status", v.Status, "sum", v.Sum, "by", o.By)
	return s.after(ctx, v.ID)
}

// after lets the engine take up a change, and gives the connector as it is then.
func (s *Service) after(ctx context.Context, id string) (Connector, error) {
	if err := s.Look(ctx); err != nil {
		return Connector{}, err
	}
	all, err := s.List(ctx)
	if err != nil {
		return Connector{}, err
	}
	for _, c := range all {
		if c.ID == id {
			return c, nil
		}
	}
	return Connector{ID: id}, nil
}

// Compare tells what an installed version has otherwise than the one that serves.
func (s *Service) Compare(ctx context.Context, id, version string) (Effect, error) {
	if err := s.Allowed(ctx); err != nil {
		return Effect{}, err
	}
	text, err := s.Shelf.Read(id, version, "manifest.yaml")
	if err != nil {
		return Effect{}, err
	}
	next, err := manifest.Parse(text)
	if err != nil {
		return Effect{}, err
	}
	return s.effect(ctx, next)
}

// Activate lets an installed version serve. What is under way goes on with its own.
func (s *Service) Activate(ctx context.Context, id, version string) (Connector, error) {
	return s.change(ctx, id, "a version of a connector was made active", version, func() error { return s.Shelf.Activate(ctx, id, version) })
}

// Rollback lets the version serve again that did before.
func (s *Service) Rollback(ctx context.Context, id string) (Connector, error) {
	return s.change(ctx, id, "a connector was put back to its version before", "", func() error {
		_, err := s.Shelf.Rollback(ctx, id)
		return err
	})
}

// Pin says whether a newer version is left inactive when it is installed.
func (s *Service) Pin(ctx context.Context, id string, on bool) (Connector, error) {
	words := "a connector is no longer pinned"
	if on {
		words = "a connector was pinned"
	}
	return s.change(ctx, id, words, "", func() error { return s.Shelf.Pin(id, on) })
}

func (s *Service) change(ctx context.Context, id, words, version string, change func() error) (Connector, error) {
	if err := s.Allowed(ctx); err != nil {
		return Connector{}, err
	}
	if err := change(); err != nil {
		return Connector{}, err
	}
	p, err := access.Of(ctx)
	if err != nil {
		return Connector{}, err
	}
	s.Log.InfoContext(ctx, words, "connector", id, "version", version, "by", p.Name)
	return s.after(ctx, id)
}

// Remove deletes an installed version that no connection and no flow needs.
func (s *Service) Remove(ctx context.Context, id, version string) error {
	_, err := s.change(ctx, id, "a version of a connector was removed", version, func() error {
		if err := s.unneeded(ctx, id, version); err != nil {
			return err
		}
		return s.Shelf.Remove(id, version)
	})
	return err
}
