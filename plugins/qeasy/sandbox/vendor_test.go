package sandbox_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/qeasy/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/item"
)

const business = "/v2/open-api/business/"

// bench calls a sandbox as a client of the interface would.
type bench struct {
	t      *testing.T
	clock  *clocktest.Clock
	vendor *sandbox.Vendor
	token  string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := clocktest.New(time.Unix(1700000000, 0))
	b := &bench{t: t, clock: clock, vendor: sandbox.New(clock.Now)}
	b.token = b.call("/v2/oauth", `{"app_key":"sbx000000001","app_secret":"sbxSecret00000000001"}`, "0").Path("content.access_token").Text()
	return b
}

// call wants a code of an answer; a call without a body is a GET.
func (b *bench) call(path, body, code string) item.Value {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path+"?access_token="+b.token, strings.NewReader(body))
	if body == "" {
		r.Method = http.MethodGet
	}
	if !strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	b.vendor.Handler().ServeHTTP(w, r)
	if !json.Valid(w.Body.Bytes()) {
		b.t.Fatalf("%s: %s", path, w.Body)
	}
	v := item.Of(bytes.Clone(w.Body.Bytes()))
	if v.Field("code").Text() != code || v.Field("success").Text() != map[bool]string{true: "true", false: "false"}[code == "0"] {
		b.t.Errorf("%s %s: %s, want %s", path, body, v.Raw(), code)
	}
	return v
}

func (b *bench) set(name, value string) {
	b.t.Helper()
	if err := b.vendor.Set(name, json.RawMessage(value)); err != nil {
		b.t.Fatal(err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	wake := business + sandbox.Orders + "/dispatch-source"
	b.call("/v2/oauth", `{"app_key":"sbx000000001","app_secret":"wrong"}`, "40101")
	b.call(wake, "", "0")
	first := b.token
	b.token = ""
	b.call(wake, "", "40101")
	b.token = "other"
	b.call(wake, "", "40102")
	// An older token goes on living.
	b.call("/v2/oauth", `{"app_key":"sbx000000001","app_secret":"sbxSecret00000000001"}`, "0")
	b.token = first
	b.clock.Pass(2*time.Hour - time.Second)
	b.call(wake, "", "0")
	b.clock.Pass(time.Second)
	b.call(wake, "", "40102")
	b.set("codes", `"queries"`)
	b.call(wake, "", "40002")
}

func TestQueries(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	query := business + sandbox.Orders + "/query"
	ask := func(more, code string) item.Value {
		b.t.Helper()
		return b.call(query, `{"page":1,"pageSize":10,"begin_at":1,"end_at":1700000000`+more+`}`, code).Field("content")
	}
	if got := ask("", "0"); got.Field("total").Text() != "330" || got.Path("list.9.number").Text() != "XSDD000010" || got.Path("list.10").Kind() != item.None {
		t.Errorf("%s", got.Raw())
	}
	b.set("newestFirst", "true")
	if got := ask("", "0"); got.Path("list.0.number").Text() != "XSDD000330" {
		t.Errorf("%s", got.Raw())
	}
	for _, more := range []string{`,"page":0`, `,"pageSize":101`, `,"pageSize":0`, `,"pageSize":null`, `,"begin_at":"x"`, `,"end_at":null`, `,"CONTENT_x":{"$where":1}`} {
		ask(more, "40001")
	}
	for more, want := range map[string]string{
		`,"CONTENT_FAmount":{"$in":[94.020,2157]}`: "1", `,"CONTENT_FAmount":{"$nin":[108.04]}`: "329", `,"CONTENT_FAmount":{"$ne":108.04,"$lte":108.04}`: "3",
		`,"CONTENT_FAmount":108.04`: "1", `,"CONTENT_FStatus":"已"`: "165", `,"CONTENT_FStatus":{"$eq":"已"}`: "0",
	} {
		if got := ask(more, "0").Field("total").Text(); got != want {
			t.Errorf("%s: %s rows, want %s", more, got, want)
		}
	}
	// Both ends belong to the range: forty rows share one whole second.
	raws, _ := b.vendor.Objects("order")
	at := item.Of(raws[90]).Field("created_at").Text()
	if got := ask(`,"begin_at":`+at+`,"end_at":`+at, "0").Field("total").Text(); got != "40" {
		t.Errorf("%s rows of one second", got)
	}
	b.call(query, "{", "40001")
	b.call(business+"none/query", `{}`, "40401")
	b.call(business+sandbox.Closed+"/query", `{}`, "40301")
	b.call(business+sandbox.Orders+"/no-such", `{}`, "40401")
	b.call(business+sandbox.Orders+"/find-one/none", "", "40401")
	b.call("/v2/other", `{}`, "40401")
}

func TestStores(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	store := business + sandbox.Inbox + "/store"
	counts := func(rows, want string) {
		b.t.Helper()
		if got := b.call(store, `{"content":`+rows+`}`, "0").Field("content"); string(got.Raw()) != want {
			t.Errorf("%s: %s, want %s", rows, got.Raw(), want)
		}
	}
	held := func(want ...string) {
		b.t.Helper()
		raws, _ := b.vendor.Objects("inbox")
		var got []string
		for _, raw := range raws {
			got = append(got, item.Of(raw).Field("status").Text()+" "+item.Of(raw).Path("content.FNumber").Text())
		}
		if strings.Join(got, ",") != strings.Join(want, ",") {
			t.Errorf("%v, want %v", got, want)
		}
	}
	counts(`[{"id":"1","FNumber":"A"},{"FNumber":"B"}]`, `{"inserted":2,"failed":0}`)
	counts(`[{"id":"1","FNumber":"C"}]`, `{"inserted":1,"failed":0}`)
	held("1 A", "0 B")
	b.set("skippedAs", `"failed"`)
	counts(`[{"id":"1","FNumber":"C"}]`, `{"inserted":0,"failed":1}`)
	b.set("idCheck", "false")
	counts(`[{"id":"1","FNumber":"C"}]`, `{"inserted":1,"failed":0}`)
	held("0 C", "0 B")
	half := `[{"id":"1","FNumber":"D"},{"id":"3"}]`
	b.call(store, `{"content":`+half+`}`, "40001")
	held("0 C", "0 B")
	b.set("atomic", "false")
	b.call(store, `{"content":`+half+`}`, "40001")
	held("0 D", "0 B")
	b.set("partial", "true")
	counts(half, `{"inserted":1,"failed":1}`)
	b.call(store, `{"content":[]}`, "40001")
	b.call(store, `{"content":{}}`, "40001")
	b.call(business+sandbox.Inbox+"/dispatch-target", "", "0")
	held("2 D", "2 B")
	if err := b.vendor.Set("noSuch", json.RawMessage("1")); err == nil {
		t.Error("an unknown setting is accepted")
	}
	b.vendor.Reset()
	held()
}

func TestTheFirstVersion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	query := "/api/open/operation/" + sandbox.Orders + "/query"
	for form, code := range map[string]string{
		"page=1&begin_at=0&end_at=1700000000&token=" + sandbox.Token:      "0",
		"page=1&begin_at=0&end_at=1700000000&token=" + sandbox.InboxToken: "403",
		"page=1&begin_at=0&end_at=1700000000":                             "401",
		"page=1&token=" + sandbox.Token:                                   "400",
	} {
		got := b.call(query, form, code)
		if rows := got.Path("content.rows"); code == "0" && (rows.Path("9").Kind() != item.Object || rows.Path("10").Kind() != item.None || got.Path("content.total").Text() != "330") {
			t.Errorf("%s", got.Raw())
		}
	}
	b.call("/api/open/operation/none/query", "x=1", "404")
	b.call("/api/open/operation/"+sandbox.Orders, `{"content":[{"id":"1"}],"multiple":true}`, "0")
}

func TestTooManyCalls(t *testing.T) {
	t.Parallel()
	b := newBench(t) // the log-in is the first call
	wake := business + sandbox.Orders + "/dispatch-source"
	for range 59 {
		b.call(wake, "", "0")
	}
	b.call(wake, "", "42901")
	b.clock.Pass(5*time.Minute - time.Second)
	b.call(wake, "", "42901")
	b.clock.Pass(time.Second)
	b.call(wake, "", "0")
}
