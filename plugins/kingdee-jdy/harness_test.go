package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-jdy/sandbox"
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
	t       *testing.T
	vendor  *sandbox.Vendor
	kit     *sandboxkit.Kit
	sandbox *clocktest.Clock
	clock   *clocktest.Clock
	host    *connectortest.Host
	// given are the settings and secrets of the next session.
	given map[string]string
}

// newBench is a bench with one of the ways in.
func newBench(t *testing.T, way string) *bench {
	t.Helper()
	clock := clocktest.New(start())
	vendor := sandbox.New(clock.Now)
	b := &bench{t: t, vendor: vendor, kit: sandboxkit.New(vendor, clock.Now), sandbox: clock, clock: clock, host: connectortest.NewHost(clock.Now)}
	server := httptest.NewServer(b.kit)
	t.Cleanup(server.Close)
	b.set("way", `"`+way+`"`)
	b.set("perMinute", "0")
	b.given = vendor.Credentials()
	b.given["address"] = server.URL + "/"
	return b
}

// played is a bench before a vendor that the test plays.
func played(t *testing.T, vendor http.HandlerFunc) *bench {
	t.Helper()
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	clock := clocktest.New(start())
	return &bench{t: t, clock: clock, host: connectortest.NewHost(clock.Now), given: map[string]string{
		"address": server.URL, "clientId": "c", "clientSecret": "s", "username": "u", "password": "p", "accountId": "a", "groupName": "g",
	}}
}

// answering plays a vendor that gives a token, and answers every other call the same.
func answering(status int, answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/auth/user/access_token" {
			_, _ = w.Write([]byte(`{"errcode":0,"description":"","data":{"access_token":"T"}}`))
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}
}

func (b *bench) open() connector.Session {
	b.t.Helper()
	program := newConnector(b.clock.Now)
	program.pause = func(ctx context.Context) error { return ctx.Err() }
	return connectortest.Open(b.t, program, b.host, b.given)
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

// calls tells how often the sandbox was called at a path.
func (b *bench) calls(path string) int {
	b.t.Helper()
	return connectortest.Calls(b.t, b.kit)[path]
}

func (b *bench) query(operation, params string) (connector.Page, error) {
	b.t.Helper()
	return b.open().Query(b.t.Context(), connector.QueryRequest{Operation: operation, Params: []byte(params), Page: connector.PageRef{Number: 1, Size: 100}})
}

// rows makes a query that succeeds and gives its rows.
func (b *bench) rows(operation, params string) []item.Value {
	b.t.Helper()
	page, err := b.query(operation, params)
	if err != nil {
		b.t.Fatalf("%s %s: %v", operation, params, err)
	}
	var all []item.Value
	for row := range item.Of(page.Rows).Elements() {
		all = append(all, row)
	}
	return all
}

func (b *bench) write(operation, row string) (connector.Answer, error) {
	b.t.Helper()
	answers, err := b.open().(connector.Writer).Write(b.t.Context(), connector.Batch{
		Operation: operation, Mode: connector.Create, Rows: []byte("[" + row + "]"), Keys: []string{"k"},
	})
	if err != nil {
		return connector.Answer{}, err
	}
	if len(answers.Rows) != 1 {
		b.t.Fatalf("%+v", answers)
	}
	return answers.Rows[0], nil
}

// stored gives the orders of the sandbox with a number.
func (b *bench) stored(number string) []item.Value {
	b.t.Helper()
	raws, _ := b.vendor.Objects("sal_order")
	var found []item.Value
	for _, raw := range raws {
		if item.Of(raw).Field("billno").Text() == number {
			found = append(found, item.Of(raw))
		}
	}
	return found
}

func declared(t *testing.T) *manifest.Manifest { return connectortest.Manifest(t, manifestYAML) }

// expect checks an error's code and the class that the manifest's rules give it.
func expect(t *testing.T, err error, code string, class fault.Class) {
	t.Helper()
	_ = classified(t, err, code, class)
}

// classified is expect for a test that looks at more of the fault.
func classified(t *testing.T, err error, code string, class fault.Class) *fault.Fault {
	t.Helper()
	return connectortest.Refused(t, manifestYAML, "", err, code, class)
}
