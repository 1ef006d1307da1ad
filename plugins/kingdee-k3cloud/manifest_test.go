package main_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	k3cloud "github.com/karezflow/karez/plugins/kingdee-k3cloud"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

func parsed(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse(k3cloud.New(time.Now).Manifest())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func operation(t *testing.T, m *manifest.Manifest, name string) *manifest.Operation {
	t.Helper()
	o, ok := m.Operation(name)
	if !ok {
		t.Fatalf("there is no operation %s", name)
	}
	return o
}

func TestManifest(t *testing.T) {
	t.Parallel()

	m := parsed(t)
	equal(t, "id", m.ID, "kingdee-k3cloud")
	equal(t, "zone", m.TimeZone, "Asia/Shanghai")
	if icon, err := os.ReadFile(m.Icon); err != nil || !strings.HasPrefix(string(icon), "<svg") {
		t.Errorf("the icon is missing: %v", err)
	}
	kinds := map[string]manifest.OperationKind{
		"executeBillQuery": manifest.Query, "view": manifest.Query, "batchSave": manifest.Write, "save": manifest.Write,
		"draft": manifest.Write, "push": manifest.Write, "submit": manifest.Action, "audit": manifest.Action,
		"unaudit": manifest.Action, "delete": manifest.Action, "allocate": manifest.Action,
	}
	for name, kind := range kinds {
		o := operation(t, m, name)
		equal(t, name, o.Kind, kind)
		equal(t, name+" form", o.Form, "FormId")
	}
	equal(t, "operations", len(m.Operations), len(kinds))

	q := operation(t, m, "executeBillQuery")
	equal(t, "paging", *q.Paging, manifest.Paging{
		Strategy: manifest.ByOffset, Direction: manifest.Forward, Offset: "StartRow", Size: "Limit", DefaultSize: 500, MaxSize: 2000,
	})
	for _, form := range []string{
		"BD_Supplier", "BD_UNIT", "BD_Department", "BD_Empinfo", "BD_Currency", "BD_Account", "BD_Expense", "BD_MATERIAL", "BD_Customer", "BD_STOCK", "ORG_Organizations", "CN_BANKACNT", "SAL_OUTSTOCK", "SAL_RETURNSTOCK",
	} {
		if !slices.ContainsFunc(q.Forms, func(f manifest.Form) bool { return f.ID == form }) {
			t.Errorf("there is no query of %s", form)
		}
	}
}

// TestWriteOfReturns: the request of 销售退货新增 as consultants know it.
func TestWriteOfReturns(t *testing.T) {
	t.Parallel()

	m := parsed(t)
	for _, name := range []string{"batchSave", "save"} {
		o := operation(t, m, name).For("SAL_RETURNSTOCK")
		w := o.Writing
		equal(t, "class", string(w.Create.Class)+string(w.Update.Class), "BC")
		equal(t, "read lag", w.Create.ReadLag.Std(), 2*time.Second)
		equal(t, "key", w.Key, "{{FBillNo}}")
		equal(t, "compare", strings.Join(w.Create.Compare, " "), "FBillNo FDate FRetcustId.FNumber FEntity.FMaterialId.FNumber FEntity.FRealQty FEntity.FTaxPrice")
		equal(t, "asked before it is written", w.Create.PreProbe, false)
		// Of a form that isn't listed nothing is known but its number, and a number alone
		// does not tell whose a bill is.
		other := operation(t, m, name).Writing.Create
		equal(t, "another form", string(other.Class)+strings.Join(other.Compare, " "), "B")
		equal(t, "another form is asked before it is written", other.Probe && other.PreProbe, true)
		for path, want := range map[string]string{
			"FBillTypeID":                "FNUMBER BOS_BillType true",
			"FSaleOrgId":                 "FNumber ORG_Organizations true",
			"FStockOrgId":                "FNumber ORG_Organizations true",
			"FRetcustId":                 "FNumber BD_Customer true",
			"FSettleCurrId":              "FNumber BD_Currency true",
			"SubHeadEntity.FSettleOrgId": "FNumber ORG_Organizations true",
			"FEntity.FMaterialId":        "FNumber BD_MATERIAL true",
			"FEntity.FOwnerId":           "FNumber ORG_Organizations true",
			"FEntity.FStockId":           "FNumber BD_STOCK true",
			"FEntity.FReturnType":        "FNumber BOS_ASSISTANTDATA_SELECT false",
		} {
			f := field.Find(o.Request, path)
			if f == nil || f.Parser == nil {
				t.Errorf("%s has no parser", path)
				continue
			}
			required := map[bool]string{true: "true", false: "false"}[f.Required]
			equal(t, path, f.Parser.Params[0]+" "+f.BaseData+" "+required, want)
		}
		for path, want := range map[string]field.Type{
			"FBillNo": "", "FDate": field.Date, "FEntity": field.Array, "SubHeadEntity": field.Object, "FEntity.FRealQty": field.Decimal,
			"FEntity.FTaxPrice": field.Decimal, "FEntity.FIsFree": field.Bool, "FEntity.FNote": "", "FEntity.FOwnerTypeId": "",
		} {
			if f := field.Find(o.Request, path); f == nil || f.Type != want || f.Group == field.Other {
				t.Errorf("%s is %+v", path, f)
			}
		}
		for _, path := range []string{"FormId", "Operation", "IsAutoSubmitAndAudit", "IsVerifyBaseDataField", "SubSystemId", "IsDeleteEntry", "NeedReturnFields"} {
			if f := field.Find(o.Request, path); f == nil || f.Group != field.Other {
				t.Errorf("%s is not one of the other parameters", path)
			}
		}
	}
	for path, want := range map[string]field.Quote{"FilterString": field.SQLQuote, "OrderString": "", "FormId": ""} {
		if f := field.Find(operation(t, m, "executeBillQuery").Request, path); f == nil || f.Quote != want {
			t.Errorf("%s is %+v", path, f)
		}
	}
	equal(t, "rows", operation(t, m, "batchSave").Writing.DefaultRows*1000+operation(t, m, "batchSave").Writing.MaxRows, 20*1000+100)
}

func TestSettings(t *testing.T) {
	t.Parallel()

	m := parsed(t)
	const common = `"address":"https://erp.example.com/k3cloud/","acctId":"a","username":"u"`
	for settings, want := range map[string]string{
		`{` + common + `,"password":"p"}`:                                "",
		`{` + common + `,"login":"password","password":"p","lcid":1033}`: "",
		`{` + common + `}`: "password",
		`{` + common + `,"login":"sign","appId":"i","appSecret":"s"}`: "",
		`{` + common + `,"login":"appSecret"}`:                        "appId appSecret",
		`{` + common + `,"login":"other","password":"p"}`:             "login",
		`{"password":"p"}`: "address acctId username",
	} {
		var paths []string
		for _, f := range field.Check(m.Settings, []byte(settings)) {
			paths = append(paths, f.Path)
		}
		equal(t, settings, strings.Join(paths, " "), want)
	}
	for _, s := range m.Settings {
		equal(t, s.Key+" is secret", s.Secret, s.Key == "password" || s.Key == "appSecret")
	}
}

// TestRules: what the sandbox's refusals are classed as.
func TestRules(t *testing.T) {
	t.Parallel()

	m := parsed(t)
	for _, c := range []struct {
		operation, code, message string
		want                     fault.Class
		wait                     time.Duration
	}{
		{"batchSave", "11", "违反字段唯一性要求：编码唯一。[R1]在当前系统中已经被使用。", fault.Duplicate, 0},
		{"batchSave", "9", `编码值["SKU-X001"]不存在`, fault.BusinessWait, 0},
		{"batchSave", "11", `编码值["SKU-X001"]不存在`, fault.BusinessWait, 0},
		{"batchSave", "11", "更新库存出现异常情况：负库存", fault.BusinessWait, 0},
		{"batchSave", "11", "字段“销售组织”是必填项", fault.Data, 0},
		{"batchSave", "9", "明细信息不能为空", fault.Data, 0},
		{"batchSave", "9", "内码为[5]的数据不存在", fault.Data, 0},
		{"batchSave", "4", "未将对象引用设置到对象的实例", fault.Data, 0},
		{"batchSave", "12", "单据[R1]已审核，不允许修改", fault.Data, 0},
		{"batchSave", "0", "", fault.Data, 0},
		{"save", "1", "会话信息已丢失，请重新登录", fault.Auth, 0},
		{"save", "4", "会话信息已丢失，请重新登录", fault.Auth, 0},
		{"save", "15", "", fault.Auth, 0},
		{"save", "13", "网络控制冲突：其他用户正在操作，请稍后再试", fault.Transient, 5 * time.Second},
		{"save", "11", "单据已被其他用户修改", fault.Transient, 5 * time.Second},
		{"save", "14", "调用次数超过限制，请稍后再试", fault.Rate, time.Minute},
		{"save", "6", "", fault.Transient, 30 * time.Second},
		{"save", "response_error", "the system failed inside: x", fault.Transient, 30 * time.Second},
		{"save", "2", "没有权限", fault.Config, 0},
		{"save", "7", "", fault.Config, 0},
		{"save", "8", "", fault.Config, 0},
		{"executeBillQuery", "9", "字段[FFoo]不存在", fault.Config, 0},
		{"executeBillQuery", "4", "过滤条件语法错误", fault.Config, 0},
		{"executeBillQuery", "4", "执行超时已过期", fault.Transient, 30 * time.Second},
		{"executeBillQuery", "14", "", fault.Rate, time.Minute},
		{"audit", "12", "单据[R1]已审核，不能审核", fault.Duplicate, 0},
		{"submit", "12", "单据[R1]审核中，不能提交", fault.Duplicate, 0},
		{"audit", "12", "单据[R1]未提交，不能审核", fault.Data, 0},
	} {
		f := m.Classify(c.operation, fault.New("vendor."+c.code, "%s", c.message))
		if f.Class != c.want || f.RetryAfter != c.wait {
			t.Errorf("%s %s %q is %s after %s, want %s after %s", c.operation, c.code, c.message, f.Class, f.RetryAfter, c.want, c.wait)
		}
		if f.Class != fault.Data && (f.Hint == "" || f.Args[fault.HintZH] == "") && !strings.Contains(c.message, "超时") {
			t.Errorf("%s %q has no hint", c.code, c.message)
		}
	}
	rules := slices.Clone(m.Rules)
	for _, o := range m.Operations {
		rules = append(rules, o.Rules...)
	}
	for i, r := range rules {
		if (r.Hint.ZH == "") != (r.Hint.EN == "") {
			t.Errorf("rule %d has its hint in one language", i)
		}
	}
}

// TestDeclaredColumnsExist: every column the manifest declares for a query can
// be selected, and comes under the declared name.
func TestDeclaredColumnsExist(t *testing.T) {
	t.Parallel()

	m := parsed(t)
	_, s := filled(t)
	for _, form := range operation(t, m, "executeBillQuery").Forms {
		params := []string{`"FormId":"` + form.ID + `"`, `"TopRowCount":1`}
		for _, f := range form.Response {
			key := f.Name
			if f.Path != "" {
				key = f.Path
			}
			params = append(params, `"`+f.Name+`":"`+key+`"`)
		}
		page, err := s.Query(t.Context(), query("{"+strings.Join(params, ",")+"}"))
		if err != nil {
			t.Errorf("%s: %v", form.ID, err)
			continue
		}
		row := item.Of(page.Rows).Path("0")
		for _, f := range form.Response {
			if row.Field(f.Name).Kind() == item.None {
				t.Errorf("%s has no column %s: %s", form.ID, f.Name, row.Raw())
			}
		}
		key := regexp.MustCompile(`^\{\{(\w+)\}\}$`).FindStringSubmatch(operation(t, m, "executeBillQuery").For(form.ID).Key)
		if len(key) != 2 || row.Field(key[1]).Blank() {
			t.Errorf("%s has no key %v", form.ID, key)
		}
	}
}

// TestProbeReadsWhatIsCompared: a saved row and the found object agree on every compared path.
func TestProbeReadsWhatIsCompared(t *testing.T) {
	t.Parallel()

	m := parsed(t)
	r := setup(t)
	s := r.open(nil)
	row := bill("R1", "", `"FNote":"b"`)
	if _, err := s.Write(t.Context(), batch(row)); err != nil {
		t.Fatal(err)
	}
	compare := operation(t, m, "batchSave").For("SAL_RETURNSTOCK").Writing.Create.Compare
	found, err := s.Probe(t.Context(), connector.ProbeRequest{Params: []byte(`{"FormId":"SAL_RETURNSTOCK"}`), Keys: []string{"R1"}, Compare: compare})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range compare {
		for i := range 2 {
			at := strings.Replace(path, "FEntity.", []string{"FEntity.0.", "FEntity.1."}[i], 1)
			sent, got := item.Of([]byte(row)).Path(at), item.Of(found[0].Object).Path(at)
			if sent.Blank() || string(sent.Raw()) != string(got.Raw()) {
				t.Errorf("%s was sent as %s and found as %s", at, sent.Raw(), got.Raw())
			}
		}
	}
}
