package plan_test

import (
	"testing"

	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// TestMissing: a vendor names the field by its path or by the last part of it.
func TestMissing(t *testing.T) {
	t.Parallel()
	fields := []field.Field{
		{Name: "FCustId", BaseData: "BD_Customer"},
		{Name: "FNote"},
		{Name: "FEntity", Children: []field.Field{{Name: "FMaterialId", BaseData: "BD_MATERIAL"}}},
	}
	for path, want := range map[string]string{
		"FCustId": "bd_customer", "fcustid": "bd_customer", "FNote": "", "": "", "other": "",
		"FEntity.FMaterialId": "bd_material", "FMaterialId": "bd_material", "FEntity[0].FMaterialId": "bd_material", "FEntity": "",
	} {
		if got := plan.Missing(fields, path); got != want {
			t.Errorf("%q is of type %q, want %q", path, got, want)
		}
	}
	m := &manifest.Manifest{Operations: []manifest.Operation{{Forms: []manifest.Form{{Request: fields}}}}}
	for name, want := range map[string]bool{"BD_CUSTOMER": true, "bd_material": true, "SAL_OUTSTOCK": false, "": false} {
		if got := plan.Refers(m, name); got != want {
			t.Errorf("%q is referred to: %t", name, got)
		}
	}
}
