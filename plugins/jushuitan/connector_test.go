package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/jstwire"
	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

func TestSignMatchesThePublishedVectors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		form map[string]string
		want string
	}{
		"business call": {
			map[string]string{
				"app_key": "demoappkey0001", "access_token": "demotoken0001", "timestamp": "1714528800", "charset": "utf-8", "version": "2",
				"biz": `{"page_index":1,"page_size":50,"modified_begin":"2024-05-01 00:00:00","modified_end":"2024-05-02 00:00:00","so_ids":["测试单号001"]}`,
			}, "7daa870cdedf248c1b13d3fdccfe692e",
		},
		"first token": {
			map[string]string{
				"app_key": "demoappkey0001", "timestamp": "1714528800", "grant_type": "authorization_code", "charset": "utf-8",
				"code": "a1b2c3", "sign": "not signed", "empty": "",
			}, "c9cfd0b721dd5cdd4ccbd0daba22c5b7",
		},
		"refresh": {
			map[string]string{
				"app_key": "demoappkey0001", "timestamp": "1714528800", "grant_type": "refresh_token", "charset": "utf-8",
				"refresh_token": "demorefresh01", "scope": "all",
			}, "b8c71b1366c3b68f49396035310cda52",
		},
	} {
		if got := sign("demosecret0001", tc.form); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// TestPagesAreTheVendorsBytes reads everything backward, as the engine does, and
// compares each row with the sandbox's truth byte by byte.
func TestPagesAreTheVendorsBytes(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	var got []string
	for week := range 5 {
		window := span(time.Duration(week+1)*7*day-time.Second, time.Duration(week)*7*day)
		first := query(t, s, `{"page_index":1,"page_size":50,`+window+`}`)
		pages := (first.Total + 49) / 50
		for number := pages; number > 0; number-- {
			page := query(t, s, fmt.Sprintf(`{"page_index":%d,"page_size":50,%s}`, number, window))
			found := rows(t, page)
			if page.Total != first.Total || page.More != (number < pages) || len(found) != min(50, page.Total-50*(number-1)) {
				t.Errorf("page %d of %d: total %d, more %v, %d rows", number, pages, page.Total, page.More, len(found))
			}
			if !page.SourceTime.Equal(start()) || page.NextToken != "" || len(page.Warnings) != 0 {
				t.Errorf("page: source time %v, token %q, warnings %v", page.SourceTime, page.NextToken, page.Warnings)
			}
			for _, row := range found {
				got = append(got, string(row))
			}
		}
	}
	objects, _ := b.vendor.Objects("refund")
	want := make([]string, len(objects))
	for i := range objects {
		want[i] = string(objects[i])
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d rows read, %d at the source, or their bytes differ", len(got), len(want))
	}
	for _, literal := range []string{`"price":12345678901234567.89,`, `"price":0.30000000000000004,`, `"refund":0.3,`, `\ud83d`} {
		if !slices.ContainsFunc(got, func(row string) bool { return strings.Contains(row, literal) }) {
			t.Errorf("no row holds %s", literal)
		}
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	page, err := b.open().Query(t.Context(), connector.QueryRequest{
		Operation: "orders.single.query", Params: []byte(`{"page_index":1,"page_size":100,` + span(9*day, 3*day) + `}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	found := rows(t, page)
	if len(found) == 0 || len(found) != min(100, page.Total) || item.Of(found[0]).Field("pays").Kind() != item.Array {
		t.Errorf("%d of %d orders", len(found), page.Total)
	}
}

// TestTheNumberShownIsTheNumberAskedBy: what people see and type as a document's
// number finds it.
func TestTheNumberShownIsTheNumberAskedBy(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	for _, op := range parsedManifest(t).Operations {
		if op.ByNumber == nil {
			continue
		}
		shown := strings.Trim(op.Number, "{}")
		ask := func(params string) [][]byte {
			page, err := s.Query(t.Context(), connector.QueryRequest{Operation: op.Name, Params: []byte(params)})
			if err != nil {
				t.Fatal(op.Name, err)
			}
			return rows(t, page)
		}
		window := ""
		if op.Window != nil {
			window = "," + span(min(op.Window.Span.Std(), 6*day), 0)
		}
		some := ask(`{"page_index":1,"page_size":50` + window + `}`)
		if len(some) == 0 {
			t.Fatal(op.Name, "has no rows")
		}
		for _, row := range some[:min(9, len(some))] {
			number, list := item.Of(row).Field(shown), `{%q:[%s]}`
			if field.Find(op.Request, op.ByNumber.Param).Type != field.Array {
				list = `{%q:%s}`
			}
			found := ask(fmt.Sprintf(list, op.ByNumber.Param, item.AppendText(nil, number.Text())))
			if !slices.ContainsFunc(found, func(f []byte) bool { return string(f) == string(row) }) {
				t.Errorf("%s: %s %s finds %d others", op.Name, shown, number.Raw(), len(found))
			}
		}
	}
}

func TestBusinessParametersAreSentAsTheyAre(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		params  string
		page    connector.PageRef
		want    string
		counted bool
	}{
		"as written":        {`{"shop_id":10001,"x":1.10,"remark":"\u5355","so_ids":["a", 2]}`, connector.PageRef{}, `{"shop_id":10001,"x":1.10,"remark":"\u5355","so_ids":["a", 2]}`, true},
		"blank ones go":     {`{"shop_id":"","status":null,"page_size":50}`, connector.PageRef{}, `{"page_size":50}`, true},
		"page is filled in": {`{"shop_id":1}`, connector.PageRef{Number: 3, Size: 20}, `{"shop_id":1,"page_index":3,"page_size":20}`, true},
		"unless it is set":  {`{"page_index":7,"page_size":""}`, connector.PageRef{Number: 3, Size: 20}, `{"page_index":7,"page_size":20}`, true},
		"nothing at all":    {``, connector.PageRef{}, `{}`, true},
		"not counted":       {`{"is_get_total":false}`, connector.PageRef{}, `{"is_get_total":false}`, false},
		"as a text":         {`{"is_get_total":"false"}`, connector.PageRef{}, `{"is_get_total":"false"}`, false},
		"a number too big":  {`{"start_ts":123456789012345678901234567890}`, connector.PageRef{}, `{"start_ts":123456789012345678901234567890}`, true},
	} {
		got, counted, err := jstwire.Params(connector.QueryRequest{Params: []byte(tc.params), Page: tc.page})
		if err != nil || string(got) != tc.want || counted != tc.counted {
			t.Errorf("%s: %s, counted %v, %v; want %s", name, got, counted, err, tc.want)
		}
	}
	if _, _, err := jstwire.Params(connector.QueryRequest{Params: []byte(`{"a":`)}); fault.CodeOf(err) != "item.invalid_json" {
		t.Errorf("broken parameters: %v", err)
	}
}

func TestTotalsAreUnknownWhenNotAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	page := query(t, b.open(), `{"page_size":50,"is_get_total":false,`+span(7*day, 0)+`}`)
	if page.Total != -1 || !page.More || len(rows(t, page)) != 50 {
		t.Errorf("total %d, more %v, %d rows", page.Total, page.More, len(rows(t, page)))
	}
}

func TestVendorsRefusalsKeepTheirWords(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	for params, want := range map[string]struct{ code, message string }{
		`{}`:                              {"vendor.130", "修改时间与单号不能同时为空"},
		`{` + span(8*day, 0) + `}`:        {"vendor.170", "修改时间间隔不能超过 7 天"},
		`{"page_size":51,"as_ids":["1"]}`: {"vendor.170", "page_size 应在 1 到 50 之间"},
		`{"as_ids":"1"}`:                  {"vendor.-4", "as_ids 应为数组"},
	} {
		_, err := s.Query(t.Context(), refunds(params))
		if f := classified(t, err, want.code, fault.Config); f.Message != want.message || f.Hint == "" {
			t.Errorf("%s: message %q, hint %q", params, f.Message, f.Hint)
		}
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	o := sandbox.Defaults()
	o.Refunds = 400
	b := newBench(t, o)
	s := b.open()
	params := `{"page_size":1,` + span(day, 0) + `}`
	for range 5 {
		query(t, s, params)
	}
	_, err := s.Query(t.Context(), refunds(params))
	if f := classified(t, err, "vendor.199", fault.Rate); f.RetryAfter != time.Second || f.Message != "调用频次超过限制!请稍后再试" {
		t.Errorf("%+v", f)
	}
	b.set(`{"perMinute":5}`)
	b.clock.Pass(2 * time.Second)
	_, err = s.Query(t.Context(), refunds(params))
	if f := classified(t, err, "vendor.200", fault.Rate); f.RetryAfter != time.Minute {
		t.Errorf("%+v", f)
	}
	if b.calls(initPath) != 1 || b.calls(renewPath) != 0 {
		t.Error("a limit is no reason for a new token")
	}
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.secrets["appSecret"] = "quite another secret"
	_, err := b.open().Check(t.Context())
	expect(t, err, "vendor.10", fault.Config)
	b.settings["appKey"] = "nobody"
	_, err = b.open().Check(t.Context())
	expect(t, err, "vendor.10", fault.Config)
}

func TestCheck(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	health, err := b.open().Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !health.SourceTime.Equal(start()) || !strings.Contains(health.Account, sandbox.AppKey) {
		t.Errorf("%+v", health)
	}
	b.wantQueries(1)
}

func TestExpiredTokenIsRecognisedByItsText(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	query(t, s, `{"as_ids":[1]}`)
	b.set(`{"codes":{"token":171},"expireTokens":true}`)
	query(t, s, `{"as_ids":[1]}`)
	if b.calls(renewPath) != 1 {
		t.Errorf("%d refreshes", b.calls(renewPath))
	}
}

func TestFaultsOfTheTransport(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	s := b.open()
	params := `{"page_size":50,` + span(7*day, 0) + `}`
	query(t, s, params)
	for fault1, want := range map[string]struct {
		code      string
		class     fault.Class
		unapplied bool
	}{
		`{"kind":"lost_request"}`:        {"http.cut", fault.Transient, false},
		`{"kind":"lost_answer"}`:         {"http.cut", fault.Transient, false},
		`{"kind":"truncated"}`:           {"http.cut", fault.Transient, false},
		`{"kind":"html"}`:                {"http.html", fault.Transient, false},
		`{"kind":"status","status":502}`: {"http.status", fault.Transient, false},
		`{"kind":"status","status":429}`: {"http.status", fault.Rate, true},
		`{"kind":"status","status":404}`: {"http.status", fault.Config, true},
		`{"kind":"status","status":302}`: {"http.status", fault.Config, false},
	} {
		b.inject(fault1)
		_, err := s.Query(t.Context(), refunds(params))
		if f := classified(t, err, want.code, want.class); f.NotApplied != want.unapplied {
			t.Errorf("%s: unapplied %v", fault1, f.NotApplied)
		}
	}
	b.inject(`{"kind":"delay","delayMs":60000}`)
	late, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.Query(late, refunds(params))
	expect(t, err, "http.timeout", fault.Transient)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Query(gone, refunds(params))
	expect(t, err, "http.cancelled", fault.Transient)
	b.inject(``)
	query(t, s, params)

	b.settings["address"] = "http://127.0.0.1:1"
	_, err = b.open().Query(t.Context(), refunds(params))
	if f := classified(t, err, "http.unreachable", fault.Transient); !f.NotApplied {
		t.Error("nothing was sent")
	}
}

// TestAnswersThatAreNotTheVendors serves answers as they come from gateways and
// from corners of the vendor that its pages do not show.
func TestAnswersThatAreNotTheVendors(t *testing.T) {
	t.Parallel()
	const head = `{"code":0,"msg":"执行成功","data":`
	for name, tc := range map[string]struct {
		body, code, rows string
		total            int
		more             bool
		warned           bool
	}{
		"list left out":           {head + `{"data_count":0,"has_next":false}}`, "", `[]`, 0, false, true},
		"list null":               {head + `{"data_count":0,"has_next":false,"datas":null}}`, "", `[]`, 0, false, true},
		"data null":               {head + `null}`, "", `[]`, -1, false, true},
		"code as text":            {`{"code":"0","data":{"data_count":1,"has_next":"false","datas":[ {"a":1.10} ]}}`, "", `[ {"a":1.10} ]`, 1, false, false},
		"no has_next":             {head + `{"page_index":1,"page_count":2,"data_count":2,"datas":[1]}}`, "", `[1]`, 2, true, false},
		"no has_next, last":       {head + `{"page_index":2,"page_count":2,"data_count":2,"datas":[1]}}`, "", `[1]`, 2, false, false},
		"list lost, rows told":    {head + `{"data_count":3,"has_next":false}}`, "jushuitan.answer_unreadable", "", 0, false, false},
		"list lost, more told":    {head + `{"has_next":true}}`, "jushuitan.answer_unreadable", "", 0, false, false},
		"list no list":            {head + `{"data_count":1,"datas":{"a":1}}}`, "jushuitan.answer_unreadable", "", 0, false, false},
		"another JSON":            {`{"status":"error"}`, "jushuitan.answer_unreadable", "", 0, false, false},
		"not an object":           {`[]`, "jushuitan.answer_unreadable", "", 0, false, false},
		"half":                    {head + `{"datas":[{"a":`, "http.not_json", "", 0, false, false},
		"nothing":                 {``, "http.empty", "", 0, false, false},
		"failure under code 0":    {`{"code":0,"issuccess":false,"msg":"失败","data":null}`, "vendor.0", "", 0, false, false},
		"failure without a word":  {`{"code":171}`, "vendor.171", "", 0, false, false},
		"byte order mark in head": {"\xef\xbb\xbf" + head + `{"data_count":1,"has_next":false,"datas":[2]}}`, "", `[2]`, 1, false, false},
	} {
		b := played(t, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/openWeb/") {
				_, _ = w.Write([]byte(head + `{"access_token":"t","expires_in":"3600"}}`))
				return
			}
			_, _ = w.Write([]byte(tc.body))
		})
		page, err := b.open().Query(t.Context(), refunds(`{"as_ids":[1]}`))
		if fault.CodeOf(err) != tc.code || tc.code != "" && fault.From(err).Message == "" {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
			continue
		}
		if tc.code == "" && (string(page.Rows) != tc.rows || page.Total != tc.total || page.More != tc.more || (len(page.Warnings) > 0) != tc.warned) {
			t.Errorf("%s: rows %s, total %d, more %v, warnings %v", name, page.Rows, page.Total, page.More, page.Warnings)
		}
	}
}

func TestUnknownOperation(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	_, err := b.open().Query(t.Context(), connector.QueryRequest{Operation: "nothing.query"})
	expect(t, err, "connector.unknown_operation", fault.Config)
	if _, err := newConnector(b.clock.Now).Open(t.Context(), connector.Account{Settings: []byte(`[`)}, b.host); fault.ClassOf(err) != fault.Config {
		t.Errorf("settings that are no object: %v", err)
	}
}

// TestVendorsClock parts the clocks: the vendor's is years behind, as that of a
// sandbox may be, and timestamps have to follow it.
func TestVendorsClock(t *testing.T) {
	t.Parallel()
	c := newClock()
	b := &bench{t: t, sandbox: clocktest.New(start()), clock: c, host: newHost(c)}
	b.serve(fast())
	c.Pass(800*day + 3*time.Hour)
	s := b.open()
	if page := query(t, s, `{"page_size":50,`+span(7*day, 0)+`}`); page.Total < 50 || !page.SourceTime.Equal(start()) {
		t.Errorf("total %d at %v", page.Total, page.SourceTime)
	}
	if b.calls(initPath) != 2 || b.calls(refundPath) != 1 {
		t.Errorf("%d token calls, %d queries: one refused timestamp teaches the clock", b.calls(initPath), b.calls(refundPath))
	}
	b.sandbox.Pass(time.Hour)
	c.Pass(time.Hour)
	query(t, s, `{"page_size":50,`+span(7*day, 0)+`}`)
	if b.calls(initPath) != 2 || b.calls(refundPath) != 2 {
		t.Error("what was learned is kept")
	}
	b.sandbox.Pass(day)
	_, err := s.Query(t.Context(), refunds(`{"page_size":50,`+span(7*day, 0)+`}`))
	expect(t, err, "jushuitan.clock_differs", fault.Transient)
	if !fault.From(err).NotApplied {
		t.Error("a refused timestamp changes nothing")
	}
	b.wantQueries(3) // each call is one of those that the engine counts
	query(t, s, `{"page_size":50,`+span(7*day, 0)+`}`)
	b.set(`{"clockSeconds":-1}`)
	_, err = s.Query(t.Context(), refunds(`{"page_size":50,`+span(7*day, 0)+`}`))
	expect(t, err, "vendor.140", fault.Config)
	b.wantQueries(5) // the same clock is not tried again
}

func TestNothingSecretLeaves(t *testing.T) {
	t.Parallel()
	b := newBench(t, fast())
	b.secrets["appSecret"] = sandbox.AppSecret
	s := b.open()
	query(t, s, `{"page_size":50,`+span(7*day, 0)+`}`)
	b.set(`{"expireTokens":true}`)
	query(t, s, `{"page_size":50,`+span(7*day, 0)+`}`)
	b.inject(`{"kind":"lost_answer"}`)
	_, err := s.Query(t.Context(), refunds(`{"as_ids":[1]}`))
	said := b.host.said() + fmt.Sprint(err)
	g := b.host.state.grant(t)
	for name, secret := range map[string]string{"app secret": sandbox.AppSecret, "access token": g.Token, "refresh token": g.With[refreshToken]} {
		if strings.Contains(said, secret) {
			t.Errorf("the %s is in a trace, log or error", name)
		}
	}
	if !strings.Contains(said, "access_token=***") || !strings.Contains(said, `"refresh_token":"***"`) || !strings.Contains(said, "sign=***") {
		t.Errorf("nothing was hidden in %.600s", said)
	}
	if !bytes.Contains([]byte(said), []byte("page_size%22%3A50")) {
		t.Error("the traces do not show the request")
	}
}

func TestVendorsWordsAreRedacted(t *testing.T) {
	t.Parallel()
	b := played(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/openWeb/") {
			_, _ = w.Write([]byte(`{"code":0,"data":{"access_token":"tok-12345"}}`))
			return
		}
		_, _ = w.Write([]byte(`{"code":171,"msg":"bad token tok-12345 of k"}`))
	})
	_, err := b.open().Query(t.Context(), refunds(`{"as_ids":[1]}`))
	if f := fault.From(err); f.Message != "bad token *** of k" || strings.Contains(b.host.said(), "tok-12345") {
		t.Errorf("%v", f)
	}
}

func TestProgram(t *testing.T) {
	t.Parallel()
	p := program()
	if len(p.Connector.Manifest()) == 0 {
		t.Error("no manifest")
	}
	answer := httptest.NewRecorder()
	p.Sandbox(start).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_sandbox/state", nil))
	if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `"churn":{"every":4,"rows":1,"total":3,"pick":"served"}`) {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
	if date := answer.Header().Get("Date"); date != "Wed, 01 May 2024 04:00:00 GMT" {
		t.Errorf("the sandbox tells %s", date)
	}
}
