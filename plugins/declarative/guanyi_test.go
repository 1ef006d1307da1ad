package main

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/guanyi/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

const gyOrders = "gy.erp.trade.get"

func guanyiBench(t *testing.T) *bench {
	t.Helper()
	return newBench(t, "guanyi", func(clock func() time.Time) sandboxkit.Vendor { return sandbox.New(clock, sandbox.Defaults()) })
}

// TestGuanyiSign has the reference's vector, with the signature anywhere in the text.
func TestGuanyiSign(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		`{"appkey":"demo","sessionkey":"sess","method":"gy.erp.shop.get","page_no":1,"page_size":10}`,
		`{"appkey":"demo","sessionkey":"sess","method":"gy.erp.shop.get","page_no":1,"page_size":10,"sign":"AB12"}`,
		`{"sign":"AB12","appkey":"demo","sessionkey":"sess","method":"gy.erp.shop.get","page_no":1,"page_size":10}`,
	} {
		if got := sandbox.Sign("sec", []byte(call)); got != "8508BC834DB4AFB1619EA9D71D86DCBA" {
			t.Errorf("%s of %s", got, call)
		}
	}
	// What the definition sends for the same call is signed so.
	b := guanyiBench(t)
	s := opened(t, newConnector(b.d, b.clock.Now), accountOf(t, b.d, map[string]string{"address": b.url, "appKey": "demo", "sessionKey": "sess", "secret": "sec"}), b.host)
	_, err := query(t, s, "gy.erp.shop.get", `{}`, connector.PageRef{Number: 1, Size: 10})
	_ = b.refused("gy.erp.shop.get", err, "vendor.ErrorAppKey", fault.Auth)
	if body := b.last().Body; body != `{"appkey":"demo","sessionkey":"sess","method":"gy.erp.shop.get","page_no":1,"page_size":10,"sign":"8508BC834DB4AFB1619EA9D71D86DCBA"}` {
		t.Errorf("sent %s", body)
	}
}

func TestGuanyiOrders(t *testing.T) {
	t.Parallel()
	b := guanyiBench(t)
	s := b.open(nil)
	const day = `{"start_date":"2024-04-30 12:00:00","end_date":"2024-05-01 12:00:00","shop_code":"","vip_name":null}`
	page, err := query(t, s, gyOrders, day, connector.PageRef{Number: 5, Size: 20})
	rows := rowsOf(t, page)
	if err != nil || page.Total != 95 || len(rows) != 15 || !strings.Contains(string(rows[0].Raw()), `"qty":1.0`) {
		t.Fatalf("%d of %d: %v", len(rows), page.Total, err)
	}
	o, _ := b.d.Manifest.Operation(gyOrders)
	if names := undeclared(o.Response, rows[0]); len(names) > 0 {
		t.Errorf("the manifest declares no %v", names)
	}
	if body := b.last().Body; strings.Contains(body, "shop_code") || strings.Contains(body, "vip_name") || strings.Contains(body, sandbox.Secret) {
		t.Errorf("sent %s", body)
	}
	page, err = query(t, s, "gy.erp.trade.deliverys.get", `{"outer_code":"T0006000002"}`, connector.PageRef{Number: 1, Size: 20})
	if rows := rowsOf(t, page); err != nil || len(rows) != 1 || rows[0].Field("platform_code").Text() != "T0006000002" {
		t.Errorf("%s %v", page.Rows, err)
	}
	// An empty list that is left out is an empty page.
	b.set(`{"leaveOut":true}`)
	page, err = query(t, s, gyOrders, `{"code":"none"}`, connector.PageRef{Number: 1, Size: 20})
	if err != nil || string(page.Rows) != "[]" || page.Total != 0 {
		t.Errorf("%+v %v", page, err)
	}
	// Without the list and without the number of rows it is no page at all.
	server := httptest.NewServer(says(200, `{"success":true,"errorCode":"","trades":[{"code":"SO1"}]}`))
	t.Cleanup(server.Close)
	page, err = query(t, b.open(map[string]string{"address": server.URL}), gyOrders, `{}`, connector.PageRef{Number: 1, Size: 20})
	if fault.CodeOf(err) != "definition.rows_missing" {
		t.Errorf("%+v %v", page, err)
	}
}

func TestGuanyiRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change       map[string]string
		params, code string
		size         int
		class        fault.Class
	}{
		"a wrong session key": {map[string]string{"sessionKey": "no"}, `{}`, "ErrorSessionKey", 10, fault.Auth},
		"a wrong secret":      {map[string]string{"secret": "no"}, `{}`, "ErrorSign", 10, fault.Auth},
		"a large page":        {nil, `{}`, "ErrorParam", 101, fault.Config},
		"a long range":        {nil, `{"start_date":"2024-04-30 11:59:59","end_date":"2024-05-01 12:00:00"}`, "ErrorParam", 10, fault.Config},
		"one end":             {nil, `{"start_date":"2024-04-30 11:59:59"}`, "ErrorParam", 10, fault.Config},
	} {
		b := guanyiBench(t)
		_, err := query(t, b.open(tt.change), gyOrders, tt.params, connector.PageRef{Number: 1, Size: tt.size})
		if f := b.refused(gyOrders, err, "vendor."+tt.code, tt.class); f.Message == "" || f.Hint == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
	b := guanyiBench(t)
	b.set(`{"perMinute":1}`)
	s := b.open(nil)
	_, _ = query(t, s, gyOrders, `{"code":"x"}`, connector.PageRef{Number: 1, Size: 1})
	_, err := query(t, s, gyOrders, `{"code":"x"}`, connector.PageRef{Number: 1, Size: 1})
	_ = b.refused(gyOrders, err, "vendor.Limit", fault.Rate)
}
