package app_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTheJob runs the shipped flow over all refunds and compares what 金蝶 holds
// with what 聚水潭 has, to the last digit.
func TestTheJob(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t)
	checkJob(t, w)
}

func checkJob(t *testing.T, w *world) {
	t.Helper()
	got, err := w.run()
	if err != nil {
		t.Fatal(err)
	}
	if !got.Balanced || got.State != "done" {
		t.Errorf("run is %+v", got)
	}
	want := map[string]int{
		"accepted": 1000, "filtered": 70, "retry_at": 8, "needs_decision": 6, "delivered": 916,
		"waiting": 0, "claimed": 0, "held": 0, "rejected": 0, "unmapped": 0, "ignored": 0, "dropped": 0, "collected": 0, "superseded": 0, "skipped": 0,
	}
	counts := map[string]int{}
	for slot := range want {
		counts[slot] = got.Counts[slot]
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	compare(t, w, "")
	again, err := w.run()
	if err != nil {
		t.Fatal(err)
	}
	if !again.Balanced || again.Counts["accepted"] != 0 {
		t.Errorf("the second run is %+v", again)
	}
	compare(t, w, "")
}

// compare checks that 金蝶 holds one bill for every deliverable refund (of two of
// one order, for one), with its lines, quantities and prices digit by digit.
func compare(t *testing.T, w *world, from string) {
	t.Helper()
	bills := w.bills()
	wanted := map[string][]refund{}
	var all []refund
	w.get(w.jst+"/_sandbox/objects/refund", &all)
	for _, r := range all {
		if r.Modified >= from && r.deliverable() {
			wanted[r.OID.String()] = append(wanted[r.OID.String()], r)
		}
	}
	if len(bills) != len(wanted) {
		t.Errorf("%d bills for %d orders with deliverable refunds", len(bills), len(wanted))
	}
	for no, candidates := range wanted {
		raw, ok := bills[no]
		if !ok {
			t.Errorf("the refund of order %s is lost", no)
			continue
		}
		if !matches(t, raw, candidates) {
			t.Errorf("bill %s is not what the refund says:\n%s\n%+v", no, raw, candidates)
		}
	}
	for no := range bills {
		if wanted[no] == nil {
			t.Errorf("bill %s has no refund", no)
		}
	}
}

func matches(t *testing.T, raw json.RawMessage, candidates []refund) bool {
	t.Helper()
	var bill struct {
		Lines []struct {
			Material struct {
				Number string `json:"FNumber"`
			} `json:"FMaterialId"`
			Qty      json.Number `json:"FRealQty"`
			Price    json.Number `json:"FPrice"`
			TaxPrice json.Number `json:"FTaxPrice"`
		} `json:"FEntity"`
	}
	if err := json.Unmarshal(raw, &bill); err != nil {
		t.Fatal(err)
	}
	for _, r := range candidates {
		same := len(r.Items) == len(bill.Lines)
		for i := 0; same && i < len(r.Items); i++ {
			line, item := bill.Lines[i], r.Items[i]
			same = line.Material.Number == item.SKU && line.Qty == item.Qty && line.Price == item.Price && line.TaxPrice == item.Price
		}
		if same {
			return true
		}
	}
	return false
}

// TestAScriptInTheFlow runs JavaScript in its worker process on the way: digits
// that it does not touch arrive as they were, and a document it throws at is set aside.
func TestAScriptInTheFlow(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).recent()
	text, err := os.ReadFile(w.flow)
	w.must(err)
	changed := strings.NewReplacer(
		"    - id: k3\n", `    - id: note
      type: script
      settings:
        code: |
          function transform(doc, ctx) {
            if (doc.FEntity.length > 6) { throw new Error("too many lines"); }
            doc.FHeadNote = ctx.params.orgCode + "/" + doc.FBillNo;
            return doc;
          }
    - id: k3
`,
		"{from: bill, to: k3}", "{from: bill, to: note}\n    - {from: note, to: k3}",
	).Replace(string(text))
	w.must(os.WriteFile(w.flow, []byte(changed), 0o600))
	got, err := w.run()
	w.must(err)
	bills := w.bills()
	if !got.Balanced || len(bills) == 0 || got.Counts["delivered"] != len(bills) || got.Counts["rejected"] == 0 {
		t.Errorf("%d bills, run %+v", len(bills), got)
	}
	for no, raw := range bills {
		var bill struct {
			Note  string            `json:"FHeadNote"`
			Lines []json.RawMessage `json:"FEntity"`
		}
		w.must(json.Unmarshal(raw, &bill))
		if bill.Note != "100/"+no || len(bill.Lines) > 6 {
			t.Errorf("bill %s has note %q and %d lines", no, bill.Note, len(bill.Lines))
		}
	}
	of := w.byOrder()
	for _, r := range w.refunds(since) {
		if raw := bills[r.OID.String()]; raw != nil && !matches(t, raw, of[r.OID]) {
			t.Errorf("bill %s lost digits: %s", r.OID, raw)
		}
	}
}

// byOrder gives all refunds by their order.
func (w *world) byOrder() map[json.Number][]refund {
	w.t.Helper()
	of := map[json.Number][]refund{}
	for _, r := range w.refunds("") {
		of[r.OID] = append(of[r.OID], r)
	}
	return of
}
