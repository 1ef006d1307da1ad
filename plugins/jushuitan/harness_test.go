package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/tokens"
	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

const (
	refundPath = "/open/refund/single/query"
	initPath   = "/openWeb/auth/getInitToken"
	codePath   = "/openWeb/auth/accessToken"
	renewPath  = "/openWeb/auth/refreshToken"
	day        = 24 * time.Hour
)

func newClock() *clocktest.Clock { return clocktest.New(start()) }

// start is when every sandbox begins: 2024-05-01 12:00:00 in Shanghai.
func start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

// host is the engine's host with a state that a test can spoil.
type host struct {
	*connectortest.Host
	state *state
}

func newHost(c *clocktest.Clock) *host {
	return &host{connectortest.NewHost(c.Now), &state{clock: c}}
}

func (h *host) State() connector.State { return h.state }

// said is everything that left the session beside its answers.
func (h *host) said() string {
	lines, traces := h.Said()
	all := strings.Join(lines, "\n")
	for _, e := range traces {
		all += fmt.Sprintf("\n%s %d %s %s", e.URL, e.Status, e.RequestBody, e.ResponseBody)
	}
	return all
}

// state keeps one value with leases. refuse, when set, may fail a swap.
type state struct {
	clock  *clocktest.Clock
	refuse func(value []byte) error

	mu      sync.Mutex
	value   []byte
	version int64
	until   time.Time
}

func (s *state) Get(ctx context.Context) (connector.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return connector.Snapshot{Value: s.value, Version: s.version, Leased: s.clock.Now().Before(s.until)}, ctx.Err()
}

func (s *state) CompareAndSwap(ctx context.Context, old connector.Snapshot, value []byte, lease time.Duration) (connector.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return connector.Snapshot{}, ctx.Err()
	}
	if old.Version != s.version || old.Leased {
		return connector.Snapshot{}, connector.ErrStateConflict
	}
	if s.refuse != nil {
		if err := s.refuse(value); err != nil {
			return connector.Snapshot{}, err
		}
	}
	s.value, s.version, s.until = value, s.version+1, time.Time{}
	if lease > 0 {
		s.until = s.clock.Now().Add(lease)
	}
	return connector.Snapshot{Value: value, Version: s.version}, nil
}

func (s *state) grant(t *testing.T) tokens.Grant {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var g tokens.Grant
	if err := json.Unmarshal(s.value, &g); err != nil {
		t.Fatalf("state %s: %v", s.value, err)
	}
	return g
}

// bench is a connection to a served sandbox; both tell the same time unless the test parts them.
type bench struct {
	t       *testing.T
	vendor  *sandbox.Vendor
	kit     *sandboxkit.Kit
	url     string
	sandbox *clocktest.Clock
	clock   *clocktest.Clock
	host    *host
	// settings and secrets of the next session.
	settings map[string]string
	secrets  map[string]string
}

// fast is the sandbox without limits.
func fast() sandbox.Options {
	o := sandbox.Defaults()
	o.PerSecond, o.PerMinute, o.Refunds = 0, 0, 400
	return o
}

func newBench(t *testing.T, o sandbox.Options) *bench {
	t.Helper()
	c := newClock()
	b := &bench{t: t, sandbox: c, clock: c, host: newHost(c)}
	b.serve(o)
	return b
}

// played is a bench before a vendor that the test plays.
func played(t *testing.T, vendor http.HandlerFunc) *bench {
	t.Helper()
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	c := newClock()
	return &bench{t: t, clock: c, host: newHost(c), settings: map[string]string{"address": server.URL, "appKey": "k"}, secrets: map[string]string{"appSecret": "s"}}
}

func (b *bench) serve(o sandbox.Options) {
	b.vendor = sandbox.New(b.sandbox.Now, o)
	b.kit = sandboxkit.New(b.vendor, b.sandbox.Now)
	server := httptest.NewServer(b.kit)
	b.t.Cleanup(server.Close)
	b.url = server.URL
	b.settings = map[string]string{"address": server.URL + "/", "appKey": sandbox.AppKey, "authMode": b.vendor.Credentials()["authMode"]}
	b.secrets = map[string]string{"appSecret": sandbox.AppSecret}
}

// open makes a session that the test closes at its end.
func (b *bench) open() connector.Session {
	b.t.Helper()
	program, values := newConnector(b.clock.Now), maps.Clone(b.settings)
	program.pause = func(ctx context.Context) error { return ctx.Err() }
	maps.Copy(values, b.secrets)
	return connectortest.Open(b.t, program, b.host, values)
}

func (b *bench) set(values string) { b.control(`{"set":` + values + `}`) }

func (b *bench) inject(faults string) { b.control(`{"faults":[` + faults + `]}`) }

func (b *bench) control(body string) {
	b.t.Helper()
	connectortest.Control(b.t, b.kit, body)
}

// calls tells how often the sandbox was called at a path.
func (b *bench) calls(path string) int {
	b.t.Helper()
	return connectortest.Calls(b.t, b.kit)[path]
}

func (b *bench) wantQueries(n int) {
	b.t.Helper()
	if got := b.calls(refundPath); got != n {
		b.t.Errorf("%d queries, want %d", got, n)
	}
}

// span writes the parameters of a window by how long before the start it begins and ends.
func span(from, to time.Duration) string {
	return `"modified_begin":"` + start().Add(-from).In(shanghai()).Format(time.DateTime) +
		`","modified_end":"` + start().Add(-to).In(shanghai()).Format(time.DateTime) + `"`
}

func refunds(params string) connector.QueryRequest {
	return connector.QueryRequest{Operation: "refund.single.query", Params: []byte(params)}
}

// query asks, and once more where the first call taught the vendor's clock, as the engine does.
func query(t *testing.T, s connector.Session, params string) connector.Page {
	t.Helper()
	page, err := s.Query(t.Context(), refunds(params))
	if fault.CodeOf(err) == codeClock {
		page, err = s.Query(t.Context(), refunds(params))
	}
	if err != nil {
		t.Fatalf("%v for %s", err, params)
	}
	return page
}

func parsedManifest(t *testing.T) *manifest.Manifest {
	return connectortest.Manifest(t, []byte(manifestYAML))
}

// expect checks an error's code and the class that the manifest's rules give it.
func expect(t *testing.T, err error, code string, class fault.Class) {
	t.Helper()
	_ = classified(t, err, code, class)
}

// classified is expect for a test that looks at more of the fault.
func classified(t *testing.T, err error, code string, class fault.Class) *fault.Fault {
	t.Helper()
	return connectortest.Refused(t, []byte(manifestYAML), "refund.single.query", err, code, class)
}

func rows(t *testing.T, page connector.Page) [][]byte {
	t.Helper()
	rows, err := item.Rows(page.Rows)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
