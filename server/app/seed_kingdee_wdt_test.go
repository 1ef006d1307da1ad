package app_test

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/item"
)

const (
	stockoutsTemplate = "../market/templates/kingdee-outstock-to-wangdiantong-stockout.yaml"
	stockoutsNow      = "2026-03-05T12:00:00+08:00"
	stockoutResults   = "5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0102"
	customersID       = "5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0103"
)

// toBoth begins what a flow between 金蝶 and 旺店通 says of itself, up to its nodes.
const toBoth = `spec:
  connections:
    k3: {connector: kingdee-k3cloud, settings: {address: env:K3_ADDRESS, acctId: env:K3_ACCT_ID, username: env:K3_USERNAME, login: password}, secrets: {password: env:K3_PASSWORD}}
    wdt: {connector: wangdiantong, settings: {address: env:WDT_ADDRESS, sid: env:WDT_SID, appKey: env:WDT_APP_KEY}, secrets: {appSecret: env:WDT_APP_SECRET}}
  nodes:
`

// stockoutCallback takes what became of each delivery.
const stockoutCallback = `apiVersion: karez/v1
kind: Flow
metadata: {id: ` + stockoutResults + `, name: stockout-results, title: 出库结果}
spec:
  nodes:
    - {id: results, type: inlet, settings: {key: "{{bill}}-{{warehouse}}", number: "{{stockout}}"}}
    - {id: keep, type: discard}
  edges: [{from: results, to: keep}]
`

// customersFlow collects 金蝶's customers, for names to be looked up. The deliveries that it lets go
// are written in its run, so the file has the target's account as well.
const customersFlow = `apiVersion: karez/v1
kind: Flow
metadata: {id: ` + customersID + `, name: customers, title: 客户}
` + toBoth + `    - id: customers
      type: source
      connection: k3
      settings:
        operation: executeBillQuery
        startFrom: "2000-01-01 00:00:00"
        params:
          - {field: FormId, value: BD_Customer}
          - {field: FNumber, value: FNumber}
          - {field: FName, value: FName}
          - {field: FModifyDate, value: FModifyDate}
    - {id: keep, type: discard}
  edges: [{from: customers, to: keep}]
`

// deliveries is 金蝶 and 旺店通 with the shipped template between them.
type deliveries struct {
	*world

	wdt string
	// collecting is the file of the flow of the customers.
	collecting string
}

// newDeliveries starts both systems. The template is changed so that its remark names the
// customer, which another flow collects, and that what became of a bill goes to a third flow.
func newDeliveries(t *testing.T) *deliveries {
	t.Helper()
	w := &deliveries{world: &world{t: t, data: t.TempDir()}}
	w.k3 = w.simulated("kingdee-k3cloud", "--now", stockoutsNow)
	w.wdt = w.simulated("wangdiantong", "--now", stockoutsNow)
	var k3, wdt map[string]string
	w.get(w.k3+"/_sandbox/credentials", &k3)
	w.get(w.wdt+"/_sandbox/credentials", &wdt)
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(),
		"K3_ADDRESS=" + w.k3, "K3_ACCT_ID=" + k3["acctId"], "K3_USERNAME=" + k3["username"], "K3_PASSWORD=" + k3["password"],
		"WDT_ADDRESS=" + w.wdt, "WDT_SID=" + wdt["sid"], "WDT_APP_KEY=" + wdt["appKey"], "WDT_APP_SECRET=" + wdt["appSecret"],
	}
	text, err := os.ReadFile(stockoutsTemplate)
	w.must(err)
	changed := string(text)
	for _, edit := range [][2]string{
		{`startFrom: "2026-01-01 00:00:00"`, `startFrom: "2026-03-05 06:00:00"`},
		{"  params:\n    - {key: isCheck", "  uses: {results: {flow: " + stockoutResults + "}, customers: {flow: " + customersID + "}}\n  params:\n    - {key: isCheck"},
		{
			`{field: remark, value: "金蝶销售出库 {{FBillNo}}"}`,
			`{field: remark, value: "_function CONCAT('金蝶销售出库 ', '{{FBillNo}}', ' ', _findCollection find FName from customers where FNumber={{FCustomerID_FNumber}} _endFind)", onMiss: park}`,
		},
		{
			`store: [{field: number, value: "{{Number}}"}]`,
			`store: [{field: number, value: "{{Number}}"}]` + "\n        to: results\n        document:\n" +
				`          - {field: bill, value: "{{FBillNo}}"}` + "\n" + `          - {field: warehouse, value: "{{FStockID_FNumber}}"}` + "\n" +
				`          - {field: stockout, value: "{{primaryWriteback.number}}"}`,
		},
	} {
		if strings.Count(changed, edit[0]) != 1 {
			t.Fatalf("the template does not say %q once", edit[0])
		}
		changed = strings.Replace(changed, edit[0], edit[1], 1)
	}
	w.flow, w.collecting = filepath.Join(t.TempDir(), "deliveries.yaml"), filepath.Join(t.TempDir(), "customers.yaml")
	w.must(os.WriteFile(w.flow, []byte(changed+"---\n"+stockoutCallback+"---\n"+customersFlow), 0o600))
	w.must(os.WriteFile(w.collecting, []byte(customersFlow), 0o600))
	return w
}

// collect reads the customers.
func (w *deliveries) collect() {
	w.t.Helper()
	flow := w.flow
	w.flow = w.collecting
	got, err := w.run()
	w.must(err)
	if w.flow = flow; got.Counts["collected"] != 5 {
		w.t.Fatalf("%+v", got)
	}
}

// booked are the pieces and the money of a bill in one warehouse.
type booked struct{ pieces, money *big.Rat }

func (s *booked) add(t *testing.T, pieces, money string) {
	t.Helper()
	if s.pieces == nil {
		s.pieces, s.money = new(big.Rat), new(big.Rat)
	}
	for _, part := range []struct {
		to   *big.Rat
		text string
	}{{s.pieces, pieces}, {s.money, money}} {
		n, ok := new(big.Rat).SetString(part.text)
		if !ok {
			t.Fatalf("%q is no number", part.text)
		}
		part.to.Add(part.to, n)
	}
}

// sent gives what 金蝶 delivered from the start until the lag before now, by outer_no, with the customers' names.
func (w *deliveries) sent() (by map[string]*booked, remarks map[string]string) {
	w.t.Helper()
	names := map[string]string{}
	for _, c := range w.listed("BD_Customer") {
		names[c.Field("FNumber").Text()] = c.Field("FName").Text()
	}
	by, remarks = map[string]*booked{}, map[string]string{}
	for _, bill := range w.listed("SAL_OUTSTOCK") {
		if at := bill.Field("FApproveDate").Text(); at < "2026-03-05T06:00:00" || at > "2026-03-05T11:58:00" {
			continue
		}
		for line := range bill.Field("FEntity").Elements() {
			outer := bill.Field("FBillNo").Text() + "-" + line.Path("FStockID.FNumber").Text()
			if by[outer] == nil {
				by[outer] = &booked{}
			}
			by[outer].add(w.t, line.Field("FRealQty").Text(), line.Field("FAllAmount").Text())
			remarks[outer] = "金蝶销售出库 " + bill.Field("FBillNo").Text() + " " + names[bill.Path("FCustomerID.FNumber").Text()]
		}
	}
	return by, remarks
}

func (w *deliveries) listed(form string) []item.Value { return w.shown(w.k3, form) }

func (w *deliveries) shown(system, kind string) []item.Value {
	w.t.Helper()
	var raw []json.RawMessage
	w.get(system+"/_sandbox/objects/"+kind, &raw)
	list := make([]item.Value, len(raw))
	for i, r := range raw {
		list[i] = item.Of(r)
	}
	return list
}

// agree compares every delivery with its stock-out and gives the stock-outs' numbers by outer_no.
func (w *deliveries) agree() map[string]string {
	w.t.Helper()
	want, remarks := w.sent()
	numbers := map[string]string{}
	all, got := &booked{}, &booked{}
	for _, out := range w.shown(w.wdt, "other_stockout") {
		outer := out.Field("outer_no").Text()
		if !strings.HasPrefix(outer, "XSCKD") {
			continue
		}
		if numbers[outer] != "" || want[outer] == nil {
			w.t.Errorf("stock-out %s is one too many", outer)
			continue
		}
		numbers[outer] = out.Field("order_no").Text()
		one := &booked{}
		one.add(w.t, out.Field("goods_count").Text(), out.Field("goods_total_amount").Text())
		if one.pieces.Cmp(want[outer].pieces) != 0 || one.money.Cmp(want[outer].money) != 0 || out.Field("remark").Text() != remarks[outer] {
			w.t.Errorf("%s has %s pieces of %s, noted %q; want %s of %s, %q", outer, one.pieces, one.money, out.Field("remark").Text(),
				want[outer].pieces, want[outer].money, remarks[outer])
		}
		got.add(w.t, one.pieces.FloatString(4), one.money.FloatString(8))
		all.add(w.t, want[outer].pieces.FloatString(4), want[outer].money.FloatString(8))
	}
	if len(numbers) != len(want) || len(want) == 0 || all.money == nil || all.money.Cmp(got.money) != 0 || all.pieces.Cmp(got.pieces) != 0 {
		w.t.Errorf("%d stock-outs of %d deliveries", len(numbers), len(want))
	}
	return numbers
}

// made counts the stock-outs that 旺店通 made.
func (w *deliveries) made() int {
	w.t.Helper()
	var state struct {
		Writes map[string]int `json:"writeCalls"`
	}
	w.get(w.wdt+"/_sandbox/state", &state)
	return state.Writes["stockout_order_push"]
}

// TestDeliveriesOf001 makes a stock-out in 旺店通 of every delivery of 金蝶 by the shipped
// template. The deliveries wait until the customers are known; then quantities and amounts are equal on
// both sides, each result reached the flow that it is handed to, and a second run writes nothing.
func TestDeliveriesOf001(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newDeliveries(t)
	want, _ := w.sent()
	first, err := w.run()
	w.must(err)
	if !first.Balanced || first.Counts["unmapped"] != len(want) || first.Counts["delivered"] != 0 || w.made() != 0 {
		t.Fatalf("no customer is known, and the run is %+v", first)
	}
	w.collect()
	second, err := w.run()
	w.must(err)
	numbers := w.agree()
	if !second.Balanced || second.Counts["pulled"] != second.Counts["unchanged"] {
		t.Errorf("%+v", second)
	}
	pushed := w.made()
	if pushed != len(want) {
		t.Errorf("%d were made of %d stock-outs", pushed, len(want))
	}
	third, err := w.run()
	w.must(err)
	if !third.Balanced || third.Counts["accepted"] != 0 || w.made() != pushed {
		t.Errorf("another run wrote %d stock-outs: %+v", w.made()-pushed, third)
	}
	w.agree()

	s := w.serve()
	s.ask("POST", "/setup", map[string]string{"token": s.token, "name": "amy", "password": "correct horse"}, &ignored{})
	handed := map[string]string{}
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				Key, Number, State string
			} `json:"items"`
			Next string `json:"next"`
		}
		s.ask("GET", "/documents?limit=200&flow="+stockoutResults+"&after="+cursor, nil, &page)
		for _, d := range page.Items {
			if handed[d.Key] != "" || d.State != "collected" {
				t.Errorf("the result %+v", d)
			}
			handed[d.Key] = d.Number
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for outer, number := range numbers {
		if handed[outer] != number || number == "" {
			t.Errorf("stock-out %s of %s was handed over as %q", number, outer, handed[outer])
		}
	}
	if len(handed) != len(numbers) {
		t.Errorf("%d results of %d stock-outs", len(handed), len(numbers))
	}
	t.Logf("%d deliveries, %d stock-outs, %d results", len(want), len(numbers), len(handed))
}
