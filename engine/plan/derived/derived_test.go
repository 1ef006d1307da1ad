package derived_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/plan/derived"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

const system = `
id: erp
version: 1.2.3
title: {zh: 系统}
timeZone: Asia/Shanghai
settings: []
operations:
  - name: save
    kind: write
    title: {zh: 保存}
    object: bill
    form: FormId
    request:
      - {field: FormId, title: {zh: 表单}, group: other, required: true}
      - {field: Filter, title: {zh: 条件}, group: other, quote: sql}
    writing: {maxRows: 1, defaultRows: 1, answers: perRow, batch: perRow, key: "{{FID}}", create: {class: D}}
    forms:
      - id: KNOWN
        title: {zh: 已知}
        request: [{field: FBillNo, title: {zh: 编号}, required: true, path: FBillNo.FNumber}, {field: FEntity, title: {zh: 明细}, type: array, children: [{field: FQty, title: {zh: 数量}, type: decimal}]}]
  - name: save#Ours
    kind: write
    title: {zh: 自带}
    object: bill
    request: []
    writing: {maxRows: 1, defaultRows: 1, answers: perRow, batch: perRow, create: {class: D}}
`

func parsed(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse([]byte(system))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const known = `{"connector":"erp","title":{"zh":"我的单据"},"params":[{"field":"FormId","value":"KNOWN"}],"writeKey":"{{FBillNo}}",
	"request":[{"field":"F_CUSTOM"},{"field":"Filter","type":"string"},{"field":"FBillNo","title":{"zh":"单号"}},{"field":"FEntity","children":[{"field":"FLot"}],"type":"array"}]}`

func read(t *testing.T, name, raw string) *derived.Operation {
	t.Helper()
	o, faults := derived.Read(name, []byte(raw))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return o
}

func describe(fields []field.Field) string {
	var parts []string
	for _, f := range fields {
		text := f.Name + ":" + f.Title.ZH + ":" + string(f.Group) + ":" + f.Path + ":" + string(f.Quote)
		if len(f.Children) > 0 {
			text += "(" + describe(f.Children) + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// TestOver: the base's name, rules and safety stay, what is derived lies over its fields.
func TestOver(t *testing.T) {
	t.Parallel()
	m := parsed(t)
	op, f := read(t, "save#Mine", known).Over("save#Mine", m)
	if f != nil {
		t.Fatal(f)
	}
	want := "FormId:表单:other:: Filter:条件:other::sql FBillNo:单号::FBillNo.FNumber: FEntity:明细:::(FQty:数量::: FLot:FLot:::) F_CUSTOM:F_CUSTOM:::"
	if got := describe(op.Request); got != want || op.Name != "save" || op.Title.ZH != "我的单据" || op.Writing.Key != "{{FBillNo}}" || !op.Request[2].Required || op.For("KNOWN") == nil {
		t.Errorf("%s\n%s\n%+v", got, want, op)
	}
	if len(op.For("KNOWN").Request) != len(op.Request) {
		t.Error("the form's fields come twice")
	}
	if m.Operations[0].Forms[0].Request[0].Title.ZH != "编号" || len(m.Operations[0].Forms[0].Request[1].Children) != 1 || m.Operations[0].Writing.Key != "{{FID}}" {
		t.Error("the manifest was changed")
	}
	for name, code := range map[string]string{"query#X": "operation.base_unknown"} {
		if _, f := read(t, name, known).Over(name, m); f == nil || f.Code != code {
			t.Errorf("%s: %v", name, f)
		}
	}
	if _, f := read(t, "save#Mine", `{"connector":"other"}`).Over("save#Mine", m); f == nil || f.Code != "operation.other_connector" {
		t.Error(f)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ name, raw, want string }{
		"no object":        {"a#b", `[]`, "operation.unreadable@"},
		"unknown member":   {"a#b", `{"connector":"x","colour":1}`, "operation.unreadable@"},
		"no form":          {"save", `{"connector":"x"}`, "operation.name@name"},
		"no base":          {"#b", `{"connector":"x"}`, "operation.name@name"},
		"bad name":         {"a#b c", `{"connector":"x"}`, "manifest.bad_name@name"},
		"no connector":     {"a#b", `{}`, "operation.connector_missing@connector"},
		"params":           {"a#b", `{"connector":"x","params":[{"field":"","value":"1"},{"field":"F","value":""},{"field":"G","value":"1"},{"field":"G","value":"2"}]}`, "operation.param_name@params[0].field operation.param_value@params[1].value operation.param_twice@params[3].field"},
		"fields":           {"a#b", `{"connector":"x","request":[{"field":"A"},{"field":"A"}],"response":[{"field":"","type":"x","title":{"zh":"t"}}]}`, "manifest.duplicate@request[1].field manifest.required@response[0].field manifest.not_an_option@response[0].type"},
		"children of none": {"a#b", `{"connector":"x","request":[{"field":"A","children":[{"field":"B"}]}]}`, "manifest.not_allowed@request[0].children"},
		"too large":        {"a#b", `{"connector":"` + strings.Repeat("x", derived.MaxBytes) + `"}`, "operation.too_large@"},
	} {
		_, faults := derived.Read(tt.name, []byte(tt.raw))
		var got []string
		for _, f := range faults {
			got = append(got, f.Code+"@"+f.Path)
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestJSON: the saved form reads as what it was made of.
func TestJSON(t *testing.T) {
	t.Parallel()
	o := read(t, "save#Mine", known)
	if diff := cmp.Diff(o, read(t, "save#Mine", string(o.JSON()))); diff != "" {
		t.Error(diff)
	}
}

func TestUse(t *testing.T) {
	t.Parallel()
	m := parsed(t)
	library := derived.Library{
		Shared: func(name string) ([]byte, error) {
			switch name {
			case "save#Mine":
				return []byte(known), nil
			case "save#Bad":
				return []byte(`{}`), nil
			case "save#Down":
				return nil, fault.New("store.down", "no")
			}
			return nil, nil
		},
	}
	for name, tt := range map[string]struct{ settings, want, codes string }{
		"plain":       {`{"operation":"save","x":1}`, `{"operation":"save","x":1}`, ""},
		"derived":     {`{"operation":"save#Mine","x":1}`, `{"operation":"save","x":1,"params":[{"field":"FormId","value":"KNOWN"}]}`, ""},
		"more rows":   {`{"operation":"save#Mine","params":[{"field":"Filter","value":"a"}]}`, `{"operation":"save","params":[{"field":"Filter","value":"a"},{"field":"FormId","value":"KNOWN"}]}`, ""},
		"the same":    {`{"operation":"save#Mine","params":[{"field":"FormId","value":"KNOWN"}]}`, `{"operation":"save","params":[{"field":"FormId","value":"KNOWN"}]}`, ""},
		"another":     {`{"operation":"save#Mine","params":[{"field":"FormId","value":"B"}]}`, `{"operation":"save","params":[{"field":"FormId","value":"B"}]}`, "operation.param_fixed@params[0].value"},
		"declared":    {`{"operation":"save#Ours"}`, `{"operation":"save#Ours"}`, ""},
		"nowhere":     {`{"operation":"save#Gone"}`, `{"operation":"save#Gone"}`, "none"},
		"bad":         {`{"operation":"save#Bad"}`, `{"operation":"save#Bad"}`, "none operation.unusable@operation"},
		"unreachable": {`{"operation":"save#Down"}`, `{"operation":"save#Down"}`, "none store.down@operation"},
	} {
		u := library.Use([]byte(tt.settings), "params", func() (*manifest.Manifest, error) { return m, nil })
		op, faults := u.In(m)
		var got []string
		if op == nil {
			got = append(got, "none")
		}
		for _, f := range faults {
			got = append(got, f.Code+"@"+f.Path)
		}
		if string(u.Settings) != tt.want || strings.Join(got, " ") != tt.codes {
			t.Errorf("%s: %s, %v", name, u.Settings, got)
		}
	}
	if u := library.Use([]byte(`{"operation":"save#Mine"}`), "params", func() (*manifest.Manifest, error) { return nil, errors.New("gone") }); string(u.Settings) != `{"operation":"save#Mine"}` {
		t.Errorf("%s", u.Settings)
	}
}
