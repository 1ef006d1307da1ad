package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdt"
	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open(nil)
	page, err := s.Query(t.Context(), connector.QueryRequest{
		Operation: "trade_query", Page: connector.PageRef{Number: 2, Size: 7},
		Params: []byte(`{"start_time":"2024-05-01 11:00:00","end_time":"2024-05-01 12:00:00","status":110,"shop_no":"","src_tid":null}`),
	})
	if err != nil || page.Total != -1 || !page.SourceTime.Equal(start()) {
		t.Fatalf("%+v %v", page, err)
	}
	form := b.sent("trade_query")[0]
	for name, want := range map[string]string{
		"page_no": "2", "page_size": "7", "status": "110", "sid": wdtbox.Sid, "appkey": wdtbox.AppKey, "timestamp": fmt.Sprint(start().Unix()),
	} {
		if got := form.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"shop_no", "src_tid"} {
		if form.Has(name) {
			t.Errorf("the blank %s is sent", name)
		}
	}
}

// A row keeps the vendor's bytes: the long number, the escapes and the order of its members.
func TestRowsKeepTheirBytes(t *testing.T) {
	t.Parallel()
	const row = `{"trade_id":"2756286207594856469","remark":"\u9177\ud83d\ude00","paid":"12345678901234567.8900","status":95.0}`
	for name, code := range map[string]string{"a number": `0`, "a text": `"0"`} {
		s := played(t, says(`{"code":`+code+`,"message":"ok","total_count":"1","trades":[`+row+`]}`))
		page, err := s.Query(t.Context(), connector.QueryRequest{Operation: "trade_query"})
		if err != nil || string(page.Rows) != "["+row+"]" {
			t.Errorf("code as %s: %s %v", name, page.Rows, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	hour := connector.PageRef{Size: 10}
	for name, tt := range map[string]struct {
		change            map[string]string
		operation, params string
		code              string
		class             fault.Class
		unapplied         bool
	}{
		"no range and no number":      {nil, "trade_query", `{}`, "vendor.2900", fault.Config, false},
		"a long range of orders":      {nil, "trade_query", string(between(time.Hour+time.Second, 0, hour, "")), "vendor.100", fault.Data, false},
		"a long range of stock":       {nil, "stockout_order_query_trade", string(between(30*day+time.Second, 0, hour, "")), "vendor.100", fault.Data, false},
		"a large page":                {nil, "trade_query", string(between(time.Hour, 0, connector.PageRef{Size: 101}, "")), "vendor.100", fault.Data, false},
		"a bad secret":                {map[string]string{"appSecret": "no"}, "trade_query", `{}`, "vendor.2060", fault.Auth, true},
		"a bad account":               {map[string]string{"sid": "nobody"}, "trade_query", `{}`, "vendor.2030", fault.Auth, true},
		"an unknown operation":        {nil, "refund_query", `{}`, "connector.unknown_operation", fault.Config, true},
		"parameters that are no JSON": {nil, "trade_query", `{`, "item.invalid_json", fault.Data, true},
	} {
		_, err := b.open(tt.change).Query(t.Context(), connector.QueryRequest{Operation: tt.operation, Params: []byte(tt.params), Page: hour})
		if f := refused(t, tt.operation, err, tt.code, tt.class); f.NotApplied != tt.unapplied || f.Message == "" {
			t.Errorf("%s: unapplied %v, %q", name, f.NotApplied, f.Message)
		}
	}
}

func TestTooManyCalls(t *testing.T) {
	t.Parallel()
	b := newBench(t, wdtbox.Defaults())
	s := b.open(nil)
	for range 60 {
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	row, key := order(1)
	_, err := s.Write(t.Context(), batch(tradePush, `{"shop_no":"S001"}`, []string{key}, string(row)))
	if f := refused(t, tradePush, err, "vendor.1012", fault.Rate); !f.NotApplied || f.RetryAfter != 30*time.Second || len(f.Answer()) == 0 {
		t.Errorf("%+v", f)
	}
	b.clock.Pass(time.Minute)
	if _, err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// The first call of a session whose clock is off teaches it the vendor's time, and the next goes by that.
func TestClocksDiffer(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	late := func() time.Time { return start().Add(3 * time.Hour) }
	all := b.vendor.Credentials()
	all["address"] = b.url
	s := connectortest.Open(t, newConnector(late), b.host, all)
	shops := connector.QueryRequest{Operation: "shop", Page: connector.PageRef{Size: 10}}
	_, err := s.Query(t.Context(), shops)
	if f := refused(t, "shop", err, wdt.CodeClock, fault.Transient); !f.NotApplied {
		t.Error("a call that was refused for its time is not marked Unapplied")
	}
	if page, err := s.Query(t.Context(), shops); err != nil || !page.SourceTime.Equal(start()) {
		t.Errorf("%v %v", page.SourceTime, err)
	}
	if health, err := connectortest.Open(t, newConnector(late), b.host, all).Check(t.Context()); err != nil || !health.SourceTime.Equal(start()) || !strings.Contains(health.Account, wdtbox.Sid) {
		t.Errorf("%+v %v", health, err)
	}
	// A secret that is wrong stays wrong at any time.
	all["appSecret"] = "no"
	_, err = connectortest.Open(t, newConnector(late), b.host, all).Check(t.Context())
	_ = refused(t, "", err, "vendor.2060", fault.Auth)
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]string{
		`<html>maintenance</html>`:               "http.html",
		`{"trades":[]}`:                          "wangdiantong.answer_unreadable",
		`{"code":0,"trades":{}}`:                 "wangdiantong.answer_unreadable",
		`{"code":0,"total_count":3}`:             "wangdiantong.answer_unreadable",
		`{"code":0,"total_count":3,"trades":[1`:  "http.not_json",
		`{"code":1020,"message":"","trades":[]}`: "vendor.1020",
	} {
		s := played(t, says(body))
		_, err := s.Query(t.Context(), connector.QueryRequest{Operation: "trade_query", Params: []byte(`{}`)})
		if f := refused(t, "trade_query", err, code, fault.Transient); f.NotApplied {
			t.Errorf("%s is marked Unapplied", body)
		}
	}
	page, err := played(t, says(`{"code":0,"message":"","total_count":0,"trades":null}`)).Query(t.Context(), connector.QueryRequest{Operation: "trade_query"})
	if err != nil || string(page.Rows) != "[]" || len(page.Warnings) != 1 {
		t.Errorf("an empty list that is left out: %+v %v", page, err)
	}
}

func TestPushedOrders(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open(nil)
	const params = `{"shop_no":"S001","switch":1}`
	one, keyOne := order(1)
	two, keyTwo := order(2)
	push := func(rows ...string) (connector.Answers, error) {
		return s.Write(t.Context(), batch(tradePush, params, []string{keyOne, keyTwo}[:len(rows)], rows...))
	}
	answers, err := push(string(one), string(two))
	if err != nil || answers.Rows[0].Outcome != connector.Done || answers.Rows[0].Number != keyOne || answers.Rows[1].Outcome != connector.Done {
		t.Fatalf("%+v %v", answers.Rows, err)
	}
	form := b.sent(tradePush)[0]
	if got := form.Get("trade_list"); got != "["+string(one)+","+string(two)+"]" || form.Get("shop_no") != "S001" || form.Get("switch") != "1" {
		t.Errorf("sent %s", form.Encode())
	}
	// A known number is changed.
	if answers, err = push(strings.Replace(string(one), `"trade_status":30`, `"trade_status":70`, 1)); err != nil || item.Of(answers.Raw).Field("chg_count").Text() != "1" || b.count("raw_trade", "tid", keyOne) != 1 {
		t.Errorf("%s %v", answers.Raw, err)
	}
	// A bad order among others does not say which it is, nor what became of them; alone it is refused.
	bad := strings.Replace(string(one), `"paid":"198.0000"`, `"paid":"198.0001"`, 1)
	_, err = push(string(two), bad)
	if f := refused(t, tradePush, err, "vendor.99", fault.Data); f.NotApplied {
		t.Error("a refused call of several rows is marked Unapplied, though some may have been taken")
	}
	answers, err = push(bad)
	if err != nil || answers.Rows[0].Outcome != connector.Rejected || answers.Rows[0].Code != "99" || !strings.Contains(answers.Rows[0].Message, "198.0000") {
		t.Errorf("%+v %v", answers.Rows, err)
	}
	// Some vendors' answers count fewer than were sent.
	b.set(`{"partial":true}`)
	answers, err = push(string(two), bad)
	if err != nil || answers.Rows[0].Outcome != connector.Done || answers.Rows[1].Outcome != connector.Unknown {
		t.Errorf("one of two: %+v %v", answers.Rows, err)
	}
	answers, err = push(bad)
	if err != nil || answers.Rows[0].Outcome != connector.Rejected || answers.Rows[0].Message == "" {
		t.Errorf("none of one: %+v %v", answers.Rows, err)
	}
}

// What a repeated outer number is answered with is not documented: whichever it is, a push
// that is sent again is done and makes no second stock-out; that of somebody else is refused.
func TestStockoutsPushedAgain(t *testing.T) {
	t.Parallel()
	for _, duplicate := range []string{"refuse", "same"} {
		b := newBench(t, fast())
		b.set(`{"duplicate":"` + duplicate + `"}`)
		s := b.open(nil)
		// Its audit is waited for, so that a look-up without a status does not see it.
		row, outer := stockout(1, `,"is_check":0,"is_submit":1`)
		push := func(row []byte) connector.Answer {
			answers, err := s.Write(t.Context(), batch(stockoutPush, "", []string{outer}, string(row)))
			if err != nil {
				t.Fatal(err)
			}
			return answers.Rows[0]
		}
		first := push(row)
		if first.Outcome != connector.Done || !strings.HasPrefix(first.Number, "CK") {
			t.Fatalf("%+v", first)
		}
		b.set(`{"numberAnyStatus":false}`)
		if again := push(row); again.Outcome != connector.Done || again.Number != first.Number || b.count("other_stockout", "outer_no", outer) != 1 {
			t.Errorf("%s: %+v after %+v", duplicate, again, first)
		}
		if duplicate == "same" {
			continue
		}
		other := push([]byte(strings.Replace(string(row), `"num":3`, `"num":4`, 1)))
		if f := vendorFault(t, other); other.Outcome != connector.Rejected || f.Class != fault.Duplicate {
			t.Errorf("another stock-out of that number is %+v (%s)", other, f.Class)
		}
		b.set(`{"outerNoSearch":false}`)
		if hidden := push(row); hidden.Outcome != connector.Rejected || vendorFault(t, hidden).Class != fault.Duplicate {
			t.Errorf("where the vendor can't be asked for it: %+v", hidden)
		}
	}
}

func vendorFault(t *testing.T, a connector.Answer) *fault.Fault {
	t.Helper()
	return parsed(t).Classify(stockoutPush, fault.New("vendor."+a.Code, "%s", a.Message))
}

// The words of a refusal tell who can mend it, for they share a code.
func TestRefusedStockouts(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open(nil)
	row, outer := stockout(1, "")
	for name, tt := range map[string]struct {
		old, new string
		class    fault.Class
	}{
		"no such warehouse":      {`"warehouse_no":"CK001"`, `"warehouse_no":"CK777"`, fault.BusinessWait},
		"somebody's warehouse":   {`"warehouse_no":"CK001"`, `"warehouse_no":"CK009"`, fault.Data},
		"no such product":        {"SKU-0007", "SKU-9999", fault.BusinessWait},
		"no stock":               {"SKU-0007", "SKU-EMPTY", fault.BusinessWait},
		"no quantity":            {`"num":3`, `"num":0`, fault.Data},
		"no such reason":         {`"is_check":1`, `"is_check":1,"reason":"没有的原因"`, fault.BusinessWait},
		"no such carrier":        {`"is_check":1`, `"is_check":1,"logistics_code":"NONE"`, fault.BusinessWait},
		"a number that is long":  {"XSCKD000001", strings.Repeat("长", 40), fault.Data},
		"a remark that is long":  {"金蝶销售出库", strings.Repeat("长", 256), fault.Data},
		"a stock-out of nothing": {`"detail_list":[`, `"lines":[`, fault.Data},
	} {
		answers, err := s.Write(t.Context(), batch(stockoutPush, "", []string{outer}, strings.Replace(string(row), tt.old, tt.new, 1)))
		if err != nil || answers.Rows[0].Outcome != connector.Rejected {
			t.Fatalf("%s: %+v %v", name, answers.Rows, err)
		}
		if f := vendorFault(t, answers.Rows[0]); f.Class != tt.class {
			t.Errorf("%s: %s is %s, want %s", name, f.Message, f.Class, tt.class)
		}
	}
	if n := b.count("other_stockout", "outer_no", outer); n != 0 {
		t.Errorf("%d refused ones are there", n)
	}
	_, err := s.Write(t.Context(), batch(stockoutPush, "", []string{outer, outer}, string(row), string(row)))
	_ = refused(t, stockoutPush, err, "wangdiantong.one_row", fault.Config)
}

func TestProbe(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open(nil)
	row, outer := stockout(1, "")
	if _, err := s.Write(t.Context(), batch(stockoutPush, "", []string{outer}, string(row))); err != nil {
		t.Fatal(err)
	}
	probe := func(keys ...string) ([]connector.Found, error) {
		return s.Probe(t.Context(), connector.ProbeRequest{Operation: stockoutPush, Keys: keys, Compare: compared()})
	}
	found, err := probe("never", outer)
	if err != nil || found[0].Exists || !found[1].Exists || found[1].ID == "" || found[1].Number == "" {
		t.Fatalf("%+v %v", found, err)
	}
	if path := item.Differ(item.Of(row), item.Of(found[1].Object), compared()); path != "" {
		t.Errorf("differs at %s: %s", path, found[1].Object)
	}
	// A vendor that does not know outer_no may answer others.
	strange := played(t, says(`{"code":0,"stockout_list":[{"stockout_id":"1","order_no":"CK1","outer_no":"other"}]}`))
	if found, err := strange.Probe(t.Context(), connector.ProbeRequest{Operation: stockoutPush, Keys: []string{outer}}); err != nil || found[0].Exists {
		t.Errorf("another's stock-out is taken for ours: %+v %v", found, err)
	}
	b.set(`{"outerNoSearch":false}`)
	_, err = probe(outer)
	_ = refused(t, stockoutPush, err, "vendor.2900", fault.Config)
	_, err = s.Probe(t.Context(), connector.ProbeRequest{Operation: tradePush, Keys: []string{outer}})
	_ = refused(t, tradePush, err, "connector.unknown_operation", fault.Config)
}

// An answer without a number tells nothing, and so does one that is cut.
func TestWhatBecameOfAPushIsUnknown(t *testing.T) {
	t.Parallel()
	row, outer := stockout(1, "")
	answers, err := played(t, says(`{"code":0,"message":""}`)).Write(t.Context(), batch(stockoutPush, "", []string{outer}, string(row)))
	if err != nil || answers.Rows[0].Outcome != connector.Unknown {
		t.Errorf("%+v %v", answers.Rows, err)
	}
	cut := played(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err = cut.Write(t.Context(), batch(stockoutPush, "", []string{outer}, string(row)))
	if f := fault.From(err); f.NotApplied || f.Class != fault.Transient {
		t.Errorf("%+v", f)
	}
	_, err = played(t, says(`{"code":1020,"message":"系统异常"}`)).Write(t.Context(), batch(stockoutPush, "", []string{outer}, string(row)))
	if f := refused(t, stockoutPush, err, "vendor.1020", fault.Transient); f.NotApplied {
		t.Error("an exception of the vendor is marked Unapplied")
	}
}

func TestManifestDeclaresWhatIsServed(t *testing.T) {
	t.Parallel()
	m := parsed(t)
	for i := range m.Operations {
		o := &m.Operations[i]
		if o.Kind == manifest.Write {
			continue
		}
		if list, ok := lists()[o.Name]; !ok || list.Whole == (o.Paging.Strategy == manifest.ByPage) {
			t.Errorf("%s is declared otherwise than it is served", o.Name)
		}
		if o.Paging.Strategy == manifest.ByPage && (o.Paging.First != 0 || o.Paging.MaxSize != 100 || o.Paging.Total) {
			t.Errorf("%s: %+v", o.Name, o.Paging)
		}
	}
	if o, _ := m.Operation("trade_query"); o.Window.Span.Std() != time.Hour {
		t.Errorf("orders of %s", o.Window.Span.Std())
	}
	push, _ := m.Operation(stockoutPush)
	if w := push.Writing; w.Create.Class != manifest.NativeKey || w.Update != nil || strings.Join(w.Create.Compare, " ") != strings.Join(compared(), " ") {
		t.Errorf("%+v", w.Create)
	}
	orders, _ := m.Operation(tradePush)
	if w := orders.Writing; w.Create.Class != manifest.NativeKey || w.Update.Class != manifest.Upsert || w.Answers != manifest.Counts || w.Batch != manifest.UnknownBatch {
		t.Errorf("%+v", w)
	}
}

// Every field that the sandbox sends is declared.
func TestManifestDeclaresEveryField(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	m := parsed(t)
	for kind, operation := range map[string]string{
		"trade": "trade_query", "stockout": "stockout_order_query_trade", "other_stockout": "stockout_order_query",
		"goods": "goods_query", "shop": "shop", "warehouse": "warehouse_query", "logistics": "logistics",
	} {
		o, _ := m.Operation(operation)
		objects, _ := b.vendor.Objects(kind)
		if undeclared := undeclared(o, objects[0]); len(undeclared) > 0 {
			t.Errorf("%s sends %v", operation, undeclared)
		}
	}
}
