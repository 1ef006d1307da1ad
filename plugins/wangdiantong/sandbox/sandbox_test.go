package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/plugins/wangdiantong/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// bench is a served sandbox and a caller who signs.
type bench struct {
	t     *testing.T
	clock *clocktest.Clock
	kit   *sandboxkit.Kit
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := clocktest.New(time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC))
	return &bench{t, clock, sandboxkit.New(sandbox.New(clock.Now, wdtbox.Defaults()), clock.Now)}
}

// signed gives parameters with the caller's and a signature.
func (b *bench) signed(params, change map[string]string) url.Values {
	all := map[string]string{"sid": wdtbox.Sid, "appkey": wdtbox.AppKey, "timestamp": strconv.FormatInt(b.clock.Now().Unix(), 10)}
	maps.Copy(all, params)
	all["sign"] = sandbox.Signature(wdtbox.AppSecret, all)
	maps.Copy(all, change)
	form := url.Values{}
	for name, value := range all {
		form.Set(name, value)
	}
	return form
}

type reply struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Total   *int              `json:"total_count"`
	Shops   []json.RawMessage `json:"shoplist"`
}

func (b *bench) send(method, target, body string) reply {
	b.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer := httptest.NewRecorder()
	b.kit.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		b.t.Fatalf("HTTP %d: %s", answer.Code, answer.Body)
	}
	var got reply
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
		b.t.Fatalf("%v in %s", err, answer.Body)
	}
	return got
}

func (b *bench) call(name string, params, change map[string]string) reply {
	b.t.Helper()
	return b.send(http.MethodPost, "/openapi2/"+name+".php", b.signed(params, change).Encode())
}

// TestSignature holds the vendor's vectors against the sandbox's own computation, which counts characters.
func TestSignature(t *testing.T) {
	t.Parallel()
	for want, tt := range map[string]struct {
		secret string
		params map[string]string
	}{
		"ad4e6fe037ea6e3ba4768317be9d1309": {"12345", map[string]string{
			"appkey": "test2-xx", "page_no": "0", "end_time": "2016-08-01 13:00:00", "start_time": "2016-08-01 12:00:00",
			"page_size": "40", "sid": "test2", "timestamp": "1470042310", "sign": "not signed",
		}},
		"1f86585d9bec4d1404e6e635c7d19e6a": {"demosecret", map[string]string{
			"sid": "demosid", "appkey": "demosid-ot", "timestamp": "1714528800",
			"stockout_info": `{"outer_no":"XSCKD000123-CK001","is_check":1,"warehouse_no":"CK001","remark":"金蝶销售出库","detail_list":[{"spec_no":"SKU-001","num":"2.0000","price":"12.5000"}]}`,
		}},
		"1a2aaf5e57d2ee65674cb526d4bb98bf": {"demosecret", map[string]string{"sid": "demosid", "appkey": "demosid-ot", "timestamp": "1714528800", "remark": "好😀"}},
	} {
		if got := sandbox.Signature(tt.secret, tt.params); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// The vendor's PHP takes parameters from the form and from the query alike.
func TestParametersOfFormAndQuery(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, got := range map[string]reply{
		"in the form":  b.call("shop", map[string]string{"page_size": "3"}, nil),
		"in the query": b.send(http.MethodPost, "/shop.php?"+b.signed(map[string]string{"page_size": "3"}, nil).Encode(), ""),
	} {
		if got.Code != 0 || len(got.Shops) != 3 || got.Total == nil || *got.Total != 7 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	second := b.call("shop", map[string]string{"page_size": "3", "page_no": "1"}, nil)
	if second.Total != nil || len(second.Shops) != 3 {
		t.Errorf("the total comes with the first page alone: %+v", second)
	}
}

func TestCallersThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	off := func(d time.Duration) map[string]string {
		return map[string]string{"timestamp": strconv.FormatInt(b.clock.Now().Add(d).Unix(), 10)}
	}
	for name, tt := range map[string]struct {
		params, change map[string]string
		code           int
	}{
		"five minutes off":          {off(5 * time.Minute), nil, 0},
		"more than five minutes":    {off(5*time.Minute + time.Second), nil, 2100},
		"five minutes behind":       {off(-5*time.Minute - time.Second), nil, 2100},
		"no time":                   {map[string]string{"timestamp": "now"}, nil, 2100},
		"another account":           {map[string]string{"sid": "nobody"}, nil, 2030},
		"another key":               {map[string]string{"appkey": "nobody"}, nil, 2030},
		"no signature":              {nil, map[string]string{"sign": ""}, 2060},
		"a changed parameter":       {map[string]string{"shop_no": "S001"}, map[string]string{"shop_no": "S002"}, 2060},
		"the signature in capitals": {nil, map[string]string{"sign": strings.ToUpper(b.signed(nil, nil).Get("sign"))}, 2060},
	} {
		if got := b.call("shop", tt.params, tt.change); got.Code != tt.code || tt.code != 0 && got.Message == "" {
			t.Errorf("%s: %+v, want %d", name, got, tt.code)
		}
	}
	if got := b.call("no_such_interface", nil, nil); got.Code != 2104 {
		t.Errorf("an unknown interface: %+v", got)
	}
	if got := b.send(http.MethodPost, "/shop.php", "%zz"); got.Code != 100 {
		t.Errorf("a form that is none: %+v", got)
	}
}

func TestSixtyCallsAMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for n := range 61 {
		if got := b.call("shop", nil, nil); (got.Code == 1012) != (n == 60) {
			t.Fatalf("call %d: %+v", n+1, got)
		}
	}
	// A refused caller is not counted, and the next minute begins anew.
	b.clock.Pass(time.Minute)
	if got := b.call("shop", nil, nil); got.Code != 0 {
		t.Error(got)
	}
	state := httptest.NewRecorder()
	b.kit.ServeHTTP(state, httptest.NewRequest(http.MethodGet, "/_sandbox/state", nil))
	var shown struct {
		Refusals map[string]int `json:"refusals"`
		Objects  map[string]int `json:"objects"`
	}
	if err := json.NewDecoder(state.Body).Decode(&shown); err != nil || shown.Refusals["1012"] != 1 || shown.Objects["trade"] == 0 {
		t.Errorf("%+v %v", shown, err)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	answer := httptest.NewRecorder()
	b.kit.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_sandbox/credentials", nil))
	want := fmt.Sprintf(`{"appKey":%q,"appSecret":%q,"sid":%q}`, wdtbox.AppKey, wdtbox.AppSecret, wdtbox.Sid)
	if got, _ := io.ReadAll(answer.Body); string(bytes.TrimSpace(got)) != want {
		t.Errorf("%s, want %s", got, want)
	}
}
