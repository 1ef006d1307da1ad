package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/jushuitan-old/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
)

func start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

type reply struct {
	Code      int               `json:"code"`
	IsSuccess bool              `json:"issuccess"`
	Msg       *string           `json:"msg"`
	Count     int               `json:"data_count"`
	Next      bool              `json:"has_next"`
	Datas     []json.RawMessage `json:"datas"`
	Orders    []json.RawMessage `json:"orders"`
	Shops     []json.RawMessage `json:"shops"`
}

// call posts a body to a method; a change may spoil the query.
func call(t *testing.T, v *sandbox.Vendor, at time.Time, method, label, body string, change func(url.Values)) reply {
	t.Helper()
	ts := strconv.FormatInt(at.Unix(), 10)
	q := url.Values{"partnerid": {sandbox.PartnerID}, "token": {sandbox.Token}, "method": {method}, "ts": {ts}}
	q.Set("sign", sandbox.Signature(method, sandbox.PartnerID, sandbox.PartnerKey, sandbox.Token, ts))
	if change != nil {
		change(q)
	}
	r := httptest.NewRequest(http.MethodPost, "/api/open/query.aspx?"+q.Encode(), strings.NewReader(body))
	r.Header.Set("Content-Type", label)
	answer := httptest.NewRecorder()
	v.Handler().ServeHTTP(answer, r)
	var got reply
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
		t.Fatalf("%d %v in %s", answer.Code, err, answer.Body)
	}
	return got
}

const week = `{"modified_begin":"2024-04-24 12:00:00","modified_end":"2024-05-01 12:00:00"}`

func TestAnswersAreFlatWhateverTheLabelOfTheBody(t *testing.T) {
	t.Parallel()
	o := sandbox.Defaults()
	o.PerSecond = 0
	v := sandbox.New(start, o)
	for _, label := range []string{"application/json", "application/x-www-form-urlencoded", ""} {
		if got := call(t, v, start(), "refund.single.query", label, week, nil); got.Code != 0 || !got.IsSuccess || got.Msg != nil || got.Count != 293 || len(got.Datas) != 30 || !got.Next {
			t.Errorf("%q: %d %d rows of %d", label, got.Code, len(got.Datas), got.Count)
		}
	}
	if got := call(t, v, start(), "orders.single.query", "", week, nil); len(got.Orders) != 30 {
		t.Errorf("%d orders", len(got.Orders))
	}
	if got := call(t, v, start(), "shops.query", "", `{}`, nil); len(got.Shops) != 5 {
		t.Errorf("%d shops", len(got.Shops))
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	put := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	for name, tc := range map[string]struct {
		at           time.Time
		method, body string
		change       func(url.Values)
		code         int
	}{
		"fine":             {start(), "shops.query", `{}`, nil, 0},
		"ten minutes":      {start().Add(10 * time.Minute), "shops.query", `{}`, nil, 0},
		"a second more":    {start().Add(-601 * time.Second), "shops.query", `{}`, nil, 180},
		"no time":          {start(), "shops.query", `{}`, put("ts", "now"), 180},
		"sign":             {start(), "shops.query", `{}`, put("sign", "0"), 120},
		"sign of another":  {start(), "shops.query", `{}`, put("method", "orders.single.query"), 120},
		"partner":          {start(), "shops.query", `{}`, put("partnerid", "x"), 100},
		"token":            {start(), "shops.query", `{}`, put("token", "x"), 100},
		"no body":          {start(), "shops.query", ``, nil, 130},
		"a form":           {start(), "shops.query", `a=b`, nil, 140},
		"neither":          {start(), "refund.single.query", `{}`, nil, 140},
		"unknown":          {start(), "purchase.query", `{}`, nil, 190},
		"a write":          {start(), "orders.upload", `[]`, nil, 190},
		"pages of 51":      {start(), "orders.single.query", `{"page_size":51}`, nil, 140},
		"the whole refund": {start(), "refund.single.query", `{"page_size":50,"as_ids":[20001001]}`, nil, 0},
	} {
		v := sandbox.New(start, sandbox.Defaults())
		got := call(t, v, tc.at, tc.method, "application/json", tc.body, tc.change)
		if got.Code != tc.code || got.IsSuccess != (tc.code == 0) || (got.Msg == nil) != (tc.code == 0) {
			t.Errorf("%s: %+v, want %d", name, got, tc.code)
		}
	}
}

func TestTheTokenLivesAsLongAsItIsKeptAlive(t *testing.T) {
	t.Parallel()
	clock := clocktest.New(start())
	v := sandbox.New(clock.Now, sandbox.Defaults())
	try := func(method string) int {
		t.Helper()
		return call(t, v, clock.Now(), method, "", `{}`, nil).Code
	}
	clock.Pass(29 * 24 * time.Hour)
	if try("refresh.token") != 0 {
		t.Fatal("a living token is kept alive")
	}
	clock.Pass(29 * 24 * time.Hour)
	if code := try("shops.query"); code != 0 {
		t.Errorf("kept alive, it still dies: %d", code)
	}
	clock.Pass(24 * time.Hour)
	if shops, refresh := try("shops.query"), try("refresh.token"); shops != 100 || refresh != 100 {
		t.Errorf("a dead token: %d, %d", shops, refresh)
	}
	v.Reset()
	if code := try("shops.query"); code != 0 {
		t.Errorf("after a reset: %d", code)
	}
	for range 4 {
		try("shops.query")
	}
	if code := try("shops.query"); code != 199 {
		t.Errorf("the sixth call in a second: %d", code)
	}
	if err := v.Set("codes", json.RawMessage(`{"typo":1}`)); err == nil {
		t.Error("a setting took nonsense")
	}
	if err := v.Set("touch", json.RawMessage(`"shop"`)); err == nil {
		t.Error("shops have no time of change")
	}
}
