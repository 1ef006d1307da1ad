package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/http/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/item"
)

// caller calls a sandbox.
type caller struct {
	t      *testing.T
	clock  *clocktest.Clock
	vendor *sandbox.Vendor
	header http.Header
}

func newCaller(t *testing.T) *caller {
	t.Helper()
	clock := clocktest.New(time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC))
	return &caller{t, clock, sandbox.New(clock.Now), http.Header{"Authorization": {"Bearer " + sandbox.Token}, "Content-Type": {"application/json"}}}
}

func (c *caller) set(name, value string) {
	c.t.Helper()
	if err := c.vendor.Set(name, json.RawMessage(value)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *caller) call(method, path, body string) (int, item.Value, http.Header) {
	c.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header = c.header.Clone()
	w := httptest.NewRecorder()
	c.vendor.Handler().ServeHTTP(w, r)
	return w.Code, item.Of(w.Body.Bytes()), w.Header()
}

func order(number, more string) string {
	return fmt.Sprintf(`{"number":%q,"customer":"C","amount":1.5%s}`, number, more)
}

// TestRefusals: what a careful interface refuses, and how it says so.
func TestRefusals(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	for name, x := range map[string]struct {
		method, path, body string
		status             int
		code, blamed       string
	}{
		"nothing there":        {"GET", "/v2/orders", "", 404, "not_found", ""},
		"no such order":        {"GET", "/v1/orders/X", "", 404, "not_found", ""},
		"another method":       {"PATCH", "/v1/orders", "{}", 405, "method", ""},
		"unknown parameter":    {"GET", "/v1/orders?colour=red", "", 400, "unknown_parameter", ""},
		"a page too long":      {"GET", "/v1/orders?page_size=101", "", 400, "bad_page", ""},
		"no page":              {"GET", "/v1/orders?page=0", "", 400, "bad_page", ""},
		"no cursor":            {"GET", "/v1/orders?cursor=x", "", 400, "bad_cursor", ""},
		"no time":              {"GET", "/v1/orders?updated_from=yesterday", "", 400, "bad_time", ""},
		"no JSON":              {"POST", "/v1/orders", "words", 400, "not_json", ""},
		"a number twice":       {"POST", "/v1/orders", order("SO-0001", ""), 409, "exists", "number"},
		"an unknown field":     {"POST", "/v1/orders", order("N", `,"colour":1`), 422, "invalid", "colour"},
		"an unknown line":      {"POST", "/v1/orders", order("N", `,"lines":[{"sku":"a","qty":1,"x":1}]`), 422, "invalid", "lines[0]"},
		"a line without goods": {"POST", "/v1/orders", order("N", `,"lines":[{"sku":"a","qty":1},{"qty":2}]`), 422, "invalid", "lines[1].sku"},
		"money as a text":      {"POST", "/v1/orders", `{"number":"N","customer":"C","amount":"1"}`, 422, "invalid", "amount"},
		"another number":       {"PUT", "/v1/orders/M", order("N", ""), 422, "invalid", "number"},
	} {
		status, answer, _ := c.call(x.method, x.path, x.body)
		if status != x.status || answer.Path("error.code").Text() != x.code || answer.Path("errors.0.path").Text() != x.blamed {
			t.Errorf("%s: %d %s", name, status, answer.Raw())
		}
	}
	c.header.Set("Content-Type", "text/plain")
	if status, _, _ := c.call("POST", "/v1/orders", order("N", "")); status != http.StatusUnsupportedMediaType {
		t.Errorf("words are taken: %d", status)
	}
	if n := c.vendor.State()["objects"].(map[string]int)["orders"]; n != 57 {
		t.Errorf("%d orders", n)
	}
}

// TestWrites: once for each key, and carried out before a failure that is asked for.
func TestWrites(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.header.Set("Idempotency-Key", "k1")
	first, made, header := c.call("POST", "/v1/orders", order("N-1", ""))
	again, same, _ := c.call("POST", "/v1/orders", order("N-1", ""))
	other, _, _ := c.call("POST", "/v1/orders", order("N-2", ""))
	if first != 201 || again != 201 || made.Field("id").Text() != same.Field("id").Text() || other != 422 || header.Get("Location") != "/v1/orders/N-1" {
		t.Errorf("%d %s, %d %s, %d", first, made.Raw(), again, same.Raw(), other)
	}
	c.header.Del("Idempotency-Key")
	c.set("failAfter", "1")
	if status, _, _ := c.call("PUT", "/v1/orders/N-3", order("N-3", "")); status != 500 {
		t.Errorf("%d", status)
	}
	if status, got, _ := c.call("GET", "/v1/orders/N-3", ""); status != 200 || got.Field("amount").Text() != "1.5" {
		t.Errorf("%d %s", status, got.Raw())
	}
	if status, _, _ := c.call("DELETE", "/v1/orders/N-3", ""); status != 204 {
		t.Errorf("%d", status)
	}
	c.set("envelope", "true")
	if status, got, _ := c.call("DELETE", "/v1/orders/N-3", ""); status != 200 || got.Field("code").Text() != "not_found" {
		t.Errorf("%d %s", status, got.Raw())
	}
}

// TestCallers: who is let in, how long, how often, and a signature once.
func TestCallers(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	c.header.Set("Authorization", "Bearer other")
	if status, _, _ := c.call("GET", "/v1/ping", ""); status != 401 {
		t.Errorf("%d", status)
	}
	c.set("auth", `"oauth2"`)
	c.header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask := func(secret string) (int, string) {
		status, answer, _ := c.call("POST", "/v1/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {sandbox.ClientID}, "client_secret": {secret}}.Encode())
		return status, answer.Field("access_token").Text()
	}
	if status, _ := ask("other"); status != 400 {
		t.Errorf("%d", status)
	}
	_, token := ask(sandbox.ClientSecret)
	c.header.Set("Authorization", "Bearer "+token)
	if status, _, _ := c.call("GET", "/v1/ping", ""); status != 200 {
		t.Errorf("%d", status)
	}
	c.clock.Pass(time.Hour)
	if status, _, _ := c.call("GET", "/v1/ping", ""); status != 401 {
		t.Errorf("%d", status)
	}
	c.set("auth", `"none"`)
	c.set("perMinute", "2")
	var got []int
	for range 3 {
		status, _, header := c.call("GET", "/v1/ping", "")
		if got = append(got, status); status == 429 && header.Get("Retry-After") != "60" {
			t.Errorf("wait %s", header.Get("Retry-After"))
		}
	}
	if fmt.Sprint(got) != "[200 200 429]" {
		t.Errorf("%v", got)
	}
	if c.vendor.Set("auth", json.RawMessage(`"magic"`)) == nil || c.vendor.Set("nothing", json.RawMessage(`1`)) == nil {
		t.Error("settings that are none are taken")
	}
	c.vendor.Reset()
	if got := c.vendor.Credentials(); got["auth"] != "bearer" || got["token"] != sandbox.Token {
		t.Errorf("%v", got)
	}
}

// TestPages: four ways to the same orders.
func TestPages(t *testing.T) {
	t.Parallel()
	c := newCaller(t)
	read := func(first string, next func(n int, answer item.Value, header http.Header) string) string {
		var numbers []string
		for n, path := 0, first; path != ""; n++ {
			_, answer, header := c.call("GET", path, "")
			for o := range answer.Field("data").Elements() {
				numbers = append(numbers, o.Field("number").Text())
			}
			if path = ""; answer.Field("has_more").Text() == "true" {
				path = next(n, answer, header)
			}
		}
		return strings.Join(numbers, " ")
	}
	want := read("/v1/orders?page_size=100", nil)
	if n := len(strings.Fields(want)); n != 57 {
		t.Fatalf("%d orders", n)
	}
	for name, got := range map[string]string{
		"pages": read("/v1/orders?page=1&page_size=10", func(n int, _ item.Value, _ http.Header) string {
			return fmt.Sprintf("/v1/orders?page=%d&page_size=10", n+2)
		}),
		"offset": read("/v1/orders?offset=0&limit=10", func(n int, _ item.Value, _ http.Header) string {
			return fmt.Sprintf("/v1/orders?offset=%d&limit=10", 10*(n+1))
		}),
		"cursors": read("/v1/orders?limit=10", func(_ int, a item.Value, _ http.Header) string {
			return "/v1/orders?limit=10&cursor=" + a.Field("next_cursor").Text()
		}),
		"links": read("/v1/orders?limit=10", func(_ int, _ item.Value, header http.Header) string {
			_, link, _ := strings.Cut(header.Get("Link"), ", <http://example.com")
			link, _, _ = strings.Cut(link, ">")
			return link
		}),
	} {
		if got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
