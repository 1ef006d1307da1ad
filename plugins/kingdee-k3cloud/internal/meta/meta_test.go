package meta_test

import (
	"encoding/json"
	"testing"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/internal/meta"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// TestTypes: a type is read off whatever a version tells of it.
func TestTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ told, want string }{
		{`"ElementType":"QtyField"`, "decimal"},
		{`"FieldType":106`, "decimal"},
		{`"FieldType":"money"`, "decimal"},
		{`"FieldType":56`, "int"},
		{`"ElementType":"IntegerField"`, "int"},
		{`"FieldType":104`, "bool"},
		{`"ElementType":"CheckBoxField","FieldType":175`, "bool"},
		{`"ElementType":"DateField","FieldType":61`, "date"},
		{`"ElementType":"DateTimeField","FieldType":61`, "datetime"},
		{`"FieldType":61`, "datetime"},
		{`"FieldType":231`, ""},
		{``, ""},
		{`"FieldType":56,"LookUpObject":{"FormId":"BD_Customer"}`, " FNumber BD_Customer"},
		{`"ElementType":"UserField"`, " FUserID "},
		{`"LookUpObject":{"FormId":"SEC_User"}`, " FUserID SEC_User"},
		{`"LookUpObject":null,"ElementType":"AssistantField"`, " FNumber "},
	} {
		if tt.told != "" {
			tt.told += ","
		}
		form, err := meta.Read(item.Of([]byte(`{"Entrys":[{"Key":"FBillHead","Fields":[{` + tt.told + `"Key":"F1","Name":"名"}]}]}`)))
		if err != nil {
			t.Fatal(err)
		}
		got := form.Request()[0]
		shown := string(got.Type)
		if got.Parser != nil {
			shown += " " + got.Parser.Params[0] + " " + got.BaseData
		}
		if shown != tt.want || got.Title != (field.Text{ZH: "名"}) {
			t.Errorf("%s is %q, want %q: %+v", tt.told, shown, tt.want, got)
		}
	}
}

// TestPlaces: where fields stand is told by the type of their entity, or by its key.
func TestPlaces(t *testing.T) {
	t.Parallel()
	form, err := meta.Read(item.Of([]byte(`{"PkFieldName":"FID","Entrys":[
		{"Key":"FBillHead","Fields":[{"Key":"FID"},{"Key":"FBillNo"},{"Key":"FCreatorId","ElementType":"UserField"}]},
		{"Key":"SubHeadEntity","Fields":[{"Key":"FLocal","Name":[{"Key":1033,"Value":"Local"}]}]},
		{"Key":"FFinance","EntityType":"SubHeadEntity","Fields":[{"Key":"FRate"}]},
		{"Key":"FPlan","EntryPkFieldName":"FPlanID","MustInput":"true","Fields":[{"Key":"FMat","LookUpObject":{"FormId":"BD_MATERIAL"}}]},
		{"Key":"FEmpty"}]}`)))
	if err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(form.Request())
	if err != nil {
		t.Fatal(err)
	}
	const id = `{"field":"FEntryID","title":{"zh":"分录内码","en":"Line id"},"type":"int","describe":{"zh":"仅修改时填写。","en":"Only for updates."}}`
	want := `[{"field":"FBillNo","title":{"zh":"FBillNo"}},` +
		`{"field":"SubHeadEntity","title":{"zh":"SubHeadEntity"},"type":"object","children":[{"field":"FLocal","title":{"zh":"Local","en":"Local"}}]},` +
		`{"field":"FFinance","title":{"zh":"FFinance"},"type":"object","children":[{"field":"FRate","title":{"zh":"FRate"}}]},` +
		`{"field":"FPlan","title":{"zh":"FPlan"},"type":"array","required":true,"children":[{"field":"FMat","title":{"zh":"FMat"},` +
		`"parser":{"name":"ConvertObjectParser","params":["FNumber"]},"baseData":"BD_MATERIAL"},` + id + `]},` +
		`{"field":"FEmpty","title":{"zh":"FEmpty"},"type":"array","children":[` + id + `]}]`
	if string(request) != want {
		t.Errorf("got\n%s\nwant\n%s", request, want)
	}
	names := ""
	for _, f := range form.Response() {
		names += f.Name + " "
	}
	if names != "FID FBillNo FCreatorId_FUserID FLocal FRate FPlan_FPlanID FMat_FNumber FEmpty_FEntryID " {
		t.Error(names)
	}
	for _, bad := range []string{`{}`, `[]`, `{"Entrys":[{"Key":"FBillHead","Fields":[]}]}`} {
		if _, err := meta.Read(item.Of([]byte(bad))); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}
