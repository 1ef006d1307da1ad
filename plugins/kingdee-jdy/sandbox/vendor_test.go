package sandbox_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-jdy/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/item"
)

// The signatures below are of one moment, made by the vendor's own client.
const (
	appSignature = "ZjA0ZDY0Nzg5MWIyYjhlMmRmZDI1YjcwMWE3NWY5ZWMwYTg0ZThhNzU5NzkyNGFkYWZkZWRlZWM4YmU0NGJlYg=="
	signToken    = "MTY1Y2VmNDM1MjZhY2E3YjAxNWQ2Njc0Y2QyNDZiZGNiYTZjNTRkODI2MTg0ZDhlY2NmMzZmNWI0NjMzNjA4Yg=="
	signSave     = "NWQ0NjUyYThjNDI5M2E0ZDQ3YmQzZDU0N2VkNGIyYjFhOTE0YjBjMzc4MTBiOWRiODZjNTA3ZjBkYTk1MjE0MA=="
	signSearch   = "YWZmNGE1M2FkYmQ2ZWNmNjMyMjVkZTYzY2IyYjkyOWZiMzRiNThkMGE1M2U4MTc0N2Y5ZjViYzdjMzVjNmE5Yg=="
	tokenPath    = "/jdyconnector/app_management/kingdee_auth_token?app_key=SbxAppK1&app_signature=" + appSignature
	searchPath   = "/jdy/v2/scm/sal_order?search=%E5%8D%95%20%E6%8D%AE*~/%2Bab&page=1&page_size=100"
	loginPath    = "/auth/user/access_token?client_id=200001&client_secret=0123456789abcdef0123456789abcdef&username=demo&password=sbx-password-1"
)

// bench calls a sandbox as a client of the interface would.
type bench struct {
	t      *testing.T
	clock  *clocktest.Clock
	vendor *sandbox.Vendor
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := clocktest.New(time.UnixMilli(1655775240000))
	return &bench{t, clock, sandbox.New(clock.Now)}
}

// signed gives the headers of a signed call.
func signed(signature string, more ...string) http.Header {
	header := http.Header{}
	for name, value := range map[string]string{
		"X-Api-ClientID": sandbox.ClientID, "X-Api-Auth-Version": "2.0", "X-Api-TimeStamp": "1655775240000", "X-Api-Nonce": "1655775240",
		"X-Api-SignHeaders": "X-Api-Nonce,X-Api-TimeStamp", "X-Api-Signature": signature,
	} {
		header.Set(name, value)
	}
	for i := 0; i < len(more); i += 2 {
		header.Set(more[i], more[i+1])
	}
	return header
}

func (b *bench) call(method, path string, header http.Header, body string) (int, item.Value) {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	w := httptest.NewRecorder()
	b.vendor.Handler().ServeHTTP(w, r)
	return w.Code, item.Of(bytes.Clone(w.Body.Bytes()))
}

func (b *bench) wants(method, path string, header http.Header, body string, status int, code string) item.Value {
	b.t.Helper()
	got, answer := b.call(method, path, header, body)
	if got != status || answer.Field("errcode").Text() != code {
		b.t.Errorf("%s: HTTP %d %s, want %d %s", path, got, answer.Raw(), status, code)
	}
	return answer
}

func (b *bench) set(name, value string) {
	b.t.Helper()
	if err := b.vendor.Set(name, json.RawMessage(value)); err != nil {
		b.t.Fatal(err)
	}
}

func TestTheVendorsOwnSignaturesAreAccepted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	answer := b.wants(http.MethodGet, tokenPath, signed(signToken), "", 200, "0")
	token := answer.Path("data.app-token").Text()
	search := b.wants(http.MethodGet, searchPath, signed(signSearch, "app-token", token, "X-GW-Router-Addr", sandbox.Domain), "", 200, "0")
	if search.Path("data.count").Text() != "0" || search.Path("data.total_page").Text() != "0" {
		t.Errorf("%s", search.Raw())
	}
	_, saved := b.call(http.MethodPost, "/jdy/sal/sal_order_save", signed(signSave, "app-token", token, "X-GW-Router-Addr", sandbox.Domain, "accountId", sandbox.AccountID, "groupName", sandbox.GroupName), `{}`)
	if saved.Field("success").Text() != "true" || saved.Path("data.success").Text() != "false" {
		t.Errorf("%s", saved.Raw())
	}
}

func TestTheGatewayRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, tc := range []struct {
		header http.Header
		code   string
	}{
		{signed(signToken, "X-Api-Auth-Version", "1.0"), "4001"},
		{signed(signToken, "X-Api-ClientID", ""), "4002"},
		{signed(signToken, "X-Api-ClientID", "1"), "4003"},
		{signed(signToken, "X-Api-TimeStamp", "soon"), "4006"},
		{signed(signToken, "X-Api-SignHeaders", "X-Api-Nonce"), "4007"},
		{signed(signSearch), "4008"},
		{signed(signToken, "X-Api-Nonce", "2"), "4008"},
	} {
		b.wants(http.MethodGet, tokenPath, tc.header, "", 519, tc.code)
	}
	b.wants(http.MethodGet, searchPath, signed(signSearch), "", 519, "4009")
	b.wants(http.MethodGet, searchPath, signed(signSearch, "app-token", "x"), "", 519, "4010")
	token := b.wants(http.MethodGet, tokenPath, signed(signToken), "", 200, "0").Path("data.app-token").Text()
	if status, _ := b.call(http.MethodGet, searchPath, signed(signSearch, "app-token", token, "X-GW-Router-Addr", "https://elsewhere"), ""); status != http.StatusNotFound {
		t.Errorf("HTTP %d by a wrong route", status)
	}
	b.set("rotateSecret", "true")
	b.wants(http.MethodGet, tokenPath, signed(signToken), "", 200, "1030002006")
	b.set("expireTokens", "true")
	b.wants(http.MethodGet, searchPath, signed(signSearch, "app-token", token), "", 519, "4011")
	b.clock.Pass(5*time.Minute + time.Second)
	b.wants(http.MethodGet, tokenPath, signed(signToken), "", 519, "4006")
}

func TestUsersLogIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.wants(http.MethodGet, loginPath, nil, "", 200, "0").Path("data.access_token").Text()
	b.wants(http.MethodPost, loginPath, nil, "", 519, "5002")
	b.wants(http.MethodGet, strings.Replace(loginPath, "200001", "", 1), nil, "", 519, "4002")
	b.wants(http.MethodGet, strings.Replace(loginPath, "0123456789abcdef0123456789abcdef", "", 1), nil, "", 519, "4004")
	b.wants(http.MethodGet, strings.Replace(loginPath, "0123", "x", 1), nil, "", 519, "4005")
	if answer := b.wants(http.MethodGet, strings.Replace(loginPath, "demo", "x", 1), nil, "", 200, "2000000401"); answer.Field("description_cn").Text() != "用户名或密码错误" {
		t.Errorf("%s", answer.Raw())
	}
	account := http.Header{"Accountid": {sandbox.AccountID}, "Groupname": {sandbox.GroupName}}
	path := "/jdy/basedata/store_list?access_token=" + token
	if _, answer := b.call(http.MethodPost, path, account, `{}`); answer.Path("data.count").Text() != "2" {
		t.Errorf("%s", answer.Raw())
	}
	b.wants(http.MethodPost, path, nil, `{}`, 519, "5001")
	b.wants(http.MethodPost, "/jdy/basedata/no_such_list?access_token="+token, account, `{}`, 519, "5001")
	b.wants(http.MethodGet, path, account, ``, 519, "5002")
	b.wants(http.MethodPost, "/other?access_token="+token, account, `{}`, 519, "5001")
	for _, body := range []string{`{`, `{"page":0}`, `{"pagesize":101}`, `{"starttime":2,"endtime":1}`, `{"starttime":"x"}`} {
		if _, answer := b.call(http.MethodPost, path, account, body); answer.Field("success").Text() != "false" {
			t.Errorf("%s: %s", body, answer.Raw())
		}
	}
	b.set("v1Takes", `"signature"`)
	b.wants(http.MethodPost, path, account, `{}`, 519, "4001")
	b.set("v1Takes", `"either"`)
	b.set("perMinute", "1")
	b.wants(http.MethodPost, path, account, `{}`, 429, "429")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.vendor.Set("noSuch", json.RawMessage("1")); err == nil {
		t.Error("an unknown setting is accepted")
	}
	if err := b.vendor.Set("touch", json.RawMessage(`"none"`)); err == nil {
		t.Error("an order that is not there changes")
	}
	b.set("addMaterial", `"SKU-9001"`)
	materials, _ := b.vendor.Objects("bd_material")
	if last := item.Of(materials[len(materials)-1]); last.Field("number").Text() != "SKU-9001" || b.vendor.Set("addMaterial", json.RawMessage(`"SKU-9001"`)) == nil {
		t.Errorf("the last material is %s, and may come twice", last.Raw())
	}
	if _, known := b.vendor.Objects("nothing"); known {
		t.Error("unknown objects are shown")
	}
	b.set("way", `"gateway"`)
	if given := b.vendor.Credentials(); given["outerInstanceId"] == "" || given["password"] != "" {
		t.Errorf("%v", given)
	}
	b.vendor.Reset()
	if given := b.vendor.Credentials(); given["password"] != sandbox.Password || b.vendor.State()["tokens"] != 0 {
		t.Errorf("%v", given)
	}
}
