package connection

import (
	"context"
	"errors"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/usage"
)

// View is a connection as people see it: without its secrets.
type View struct {
	ID ledger.ID
	// Name is unique in the workspace and never changes.
	Name string
	// Connector and Version name the plugin; Version "" means the newest.
	Connector, Version string
	// Settings is a JSON object.
	Settings []byte
	// Secrets tells which secrets are there.
	Secrets map[string]bool
	// UsedBy are the flows that name the connection.
	UsedBy []usage.Flow
	// Revision is what a change has to name.
	Revision int64
	Updated  ledger.Millis
	// Trouble keeps writes waiting; nil when there is none.
	Trouble *Trouble
}

// Usage knows which flows name a connection.
type Usage interface {
	// ConnectionUse gives the flows of the caller's workspace by the names of the
	// connections that they name.
	ConnectionUse(ctx context.Context) (map[string][]usage.Flow, error)
}

// Change is what a person writes of a connection.
type Change struct {
	Name string
	// Connector "" keeps that of the stored connection, and its version.
	Connector, Version string
	// Settings is a JSON object of all settings that are not secret.
	Settings []byte
	// Secrets are new values. A key that is left out keeps its secret, "" takes it away.
	Secrets Secrets
	// Revision is that of the connection that was changed; 0 makes a new one.
	Revision int64
}

// FaultsError refuses settings and secrets. It unwraps to the first fault.
type FaultsError struct{ Faults []*fault.Fault }

// Error implements error.
func (e *FaultsError) Error() string { return e.Faults[0].Error() }

// Unwrap gives the first fault.
func (e *FaultsError) Unwrap() error { return e.Faults[0] }

// List gives the connections of the caller's workspace by name.
func (s *Service) List(ctx context.Context) ([]View, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	found, err := s.Store.Connections(ctx, p.Workspace)
	if err != nil {
		return nil, err
	}
	return s.views(ctx, found...)
}

// Get gives a connection of the caller's workspace.
func (s *Service) Get(ctx context.Context, name string) (View, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return View{}, err
	}
	return s.get(ctx, p.Workspace, name)
}

func (s *Service) get(ctx context.Context, workspace ledger.ID, name string) (View, error) {
	c, err := s.stored(ctx, workspace, name)
	if err != nil {
		return View{}, err
	}
	views, err := s.views(ctx, c)
	if err != nil {
		return View{}, err
	}
	return views[0], nil
}

// stored gives a connection as the database has it, with the secrets it was given for this process.
func (s *Service) stored(ctx context.Context, workspace ledger.ID, name string) (Connection, error) {
	c, err := s.Store.Connection(ctx, workspace, name)
	if errors.Is(err, ledger.ErrNotFound) {
		return c, access.Missing()
	}
	return s.withGiven(c), err
}

func (s *Service) withGiven(c Connection) Connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	if given, ok := s.given[key{c.Workspace, c.Name}]; ok && given.ID == c.ID {
		c.Secrets = given.Secrets
	}
	return c
}

func (s *Service) views(ctx context.Context, found ...Connection) ([]View, error) {
	var used map[string][]usage.Flow
	if s.Usage != nil {
		var err error
		if used, err = s.Usage.ConnectionUse(ctx); err != nil {
			return nil, err
		}
	}
	views := make([]View, len(found))
	for i, c := range found {
		c = s.withGiven(c)
		v := View{
			ID: c.ID, Name: c.Name, Connector: c.Connector, Version: c.Version, Settings: c.Settings, Secrets: map[string]bool{},
			UsedBy: used[c.Name], Revision: c.Revision, Updated: c.Updated,
			Trouble: s.trouble(ctx, c),
		}
		for k := range c.Secrets {
			v.Secrets[k] = true
		}
		if c.Secrets == nil {
			stored, err := readSealed(c.Sealed)
			if err != nil {
				s.Log.WarnContext(ctx, "secrets are unreadable", "connection", c.Name)
			}
			for k := range stored {
				v.Secrets[k] = true
			}
		}
		views[i] = v
	}
	return views, nil
}

// Put makes or changes a connection. What is wrong with its settings and secrets
// is a *FaultsError; a name that is taken is "connection.exists"; if somebody else
// changed it meanwhile the error is "connection.conflict" and the connection is as
// they left it. Sessions are opened anew afterwards.
func (s *Service) Put(ctx context.Context, change Change) (View, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return View{}, err
	}
	if change.Revision == 0 {
		if err := nameable(change.Name); err != nil {
			return View{}, err
		}
	}
	c, old, err := s.changed(ctx, p.Workspace, change)
	if err != nil {
		return View{}, err
	}
	switch {
	case change.Revision == 0 && old > 0:
		return View{}, exists(change.Name)
	case change.Revision != 0 && old == 0:
		return View{}, access.Missing()
	case change.Revision != old:
		return s.conflict(ctx, c)
	}
	if err := s.acceptable(ctx, c); err != nil {
		return View{}, err
	}
	if old == 0 {
		if c.ID, err = s.Store.NewID(ctx); err != nil {
			return View{}, err
		}
	}
	c.Revision = old + 1
	if c, err = s.seal(c); err != nil {
		return View{}, err
	}
	saved, err := s.Store.SaveConnection(ctx, c, old, ledger.At(s.Clock()))
	switch {
	case err != nil:
		return View{}, err
	case !saved && old == 0:
		return View{}, exists(c.Name)
	case !saved:
		return s.conflict(ctx, c)
	}
	s.forget(key{c.Workspace, c.Name})
	if old > 0 {
		if err := s.Store.WakeConnection(ctx, c.Workspace, c.Name, ledger.At(s.Clock())); err != nil {
			return View{}, err
		}
	}
	return s.get(ctx, c.Workspace, c.Name)
}

// changed gives a connection as a change would leave it, and the revision that it
// is stored with by now, 0 when it is not.
func (s *Service) changed(ctx context.Context, workspace ledger.ID, change Change) (Connection, int64, error) {
	c, err := s.Store.Connection(ctx, workspace, change.Name)
	if errors.Is(err, ledger.ErrNotFound) {
		c, err = Connection{Workspace: workspace, Name: change.Name, Connector: change.Connector, Version: change.Version}, nil
	}
	if err != nil {
		return c, 0, err
	}
	if c.Revision > 0 && change.Connector != "" {
		if change.Connector != c.Connector && change.Revision > 0 {
			return c, 0, fault.New("connection.connector_fixed", "the connection belongs to %s and can't move to another connector", c.Connector).
				At("connector").Classed(fault.Config).Hinted("make a new connection")
		}
		c.Version = change.Version
	}
	kept, err := s.secrets(s.withGiven(c))
	if err != nil && len(change.Secrets) == 0 {
		return c, 0, err
	}
	if f := s.moved(ctx, c, kept, change); f != nil {
		return c, 0, f
	}
	// Secrets that can't be read any more are replaced by new ones; which are missing is told.
	c.Secrets, c.Sealed = merged(kept, change.Secrets), nil
	if c.Settings = change.Settings; item.Of(c.Settings).Blank() {
		c.Settings = []byte("{}")
	}
	return c, c.Revision, nil
}

// moved refuses to send stored secrets to another address than they were written
// for: who may change a connection may not read its secrets.
func (s *Service) moved(ctx context.Context, c Connection, kept Secrets, change Change) *fault.Fault {
	m, err := s.Plugins.Manifest(ctx, c.Connector, c.Version)
	if err != nil || c.Revision == 0 {
		return nil //nolint:nilerr // what is wrong with the connector is told when the connection is checked
	}
	before, after := item.Of(c.Settings), item.Of(change.Settings)
	for _, setting := range m.Settings {
		if setting.Kind != field.PlainURL || before.Field(setting.Key).Text() == after.Field(setting.Key).Text() {
			continue
		}
		for name := range kept {
			if _, given := change.Secrets[name]; !given {
				return fault.New("connection.secrets_needed", "the address changed, so the secrets must be entered again").At("secrets." + name).
					Classed(fault.Config).Hinted("they were stored for the address before")
			}
		}
	}
	return nil
}

// merged gives secrets as they would be, never nil.
func merged(kept, given Secrets) Secrets {
	all := Secrets{}
	maps.Copy(all, kept)
	maps.Copy(all, given)
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// acceptable checks a connection against its connector's manifest.
func (s *Service) acceptable(ctx context.Context, c Connection) error {
	m, err := s.Plugins.Manifest(ctx, c.Connector, c.Version)
	if err != nil {
		return &FaultsError{[]*fault.Fault{fault.From(err).At("connector")}}
	}
	if faults := check(m, c); len(faults) > 0 {
		return &FaultsError{faults}
	}
	return nil
}

func exists(name string) error {
	return fault.New("connection.exists", "there is a connection named %s already", name).At("name").Classed(fault.Config).
		Hinted("choose another name")
}

func (s *Service) conflict(ctx context.Context, c Connection) (View, error) {
	current, err := s.get(ctx, c.Workspace, c.Name)
	if err != nil {
		return View{}, err
	}
	return current, fault.New("connection.conflict", "somebody else has changed the connection meanwhile").Classed(fault.Config).
		Hinted("look at what they changed and save again")
}

// maxName is what the column holds, in characters.
const maxName = 190

// nameable tells what is wrong with a name. It stands in addresses and in flows.
func nameable(name string) error {
	bad := strings.ContainsFunc(name, func(r rune) bool { return r == '/' || r == '\\' || unicode.IsControl(r) })
	if bad || name == "" || name == "." || name == ".." || name != strings.TrimSpace(name) || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName {
		return fault.New("connection.name_invalid", "a name has 1 to %d characters, no slash, and no blank at its ends", maxName).At("name").Classed(fault.Config).
			Hinted("for example jst-main")
	}
	return nil
}

// Delete deletes a connection that no flow names: "connection.in_use".
func (s *Service) Delete(ctx context.Context, name string) error {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return err
	}
	c, err := s.stored(ctx, p.Workspace, name)
	if err != nil {
		return err
	}
	if s.Usage == nil {
		return fault.New("connection.usage_unknown", "this program does not know which flows use a connection").Classed(fault.Internal)
	}
	used, err := s.Usage.ConnectionUse(ctx)
	if err != nil {
		return err
	}
	if by := used[c.Name]; len(by) > 0 {
		return usage.Refuse(fault.New("connection.in_use", "%d flows use the connection", len(by)), by)
	}
	if err := s.Store.DeleteConnection(ctx, c.ID); err != nil {
		return err
	}
	s.forget(key{c.Workspace, c.Name})
	return nil
}
