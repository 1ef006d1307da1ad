package app_test

import (
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

// imports brings a published table in as it stands, fills its slots and lets the flow go.
func (b *seeded) imports(seed string, answers map[string]any) string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "engine", "intake", "testdata", seed+".txt"))
	if err != nil {
		b.t.Fatal(err)
	}
	var made struct {
		Flows []struct {
			ID       string `json:"id"`
			Blocking int    `json:"blocking"`
		} `json:"flows"`
	}
	b.ask("POST", "/flows/import", map[string]any{"text": string(text), "answers": answers}, &made)
	if len(made.Flows) != 1 || made.Flows[0].Blocking > 0 {
		var problems any
		b.ask("GET", "/flows/"+made.Flows[0].ID, nil, &problems)
		b.t.Fatalf("%+v: %v", made, problems)
	}
	b.ask("POST", "/flows/"+made.Flows[0].ID+"/publish", map[string]string{"note": "导入"}, &ignored{})
	return made.Flows[0].ID
}

// TestImported000 runs the table of a published scheme as it was imported, with connections
// and the start filled in: every confirmed refund is a return with its lines, and one that
// is not confirmed has no date and is refused here, not in 金蝶.
func TestImported000(t *testing.T) {
	t.Parallel()
	b := bring(t, "jushuitan-refund-to-kingdee-return")
	b.connect()
	const name, from = "imported", "2026-03-05 00:00:00"
	b.flows[name] = b.imports("000", map[string]any{"connections": map[string]string{"source": "jst", "target": "k3"}, "startFrom": from})
	run := b.start(b.flows[name])
	if !run.Balanced || run.Counts["accepted"] == 0 {
		t.Errorf("the run is %+v", run)
	}
	bills := map[string]item.Value{}
	for _, bill := range b.objects("kingdee-k3cloud", "SAL_RETURNSTOCK") {
		bills[bill.Field("FBillNo").Text()] = bill
	}
	is, sold, kept := map[string]int{}, new(big.Rat), new(big.Rat)
	for key, d := range b.all(name) {
		refund := item.Of(b.document(d.ID).Source)
		is[refund.Field("status").Text()+" "+d.State+" "+d.Code]++
		bill, there := bills[refund.Field("o_id").Text()]
		if d.State != "delivered" {
			t.Errorf("%s is %s: %s %s", key, d.State, d.Code, d.Message)
			continue
		}
		lines, arrived := slices.Collect(refund.Field("items").Elements()), slices.Collect(bill.Field("FEntity").Elements())
		if !there || len(lines) != len(arrived) || bill.Path("FRetcustId.FNumber").Text() != refund.Field("shop_id").Text() {
			t.Errorf("%s is %s, the bill %s", key, refund.Raw(), bill.Raw())
			continue
		}
		for i, line := range lines {
			got := arrived[i]
			if got.Path("FMaterialId.FNumber").Text() != line.Field("sku_id").Text() || exact(t, got.Field("FRealQty")).Cmp(exact(t, line.Field("r_qty"))) != 0 {
				t.Errorf("line %d of %s is %s, was %s", i+1, key, got.Raw(), line.Raw())
			}
			sold.Add(sold, new(big.Rat).Mul(exact(t, line.Field("r_qty")), exact(t, line.Field("price"))))
			kept.Add(kept, new(big.Rat).Mul(exact(t, got.Field("FRealQty")), exact(t, got.Field("FTaxPrice"))))
		}
	}
	t.Logf("%v, worth %s", is, sold.FloatString(2))
	if sold.Cmp(kept) != 0 || sold.Sign() == 0 {
		t.Errorf("worth %s, kept %s", sold.FloatString(4), kept.FloatString(4))
	}
	again := b.start(b.flows[name])
	if !again.Balanced || again.Counts["accepted"] != 0 {
		t.Errorf("the second run is %+v", again)
	}
}

// TestImported004 runs the table of payments as it was imported, with connections, the start
// and the two flows filled in that the scheme names by its own ids.
func TestImported004(t *testing.T) {
	t.Parallel()
	b := bring(t, paymentsFlow)
	b.k3 = b.boxes["kingdee-k3cloud"]
	b.connect()
	b.docs = b.docs[1:]
	b.publish()
	for _, name := range []string{resultsFlow, banksFlow} {
		b.ask("POST", "/flows/"+b.flows[name]+"/enable", struct{}{}, &ignored{})
	}
	b.flows[paymentsFlow] = b.imports("004", map[string]any{
		"connections": map[string]string{"source": "maycur", "target": "k3"}, "startFrom": "2026-02-04 00:00:00",
		"flows": map[string]string{"718db844-82f4-3b91-bf64-65ce06dc2025": b.flows[resultsFlow], "c2b5e68c-1b80-398b-bec8-59612f54e804": b.flows[banksFlow]},
	})
	if run := b.start(b.flows[banksFlow]); !run.Balanced || run.Counts["collected"] != 2 {
		t.Errorf("the bank accounts: %+v", run)
	}
	n := len(b.objects("maycur", "payment"))
	if run := b.start(b.flows[paymentsFlow]); !run.Balanced || run.Counts["accepted"] != n {
		t.Errorf("%d payments are there: %+v", n, run)
	}
	b.eventually("all payments go", func() bool {
		return b.in(paymentsFlow, "delivered") == n && b.in(resultsFlow, "collected") == n
	})
	b.paid("")
}
