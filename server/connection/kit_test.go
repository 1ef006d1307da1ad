package connection_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/limit/limittest"
	"github.com/karezflow/karez/server/usage"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// canary is a secret that may show nowhere.
const canary = "c4n4ry-s3cr3t"

const depot = `
id: depot
version: 1.2.0
title: {zh: 仓库通, en: Depot}
timeZone: Asia/Shanghai
settings:
  - {key: address, kind: url, title: {zh: 地址, en: Address}, required: true}
  - {key: account, kind: text, title: {zh: 账套, en: Account}, default: "100"}
  - {key: retries, kind: int, title: {zh: 次数, en: Retries}, default: "3", min: 0, max: 9}
  - {key: debug, kind: bool, title: {zh: 调试, en: Debug}, default: "false"}
  - {key: login, kind: choice, title: {zh: 登录, en: Login}, default: key, options: [{value: key, title: {zh: 密钥}}, {value: user, title: {zh: 用户}}]}
  - {key: apiKey, kind: text, secret: true, title: {zh: 密钥, en: Key}, required: true}
  - {key: pin, kind: text, secret: true, title: {zh: 口令, en: PIN}}
operations:
  - {name: goods, kind: query, title: {zh: 商品, en: Goods}, object: goods, key: "{{id}}", request: [{field: page, title: {zh: 页}, type: int}], paging: {strategy: none}}
`

// plugins are connectors that open sessions in memory.
type plugins struct {
	manifest *manifest.Manifest
	// missing and failing are what looking for the manifest and opening give.
	missing, failing error
	// session makes a session; nil makes a plain one.
	session func() connector.Session
	// opening is called before a session is opened, with the account.
	opening func(context.Context, connector.Account) error

	mu       sync.Mutex
	accounts []connector.Account
	versions []string
	sessions []*session
}

func newPlugins(t *testing.T) *plugins {
	t.Helper()
	m, err := manifest.Parse([]byte(depot))
	if err != nil {
		t.Fatal(err)
	}
	return &plugins{manifest: m}
}

func (p *plugins) Manifest(_ context.Context, id, version string) (*manifest.Manifest, error) {
	if p.missing != nil {
		return nil, p.missing
	}
	if id != p.manifest.ID || version != "" && version != "1.2" {
		return nil, fault.New("plugin.missing", "there is no connector %s %s", id, version)
	}
	return p.manifest, nil
}

func (p *plugins) Session(ctx context.Context, _, version string, account connector.Account) (connector.Session, error) {
	if p.opening != nil {
		if err := p.opening(ctx, account); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accounts, p.versions = append(p.accounts, account), append(p.versions, version)
	if p.failing != nil {
		return nil, p.failing
	}
	if p.session != nil {
		return p.session(), nil
	}
	s := &session{}
	p.sessions = append(p.sessions, s)
	return s, nil
}

// session does nothing but count.
type session struct {
	mu     sync.Mutex
	calls  []limittest.Call
	closed int
	fails  error
	// takes is how long calls take, one after the other and again, under how many are under
	// way, and most how many were.
	takes       []time.Duration
	under, most int
}

// call notes one call to the vendor.
func (s *session) call(kind, operation string) {
	s.mu.Lock()
	s.calls = append(s.calls, limittest.Call{Kind: kind, Operation: operation, At: time.Now()})
	s.under++
	s.most = max(s.most, s.under)
	takes := time.Duration(0)
	if len(s.takes) > 0 {
		takes = s.takes[len(s.calls)%len(s.takes)]
	}
	s.mu.Unlock()
	if takes > 0 {
		time.Sleep(takes) // a bubble's time, which costs none
	}
	s.mu.Lock()
	s.under--
	s.mu.Unlock()
}

func (s *session) made() []limittest.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *session) Check(context.Context) (connector.Health, error) {
	s.call("check", "")
	return connector.Health{Account: "depot"}, nil
}

func (s *session) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	s.call("query", req.Operation)
	return connector.Page{Total: 7}, nil
}

func (s *session) Close(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
	return s.fails
}

type writes struct{ *session }

func (s writes) Write(_ context.Context, b connector.Batch) (connector.Answers, error) {
	s.call("write", b.Operation)
	return connector.Answers{Raw: []byte("{}")}, nil
}

type probes struct{ *session }

func (s probes) Probe(_ context.Context, r connector.ProbeRequest) ([]connector.Found, error) {
	s.call("probe", r.Operation)
	return []connector.Found{{Exists: true}}, nil
}

type discovers struct{ *session }

func (s discovers) Discover(_ context.Context, operation, _ string) (request, response []byte, err error) {
	s.call("discover", operation)
	return []byte("[1]"), []byte("[2]"), nil
}

// database keeps connections and states in memory.
type database struct {
	fails error
	// saving is called before a connection is saved.
	saving func()
	// woken are the connections whose documents were made due.
	woken []string

	mu          sync.Mutex
	ids         ledger.ID
	connections []connection.Connection
	states      map[ledger.ID]connection.State
}

func (d *database) PutConnection(_ context.Context, c connection.Connection, now ledger.Millis) (connection.Connection, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return c, d.fails
	}
	c.Updated, c.Revision = now, 1
	if i := d.find(c.Workspace, c.Name); i >= 0 {
		old := d.connections[i]
		c.ID, c.Revision, c.Sealed, c.SealedAt = old.ID, old.Revision+1, old.Sealed, old.SealedAt
		d.connections[i] = bare(c)
		return c, nil
	}
	c.ID = ledger.ID(len(d.connections) + 41)
	d.connections = append(d.connections, bare(c))
	return c, nil
}

// bare is a connection as a row has it.
func bare(c connection.Connection) connection.Connection {
	c.Secrets = nil
	return c
}

func (d *database) find(workspace ledger.ID, name string) int {
	return slices.IndexFunc(d.connections, func(c connection.Connection) bool { return c.Workspace == workspace && c.Name == name })
}

func (d *database) NewID(context.Context) (ledger.ID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ids++
	return 1000 + d.ids, d.fails
}

func (d *database) SaveConnection(_ context.Context, c connection.Connection, old int64, now ledger.Millis) (bool, error) {
	if d.saving != nil {
		d.saving()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return false, d.fails
	}
	i := d.find(c.Workspace, c.Name)
	c.Updated = now
	switch {
	case old == 0 && i < 0:
		d.connections = append(d.connections, bare(c))
		return true, nil
	case old > 0 && i >= 0 && d.connections[i].ID == c.ID && d.connections[i].Revision == old:
		d.connections[i] = bare(c)
		return true, nil
	default:
		return false, nil
	}
}

func (d *database) DeleteConnection(_ context.Context, id ledger.ID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.connections = slices.DeleteFunc(d.connections, func(c connection.Connection) bool { return c.ID == id })
	return d.fails
}

func (d *database) WakeConnection(_ context.Context, _ ledger.ID, name string, _ ledger.Millis) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.woken = append(d.woken, name)
	return d.fails
}

func (d *database) Connections(_ context.Context, workspace ledger.ID) ([]connection.Connection, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []connection.Connection
	for _, c := range d.connections {
		if c.Workspace == workspace {
			out = append(out, c)
		}
	}
	return out, d.fails
}

func (d *database) Connection(_ context.Context, workspace ledger.ID, name string) (connection.Connection, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return connection.Connection{}, d.fails
	}
	if i := d.find(workspace, name); i >= 0 {
		return d.connections[i], nil
	}
	return connection.Connection{}, ledger.ErrNotFound
}

func (d *database) ConnectorState(_ context.Context, id ledger.ID) (connection.State, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.states[id], d.fails
}

func (d *database) SwapConnectorState(_ context.Context, id ledger.ID, old int64, next connection.State, now ledger.Millis) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return false, d.fails
	}
	current := d.states[id]
	if current.Version != old || current.LeaseUntil > now && next.LeaseUntil > 0 {
		return false, nil
	}
	if d.states == nil {
		d.states = map[ledger.ID]connection.State{}
	}
	d.states[id] = next
	return true, nil
}

func newService(t *testing.T, store *database, installed *plugins) *connection.Service {
	t.Helper()
	s := connection.New(connection.Config{
		Store: store, Plugins: installed, Seal: newSeal(t, 1), Usage: users{}, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(func() { _ = s.Close(context.WithoutCancel(t.Context())) })
	return s
}

// users tells that flow f1 of workspace 1 names the connection "used".
type users struct{}

func (users) ConnectionUse(ctx context.Context) (map[string][]usage.Flow, error) {
	if p, _ := access.Of(ctx); p.Workspace != 1 {
		return nil, nil
	}
	return map[string][]usage.Flow{"used": {{ID: "f1", Title: "订单 → 单据"}}}, nil
}

// account is a connection that is in order.
func account() connection.Connection {
	return connection.Connection{
		Workspace: 1, Name: "depot", Connector: "depot", Version: "1.2",
		Settings: []byte(`{"address":"https://depot.example","retries":5}`), Secrets: connection.Secrets{"apiKey": canary},
	}
}

// give gives a connection that must be in order.
func give(t *testing.T, s *connection.Service, c connection.Connection) {
	t.Helper()
	if faults := s.Give(t.Context(), c); len(faults) > 0 {
		t.Fatalf("the connection is refused: %v", faults)
	}
}

// silent fails if an error, or what it wraps, shows the canary.
func silent(t *testing.T, what string, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		f := fault.From(e)
		for _, text := range append([]string{e.Error(), f.Message, f.Hint, f.Path, f.Code}, slices.Collect(maps.Values(f.Args))...) {
			if bytes.Contains([]byte(text), []byte(canary)) {
				t.Errorf("%s: the error shows the secret: %s", what, text)
			}
		}
	}
}
