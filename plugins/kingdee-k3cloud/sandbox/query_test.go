package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// queried is a sandbox with three returns, R1 to R3, of one, two and three lines.
func queried(t *testing.T) *bench {
	t.Helper()
	b := setup(t)
	b.saved(returnBill("R1", `"FHeadNote":"it's"`, `"FIsFree":true`))
	b.clock.Pass(10 * time.Minute)
	b.saved(strings.Replace(returnBill("R2", "", `"FNote":"x"`, `"FNote":"y"`), "10001", "10002", 1))
	b.clock.Pass(10 * time.Minute)
	b.saved(strings.Replace(returnBill("R3", "", "", "", ""), "2026-03-05", "2026-03-04 10:11:12", 1))
	return b
}

func TestQuery(t *testing.T) {
	t.Parallel()

	b := queried(t)
	for _, c := range []struct{ name, data, want string }{
		{"header", `"FieldKeys":"FBillNo,FDate"`, `[["R1","2026-03-05T00:00:00"],["R2","2026-03-05T00:00:00"],["R3","2026-03-04T00:00:00"]]`},
		{"spaces and case", `"FieldKeys":" fbillno , FID "`, `[["R1",100001],["R2",100002],["R3",100003]]`},
		{"base data", `"FieldKeys":"FRetcustId.FNumber,FRetcustId.FName,FRetcustId","FilterString":"FBillNo='R2'"`, `[["10002","网店2",100002]]`},
		{"base data of base data", `"FieldKeys":"FRetcustId.FUseOrgId.FName","TopRowCount":1`, `[["沙箱总公司"]]`},
		{"no base data", `"FieldKeys":"FReturnType.FNumber,FReturnType","FilterString":"FBillNo='R1'"`, `[[null,null]]`},
		{"lines", `"FieldKeys":"FBillNo,FEntity_FEntryID,FEntity_FSeq,FNote","FilterString":"FBillNo<>'R3'"`, `[["R1",200001,1,""],["R2",200002,1,"x"],["R2",200003,2,"y"]]`},
		{"lines by the filter alone", `"FieldKeys":"FBillNo","FilterString":"FRealQty=2"`, `[["R1"],["R2"],["R2"],["R3"],["R3"],["R3"]]`},
		{"lines by the order alone", `"FieldKeys":"FBillNo","OrderString":"FNote DESC","TopRowCount":2`, `[["R2"],["R2"]]`},
		{"finance", `"FieldKeys":"FSettleOrgId.FNumber,FSettleCurrId.FNumber","TopRowCount":1`, `[["100","PRE001"]]`},
		{"true and false", `"FieldKeys":"FIsFree","FilterString":"FBillNo IN ('R1','R2')"`, `[[true],[false],[false]]`},
		{"filter by time", `"FieldKeys":"FBillNo","FilterString":"FModifyDate>='2026-03-05 08:05:00' AND FModifyDate<'2026-03-05T08:20:00'"`, `[["R2"]]`},
		{"filter by base data", `"FieldKeys":"FBillNo","FilterString":"FRetcustId.FNumber='10002' OR FHeadNote='it''s'"`, `[["R1"],["R2"]]`},
		{"filter by null", `"FieldKeys":"FBillNo","FilterString":"FApproveDate IS NULL AND FID>100002"`, `[["R3"]]`},
		{"empty filter", `"FieldKeys":"FID","FilterString":[ ]`, `[[100001],[100002],[100003]]`},
		{"order", `"FieldKeys":"FBillNo","OrderString":"FDate, FID desc"`, `[["R3"],["R2"],["R1"]]`},
		{"page", `"FieldKeys":"FBillNo","OrderString":"FID ASC","StartRow":1,"Limit":1`, `[["R2"]]`},
		{"page of texts", `"FieldKeys":"FBillNo","StartRow":"2","Limit":"5","TopRowCount":""`, `[["R3"]]`},
		{"page of lines", `"FieldKeys":"FBillNo,FEntity_FSeq","OrderString":"FID,FEntity_FEntryID","StartRow":2,"Limit":2`, `[["R2",2],["R3",1]]`},
		{"behind the end", `"FieldKeys":"FBillNo","StartRow":9`, `[]`},
		{"top rows", `"FieldKeys":"FBillNo","TopRowCount":2,"StartRow":1,"Limit":5`, `[["R2"]]`},
		{"nothing", `"FieldKeys":"FBillNo","FilterString":"1=2"`, `[]`},
	} {
		equal(t, c.name, b.query(`{"FormId":"SAL_RETURNSTOCK",`+c.data+`}`), c.want)
	}
	named := b.text(forms+"BillQuery.common.kdsvc", `{"data":{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FBillNo,FRetcustId.FNumber","TopRowCount":1}}`)
	equal(t, "BillQuery", named, `[{"FBillNo":"R1","FRetcustId.FNumber":"10001"}]`)
}

func TestQueryRefused(t *testing.T) {
	t.Parallel()

	b := queried(t)
	for _, c := range []struct{ name, data, code, message string }{
		{"unknown field", `"FieldKeys":"FBillNo,FFoo"`, "9", "字段[FFoo]不存在"},
		{"unknown field of base data", `"FieldKeys":"FRetcustId.FFoo"`, "9", "字段[FRetcustId.FFoo]不存在"},
		{"a text has no fields", `"FieldKeys":"FBillNo.FNumber"`, "9", "字段[FBillNo.FNumber]不存在"},
		{"unknown field in the filter", `"FieldKeys":"FBillNo","FilterString":"FFoo=1"`, "9", "字段[FFoo]不存在"},
		{"unknown field in the order", `"FieldKeys":"FBillNo","OrderString":"FFoo"`, "9", "字段[FFoo]不存在"},
		{"no fields", `"FieldKeys":""`, "8", "查询字段FieldKeys不能为空"},
		{"fields as a list", `"FieldKeys":["FBillNo"]`, "8", "查询字段FieldKeys不能为空"},
		{"filter as an object", `"FieldKeys":"FBillNo","FilterString":{}`, "8", "过滤条件FilterString的格式不正确"},
		{"filter as conditions", `"FieldKeys":"FBillNo","FilterString":[{"FieldName":"FBillNo"}]`, "8", "过滤条件FilterString的格式不正确"},
		{"broken filter", `"FieldKeys":"FBillNo","FilterString":"FBillNo='"`, "4", "过滤条件语法错误：the text that begins at character 9 has no end"},
		{"filter that cannot be computed", `"FieldKeys":"FBillNo","FilterString":"FRealQty>'x'"`, "4", `过滤条件执行错误："2" and "x" cannot be compared as numbers`},
		{"broken order", `"FieldKeys":"FBillNo","OrderString":"FID DOWN"`, "4", `排序条件语法错误："FID DOWN" is not a column to order by`},
		{"limit is no number", `"FieldKeys":"FBillNo","Limit":"many"`, "8", "参数Limit必须是整数"},
	} {
		got := b.query(`{"FormId":"SAL_RETURNSTOCK",` + c.data + `}`)
		s := item.Of([]byte(got)).Path("0.0.Result.ResponseStatus")
		equal(t, c.name, s.Field("MsgCode").Text()+" "+s.Path("Errors.0.Message").Text(), c.code+" "+c.message)
		equal(t, c.name+" shape", strings.HasPrefix(got, `[[{"Result":{"ResponseStatus":{"ErrorCode":500,"IsSuccess":false,`), true)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()

	b := setup(t)
	rows := func(limit string) int {
		var all []json.RawMessage
		if err := json.Unmarshal([]byte(b.query(`{"FormId":"BD_MATERIAL","FieldKeys":"FNumber","Limit":`+limit+`}`)), &all); err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	equal(t, "no limit", rows("0"), 400)
	b.set("limitCap", "50")
	equal(t, "beyond the cap", rows("5000"), 50)
	equal(t, "within the cap", rows("20"), 20)
	b.set("limitDefault", "10")
	equal(t, "the default", rows("0"), 10)
}

func TestReadLag(t *testing.T) {
	t.Parallel()

	b := setup(t)
	b.set("readLagMs", "1500")
	b.saved(returnBill("R1", "", ""))
	const query = `{"FormId":"SAL_RETURNSTOCK","FieldKeys":"FBillNo"}`
	equal(t, "at once", b.query(query), `[]`)
	b.clock.Pass(1499 * time.Millisecond)
	equal(t, "just before", b.query(query), `[]`)
	equal(t, "the number is taken all the same", strings.Contains(only(t, b.save(returnBill("R1", "", ""))), "已经被使用"), true)
	b.clock.Pass(time.Millisecond)
	equal(t, "in time", b.query(query), `[["R1"]]`)
}

// TestSeed: the data that demos and tests count on.
func TestSeed(t *testing.T) {
	t.Parallel()

	b := setup(t)
	for query, want := range map[string]string{
		`{"FormId":"BD_Currency","FieldKeys":"FCODE","FilterString":" FNUMBER='PRE001' "}`:                                                     `[["CNY"]]`,
		`{"FormId":"ORG_Organizations","FieldKeys":"FOrgID,FName","FilterString":"FNumber='100'"}`:                                             `[[100001,"沙箱总公司"]]`,
		`{"FormId":"BD_STOCK","FieldKeys":"FNumber"}`:                                                                                          `[["1"],["2"]]`,
		`{"FormId":"BD_Customer","FieldKeys":"FNumber","OrderString":"FNumber DESC","Limit":1}`:                                                `[["10005"]]`,
		`{"FormId":"BD_MATERIAL","FieldKeys":"FNumber,FUseOrgId.FNumber","OrderString":"FNumber DESC","Limit":1}`:                              `[["SKU-0400","100"]]`,
		`{"FormId":"BD_MATERIAL","FieldKeys":"FNumber","FilterString":"FNumber LIKE 'SKU-X%'"}`:                                                `[]`,
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo,FApproveDate","OrderString":"FApproveDate DESC","Limit":1}`:                             `[["XSCKD000060","2026-03-05T08:00:00"]]`,
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo,FAllAmount","FilterString":"FBillNo='XSCKD000001'"}`:                                    `[["XSCKD000001",2.00],["XSCKD000001",4.18]]`,
		`{"FormId":"BD_Empinfo","FieldKeys":"FNumber,FMobile,FEmail","FilterString":"FForbidStatus<>'B'"}`:                                     `[["E0001","13800000001","e0001@example.com"],["E0002","13800000002",""],["E0003","","e0003@example.com"]]`,
		`{"FormId":"BD_Empinfo","FieldKeys":"FNumber,FPostDept.FNumber,FIsFirstPost","FilterString":"FNumber<>'E0001' AND FForbidStatus='A'"}`: `[["E0002","BM000001",true],["E0002","BM000002",false],["E0003","BM000002",true]]`,
		`{"FormId":"BD_Empinfo","FieldKeys":"FNumber,FDocumentStatus","FilterString":"FForbidStatus='B'"}`:                                     `[["E0004","C"]]`,
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FCustomerID.FNumber,FDocumentStatus","FilterString":"FBillNo='XSCKD000002'"}`:                   `[["10003","C"]]`,
	} {
		equal(t, query, b.query(query), want)
	}
	again := setup(t)
	for _, form := range []string{"SAL_OUTSTOCK", "BD_MATERIAL"} {
		one, _ := b.Objects(form)
		two, _ := again.Objects(form)
		x, _ := json.Marshal(one)
		y, _ := json.Marshal(two)
		equal(t, form+" is the same each time", string(x), string(y))
	}
	equal(t, "deliveries", b.State()["objects"].(map[string]int)["SAL_OUTSTOCK"], 60)
}
