package main

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/lingxing/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

const (
	lxOrders  = "erp/sc/data/mws/orders"
	lxSellers = "erp/sc/data/seller/lists"
)

func lingxingBench(t *testing.T) *bench {
	t.Helper()
	return newBench(t, "lingxing", func(clock func() time.Time) sandboxkit.Vendor {
		o := sandbox.Defaults()
		o.PerMinute = 0
		return sandbox.New(clock, o)
	})
}

// logins counts the log-ins.
func (b *bench) logins() int {
	n := 0
	for _, c := range b.calls.Calls() {
		if c.Path == "/api/auth-server/oauth/access-token" {
			n++
		}
	}
	return n
}

func TestLingxingOrders(t *testing.T) {
	t.Parallel()
	b := lingxingBench(t)
	s := b.open(nil)
	const params = `{"start_date":"2024-04-30 12:00:00","end_date":"2024-05-01 12:00:00","date_type":2,"sid_list":[101,102],"order_status":"","offset":20,"length":20}`
	page, err := query(t, s, lxOrders, params, connector.PageRef{Offset: 20, Size: 20})
	rows := rowsOf(t, page)
	if err != nil || page.Total != 38 || len(rows) != 18 {
		t.Fatalf("%d of %d: %v", len(rows), page.Total, err)
	}
	o, _ := b.d.Manifest.Operation(lxOrders)
	if names := undeclared(o.Response, rows[0]); len(names) > 0 {
		t.Errorf("the manifest declares no %v", names)
	}
	call := b.last()
	if call.Method != http.MethodPost || call.Body != `{"start_date":"2024-04-30 12:00:00","end_date":"2024-05-01 12:00:00","date_type":2,"sid_list":[101,102],"offset":20,"length":20}` {
		t.Errorf("sent %+v", call)
	}
	if _, err := query(t, s, lxSellers, `{}`, connector.PageRef{}); err != nil {
		t.Error(err)
	}
	if call := b.last(); call.Method != http.MethodGet || call.Body != "" || call.Query.Get("sign") == "" {
		t.Errorf("sent %+v", call)
	}
	if n := b.logins(); n != 1 {
		t.Errorf("logged in %d times", n)
	}
}

// The list of orders stands in data, or below it.
func TestLingxingListsBelow(t *testing.T) {
	t.Parallel()
	b := lingxingBench(t)
	b.set(`{"below":true}`)
	s := b.open(nil)
	const params = `{"start_date":"2024-04-30 12:00:00","end_date":"2024-05-01 12:00:00","date_type":2,"offset":80,"length":20}`
	page, err := query(t, s, lxOrders, params, connector.PageRef{Offset: 80, Size: 20})
	if rows := rowsOf(t, page); err != nil || page.Total != 95 || len(rows) != 15 || rows[0].Field("amazon_order_id").Blank() {
		t.Errorf("%d of %d: %v", len(rows), page.Total, err)
	}
	page, err = query(t, s, lxOrders, `{"start_date":"2020-04-30","end_date":"2020-05-01"}`, connector.PageRef{Size: 20})
	if err != nil || page.Total != 0 || string(page.Rows) != "[]" {
		t.Errorf("%+v %v", page, err)
	}
}

// A token that is refused is asked for anew, once for all calls that meet it, and one that
// nears its end is renewed by its refresh token, which is good for one use.
func TestLingxingTokens(t *testing.T) {
	t.Parallel()
	b := lingxingBench(t)
	sessions := []connector.Session{b.open(nil), b.open(nil)} // they share the connection's state
	ask := func() {
		t.Helper()
		var wg sync.WaitGroup
		for range 4 {
			for _, s := range sessions {
				wg.Go(func() {
					if _, err := s.Query(t.Context(), connector.QueryRequest{Operation: lxSellers, Params: []byte(`{}`)}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
	}
	ask()
	if n := b.logins(); n != 1 {
		t.Errorf("logged in %d times at first", n)
	}
	b.clock.Pass(116 * time.Minute) // five minutes are left to a token of two hours
	ask()
	if n := b.logins(); n != 1 {
		t.Errorf("logged in %d times though the token could be renewed", n)
	}
	b.set(`{"forget":true}`)
	ask()
	b.clock.Pass(12 * time.Hour) // nothing can be renewed any more
	ask()
	if n := b.logins(); n != 2 {
		t.Errorf("logged in %d times", n)
	}
}

func TestLingxingRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change       map[string]string
		set          string
		params, code string
		class        fault.Class
	}{
		"a wrong secret":  {map[string]string{"appSecret": "no"}, "", `{}`, "2001002", fault.Auth},
		"a wrong app":     {map[string]string{"appId": "ak_sandbox_99999"}, "", `{}`, "2001001", fault.Auth},
		"no range":        {nil, "", `{}`, "102", fault.Config},
		"a long range":    {nil, "", `{"start_date":"2023-04-01","end_date":"2024-05-01"}`, "102", fault.Config},
		"a long page":     {nil, "", `{"start_date":"2024-04-30","end_date":"2024-05-01","length":1001}`, "102", fault.Config},
		"not on the list": {nil, `{"strange":true}`, `{"start_date":"2024-04-30","end_date":"2024-05-01"}`, "3001002", fault.Config},
		"too many calls":  {nil, `{"perMinute":1}`, `{"start_date":"2024-04-30","end_date":"2024-05-01"}`, "3001008", fault.Rate},
	} {
		b := lingxingBench(t)
		if tt.set != "" {
			b.set(tt.set)
		}
		s := b.open(tt.change)
		if tt.set != "" {
			_, _ = query(t, s, lxOrders, tt.params, connector.PageRef{Size: 10})
		}
		_, err := query(t, s, lxOrders, tt.params, connector.PageRef{Size: 10})
		if f := b.refused(lxOrders, err, "vendor."+tt.code, tt.class); f.Message == "" || f.Hint == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	// An AppId that is no key of the cipher is told before anything is sent.
	b := lingxingBench(t)
	_, err := b.open(map[string]string{"appId": "short"}).Check(t.Context())
	if code := fault.CodeOf(err); code != "vendor.2001001" {
		t.Errorf("%v", err)
	}
}

func TestLingxingClocks(t *testing.T) {
	t.Parallel()
	b := lingxingBench(t)
	late := newConnector(b.d, func() time.Time { return start().Add(3 * time.Hour) })
	s := opened(t, late, b.account(nil), b.host)
	_, err := query(t, s, lxSellers, `{}`, connector.PageRef{})
	_ = b.refused(lxSellers, err, codeClock, fault.Transient)
	if _, err := query(t, s, lxSellers, `{}`, connector.PageRef{}); err != nil {
		t.Error(err)
	}
}

// TestLingxingSign has the sandbox and the definition sign alike what is hard to write as text.
func TestLingxingSign(t *testing.T) {
	t.Parallel()
	b := lingxingBench(t)
	s := b.open(nil).(*session)
	const params = `{"z":true,"a":["x",{"k":1}],"n":1.50,"空":"值 &=","blank":""}`
	env := s.env.With("params", item.Of([]byte(params))).With("now", item.Of([]byte("1714528800"))).With("token", item.Of([]byte(`{"value":"demotoken"}`)))
	env, err := s.d.Vars.Each(env)
	want := sandbox.Sign(sandbox.AppID, map[string]string{
		"z": "true", "a": `["x",{"k":1}]`, "n": "1.50", "空": "值 &=", "access_token": "demotoken", "app_key": sandbox.AppID, "timestamp": "1714528800",
	})
	if got := env.Values["sign"].Text(); err != nil || got != want || want == "" {
		t.Errorf("%s, want %s: %v", got, want, err)
	}
	if raw := env.Values["body"].Raw(); !json.Valid(raw) || string(raw) != `{"z":true,"a":["x",{"k":1}],"n":1.50,"空":"值 &="}` {
		t.Errorf("%s", raw)
	}
}
