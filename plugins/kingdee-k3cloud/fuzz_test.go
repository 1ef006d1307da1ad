package main_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
)

// FuzzAnswer: whatever a server answers, a query gives JSON rows or a fault, and
// a write one answer a row or a fault, and no row is done without an id.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`[["A",1]]`, `[]`, `[[{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"Message":"m","DIndex":0}],"MsgCode":9}}}]]`,
		`{"Result":{"ResponseStatus":{"IsSuccess":true,"SuccessEntitys":[{"Id":1,"Number":"A","DIndex":0},{"Id":"2","DIndex":"1"}],"MsgCode":0},"NeedReturnData":[{"F":1},{}]}}`,
		`{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"FieldName":"F","Message":"m","DIndex":1}],"SuccessEntitys":[{"Id":0,"DIndex":99999999}],"MsgCode":"11"}}}`,
		`response_error:x`, `[{"Message":"m"}]`, `{"Result":{"ResponseStatus":{"IsSuccess":true},"Id":7}}`, "\x00", `[[[[[]]]]]`, `{"Result":{"ResponseStatus":{"SuccessEntitys":[1,null,"x",[]]}}}`,
	} {
		f.Add([]byte(seed))
	}
	var body atomic.Pointer[[]byte]
	s := before(f, "", func(w http.ResponseWriter, q *http.Request) {
		if strings.Contains(q.URL.Path, "AuthService") {
			_, _ = w.Write([]byte(`{"LoginResultType":1,"KDSVCSessionId":"s"}`))
			return
		}
		_, _ = w.Write(*body.Load())
	})
	f.Fuzz(func(t *testing.T, answer []byte) {
		body.Store(&answer)
		if page, err := s.Query(t.Context(), query(`{"FormId":"X","FieldKeys":"FBillNo"}`)); err == nil {
			if _, err := item.Rows(page.Rows); err != nil {
				t.Errorf("rows %q of %q: %v", page.Rows, answer, err)
			}
		}
		answers, err := s.Write(t.Context(), batch(bill("A", ""), bill("B", "")))
		if err == nil && (len(answers.Rows) != 2 || !sound(answers.Rows[0]) || !sound(answers.Rows[1])) {
			t.Errorf("%q is answered as %+v", answer, answers.Rows)
		}
	})
}

func sound(a connector.Answer) bool {
	return a.Outcome != "" && (a.Outcome != connector.Done || a.ID != "") && (len(a.Raw) == 0 || item.Check(a.Raw) == nil)
}
