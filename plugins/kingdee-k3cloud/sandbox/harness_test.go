package sandbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

var _ sandboxkit.Vendor = (*sandbox.Sandbox)(nil)

const (
	auth  = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.AuthService."
	forms = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
	// goodLogin holds the sandbox's invented credentials.
	goodLogin = `{"acctID":"5f0000000000aa","username":"demo","password":"sandbox-password","lcid":2052}`
)

// bench is a sandbox with a logged-in client. It begins on 2026-03-05 08:00:00 in China.
type bench struct {
	*sandbox.Sandbox
	t       *testing.T
	clock   *clocktest.Clock
	session string
}

func setup(t *testing.T) *bench {
	t.Helper()
	c := clocktest.New(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC))
	b := &bench{Sandbox: sandbox.New(c.Now), t: t, clock: c}
	b.logIn()
	return b
}

func (b *bench) logIn() {
	b.t.Helper()
	answer := b.post(auth+"ValidateUser.common.kdsvc", goodLogin)
	if answer.Field("LoginResultType").Text() != "1" {
		b.t.Fatalf("the login is refused: %s", answer.Raw())
	}
	b.session = answer.Field("KDSVCSessionId").Text()
}

// reply is a whole answer.
type reply struct {
	status  int
	cookies []*http.Cookie
	body    string
}

// send posts a body with the session's cookie, or with these headers instead.
func (b *bench) send(path, body string, header ...string) reply {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	if b.session != "" && len(header) == 0 {
		r.AddCookie(&http.Cookie{Name: "kdservice-sessionid", Value: b.session})
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	b.Handler().ServeHTTP(w, r)
	res := w.Result()
	defer func() { _ = res.Body.Close() }()
	return reply{res.StatusCode, res.Cookies(), w.Body.String()}
}

func (b *bench) text(path, body string, header ...string) string {
	b.t.Helper()
	return b.send(path, body, header...).body
}

func (b *bench) post(path, body string) item.Value {
	b.t.Helper()
	raw := b.text(path, body)
	if err := item.Check([]byte(raw)); err != nil {
		b.t.Fatalf("%s answers %s", path, raw)
	}
	return item.Of([]byte(raw))
}

// call posts {formid, data} to a form service.
func (b *bench) call(method, form, data string) item.Value {
	b.t.Helper()
	return b.post(forms+method+".common.kdsvc", `{"formid":"`+form+`","data":`+data+`}`)
}

// query gives the rows of ExecuteBillQuery as JSON text.
func (b *bench) query(data string) string {
	b.t.Helper()
	return b.text(forms+"ExecuteBillQuery.common.kdsvc", `{"data":`+data+`}`)
}

func (b *bench) set(name, value string) {
	b.t.Helper()
	if err := b.Set(name, json.RawMessage(value)); err != nil {
		b.t.Fatal(err)
	}
}

// returnBill is a complete return with these members over the usual ones; lines
// are JSON objects of further line members.
func returnBill(number, members string, lines ...string) string {
	all := make([]string, len(lines))
	for i, l := range lines {
		all[i] = `{"FMaterialId":{"FNumber":"SKU-0001"},"FRealQty":2,"FTaxPrice":10.5,"FOwnerTypeId":"BD_OwnerOrg",` +
			`"FOwnerId":{"FNumber":"100"},"FStockId":{"FNumber":"1"}` + comma(l) + `}`
	}
	return `{"FBillTypeID":{"FNUMBER":"XSTHD01_SYS"},"FBillNo":"` + number + `","FSaleOrgId":{"FNumber":"100"},"FDate":"2026-03-05",` +
		`"FStockOrgId":{"FNumber":"100"},"FRetcustId":{"FNumber":"10001"},"FSettleCurrId":{"FNumber":"PRE001"},` +
		`"SubHeadEntity":{"FSettleOrgId":{"FNumber":"100"}}` + comma(members) + `,"FEntity":[` + strings.Join(all, ",") + `]}`
}

func comma(s string) string {
	if s == "" {
		return ""
	}
	return "," + s
}

// save saves one return and gives ResponseStatus.
func (b *bench) save(bill string) item.Value {
	b.t.Helper()
	return b.call("Save", "SAL_RETURNSTOCK", `{"Model":`+bill+`}`).Path("Result.ResponseStatus")
}

// saved saves one return and gives its id.
func (b *bench) saved(bill string) string {
	b.t.Helper()
	s := b.save(bill)
	if s.Field("IsSuccess").Text() != "true" {
		b.t.Fatalf("the bill is refused: %s", s.Raw())
	}
	return s.Path("SuccessEntitys.0.Id").Text()
}

func (b *bench) bills() []string {
	b.t.Helper()
	objects, ok := b.Objects("sal_returnstock")
	if !ok {
		b.t.Fatal("there are no returns")
	}
	out := make([]string, len(objects))
	for i, o := range objects {
		out[i] = string(o)
	}
	return out
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
