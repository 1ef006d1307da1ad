package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox"
	"github.com/karezflow/karez/sdk/item"
)

// FuzzRequest: whatever a client sends, the answer is JSON or response_error, and
// every stored bill stays readable.
func FuzzRequest(f *testing.F) {
	for _, seed := range []struct{ method, body string }{
		{"Save", `{"formid":"SAL_RETURNSTOCK","data":{"Model":` + returnBill("R1", "", "") + `}}`},
		{"BatchSave", `{"parameters":["SAL_RETURNSTOCK","{\"Model\":[{\"FID\":100001,\"FEntity\":[{\"FEntryID\":1}]}]}"]}`},
		{"Draft", `{"formid":"SAL_RETURNSTOCK","data":{"Model":{"SubHeadEntity":[],"FEntity":{}},"NeedReturnFields":["FBillNo","FEntity.FNote"]}}`},
		{"ExecuteBillQuery", `{"data":{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo,FEntity_FSeq","FilterString":"FRealQty>1 OR NOT FDate IS NULL","OrderString":"FDate DESC","Limit":"3"}}`},
		{"ExecuteBillQuery", `{"format":1,"parameters":"[\"{}\"]"}`},
		{"Audit", `{"formid":"SAL_RETURNSTOCK","data":{"Numbers":"R1,R2","Ids":[1]}}`},
		{"View", `{"formid":"SAL_RETURNSTOCK","data":{"Number":null,"Id":1e3}}`},
	} {
		f.Add(seed.method, seed.body)
	}
	box := sandbox.New(func() time.Time { return time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC) })
	post := func(path, body string) string {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.URL.Path = path
		r.Header.Set("kdservice-sessionid", "5e551000-0000-4000-8000-000000000001")
		box.Handler().ServeHTTP(w, r)
		return w.Body.String()
	}
	f.Fuzz(func(t *testing.T, method, body string) {
		box.Reset()
		post(auth+"ValidateUser.common.kdsvc", goodLogin)
		for range 2 {
			answer := post(forms+method+".common.kdsvc", body)
			if !strings.HasPrefix(answer, "response_error:") && !strings.HasPrefix(answer, "404 ") && item.Check([]byte(answer)) != nil {
				t.Errorf("%s %q answers %q", method, body, answer)
			}
		}
		objects, _ := box.Objects("SAL_RETURNSTOCK")
		for _, o := range objects {
			if err := item.Check(o); err != nil {
				t.Errorf("%s %q stored %q: %v", method, body, o, err)
			}
		}
	})
}
