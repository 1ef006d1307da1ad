// Package connection keeps the configured accounts of connectors (连接器) and
// opens them: it finds the plugin, hands it the settings and secrets of the one
// connection, keeps calls below the vendor's limits and offers the session its
// durable state. Secrets are sealed at rest and leave the package only to the plugin.
//
// What people call passes server/access; Give, Manifest and Open are the program's own.
//
// It may import server/access, server/inflight, server/limit, server/trouble, server/usage,
// engine/ledger, engine/turn and the sdk: never a database, HTTP or another service.
package connection

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/inflight"
	"github.com/karezflow/karez/server/limit"
	"github.com/karezflow/karez/server/trouble"
)

// Connection is a configured account.
type Connection struct {
	ID, Workspace ledger.ID
	// Name is unique in the workspace; flows refer to it.
	Name string
	// Connector and Version name the plugin; Version "" means the newest.
	Connector, Version string
	// Settings is a JSON object of the settings that are not secret.
	Settings []byte
	// Secrets are kept in memory only where they were given for one command.
	Secrets Secrets
	// Revision grows with every change; 0 is a connection that is not stored.
	Revision int64
	Updated  ledger.Millis
	// Sealed are the stored secrets, and SealedAt the revision they were sealed at.
	Sealed   []byte
	SealedAt int64
}

// Connections is what the service needs of a database for connections.
type Connections interface {
	// PutConnection inserts or replaces a connection by workspace and name and
	// gives it with its ID and revision. Sealed secrets stay as they are.
	PutConnection(ctx context.Context, c Connection, now ledger.Millis) (Connection, error)
	// Connection gives a connection by name; ledger.ErrNotFound.
	Connection(ctx context.Context, workspace ledger.ID, name string) (Connection, error)
	// Connections lists a workspace's connections by name.
	Connections(ctx context.Context, workspace ledger.ID) ([]Connection, error)
	// NewID gives an id for a connection that will be stored.
	NewID(ctx context.Context) (ledger.ID, error)
	// SaveConnection stores all of a connection but Secrets. With old 0 it inserts
	// it, and gives false if the name is taken; else it replaces the row with its
	// ID if that has the revision old, and gives false if it has not.
	SaveConnection(ctx context.Context, c Connection, old int64, now ledger.Millis) (bool, error)
	// DeleteConnection deletes a connection and its connector's state.
	DeleteConnection(ctx context.Context, id ledger.ID) error
	// WakeConnection makes documents due at once that are to be tried again, of the
	// flows that name the connection: it may be what they wait for.
	WakeConnection(ctx context.Context, workspace ledger.ID, name string, now ledger.Millis) error
}

// States is what hosts need of a database.
type States interface {
	// ConnectorState gives the sealed state of a connection, the zero State when there is none.
	ConnectorState(ctx context.Context, connection ledger.ID) (State, error)
	// SwapConnectorState stores a state if the version is still old; false when it is not.
	SwapConnectorState(ctx context.Context, connection ledger.ID, old int64, next State, now ledger.Millis) (bool, error)
}

// Store is what the service needs of a database.
type Store interface {
	Connections
	States
}

// State is a connector's durable state as it is stored.
type State struct {
	Sealed     []byte
	Version    int64
	LeaseUntil ledger.Millis
}

// Plugins are the installed connectors.
type Plugins interface {
	// Manifest gives the manifest of a connector; its error says why there is none.
	Manifest(ctx context.Context, connectorID, version string) (*manifest.Manifest, error)
	// Session opens a session that survives restarts of the plugin's process.
	Session(ctx context.Context, connectorID, version string, account connector.Account) (connector.Session, error)
}

// Config wires a Service.
type Config struct {
	Store   Store
	Plugins Plugins
	// Seal is for stored secrets. Without it none can be stored or read.
	Seal *Seal
	// Usage knows which flows name a connection. Without it none can be deleted.
	Usage Usage
	// Limits keep calls below those of vendors. Without it they are counted in this process
	// alone, and forgotten at its end.
	Limits *limit.Room
	// Lines know which systems answer. Without it each process finds out by itself.
	Lines *trouble.Lines
	Clock func() time.Time
	Log   *slog.Logger
}

// Service opens connections. It is safe for concurrent use.
type Service struct {
	Config
	gates *inflight.Gates

	mu    sync.Mutex
	given map[key]Connection
	open  map[key]*opened
	// replaced are sessions of connections that were changed; calls may still use them.
	replaced []connector.Session
	closed   bool
}

type key struct {
	workspace ledger.ID
	name      string
}

// New makes a Service.
func New(c Config) *Service {
	if c.Limits == nil {
		c.Limits = limit.New(limit.Config{Store: limit.NewMemory(c.Clock), Clock: c.Clock, Log: c.Log})
	}
	if c.Lines == nil {
		c.Lines = trouble.NewLines(trouble.Config{Store: limit.NewMemory(c.Clock), Clock: c.Clock, Log: c.Log})
	}
	return &Service{Config: c, gates: inflight.New(c.Clock), given: map[key]Connection{}, open: map[key]*opened{}}
}

// Give stores a connection without its secrets, which stay in this process, and
// checks it against the connector's manifest. It gives every fault.
func (s *Service) Give(ctx context.Context, c Connection) []*fault.Fault {
	m, err := s.Plugins.Manifest(ctx, c.Connector, c.Version)
	if err != nil {
		return []*fault.Fault{fault.From(err).At("connector")}
	}
	if item.Of(c.Settings).Blank() {
		c.Settings = []byte("{}")
	}
	if faults := check(m, c); len(faults) > 0 {
		return faults
	}
	stored, err := s.Store.PutConnection(ctx, c, ledger.At(s.Clock()))
	if err != nil {
		return []*fault.Fault{fault.From(err)}
	}
	stored.Secrets = merged(nil, c.Secrets)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given[key{c.Workspace, c.Name}] = stored
	s.retire(key{c.Workspace, c.Name})
	return nil
}

// check tells what is wrong with a connection's settings and secrets.
func check(m *manifest.Manifest, c Connection) []*fault.Fault {
	if item.Of(c.Settings).Kind() != item.Object || item.Check(c.Settings) != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "settings must be an object").At("settings").Classed(fault.Config)}
	}
	all := []byte{'{'}
	add := func(name string, raw []byte) {
		if len(all) > 1 {
			all = append(all, ',')
		}
		all = append(append(item.AppendText(all, name), ':'), raw...)
	}
	var faults []*fault.Fault
	for name, v := range item.Of(c.Settings).Fields() {
		add(name, v.Raw())
		if declared := find(m.Settings, name); declared != nil && declared.Secret {
			faults = append(faults, fault.New("connection.secret_in_settings", "%s is a secret and can't stand among the settings", name).
				At("settings."+name).Classed(fault.Config).Hinted("move it to secrets as env:NAME"))
		}
	}
	for name, secret := range c.Secrets {
		add(name, item.AppendText(nil, secret))
		if declared := find(m.Settings, name); declared != nil && !declared.Secret {
			faults = append(faults, fault.New("connection.setting_in_secrets", "%s is no secret and does not reach the connector from there", name).
				At("secrets."+name).Classed(fault.Config).Hinted("move it to settings"))
		}
	}
	for _, f := range field.Check(m.Settings, append(all, '}')) {
		under := "settings"
		if declared := find(m.Settings, f.Path); declared != nil && declared.Secret {
			under = "secrets"
		}
		faults = append(faults, f.Under(under))
	}
	return faults
}

func find(settings []field.Setting, name string) *field.Setting {
	for i := range settings {
		if settings[i].Key == name {
			return &settings[i]
		}
	}
	return nil
}

// Manifest gives the manifest behind a connection's name, as it holds for the connection.
func (s *Service) Manifest(ctx context.Context, workspace ledger.ID, name string) (*manifest.Manifest, error) {
	c, err := s.find(ctx, workspace, name)
	if err != nil {
		return nil, err
	}
	m, err := s.Plugins.Manifest(ctx, c.Connector, c.Version)
	if err != nil {
		return nil, err
	}
	return m.At(c.Settings), nil
}

func (s *Service) find(ctx context.Context, workspace ledger.ID, name string) (Connection, error) {
	s.mu.Lock()
	c, ok := s.given[key{workspace, name}]
	s.mu.Unlock()
	if ok {
		return c, nil
	}
	c, err := s.Store.Connection(ctx, workspace, name)
	if errors.Is(err, ledger.ErrNotFound) {
		return c, fault.New("connection.unknown", "there is no connection named %s", name).Classed(fault.Config).
			Hinted("make the connection first, or write it into the file under spec.connections").Because(err)
	}
	return c, err
}
