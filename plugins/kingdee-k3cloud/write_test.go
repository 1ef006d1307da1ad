package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// told gives an answer as "outcome id number code|field|message|warning".
func told(a connector.Answer) string {
	return fmt.Sprintf("%s %s %s %s|%s|%s|%s", a.Outcome, a.ID, a.Number, a.Code, a.Field, a.Message, a.Warning)
}

func tell(answers connector.Answers) string {
	out := make([]string, len(answers.Rows))
	for i, a := range answers.Rows {
		out[i] = told(a)
	}
	return strings.Join(out, "\n")
}

const unnamed = "the answer of the system does not name this row"

// TestBatchSave sends the request as documented, without touching a byte of the rows.
func TestBatchSave(t *testing.T) {
	t.Parallel()

	r := setup(t)
	exact := strings.NewReplacer(`"FRealQty":2`, `"FRealQty":12345678901234567.89`, `10.5`, `0.1`).Replace(bill("R2", "", `"FNote":"a\u4e2d\/b"`))
	answers, err := r.open(nil).Write(t.Context(), batch(bill("R1", ""), exact))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "answers", tell(answers), "done 100001 R1 |||\ndone 100002 R2 |||")
	equal(t, "raw of a row", string(answers.Rows[1].Raw), `{"Id":100002,"Number":"R2","DIndex":1}`)
	equal(t, "request", r.calls("BatchSave")[0], `BatchSave {"formid":"SAL_RETURNSTOCK","data":{"IsAutoSubmitAndAudit":false,"SubSystemId":"21","Model":[`+
		bill("R1", "")+`,`+exact+`]}}`)
	stored := r.bills()[1].Path("FEntity.1")
	equal(t, "quantity", string(stored.Field("FRealQty").Raw()), "12345678901234567.89")
	equal(t, "price", string(stored.Field("FTaxPrice").Raw()), "0.1")
	equal(t, "note", string(stored.Field("FNote").Raw()), `"a\u4e2d\/b"`)
	equal(t, "raw of the call", item.Of(answers.Raw).Path("Result.ResponseStatus.SuccessEntitys.1.Id").Text(), "100002")
}

// TestPartialBatch: each row has its own answer, whatever IsSuccess says, in
// whatever order the answers come and whatever type ids have.
func TestPartialBatch(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	if _, err := s.Write(t.Context(), batch(bill("TAKEN", ""))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ partial, asText, reverse string }{{"false", "false", "false"}, {"true", "true", "true"}} {
		r.set("partialIsSuccess", c.partial)
		r.set("idAsString", c.asText)
		r.set("reverseAnswers", c.reverse)
		two := strings.NewReplacer("10001", "77", "SKU-0001", "SKU-X001").Replace(bill("U"+c.partial, "", ""))
		answers, err := s.Write(t.Context(), batch(bill("A"+c.partial, ""), bill("TAKEN", ""), two, bill("B"+c.partial, "")))
		if err != nil {
			t.Fatal(err)
		}
		first := map[string]int{"false": 100002, "true": 100004}[c.partial]
		equal(t, "answers", tell(answers), fmt.Sprintf("done %d A%s |||\n", first, c.partial)+
			"rejected   11|FBillNo|违反字段唯一性要求：编码唯一。[TAKEN]在当前系统中已经被使用。|\n"+
			"rejected   11|FRetcustId|编码值[\"77\"]不存在; 编码值[\"SKU-X001\"]不存在|\n"+
			fmt.Sprintf("done %d B%s |||", first+1, c.partial))
		raw := item.Of(answers.Rows[2].Raw)
		equal(t, "raw errors", raw.Kind() == item.Array && raw.Path("2.FieldName").Text() == "FMaterialId", true)
	}
}

// TestUnnamedRows: what the answer does not name, or names without an id, is unknown.
func TestUnnamedRows(t *testing.T) {
	t.Parallel()

	r := setup(t)
	r.set("omitRows", `["B"]`)
	r.set("noId", `["C"]`)
	answers, err := r.open(nil).Write(t.Context(), batch(bill("A", ""), bill("B", ""), bill("C", "")))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "answers", tell(answers), "done 100001 A |||\nunknown   0||"+unnamed+"|\nunknown  C ||the system reports success without the id of the bill|")
	equal(t, "all were saved", len(r.bills()), 3)
}

// TestAnswersOfServers: shapes that servers give and the sandbox does not.
func TestAnswersOfServers(t *testing.T) {
	t.Parallel()

	ok := func(entities string) string {
		return `{"Result":{"ResponseStatus":{"IsSuccess":true,"Errors":[],"SuccessEntitys":[` + entities + `],"MsgCode":0}}}`
	}
	bad := func(code, errors, entities string) string {
		return `{"Result":{"ResponseStatus":{"ErrorCode":500,"IsSuccess":false,"Errors":[` + errors + `],"SuccessEntitys":[` + entities + `],"MsgCode":` + code + `}}}`
	}
	for _, c := range []struct {
		name, body string
		rows       []string
		want       string
	}{
		{"a draft", ok(`{"Id":7,"Number":null,"DIndex":0}`), []string{"A"}, "done 7  |||the bill was kept as a draft without a number (暂存)"},
		{"success and error of one row", bad("11", `{"FieldName":"","Message":"审核失败","DIndex":0}`, `{"Id":7,"Number":"A","DIndex":0}`), []string{"A"}, "done 7 A |||审核失败"},
		{"id 0", ok(`{"Id":0,"Number":"A","DIndex":0}`), []string{"A"}, "unknown  A ||the system reports success without the id of the bill|"},
		{"id 0 and an error", bad("4", `{"Message":"异常","DIndex":0}`, `{"Id":0,"Number":"A","DIndex":0}`), []string{"A"}, "unknown  A ||the system reports success without the id of the bill|异常"},
		{"number in BillNo only", ok(`{"Id":7,"BillNo":"A","DIndex":0}`), []string{"A"}, "done 7 A |||"},
		{"beside the status", `{"Result":{"ResponseStatus":{"IsSuccess":true,"SuccessEntitys":[],"MsgCode":0},"Id":"7","Number":"A"}}`, []string{"A"}, "done 7 A |||"},
		{"beside the status with a remark", `{"Result":{"ResponseStatus":{"IsSuccess":true,"Errors":[{"Message":"提示","DIndex":0}],"MsgCode":0},"Id":7,"Number":"A"}}`, []string{"A"}, "done 7 A |||提示"},
		{"nothing named", ok(``), []string{"A", "B"}, "unknown   0||" + unnamed + "|\nunknown   0||" + unnamed + "|"},
		{"no index but numbers", ok(`{"Id":8,"Number":"B"},{"Id":7,"Number":"A"}`), []string{"A", "B"}, "done 7 A |||\ndone 8 B |||"},
		{"no index, one row", ok(`{"Id":8,"Number":"other"}`), []string{"A"}, "done 8 other |||"},
		{"renumbered", ok(`{"Id":7,"Number":"X","DIndex":0}`), []string{"A"}, "done 7 X |||"},
		{"numbers exchanged", ok(`{"Id":7,"Number":"B","DIndex":0},{"Id":8,"Number":"B","DIndex":1}`), []string{"A", "B"}, "unknown   ||the system answers this row with number B, which is another row's|\ndone 8 B |||"},
		{"a row that was not sent", ok(`{"Id":7,"Number":"A","DIndex":0},{"Id":9,"Number":"Z","DIndex":5}`), []string{"A"}, "done 7 A |||"},
		{"an error without index", bad("11", `{"FieldName":"F","Message":"x"}`, ``), []string{"A", "B"}, "unknown   11||" + unnamed + "|\nunknown   11||" + unnamed + "|"},
		{"an error without index, one row", bad("11", `{"FieldName":"F","Message":"x"}`, ``), []string{"A"}, "rejected   11|F|x|"},
		{"an exception about the first row", bad("4", `{"FieldName":null,"Message":"x","DIndex":0}`, ``), []string{"A", "B"}, "rejected   4||x|\nunknown   4||" + unnamed + "|"},
		{"a parameter of a row", bad("8", `{"FieldName":"FDate","Message":"x","DIndex":0}`, ``), []string{"A"}, "rejected   8|FDate|x|"},
		{"the same message twice", bad("11", `{"Message":"x","DIndex":0},{"Message":"y","DIndex":0},{"Message":"x","DIndex":0}`, ``), []string{"A"}, "rejected   11||x; y|"},
		{"returned fields", `{"Result":{"ResponseStatus":{"IsSuccess":true,"SuccessEntitys":[{"Id":7,"Number":"A","DIndex":0}],"MsgCode":0},"NeedReturnData":[{"FEntity":[{"FEntryID":5}]}]}}`, []string{"A"}, "done 7 A |||"},
	} {
		s := against(t, c.body)
		rows := make([]string, len(c.rows))
		for i, n := range c.rows {
			rows[i] = bill(n, "")
		}
		answers, err := s.Write(t.Context(), batch(rows...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		equal(t, c.name, tell(answers), c.want)
		if c.name == "returned fields" {
			equal(t, "raw", string(answers.Rows[0].Raw), `{"Id":7,"Number":"A","DIndex":0,"NeedReturnData":{"FEntity":[{"FEntryID":5}]}}`)
		}
	}
}

// TestWholeCallRefused: codes about the caller leave every row unapplied.
func TestWholeCallRefused(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		body, code string
		unapplied  bool
	}{
		{`{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"FieldName":null,"Message":"没有权限","DIndex":0}],"SuccessEntitys":[],"MsgCode":2}}}`, "vendor.2", true},
		{`{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"FieldName":"","Message":"许可","DIndex":0}],"MsgCode":"7"}}}`, "vendor.7", true},
		{`{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[],"SuccessEntitys":[],"MsgCode":8}}}`, "vendor.8", true},
		{`{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"Message":"管理员"}],"MsgCode":15}}}`, "vendor.15", true},
		{`[[{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"Message":"次数","DIndex":0}],"MsgCode":14}}}]]`, "vendor.14", true},
		{`response_error:at Kingdee.BOS`, "vendor.response_error", false},
		{`{"Result":{}}`, "k3cloud.answer_unexpected", false},
		{`[]`, "k3cloud.answer_unexpected", false},
		{"\xef\xbb\xbf" + `{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[],"MsgCode":1}}}`, "vendor.1", true}, // a gateway's byte order mark
		{`<html>`, "http.html", false},
		{``, "http.empty", false},
	} {
		_, err := against(t, c.body).Write(t.Context(), batch(bill("A", ""), bill("B", "")))
		f := refused(t, err, c.code)
		equal(t, c.body, f.NotApplied, c.unapplied)
	}

	r := setup(t)
	r.set("callLimit", `{"calls":1,"seconds":60}`)
	s := r.open(nil)
	if _, err := s.Write(t.Context(), batch(bill("A", ""))); err != nil {
		t.Fatal(err)
	}
	_, err := s.Write(t.Context(), batch(bill("B", "")))
	equal(t, "call limit", refused(t, err, "vendor.14").NotApplied, true)
}

// against opens a session before a server that gives every call this answer.
func against(t *testing.T, body string) session {
	t.Helper()
	return before(t, "", func(w http.ResponseWriter, q *http.Request) {
		if strings.Contains(q.URL.Path, "AuthService") {
			_, _ = w.Write([]byte(`{"LoginResultType":1,"KDSVCSessionId":"s"}`))
			return
		}
		_, _ = w.Write([]byte(body))
	})
}

// TestSessionLostIsRepeatedOnce: in both shapes, in words only, and not twice.
func TestSessionLostIsRepeatedOnce(t *testing.T) {
	t.Parallel()

	for _, form := range []string{"object", "nested", "byMethod"} {
		r := setup(t)
		s := r.open(nil)
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.set("sessionLostForm", `"`+form+`"`)
		r.set("sessionLoss", "1")
		answers, err := s.Write(t.Context(), batch(bill("R1", "")))
		if err != nil || answers.Rows[0].Outcome != connector.Done {
			t.Errorf("%s: %v %v", form, answers, err)
		}
		equal(t, form+" calls", len(r.calls("BatchSave")), 2)
		equal(t, form+" logins", r.box.State()["logins"], 2)
		equal(t, form+" bills", len(r.bills()), 1)

		r.set("sessionLoss", "1")
		page, err := s.Query(t.Context(), query(`{"FormId":"BD_Currency","FieldKeys":"FCODE","TopRowCount":1}`))
		if err != nil || string(page.Rows) != `[{"FCODE":"CNY","FCURRENCYID":100001}]` {
			t.Errorf("%s: %s %v", form, page.Rows, err)
		}

		r.set("sessionLoss", "2")
		_, err = s.Write(t.Context(), batch(bill("R2", "")))
		f := refused(t, err, "vendor.1")
		equal(t, form+" twice lost", f.NotApplied, true)
		equal(t, form+" bills after that", len(r.bills()), 1)
		equal(t, form+" calls after that", len(r.calls("BatchSave")), 4)
	}
	_, err := against(t, `response_error:会话信息已丢失，请重新登录`).Write(t.Context(), batch(bill("A", "")))
	equal(t, "as an exception", refused(t, err, "vendor.1").NotApplied, true)
	_, err = against(t, `{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"Message":"会话信息已丢失，请重新登录","DIndex":0}],"MsgCode":4}}}`).
		Write(t.Context(), batch(bill("A", "")))
	equal(t, "in words only", refused(t, err, "vendor.4").NotApplied, true)
}

// TestLostAnswer: what may have been carried out is never called unapplied.
func TestLostAnswer(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		fault, code string
		bills       int
	}{
		{`{"path":"BatchSave","kind":"lost_answer","times":1}`, "http.cut", 1},
		{`{"path":"BatchSave","kind":"truncated","times":1}`, "http.cut", 1},
		{`{"path":"BatchSave","kind":"lost_request","times":1}`, "http.cut", 0},
		{`{"path":"BatchSave","kind":"status","status":502,"times":1}`, "http.status", 0},
		{`{"path":"BatchSave","kind":"html","times":1}`, "http.html", 0},
	} {
		r := setup(t)
		s := r.open(nil)
		if _, err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.inject("[" + c.fault + "]")
		_, err := s.Write(t.Context(), batch(bill("R1", "")))
		f := refused(t, err, c.code)
		equal(t, c.fault+" class", f.Class, fault.Transient)
		equal(t, c.fault+" unapplied", f.NotApplied, false)
		equal(t, c.fault+" bills", len(r.bills()), c.bills)
		// A look-up and a second attempt clear it up: there is one bill in the end.
		found, err := s.Probe(t.Context(), probe("R1"))
		if err != nil || found[0].Exists != (c.bills == 1) {
			t.Errorf("%s: %v %v", c.fault, found, err)
		}
		if _, err := s.Write(t.Context(), batch(bill("R1", ""))); err != nil {
			t.Errorf("%s: %v", c.fault, err)
		}
		equal(t, c.fault+" bills in the end", len(r.bills()), 1)
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	if _, err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil { // no idle connection that could be tried
		t.Fatal(err)
	}
	r.server.Close()
	_, err := s.Write(t.Context(), batch(bill("R1", "")))
	f := refused(t, err, "http.unreachable")
	equal(t, "unapplied", f.NotApplied, true)
	equal(t, "class", f.Class, fault.Transient)
}

// TestRowsThatWouldDoTheOpposite are not sent; their neighbours are.
func TestRowsThatWouldDoTheOpposite(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	answers, err := s.Write(t.Context(), batch(`{"FID":"100001","FBillNo":"X"}`, bill("R1", ""), `5`, bill("TAKEN2", "")))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "create", tell(answers), "rejected   create_with_id|FID|the row has a FID, so the system would change a bill instead of creating one|\n"+
		"done 100001 R1 |||\nrejected   row_not_an_object||a row must be a JSON object|\ndone 100002 TAKEN2 |||")

	other := batch(bill("R7", ""), bill("", ""))
	other.Keys = []string{"AS-1", "AS-2"}
	if answers, err = s.Write(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	const lost = ": after a lost answer the key would not be found, and a second bill be created|"
	equal(t, "another number", tell(answers), `rejected   number_is_not_the_key|FBillNo|the row's number is "R7" and its key "AS-1"`+lost+"\n"+
		`rejected   number_is_not_the_key|FBillNo|the row's number is "" and its key "AS-2"`+lost)

	b := batch(`{"FHeadNote":"x"}`, `{"FID":0,"FHeadNote":"x"}`, `{"FID":100001,"FHeadNote":"changed"}`, `{"fid":"100009","FHeadNote":"x"}`)
	b.Mode = connector.Update
	answers, err = s.Write(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	const noID = "rejected   update_without_id|FID|the row has no FID, so the system would create a second bill instead of changing one|\n"
	equal(t, "update", tell(answers), noID+noID+"done 100001 R1 |||\nrejected   9|FID|内码为[100009]的数据不存在|")
	equal(t, "note", r.bills()[0].Field("FHeadNote").Text(), "changed")

	calls := len(r.calls(""))
	b = batch(`{"FHeadNote":"x"}`)
	b.Mode = connector.Update
	if answers, err = s.Write(t.Context(), b); err != nil || answers.Rows[0].Outcome != connector.Rejected {
		t.Errorf("%v %v", answers, err)
	}
	equal(t, "calls when no row is fit", len(r.calls("")), calls)
}

func TestSaveOne(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	one := func(operation, row string) connector.Batch {
		b := batch(row)
		b.Operation = "save"
		b.Params = []byte(`{"formid":"SAL_RETURNSTOCK","Operation":"` + operation + `","NeedReturnFields":"FBillNo, FEntity.FEntryID","IsDeleteEntry":""}`)
		return b
	}
	answers, err := s.Write(t.Context(), one("Save", bill("R1", "")))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "saved", tell(answers), "done 100001 R1 |||")
	equal(t, "request", r.calls("Save")[0], `Save {"formid":"SAL_RETURNSTOCK","data":{"NeedReturnFields":["FBillNo","FEntity.FEntryID"],"Model":`+bill("R1", "")+`}}`)
	equal(t, "returned", item.Of(answers.Rows[0].Raw).Path("NeedReturnData.FEntity.0.FEntryID").Text(), "200001")
	answers, err = s.Write(t.Context(), one("Draft", `{"FHeadNote":"half"}`))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "draft", tell(answers), "done 100002  |||the bill was kept as a draft without a number (暂存)")

	for name, b := range map[string]connector.Batch{
		"two rows":          func() connector.Batch { b := batch(bill("A"), bill("B")); b.Operation = "save"; return b }(),
		"no form":           {Operation: "save", Params: []byte(`{}`), Rows: []byte(`[{}]`)},
		"model as a param":  {Operation: "save", Params: []byte(`{"FormId":"X","Model":[]}`), Rows: []byte(`[{}]`)},
		"another operation": one("Audit", "{}"),
		"unknown operation": {Operation: "push", Params: []byte(`{"FormId":"X"}`), Rows: []byte(`[{}]`)},
		"broken rows":       {Operation: "save", Params: []byte(`{"FormId":"X"}`), Rows: []byte(`[{]`)},
		"broken params":     {Operation: "save", Params: []byte(`[1]`), Rows: []byte(`[{}]`)},
	} {
		_, err := s.Write(t.Context(), b)
		if err == nil || !fault.From(err).NotApplied {
			t.Errorf("%s: %v", name, err)
		}
	}
	if answers, err := s.Write(t.Context(), connector.Batch{Operation: "save", Params: []byte(`{"FormId":"X"}`), Rows: []byte(`[]`)}); err != nil || len(answers.Rows) != 0 {
		t.Errorf("no rows: %v %v", answers, err)
	}
	equal(t, "calls", len(r.calls("Save"))+len(r.calls("Draft")), 2)
}

func TestActions(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	if _, err := s.Write(t.Context(), batch(bill("R1", ""), bill("R2", ""))); err != nil {
		t.Fatal(err)
	}
	do := func(operation, rows string) (connector.Answers, error) {
		return s.Write(t.Context(), connector.Batch{
			Operation: operation, Mode: connector.Update, Params: []byte(`{"FormId":"SAL_RETURNSTOCK","CreateOrgId":0}`), Rows: []byte(rows),
		})
	}
	for _, c := range []struct{ operation, rows, want string }{
		{"submit", `[{"Number":"R1"}]`, "done 100001 R1 |||"},
		{"submit", `[{"Id":100002}]`, "done 100002 R2 |||"},
		{"submit", `[{"Number":"R1"}]`, "rejected   12|FDocumentStatus|单据[R1]审核中，不能提交|"},
		{"audit", `[{"Id":"100001","Number":"R1"},{"FID":100002}]`, "done 100001 R1 |||\ndone 100002 R2 |||"},
		{"audit", `[{"Number":"R1"},{"FBillNo":"R9"}]`, "rejected   12|FDocumentStatus|单据[R1]已审核，不能审核|\nrejected   12||单据[R9]不存在|"},
	} {
		answers, err := do(c.operation, c.rows)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, c.operation+c.rows, tell(answers), c.want)
	}
	equal(t, "request", r.calls("Audit")[1], `Audit {"formid":"SAL_RETURNSTOCK","data":{"CreateOrgId":0,"Numbers":["R1","R9"]}}`)
	equal(t, "status", r.bills()[0].Field("FDocumentStatus").Text()+r.bills()[1].Field("FDocumentStatus").Text(), "CC")
	_, err := do("audit", `[{"Number":"R1"},{"Id":5}]`)
	equal(t, "neither all ids nor all numbers", refused(t, err, "k3cloud.row_unidentified").NotApplied, true)
}

// TestConcurrentWrites keeps the race detector company and loses nothing.
func TestConcurrentWrites(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if i%5 == 0 {
				r.set("sessionLoss", "1")
			}
			number := fmt.Sprintf("R%02d", i)
			for range 20 { // a session may be lost twice in a row here
				answers, err := s.Write(t.Context(), batch(bill(number, "")))
				if fault.CodeOf(err) == "vendor.1" {
					continue
				}
				if err != nil || answers.Rows[0].Outcome != connector.Done || answers.Rows[0].Number != number {
					t.Errorf("%s: %v %v", number, answers, err)
				}
				return
			}
			t.Errorf("%s: the session is always lost", number)
		})
	}
	wg.Wait()
	equal(t, "bills", len(r.bills()), 16)
}

// TestDeadline ends early and says so.
func TestDeadline(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	if _, err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.inject(`[{"path":"BatchSave","kind":"delay","delayMs":60000}]`)
	ctx, cancel := contextWithTimeout(t, 50*time.Millisecond)
	defer cancel()
	_, err := s.Write(ctx, batch(bill("R1", "")))
	equal(t, "unapplied", refused(t, err, "http.timeout").NotApplied, false)
}
