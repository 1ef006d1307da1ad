package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-jdy/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestCallsOfTheFirstGeneration(t *testing.T) {
	t.Parallel()
	var calls []string
	b := played(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		calls = append(calls, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("accountId")+" "+r.Header.Get("groupName")+" "+r.Header.Get("Content-Type")+" "+string(body))
		answering(http.StatusOK, `{"success":true,"data":{"success":true,"successPkIds":["1520000000000000001"]}}`)(w, r)
	})
	answer, err := b.write(saveOrder, `{"billno":"X1","custom_field__4__2obgp309axx5_number":"P","a":12345678901234567.89}`)
	if err != nil || answer.Outcome != connector.Done || answer.ID != "1520000000000000001" || answer.Number != "X1" {
		t.Errorf("%+v %v", answer, err)
	}
	for i, want := range []string{
		"GET /auth/user/access_token?client_id=c&client_secret=s&password=p&username=u    ",
		`POST /jdy/sal/sal_order_save?access_token=T a g application/json; charset=utf-8 {"billno":"X1","custom_field__4__2obgp309axx5_number":"P","a":12345678901234567.89}`,
	} {
		if i >= len(calls) || calls[i] != want {
			t.Errorf("call %d:\n%s\nwant\n%s", i, calls, want)
		}
	}
}

func TestSavedOrdersAreFound(t *testing.T) {
	t.Parallel()
	b := newBench(t, "login")
	row := `{"billno":"N1","billdate":"2026-03-05","customerid_number":"KH0002","custom_field__4__2obgp309axx5_number":"P1","remark":"“急”","material_entity":[{"materialid_number":"SKU-0002","unit_id":"PCS","qty":0.30,"taxprice":98765432109876543.21,"is_free":true}]}`
	answer, err := b.write(saveOrder, row)
	if err != nil || answer.Outcome != connector.Done || answer.ID == "" {
		t.Fatalf("%+v %v", answer, err)
	}
	got := b.rows(oneOrder, `{"id":"`+answer.ID+`"}`)
	if len(got) != 1 || got[0].Path("material_entity.0.taxprice").Text() != "98765432109876543.21" || got[0].Path("material_entity.0.materialid_id").Text() != "1520000000000001002" ||
		got[0].Field("custom_field__4__2obgp309axx5_number").Text() != "P1" || got[0].Field("customerid_name").Text() != "沙箱客户“乙”" {
		t.Errorf("%s", got)
	}
	// By number, the list gives the order with its lines.
	if rows := b.rows(listOrders, `{"number":"N1","page":1,"pagesize":100}`); len(rows) != 1 || rows[0].Path("material_entity.0.qty").Text() != "0.30" {
		t.Errorf("%s", rows)
	}
	found, err := b.open().(connector.Prober).Probe(t.Context(), connector.ProbeRequest{Operation: saveOrder, Keys: []string{"N1", "N2"}})
	if err != nil || !found[0].Exists || found[0].ID != answer.ID || found[1].Exists {
		t.Errorf("%+v %v", found, err)
	}
	mode := declaredMode(t, saveOrder)
	if path := item.Differ(item.Of([]byte(row)), item.Of(found[0].Object), mode); path != "" {
		t.Errorf("differs at %s: %s", path, found[0].Object)
	}
}

func declaredMode(t *testing.T, operation string) []string {
	t.Helper()
	o, ok := declared(t).Operation(operation)
	if !ok {
		t.Fatal(operation)
	}
	return o.Writing.Create.Compare
}

func TestSecondGeneration(t *testing.T) {
	t.Parallel()
	b := newBench(t, "gateway")
	row := `{"bill_no":"V1","bill_date":"2026-03-05","customer_id":"1520000000000000003","material_entity":[{"material_id":"1520000000000001001","unit_id":"1520000000000000201","qty":1,"tax_price":10.50}]}`
	answer, err := b.write(saveOrderV2, row)
	if err != nil || answer.Outcome != connector.Done || answer.Number != "V1" {
		t.Fatalf("%+v %v", answer, err)
	}
	// A longer number holds the shorter one, and search finds both.
	if _, err := b.write(saveOrderV2, strings.Replace(row, `"V1"`, `"V1-2"`, 1)); err != nil {
		t.Fatal(err)
	}
	if rows := b.rows(listOrdersV2, `{"search":"V1"}`); len(rows) != 2 {
		t.Errorf("%s", rows)
	}
	if rows := b.rows(listOrdersV2, `{"number":"V1"}`); len(rows) != 1 || rows[0].Field("id").Text() != answer.ID {
		t.Errorf("%s", rows)
	}
	if rows := b.rows(listOrdersV2, `{"number":"V"}`); len(rows) != 0 {
		t.Errorf("%s", rows)
	}
	found, err := b.open().(connector.Prober).Probe(t.Context(), connector.ProbeRequest{Operation: saveOrderV2, Keys: []string{"V1-2", "V1", "V"}})
	if err != nil || !found[0].Exists || !found[1].Exists || found[2].Exists || found[1].ID != answer.ID {
		t.Errorf("%+v %v", found, err)
	}
	// The search goes through the signature whatever it holds.
	if rows := b.rows(listOrdersV2, `{"search":"单 据*~/+ab"}`); len(rows) != 0 {
		t.Errorf("%s", rows)
	}
	if rows := b.rows(oneOrderV2, `{"id":"`+answer.ID+`"}`); len(rows) != 1 || rows[0].Path("material_entity.0.tax_price").Text() != "10.50" {
		t.Errorf("%s", rows)
	}
}

func TestSecondGenerationNeedsSignedCalls(t *testing.T) {
	t.Parallel()
	b := newBench(t, "login")
	_, err := b.query(listOrdersV2, `{}`)
	expect(t, err, "jdy.needs_gateway", fault.Config)
	// The first takes either.
	for _, takes := range []string{"either", "access_token", "signature"} {
		g := newBench(t, "gateway")
		g.set("v1Takes", `"`+takes+`"`)
		if rows := g.rows("jdy/basedata/store_list", `{}`); len(rows) != 2 {
			t.Errorf("%s: %s", takes, rows)
		}
	}
}

func TestRefusedOrders(t *testing.T) {
	t.Parallel()
	const lines = `"material_entity":[{"materialid_id":"SKU-0001","unit_id":"PCS","qty":1}]`
	for _, tc := range []struct {
		row, words string
		class      fault.Class
	}{
		{`{"billdate":"05.03.2026","customerid_id":"KH0001",` + lines + `}`, "单据日期不能为空", fault.Data},
		{`{"billdate":"2026-03-05",` + lines + `}`, "客户不能为空", fault.Data},
		{`{"billdate":"2026-03-05","customerid_id":"KH0009",` + lines + `}`, "客户[KH0009]不存在", fault.BusinessWait},
		{`{"billdate":"2026-03-05","customerid_id":"KH0001","material_entity":[]}`, "商品分录不能为空", fault.Data},
		{`{"billdate":"2026-03-05","customerid_id":"KH0001","material_entity":[{"materialid_id":"SKU-X001","unit_id":"PCS","qty":1}]}`, "商品[SKU-X001]不存在", fault.BusinessWait},
		{`{"billdate":"2026-03-05","customerid_id":"KH0001","billno":"XSDD00000001",` + lines + `}`, "单据编号已存在", fault.Duplicate},
		{`{"billdate":"2026-03-05","customerid_id":"KH0001","id":"9",` + lines + `}`, "单据不存在", fault.Data},
	} {
		b := newBench(t, "login")
		answer, err := b.write(saveOrder, tc.row)
		if err != nil || answer.Outcome != connector.Rejected || !strings.Contains(answer.Message, tc.words) {
			t.Errorf("%s: %+v %v", tc.row, answer, err)
			continue
		}
		if f := declared(t).Classify(saveOrder, fault.New("vendor."+answer.Code, "%s", answer.Message)); f.Class != tc.class {
			t.Errorf("%q has the class %s, want %s", answer.Message, f.Class, tc.class)
		}
	}
	b := newBench(t, "gateway")
	_, err := b.write(saveOrderV2, `{"bill_date":"2026-03-05","customer_id":"KH0001"}`)
	if f := classified(t, err, "vendor.2000001000", fault.BusinessWait); !f.NotApplied || f.Message != "客户[KH0001]不存在或已禁用" {
		t.Errorf("%+v", f)
	}
}

func TestADuplicateMayBeAccepted(t *testing.T) {
	t.Parallel()
	b := newBench(t, "login")
	b.set("duplicates", `"accept"`)
	answer, err := b.write(saveOrder, `{"billno":"XSDD00000001","billdate":"2026-03-05","customerid_id":"KH0001","material_entity":[{"materialid_id":"SKU-0001","unit_id":"PCS","qty":1}]}`)
	if err != nil || answer.Outcome != connector.Done || len(b.stored("XSDD00000001")) != 2 {
		t.Errorf("%+v %v", answer, err)
	}
}

func TestOrdersThatAreNotThere(t *testing.T) {
	t.Parallel()
	for _, as := range []string{`"null"`, `"refused"`} {
		b := newBench(t, "login")
		b.set("missingAs", as)
		if rows := b.rows(oneOrder, `{"number":"nothing"}`); len(rows) != 0 {
			t.Errorf("%s", rows)
		}
		found, err := b.open().(connector.Prober).Probe(t.Context(), connector.ProbeRequest{Operation: saveOrder, Keys: []string{"nothing"}})
		if err != nil || found[0].Exists {
			t.Errorf("%+v %v", found, err)
		}
	}
	b := newBench(t, "login")
	_, err := b.open().(connector.Prober).Probe(t.Context(), connector.ProbeRequest{Operation: saveOrder, Keys: []string{""}})
	expect(t, err, "jdy.key_blank", fault.Data)
	_, err = b.query(oneOrder, `{}`)
	expect(t, err, "jdy.param_required", fault.Config)
	_, err = b.write(saveOrder, `{},{}`)
	if f := classified(t, err, "jdy.one_row", fault.Config); !f.NotApplied {
		t.Error("it was not sent")
	}
}

func TestListsWithoutACount(t *testing.T) {
	t.Parallel()
	b := newBench(t, "login")
	page, err := b.query(listOrders, `{"page":3,"pagesize":100}`)
	if err != nil || page.Total != 230 || !page.SourceTime.Equal(start()) {
		t.Errorf("%+v %v", page, err)
	}
	b.set("withCount", "false")
	if page, err = b.query(listOrders, `{"page":3,"pagesize":100}`); err != nil || page.Total != -1 {
		t.Errorf("%d %v", page.Total, err)
	}
	if rows := b.rows(listOrders, `{"begindate":"2026-02-14","enddate":"2026-02-14","pagesize":100}`); len(rows) != 12 {
		t.Errorf("%d orders of a day", len(rows))
	}
}

func TestEnvelopes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status       int
		answer, code string
		class        fault.Class
		unapplied    bool
	}{
		{200, `{"success":false,"message":"没有权限","errorCode":"E1"}`, "vendor.E1", fault.Data, true},
		{200, `{"success":false,"message":"","errorCode":""}`, "vendor.false", fault.Data, true},
		{200, `{"errcode":2000002000,"description":"系统错误"}`, "vendor.2000002000", fault.Transient, true},
		{200, `{"rows":[]}`, "jdy.answer_unreadable", fault.Transient, false},
		{519, `{"errcode":4012,"description":"no","description_cn":"没有权限"}`, "vendor.4012", fault.Config, true},
		{519, `{"code":5007,"description":"overload"}`, "vendor.5007", fault.Transient, true},
		{519, `{"code":5004,"description":"timeout"}`, "vendor.5004", fault.Transient, false},
		{519, `<html>`, "http.status", fault.Transient, false},
		{429, `{"errcode":429,"description":"已被限流"}`, "http.status", fault.Rate, true},
		{404, `No Route`, "http.status", fault.Config, true},
		{200, `<html>`, "http.html", fault.Transient, false},
	} {
		_, err := played(t, answering(tc.status, tc.answer)).write(saveOrder, `{}`)
		if f := classified(t, err, tc.code, tc.class); f.NotApplied != tc.unapplied {
			t.Errorf("%d %s: unapplied %v", tc.status, tc.answer, f.NotApplied)
		}
	}
	answer, err := played(t, answering(200, `{"success":true,"data":{"success":true,"successPkIds":[]}}`)).write(saveOrder, `{}`)
	if err != nil || answer.Outcome != connector.Unknown {
		t.Errorf("%+v %v", answer, err)
	}
	answer, err = played(t, answering(200, `{"success":true,"data":{"success":false}}`)).write(saveOrder, `{}`)
	if err != nil || answer.Outcome != connector.Rejected || answer.Message == "" {
		t.Errorf("%+v %v", answer, err)
	}
	for _, list := range []string{`{"success":true,"data":[{"id":"1"}]}`, `{"success":true,"data":{"rows":[{"id":"1"}]}}`} {
		if page, err := played(t, answering(200, list)).query(listOrders, `{}`); err != nil || string(page.Rows) != `[{"id":"1"}]` || page.Total != -1 {
			t.Errorf("%s: %s %v", list, page.Rows, err)
		}
	}
	_, err = played(t, answering(200, `{"success":true,"data":{"count":3}}`)).query(listOrders, `{}`)
	expect(t, err, "jdy.answer_unreadable", fault.Transient)
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		way, name, value, code string
		class                  fault.Class
	}{
		{"login", "clientSecret", "x", "vendor.4005", fault.Auth},
		{"login", "clientId", "x", "vendor.4005", fault.Auth},
		{"login", "password", "x", "vendor.2000000401", fault.Auth},
		{"login", "groupName", "ns2", "vendor.5001", fault.Config},
		{"gateway", "clientId", "x", "vendor.4003", fault.Auth},
		{"gateway", "clientSecret", "x", "vendor.4008", fault.Auth},
		{"gateway", "accountId", "9", "jdy.not_authorised", fault.Auth},
		{"gateway", "outerInstanceId", "", "jdy.not_authorised", fault.Auth},
	} {
		b := newBench(t, tc.way)
		b.given[tc.name] = tc.value
		_, err := b.open().Check(t.Context())
		f := classified(t, err, tc.code, tc.class)
		if !f.NotApplied && !strings.HasPrefix(f.Code, "vendor.2") {
			t.Errorf("%s %s: nothing was applied", tc.way, tc.name)
		}
	}
	_, err := newConnector(start).Open(t.Context(), connector.Account{Settings: []byte(`[]`)}, nil)
	expect(t, err, "connection.settings_invalid", fault.Config)
}

func TestALastingKeyInPlaceOfTheAuthorisation(t *testing.T) {
	t.Parallel()
	b := newBench(t, "gateway")
	b.given["outerInstanceId"] = ""
	b.given["appKey"], b.given["appSecret"], b.given["domain"], b.given["groupName"] = sandbox.AppKey, sandbox.AppSecret, sandbox.Domain, sandbox.GroupName
	if _, err := b.open().Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.set("rotateSecret", "true")
	b.set("expireTokens", "true")
	_, err := b.open().Check(t.Context())
	expect(t, err, "vendor.1030002006", fault.Auth)
	b.given["appSecret"], b.given["domain"] = "sbx-app-secret-2", "https://elsewhere.example"
	_, err = b.open().Check(t.Context())
	expect(t, err, "http.status", fault.Config)
}

func TestTheSecretThatChangesIsFetched(t *testing.T) {
	t.Parallel()
	b := newBench(t, "gateway")
	for range 3 {
		if _, err := b.open().Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.set("rotateSecret", "true")
		b.clock.Pass(23 * time.Hour)
	}
	if n := b.calls("/jdyconnector/app_management/kingdee_auth_token"); n != 3 {
		t.Errorf("%d app-tokens", n)
	}
	lines, traces := b.host.Said()
	for _, e := range traces {
		if text := e.URL + string(e.RequestBody) + string(e.ResponseBody); strings.Contains(text, "sbx-app-secret") || strings.Contains(text, `"at`) && strings.Contains(text, "app-token\":\"at") {
			t.Errorf("a secret shows: %s", text)
		}
	}
	if len(lines) > 0 {
		t.Error(lines)
	}
}

func TestAUsersTokenLastsUntilItIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, "login")
	const path = "/auth/user/access_token"
	for range 3 {
		b.rows("jdy/basedata/store_list", `{}`)
		b.clock.Pass(7 * time.Hour)
	}
	if n := b.calls(path); n != 1 {
		t.Errorf("%d tokens in 21 hours", n)
	}
	b.clock.Pass(3 * time.Hour)
	b.rows("jdy/basedata/store_list", `{}`)
	if n := b.calls(path); n != 2 {
		t.Errorf("%d tokens after a day", n)
	}
	b.set("accessSeconds", "0")
	b.set("expireTokens", "true")
	_, err := b.query("jdy/basedata/store_list", `{}`)
	expect(t, err, "vendor.4011", fault.Auth)
	if n := b.calls(path); n != 3 {
		t.Errorf("%d tokens: a fresh one that is refused is not asked for again", n)
	}
}

func TestTheVendorsClockCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t, "gateway")
	late := *b
	late.clock = clocktest.New(start().Add(72 * time.Hour))
	if _, err := late.open().Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Where the clocks agree the refusal stands.
	b.set("clockSeconds", "-1")
	b.given["appKey"] = "another, so that no token is known"
	_, err := b.open().Check(t.Context())
	expect(t, err, "vendor.4006", fault.Config)
}

func TestTooManyCalls(t *testing.T) {
	t.Parallel()
	b := newBench(t, "login")
	b.set("perMinute", "2")
	s := b.open()
	for range 2 {
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Check(t.Context())
	expect(t, err, "http.status", fault.Rate)
	b.clock.Pass(time.Minute)
	if _, err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
