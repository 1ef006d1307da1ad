package main

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/wangdiantong-ultimate/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

const (
	ultimateTrades = "sales.TradeQuery.queryWithDetail"
	ultimateShops  = "setting.Shop.queryShop"
	ultimatePush   = "wms.stockother.Out.push"
)

func ultimateBench(t *testing.T, perMinute int) *bench {
	t.Helper()
	return newBench(t, "wangdiantong-ultimate", func(clock func() time.Time) sandboxkit.Vendor {
		o := sandbox.Defaults()
		o.PerMinute = perMinute
		return sandbox.New(clock, o)
	})
}

// TestUltimateSign has the example of the vendor's own page, by the sandbox and by the definition.
func TestUltimateSign(t *testing.T) {
	t.Parallel()
	const (
		body = `["xc109393939393939","",1.2,0,false]`
		want = "20f557aaf9190797c581bbceeb6d5a5c"
	)
	fields := map[string]string{
		"sid": "wdterp30", "key": "czhc", "salt": "dd488d0802b1e431e4c72cd355847853", "method": "wms.stockout.Sales.weighingExt",
		"timestamp": "232623153", "v": "1.0", "body": body,
	}
	if got := sandbox.Sign("693f9fed686bfe13441385da98b436b6", fields); got != want {
		t.Errorf("the sandbox signs %s, want %s", got, want)
	}
	d := shipped(t, "wangdiantong-ultimate")
	s := opened(t, newConnector(d, start), accountOf(t, d, map[string]string{
		"address": "http://127.0.0.1:1", "sid": "wdterp30", "appKey": "czhc", "appSecret": "693f9fed686bfe13441385da98b436b6:dd488d0802b1e431e4c72cd355847853",
	}), connectortest.NewHost(start)).(writing)
	env, err := d.Vars.Each(s.env.With("arguments", item.Of([]byte(body))).With("counts", item.Value{}).With("params", item.Of([]byte(`{}`))).
		With("operation", item.Of([]byte(`"wms.stockout.Sales.weighingExt"`))).With("now", item.Of([]byte("1557970353"))))
	if err != nil || env.Values["sign"].Text() != want {
		t.Errorf("the definition signs %s, want %s: %v", env.Values["sign"].Text(), want, err)
	}
}

func TestUltimateOrders(t *testing.T) {
	t.Parallel()
	b := ultimateBench(t, 0)
	s := b.dial("../wangdiantong-ultimate")
	const hour = `"start_time":"2024-05-01 11:00:00","end_time":"2024-05-01 12:00:00"`
	if _, err := query(t, s, ultimateShops, `{}`, connector.PageRef{Size: 1}); fault.CodeOf(err) != codeClock {
		t.Fatal(err) // the process has the real time
	}
	page, err := query(t, s, ultimateTrades, `{`+hour+`,"status":"","page_no":4,"page_size":20}`, connector.PageRef{Number: 4, Size: 20})
	rows := rowsOf(t, page)
	if err != nil || page.Total != 90 || len(rows) != 10 || rows[9].Field("trade_no").Text() != "JY2024000390" || !strings.Contains(string(rows[9].Raw()), `"num":2.0000`) {
		t.Fatalf("%d of %d: %v", len(rows), page.Total, err)
	}
	o, _ := b.d.Manifest.Operation(ultimateTrades)
	for _, name := range undeclared(o.Response, rows[9]) {
		if name != "trade_from" { // the vendor's page has more fields than a flow maps; they are discovered
			t.Errorf("the manifest declares no %s", name)
		}
	}
	call := b.last()
	if call.Body != `[{`+hour+`,"status":""}]` || call.Query.Get("page_no") != "4" || call.Query.Get("calc_total") != "1" || call.Query.Get("salt") != sandbox.Salt ||
		call.Header.Get("Content-Type") != "application/json" || strings.Contains(call.Query.Encode(), sandbox.Secret) {
		t.Errorf("sent %+v", call)
	}
	// By the time of payment, a day and an hour before the change.
	byPayment := `{"start_time":"2024-04-30 10:00:00","end_time":"2024-04-30 11:00:00","time_type":2}`
	page, err = query(t, s, ultimateTrades, byPayment, connector.PageRef{Number: 0, Size: 200})
	for _, row := range rowsOf(t, page) {
		if at := row.Field("pay_time").Text(); at < "2024-04-30 10:00:00" || at > "2024-04-30 11:00:00" {
			t.Errorf("an order that was paid at %s", at)
		}
	}
	if err != nil || page.Total == 0 {
		t.Errorf("%d: %v", page.Total, err)
	}
	// A page that is behind the last one holds nothing.
	page, err = query(t, s, ultimateTrades, `{`+hour+`}`, connector.PageRef{Number: 9, Size: 20})
	if err != nil || string(page.Rows) != "[]" || page.Total != 90 {
		t.Errorf("%s %v", page.Rows, err)
	}
}

func TestUltimateRefusals(t *testing.T) {
	t.Parallel()
	ok := `"start_time":"2024-05-01 11:00:00","end_time":"2024-05-01 12:00:00"`
	for name, tt := range map[string]struct {
		change map[string]string
		params string
		size   int
		code   string
		class  fault.Class
	}{
		"a wrong secret":    {map[string]string{"appSecret": "no:" + sandbox.Salt}, ok, 20, "1", fault.Auth},
		"a wrong salt":      {map[string]string{"appSecret": sandbox.Secret + ":no"}, ok, 20, "1", fault.Auth},
		"a wrong account":   {map[string]string{"sid": "no"}, ok, 20, "1", fault.Auth},
		"no range":          {nil, ``, 20, "100", fault.Data},
		"a range too long":  {nil, `"start_time":"2024-05-01 10:59:59","end_time":"2024-05-01 12:00:00"`, 20, "100", fault.Data},
		"a date of slashes": {nil, `"start_time":"2024/05/01 11:00:00","end_time":"2024-05-01 12:00:00"`, 20, "100", fault.Data},
		"a page too large":  {nil, ok, 201, "100", fault.Data},
	} {
		b := ultimateBench(t, 0)
		_, err := query(t, b.open(tt.change), ultimateTrades, `{`+tt.params+`}`, connector.PageRef{Size: tt.size})
		if f := b.refused(ultimateTrades, err, "vendor."+tt.code, tt.class); f.Message == "" || f.Hint == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// Failures inside the system leave it open what became of an order; its safeguards refuse the
// caller before anything is looked at.
func TestUltimateFailures(t *testing.T) {
	t.Parallel()
	b := ultimateBench(t, 0)
	s := b.open(nil)
	for code, class := range map[string]fault.Class{"3": fault.Auth, "4": fault.Transient, "5": fault.Transient, "6": fault.Auth, "99": fault.Transient} {
		b.set(`{"refuseWith":` + code + `}`)
		_, err := s.Check(t.Context())
		_ = b.refused(ultimateShops, err, "vendor."+code, class)
		_, err = s.(connector.Writer).Write(t.Context(), connector.Batch{
			Operation: ultimatePush, Mode: connector.Create, Keys: []string{"K"},
			Rows: []byte(`[{"outer_no":"K","warehouse_no":"CK001","order_details":[{"spec_no":"SKU-0005","num":"1"}]}]`),
		})
		if f := b.refused(ultimatePush, err, "vendor."+code, class); f.NotApplied != (class == fault.Auth) || f.Hint == "" {
			t.Errorf("%s: %+v", code, f)
		}
	}
}

func TestUltimatePace(t *testing.T) {
	t.Parallel()
	b := ultimateBench(t, 2)
	s := b.open(nil)
	for range 2 {
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Check(t.Context())
	if f := b.refused(ultimateShops, err, "vendor.100", fault.Rate); f.RetryAfter != time.Minute {
		t.Errorf("waits %s", f.RetryAfter)
	}
	b.clock.Pass(time.Minute)
	if _, err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// The first call of a session whose clock is off teaches it the system's time.
func TestUltimateClocks(t *testing.T) {
	t.Parallel()
	b := ultimateBench(t, 0)
	late := newConnector(b.d, func() time.Time { return start().Add(3 * time.Hour) })
	s := opened(t, late, b.account(nil), b.host)
	_, err := query(t, s, ultimateShops, `{}`, connector.PageRef{Size: 10})
	if f := b.refused(ultimateShops, err, codeClock, fault.Transient); !f.NotApplied {
		t.Error("a call that was refused for its time is not marked Unapplied")
	}
	if page, err := query(t, s, ultimateShops, `{}`, connector.PageRef{Size: 10}); err != nil || !page.SourceTime.Equal(start()) {
		t.Errorf("%v %v", page.SourceTime, err)
	}
	if health, err := opened(t, late, b.account(nil), b.host).Check(t.Context()); err != nil || health.Account != "sid "+sandbox.Sid {
		t.Errorf("%+v %v", health, err)
	}
}

func TestUltimatePush(t *testing.T) {
	t.Parallel()
	b := ultimateBench(t, 0)
	s := b.open(nil).(connector.Writer)
	const row = `{"outer_no":"K-1","warehouse_no":"CK001","remark":"金蝶😀","is_check":true,"order_details":[{"spec_no":"SKU-0005","num":"2.0000"}]}`
	push := func(row string) connector.Answer {
		t.Helper()
		answers, err := s.Write(t.Context(), connector.Batch{Operation: ultimatePush, Mode: connector.Create, Rows: []byte("[" + row + "]"), Keys: []string{"K-1"}})
		if err != nil {
			t.Fatal(err)
		}
		return answers.Rows[0]
	}
	if a := push(row); a.Outcome != connector.Done || a.Number != "K-1" {
		t.Fatalf("%+v", a)
	}
	if call := b.last(); call.Body != `[{"outer_no":"K-1","warehouse_no":"CK001","remark":"金蝶😀","is_check":true},[{"spec_no":"SKU-0005","num":"2.0000"}]]` || call.Query.Has("page_no") || call.Query.Has("calc_total") {
		t.Errorf("sent %+v", call)
	}
	// An order whose check fails is made, and is called by its number and not by the reason.
	const many = `{"outer_no":"K-9","warehouse_no":"CK001","is_check":true,"order_details":[{"spec_no":"SKU-0005","num":"2000"}]}`
	for _, nameless := range []string{"false", "true"} {
		b.set(`{"nameless":` + nameless + `}`)
		row := strings.Replace(many, "K-9", "K-9"+nameless, 1)
		if a := push(row); a.Outcome != connector.Done || a.Number != "K-9"+nameless || !strings.Contains(string(a.Raw), "不能大于可出库存量") {
			t.Errorf("%+v", a)
		}
	}
	for name, tt := range map[string]struct {
		old, new string
		class    fault.Class
	}{
		"the same number":     {"金蝶", "星空", fault.Duplicate},
		"no such warehouse":   {`K-1","warehouse_no":"CK001`, `K-2","warehouse_no":"NONE`, fault.BusinessWait},
		"a disabled one":      {`K-1","warehouse_no":"CK001`, `K-2","warehouse_no":"CK006`, fault.BusinessWait},
		"no such product":     {`K-1","warehouse_no":"CK001","remark":"金蝶😀","is_check":true,"order_details":[{"spec_no":"SKU-0005`, `K-2","warehouse_no":"CK001","order_details":[{"spec_no":"NONE`, fault.BusinessWait},
		"more than there are": {`K-1","warehouse_no":"CK001","remark":"金蝶😀","is_check":true,"order_details":[{"spec_no":"SKU-0005","num":"2.0000`, `K-2","warehouse_no":"CK001","create_check_stock":0,"order_details":[{"spec_no":"SKU-0005","num":"2000`, fault.BusinessWait},
		"a long number":       {`K-1`, strings.Repeat("长", 41), fault.Data},
		"no lines":            {`K-1","warehouse_no":"CK001","remark":"金蝶😀","is_check":true,"order_details":[{"spec_no":"SKU-0005","num":"2.0000"}]`, `K-2","warehouse_no":"CK001"`, fault.BusinessWait}, // the words are those of products that are missing
	} {
		a := push(strings.Replace(row, tt.old, tt.new, 1))
		f := b.d.Manifest.Classify(ultimatePush, fault.New("vendor."+a.Code, "%s", a.Message))
		if a.Outcome != connector.Rejected || f.Class != tt.class || f.Hint == "" {
			t.Errorf("%s: %+v is %s", name, a, f.Class)
		}
	}
}
