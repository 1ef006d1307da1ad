package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// TestBodyShapes: every shape in which clients send requests reads the same.
func TestBodyShapes(t *testing.T) {
	t.Parallel()

	const data = `{"FormId":"BD_Currency","FieldKeys":"FCODE","FilterString":" FNUMBER='PRE001' ","Limit":"0"}`
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(`[` + string(text) + `]`)
	if err != nil {
		t.Fatal(err)
	}
	objectList, err := json.Marshal(`[` + data + `]`)
	if err != nil {
		t.Fatal(err)
	}
	b := setup(t)
	for name, body := range map[string]string{
		"formid and data":           `{"formid":"BD_Currency","data":` + data + `}`,
		"FormId and data as text":   `{"FormId":"BD_Currency","data":` + string(text) + `}`,
		"data only":                 `{"data":` + data + `}`,
		"parameters":                `{"parameters":[` + string(text) + `]}`,
		"envelope with text":        `{"format":1,"useragent":"ApiClient","rid":"1","parameters":` + string(list) + `,"timestamp":"2026","v":"1.0"}`,
		"envelope with object":      `{"format":1,"rid":"1","parameters":` + string(objectList) + `,"v":"1.0"}`,
		"escaped equals and quotes": strings.NewReplacer("=", `\u003d`, "'", `\u0027`).Replace(`{"data":` + data + `}`),
	} {
		if got := b.text(forms+"ExecuteBillQuery.common.kdsvc", body); got != `[["CNY"]]` {
			t.Errorf("%s: %s", name, got)
		}
	}
	bill, err := json.Marshal(`{"Model":` + returnBill("C1", "", "") + `}`)
	if err != nil {
		t.Fatal(err)
	}
	got := b.post(forms+"Save.common.kdsvc", `{"parameters":["SAL_RETURNSTOCK",`+string(bill)+`]}`)
	equal(t, "a save by parameters", got.Path("Result.Number").Text(), "C1")
}

// TestPathAndType: the path is read in any case, the content type not at all.
func TestPathAndType(t *testing.T) {
	t.Parallel()

	b := setup(t)
	for _, path := range []string{
		"/K3Cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.ExecuteBillQuery.common.kdsvc",
		"/k3cloud/kingdee.bos.webapi.servicesstub.dynamicformservice.executebillquery.common.kdsvc",
		"/K3CLOUD/KINGDEE.BOS.WEBAPI.SERVICESSTUB.DYNAMICFORMSERVICE.EXECUTEBILLQUERY.COMMON.KDSVC",
	} {
		got := b.text(path, `{"data":{"FormId":"BD_Currency","FieldKeys":"FCODE","TopRowCount":1}}`,
			"Content-Type", "applicatin/json", "kdservice-sessionid", b.session)
		equal(t, path, got, `[["CNY"]]`)
	}
	for _, path := range []string{"/", "/k3cloud/", "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.X.common.kdsvc", "/other/x.common.kdsvc"} {
		equal(t, path, b.send(path, `{}`).status, http.StatusNotFound)
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, auth+"ValidateUser.common.kdsvc", nil))
	equal(t, "GET", w.Code, http.StatusMethodNotAllowed)
	for _, body := range []string{"", "no json", "[]", `"text"`, strings.Repeat("[", 200)} {
		if got := b.text(forms+"Save.common.kdsvc", body); !strings.HasPrefix(got, "response_error:") {
			t.Errorf("body %.20q: %s", body, got)
		}
	}
	for _, path := range []string{auth + "Nothing.common.kdsvc", forms + "Nothing.common.kdsvc", "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.Other.Save.common.kdsvc"} {
		if got := b.text(path, `{"formid":"SAL_RETURNSTOCK","data":{}}`); !strings.HasPrefix(got, "response_error:") {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestLogins(t *testing.T) {
	t.Parallel()

	const (
		acct   = `"5f0000000000aa","demo",`
		app    = `"900001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",`
		secret = `"sandboxsecret0000000000000000001",`
		vector = `"1700000000","69d921f9da5260b16bfe2b99ffaa0d726616e25ebecfe1559254e2ee4371ec05",`
	)
	for _, c := range []struct{ name, method, body, result, code string }{
		{"named", "ValidateUser", goodLogin, "1", "CheckPasswordPolicy"},
		{"named in other case", "validateuser", `{"AcctId":"5f0000000000aa","UserName":"demo","PassWord":"sandbox-password","LCID":"2052"}`, "1", "CheckPasswordPolicy"},
		{"positional", "ValidateUser", `{"parameters":[` + acct + `"sandbox-password",2052]}`, "1", "CheckPasswordPolicy"},
		{"envelope", "ValidateUser", `{"format":1,"parameters":"[\"5f0000000000aa\",\"demo\",\"sandbox-password\",2052]","v":"1.0"}`, "1", "CheckPasswordPolicy"},
		{"wrong password", "ValidateUser", `{"parameters":[` + acct + `"wrong",2052]}`, "0", ""},
		{"wrong user", "ValidateUser", `{"parameters":["5f0000000000aa","nobody","sandbox-password",2052]}`, "0", ""},
		{"wrong account set", "ValidateUser", `{"parameters":["elsewhere","demo","sandbox-password",2052]}`, "0", ""},
		{"too few parameters", "ValidateUser", `{"parameters":["5f0000000000aa"]}`, "0", ""},
		{"application secret", "LoginByAppSecret", `{"parameters":[` + acct + app + secret + `2052]}`, "1", "CheckPasswordPolicy"},
		{"wrong application secret", "LoginByAppSecret", `{"parameters":[` + acct + app + `"x",2052]}`, "0", ""},
		{"signature", "LoginBySign", `{"parameters":[` + acct + app + vector + `2052]}`, "1", "CheckPasswordPolicy"},
		{"wrong signature", "LoginBySign", `{"parameters":[` + acct + app + `"1700000001","69d921f9",2052]}`, "0", "002005000003016"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			b := setup(t)
			got := b.post(auth+c.method+".common.kdsvc", c.body)
			equal(t, "result", got.Field("LoginResultType").Text(), c.result)
			equal(t, "code", got.Field("MessageCode").Text(), c.code)
			session := got.Field("KDSVCSessionId")
			equal(t, "a session is given", session.Kind() == item.String, c.result == "1")
			equal(t, "success by API", got.Field("IsSuccessByAPI").Text(), map[string]string{"1": "true", "0": "false"}[c.result])
		})
	}
}

func TestSignatureWindow(t *testing.T) {
	t.Parallel()

	b := setup(t)
	b.set("signWindowSeconds", "300")
	const body = `{"parameters":["5f0000000000aa","demo","900001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX","1700000000","69d921f9da5260b16bfe2b99ffaa0d726616e25ebecfe1559254e2ee4371ec05",2052]}`
	equal(t, "an old signature", b.post(auth+"LoginBySign.common.kdsvc", body).Field("LoginResultType").Text(), "0")
	b.clock.Pass(time.Unix(1700000200, 0).Sub(b.clock.Now()))
	equal(t, "a fresh signature", b.post(auth+"LoginBySign.common.kdsvc", body).Field("LoginResultType").Text(), "1")
}

// TestLock: refused logins in a row lock the user, also for the right password.
func TestLock(t *testing.T) {
	t.Parallel()

	b := setup(t)
	wrong := func() string {
		return b.post(auth+"ValidateUser.common.kdsvc", `{"parameters":["5f0000000000aa","demo","wrong",2052]}`).Field("Message").Text()
	}
	right := func() string {
		return b.post(auth+"ValidateUser.common.kdsvc", goodLogin).Field("LoginResultType").Text()
	}
	for range 4 {
		wrong()
	}
	equal(t, "after four refusals", right(), "1")
	for range 5 {
		wrong()
	}
	equal(t, "after five refusals", right(), "0")
	equal(t, "state", b.State()["locked"], true)
	if got := wrong(); !strings.Contains(got, "锁定") {
		t.Errorf("the lock is not told: %s", got)
	}
	b.clock.Pass(31 * time.Minute)
	equal(t, "after the lock", right(), "1")
	equal(t, "refused logins", b.State()["loginsRefused"], 4+5+2)
	b.set("lockAfter", "0")
	for range 20 {
		wrong()
	}
	equal(t, "without a lock", right(), "1")
}

func TestSessionTransport(t *testing.T) {
	t.Parallel()

	b := setup(t)
	const body = `{"data":{"FormId":"BD_Currency","FieldKeys":"FCODE","TopRowCount":1}}`
	for name, header := range map[string][]string{
		"cookie":            {"Cookie", "kdservice-sessionid=" + b.session},
		"header":            {"kdservice-sessionid", b.session},
		"SID with a cookie": {"SID", b.session, "Cookie", "Theme=standard;"},
	} {
		res := b.send(forms+"ExecuteBillQuery.common.kdsvc", body, header...)
		equal(t, name, res.body, `[["CNY"]]`)
		if len(res.cookies) != 1 || res.cookies[0].Value != b.session {
			t.Errorf("%s: the cookie is not repeated: %v", name, res.cookies)
		}
	}
	b.set("reissueCookie", "false")
	if cookies := b.send(forms+"ExecuteBillQuery.common.kdsvc", body).cookies; len(cookies) != 0 {
		t.Errorf("the cookie is repeated though it is set not to be: %v", cookies)
	}
}

// TestSessionLost: without a session queries answer nested and the rest plainly.
func TestSessionLost(t *testing.T) {
	t.Parallel()

	const (
		object = `{"Result":{"ResponseStatus":{"ErrorCode":500,"IsSuccess":false,"Errors":[{"FieldName":null,"Message":"会话信息已丢失，请重新登录","DIndex":0}],` +
			`"SuccessEntitys":[],"SuccessMessages":[],"MsgCode":1}}}`
		nested  = `[[` + object + `]]`
		queryOf = `{"data":{"FormId":"BD_Currency","FieldKeys":"FCODE"}}`
		saveOf  = `{"formid":"SAL_RETURNSTOCK","data":{"Model":{}}}`
	)
	for _, c := range []struct{ form, query, save string }{
		{"byMethod", nested, object}, {"object", object, object}, {"nested", nested, nested},
	} {
		b := setup(t)
		b.session = "unknown"
		b.set("sessionLostForm", `"`+c.form+`"`)
		equal(t, c.form+" query", b.text(forms+"ExecuteBillQuery.common.kdsvc", queryOf), c.query)
		equal(t, c.form+" save", b.text(forms+"Save.common.kdsvc", saveOf), c.save)
		equal(t, c.form+" count", b.State()["sessionsLost"], 2)
		equal(t, c.form+" nothing was carried out", len(b.State()["writeCalls"].(map[string]int)), 0)
	}

	b := setup(t)
	alive := func() bool {
		return b.query(`{"FormId":"BD_Currency","FieldKeys":"FCODE","TopRowCount":1}`) == `[["CNY"]]`
	}
	for range 3 {
		b.clock.Pass(19 * time.Minute)
		equal(t, "a session in use stays", alive(), true)
	}
	b.clock.Pass(21 * time.Minute)
	equal(t, "a session out of use stays", alive(), false)
	equal(t, "and comes back", alive(), false)
	b.logIn()
	b.set("sessionLoss", "1")
	equal(t, "a forced loss", alive(), false)
	b.logIn()
	equal(t, "after a forced loss", alive(), true)
}

func TestRefusalsOfCalls(t *testing.T) {
	t.Parallel()

	b := setup(t)
	code := func(v item.Value) string { return v.Path("Result.ResponseStatus.MsgCode").Text() }
	equal(t, "no form", code(b.call("Save", "", `{"Model":{}}`)), "5")
	equal(t, "unknown form", code(b.call("Save", "NO_SUCH", `{"Model":{}}`)), "9")
	equal(t, "no data", code(b.post(forms+"Save.common.kdsvc", `{"formid":"SAL_RETURNSTOCK"}`)), "8")
	equal(t, "data is no object", code(b.call("Save", "SAL_RETURNSTOCK", `[1]`)), "8")
	equal(t, "too many parameters", code(b.post(forms+"Save.common.kdsvc", `{"parameters":["a","{}","{}"]}`)), "8")
	equal(t, "parameters are no list", code(b.post(forms+"Save.common.kdsvc", `{"parameters":{}}`)), "8")
	equal(t, "a model that is no list", code(b.call("BatchSave", "SAL_RETURNSTOCK", `{"Model":{}}`)), "8")
	equal(t, "an empty model", code(b.call("BatchSave", "SAL_RETURNSTOCK", `{"Model":[]}`)), "8")
	equal(t, "neither ids nor numbers", code(b.call("Audit", "SAL_RETURNSTOCK", `{}`)), "8")

	b.set("callLimit", `{"calls":2,"seconds":60}`)
	small := `{"FormId":"BD_Currency","FieldKeys":"FCODE","TopRowCount":1}`
	equal(t, "first call", b.query(small), `[["CNY"]]`)
	equal(t, "second call", b.query(small), `[["CNY"]]`)
	if got := b.query(small); !strings.HasPrefix(got, `[[{"Result"`) || !strings.Contains(got, `"MsgCode":14`) {
		t.Errorf("third call: %s", got)
	}
	b.clock.Pass(time.Minute)
	equal(t, "a minute later", b.query(small), `[["CNY"]]`)
	b.set("callLimit", `{"calls":0}`)

	b.set("exceptions", "1")
	if got := b.query(small); !strings.HasPrefix(got, "response_error:") {
		t.Errorf("an exception: %s", got)
	}
	equal(t, "after an exception", b.query(small), `[["CNY"]]`)
}

// TestBusy: a writing call that is still arriving keeps another one out.
func TestBusy(t *testing.T) {
	t.Parallel()

	b := setup(t)
	b.set("maxWriters", "1")
	server := httptest.NewServer(b.Handler())
	defer server.Close()
	send := func(body io.Reader) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+forms+"Save.common.kdsvc", body)
		if err != nil {
			return err.Error()
		}
		r.Header.Set("Kdservice-Sessionid", b.session)
		res, err := server.Client().Do(r)
		if err != nil {
			return err.Error()
		}
		defer func() { _ = res.Body.Close() }()
		raw, err := io.ReadAll(res.Body)
		if err != nil {
			return err.Error()
		}
		return string(raw)
	}
	reader, writer := io.Pipe()
	first := make(chan string, 1)
	var once sync.WaitGroup
	once.Go(func() { first <- send(reader) })
	half := `{"formid":"SAL_RETURNSTOCK","data":{"Model":` + returnBill("B1", "", "") + `}}`
	if _, err := io.WriteString(writer, half[:10]); err != nil {
		t.Fatal(err)
	}
	// The first call has been counted once its handler reads the body, which it
	// does no later than when a second call is refused.
	for refused := false; !refused; {
		refused = strings.Contains(send(strings.NewReader(`{"formid":"SAL_RETURNSTOCK","data":{"Model":{}}}`)), `"MsgCode":13`)
	}
	if _, err := io.WriteString(writer, half[10:]); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-first; !strings.Contains(got, `"IsSuccess":true`) {
		t.Errorf("the first writer is refused: %s", got)
	}
	once.Wait()
	equal(t, "afterwards", b.save(returnBill("B2", "", "")).Field("IsSuccess").Text(), "true")
}

func TestSettings(t *testing.T) {
	t.Parallel()

	b := setup(t)
	for name, bad := range map[string]string{
		"noSuchSetting": "1", "limitCap": "0", "sessionTTLSeconds": "0", "sessionLostForm": `"other"`, "verifyBaseData": `"never"`,
		"loginResult": "2", "callLimit": `{"calls":1}`, "idAsString": `"yes"`, "baseData": `[{"form":"SAL_RETURNSTOCK","number":"x"}]`, "omitRows": "{",
	} {
		before, _ := json.Marshal(b.State())
		if err := b.Set(name, json.RawMessage(bad)); err == nil {
			t.Errorf("%s = %s is accepted", name, bad)
		}
		if after, _ := json.Marshal(b.State()); string(before) != string(after) {
			t.Errorf("a refused %s changed the state", name)
		}
	}
	b.set("loginResult", "-5")
	equal(t, "a login with a warning", b.post(auth+"ValidateUser.common.kdsvc", goodLogin).Field("LoginResultType").Text(), "-5")
	b.saved(returnBill("R1", "", ""))
	b.Reset()
	equal(t, "after a reset", len(b.bills()), 0)
	equal(t, "sessions after a reset", b.State()["sessions"], 0)
	equal(t, "settings after a reset", b.post(auth+"ValidateUser.common.kdsvc", goodLogin).Field("LoginResultType").Text(), "1")
	if _, ok := b.Objects("NO_SUCH"); ok {
		t.Error("there are objects of an unknown type")
	}
}

// TestConcurrentCalls keeps the race detector company.
func TestConcurrentCalls(t *testing.T) {
	t.Parallel()

	b := setup(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			number := "P" + string(rune('0'+i))
			b.save(returnBill(number, "", ""))
			b.query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FBillNo,FRealQty"}`)
			b.State()
			b.Objects("SAL_RETURNSTOCK")
			_ = b.Set("idAsString", json.RawMessage("true"))
		})
	}
	wg.Wait()
	equal(t, "bills", len(b.bills()), 8)
}

// TestBusinessInfo: the form is named in the data, by itself or as the only parameter.
func TestBusinessInfo(t *testing.T) {
	t.Parallel()

	b := setup(t)
	for _, body := range []string{
		`{"data":{"FormId":"SAL_RETURNSTOCK"}}`, `{"formid":"SAL_RETURNSTOCK","data":"{}"}`, `{"parameters":["{\"FormId\":\"SAL_RETURNSTOCK\"}"]}`,
	} {
		info := b.post(forms+"QueryBusinessInfo.common.kdsvc", body).Path("Result.NeedReturnData")
		equal(t, "form", info.Field("Id").Text()+info.Field("PkFieldName").Text(), "SAL_RETURNSTOCKFID")
		equal(t, "number", string(info.Path("Entrys.0.Fields.0").Raw()), `{"Key":"FBillNo","Name":[{"Key":2052,"Value":"单据编号"},{"Key":1033,"Value":"Bill No."}],`+
			`"ElementType":"TextField","FieldType":"nvarchar","MustInput":0}`)
		equal(t, "material", string(info.Path("Entrys.2.Fields.0.LookUpObject").Raw()), `{"FormId":"BD_MATERIAL"}`)
		equal(t, "required lines", info.Path("Entrys.2.MustInput").Text(), "1")
	}
	s := b.post(forms+"QueryBusinessInfo.common.kdsvc", `{"data":{"FormId":"NO_FORM"}}`).Path("Result.ResponseStatus")
	equal(t, "unknown form", s.Field("MsgCode").Text()+s.Path("Errors.0.Message").Text(), "9业务对象[NO_FORM]不存在")
}

// TestSignedCallsWithoutSession: a wrong signature is a session that is not there.
func TestSignedCallsWithoutSession(t *testing.T) {
	t.Parallel()

	b := setup(t)
	const data = "NWYwMDAwMDAwMDAwYWEsZGVtbywyMDUyLDEwMA=="
	const good = "M2I5MDg3ZDBmOTMzZjM0ODU0YmVhY2NjMzMxMDViMzAxZjhhZDQxYmMzOGEwZGNhNmFhODBmMGM4ZGQ2YmMwYw=="
	ask := func(signature string) string {
		return b.text(forms+"ExecuteBillQuery.common.kdsvc", `{"data":{"FormId":"BD_Currency","FieldKeys":"FCODE","FilterString":" FNUMBER='PRE001' "}}`,
			"X-Kd-Appkey", "900001_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "X-Kd-Appdata", data, "X-Kd-Signature", signature)
	}
	equal(t, "the vendor's vector", ask(good), `[["CNY"]]`)
	equal(t, "another signature", strings.Contains(ask("x"+good), `"MsgCode":1`), true)
	b.set("gatewaySign", "true")
	equal(t, "without the gateway's part", ask(good), `{"description":"client id is empty","description_cn":"client id is empty","errcode":4002}`)
}
