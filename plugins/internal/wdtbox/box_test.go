package wdtbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/sdk/clocktest"
)

type bench struct {
	t     *testing.T
	clock *clocktest.Clock
	box   *wdtbox.Box
}

// start is 2024-05-01 12:00:00 in Shanghai.
func start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := clocktest.New(start())
	return &bench{t, clock, wdtbox.New(clock.Now, wdtbox.Defaults())}
}

type row map[string]any

type reply struct {
	Total    *int   `json:"total_count"`
	Trades   []row  `json:"trades"`
	Outs     []row  `json:"stockout_list"`
	Goods    []row  `json:"goods_list"`
	Carriers []row  `json:"logistics_list"`
	Houses   []row  `json:"warehouses"`
	Shops    []row  `json:"shoplist"`
	New      int    `json:"new_count"`
	Changed  int    `json:"chg_count"`
	No       string `json:"stockout_no"`
}

// ask calls an interface and wants it answered; parameters are written as name=value.
func (b *bench) ask(route wdtbox.Route, name string, params ...string) reply {
	b.t.Helper()
	got, no := b.try(route, name, params...)
	if no != nil {
		b.t.Fatalf("%s %v: %d %s", name, params, no.Code, no.Message)
	}
	return got
}

func (b *bench) try(route wdtbox.Route, name string, params ...string) (got reply, no *wdtbox.Refusal) {
	b.t.Helper()
	fields := map[string]string{}
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		fields[name] = value
	}
	body, no := b.box.Call(route, name, fields)
	if no != nil {
		return got, no
	}
	if err := json.Unmarshal(append([]byte(`{"code":0`), append(body, '}')...), &got); err != nil {
		b.t.Fatalf("%v in %.500s", err, body)
	}
	return got, nil
}

func (b *bench) refused(code int, name string, params ...string) {
	b.t.Helper()
	_, no := b.try(wdtbox.Direct, name, params...)
	if no == nil || no.Code != code || no.Message == "" {
		b.t.Fatalf("%s %v: %+v, want %d", name, params, no, code)
	}
}

func (b *bench) set(name, value string) {
	b.t.Helper()
	if err := b.box.Set(name, json.RawMessage(value)); err != nil {
		b.t.Fatal(err)
	}
}

// since writes a range of time that ends at the start.
func since(d time.Duration) (from, to string) {
	zone := time.FixedZone("", 8*60*60)
	return "start_time=" + start().Add(-d).In(zone).Format(time.DateTime), "end_time=" + start().In(zone).Format(time.DateTime)
}

func (b *bench) texts(rows []row, name string) (list []string) {
	for _, r := range rows {
		list = append(list, fmt.Sprint(r[name]))
	}
	return list
}

func TestPagesBeginAtZeroAndOnlyTheFirstHasATotal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	from, to := since(time.Hour)
	var read []string
	total := -1
	for page := range 20 {
		got := b.ask(wdtbox.Direct, "trade_query", from, to, "page_size=20", fmt.Sprintf("page_no=%d", page))
		if (got.Total != nil) != (page == 0) {
			t.Fatalf("page %d: total %v", page, got.Total)
		}
		if page == 0 {
			total = *got.Total
		}
		read = append(read, b.texts(got.Trades, "trade_no")...)
		if len(got.Trades) < 20 {
			break
		}
	}
	slices.Sort(read)
	if len(read) != total || total < 41 || len(slices.Compact(read)) != total {
		t.Errorf("%d rows of %d", len(read), total)
	}
	if got := b.ask(wdtbox.Direct, "trade_query", from, to); len(got.Trades) != 40 {
		t.Errorf("a page has %d rows unless told otherwise", len(got.Trades))
	}
	b.set("touch", `"`+read[0]+`"`)
	if got := b.ask(wdtbox.Direct, "trade_query", "trade_no="+read[0]); got.Trades[0]["modified"] != "2024-05-01 12:00:00" {
		t.Errorf("%v", got.Trades[0]["modified"])
	}
	for _, bad := range []string{"page_size=101", "page_size=0", "page_no=-1", "page_no=one"} {
		b.refused(100, "trade_query", from, to, bad)
	}
}

func TestRangesOfTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, tt := range []struct {
		name    string
		longest time.Duration
	}{{"trade_query", time.Hour}, {"stockout_order_query_trade", 720 * time.Hour}, {"stockout_order_query", 720 * time.Hour}, {"goods_query", 720 * time.Hour}} {
		from, to := since(tt.longest)
		b.ask(wdtbox.Direct, tt.name, from, to)
		longer, _ := since(tt.longest + time.Second)
		b.refused(100, tt.name, longer, to)
		b.refused(2900, tt.name)
		b.refused(2900, tt.name, from)
		b.refused(100, tt.name, strings.Replace(to, "end", "start", 1), strings.Replace(from, "start", "end", 1))
		b.refused(100, tt.name, "start_time=2024-05-01", to)
	}
	// Both ends belong to the range.
	got := b.ask(wdtbox.Direct, "trade_query", "trade_no="+b.texts(b.ask(wdtbox.Direct, "trade_query", "start_time=2024-05-01 11:00:00", "end_time=2024-05-01 12:00:00").Trades, "trade_no")[0])
	at := fmt.Sprint(got.Trades[0]["modified"])
	if n := len(b.ask(wdtbox.Direct, "trade_query", "start_time="+at, "end_time="+at).Trades); n == 0 {
		t.Errorf("nothing at %s", at)
	}
}

// What the times of a query select by depends on the status.
func TestStockoutsAreSelectedByTheTimeOfSending(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	from, to := since(2 * time.Hour)
	const name = "stockout_order_query_trade"
	sent := b.ask(wdtbox.Direct, name, from, to, "page_size=100")
	for _, r := range sent.Outs {
		if at := fmt.Sprint(r["consign_time"]); at < "2024-05-01 10:00:00" || r["status"].(float64) < 95 {
			t.Errorf("%v sent at %s", r["status"], at)
		}
	}
	changed := b.ask(wdtbox.Direct, name, from, to, "page_size=100", "is_by_modified=1")
	if len(sent.Outs) == 0 || slices.Equal(b.texts(sent.Outs, "stockout_no"), b.texts(changed.Outs, "stockout_no")) {
		t.Errorf("%d by sending, %d by change", len(sent.Outs), len(changed.Outs))
	}
	audited := b.ask(wdtbox.Direct, name, from, to, "page_size=100", "status=55")
	if len(audited.Outs) == 0 || audited.Outs[0]["consign_time"] != "0000-00-00 00:00:00" {
		t.Errorf("%d audited ones", len(audited.Outs))
	}
	b.set("byModifiedNeedsStatus", "true")
	if got := b.ask(wdtbox.Direct, name, from, to, "page_size=100", "is_by_modified=1"); !slices.Equal(b.texts(got.Outs, "stockout_no"), b.texts(sent.Outs, "stockout_no")) {
		t.Error("is_by_modified counts without a status")
	}
	no := fmt.Sprint(audited.Outs[0]["stockout_no"])
	if got := b.ask(wdtbox.Direct, name, "stockout_no="+no); len(got.Outs) != 1 {
		t.Errorf("%d have the number %s", len(got.Outs), no)
	}
	b.set("numberAnyStatus", "false")
	if got := b.ask(wdtbox.Direct, name, "stockout_no="+no); len(got.Outs) != 0 {
		t.Errorf("%d have the number %s and were sent", len(got.Outs), no)
	}
}

func TestSelections(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	from, to := since(time.Hour)
	all := b.ask(wdtbox.Direct, "trade_query", from, to, "page_size=100").Trades
	one := all[0]
	for _, tt := range []struct{ param, field string }{
		{"src_tid=" + strings.Split(fmt.Sprint(one["src_tids"]), ",")[0], "trade_no"},
		{"trade_no=" + fmt.Sprint(one["trade_no"]), "trade_no"},
	} {
		// A number overrides the times, however long they are.
		if got := b.ask(wdtbox.Direct, "trade_query", tt.param, "start_time=2020-01-01 00:00:00", "end_time=2024-01-01 00:00:00").Trades; len(got) != 1 || got[0][tt.field] != one[tt.field] {
			t.Errorf("%s: %d rows", tt.param, len(got))
		}
	}
	for param, field := range map[string]string{"shop_no=S001": "shop_no", "status=110": "trade_status", "warehouse_no=CK002": "warehouse_no"} {
		_, want, _ := strings.Cut(param, "=")
		got := b.ask(wdtbox.Direct, "trade_query", from, to, "page_size=100", param).Trades
		if len(got) == 0 || len(got) == len(all) {
			t.Errorf("%s gives %d of %d", param, len(got), len(all))
		}
		for _, value := range b.texts(got, field) {
			if value != want {
				t.Errorf("%s gives one of %s", param, value)
			}
		}
	}
	shops := b.ask(wdtbox.Direct, "trade_query", from, to, "page_size=100", "shop_nos=S001,S002").Trades
	if found := slices.Compact(slices.Sorted(slices.Values(b.texts(shops, "shop_no")))); !slices.Equal(found, []string{"S001", "S002"}) {
		t.Errorf("%v", found)
	}
	b.refused(100, "trade_query", from, to, "shop_nos="+strings.Repeat("S001,", 20)+"S002")
	b.refused(100, "trade_query", from, to, "status=95,110")

	if got := b.ask(wdtbox.Direct, "goods_query", "spec_no=SKU-0005").Goods; len(got) != 1 || got[0]["goods_no"] != "G002" || len(got[0]["spec_list"].([]any)) != 3 {
		t.Errorf("%v", got)
	}
	if got := b.ask(wdtbox.Direct, "goods_query", "goods_no=G090").Goods; len(got) != 0 {
		t.Error("a deleted product is shown")
	}
	if got := b.ask(wdtbox.Direct, "goods_query", "goods_no=G090", "deleted=1").Goods; len(got) != 1 {
		t.Error("a deleted product is not shown")
	}
	if got := b.ask(wdtbox.Direct, "logistics", "logistics_no=ZTO"); len(got.Carriers) != 1 || got.Total != nil || got.Carriers[0]["logistics_name"] != "中通快递" {
		t.Errorf("%+v", got)
	}
	if got := b.ask(wdtbox.Direct, "warehouse_query", "type=11").Houses; len(got) != 1 || got[0]["warehouse_no"] != "CK009" {
		t.Errorf("%v", got)
	}
	if got := b.ask(wdtbox.Direct, "shop", "platform=127").Shops; len(got) != 3 {
		t.Errorf("%d own shops", len(got))
	}
}

// Each way shows other orders, and hides other fields.
func TestPrivacy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	from, to := since(time.Hour)
	platforms := func(route wdtbox.Route) (shown []string, hidden bool) {
		rows := b.ask(route, "trade_query", from, to, "page_size=100").Trades
		for _, r := range rows {
			own := r["platform_id"] == "127" || r["platform_id"] == "0"
			null := r["receiver_mobile"] == nil && r["buyer_nick"] == nil
			if null == (own && route == wdtbox.Direct) {
				t.Errorf("route %d, platform %v: receiver %v", route, r["platform_id"], r["receiver_mobile"])
			}
			if r["receiver_area"] == nil {
				t.Error("the area is no private field")
			}
			hidden = hidden || null
		}
		return slices.Compact(slices.Sorted(slices.Values(b.texts(rows, "platform_id")))), hidden
	}
	if got, hidden := platforms(wdtbox.Direct); !slices.Equal(got, []string{"0", "127", "3"}) || !hidden {
		t.Errorf("direct: %v", got)
	}
	if got, _ := platforms(wdtbox.Qimen); !slices.Equal(got, []string{"0", "1", "127", "3"}) {
		t.Errorf("through the gateway: %v", got)
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	one, two := newBench(t).box, newBench(t).box
	for _, kind := range []string{"trade", "stockout", "other_stockout", "goods", "shop", "warehouse", "logistics", "raw_trade"} {
		a, ok := one.Objects(kind)
		c, _ := two.Objects(kind)
		if !ok || fmt.Sprintf("%s", a) != fmt.Sprintf("%s", c) {
			t.Errorf("%s differ", kind)
		}
		for _, raw := range a {
			if !json.Valid(raw) || strings.ContainsFunc(string(raw), func(r rune) bool { return r > 0x7e }) {
				t.Fatalf("%.200s", raw)
			}
		}
	}
	if _, ok := one.Objects("invoice"); ok {
		t.Error("there are objects of any kind")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, value := range map[string]string{
		"duplicate": `"sometimes"`, "frozen": `1`, "wrapper": `"body"`, "nothing": `1`, "touch": `"JY0"`, "perMinute": `"many"`,
	} {
		if err := b.box.Set(name, json.RawMessage(value)); err == nil {
			t.Errorf("%s may be %s", name, value)
		}
	}
	b.set("codes", `{"missing":7}`)
	b.refused(7, "trade_query")
	b.set("strictParams", "true")
	b.refused(100, "shop", "colour=red")
	b.box.Reset()
	b.refused(2900, "trade_query", "colour=red")
	b.refused(2104, "refund_query")
}
