package main_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

func probe(keys ...string) connector.ProbeRequest {
	return connector.ProbeRequest{
		Operation: "batchSave", Params: []byte(`{"FormId":"SAL_RETURNSTOCK"}`), Keys: keys,
		Compare: []string{"FBillNo", "FDate", "FRetcustId.FNumber", "FEntity.FMaterialId.FNumber", "FEntity.FRealQty", "FEntity.FTaxPrice"},
	}
}

// filled is a rig with returns R1 (one line) and R2 (two).
func filled(t *testing.T) (*rig, session) {
	t.Helper()
	r := setup(t)
	s := r.open(nil)
	two := strings.NewReplacer(`"FRealQty":2,`, `"FRealQty":12345678901234567.89,`, "10001", "10002").Replace(bill("R2", `"FNote":"a"`, `"FNote":"b"`))
	if _, err := s.Write(t.Context(), batch(bill("R1", ""), two)); err != nil {
		t.Fatal(err)
	}
	return r, s
}

// TestSelection: the four ways to name fields, and what is added to them.
func TestSelection(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ name, params, keys, order, row string }{
		{
			"rows of parameters", `"FRetcustId_FNumber":"FRetcustId.FNumber","no":"FBillNo"`,
			"FRetcustId.FNumber,FBillNo,FID", "FID ASC", `{"FRetcustId_FNumber":"10001","no":"R1","FID":100001}`,
		},
		{
			"Select", `"Select":[{"field":"n","key":"FBillNo"},{"key":"FSaleOrgId.FNumber"}]`,
			"FBillNo,FSaleOrgId.FNumber,FID", "FID ASC", `{"n":"R1","FSaleOrgId_FNumber":"100","FID":100001}`,
		},
		{"Select as text", `"Select":"[{\"field\":\"n\",\"key\":\"FBillNo\"}]"`, "FBillNo,FID", "FID ASC", `{"n":"R1","FID":100001}`},
		{"FieldKeys", `"FieldKeys":"fid, FBillNo,FSaleOrgId.FNumber"`, "fid,FBillNo,FSaleOrgId.FNumber", "FID ASC", `{"fid":100001,"FBillNo":"R1","FSaleOrgId_FNumber":"100"}`},
		{"FieldKeys as a list beside rows", `"FieldKeys":["FBillNo","FDate"],"no":"FBillNo","empty":""`, "FBillNo,FDate,FID", "FID ASC", `{"no":"R1","FDate":"2026-03-05T00:00:00","FID":100001}`},
		{
			"lines", `"no":"FBillNo","q":"FRealQty"`,
			"FBillNo,FRealQty,FID,FEntity_FEntryID", "FID ASC,FEntity_FEntryID ASC", `{"no":"R1","q":2,"FID":100001,"FEntity_FEntryID":200001}`,
		},
		{"lines by their key", `"FieldKeys":"FBillNo","EntryKey":"FEntity_FEntryID"`, "FBillNo,FID,FEntity_FEntryID", "FID ASC,FEntity_FEntryID ASC", `{"FBillNo":"R1","FID":100001,"FEntity_FEntryID":200001}`},
		{"an order of its own", `"FieldKeys":"FBillNo","OrderString":"FBillNo ASC"`, "FBillNo,FID", "FBillNo ASC", `{"FBillNo":"R1","FID":100001}`},
	} {
		r, s := filled(t)
		page, err := s.Query(t.Context(), query(`{"FormId":"SAL_RETURNSTOCK","FilterString":"FBillNo='R1'",`+c.params+`}`))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		equal(t, c.name+" row", string(page.Rows), "["+c.row+"]")
		equal(t, c.name+" request", r.calls("ExecuteBillQuery")[0], `ExecuteBillQuery {"data":{"FormId":"SAL_RETURNSTOCK","FieldKeys":"`+c.keys+
			`","FilterString":"FBillNo='R1'","OrderString":"`+c.order+`","TopRowCount":0,"StartRow":0,"Limit":2000}}`)
		equal(t, c.name+" total", page.Total, -1)
		equal(t, c.name+" clock", page.SourceTime, r.clock.Now())
	}
}

func TestBaseDataQueries(t *testing.T) {
	t.Parallel()

	r, s := filled(t)
	for form, want := range map[string]string{
		"BD_MATERIAL":       `[{"FNumber":"SKU-0001","FMATERIALID":100001}]`,
		"BD_Customer":       `[{"FNumber":"10001","FCUSTID":100001}]`,
		"BD_STOCK":          `[{"FNumber":"1","FStockId":100001}]`,
		"ORG_Organizations": `[{"FNumber":"100","FOrgID":100001}]`,
		"BOS_BillType":      `[{"FNumber":"XSCKD01_SYS"}]`,
	} {
		page, err := s.Query(t.Context(), query(`{"FormId":"`+form+`","FieldKeys":"FNumber","TopRowCount":"1"}`))
		if err != nil || string(page.Rows) != want {
			t.Errorf("%s: %s %v", form, page.Rows, err)
		}
	}
	if last := r.calls("ExecuteBillQuery"); !strings.Contains(strings.Join(last, "\n"), `"OrderString":"FNumber ASC"`) {
		t.Error("base data whose key is not known has no stable order")
	}

	// An employee with two posts has a row for each where one of their fields is selected.
	for params, want := range map[string]string{
		`"no":"FNumber"`: `[{"no":"E0002","FID":100002}]`,
		`"no":"FNumber","dept":"FPostDept.FNumber"`: `[{"no":"E0002","dept":"BM000001","FID":100002,"FPostEntity_FEntryID":200002},` +
			`{"no":"E0002","dept":"BM000002","FID":100002,"FPostEntity_FEntryID":200003}]`,
	} {
		page, err := s.Query(t.Context(), query(`{"FormId":"BD_Empinfo","FilterString":"FNumber='E0002'",`+params+`}`))
		if err != nil || string(page.Rows) != want {
			t.Errorf("%s: %s %v", params, page.Rows, err)
		}
	}
}

// TestExactRows: the bytes of values are those of the server.
func TestExactRows(t *testing.T) {
	t.Parallel()

	const body = `[ ["R\u0031", 12345678901234567.890 ,0.10,1E400,-0,true,null,"a\"b"] ,["x",1,2,3,4,false,"",""], null]`
	page, err := against(t, body).Query(t.Context(), query(`{"FormId":"SAL_X","Select":[{"field":"a\"","key":"A"},{"key":"B"},{"key":"C"},{"key":"D"},{"key":"E"},{"key":"F"},{"key":"G"},{"field":"id","key":"FID"}]}`))
	want := `[{"a\"":"R\u0031","B":12345678901234567.890,"C":0.10,"D":1E400,"E":-0,"F":true,"G":null,"id":"a\"b"},` +
		`{"a\"":"x","B":1,"C":2,"D":3,"E":4,"F":false,"G":"","id":""}]`
	if err != nil || string(page.Rows) != want {
		t.Errorf("%s %v", page.Rows, err)
	}
}

// TestRowsSurvive: any JSON scalars pass through unchanged.
func TestRowsSurvive(t *testing.T) {
	t.Parallel()

	scalar := rapid.OneOf(
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?`),
		rapid.Map(rapid.String(), func(s string) string { return string(item.AppendText(nil, s)) }),
		rapid.SampledFrom([]string{"true", "false", "null", `"\ud83d\ude00"`, `"[[{"`}),
	)
	rapid.Check(t, func(r *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(scalar, 2, 2), 0, 5).Draw(r, "rows")
		sent, want := make([]string, len(rows)), make([]string, len(rows))
		for i, row := range rows {
			sent[i] = "[" + row[0] + "," + row[1] + "]"
			want[i] = `{"a":` + row[0] + `,"FID":` + row[1] + `}`
		}
		page, err := against(t, "["+strings.Join(sent, ",")+"]").Query(t.Context(), query(`{"FormId":"SAL_X","a":"FA"}`))
		if err != nil || string(page.Rows) != "["+strings.Join(want, ",")+"]" {
			r.Fatalf("%s %v; want %s", page.Rows, err, want)
		}
	})
}

func TestPaging(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	ask := func(params string, ref connector.PageRef) string {
		page, err := s.Query(t.Context(), connector.QueryRequest{Operation: "executeBillQuery", Params: []byte(`{"FormId":"BD_MATERIAL","FieldKeys":"FNumber"` + params + `}`), Page: ref})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := item.Rows(page.Rows)
		if err != nil {
			t.Fatal(err)
		}
		first := ""
		if len(rows) > 0 {
			first = item.Of(rows[0]).Field("FNumber").Text()
		}
		return fmt.Sprintf("%s %d %v", first, len(rows), page.More)
	}
	equal(t, "by parameters", ask(`,"StartRow":"390","Limit":"10"`, connector.PageRef{Offset: 5, Size: 7}), "SKU-0391 10 true")
	equal(t, "by the page", ask(``, connector.PageRef{Offset: 395, Size: 10}), "SKU-0396 5 false")
	equal(t, "a start of 0", ask(`,"StartRow":0,"Limit":10`, connector.PageRef{Offset: 5}), "SKU-0001 10 true")
	equal(t, "behind the end", ask(`,"StartRow":400`, connector.PageRef{Size: 10}), " 0 false")
	equal(t, "without a page", ask(``, connector.PageRef{}), "SKU-0001 400 false")
}

// TestAServerThatCutsItsPages: a page shorter than asked for ends the reading only
// where there is nothing behind it.
func TestAServerThatCutsItsPages(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	ask := func(params string, start, size int) (connector.Page, error) {
		return s.Query(t.Context(), connector.QueryRequest{
			Operation: "executeBillQuery", Params: []byte(`{"FormId":"BD_MATERIAL","FieldKeys":"FNumber"` + params + `}`), Page: connector.PageRef{Offset: start, Size: size},
		})
	}
	r.set("limitCap", "300")
	_, err := ask("", 0, 2000)
	f := refused(t, err, "k3cloud.page_cut")
	if f.Class != fault.Config || f.Path != "Limit" || !strings.Contains(f.Hint, "300") || !strings.Contains(f.Message, "2000") {
		t.Errorf("the fault is %+v", f)
	}
	for start, more := range map[int]bool{0: true, 299: false} { // as the hint says
		page, err := ask("", start, 300)
		if err != nil || page.More != more {
			t.Errorf("from row %d: more is %v, %v", start, page.More, err)
		}
	}
	r.set("limitCap", "2000")
	calls := len(r.calls("ExecuteBillQuery"))
	page, err := ask("", 200, 2000)
	if err != nil || page.More || len(r.calls("ExecuteBillQuery")) != calls+2 {
		t.Errorf("a round number of rows at the end: %v, %v", page.More, err)
	}
	if last := r.calls("ExecuteBillQuery")[calls+1]; !strings.Contains(last, `"StartRow":400,"Limit":1}`) {
		t.Errorf("asked behind the end: %s", last)
	}
	page, err = ask(`,"TopRowCount":100`, 0, 2000)
	if err != nil || page.More || len(r.calls("ExecuteBillQuery")) != calls+3 {
		t.Errorf("as many rows as are wanted in all: %v, %v", page.More, err)
	}
	r.inject(`[{"path":"ExecuteBillQuery","kind":"status","status":503,"after":1}]`)
	if _, err = ask("", 200, 2000); err == nil || fault.From(err).Class != fault.Transient {
		t.Errorf("no answer about what is behind the end: %v", err)
	}
}

// TestByNumber takes the place of the filter, and any text is safe in it.
func TestByNumber(t *testing.T) {
	t.Parallel()

	r, s := filled(t)
	odd := `o'dd" -- \`
	if _, err := s.Write(t.Context(), batch(strings.Replace(bill("XX", ""), `"XX"`, string(item.AppendText(nil, odd)), 1))); err != nil {
		t.Fatal(err)
	}
	numbers := `["R2",` + string(item.AppendText(nil, odd)) + `,"none"]`
	page, err := s.Query(t.Context(), query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FID","FilterString":"FModifyDate<'2000-01-01'","Numbers":`+numbers+`}`))
	if err != nil || string(page.Rows) != `[{"FID":100002},{"FID":100003}]` {
		t.Errorf("%s %v", page.Rows, err)
	}
	page, err = s.Query(t.Context(), query(`{"FormId":"BD_MATERIAL","FieldKeys":"FNumber","Numbers":"SKU-0007, SKU-0009"}`))
	if err != nil || string(page.Rows) != `[{"FNumber":"SKU-0007","FMATERIALID":100007},{"FNumber":"SKU-0009","FMATERIALID":100009}]` {
		t.Errorf("%s %v", page.Rows, err)
	}
	page, err = s.Query(t.Context(), query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FID","Numbers":"10002","NumberField":"FRetcustId.FNumber"}`))
	if err != nil || string(page.Rows) != `[{"FID":100002}]` {
		t.Errorf("%s %v", page.Rows, err)
	}
	_ = r
}

func TestQueryRefused(t *testing.T) {
	t.Parallel()

	r, s := filled(t)
	for _, c := range []struct{ name, params, code, path string }{
		{"no form", `"FieldKeys":"FBillNo"`, "k3cloud.param_required", "FormId"},
		{"nothing selected", `"FormId":"X"`, "k3cloud.nothing_selected", "FieldKeys"},
		{"no key", `"FormId":"X","no":"not a key"`, "k3cloud.param_invalid", "no"},
		{"a key that is a number", `"FormId":"X","no":5`, "k3cloud.param_invalid", "no"},
		{"code in FieldKeys", `"FormId":"X","FieldKeys":"FBillNo;DROP"`, "k3cloud.param_invalid", "FieldKeys"},
		{"two of one name", `"FormId":"X","Select":[{"field":"a","key":"A"},{"field":"a","key":"B"}]`, "k3cloud.param_invalid", "Select"},
		{"a limit that is no number", `"FormId":"X","FieldKeys":"FBillNo","Limit":"many"`, "k3cloud.param_invalid", "Limit"},
	} {
		_, err := s.Query(t.Context(), query("{"+c.params+"}"))
		f := refused(t, err, c.code)
		equal(t, c.name+" path", f.Path, c.path)
		equal(t, c.name+" class", f.Class, fault.Config)
	}
	equal(t, "calls", len(r.calls("ExecuteBillQuery")), 0)
	_, err := s.Query(t.Context(), query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FFoo"}`))
	f := refused(t, err, "vendor.9")
	equal(t, "message", f.Message, "字段[FFoo]不存在")
	_, err = s.Query(t.Context(), connector.QueryRequest{Operation: "other"})
	refused(t, err, "k3cloud.operation_unknown")
	_, err = s.Query(t.Context(), connector.QueryRequest{Operation: "executeBillQuery", Params: []byte("{")})
	refused(t, err, "item.invalid_json")

	for body, code := range map[string]string{
		`[[{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"FieldName":"FX","Message":"m"}],"MsgCode":9}}}]]`: "vendor.9",
		`[[{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"Message":"m"}],"MsgCode":4}}}],null]`:             "vendor.4",
		`{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"Message":"m"}],"MsgCode":2}}}`:                      "vendor.2",
		`[{"FieldName":null,"Message":"m","DIndex":0}]`:                                                                 "vendor.error",
		`response_error:m`: "vendor.response_error",
		`{"other":1}`:      "k3cloud.answer_unexpected",
		`[["one column"]]`: "k3cloud.answer_unexpected",
		`[["a","b","c"]]`:  "k3cloud.answer_unexpected",
		`"text"`:           "k3cloud.answer_unexpected",
		`[["a","b"]`:       "http.not_json",
	} {
		_, err := against(t, body).Query(t.Context(), query(`{"FormId":"X","FieldKeys":"FBillNo"}`))
		refused(t, err, code)
	}
}

func TestViewOne(t *testing.T) {
	t.Parallel()

	r, s := filled(t)
	view := func(params string) (connector.Page, error) {
		return s.Query(t.Context(), connector.QueryRequest{Operation: "view", Params: []byte(params)})
	}
	page, err := view(`{"FormId":"SAL_RETURNSTOCK","Number":"R2"}`)
	if err != nil {
		t.Fatal(err)
	}
	b := item.Of(page.Rows).Path("0")
	equal(t, "bill", b.Field("BillNo").Text()+" "+b.Path("SAL_RETURNSTOCKENTRY.1.RealQty").Text(), "R2 12345678901234567.89")
	if page, err = view(`{"FormId":"SAL_RETURNSTOCK","Id":100001}`); err != nil || item.Of(page.Rows).Path("0.BillNo").Text() != "R1" {
		t.Errorf("%s %v", page.Rows, err)
	}
	_, err = view(`{"FormId":"SAL_RETURNSTOCK","Number":"none"}`)
	refused(t, err, "vendor.9")
	calls := len(r.calls("View"))
	for _, params := range []string{`{"Number":"R1"}`, `{"FormId":"X"}`, `{"FormId":"X","Id":0}`} {
		_, err = view(params)
		refused(t, err, "k3cloud.param_required")
	}
	equal(t, "calls", len(r.calls("View")), calls)
	s = against(t, `{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[],"MsgCode":10}}}`)
	if page, err = s.Query(t.Context(), connector.QueryRequest{Operation: "view", Params: []byte(`{"FormId":"X","Number":"R1"}`)}); err != nil || string(page.Rows) != "[]" {
		t.Errorf("no data: %s %v", page.Rows, err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()

	r, s := filled(t)
	found, err := s.Probe(t.Context(), probe("R2", "none", "R1", "r2", "R2"))
	if err != nil {
		t.Fatal(err)
	}
	const (
		one = `{"FBillNo":"R1","FDate":"2026-03-05","FRetcustId":{"FNumber":"10001"},"FEntity":[{"FMaterialId":{"FNumber":"SKU-0001"},"FRealQty":2,"FTaxPrice":10.5}]}`
		two = `{"FBillNo":"R2","FDate":"2026-03-05","FRetcustId":{"FNumber":"10002"},"FEntity":[{"FMaterialId":{"FNumber":"SKU-0001"},"FRealQty":12345678901234567.89,"FTaxPrice":10.5},` +
			`{"FMaterialId":{"FNumber":"SKU-0001"},"FRealQty":12345678901234567.89,"FTaxPrice":10.5}]}`
	)
	for i, want := range []string{"100002 R2 " + two, "  ", "100001 R1 " + one, "100002 R2 " + two, "100002 R2 " + two} {
		f := found[i]
		equal(t, fmt.Sprint("key ", i), fmt.Sprintf("%s %s %s", f.ID, f.Number, f.Object), want)
		equal(t, fmt.Sprint("key ", i, " exists"), f.Exists, want != "  ")
	}
	equal(t, "one call", len(r.calls("ExecuteBillQuery")), 1)
	equal(t, "request", r.calls("ExecuteBillQuery")[0], `ExecuteBillQuery {"data":{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FID,FBillNo,FDate,FRetcustId.FNumber,FMaterialId.FNumber,FRealQty,FTaxPrice,FEntity_FEntryID",`+
		`"FilterString":"FBillNo IN ('R1','R2','none','r2')","OrderString":"FID ASC,FEntity_FEntryID ASC","TopRowCount":0,"StartRow":0,"Limit":2000}}`)

	header := probe("R2")
	header.Compare = []string{"SubHeadEntity.FSettleOrgId.FNumber", "FSaleOrgId.FNumber", "FSaleOrgId.FName"}
	if found, err = s.Probe(t.Context(), header); err != nil ||
		string(found[0].Object) != `{"SubHeadEntity":{"FSettleOrgId":{"FNumber":"100"}},"FSaleOrgId":{"FNumber":"100","FName":"沙箱总公司"}}` {
		t.Errorf("%s %v", found[0].Object, err)
	}
	header.Compare = nil
	if found, err = s.Probe(t.Context(), header); err != nil || !found[0].Exists || string(found[0].Object) != `{}` {
		t.Errorf("%s %v", found[0].Object, err)
	}
}

// TestProbeAnyKey: whatever is in a number, only the bill with that number is found.
func TestProbeAnyKey(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	rapid.Check(t, func(q *rapid.T) {
		key := rapid.StringN(1, 20, 60).Draw(q, "key")
		row := strings.Replace(bill("XX", ""), `"XX"`, string(item.AppendText(nil, key)), 1)
		answers, err := s.Write(t.Context(), batch(row))
		if err != nil {
			q.Fatal(err)
		}
		found, err := s.Probe(t.Context(), probe(key, key+"'"))
		if err != nil || !found[0].Exists || found[0].Number != key || found[1].Exists && found[1].Number != key+"'" {
			q.Fatalf("%q: %v %v", key, found, err)
		}
		if id := answers.Rows[0].ID; id != "" && id != found[0].ID {
			q.Fatalf("%q was saved as %s and found as %s", key, id, found[0].ID)
		}
	})
}

// TestProbePages: lines beyond a page, and pages that the server cuts.
func TestProbePages(t *testing.T) {
	t.Parallel()

	r := setup(t)
	s := r.open(nil)
	lines := make([]string, 130)
	rows := make([]string, 20)
	keys := make([]string, len(rows))
	for i := range rows {
		keys[i] = fmt.Sprintf("R%02d", i)
		rows[i] = bill(keys[i], lines...)
	}
	if _, err := s.Write(t.Context(), batch(rows...)); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []string{"2000", "300"} {
		r.set("limitCap", limit)
		found, err := s.Probe(t.Context(), probe(keys...))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range found {
			n := 0
			for range item.Of(f.Object).Field("FEntity").Elements() {
				n++
			}
			if f.Number != keys[i] || n != len(lines) {
				t.Errorf("limit %s: %s has %d lines", limit, f.Number, n)
			}
		}
	}
}

func TestProbeShapes(t *testing.T) {
	t.Parallel()

	ask := func(body string, req connector.ProbeRequest) string {
		found, err := against(t, body).Probe(t.Context(), req)
		if err != nil {
			return fault.CodeOf(err)
		}
		return fmt.Sprintf("%v %s %s %s", found[0].Exists, found[0].ID, found[0].Number, found[0].Object)
	}
	custom := connector.ProbeRequest{Params: []byte(`{"FormId":"PUR_Order"}`), Keys: []string{"A"}, Compare: []string{"FPOOrderEntry.FQty"}}
	equal(t, "an unknown form", ask(`[[1,"A",5,77],[1,"A",6,78]]`, custom), `true 1 A {"FPOOrderEntry":[{"FQty":5},{"FQty":6}]}`)
	equal(t, "no lines", ask(`[[1,"A",null,null]]`, custom), `true 1 A {}`)
	equal(t, "another case, blanks behind", ask(`[[1,"a ",5,77]]`, custom), `true 1 a  {"FPOOrderEntry":[{"FQty":5}]}`)
	equal(t, "the exact one first", ask(`[[1,"a",5,77],[2,"A",6,78]]`, custom), `true 2 A {"FPOOrderEntry":[{"FQty":6}]}`)
	base := connector.ProbeRequest{Params: []byte(`{"FormId":"BD_New"}`), Keys: []string{"A"}, Compare: []string{"FName"}}
	equal(t, "base data of an unknown kind", ask(`[["A","A","n"]]`, base), `true  A {"FName":"n"}`)
	noon := probe("A")
	noon.Compare = []string{"FDate"}
	equal(t, "midnight goes", ask(`[[1,"A","2026-03-05T00:00:00.000"]]`, noon), `true 1 A {"FDate":"2026-03-05"}`)
	equal(t, "another hour stays", ask(`[[1,"A","2026-03-05T10:00:00"]]`, noon), `true 1 A {"FDate":"2026-03-05T10:00:00"}`)
	equal(t, "a date that is none", ask(`[[1,"A",null]]`, noon), `true 1 A {"FDate":null}`)
	equal(t, "an error", ask(`[[{"Result":{"ResponseStatus":{"IsSuccess":false,"Errors":[{"Message":"m"}],"MsgCode":9}}}]]`, noon), "vendor.9")
	equal(t, "no rows", ask(`[]`, noon), "false   ")
	equal(t, "nulls", ask(`[null]`, noon), "false   ")
	equal(t, "too few columns", ask(`[[1]]`, noon), "k3cloud.answer_unexpected")

	noon.Keys = []string{"A", ""}
	equal(t, "a blank key", ask(`[]`, noon), "k3cloud.key_blank")
	noon.Keys = []string{"A"}
	noon.Params = nil
	equal(t, "no form", ask(`[]`, noon), "k3cloud.param_required")
	two := probe("A")
	two.Compare = []string{"FEntity.FRealQty", "FOtherEntity.FX"}
	equal(t, "two lists", ask(`[]`, two), "k3cloud.compare_invalid")
	two.Compare = []string{"FBillNo; DROP"}
	equal(t, "no path", ask(`[]`, two), "k3cloud.compare_invalid")
}

// TestReadLag: a bill that queries don't see yet is absent, and saving it again is refused.
func TestReadLag(t *testing.T) {
	t.Parallel()

	r := setup(t)
	r.set("readLagMs", "2000")
	s := r.open(nil)
	if _, err := s.Write(t.Context(), batch(bill("R1", ""))); err != nil {
		t.Fatal(err)
	}
	exists := func() bool {
		found, err := s.Probe(t.Context(), probe("R1"))
		if err != nil {
			t.Fatal(err)
		}
		return found[0].Exists
	}
	equal(t, "at once", exists(), false)
	answers, err := s.Write(t.Context(), batch(bill("R1", "")))
	if err != nil || answers.Rows[0].Outcome != connector.Rejected || !strings.Contains(answers.Rows[0].Message, "违反字段唯一性要求") {
		t.Errorf("%v %v", answers, err)
	}
	r.clock.Pass(2 * time.Second)
	equal(t, "after the lag", exists(), true)
}
