package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/maycur/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// start is when every sandbox begins.
func start() time.Time { return time.Date(2026, 3, 5, 4, 0, 0, 0, time.UTC) }

// bench is a connection to a served sandbox.
type bench struct {
	t        *testing.T
	vendor   *sandbox.Vendor
	kit      *sandboxkit.Kit
	clock    *clocktest.Clock
	host     *connectortest.Host
	settings map[string]string
	secret   string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := clocktest.New(start())
	vendor := sandbox.New(clock.Now)
	kit := sandboxkit.New(vendor, clock.Now)
	server := httptest.NewServer(kit)
	t.Cleanup(server.Close)
	return &bench{
		t: t, vendor: vendor, kit: kit, clock: clock, host: connectortest.NewHost(clock.Now), secret: sandbox.AppSecret,
		settings: map[string]string{"address": server.URL + "/", "appCode": sandbox.AppCode},
	}
}

// played is a bench before a vendor that the test plays.
func played(t *testing.T, vendor http.HandlerFunc) *bench {
	t.Helper()
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	clock := clocktest.New(start())
	return &bench{
		t: t, clock: clock, host: connectortest.NewHost(clock.Now), secret: "s",
		settings: map[string]string{"address": server.URL, "appCode": "a"},
	}
}

// loggedIn plays a vendor that gives a token, and answers every other call the same.
func loggedIn(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/auth/login") {
			answer := `{"code":"ACK","data":{"entCode":"E","tokenId":"T"}}`
			_, _ = w.Write([]byte(answer))
			return
		}
		_, _ = w.Write([]byte(answer))
	}
}

func (b *bench) open() *session {
	b.t.Helper()
	program, values := newConnector(b.clock.Now), maps.Clone(b.settings)
	program.pause, values["appSecret"] = func(ctx context.Context) error { return ctx.Err() }, b.secret
	return connectortest.Open(b.t, program, b.host, values).(*session)
}

func (b *bench) set(name, value string) {
	b.t.Helper()
	if err := b.vendor.Set(name, json.RawMessage(value)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) inject(faults string) {
	b.t.Helper()
	connectortest.Control(b.t, b.kit, `{"faults":[`+faults+`]}`)
}

// calls tells how often the sandbox was called below /api/openapi/.
func (b *bench) calls(path string) int {
	b.t.Helper()
	return connectortest.Calls(b.t, b.kit)[root+path]
}

func (b *bench) query(operation, params string, page connector.PageRef) connector.Page {
	b.t.Helper()
	got, err := b.open().Query(b.t.Context(), connector.QueryRequest{Operation: operation, Params: []byte(params), Page: page})
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func (b *bench) write(operation, params, rows string) (connector.Answers, error) {
	b.t.Helper()
	return b.open().Write(b.t.Context(), connector.Batch{
		Operation: operation, Mode: connector.Create, Params: []byte(params), Rows: []byte(rows), Keys: []string{""},
	})
}

// objects gives the sandbox's, by the value of a member.
func (b *bench) objects(kind, key string) map[string]item.Value {
	b.t.Helper()
	raws, ok := b.vendor.Objects(kind)
	if !ok {
		b.t.Fatal(kind)
	}
	all := map[string]item.Value{}
	for _, raw := range raws {
		all[item.Of(raw).Field(key).Text()] = item.Of(raw)
	}
	return all
}

func declared(t *testing.T) *manifest.Manifest { return connectortest.Manifest(t, manifestYAML) }

// expect checks an error's code and the class that the manifest's rules give it.
func expect(t *testing.T, operation string, err error, code string, class fault.Class) {
	t.Helper()
	_ = classified(t, operation, err, code, class)
}

// classified is expect for a test that looks at more of the fault.
func classified(t *testing.T, operation string, err error, code string, class fault.Class) *fault.Fault {
	t.Helper()
	return connectortest.Refused(t, manifestYAML, operation, err, code, class)
}

func count(t *testing.T, page connector.Page) int {
	t.Helper()
	rows, err := item.Rows(page.Rows)
	if err != nil {
		t.Fatal(err)
	}
	return len(rows)
}

// ms writes a moment before the start.
func ms(before time.Duration) int64 { return start().Add(-before).UnixMilli() }

func (*bench) member(raw []byte, name string) string { return item.Of(raw).Field(name).Text() }
