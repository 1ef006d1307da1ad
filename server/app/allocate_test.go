package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// allocated makes a material in 金蝶 of each row of a file, submits and audits it, and gives it
// to another organisation.
const allocated = `
apiVersion: karez/v1
kind: Flow
metadata: {id: allocated, name: allocated, title: 物料表 → 金蝶}
` + toKingdee + `    - {id: materials, type: file, settings: {from: folder, folder: in, key: "{{no}}"}}
    - id: material
      type: map
      settings:
        fields:
          - {field: FNumber, value: "{{no}}"}
          - {field: FName, value: "{{name}}"}
          - {field: FCreateOrgId, type: object, children: [{field: FNumber, value: "100"}]}
          - {field: FUseOrgId, type: object, children: [{field: FNumber, value: "100"}]}
    - {id: k3, type: target, connection: k3, settings: {operation: batchSave, key: "{{FNumber}}", lastStep: allocate, params: [{field: FormId, value: BD_MATERIAL}, {field: TOrgIds, value: "%s"}]}}
  edges: [{from: materials, to: material}, {from: material, to: k3}]
`

// TestMaterialsAreAllocated: the last step behind a save. What can't be allocated is saved and
// audited all the same, once, and goes on from there.
func TestMaterialsAreAllocated(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t)
	write := func(org string) {
		w.flow = filepath.Join(t.TempDir(), "allocated.yaml")
		w.must(os.WriteFile(w.flow, fmt.Appendf(nil, allocated, org), 0o600))
	}
	write("100009")
	w.table("1.csv", "no,name", "M1,甲", "M2,乙")
	got, err := w.run()
	w.must(err)
	if !got.Balanced || got.Counts["rejected"] != 2 {
		t.Fatalf("there is no such organisation, and the run is %+v", got)
	}
	uses := func(no string) (list []string) {
		var all []map[string]any
		w.get(w.k3+"/_sandbox/objects/BD_MATERIAL", &all)
		for _, one := range all {
			if one["FNumber"] == no {
				list = append(list, fmt.Sprint(one["FDocumentStatus"], one["FUseOrgId"]))
			}
		}
		return list
	}
	if list := uses("M1"); len(list) != 1 || list[0] != "Cmap[FNumber:100]" {
		t.Errorf("M1 is %v", list)
	}
	write("100002")
	w.table("2.csv", "no,name", "M3,丙", "M4,丁")
	got, err = w.run()
	w.must(err)
	if !got.Balanced || got.Counts["delivered"] != 2 {
		t.Errorf("%+v", got)
	}
	for _, no := range []string{"M3", "M4"} {
		if list := uses(no); len(list) != 2 || list[0] != "Cmap[FNumber:100]" || list[1] != "Amap[FNumber:101]" {
			t.Errorf("%s is %v", no, list)
		}
	}
	l := w.ledgers()
	if want := map[string]int{"batchsave": 2, "submit": 4, "audit": 4, "allocate": 4}; fmt.Sprint(l.Writes) != fmt.Sprint(want) {
		t.Errorf("%v", l.Writes)
	}
}
