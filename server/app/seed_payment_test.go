package app_test

import (
	"math/big"
	"slices"
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

// The flows of the template.
const (
	paymentsFlow = "maycur-payment-to-kingdee-payment"
	resultsFlow  = "kingdee-payment-results"
	banksFlow    = "kingdee-bank-accounts"
)

// paid compares every payment of 每刻 with the payment bill that 金蝶 made of its request, and
// with what was handed to the flow of the results. late is the request that can't be pushed yet, "" for none.
func (b *seeded) paid(late string) {
	b.t.Helper()
	payments := b.objects("maycur", "payment")
	requests, bills, orgs := map[string]item.Value{}, map[string][]item.Value{}, map[string]string{}
	for _, r := range b.objects("kingdee-k3cloud", "CN_PAYAPPLY") {
		requests[r.Field("FBillNo").Text()] = r
	}
	made := b.objects("kingdee-k3cloud", "AP_PAYBILL")
	for _, bill := range made {
		from := bill.Path("FPAYBILLENTRY.0.FSRCBILLNO").Text()
		bills[from] = append(bills[from], bill)
	}
	for _, o := range b.objects("kingdee-k3cloud", "ORG_Organizations") {
		orgs[o.Field("FOrgID").Text()] = o.Field("FNumber").Text()
	}
	told, results := b.all(paymentsFlow), b.all(resultsFlow)
	paid, noted := new(big.Rat), new(big.Rat)
	want := len(payments)
	for _, p := range payments {
		key, no := p.Field("paymentBizCode").Text(), p.Field("payeeTargetBusinessCode").Text()
		if no == late {
			if want--; told[key].State != "rejected" || len(bills[no]) != 0 || results[key].ID != "" {
				b.t.Errorf("%s can't be pushed yet, and is %+v with %d bills", no, told[key], len(bills[no]))
			}
			continue
		}
		if told[key].State != "delivered" || len(bills[no]) != 1 {
			b.t.Errorf("payment %s (%s) is %q %s %s, and has %d bills", key, no, told[key].State, told[key].Code, told[key].Message, len(bills[no]))
			continue
		}
		bill := bills[no][0]
		asked := slices.Collect(requests[no].Field("FPAYAPPLYENTRY").Elements())
		lines := slices.Collect(bill.Field("FPAYBILLENTRY").Elements())
		same := len(asked) == len(lines) && len(lines) > 0
		for i := 0; same && i < len(lines); i++ {
			same = exact(b.t, asked[i].Field("FAPPLYAMOUNTFOR")).Cmp(exact(b.t, lines[i].Field("FPAYTOTALAMOUNTFOR"))) == 0
		}
		if !same || bill.Path("FPAYORGID.FNumber").Text() != "100" {
			b.t.Errorf("of request %s the bill %s was made", requests[no].Raw(), bill.Raw())
		}
		result := item.Of(b.document(results[key].ID).Source)
		for field, value := range map[string]string{
			"payeeTargetBusinessCode": no, "Id": bill.Field("FID").Text(), "number": bill.Field("FBillNo").Text(),
			"payerAccountNumber": p.Field("payerAccountNumber").Text(), "auditTimeStamp": p.Field("auditTimeStamp").Text(),
		} {
			if got := result.Field(field).Text(); got != value || value == "" {
				b.t.Errorf("the result of %s has %s %q, want %q", key, field, got, value)
			}
		}
		paid.Add(paid, exact(b.t, p.Field("payableAmount")))
		noted.Add(noted, exact(b.t, result.Field("payableAmount")))
	}
	if len(told) != len(payments) || len(made) != want || len(results) != want || paid.Cmp(noted) != 0 || want == 0 {
		b.t.Errorf("%d payments, %d read, %d bills of %d, %d results; paid %s, noted %s",
			len(payments), len(told), len(made), want, len(results), paid.FloatString(17), noted.FloatString(17))
	}
	b.t.Logf("%d payments, %d bills, %d results, %s in all", len(payments), len(made), len(results), paid.FloatString(17))
}

// TestPaymentsOf004 pushes the requests for payment that 每刻 paid down to payment bills by
// the shipped template, and hands each bill's number to the flow of the results. The payments
// wait until the flow of the bank accounts has read theirs; one whose request is not
// audited any more is refused alone, and goes once it is.
func TestPaymentsOf004(t *testing.T) {
	t.Parallel()
	b := bring(t, paymentsFlow, `startFrom: "2026-01-01 00:00:00"`, `startFrom: "2026-02-04 00:00:00"`)
	b.k3 = b.boxes["kingdee-k3cloud"]
	b.connect()
	b.publish()
	for _, name := range []string{resultsFlow, banksFlow} {
		b.ask("POST", "/flows/"+b.flows[name]+"/enable", struct{}{}, &ignored{})
	}
	const late = "FKSQ000007"
	b.inForm("CN_PAYAPPLY", "UnAudit", late)

	n := len(b.objects("maycur", "payment"))
	if run := b.start(b.flows[paymentsFlow]); !run.Balanced || run.Counts["accepted"] != n {
		t.Errorf("%d payments are there: %+v", n, run)
	}
	// The first may come before the bank accounts are indexed, and look again.
	b.eventually("no bank account is known", func() bool { return b.in(paymentsFlow, "unmapped") == n })
	if pushes := b.calls("kingdee-k3cloud", ".Push."); pushes != 0 {
		t.Errorf("%d were pushed to no organisation", pushes)
	}
	if run := b.start(b.flows[banksFlow]); !run.Balanced || run.Counts["collected"] != 2 {
		t.Errorf("the bank accounts: %+v", run)
	}
	b.eventually("all payments go", func() bool {
		return b.in(paymentsFlow, "delivered") == n-1 && b.in(resultsFlow, "collected") == n-1
	})
	b.paid(late)

	b.inForm("CN_PAYAPPLY", "Submit", late)
	b.inForm("CN_PAYAPPLY", "Audit", late)
	for key, d := range b.all(paymentsFlow) {
		if d.State == "rejected" {
			b.order("/documents/"+d.ID+"/retry", key, struct{}{}, false)
		}
	}
	b.eventually("the last payment goes", func() bool { return b.in(resultsFlow, "collected") == n })
	b.paid("")

	pushes := b.calls("kingdee-k3cloud", ".Push.")
	if again := b.start(b.flows[paymentsFlow]); !again.Balanced || again.Counts["accepted"] != 0 {
		t.Errorf("the second run is %+v", again)
	}
	if now := b.calls("kingdee-k3cloud", ".Push."); now != pushes {
		t.Errorf("the second run pushed %d times", now-pushes)
	}
	b.paid("")
}
