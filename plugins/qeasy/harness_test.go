package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/qeasy/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// start is when every sandbox begins.
func start() time.Time { return time.Date(2026, 3, 5, 4, 0, 0, 0, time.UTC) }

// bench is a connection to a served sandbox, or to a vendor that the test plays.
type bench struct {
	t      *testing.T
	vendor *sandbox.Vendor
	kit    *sandboxkit.Kit
	clock  *clocktest.Clock
	host   *connectortest.Host
	// given are the settings and secrets of the next session.
	given map[string]string
}

func newBench(t *testing.T, version string) *bench {
	t.Helper()
	clock := clocktest.New(start())
	vendor := sandbox.New(clock.Now)
	b := &bench{t: t, vendor: vendor, kit: sandboxkit.New(vendor, clock.Now), clock: clock, host: connectortest.NewHost(clock.Now)}
	server := httptest.NewServer(b.kit)
	t.Cleanup(server.Close)
	b.set("version", `"`+version+`"`)
	b.set("perMinute", "0")
	b.given = vendor.Credentials()
	b.given["address"] = server.URL + "/"
	return b
}

func played(t *testing.T, vendor http.HandlerFunc) *bench {
	t.Helper()
	server := httptest.NewServer(vendor)
	t.Cleanup(server.Close)
	clock := clocktest.New(start())
	return &bench{t: t, clock: clock, host: connectortest.NewHost(clock.Now), given: map[string]string{
		"address": server.URL, "version": "v2", "appKey": "k", "appSecret": "s", "checkScheme": "S",
	}}
}

// answering plays a vendor that gives a token, and answers every other call the same.
func answering(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == oauth {
			answer := `{"success":true,"code":0,"message":"success","content":{"access_token":"T/1","expires_in":7200}}`
			_, _ = w.Write([]byte(answer))
			return
		}
		_, _ = w.Write([]byte(answer))
	}
}

func (b *bench) open() *session {
	b.t.Helper()
	program := newConnector(b.clock.Now)
	program.pause = func(ctx context.Context) error { return ctx.Err() }
	return connectortest.Open(b.t, program, b.host, maps.Clone(b.given)).(*session)
}

func (b *bench) set(name, value string) {
	b.t.Helper()
	if err := b.vendor.Set(name, json.RawMessage(value)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) query(operation, params string, page connector.PageRef) (connector.Page, error) {
	b.t.Helper()
	return b.open().Query(b.t.Context(), connector.QueryRequest{Operation: operation, Params: []byte(params), Page: page})
}

// rows gives the rows of a query that has to succeed.
func (b *bench) rows(params string, page connector.PageRef) ([]item.Value, connector.Page) {
	b.t.Helper()
	got, err := b.query(queryRows, params, page)
	if err != nil {
		b.t.Fatal(err)
	}
	var list []item.Value
	for row := range item.Of(got.Rows).Elements() {
		list = append(list, row)
	}
	return list, got
}

func (b *bench) write(operation, scheme, rows string) (connector.Answers, error) {
	b.t.Helper()
	return b.open().Write(b.t.Context(), connector.Batch{
		Operation: operation, Mode: connector.Create, Params: []byte(`{"scheme_id":"` + scheme + `"}`), Rows: []byte(rows), Keys: []string{""},
	})
}

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
