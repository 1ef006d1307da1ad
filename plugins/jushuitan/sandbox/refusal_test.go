package sandbox_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
)

func TestSignatureVectors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		form form
		want string
	}{
		"business call": {
			form{
				"app_key": "demoappkey0001", "access_token": "demotoken0001", "timestamp": "1714528800", "charset": "utf-8", "version": "2",
				"biz": `{"page_index":1,"page_size":50,"modified_begin":"2024-05-01 00:00:00","modified_end":"2024-05-02 00:00:00","so_ids":["测试单号001"]}`,
			}, "7daa870cdedf248c1b13d3fdccfe692e",
		},
		"first token": {
			form{"app_key": "demoappkey0001", "timestamp": "1714528800", "grant_type": "authorization_code", "charset": "utf-8", "code": "a1b2c3"},
			"c9cfd0b721dd5cdd4ccbd0daba22c5b7",
		},
		"refresh": {
			form{
				"app_key": "demoappkey0001", "timestamp": "1714528800", "grant_type": "refresh_token", "charset": "utf-8",
				"refresh_token": "demorefresh01", "scope": "all",
			}, "b8c71b1366c3b68f49396035310cda52",
		},
	} {
		if got := sandbox.Signature("demosecret0001", tc.form); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
		tc.form["sign"], tc.form["empty"] = "ignored", ""
		if got := sandbox.Signature("demosecret0001", tc.form); got != tc.want {
			t.Errorf("%s: sign and empty fields are not signed, got %s", name, got)
		}
	}
}

func TestRefusesTheForm(t *testing.T) {
	t.Parallel()
	b := newBench(t, small())
	good := form{"access_token": b.token(), "version": "2", "biz": "{" + span(day, 0) + "}"}
	for name, tc := range map[string]struct {
		change form
		code   int
		say    string
	}{
		"nothing wrong":        {form{}, 0, "成功"},
		"sign":                 {form{"sign": "00000000000000000000000000000000"}, 10, "无效签名"},
		"no sign":              {form{"sign": "-"}, 10015, "sign"},
		"no app key":           {form{"app_key": "-"}, 10015, "app_key"},
		"no token":             {form{"access_token": "-"}, 10015, "access_token"},
		"no timestamp":         {form{"timestamp": "-"}, 10015, "timestamp"},
		"no version":           {form{"version": "-"}, 10015, "version"},
		"no charset":           {form{"charset": "-"}, 10015, "charset"},
		"no biz":               {form{"biz": "-"}, 10015, "biz"},
		"other version":        {form{"version": "1"}, 170, "version"},
		"other charset":        {form{"charset": "gbk"}, 170, "charset"},
		"other app":            {form{"app_key": "somebodyelse"}, 10, "app_key"},
		"timestamp too old":    {form{"timestamp": strconv.FormatInt(start().Unix()-601, 10)}, 140, "timestamp"},
		"timestamp ahead":      {form{"timestamp": strconv.FormatInt(start().Unix()+601, 10)}, 140, "timestamp"},
		"timestamp just right": {form{"timestamp": strconv.FormatInt(start().Unix()-600, 10)}, 0, "成功"},
		"milliseconds":         {form{"timestamp": strconv.FormatInt(start().UnixMilli(), 10)}, 140, "timestamp"},
		"timestamp no number":  {form{"timestamp": "17145288xx"}, 140, "timestamp"},
		"unknown token":        {form{"access_token": "atnever"}, 100, "access_token已过期"},
	} {
		fields := form{}
		maps.Copy(fields, good)
		maps.Copy(fields, tc.change)
		got := b.post(refundPath, fields)
		if got.Code != tc.code || !strings.Contains(got.Msg, tc.say) {
			t.Errorf("%s: %d %q, want %d with %q", name, got.Code, got.Msg, tc.code, tc.say)
		}
		if tc.code != 0 && string(got.Data) != "null" {
			t.Errorf("%s: data is %s, want null", name, got.Data)
		}
	}
}

func TestRefusesTheTransport(t *testing.T) {
	t.Parallel()
	b := newBench(t, small())
	body := encode(b.signed(form{"access_token": b.token(), "version": "2", "biz": "{" + span(day, 0) + "}"}))
	const urlencoded = "application/x-www-form-urlencoded"
	for name, tc := range map[string]struct {
		method, path, contentType, body string
		code                            int
	}{
		"GET":              {http.MethodGet, refundPath, urlencoded, body, -4},
		"JSON":             {http.MethodPost, refundPath, "application/json", body, -4},
		"no content type":  {http.MethodPost, refundPath, "", body, -4},
		"in the URL":       {http.MethodPost, refundPath + "?" + body, urlencoded, "", 10015},
		"broken encoding":  {http.MethodPost, refundPath, urlencoded, "app_key=%zz", -4},
		"unknown path":     {http.MethodPost, "/open/nothing", urlencoded, body, 190},
		"as it should be":  {http.MethodPost, refundPath, urlencoded, body, 0},
		"with the charset": {http.MethodPost, refundPath, urlencoded + "; charset=UTF-8", body, 0},
	} {
		if got := b.send(tc.method, tc.path, tc.contentType, tc.body); got.Code != tc.code {
			t.Errorf("%s: %d %s, want %d", name, got.Code, got.Msg, tc.code)
		}
	}
}

func TestRefusesTheParameters(t *testing.T) {
	t.Parallel()
	b := newBench(t, small())
	token := b.token()
	week := span(7*day, 0)
	numbers := func(n int) string { return `["x"` + strings.Repeat(`,"x"`, n-1) + `]` }
	for name, tc := range map[string]struct {
		path, biz string
		code      int
	}{
		"a week":                {refundPath, `{` + week + `}`, 0},
		"a week and a second":   {refundPath, `{` + span(7*day+time.Second, 0) + `}`, 170},
		"neither":               {refundPath, `{}`, 130},
		"only a shop":           {refundPath, `{"shop_id":10001}`, 130},
		"empty texts":           {refundPath, `{"modified_begin":"","modified_end":"","so_ids":[]}`, 130},
		"half a window":         {refundPath, `{"modified_begin":"2024-05-01 00:00:00"}`, 130},
		"other half":            {refundPath, `{"modified_end":"2024-05-01 00:00:00","so_ids":["x"]}`, 130},
		"backwards":             {refundPath, `{` + span(0, day) + `}`, 170},
		"not a time":            {refundPath, `{"modified_begin":"2024-05-01T00:00:00","modified_end":"2024-05-02"}`, -4},
		"page of 50":            {refundPath, `{"page_size":50,` + week + `}`, 0},
		"page of 51":            {refundPath, `{"page_size":51,` + week + `}`, 170},
		"page of 0":             {refundPath, `{"page_size":0,` + week + `}`, 170},
		"page 0":                {refundPath, `{"page_index":0,` + week + `}`, 170},
		"page as text":          {refundPath, `{"page_index":"1","page_size":"50",` + week + `}`, 0},
		"page no number":        {refundPath, `{"page_index":"one",` + week + `}`, -4},
		"not JSON":              {refundPath, `{"page_index":1`, -4},
		"an array":              {refundPath, `[]`, -4},
		"null":                  {refundPath, `null`, -4},
		"two values":            {refundPath, `{} {}`, -4},
		"50 numbers":            {refundPath, `{"so_ids":` + numbers(50) + `}`, 0},
		"51 numbers":            {refundPath, `{"so_ids":` + numbers(51) + `}`, 170},
		"51 after-sale ids":     {refundPath, `{"as_ids":` + numbers(51) + `}`, 170},
		"numbers no list":       {refundPath, `{"so_ids":"x"}`, -4},
		"buyers alone":          {refundPath, `{"shop_buyer_ids":["buyer_1"]}`, 130},
		"version no number":     {refundPath, `{"start_ts":"x",` + week + `}`, -4},
		"unknown are ignored":   {refundPath, `{"whatever":{"a":[1]},` + week + `}`, 0},
		"orders page of 100":    {orderPath, `{"page_size":100,` + week + `}`, 0},
		"orders page of 101":    {orderPath, `{"page_size":101,` + week + `}`, 170},
		"orders by 20 numbers":  {orderPath, `{"so_ids":` + numbers(20) + `}`, 0},
		"orders by 21 numbers":  {orderPath, `{"so_ids":` + numbers(21) + `}`, 170},
		"orders by refund's id": {orderPath, `{"as_ids":["20001001"]}`, 130},
	} {
		if got := b.query(tc.path, token, tc.biz); got.Code != tc.code {
			t.Errorf("%s: %d %s, want %d", name, got.Code, got.Msg, tc.code)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	b := newBench(t, sandbox.Defaults())
	token := b.token()
	call := func(path string) int {
		t.Helper()
		return b.query(path, token, `{`+span(day, 0)+`}`).Code
	}
	for i := range 5 {
		if code := call(refundPath); code != 0 {
			t.Fatalf("call %d of the second: %d", i+1, code)
		}
	}
	if code := call(refundPath); code != 199 {
		t.Fatalf("the sixth call in a second: %d, want 199", code)
	}
	if code := call(orderPath); code != 0 {
		t.Fatalf("another interface has a counter of its own: %d", code)
	}
	for second := range 19 {
		b.clock.Pass(time.Second)
		for range 5 {
			if code := call(refundPath); code != 0 {
				t.Fatalf("second %d: %d", second+2, code)
			}
		}
	}
	b.clock.Pass(time.Second)
	if code := call(refundPath); code != 200 {
		t.Fatalf("call 101 of the minute: %d, want 200", code)
	}
	b.clock.Pass(40 * time.Second)
	if code := call(refundPath); code != 0 {
		t.Fatalf("a minute later: %d", code)
	}

	b.set(`{"limitScope":"app"}`)
	for i := range 6 {
		path := []string{refundPath, orderPath}[i%2]
		if code, want := call(path), []int{0, 199}[i/5]; code != want {
			t.Fatalf("counted for the app, call %d: %d, want %d", i+1, code, want)
		}
	}
	b.set(`{"perSecond":0,"perMinute":0}`)
	for range 20 {
		if code := call(refundPath); code != 0 {
			t.Fatalf("without limits: %d", code)
		}
	}
}

// set changes settings through the control endpoint.
func (b *bench) set(values string) {
	b.t.Helper()
	b.control("faults", `{"set":`+values+`}`)
}

func (b *bench) control(name, body string) {
	b.t.Helper()
	if status, _ := b.exchange(http.MethodPost, "/_sandbox/"+name, "application/json", body); status != http.StatusOK {
		b.t.Fatalf("control %s %s: HTTP %d", name, body, status)
	}
}

func TestCodesAreSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t, small())
	token := b.token()
	b.set(`{"codes":{"missing":10010}}`)
	if got := b.query(refundPath, token, `{}`); got.Code != 10010 {
		t.Errorf("missing: %d", got.Code)
	}
	if got := b.query(refundPath, "atnever", `{}`); got.Code != 100 {
		t.Errorf("the other codes stay: %d", got.Code)
	}
	for _, bad := range []string{"nothing", "codes", "limitScope", "churn"} {
		if err := b.vendor.Set(bad, json.RawMessage(`{"pick":"random","typo":1}`)); err == nil {
			t.Errorf("setting %s took nonsense", bad)
		}
	}
	if err := b.vendor.Set("churn", json.RawMessage(`{"pick":"random"}`)); err == nil {
		t.Error("churn.pick took nonsense")
	}
	if err := b.vendor.Set("limitScope", json.RawMessage(`"token"`)); err == nil {
		t.Error("limitScope took nonsense")
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	renewal := func(token string) form {
		return form{"grant_type": "refresh_token", "refresh_token": token, "scope": "all"}
	}
	silent := form{"grant_type": "authorization_code", "code": "abc123"}
	works := func(b *bench, token string) int {
		b.t.Helper()
		return b.query(refundPath, token, `{`+span(day, 0)+`}`).Code
	}

	t.Run("life", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, small())
		g := b.grant(initPath, silent)
		if g.ExpiresIn != 2592000 || g.Scope != "all" || g.Refresh == "" {
			t.Errorf("grant: %+v", g)
		}
		b.clock.Pass(30*day - time.Second)
		if code := works(b, g.Access); code != 0 {
			t.Errorf("a second before its end: %d", code)
		}
		b.clock.Pass(time.Second)
		if code := works(b, g.Access); code != 100 {
			t.Errorf("at its end: %d", code)
		}
	})
	t.Run("rotation", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, small())
		first := b.grant(initPath, silent)
		second := b.grant(renewPath, renewal(first.Refresh))
		if second.Access == first.Access || second.Refresh == first.Refresh || second.Refresh == "" {
			t.Errorf("not rotated: %+v %+v", first, second)
		}
		if got := b.post(renewPath, renewal(first.Refresh)); got.Code != 100 {
			t.Errorf("a used refresh token: %d", got.Code)
		}
		if works(b, first.Access) != 0 || works(b, second.Access) != 0 {
			t.Error("both access tokens live until they end")
		}
		b.set(`{"oldTokensDie":true}`)
		third := b.grant(renewPath, renewal(second.Refresh))
		if works(b, second.Access) != 100 || works(b, third.Access) != 0 {
			t.Error("the old access token should have died")
		}
		b.set(`{"rotateRefresh":false}`)
		fourth := b.grant(renewPath, renewal(third.Refresh))
		if fourth.Refresh != "" {
			t.Errorf("no rotation brings no refresh token: %+v", fourth)
		}
		b.grant(renewPath, renewal(third.Refresh))
		b.set(`{"revokeRefresh":true}`)
		if got := b.post(renewPath, renewal(third.Refresh)); got.Code != 100 {
			t.Errorf("a revoked refresh token: %d", got.Code)
		}
	})
	t.Run("forced end", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, small())
		g := b.grant(initPath, silent)
		b.set(`{"expireTokens":true}`)
		if got := b.query(refundPath, g.Access, `{`+span(day, 0)+`}`); got.Code != 100 || !strings.Contains(got.Msg, "access_token已过期") {
			t.Errorf("%d %s", got.Code, got.Msg)
		}
		if code := works(b, b.grant(renewPath, renewal(g.Refresh)).Access); code != 0 {
			t.Errorf("after a refresh: %d", code)
		}
	})
	t.Run("service provider", func(t *testing.T) {
		t.Parallel()
		o := small()
		o.ISV = true
		b := newBench(t, o)
		if got := b.post(initPath, silent); got.Code != 190 {
			t.Errorf("a silent token: %d", got.Code)
		}
		credentials := b.vendor.Credentials()
		agreed := form{"grant_type": "authorization_code", "code": credentials["authCode"]}
		g := b.grant(codePath, agreed)
		if code := works(b, g.Access); code != 0 {
			t.Errorf("after the merchant agreed: %d", code)
		}
		if got := b.post(codePath, agreed); got.Code != 100 {
			t.Errorf("the code a second time: %d", got.Code)
		}
		if got := b.post(renewPath, renewal(g.Refresh)); got.Code != 150 {
			t.Errorf("refresh: %d %s", got.Code, got.Msg)
		}
	})
	t.Run("requests", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, small())
		for name, tc := range map[string]struct {
			path string
			form form
			code int
		}{
			"any grant type is fine here": {initPath, form{"grant_type": "refresh_token", "code": "abc123"}, 0},
			"short code":                  {initPath, form{"grant_type": "authorization_code", "code": "abc"}, 10015},
			"no grant type":               {initPath, form{"code": "abc123"}, 10015},
			"bad sign":                    {initPath, form{"grant_type": "authorization_code", "code": "abc123", "sign": "0"}, 10},
			"wrong grant type":            {codePath, form{"grant_type": "refresh_token", "code": sandbox.AuthCode}, 170},
			"wrong code":                  {codePath, form{"grant_type": "authorization_code", "code": "nobody"}, 100},
			"no refresh token":            {renewPath, form{"grant_type": "refresh_token"}, 10015},
			"refresh by code":             {renewPath, form{"grant_type": "authorization_code", "refresh_token": "x"}, 10015},
		} {
			if got := b.post(tc.path, tc.form); got.Code != tc.code {
				t.Errorf("%s: %d %s, want %d", name, got.Code, got.Msg, tc.code)
			}
		}
	})
}
