package sandbox_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/plugins/wangdiantong-qimen/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func newKit(t *testing.T) *sandboxkit.Kit {
	t.Helper()
	clock := clocktest.New(time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC))
	return sandboxkit.New(sandbox.New(clock.Now, sandbox.Defaults()), clock.Now)
}

// signed gives the parameters of a call with a signature.
func signed(params, change map[string]string) string {
	all := map[string]string{
		"method": "wdt.shop.query", "app_key": sandbox.AppKey, "target_app_key": sandbox.TargetKey, "sid": wdtbox.Sid, "format": "json", "v": "2.0",
		"sign_method": "md5", "timestamp": "2024-05-01 12:00:00",
	}
	maps.Copy(all, params)
	all["sign"], _ = sandbox.Signature(sandbox.AppSecret, all)
	maps.Copy(all, change)
	form := url.Values{}
	for name, value := range all {
		form.Set(name, value)
	}
	return form.Encode()
}

type reply struct {
	Response struct {
		Flag  string            `json:"flag"`
		Code  json.RawMessage   `json:"code"`
		Sub   string            `json:"sub_code"`
		Total *int              `json:"total_count"`
		Shops []json.RawMessage `json:"shoplist"`
	} `json:"response"`
	Error struct {
		Code int `json:"code"`
	} `json:"error_response"`
}

func send(t *testing.T, kit *sandboxkit.Kit, method, query, body string) reply {
	t.Helper()
	answer := httptest.NewRecorder()
	kit.ServeHTTP(answer, httptest.NewRequest(method, "/router/qm?"+query, strings.NewReader(body)))
	var got reply
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
		t.Fatalf("%d %v in %s", answer.Code, err, answer.Body)
	}
	return got
}

func TestSignature(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{
		"md5":         "753699A12377F7A0485D5E3127867DF6",
		"hmac":        "6CF322119C286452180322F7DF360F00",
		"hmac-sha256": "4435C865C822ED8C1B6E98FDA82EF37174B3DB0CDD227301FCD9CF7B9D0794F3",
	} {
		got, ok := sandbox.Signature("demotopsecret", map[string]string{
			"method": "wdt.trade.query", "app_key": "21000001", "target_app_key": "21363512", "sid": "demosid", "format": "json", "v": "2.0",
			"timestamp": "2024-05-01 10:00:00", "start_time": "2024-05-01 09:00:00", "end_time": "2024-05-01 10:00:00",
			"page_no": "0", "page_size": "100", "sign_method": method, "session": "",
		})
		if !ok || got != want {
			t.Errorf("%s: %s, want %s", method, got, want)
		}
	}
}

// Public clients send their parameters in the form, in the query of a POST, or with GET.
func TestParametersOfFormAndQuery(t *testing.T) {
	t.Parallel()
	kit := newKit(t)
	all := signed(map[string]string{"page_size": "3"}, nil)
	for name, got := range map[string]reply{
		"in the form": send(t, kit, http.MethodPost, "", all), "in the query": send(t, kit, http.MethodPost, all, ""), "with GET": send(t, kit, http.MethodGet, all, ""),
	} {
		if got.Response.Flag != "success" || string(got.Response.Code) != "0" || len(got.Response.Shops) != 3 || got.Response.Total == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestCallersThatAreRefused(t *testing.T) {
	t.Parallel()
	kit := newKit(t)
	for name, tt := range map[string]struct {
		params, change map[string]string
		code           string
	}{
		"ten minutes off":     {map[string]string{"timestamp": "2024-05-01 12:10:00"}, nil, `0`},
		"more than that":      {map[string]string{"timestamp": "2024-05-01 12:10:01"}, nil, `"31"`},
		"seconds since 1970":  {map[string]string{"timestamp": "1714536000"}, nil, `"31"`},
		"no method":           {map[string]string{"method": ""}, nil, `"21"`},
		"no version":          {map[string]string{"v": ""}, nil, `"40"`},
		"no signature":        {nil, map[string]string{"sign": ""}, `"40"`},
		"a small signature":   {nil, map[string]string{"sign": "abc"}, `"25"`},
		"a changed parameter": {map[string]string{"shop_no": "S001"}, map[string]string{"shop_no": "S002"}, `"25"`},
		"another way":         {map[string]string{"sign_method": "sha"}, map[string]string{"sign": "X"}, `"25"`},
		"another key":         {map[string]string{"app_key": "1"}, nil, `"29"`},
		"another target":      {map[string]string{"target_app_key": "1"}, nil, `"29"`},
		"another account":     {map[string]string{"sid": "nobody"}, nil, `2030`},
		"no such interface":   {map[string]string{"method": "wdt.refund.query"}, nil, `2104`},
		"of somebody else":    {map[string]string{"method": "jst.orders.query"}, nil, `2104`},
		"a push":              {map[string]string{"method": "wdt.trade.push"}, nil, `2104`},
	} {
		got := send(t, kit, http.MethodPost, "", signed(tt.params, tt.change)).Response
		if string(got.Code) != tt.code || (tt.code == `0`) != (got.Flag == "success") || strings.HasPrefix(tt.code, `"`) && !strings.HasPrefix(got.Sub, "isv.") {
			t.Errorf("%s: %s %s %s, want %s", name, got.Flag, got.Code, got.Sub, tt.code)
		}
	}
	if got := send(t, kit, http.MethodPut, signed(nil, nil), ""); string(got.Response.Code) != `"40"` {
		t.Errorf("PUT: %+v", got)
	}
	set := httptest.NewRecorder()
	kit.ServeHTTP(set, httptest.NewRequest(http.MethodPost, "/_sandbox/faults", strings.NewReader(`{"set":{"wrapper":"error_response"}}`)))
	if got := send(t, kit, http.MethodPost, "", signed(nil, map[string]string{"sign": "abc"})); set.Code != http.StatusOK || got.Error.Code != 25 {
		t.Errorf("under error_response: %+v", got)
	}
}

func TestSixtyCallsAMinute(t *testing.T) {
	t.Parallel()
	kit := newKit(t)
	for n := range 61 {
		if got := send(t, kit, http.MethodPost, "", signed(nil, nil)).Response; (string(got.Code) == "1012") != (n == 60) {
			t.Fatalf("call %d: %+v", n+1, got)
		}
	}
}
