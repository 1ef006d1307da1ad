package field_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/field"
)

func returns() []field.Field {
	return []field.Field{
		{Name: "FBillNo"},
		{Name: "FEntity", Type: field.Array, Children: []field.Field{
			{Name: "FRealQty", Type: field.Decimal},
			{Name: "FTax.Rate", Type: field.Decimal},
			{Name: "FLots", Type: field.Array, Children: []field.Field{{Name: "FLot"}}},
		}},
		{Name: "FEntity.FNote", Title: field.Text{ZH: "一个带点的名称"}},
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path  string
		found bool
		typ   field.Type
	}{
		{"FBillNo", true, ""},
		{"FEntity", true, field.Array},
		{"FEntity.FRealQty", true, field.Decimal},
		{"FEntity.FTax.Rate", true, field.Decimal},
		{"FEntity.FLots.FLot", true, ""},
		{"FEntity.FNote", true, ""},
		{"FEntity.", false, ""},
		{"FEntity.FLots.FLot.x", false, ""},
		{"FEntityFRealQty", false, ""},
		{"fbillno", false, ""},
		{"", false, ""},
	}
	fields := returns()
	for _, tt := range tests {
		got := field.Find(fields, tt.path)
		if (got != nil) != tt.found {
			t.Errorf("Find(%q) gives %v", tt.path, got)
		} else if got != nil && got.Type != tt.typ {
			t.Errorf("Find(%q) has type %q, want %q", tt.path, got.Type, tt.typ)
		}
	}
	if got := field.Find(fields, "FEntity.FRealQty"); got != &fields[1].Children[0] {
		t.Error("Find gives a copy")
	}
	if field.Find(nil, "x") != nil {
		t.Error("something is found in nothing")
	}
}

func TestFieldAsJSON(t *testing.T) {
	t.Parallel()
	const want = `{"field":"FStockId","title":{"zh":"仓库"},"type":"string","required":true,"group":"business",` +
		`"path":"FStockId.FNumber","default":"CK001","parser":{"name":"ConvertObjectParser","params":["FNumber"]},"quote":"sql","baseData":"BD_STOCK"}`
	f := field.Field{
		Name: "FStockId", Title: field.Text{ZH: "仓库"}, Type: field.String, Required: true, Group: field.Business, Path: "FStockId.FNumber",
		Default: "CK001", Parser: &field.Parser{Name: "ConvertObjectParser", Params: []string{"FNumber"}}, BaseData: "BD_STOCK",
		Quote: field.SQLQuote,
	}
	raw, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(raw)); diff != "" {
		t.Error(diff)
	}
	var back field.Field
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, back); diff != "" {
		t.Error(diff)
	}
}
