package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

func discovered(t *testing.T, s session, operation, form string) (request, response []field.Field) {
	t.Helper()
	in, out, err := s.Discover(t.Context(), operation, form)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(in, &request); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &response); err != nil {
		t.Fatal(err)
	}
	return request, response
}

// shown is what is declared of a field.
func shown(f *field.Field) string {
	if f == nil {
		return "none"
	}
	parser := ""
	if f.Parser != nil {
		parser = f.Parser.Name + strings.Join(f.Parser.Params, ",")
	}
	return fmt.Sprint(f.Name, " ", f.Title.ZH, "/", f.Title.EN, " ", f.Type, " ", f.Required, " ", f.Path, f.Format, " ", parser, " ", f.BaseData)
}

func TestDiscoverRequest(t *testing.T) {
	t.Parallel()
	s := setup(t).open(nil)
	for _, operation := range []string{"save", "batchSave", "draft"} {
		request, response := discovered(t, s, operation, "SAL_RETURNSTOCK")
		equal(t, "response", len(response), 0)
		for path, want := range map[string]string{
			"FBillNo":                    "FBillNo 单据编号/Bill No.  false   ",
			"FRetcustId":                 "FRetcustId 退货客户/Customer  true  ConvertObjectParserFNumber BD_Customer",
			"FDate":                      "FDate 日期/Date date true date  ",
			"SubHeadEntity.FSettleOrgId": "FSettleOrgId 结算组织/  true  ConvertObjectParserFNumber ORG_Organizations",
			"FEntity":                    "FEntity 明细信息/Details array true   ",
			"FEntity.FMaterialId":        "FMaterialId 物料编码/Material  true  ConvertObjectParserFNumber BD_MATERIAL",
			"FEntity.FRealQty":           "FRealQty 实退数量/Quantity decimal true   ",
			"FEntity.FIsFree":            "FIsFree 是否赠品/ bool false   ",
			"FEntity.FEntryID":           "FEntryID 分录内码/Line id int false   ",
			"FDocumentStatus":            "none",
			"FModifyDate":                "none",
			"FID":                        "none",
		} {
			equal(t, operation+" "+path, shown(field.Find(request, path)), want)
		}
	}
}

// TestDiscoverResponse: every column that is told can be read, all of them at once.
func TestDiscoverResponse(t *testing.T) {
	t.Parallel()
	s := setup(t).open(nil)
	for form, number := range map[string]string{"SAL_OUTSTOCK": "FBillNo", "BD_MATERIAL": "FNumber", "CN_PAYAPPLY": "FBillNo"} {
		request, response := discovered(t, s, "executeBillQuery", form)
		equal(t, "request", len(request), 0)
		params := map[string]string{"FormId": form, "Limit": "1"}
		for _, f := range response {
			params[f.Name] = f.Name
			if f.Path != "" {
				params[f.Name] = f.Path
			}
		}
		raw, err := json.Marshal(params)
		if err != nil {
			t.Fatal(err)
		}
		page, err := s.Query(t.Context(), query(string(raw)))
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		row := item.Of(page.Rows).Path("0")
		for _, f := range response {
			if row.Field(f.Name).Kind() == item.None {
				t.Errorf("%s has no column %s", form, f.Name)
			}
		}
		equal(t, form+" number", row.Field(number).Blank(), false)
	}
	_, response := discovered(t, s, "executeBillQuery", "SAL_OUTSTOCK")
	equal(t, "base data", shown(field.Find(response, "FCustomerID_FNumber")), "FCustomerID_FNumber 客户/  false FCustomerID.FNumber  BD_Customer")
	equal(t, "line id", shown(field.Find(response, "FEntity_FEntryID")), "FEntity_FEntryID 明细信息 分录内码/Line id  false   ")
}

func TestDiscoverRefusals(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.open(nil)
	for _, tt := range []struct{ operation, form, code string }{
		{"save", "NO_SUCHFORM", "vendor.9"},
		{"save", "", "k3cloud.param_required"},
	} {
		_, _, err := s.Discover(t.Context(), tt.operation, tt.form)
		refused(t, err, tt.code)
	}
	request, response := discovered(t, s, "push", "CN_PAYAPPLY")
	equal(t, "push has no fields of a form", len(request)+len(response), 0)
	equal(t, "calls", len(r.calls("QueryBusinessInfo")), 1)
}
