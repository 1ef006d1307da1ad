package sandbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

// only gives the single error of a status as "field: message (code)".
func only(t *testing.T, s item.Value) string {
	t.Helper()
	n := 0
	for range s.Field("Errors").Elements() {
		n++
	}
	if n != 1 || s.Field("IsSuccess").Text() != "false" || s.Field("ErrorCode").Text() != "500" {
		t.Errorf("not exactly one error: %s", s.Raw())
	}
	e := s.Path("Errors.0")
	return fmt.Sprintf("%s: %s (%s)", e.Field("FieldName").Text(), e.Field("Message").Text(), s.Field("MsgCode").Text())
}

func TestSaveAnswers(t *testing.T) {
	t.Parallel()

	b := setup(t)
	got := b.text(forms+"Save.common.kdsvc", `{"formid":"SAL_RETURNSTOCK","data":{"Model":`+returnBill("", "", "")+`}}`)
	equal(t, "save", got, `{"Result":{"ResponseStatus":{"IsSuccess":true,"Errors":[],"SuccessEntitys":[{"Id":100001,"Number":"XSTHD000001","DIndex":0}],`+
		`"SuccessMessages":[],"MsgCode":0},"Id":100001,"Number":"XSTHD000001","NeedReturnData":[{}]}}`)
	b.set("idAsString", "true")
	b.set("billNoInSuccess", "true")
	got = b.text(forms+"BatchSave.common.kdsvc", `{"formid":"SAL_RETURNSTOCK","data":{"NeedReturnFields":["FBillNo","FDate","FEntity.FEntryID","FEntity.FRealQty"],"Model":[`+
		returnBill("R2", "", "", "")+`]}}`)
	equal(t, "batch save", got, `{"Result":{"ResponseStatus":{"IsSuccess":true,"Errors":[],"SuccessEntitys":[{"Id":"100002","Number":"R2","BillNo":"R2","DIndex":0}],`+
		`"SuccessMessages":[],"MsgCode":0},"NeedReturnData":[{"FBillNo":"R2","FDate":"2026-03-05","FEntity":[{"FEntryID":200002,"FRealQty":2},{"FEntryID":200003,"FRealQty":2}]}]}}`)
}

func TestRefusedRows(t *testing.T) {
	t.Parallel()

	without := func(name string) string {
		var out []string
		for key, v := range item.Of([]byte(returnBill("R1", "", ""))).Fields() {
			if key != name {
				out = append(out, `"`+key+`":`+string(v.Raw()))
			}
		}
		return "{" + strings.Join(out, ",") + "}"
	}
	line := func(from, to string) string {
		bill := returnBill("R1", "", "")
		if !strings.Contains(bill, from) {
			t.Fatalf("%s is not in the bill", from)
		}
		return strings.Replace(bill, from, to, 1)
	}
	b := setup(t)
	b.saved(returnBill("TAKEN", "", ""))
	for _, c := range []struct{ name, bill, want string }{
		{"no organisation", without("FSaleOrgId"), "FSaleOrgId: 字段“销售组织”是必填项 (11)"},
		{"no date", without("FDate"), "FDate: 字段“日期”是必填项 (11)"},
		{"no settling organisation", without("SubHeadEntity"), "FSettleOrgId: 字段“结算组织”是必填项 (11)"},
		{"no lines", without("FEntity"), "FEntity: 明细信息不能为空 (11)"},
		{"empty reference", line(`"FRetcustId":{"FNumber":"10001"}`, `"FRetcustId":{"FNumber":""}`), "FRetcustId: 字段“退货客户”是必填项 (11)"},
		{"null reference", line(`"FRetcustId":{"FNumber":"10001"}`, `"FRetcustId":null`), "FRetcustId: 字段“退货客户”是必填项 (11)"},
		{"unknown customer", line("10001", "99999"), `FRetcustId: 编码值["99999"]不存在 (9)`},
		{"unknown material", line("SKU-0001", "SKU-X001"), `FMaterialId: 编码值["SKU-X001"]不存在 (9)`},
		{"reference without number", line(`{"FNumber":"SKU-0001"}`, `"SKU-0001"`), "FMaterialId: 字段“物料编码”的值“SKU-0001”格式不正确 (11)"},
		{"no quantity", line(`"FRealQty":2,`, ``), "FRealQty: 明细信息第1行：字段“实退数量”是必填项 (11)"},
		{"no number", line(`"FRealQty":2`, `"FRealQty":"two"`), "FRealQty: 字段“实退数量”的值“two”格式不正确 (11)"},
		{"no date either", line("2026-03-05", "soon"), "FDate: 字段“日期”的值“soon”格式不正确 (11)"},
		{"neither true nor false", line(`"FRealQty":2`, `"FRealQty":2,"FIsFree":"maybe"`), "FIsFree: 字段“是否赠品”的值“maybe”格式不正确 (11)"},
		{"a text that is a list", returnBill("R1", `"FHeadNote":[1]`, ""), "FHeadNote: 字段“备注”的值“[1]”格式不正确 (11)"},
		{"taken number", returnBill("TAKEN", "", ""), "FBillNo: 违反字段唯一性要求：编码唯一。[TAKEN]在当前系统中已经被使用。 (11)"},
		{"unknown id", returnBill("R1", `"FID":999`, ""), "FID: 内码为[999]的数据不存在 (9)"},
		{"no id", returnBill("R1", `"FID":"abc"`, ""), "FID: 内码为[abc]的数据不存在 (9)"},
		{"unknown line", returnBill("R1", "", `"FEntryID":7`), "FEntity: 分录内码[7]不存在 (9)"},
		{"a line that is no object", strings.Replace(returnBill("R1", ""), `"FEntity":[]`, `"FEntity":[1]`, 1), "FEntity: 明细信息的格式不正确 (11)"},
	} {
		equal(t, c.name, only(t, b.save(c.bill)), c.want)
	}
	equal(t, "stored bills", len(b.bills()), 1)
	refused := b.State()["refused"].(map[string]int)
	for reason, want := range map[string]int{"required": 7, "base_data": 2, "format": 6, "duplicate": 1, "not_found": 3} {
		equal(t, "refused as "+reason, refused[reason], want)
	}
	equal(t, "creates", b.State()["creates"], 1)
	equal(t, "save calls", b.State()["writeCalls"].(map[string]int)["save"], 20)
}

// TestSeveralErrors: one row may have several, all with its index.
func TestSeveralErrors(t *testing.T) {
	t.Parallel()

	b := setup(t)
	bad := strings.NewReplacer("10001", "77", "SKU-0001", "SKU-X009").Replace(returnBill("R3", "", "", ""))
	s := b.call("BatchSave", "SAL_RETURNSTOCK", `{"Model":[`+returnBill("R1", "", "")+`,`+bad+`,`+returnBill("R2", "", "")+`]}`).Path("Result.ResponseStatus")
	var got []string
	for e := range s.Field("Errors").Elements() {
		got = append(got, e.Field("DIndex").Text()+e.Field("Message").Text())
	}
	equal(t, "errors", strings.Join(got, " "), `1编码值["77"]不存在 1编码值["SKU-X009"]不存在 1编码值["SKU-X009"]不存在`)
	got = nil
	for e := range s.Field("SuccessEntitys").Elements() {
		got = append(got, e.Field("DIndex").Text()+e.Field("Number").Text())
	}
	equal(t, "successes", strings.Join(got, " "), "0R1 2R2")
	equal(t, "IsSuccess", s.Field("IsSuccess").Text(), "false")
	b.set("partialIsSuccess", "true")
	b.set("reverseAnswers", "true")
	b.set("omitRows", `["R5"]`)
	b.set("noId", `["R6"]`)
	s = b.call("BatchSave", "SAL_RETURNSTOCK", `{"Model":[`+returnBill("R4", "", "")+`,`+bad+`,`+returnBill("R5", "", "")+`,`+returnBill("R6", "", "")+`]}`).Path("Result.ResponseStatus")
	equal(t, "IsSuccess as set", s.Field("IsSuccess").Text(), "true")
	equal(t, "successes as set", string(s.Field("SuccessEntitys").Raw()), `[{"Number":"R6","DIndex":3},{"Id":100003,"Number":"R4","DIndex":0}]`)
	equal(t, "stored", len(b.bills()), 5)
}

func TestInjectedRefusals(t *testing.T) {
	t.Parallel()

	b := setup(t)
	b.set("refuseRows", `[{"number":"R1","field":"FEntity","message":"更新库存出现异常情况：负库存","msgCode":11,"times":2},{"number":"R2","message":"已被其他用户修改","msgCode":13}]`)
	for range 2 {
		equal(t, "R1", only(t, b.save(returnBill("R1", "", ""))), "FEntity: 更新库存出现异常情况：负库存 (11)")
	}
	b.saved(returnBill("R1", "", ""))
	for range 3 {
		equal(t, "R2", only(t, b.save(returnBill("R2", "", ""))), ": 已被其他用户修改 (13)")
	}
	b.set("refuseRows", `[{"number":"R1","on":"audit","field":"FDate","message":"会计期间已关闭","msgCode":11,"times":1}]`)
	act := func(method string) item.Value {
		return b.call(method, "SAL_RETURNSTOCK", `{"Numbers":["R1"]}`).Path("Result.ResponseStatus")
	}
	equal(t, "R1 submitted", act("Submit").Field("IsSuccess").Text(), "true")
	equal(t, "R1 audited", only(t, act("Audit")), "FDate: 会计期间已关闭 (11)")
	equal(t, "R1 audited again", act("Audit").Field("IsSuccess").Text(), "true")
	if err := b.Set("refuseRows", json.RawMessage(`[{"number":"R1","on":"push"}]`)); err == nil {
		t.Error("an action that is none refuses a bill")
	}
}

func TestBaseDataRules(t *testing.T) {
	t.Parallel()

	b := setup(t)
	unknown := strings.Replace(returnBill("R1", "", ""), "10001", "20001", 1)
	b.set("verifyBaseData", `"whenAsked"`)
	equal(t, "not asked", only(t, b.save(unknown)), "FRetcustId: 字段“退货客户”是必填项 (11)")
	asked := b.call("Save", "SAL_RETURNSTOCK", `{"IsVerifyBaseDataField":"true","Model":`+unknown+`}`).Path("Result.ResponseStatus")
	equal(t, "asked", only(t, asked), `FRetcustId: 编码值["20001"]不存在 (9)`)
	b.set("verifyBaseData", `"always"`)
	b.set("baseData", `[{"form":"BD_Customer","number":"20001","name":"新网店"}]`)
	b.saved(unknown)

	// Base data can be saved, too, and counts once it is audited.
	made := b.call("Save", "BD_MATERIAL", `{"Model":{"FNumber":"SKU-X001","FName":"新商品"}}`).Path("Result.ResponseStatus")
	equal(t, "material", made.Field("IsSuccess").Text(), "true")
	withNew := strings.Replace(returnBill("R2", "", ""), "SKU-0001", "SKU-X001", 1)
	equal(t, "not audited yet", only(t, b.save(withNew)), `FMaterialId: 编码值["SKU-X001"]不存在 (9)`)
	b.call("Submit", "BD_MATERIAL", `{"Numbers":["SKU-X001"]}`)
	b.call("Audit", "BD_MATERIAL", `{"Numbers":["SKU-X001"]}`)
	b.saved(withNew)

	for name, ref := range map[string]string{"other case": `{"FNUMBER":"10002"}`, "by name": `{"FName":"网店2"}`, "by id": `{"FCUSTID":100002}`} {
		bill := strings.Replace(returnBill("", "", ""), `{"FNumber":"10001"}`, ref, 1)
		id := b.saved(bill)
		equal(t, name, b.query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FRetcustId.FNumber,FRetcustId.FName,FRetcustId","FilterString":"FID=`+id+`"}`), `[["10002","网店2",100002]]`)
	}
	b.set("required", `{"SAL_RETURNSTOCK":["FReturnType"]}`)
	equal(t, "other required fields", only(t, b.save(returnBill("R9", "", ""))), "FReturnType: 明细信息第1行：字段“退货类型”是必填项 (11)")
	relaxed := b.call("Save", "SAL_RETURNSTOCK", `{"ValidateFlag":"false","Model":`+returnBill("R9", "", "")+`}`).Path("Result.ResponseStatus.IsSuccess")
	equal(t, "without validation", relaxed.Text(), "true")
}

// TestExactDigits: what was sent is stored digit by digit, and amounts are exact.
func TestExactDigits(t *testing.T) {
	t.Parallel()

	b := setup(t)
	bill := strings.NewReplacer(`"FRealQty":2`, `"FRealQty":12345678901234567.89`, `"FTaxPrice":10.5`, `"FTaxPrice":0.1,"FPrice":"0.30"`).
		Replace(returnBill("R1", `"FHeadNote":"12345678901234567890"`, ""))
	b.saved(bill)
	got := b.bills()[0]
	for _, want := range []string{
		`"FRealQty":12345678901234567.89`, `"FTaxPrice":0.1,`, `"FPrice":"0.30"`, `"FAmount":3703703670370370.3670`,
		`"FAllAmount":1234567890123456.789`, `"FBillAllAmount":1234567890123456.789`, `"FHeadNote":"12345678901234567890"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	keys := `{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FRealQty,FTaxPrice,FPrice,FAmount,FAllAmount,FBillAllAmount,FEntryTaxRate"}`
	equal(t, "query", b.query(keys), `[[12345678901234567.89,0.1,0.30,3703703670370370.3670,1234567890123456.789,1234567890123456.789,0]]`)
	b.set("decimalScale", "10")
	equal(t, "padded query", b.query(keys), `[[12345678901234567.8900000000,0.1000000000,0.3000000000,3703703670370370.3670000000,1234567890123456.7890000000,1234567890123456.7890000000,0.0000000000]]`)
}

func TestUpdate(t *testing.T) {
	t.Parallel()

	lines := func(b *bench, id string) string {
		return b.query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FEntity_FEntryID,FMaterialId.FNumber,FRealQty,FNote","FilterString":"FID=` + id + `","OrderString":"FID,FEntity_FEntryID"}`)
	}
	update := func(b *bench, options, model string) item.Value {
		return b.call("Save", "SAL_RETURNSTOCK", `{`+options+`"Model":`+model+`}`).Path("Result.ResponseStatus")
	}
	setupBill := func(t *testing.T) (*bench, string) {
		t.Helper()
		b := setup(t)
		return b, b.saved(returnBill("R1", `"FHeadNote":"old"`, `"FNote":"a"`, `"FNote":"b"`))
	}
	const before = `[[200001,"SKU-0001",2,"a"],[200002,"SKU-0001",2,"b"]]`

	t.Run("header only", func(t *testing.T) {
		t.Parallel()

		b, id := setupBill(t)
		equal(t, "answer", update(b, "", `{"fid":`+id+`,"FHEADNOTE":"new","SubHeadEntity":{"FX":1}}`).Field("IsSuccess").Text(), "true")
		equal(t, "lines", lines(b, id), before)
		if got := b.bills()[0]; !strings.Contains(got, `"FHeadNote":"new"`) || !strings.Contains(got, `"SubHeadEntity":{"FSettleOrgId":{"FNumber":"100"},"FX":1}`) {
			t.Errorf("merged to %s", got)
		}
		equal(t, "updates", b.State()["updates"], 1)
	})
	t.Run("lines left out are deleted", func(t *testing.T) {
		t.Parallel()

		b, id := setupBill(t)
		update(b, "", `{"FID":"`+id+`","FEntity":[{"FEntryID":200002,"FRealQty":7}]}`)
		equal(t, "lines", lines(b, id), `[[200002,"SKU-0001",7,"b"]]`)
	})
	t.Run("lines left out are kept", func(t *testing.T) {
		t.Parallel()

		b, id := setupBill(t)
		added := `{"FMaterialId":{"FNumber":"SKU-0002"},"FRealQty":1,"FOwnerTypeId":"BD_OwnerOrg","FOwnerId":{"FNumber":"100"},"FStockId":{"FNumber":"1"}}`
		update(b, `"IsDeleteEntry":"false",`, `{"FID":`+id+`,"FEntity":[`+added+`,{"FEntryID":"200002","FRealQty":7}]}`)
		equal(t, "lines", lines(b, id), `[[200001,"SKU-0001",2,"a"],[200002,"SKU-0001",7,"b"],[200003,"SKU-0002",1,""]]`)
	})
	t.Run("only named fields", func(t *testing.T) {
		t.Parallel()

		b, id := setupBill(t)
		update(b, `"NeedUpDateFields":["FHeadNote"],`, `{"FID":`+id+`,"FBillNo":"R9","FHeadNote":"new","FEntity":[]}`)
		equal(t, "lines", lines(b, id), before)
		if got := b.bills()[0]; !strings.Contains(got, `"FBillNo":"R1"`) || !strings.Contains(got, `"FHeadNote":"new"`) {
			t.Errorf("updated to %s", got)
		}
	})
	t.Run("a new number", func(t *testing.T) {
		t.Parallel()

		b, id := setupBill(t)
		b.saved(returnBill("R2", "", ""))
		equal(t, "taken", strings.Contains(only(t, update(b, "", `{"FID":`+id+`,"FBillNo":"R2"}`)), "已经被使用"), true)
		update(b, "", `{"FID":`+id+`,"FBillNo":"R3"}`)
		b.saved(returnBill("R1", "", "")) // the old number is free
	})
	t.Run("refused by status", func(t *testing.T) {
		t.Parallel()

		b, id := setupBill(t)
		b.call("Submit", "SAL_RETURNSTOCK", `{"Ids":"`+id+`"}`)
		equal(t, "submitted", only(t, update(b, "", `{"FID":`+id+`,"FHeadNote":"x"}`)), "FDocumentStatus: 单据[R1]审核中，不允许修改 (12)")
		b.call("Audit", "SAL_RETURNSTOCK", `{"Ids":"`+id+`"}`)
		equal(t, "audited", only(t, update(b, "", `{"FID":`+id+`,"FHeadNote":"x"}`)), "FDocumentStatus: 单据[R1]已审核，不允许修改 (12)")
	})
}

func TestStatusMachine(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ steps, want string }{
		{"", "A"},
		{"Submit", "B"},
		{"Submit Audit", "C"},
		{"Submit Audit UnAudit", "D"},
		{"Submit Audit UnAudit Submit Audit", "C"},
		{"Delete", "gone"},
		{"Submit Audit UnAudit Delete", "gone"},
		{"Audit!", "A"},
		{"UnAudit!", "A"},
		{"Submit Submit!", "B"},
		{"Submit Delete!", "B"},
		{"Submit UnAudit!", "B"},
		{"Submit Audit Audit!", "C"},
		{"Submit Audit Submit!", "C"},
		{"Submit Audit Delete!", "C"},
		{"Delete Delete!", "gone"},
	} {
		t.Run(c.steps, func(t *testing.T) {
			t.Parallel()

			b := setup(t)
			b.saved(returnBill("R1", "", ""))
			for step := range strings.FieldsSeq(c.steps) {
				method, refused := strings.CutSuffix(step, "!")
				got := b.call(method, "SAL_RETURNSTOCK", `{"Numbers":["R1"]}`).Path("Result.ResponseStatus")
				equal(t, step, got.Field("IsSuccess").Text(), fmt.Sprint(!refused))
			}
			got := b.query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FDocumentStatus"}`)
			equal(t, "status", got, map[bool]string{true: "[]", false: `[["` + c.want + `"]]`}[c.want == "gone"])
		})
	}

	b := setup(t)
	one, two := b.saved(returnBill("R1", "", "")), b.saved(returnBill("R2", "", ""))
	s := b.call("Submit", "SAL_RETURNSTOCK", `{"Ids":"`+one+`,999,`+two+`","Numbers":["R9"]}`).Path("Result.ResponseStatus")
	equal(t, "ids come first, each by itself", string(s.Field("SuccessEntitys").Raw()), `[{"Id":100001,"Number":"R1","DIndex":0},{"Id":100002,"Number":"R2","DIndex":2}]`)
	equal(t, "the unknown id", s.Path("Errors.0.DIndex").Text()+s.Path("Errors.0.Message").Text(), "1单据[999]不存在")
	b.saved(returnBill("R3", "", ""))
	auto := b.call("Save", "SAL_RETURNSTOCK", `{"IsAutoSubmitAndAudit":true,"Model":`+returnBill("R4", "", "")+`}`)
	equal(t, "saved and audited", auto.Path("Result.ResponseStatus.IsSuccess").Text(), "true")
	equal(t, "approved", b.query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FBillNo,FDocumentStatus,FApproveDate","FilterString":"FBillNo IN ('R3','R4')"}`),
		`[["R3","A",null],["R4","C","2026-03-05T08:00:00"]]`)
}

func TestDraft(t *testing.T) {
	t.Parallel()

	b := setup(t)
	got := b.text(forms+"Draft.common.kdsvc", `{"formid":"SAL_RETURNSTOCK","data":{"Model":{"FHeadNote":"half"}}}`)
	equal(t, "a draft has no number", got, `{"Result":{"ResponseStatus":{"IsSuccess":true,"Errors":[],"SuccessEntitys":[{"Id":100001,"Number":null,"DIndex":0}],`+
		`"SuccessMessages":[],"MsgCode":0},"Id":100001,"NeedReturnData":[{}]}}`)
	b.saved(returnBill("R1", `"FID":100001`, ""))
	equal(t, "completed", b.query(`{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FID,FBillNo,FDocumentStatus"}`), `[[100001,"R1","A"]]`)
}

func TestView(t *testing.T) {
	t.Parallel()

	b := setup(t)
	id := b.saved(returnBill("R1", "", ""))
	for _, data := range []string{`{"Number":"R1"}`, `{"Id":"` + id + `"}`, `{"Id":` + id + `,"Number":"other"}`} {
		bill := b.call("View", "SAL_RETURNSTOCK", data).Path("Result.Result")
		equal(t, data+" number", bill.Field("BillNo").Text(), "R1")
		equal(t, data+" customer", string(bill.Field("RetcustId").Raw()), `{"Id":100001,"Number":"10001","Name":[{"Key":2052,"Value":"网店1"}]}`)
		equal(t, data+" line", bill.Path("SAL_RETURNSTOCKENTRY.0.RealQty").Text(), "2")
		equal(t, data+" empty reference", string(bill.Path("SAL_RETURNSTOCKENTRY.0.ReturnType").Raw()), "null")
	}
	equal(t, "missing", b.call("View", "SAL_RETURNSTOCK", `{"Number":"R7"}`).Path("Result.ResponseStatus.Errors.0.Message").Text(), "单据[R7]不存在")
}
