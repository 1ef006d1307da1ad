package sandbox_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/maycur/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/item"
)

const secret = "23ecc8dc72a2afccf2373a0d23b3946a559246b25c7c76cde4d0cc9dd5918796"

// bench calls a sandbox as a client of the interface would. The digest of its log-ins is of one moment.
type bench struct {
	t      *testing.T
	clock  *clocktest.Clock
	vendor *sandbox.Vendor
	token  string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := clocktest.New(time.UnixMilli(1700000000000))
	b := &bench{t: t, clock: clock, vendor: sandbox.New(clock.Now)}
	b.token = b.call("auth/login", `{"appCode":"UI000000TEST001","timestamp":"1700000000000","secret":"`+secret+`"}`).Path("data.tokenId").Text()
	return b
}

func (b *bench) call(path, body string) item.Value {
	b.t.Helper()
	_, v := b.status(path, body)
	return v
}

func (b *bench) status(path, body string) (int, item.Value) {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/openapi/"+path, strings.NewReader(body))
	r.Header.Set("tokenId", b.token)
	r.Header.Set("entCode", sandbox.EntCode)
	w := httptest.NewRecorder()
	b.vendor.Handler().ServeHTTP(w, r)
	if !json.Valid(w.Body.Bytes()) {
		b.t.Fatalf("%s: %s", path, w.Body)
	}
	return w.Code, item.Of(bytes.Clone(w.Body.Bytes()))
}

func (b *bench) refused(path, body, words string) {
	b.t.Helper()
	if v := b.call(path, body); v.Field("code").Text() != "NACK" || !strings.Contains(v.Field("message").Text(), words) {
		b.t.Errorf("%s %s: %s, want %s", path, body, v.Raw(), words)
	}
}

func (b *bench) set(name, value string) {
	b.t.Helper()
	if err := b.vendor.Set(name, json.RawMessage(value)); err != nil {
		b.t.Fatal(err)
	}
}

func TestOnlyTheRightDigestLogsIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if b.token == "" {
		t.Fatal("the published digest is not accepted")
	}
	b.refused("auth/login", `{"appCode":"UI000000TEST001","timestamp":1700000000001,"secret":"`+secret+`"}`, "密钥错误")
	b.refused("auth/login", `{"appCode":"UI2","timestamp":1700000000000,"secret":"`+secret+`"}`, "密钥错误")
	b.refused("auth/login", `{"appCode":"UI000000TEST001","secret":"`+secret+`"}`, "timestamp")
	b.set("clockSeconds", "60")
	b.clock.Pass(2 * time.Minute)
	b.refused("auth/login", `{"appCode":"UI000000TEST001","timestamp":1700000000000,"secret":"`+secret+`"}`, "时间戳")
	b.set("clockSeconds", "0")
	b.set("loginSeconds", "600")
	b.refused("auth/login", `{"appCode":"UI000000TEST001","timestamp":1700000000000,"secret":"`+secret+`"}`, "频繁")
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ask := `{"timestamp":1,"data":{}}`
	if v := b.call("org/subsidiaries", ask); v.Field("code").Text() != "ACK" {
		t.Fatalf("%s", v.Raw())
	}
	b.clock.Pass(30*time.Minute - time.Second)
	if v := b.call("org/subsidiaries", ask); v.Field("code").Text() != "ACK" {
		t.Errorf("%s", v.Raw())
	}
	b.clock.Pass(time.Second)
	b.refused("org/subsidiaries", ask, "tokenId已失效")
	b.set("expiredAs", `"401"`)
	if code, _ := b.status("org/subsidiaries", ask); code != http.StatusUnauthorized {
		t.Errorf("HTTP %d", code)
	}
	first := newBench(t)
	first.set("oldTokensDie", "true")
	first.call("auth/login", `{"appCode":"UI000000TEST001","timestamp":"1700000000000","secret":"`+secret+`"}`)
	first.refused("org/subsidiaries", ask, "tokenId已失效")
}

func TestRangesAndPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows := func(path, data string) (n int) {
		for range b.call(path, `{"timestamp":1,"data":`+data+`}`).Field("data").Elements() {
			n++
		}
		return n
	}
	// The last payments are hours apart: one is at 1699926800000.
	const at = "1699926800000"
	if n := rows("paymenttransaction/paid/list", `{"startPaidTime":`+at+`,"endPaidTime":`+at+`}`); n != 0 {
		t.Errorf("%d payments of no time", n)
	}
	raws, _ := b.vendor.Objects("payment")
	exact := item.Of(raws[100]).Field("auditTimeStamp").Text()
	one := `{"startPaidTime":` + exact + `,"endPaidTime":` + exact + `,"pageSize":10,"pageNum":1}`
	if n := rows("paymenttransaction/paid/list", one); n != 1 {
		t.Errorf("%d payments of one moment", n)
	}
	b.set("endBelongs", "false")
	if n := rows("paymenttransaction/paid/list", one); n != 0 {
		t.Errorf("%d payments where the end does not belong", n)
	}
	if n := rows("org/departments", `{}`); n != 20 {
		t.Errorf("%d departments", n)
	}
	b.set("mostRows", "10")
	b.refused("paymenttransaction/paid/list", `{"timestamp":1,"data":{"pageSize":11}}`, "pageSize")
	b.refused("paymenttransaction/paid/list", `{"timestamp":1,"data":{"pageSize":10,"pageNum":0}}`, "pageNum")
	b.refused("paymenttransaction/paid/list", `{"data":{}}`, "timestamp")
	b.refused("form/reimburse", `{"timestamp":1,"data":{"pageSize":10,"offset":-1}}`, "offset")
	b.refused("no/such", `{"timestamp":1}`, "接口不存在")
	b.refused("org/departments", `{`, "JSON")
}

func TestLists(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("stateOnce", "true")
	paid := `{"timestamp":1,"data":[{"sequence":1,"status":"PAY_SUCCESS"}]}`
	if v := b.call("paymenttransaction/update", paid); v.Field("code").Text() != "ACK" {
		t.Errorf("%s", v.Raw())
	}
	b.refused("paymenttransaction/update", paid, "已是此状态")
	b.refused("supplier/save", `{"timestamp":1,"data":[]}`, "最多 50 条")
	half := `{"timestamp":1,"data":[{"businessCode":"A","name":"甲"},{"businessCode":"B"}]}`
	b.refused("supplier/save", half, "名称不能为空")
	if raws, _ := b.vendor.Objects("supplier"); len(raws) != 0 {
		t.Errorf("%s", raws)
	}
	b.set("atomic", "false")
	b.refused("supplier/save", half, "名称不能为空")
	if raws, _ := b.vendor.Objects("supplier"); len(raws) != 1 {
		t.Errorf("%s", raws)
	}
	fees := `{"employeeId":"E0001","expenseList":[` + strings.Repeat(`{"expenseTypeBizCode":"1","consumeAmount":{"amount":1}},`, 11) + `{}]}`
	n := 0
	for range b.call("receive/expense", fees).Path("data.successData").Elements() {
		n++
	}
	if n != 10 {
		t.Errorf("%d fees were taken at once", n)
	}
	if err := b.vendor.Set("noSuch", json.RawMessage("1")); err == nil {
		t.Error("an unknown setting is accepted")
	}
	b.vendor.Reset()
	if state := b.vendor.State(); state["logins"] != 0 {
		t.Errorf("%v", state)
	}
}
