package main_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	k3cloud "github.com/karezflow/karez/plugins/kingdee-k3cloud"
	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// newClock begins on 2026-03-05 08:00:00 in China.
func newClock() *clocktest.Clock { return clocktest.New(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)) }

// rig is a connector before a sandbox.
type rig struct {
	t      *testing.T
	clock  *clocktest.Clock
	box    *sandbox.Sandbox
	server *httptest.Server
	host   *connectortest.Host
	sent   *connectortest.Recorder
}

func setup(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, clock: newClock()}
	r.box = sandbox.New(r.clock.Now)
	kit := sandboxkit.New(r.box, r.clock.Now)
	r.sent = connectortest.NewRecorder(kit)
	r.server = httptest.NewServer(r.sent)
	t.Cleanup(r.server.Close)
	r.host = connectortest.NewHost(r.clock.Now)
	return r
}

// account is the sandbox's credentials with some of them changed.
func (r *rig) account(change map[string]string) connector.Account {
	r.t.Helper()
	all := r.box.Credentials()
	all["address"] = r.server.URL
	maps.Copy(all, change)
	secrets := map[string]string{"password": all["password"], "appSecret": all["appSecret"]}
	delete(all, "password")
	delete(all, "appSecret")
	raw, err := json.Marshal(all)
	if err != nil {
		r.t.Fatal(err)
	}
	return connector.Account{ID: "a1", Settings: raw, Secrets: secrets}
}

// session is everything a connector's session can do here.
type session struct {
	connector.Session
	connector.Writer
	connector.Prober
	connector.Discoverer
}

func opened(t testing.TB, c *clocktest.Clock, account connector.Account, h connector.Host) session {
	t.Helper()
	s, err := k3cloud.New(c.Now).Open(t.Context(), account, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return session{s, s.(connector.Writer), s.(connector.Prober), s.(connector.Discoverer)}
}

// before opens a session before a server that the test plays, at a path of it.
func before(t testing.TB, path string, serve http.HandlerFunc) session {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	settings, err := json.Marshal(map[string]string{"address": server.URL + path, "acctId": "a", "username": "u"})
	if err != nil {
		t.Fatal(err)
	}
	c := newClock()
	return opened(t, c, connector.Account{Settings: settings, Secrets: map[string]string{"password": "p"}}, connectortest.NewHost(c.Now))
}

func (r *rig) open(change map[string]string) session {
	r.t.Helper()
	return opened(r.t, r.clock, r.account(change), r.host)
}

func (r *rig) set(name, value string) {
	r.t.Helper()
	if err := r.box.Set(name, json.RawMessage(value)); err != nil {
		r.t.Fatal(err)
	}
}

// inject puts faults before the vendor, as /_sandbox/faults takes them.
func (r *rig) inject(faults string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.server.URL+"/_sandbox/faults", strings.NewReader(`{"faults":`+faults+`}`))
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := r.server.Client().Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		r.t.Fatalf("the faults are refused: %d", res.StatusCode)
	}
}

// calls gives the methods and bodies of the calls whose method is this one; "" gives all.
func (r *rig) calls(method string) []string {
	var out []string
	for _, call := range r.sent.Calls() {
		if strings.HasPrefix(call.Path, "/_sandbox/") {
			continue
		}
		path := strings.Split(call.Path, ".")
		c := path[len(path)-3] + " " + call.Body
		if method == "" || strings.HasPrefix(c, method+" ") {
			out = append(out, c)
		}
	}
	return out
}

func (r *rig) bills() []item.Value {
	r.t.Helper()
	objects, ok := r.box.Objects("SAL_RETURNSTOCK")
	if !ok {
		r.t.Fatal("there are no returns")
	}
	out := make([]item.Value, len(objects))
	for i, o := range objects {
		out[i] = item.Of(o)
	}
	return out
}

// bill is a mapped row for a return; lines are further members of a line each.
func bill(number string, lines ...string) string {
	all := make([]string, len(lines))
	for i, l := range lines {
		if l != "" {
			l = "," + l
		}
		all[i] = `{"FMaterialId":{"FNumber":"SKU-0001"},"FRealQty":2,"FTaxPrice":10.5,"FOwnerTypeId":"BD_OwnerOrg",` +
			`"FOwnerId":{"FNumber":"100"},"FStockId":{"FNumber":"1"}` + l + `}`
	}
	return `{"FBillTypeID":{"FNUMBER":"XSTHD01_SYS"},"FBillNo":"` + number + `","FSaleOrgId":{"FNumber":"100"},"FDate":"2026-03-05",` +
		`"FStockOrgId":{"FNumber":"100"},"FRetcustId":{"FNumber":"10001"},"FSettleCurrId":{"FNumber":"PRE001"},` +
		`"SubHeadEntity":{"FSettleOrgId":{"FNumber":"100"}},"FEntity":[` + strings.Join(all, ",") + `]}`
}

// batch makes a batchSave that creates; the keys are the rows' numbers.
func batch(rows ...string) connector.Batch {
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = item.Of([]byte(r)).Field("FBillNo").Text()
	}
	return connector.Batch{
		Operation: "batchSave", Mode: connector.Create, Keys: keys,
		Params: []byte(`{"FormId":"SAL_RETURNSTOCK","Operation":"Save","IsAutoSubmitAndAudit":false,"SubSystemId":"21"}`),
		Rows:   []byte("[" + strings.Join(rows, ",") + "]"),
		Meta:   connector.Meta{TraceID: "t", RunID: "r", Attempt: 1},
	}
}

func query(params string) connector.QueryRequest {
	return connector.QueryRequest{Operation: "executeBillQuery", Params: []byte(params)}
}

// refused fails unless err is a fault with this code, and gives what it says.
func refused(t *testing.T, err error, code string) fault.Fault {
	t.Helper()
	if err == nil {
		t.Fatalf("nothing is refused; want %s", code)
	}
	f := fault.From(err)
	if f.Code != code {
		t.Fatalf("refused with %v; want %s", err, code)
	}
	return *f
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
