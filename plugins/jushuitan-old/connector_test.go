package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/jushuitan-old/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/conformance"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const day = 24 * time.Hour

// start is when every sandbox begins: 2024-05-01 12:00:00 in Shanghai.
func start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

// bench is a connection to a served sandbox; both tell the same time unless the test parts them.
type bench struct {
	t        *testing.T
	vendor   *sandbox.Vendor
	kit      *sandboxkit.Kit
	theirs   *clocktest.Clock
	ours     *clocktest.Clock
	host     *connectortest.Host
	settings map[string]string
	secrets  map[string]string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	o := sandbox.Defaults()
	o.PerSecond, o.PerMinute, o.Refunds = 0, 0, 0
	c := clocktest.New(start())
	b := &bench{t: t, theirs: c, ours: c, host: connectortest.NewHost(c.Now)}
	b.vendor = sandbox.New(b.theirs.Now, o)
	b.kit = sandboxkit.New(b.vendor, b.theirs.Now)
	b.at(b.kit)
	return b
}

// at has the connection reach a vendor.
func (b *bench) at(vendor http.Handler) {
	server := httptest.NewServer(vendor)
	b.t.Cleanup(server.Close)
	b.settings = map[string]string{"address": server.URL + "/", "partnerId": sandbox.PartnerID}
	b.secrets = map[string]string{"partnerKey": sandbox.PartnerKey, "token": sandbox.Token}
}

func (b *bench) open() connector.Session {
	b.t.Helper()
	raw, err := json.Marshal(b.settings)
	if err != nil {
		b.t.Fatal(err)
	}
	program := newConnector(b.ours.Now)
	program.pause = func(ctx context.Context) error { return ctx.Err() }
	s, err := program.Open(b.t.Context(), connector.Account{ID: "c", Settings: raw, Secrets: maps.Clone(b.secrets)}, b.host)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func (b *bench) set(values string) {
	b.t.Helper()
	answer := httptest.NewRecorder()
	b.kit.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/_sandbox/faults", strings.NewReader(`{"set":`+values+`}`)))
	if answer.Code != http.StatusOK {
		b.t.Fatalf("%s: %s", values, answer.Body)
	}
}

func (b *bench) state(name string) string {
	b.t.Helper()
	return fmt.Sprint(b.vendor.State()[name])
}

func ask(t *testing.T, s connector.Session, operation, params string) (connector.Page, error) {
	t.Helper()
	return s.Query(t.Context(), connector.QueryRequest{Operation: operation, Params: []byte(params)})
}

func parsed(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse([]byte(manifestYAML))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const week = `"modified_begin":"2024-04-24 12:00:00","modified_end":"2024-05-01 12:00:00"`

func TestSignMatchesThePublishedVectors(t *testing.T) {
	t.Parallel()
	for method, tc := range map[string]struct {
		s        settings
		ts, want string
	}{
		"shops.query": {
			settings{PartnerID: "ywv5jGT8ge6Pvlq3FZSPol345asd", partnerKey: "ywv5jGT8ge6Pvlq3FZSPol2323", token: "181ee8952a88f5a57db52587472c3798"},
			"1540370062", "aebf9d0146764d578d9c86e3b7783204",
		},
		"refund.single.query": {settings{PartnerID: "demopartner", partnerKey: "demopartnerkey", token: "demotoken"}, "1714528800", "2abd976baab17f6afc99229ff9c50f30"},
	} {
		if got := sign(tc.s, method, tc.ts); got != tc.want {
			t.Errorf("%s: %s, want %s", method, got, tc.want)
		}
		if got := sandbox.Signature(method, tc.s.PartnerID, tc.s.partnerKey, tc.s.token, tc.ts); got != tc.want {
			t.Errorf("the sandbox, %s: %s, want %s", method, got, tc.want)
		}
	}
}

func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	b := newBench(t)
	ranged := func(operation string, size int, malformed, shifts string) connectortest.Query {
		params := func(page connector.PageRef, from, to time.Time) []byte {
			zone := time.FixedZone("", 8*60*60)
			return fmt.Appendf(nil, `{"modified_begin":"%s","modified_end":"%s","page_index":%d,"page_size":%d}`,
				from.In(zone).Format(time.DateTime), to.In(zone).Format(time.DateTime), page.Number, page.Size)
		}
		first, err := ask(t, b.open(), operation, `{`+week+`,"page_size":1}`)
		if err != nil {
			t.Fatal(err)
		}
		return connectortest.Query{
			Operation: operation, Size: size, Rows: first.Total, Malformed: []byte(malformed),
			Params: func(page connector.PageRef) []byte { return params(page, start().Add(-7*day), start()) },
			Range:  &conformance.Range{From: start().Add(-7 * day), To: start(), Params: params},
			Shift: func(connectortest.T) {
				b.theirs.Pass(time.Second)
				b.set(`{"touch":"` + shifts + `"}`)
			},
		}
	}
	whole := func(operation string, size, rows int) connectortest.Query {
		return connectortest.Query{
			Operation: operation, Size: size, Rows: rows, Malformed: []byte(`{"page_size":51}`),
			Params: func(page connector.PageRef) []byte {
				return fmt.Appendf(nil, `{"page_index":%d,"page_size":%d}`, page.Number, page.Size)
			},
		}
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: []byte(manifestYAML), Host: b.host, Wait: b.ours.Pass,
		Open: func(connectortest.T) connector.Session { return b.open() },
		OpenBad: func(connectortest.T) connector.Session {
			good := b.secrets
			defer func() { b.secrets = good }()
			b.secrets = map[string]string{"partnerKey": "not-the-key", "token": sandbox.Token}
			return b.open()
		},
		Secrets: []string{sandbox.PartnerKey, sandbox.Token, "not-the-key"},
		Queries: []connectortest.Query{
			ranged("refund.single.query", 20, `{`+week+`,"page_size":51}`, "refund"), ranged("orders.single.query", 20, `{}`, "order"),
			whole("shops.query", 2, 5), whole("wms.partner.query", 1, 3), whole("logisticscompany.query", 3, 8),
		},
	})
}

func TestManifest(t *testing.T) {
	t.Parallel()
	m := parsed(t)
	if m.ID != "jushuitan-old" || m.TimeZone != "Asia/Shanghai" {
		t.Errorf("%s in %s", m.ID, m.TimeZone)
	}
	for _, o := range m.Operations {
		if _, ok := listOf(o.Name); !ok || o.Kind != manifest.Query || o.Paging.MaxSize != 50 {
			t.Errorf("%s is declared but not served so", o.Name)
		}
	}
	vendor := sandbox.New(start, sandbox.Defaults())
	given := map[string]string{"address": "http://127.0.0.1:1"}
	maps.Copy(given, vendor.Credentials())
	raw, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	if faults := field.Check(m.Settings, raw); len(faults) > 0 {
		t.Errorf("the sandbox's credentials do not fit: %v", faults)
	}
	for _, r := range m.Rules {
		if r.Hint.ZH == "" || r.Hint.EN == "" {
			t.Errorf("%v has no hint in both languages", r.Codes)
		}
	}
}

// TestRefusals have the platform's own numbers: on the current one they mean other things.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change    func(*bench)
		operation string
		params    string
		code      string
		class     fault.Class
	}{
		"bad key":          {func(b *bench) { b.secrets["partnerKey"] = "x" }, "shops.query", `{}`, "vendor.120", fault.Config},
		"another partner":  {func(b *bench) { b.settings["partnerId"] = "x" }, "shops.query", `{}`, "vendor.100", fault.Auth},
		"another token":    {func(b *bench) { b.secrets["token"] = "x&y=z" }, "shops.query", `{}`, "vendor.100", fault.Auth},
		"a dead token":     {func(b *bench) { b.set(`{"expireTokens":true}`) }, "shops.query", `{}`, "vendor.100", fault.Auth},
		"page of 51":       {nil, "refund.single.query", `{"page_size":51,` + week + `}`, "vendor.140", fault.Config},
		"more than a week": {nil, "refund.single.query", `{"modified_begin":"2024-04-01 00:00:00","modified_end":"2024-05-01 00:00:00"}`, "vendor.140", fault.Config},
		"neither":          {nil, "orders.single.query", `{}`, "vendor.140", fault.Config},
		"unknown":          {nil, "invoice.query", `{}`, "connector.unknown_operation", fault.Config},
		"not JSON":         {nil, "shops.query", `{`, "item.invalid_json", fault.Data},
		"too often": {func(b *bench) {
			b.set(`{"perSecond":1}`)
			if _, err := b.open().Check(b.t.Context()); err != nil {
				b.t.Fatal(err)
			}
		}, "shops.query", `{}`, "vendor.199", fault.Rate},
	} {
		b := newBench(t)
		if tc.change != nil {
			tc.change(b)
		}
		_, err := ask(t, b.open(), tc.operation, tc.params)
		f := fault.From(err)
		if f == nil || f.Code != tc.code || parsed(t).Classify(tc.operation, f).Class != tc.class {
			t.Errorf("%s: %+v", name, f)
		}
		lines, traces := b.host.Said()
		for _, said := range append(lines, fmt.Sprintf("%+v %v", traces, err)) {
			for _, secret := range b.secrets {
				if len(secret) > 1 && strings.Contains(said, secret) {
					t.Errorf("%s shows a secret: %s", name, said)
				}
			}
		}
	}
	m := parsed(t)
	for code, class := range map[string]fault.Class{
		"110": fault.Config, "130": fault.Config, "150": fault.Transient, "160": fault.Transient, "170": fault.Config, "180": fault.Config, "190": fault.Config,
	} {
		if f := m.Classify("shops.query", fault.New("vendor."+code, "x")); f.Class != class {
			t.Errorf("%s has the class %s", code, f.Class)
		}
	}
}

// TestTheTokenIsKeptAlive once a day by one of all sessions, and goes on where that fails.
func TestTheTokenIsKeptAlive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sessions := []connector.Session{b.open(), b.open()}
	use := func(want string) {
		t.Helper()
		for _, s := range sessions {
			if _, err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := b.state("tokenRenewed"); got != want {
			t.Errorf("kept alive %s times, want %s", got, want)
		}
	}
	use("1")
	b.ours.Pass(23 * time.Hour)
	use("1")
	for n := range 40 {
		b.ours.Pass(day)
		use(fmt.Sprint(n + 2)) // the token would have died after 30 days
	}
	b.ours.Pass(day)
	b.set(`{"codes":{"frequency":199},"perMinute":1}`)
	for _, s := range sessions[:1] {
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	b.secrets["token"] = "another"
	if _, err := b.open().Check(t.Context()); fault.CodeOf(err) != "vendor.100" {
		t.Errorf("another token: %v", err)
	}
	lines, _ := b.host.Said()
	if len(lines) != 1 || !strings.Contains(lines[0], "could not be kept alive") {
		t.Errorf("said %v", lines)
	}
}

// TestTheVendorsClockIsLearned from a refused timestamp.
func TestTheVendorsClockIsLearned(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ours = clocktest.New(start().Add(-3 * time.Hour))
	health, err := b.open().Check(t.Context())
	if err != nil || !health.SourceTime.Equal(start()) || b.state("tokenRenewed") != "1" {
		t.Errorf("%v %v", health, err)
	}
	b.theirs.Pass(time.Hour) // within one session
	s := b.open()
	if _, err := s.Check(t.Context()); fault.CodeOf(err) != codeClock || fault.ClassOf(err) != fault.Transient {
		t.Errorf("the first call: %v", err)
	}
	if _, err := s.Check(t.Context()); err != nil {
		t.Errorf("the second: %v", err)
	}
}

func TestAnswersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ answer, code string }{
		"no code":          {`{"issuccess":true}`, "erp321.answer_unreadable"},
		"no success":       {`{"code":0,"issuccess":false,"msg":"x"}`, "vendor.0"},
		"rows left out":    {`{"code":0,"issuccess":true,"data_count":3}`, "erp321.answer_unreadable"},
		"rows no list":     {`{"code":0,"issuccess":true,"shops":7}`, "erp321.answer_unreadable"},
		"nothing to list":  {`{"code":0,"issuccess":true,"data_count":0,"shops":null}`, ""},
		"a page, no total": {`{"code":0,"issuccess":true,"has_next":true,"shops":[{"shop_id":12345678901234567890.10}]}`, ""},
		"a web page":       {`<html>`, "http.html"},
	} {
		b := newBench(t)
		b.at(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, tc.answer) }))
		page, err := ask(t, b.open(), "shops.query", `{"blank":"","page_size":5}`)
		if fault.CodeOf(err) != tc.code {
			t.Errorf("%s: %v", name, err)
		}
		if name == "a page, no total" && (page.Total != -1 || !page.More || item.Of(page.Rows).Kind() != item.Array || !strings.Contains(string(page.Rows), "12345678901234567890.10")) {
			t.Errorf("%s: %+v", name, page)
		}
	}
}
