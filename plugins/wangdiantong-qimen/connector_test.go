package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdt"
	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/plugins/wangdiantong-qimen/sandbox"
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

const day = 24 * time.Hour

func TestMain(m *testing.M) { leaktest.Main(m) }

// start is when every sandbox begins: 2024-05-01 12:00:00 in Shanghai.
func start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

// bench is a connection to a served sandbox.
type bench struct {
	t      *testing.T
	clock  *clocktest.Clock
	vendor *sandbox.Vendor
	url    string
	host   *connectortest.Host
	calls  *connectortest.Recorder
}

func newBench(t *testing.T, perMinute int) *bench {
	t.Helper()
	b := &bench{t: t, clock: clocktest.New(start())}
	o := sandbox.Defaults()
	o.PerMinute = perMinute
	b.host = connectortest.NewHost(b.clock.Now)
	b.vendor = sandbox.New(b.clock.Now, o)
	b.calls = connectortest.NewRecorder(sandboxkit.New(b.vendor, b.clock.Now))
	server := httptest.NewServer(b.calls)
	t.Cleanup(server.Close)
	b.url = server.URL + "/router/qm"
	return b
}

// open makes a session that the test closes at its end; change replaces settings and secrets.
func (b *bench) open(change map[string]string) connector.Session {
	b.t.Helper()
	all := b.vendor.Credentials()
	all["address"] = b.url
	maps.Copy(all, change)
	return connectortest.Open(b.t, newConnector(b.clock.Now), b.host, all)
}

func within(page connector.PageRef, from, to time.Time) []byte {
	zone := time.FixedZone("", 8*60*60)
	return fmt.Appendf(nil, `{"start_time":%q,"end_time":%q,"page_no":%d,"page_size":%d}`,
		from.In(zone).Format(time.DateTime), to.In(zone).Format(time.DateTime), page.Number, page.Size)
}

func parsed(t *testing.T) *manifest.Manifest { return connectortest.Manifest(t, []byte(manifestYAML)) }

func refused(t *testing.T, err error, code string, class fault.Class) *fault.Fault {
	t.Helper()
	return connectortest.Refused(t, []byte(manifestYAML), "wdt.trade.query", err, code, class)
}

// total asks the sandbox itself how many rows match.
func (b *bench) total(name, from, to string) int {
	b.t.Helper()
	body, no := b.vendor.Call(wdtbox.Qimen, name, map[string]string{"start_time": from, "end_time": to})
	if no != nil {
		b.t.Fatalf("%s: %+v", name, no)
	}
	var answer struct {
		Total int `json:"total_count"`
	}
	if err := json.Unmarshal(append([]byte(`{"code":0`), append(body, '}')...), &answer); err != nil {
		b.t.Fatal(err)
	}
	b.t.Logf("%s: %d rows", name, answer.Total)
	return answer.Total
}

// TestConformance is what every connector has to pass. There are no tokens that could expire.
// The rows of stock-outs by time of sending keep their places when one changes; those by time
// of change shift, so that the manifest has them read a second time.
func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	b := newBench(t, 0)
	if err := b.vendor.Set("strictParams", json.RawMessage("true")); err != nil {
		t.Fatal(err)
	}
	timed := func(operation, name string, size int, span time.Duration) connectortest.Query {
		q := connectortest.Query{Operation: operation, Size: size, Malformed: []byte(`{"page_no":0}`)}
		q.Range = &conformance.Range{From: start().Add(-span), To: start(), Params: within}
		q.Params = func(page connector.PageRef) []byte { return within(page, q.Range.From, q.Range.To) }
		zone := time.FixedZone("", 8*60*60)
		q.Rows = b.total(name, q.Range.From.In(zone).Format(time.DateTime), q.Range.To.In(zone).Format(time.DateTime))
		return q
	}
	numbered := func(operation string, size, rows int) connectortest.Query {
		return connectortest.Query{Operation: operation, Size: size, Rows: rows, Malformed: []byte(`{"page_size":101}`), Params: func(page connector.PageRef) []byte {
			return fmt.Appendf(nil, `{"page_no":%d,"page_size":%d}`, page.Number, page.Size)
		}}
	}
	sent := timed("wdt.stockout.order.query.trade", "stockout_order_query_trade", 100, 30*day)
	sent.Shift = func(t connectortest.T) {
		t.Helper()
		stockouts, _ := b.vendor.Objects("stockout")
		if err := b.vendor.Set("touch", json.RawMessage(item.Of(stockouts[len(stockouts)/2]).Field("stockout_no").Raw())); err != nil {
			t.Fatal(err)
		}
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: []byte(manifestYAML), Host: b.host, Wait: b.clock.Pass, Stall: b.calls.Stall,
		Secrets: []string{sandbox.AppSecret, "not-the-secret", "kz-session-0001"},
		Open: func(t connectortest.T) connector.Session {
			t.Helper()
			return b.open(map[string]string{"signMethod": "hmac-sha256", "session": "kz-session-0001"})
		},
		OpenBad: func(t connectortest.T) connector.Session {
			t.Helper()
			return b.open(map[string]string{"appSecret": "not-the-secret"})
		},
		Queries: []connectortest.Query{
			timed("wdt.trade.query", "trade_query", 20, time.Hour),
			sent,
			timed("wdt.goods.query", "goods_query", 20, 30*day),
			numbered("wdt.shop.query", 2, 7),
			numbered("wdt.warehouse.query", 4, 11),
			{Operation: "wdt.logistics.query", Size: 100, Rows: 5, Params: func(connector.PageRef) []byte { return []byte(`{}`) }},
		},
	})
}

// TestSignature has vectors that public clients of the gateway agree on, and one of our own
// for the longest hash.
func TestSignature(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{
		"md5":         "753699A12377F7A0485D5E3127867DF6",
		"hmac":        "6CF322119C286452180322F7DF360F00",
		"hmac-sha256": "4435C865C822ED8C1B6E98FDA82EF37174B3DB0CDD227301FCD9CF7B9D0794F3",
	} {
		fields := map[string]string{
			"method": "wdt.trade.query", "app_key": "21000001", "target_app_key": "21363512", "sid": "demosid", "format": "json", "v": "2.0",
			"timestamp": "2024-05-01 10:00:00", "start_time": "2024-05-01 09:00:00", "end_time": "2024-05-01 10:00:00",
			"page_no": "0", "page_size": "100", "sign_method": method, "session": "", "sign": "not signed",
		}
		if got := sign(method, "demotopsecret", fields); got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, 0)
	for method := range map[string]bool{"md5": true, "hmac": true, "hmac-sha256": true, "": true} {
		s := b.open(map[string]string{"signMethod": method})
		page, err := s.Query(t.Context(), connector.QueryRequest{
			Operation: "wdt.trade.query", Page: connector.PageRef{Number: 1, Size: 9},
			Params: []byte(`{"start_time":"2024-05-01 11:00:00","end_time":"2024-05-01 12:00:00","shop_no":""}`),
		})
		if err != nil || page.Total != -1 || !page.SourceTime.Equal(start()) {
			t.Fatalf("%s: %+v %v", method, page, err)
		}
	}
	form := b.calls.Last(t).Form
	for name, want := range map[string]string{
		"method": "wdt.trade.query", "app_key": sandbox.AppKey, "target_app_key": "21363512", "sid": wdtbox.Sid, "v": "2.0", "format": "json",
		"timestamp": "2024-05-01 12:00:00", "page_no": "1", "page_size": "9",
	} {
		if got := form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"session", "shop_no", "wdt_sign"} {
		if form.Has(name) {
			t.Errorf("%s is sent", name)
		}
	}
	// The Taobao family is here, and no receiver.
	page, err := b.open(nil).Query(t.Context(), connector.QueryRequest{Operation: "wdt.trade.query", Params: within(connector.PageRef{Size: 100}, start().Add(-time.Hour), start())})
	if err != nil {
		t.Fatal(err)
	}
	taobao := 0
	for row := range item.Of(page.Rows).Elements() {
		if row.Field("platform_id").Text() == "1" {
			taobao++
		}
		if !row.Field("receiver_mobile").Blank() || !row.Field("buyer_nick").Blank() {
			t.Errorf("%.200s", row.Raw())
		}
	}
	if taobao == 0 {
		t.Error("no order of the Taobao family")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, wrapper := range []string{"response", "error_response"} {
		b := newBench(t, 0)
		if err := b.vendor.Set("wrapper", json.RawMessage(`"`+wrapper+`"`)); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			change map[string]string
			params string
			code   string
			class  fault.Class
		}{
			"a bad secret":         {map[string]string{"appSecret": "no"}, `{}`, "vendor.25", fault.Auth},
			"a bad key":            {map[string]string{"appKey": "21"}, `{}`, "vendor.29", fault.Auth},
			"another target":       {map[string]string{"targetAppKey": "21"}, `{}`, "vendor.29", fault.Auth},
			"no way of signing":    {map[string]string{"signMethod": "sha"}, `{}`, "vendor.25", fault.Auth},
			"no account":           {map[string]string{"sid": ""}, `{}`, "vendor.40", fault.Config},
			"another account":      {map[string]string{"sid": "nobody"}, `{}`, "vendor.2030", fault.Auth},
			"no range, no number":  {nil, `{}`, "vendor.2900", fault.Config},
			"a range that is long": {nil, string(within(connector.PageRef{Size: 1}, start().Add(-time.Hour-time.Second), start())), "vendor.100", ""},
		} {
			_, err := b.open(tt.change).Query(t.Context(), connector.QueryRequest{Operation: "wdt.trade.query", Params: []byte(tt.params)})
			if f := refused(t, err, tt.code, tt.class); f.Message == "" || len(f.Answer()) == 0 {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	b := newBench(t, 1)
	s := b.open(nil)
	if _, err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := s.Check(t.Context())
	_ = refused(t, err, "vendor.1012", fault.Rate)
	_, err = s.Query(t.Context(), connector.QueryRequest{Operation: "wdt.refund.query"})
	_ = refused(t, err, "connector.unknown_operation", fault.Config)
}

// Answers as they are known of the gateway, and some that are none.
func TestAnswers(t *testing.T) {
	t.Parallel()
	query := func(body string) (connector.Page, error) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		t.Cleanup(server.Close)
		clock := clocktest.New(time.Now()) // the server's Date is ours
		s := connectortest.Open(t, newConnector(clock.Now), connectortest.NewHost(clock.Now), map[string]string{"address": server.URL, "appKey": "1", "appSecret": "x", "sid": "s"})
		return s.Query(t.Context(), connector.QueryRequest{Operation: "wdt.trade.query"})
	}
	for body, rows := range map[string]string{
		`{"response":{"flag":"success","code":0,"message":"ok","total_count":1,"trades":[{"trade_id":"1"}],"request_id":"r"}}`: `[{"trade_id":"1"}]`,
		`{"response":{"errorcode":0,"trades":[{"trade_id":"1"}]}}`:                                                             `[{"trade_id":"1"}]`,
		`{"response":{"code":"0","trades":[]}}`:                                                                                `[]`,
	} {
		if page, err := query(body); err != nil || string(page.Rows) != rows {
			t.Errorf("%s: %s %v", body, page.Rows, err)
		}
	}
	for body, tt := range map[string]struct {
		code  string
		class fault.Class
	}{
		`{"response":{"flag":"failure","code":"7","message":"App Call Limited","sub_code":"accesscontrol.limited-by-api-access-count"}}`: {"vendor.7", fault.Rate},
		`{"response":{"flag":"failure","code":"15","message":"x","sub_code":"accesscontrol.limited-by-dynamic-access-count"}}`:           {"vendor.15", fault.Rate},
		`{"error_response":{"code":25,"msg":"Invalid signature","sub_code":"isv.invalid-signature"}}`:                                    {"vendor.25", fault.Auth},
		`{"response":{"flag":"failure","message":"服务不可用"}}`:                                                                              {"vendor.failure", fault.Transient},
		`{"response":{"errorcode":"1012","message":""}}`:                                                                                 {"vendor.1012", fault.Rate},
		`{"response":{"flag":"failure","code":"31","message":"x"}}`:                                                                      {"vendor.31", fault.Config},
		`{}`:                     {"wangdiantong.answer_unreadable", fault.Transient},
		`{"response":{}}`:        {"wangdiantong.answer_unreadable", fault.Transient},
		`{"response":"x"}`:       {"wangdiantong.answer_unreadable", fault.Transient},
		`{"code":0,"trades":[]}`: {"wangdiantong.answer_unreadable", fault.Transient},
		`<html></html>`:          {"http.html", fault.Transient},
	} {
		_, err := query(body)
		_ = refused(t, err, tt.code, tt.class)
	}
}

// The first call of a session whose clock is off teaches it the gateway's time.
func TestClocksDiffer(t *testing.T) {
	t.Parallel()
	b := newBench(t, 0)
	all := b.vendor.Credentials()
	all["address"] = b.url
	late := func() time.Time { return start().Add(time.Hour) }
	s := connectortest.Open(t, newConnector(late), b.host, all)
	shops := connector.QueryRequest{Operation: "wdt.shop.query", Page: connector.PageRef{Size: 10}}
	_, err := s.Query(t.Context(), shops)
	_ = refused(t, err, wdt.CodeClock, fault.Transient)
	if page, err := s.Query(t.Context(), shops); err != nil || !page.SourceTime.Equal(start()) {
		t.Errorf("%v %v", page.SourceTime, err)
	}
	if health, err := connectortest.Open(t, newConnector(late), b.host, all).Check(t.Context()); err != nil || !strings.Contains(health.Account, wdtbox.Sid) {
		t.Errorf("%+v %v", health, err)
	}
}

func TestManifestDeclaresWhatIsServed(t *testing.T) {
	t.Parallel()
	m := parsed(t)
	vendor := newBench(t, 0).vendor
	kinds := map[string]string{
		"wdt.trade.query": "trade", "wdt.stockout.order.query.trade": "stockout", "wdt.goods.query": "goods",
		"wdt.shop.query": "shop", "wdt.warehouse.query": "warehouse", "wdt.logistics.query": "logistics",
	}
	for i := range m.Operations {
		o := &m.Operations[i]
		if list, ok := lists()[o.Name]; !ok || list.Whole == (o.Paging.Strategy == manifest.ByPage) || !list.Whole && o.Paging.First != 0 {
			t.Errorf("%s is declared otherwise than it is served", o.Name)
		}
		objects, ok := vendor.Objects(kinds[o.Name])
		if !ok {
			t.Fatalf("%s has no objects", o.Name)
		}
		for name, value := range item.Of(objects[0]).Fields() {
			if field.Find(o.Response, name) == nil {
				t.Errorf("%s sends %s, which is not declared", o.Name, name)
			}
			for line := range value.Elements() {
				for child := range line.Fields() {
					if field.Find(o.Response, name+"."+child) == nil {
						t.Errorf("%s sends %s.%s, which is not declared", o.Name, name, child)
					}
				}
			}
		}
	}
}
