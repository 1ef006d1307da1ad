package value_test

import (
	"fmt"
	"time"

	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// A mapping is compiled once with the fields that a connector declares, and then
// applied to one document after the other.
func ExampleCompileMapping() {
	declared := []field.Field{
		{Name: "FBillNo", Required: true},
		{Name: "FSaleOrgId", Parser: &field.Parser{Name: "ConvertObjectParser", Params: []string{"FNumber"}}},
		{Name: "FEntity", Type: field.Array, Children: []field.Field{{Name: "FRealQty", Type: field.Decimal}}},
	}
	m, problems := value.CompileMapping([]byte(`[
		{"field": "FBillNo", "value": "TH-{{o_id}}"},
		{"field": "FSaleOrgId", "value": "100"},
		{"field": "FEntity", "value": "items", "children": [{"field": "FRealQty", "value": "{{items.r_qty}}"}]}
	]`), declared, value.Options{})
	if len(problems) > 0 {
		fmt.Println(problems)
		return
	}
	scope := &value.Scope{Doc: item.Of([]byte(`{"o_id": 77, "items": [{"r_qty": "1.50"}, {"r_qty": 2}]}`))}
	record, err := m.Append(nil, scope)
	fmt.Println(string(record), err)
	// Output:
	// {"FBillNo":"TH-77","FSaleOrgId":{"FNumber":"100"},"FEntity":[{"FRealQty":1.50},{"FRealQty":2}]} <nil>
}

func ExampleCompile() {
	p, err := value.Compile("FModifyDate>='{{DAYS_AGO_2|datetime}}'", value.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := p.Text(&value.Scope{System: value.System{To: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}})
	fmt.Println(text, err)
	// Output:
	// FModifyDate>='2026-11-19 12:00:00' <nil>
}
