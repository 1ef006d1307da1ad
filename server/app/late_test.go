package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// returned makes a bill in 金蝶 for each shop of what stands in files; %s says what
// becomes of a row that changes after its bill was written.
const returned = `
apiVersion: karez/v1
kind: Flow
metadata: {id: returned, title: 退货表 → 金蝶}
` + toKingdee + `    - {id: refunds, type: file, settings: {from: folder, folder: in, key: "{{no}}", onSeen: revise, columns: [{column: amount, type: decimal}, {column: qty, type: int}]}}
    - {id: bills, type: group, settings: {headerGroup: [shop], late: %s, calculate: [{field: amount}, {field: qty}, {field: "no", function: $min, into: first}]}}
` + returnHead + `          - {field: FBillNo, value: "T{{shop}}-{{first}}"}
          - {field: FRetcustId, value: "{{shop}}"}
          - {field: FHeadNote, value: "{{amount}}"}
          - field: FEntity
            type: array
            children:
              - {field: FMaterialId, value: SKU-0001}
              - {field: FRealQty, value: "{{qty}}"}
              - {field: FOwnerTypeId, value: BD_OwnerOrg}
              - {field: FOwnerId, value: "100"}
              - {field: FStockId, value: "1"}
    - {id: k3, type: target, connection: k3, settings: {operation: batchSave, key: "{{FBillNo}}", params: [{field: FormId, value: SAL_RETURNSTOCK}]}}
  edges: [{from: refunds, to: bills}, {from: bills, to: bill}, {from: bill, to: k3}]
`

// drop puts a file of rows into the folder.
func (w *world) drop(name string, rows ...string) {
	w.t.Helper()
	w.table(name, "no,shop,qty,amount", rows...)
}

// table puts a file of rows under a header into the folder, an hour old.
func (w *world) table(name, header string, rows ...string) {
	w.t.Helper()
	path := filepath.Join(w.data, "files", "1", "folders", "in", name)
	w.must(os.MkdirAll(filepath.Dir(path), 0o700))
	w.must(os.WriteFile(path, []byte(header+"\n"+strings.Join(rows, "\n")+"\n"), 0o600))
	before := time.Now().Add(-time.Hour)
	w.must(os.Chtimes(path, before, before))
}

// TestChangedAfterItsBill: a row that changes after its bill was written waits for a
// person, goes into a bill of its own, or makes its bill anew.
func TestChangedAfterItsBill(t *testing.T) {
	t.Parallel()
	for late, want := range map[string]struct {
		slot  string
		bills map[string]string
	}{
		"decide": {"needs_decision", map[string]string{"T10001-A": "12345678901234567.90 3", "T10002-C": "7 1"}},
		"new":    {"delivered", map[string]string{"T10001-A": "12345678901234567.90 3", "T10001-B": "0.11 5", "T10002-C": "7 1"}},
		// The bill is made anew; 金蝶's bills are not written over, so a person is asked.
		"update": {"needs_decision", map[string]string{"T10001-A": "12345678901234567.90 3", "T10002-C": "7 1"}},
	} {
		t.Run(late, func(t *testing.T) {
			t.Parallel()
			turn(t)
			w := newWorld(t)
			w.flow = filepath.Join(t.TempDir(), "returned.yaml")
			w.must(os.WriteFile(w.flow, fmt.Appendf(nil, returned, late), 0o600))
			w.drop("1.csv", "A,10001,1,12345678901234567.80", "B,10001,2,0.10", "C,10002,1,7")
			got, err := w.run()
			w.must(err)
			if !got.Balanced || got.Counts["delivered"] != 3 {
				t.Fatalf("%+v", got)
			}
			w.drop("2.csv", "B,10001,5,0.11", "C,10002,1,7")
			got, err = w.run()
			w.must(err)
			if !got.Balanced || got.Counts["accepted"] != 1 || got.Counts[want.slot] != 1 || got.Counts["unchanged"] != 1 {
				t.Errorf("%+v", got)
			}
			bills := w.bills()
			for no, text := range want.bills {
				bill := item.Of(bills[no])
				if got := bill.Field("FHeadNote").Text() + " " + bill.Path("FEntity.0.FRealQty").Text(); got != text {
					t.Errorf("%s is %s, want %s", no, got, text)
				}
			}
			if len(bills) != len(want.bills) {
				t.Errorf("%d bills, want %d", len(bills), len(want.bills))
			}
			w.sentOnce()
		})
	}
}
