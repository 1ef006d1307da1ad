package main_test

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// act calls an action for one row.
func act(t *testing.T, s session, operation, form, row string, params string) connector.Answer {
	t.Helper()
	answers, err := s.Write(t.Context(), connector.Batch{
		Operation: operation, Mode: connector.Update, Keys: []string{"k"}, Rows: []byte("[" + row + "]"),
		Params: []byte(`{"FormId":"` + form + `"` + params + `}`),
	})
	if err != nil || len(answers.Rows) != 1 {
		t.Fatalf("%s: %+v, %v", operation, answers, err)
	}
	return answers.Rows[0]
}

// classOf is what the engine makes of a refused row.
func classOf(t *testing.T, operation string, a connector.Answer) fault.Class {
	t.Helper()
	return parsed(t).Classify(operation, fault.New("vendor."+a.Code, "%s", a.Message)).Class
}

// TestStatuses takes a bill through its life; what is repeated is refused as done already.
func TestStatuses(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.open(nil)
	if _, err := s.Write(t.Context(), batch(bill("R1", ""))); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		operation string
		want      connector.Outcome
		class     fault.Class
	}{
		{"unaudit", connector.Rejected, fault.Data},
		{"submit", connector.Done, ""},
		{"submit", connector.Rejected, fault.Duplicate},
		{"delete", connector.Rejected, fault.Data},
		{"audit", connector.Done, ""},
		{"audit", connector.Rejected, fault.Duplicate},
		{"delete", connector.Rejected, fault.Data},
		{"unaudit", connector.Done, ""},
		{"unaudit", connector.Rejected, fault.Duplicate},
		{"delete", connector.Done, ""},
		{"delete", connector.Rejected, fault.Duplicate},
		{"unaudit", connector.Rejected, fault.Data},
	} {
		a := act(t, s, step.operation, "SAL_RETURNSTOCK", `{"Number":"R1"}`, "")
		equal(t, step.operation, a.Outcome, step.want)
		if step.class != "" {
			equal(t, step.operation+" "+a.Message, classOf(t, step.operation, a), step.class)
		}
	}
	equal(t, "bills", len(r.bills()), 0)
}

// TestDraft: a draft keeps its number, which is checked; without one it has its id alone. It is
// no bill yet, so it can't be submitted.
func TestDraft(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.open(nil)
	draft := func(row, key string) (connector.Answers, error) {
		return s.Write(t.Context(), connector.Batch{
			Operation: "draft", Mode: connector.Create, Keys: []string{key}, Rows: []byte("[" + row + "]"),
			Params: []byte(`{"FormId":"SAL_RETURNSTOCK","TOrgIds":"100002"}`),
		})
	}
	for _, tt := range []struct{ row, key, want string }{
		{`{"FBillNo":"D1","FHeadNote":"half"}`, "D1", "done 100001 D1 |||"},
		{`{"FBillNo":"D1","FHeadNote":"other"}`, "D1", "rejected   11|FBillNo|违反字段唯一性要求：编码唯一。[D1]在当前系统中已经被使用。|"},
		{`{"FHeadNote":"none"}`, "", "done 100002  |||the bill was kept as a draft without a number (暂存)"},
		{`{"FBillNo":"D2"}`, "D3", "rejected   number_is_not_the_key|FBillNo|the row's number is \"D2\" and its key \"D3\": after a lost answer the key would not be found, and a second bill be created|"},
	} {
		got, err := draft(tt.row, tt.key)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, tt.row, tell(got), tt.want)
	}
	found, err := s.Probe(t.Context(), connector.ProbeRequest{Operation: "draft", Params: []byte(`{"FormId":"SAL_RETURNSTOCK"}`), Keys: []string{"D1", "D9"}})
	if err != nil || !found[0].Exists || found[1].Exists {
		t.Errorf("%+v, %v", found, err)
	}
	equal(t, "submitted", act(t, s, "submit", "SAL_RETURNSTOCK", `{"Number":"D1"}`, "").Outcome, connector.Rejected)
	equal(t, "sent", len(r.calls("Draft")), 3)
	_, err = s.Write(t.Context(), connector.Batch{
		Operation: "draft", Mode: connector.Create, Keys: []string{"A", "B"}, Rows: []byte(`[{"FBillNo":"A"},{"FBillNo":"B"}]`), Params: []byte(`{"FormId":"SAL_RETURNSTOCK"}`),
	})
	refused(t, err, "k3cloud.too_many_rows")
}

// TestAllocate: a material goes to the other organisation, once.
func TestAllocate(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.open(nil)
	allocate := func(row, params string) connector.Answer { return act(t, s, "allocate", "BD_MATERIAL", row, params) }
	a := allocate(`{"PkIds":"100001"}`, `,"TOrgIds":"100002","IsAutoSubmitAndAudit":true`)
	equal(t, "done", fmt.Sprint(a.Outcome, a.ID, a.Number), "done100001SKU-0001")
	page, err := s.Query(t.Context(), query(`{"FormId":"BD_MATERIAL","org":"FUseOrgId.FNumber","state":"FDocumentStatus","FilterString":"FNumber='SKU-0001'"}`))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "objects", string(page.Rows), `[{"org":"100","state":"C","FMATERIALID":100001},{"org":"101","state":"C","FMATERIALID":100401}]`)

	again := allocate(`{"PkIds":"100001"}`, `,"TOrgIds":"100002"`)
	equal(t, "again", fmt.Sprint(again.Outcome, classOf(t, "allocate", again)), "rejectedduplicate")
	more := allocate(`{"PkIds":"100001,100002","TOrgIds":"100002"}`, "")
	equal(t, "one of two is there", fmt.Sprint(more.Outcome, more.ID), "done100001,100002")
	for row, want := range map[string]string{
		`{"PkIds":"100003,999","TOrgIds":"100002"}`: "数据[999]不存在",
		`{"PkIds":"100004","TOrgIds":"100009"}`:     "目标组织[100009]不存在",
	} {
		a := allocate(row, "")
		equal(t, row, fmt.Sprint(a.Outcome, a.Message, classOf(t, "allocate", a)), "rejected"+want+"data")
	}
	for form, row := range map[string]string{"SAL_RETURNSTOCK": `{"PkIds":"1","TOrgIds":"100002"}`, "BD_Currency": `{"PkIds":"100001","TOrgIds":"100002"}`} {
		equal(t, form, act(t, s, "allocate", form, row, "").Outcome, connector.Rejected)
	}
	for row, code := range map[string]string{`{"PkIds":"100001"}`: "k3cloud.param_required", `{"TOrgIds":"1"}`: "k3cloud.row_unidentified"} {
		_, err := s.Write(t.Context(), connector.Batch{Operation: "allocate", Mode: connector.Update, Rows: []byte("[" + row + "]"), Params: []byte(`{"FormId":"BD_MATERIAL"}`)})
		equal(t, row, refused(t, err, code).NotApplied, true)
	}
}

// TestPushes makes payments of requests, before both forms of the conversion's status.
func TestPushes(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"object", "array"} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.set("convertStatus", `"`+form+`"`)
			s := r.open(nil)
			for _, tt := range []struct{ row, params, want string }{
				{`{"Numbers":["FKSQ000001"],"TargetOrgId":100002}`, `"RuleId":"994f9913-a23f-46fb-b5d9-f1f271b4ef6c"`, "done 100001 FKD000001 |||"},
				{`{"Numbers":["FKSQ000001"]}`, `"RuleId":"994f9913-a23f-46fb-b5d9-f1f271b4ef6c"`, "rejected   12||单据[FKSQ000001]已全部下推，没有可下推的分录|"},
				{`{"EntryIds":"200005"}`, `"IsEnableDefaultRule":"true","TargetFormId":"AP_PAYBILL"`, "done 100002 FKD000002 |||"},
				{`{"Ids":"100004"}`, `"IsEnableDefaultRule":"true","TargetFormId":"AP_PAYBILL"`, "done 100003 FKD000003 |||"},
				{`{"Numbers":["FKSQ999999"]}`, `"RuleId":"994f9913-a23f-46fb-b5d9-f1f271b4ef6c"`, "rejected   9||单据[FKSQ999999]不存在|"},
				{`{"Numbers":["FKSQ000005"],"TargetOrgId":7}`, `"RuleId":"994f9913-a23f-46fb-b5d9-f1f271b4ef6c"`, "rejected   9||目标组织[7]不存在|"},
			} {
				got, err := s.Write(t.Context(), connector.Batch{
					Operation: "push", Mode: connector.Create, Keys: []string{"k"}, Rows: []byte("[" + tt.row + "]"),
					Params: []byte(`{"FormId":"CN_PAYAPPLY",` + tt.params + `}`),
				})
				if err != nil {
					t.Fatal(err)
				}
				equal(t, tt.row, tell(got), tt.want)
			}
			bills, _ := r.box.Objects("AP_PAYBILL")
			equal(t, "first", item.Of(bills[0]).Path("FPAYORGID.FNumber").Text(), "101")
			equal(t, "its source", item.Of(bills[0]).Path("FPAYBILLENTRY.0.FSRCBILLNO").Text(), "FKSQ000001")
			equal(t, "its amount", item.Of(bills[0]).Path("FPAYBILLENTRY.0.FPAYTOTALAMOUNTFOR").Text(), "101.00")
			equal(t, "the chosen line", item.Of(bills[1]).Path("FPAYBILLENTRY.0.FPAYTOTALAMOUNTFOR").Text(), "104.01")
			equal(t, "the rest", item.Of(bills[2]).Path("FPAYBILLENTRY.0.FPAYTOTALAMOUNTFOR").Text(), "104.00")
			// A request that is paid stays as it is until its payment is deleted.
			a := act(t, s, "unaudit", "CN_PAYAPPLY", `{"Number":"FKSQ000001"}`, "")
			equal(t, "linked", fmt.Sprint(a.Outcome, classOf(t, "unaudit", a)), "rejecteddata")
			equal(t, "payment deleted", act(t, s, "delete", "AP_PAYBILL", `{"Number":"FKD000001"}`, "").Outcome, connector.Done)
			equal(t, "unlinked", act(t, s, "unaudit", "CN_PAYAPPLY", `{"Number":"FKSQ000001"}`, "").Outcome, connector.Done)
		})
	}
}

// TestPushOfWhatCannotBeSaved: where drafts are allowed the payment has an id and no number.
func TestPushOfWhatCannotBeSaved(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.set("required", `{"AP_PAYBILL":["FREMARK","FACCOUNTID"]}`)
	s := r.open(nil)
	push := func(draft string) string {
		got, err := s.Write(t.Context(), connector.Batch{
			Operation: "push", Mode: connector.Create, Keys: []string{"k"}, Rows: []byte(`[{"Numbers":["FKSQ000001"]}]`),
			Params: []byte(`{"FormId":"CN_PAYAPPLY","TargetFormId":"AP_PAYBILL","IsEnableDefaultRule":true,"IsDraftWhenSaveFail":` + draft + `}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		return tell(got)
	}
	equal(t, "refused", push("false"), "rejected   11|FACCOUNTID|明细信息第1行：字段“我方银行账号”是必填项|")
	equal(t, "draft", push(`"true"`), "done 100001  |||the bill was kept as a draft without a number (暂存)")
}

// TestPushesThatAreWrong: the call as a whole is refused, before anything was made.
func TestPushesThatAreWrong(t *testing.T) {
	t.Parallel()
	r := setup(t)
	s := r.open(nil)
	for params, code := range map[string]string{
		`"TargetFormId":"AP_PAYBILL"`:                              "vendor.8",
		`"IsEnableDefaultRule":true`:                               "vendor.8",
		`"RuleId":"00000000-0000-0000-0000-000000000000"`:          "",
		`"IsEnableDefaultRule":true,"TargetFormId":"SAL_OUTSTOCK"`: "",
	} {
		got, err := s.Write(t.Context(), connector.Batch{
			Operation: "push", Mode: connector.Create, Keys: []string{"k"}, Rows: []byte(`[{"Numbers":["FKSQ000001"]}]`), Params: []byte(`{"FormId":"CN_PAYAPPLY",` + params + `}`),
		})
		if code != "" {
			f := refused(t, err, code)
			equal(t, params, fmt.Sprint(f.NotApplied, parsed(t).Classify("push", &f).Class), "trueconfig")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		equal(t, params, fmt.Sprint(got.Rows[0].Outcome, classOf(t, "push", got.Rows[0])), "rejectedconfig")
	}
	bills, _ := r.box.Objects("AP_PAYBILL")
	equal(t, "bills", len(bills), 0)
}
