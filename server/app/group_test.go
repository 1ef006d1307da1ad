package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// billsOfShops is put before the map of the shipped flow: what a shop takes back
// becomes one bill, with one line for each price of each material.
const billsOfShops = `    - id: bills
      type: group
      settings:
        headerGroup: [shop_id]
        bodyName: items
        bodyGroup: [sku_id, price]
        calculate:
          - {field: items.r_qty}
          - {field: items.amount}
          - {field: items.amount, into: lines}
          - {field: refund, into: total}
          - {field: as_id, function: $min, into: first}
          - {field: confirm_date, function: $first}
    - id: bill
`

// ofShops rewrites the shipped flow so that it writes a bill for each shop.
func (w *world) ofShops() *world {
	w.t.Helper()
	w.recent()
	text, err := os.ReadFile(w.flow)
	w.must(err)
	changed := string(text)
	for _, change := range [][2]string{
		{"    - id: bill\n", billsOfShops},
		{`{field: FBillNo, value: "{{o_id}}"}`, `{field: FBillNo, value: "HB{{shop_id}}-{{first}}"}`},
		{`{field: FHeadNote, value: "{{remark}}"}`, `{field: FHeadNote, value: "{{total}}={{lines}}"}`},
		{`{field: FReturnType, value: THLX01_SYS}`, `{field: FNote, value: "{{items.amount}}"}`},
		{"{from: confirmed, to: bill}", "{from: confirmed, to: bills}\n    - {from: bills, to: bill}"},
	} {
		if strings.Count(changed, change[0]) != 1 {
			w.t.Fatalf("the shipped flow has not one %q", change[0])
		}
		changed = strings.Replace(changed, change[0], change[1], 1)
	}
	w.must(os.WriteFile(w.flow, []byte(changed), 0o600))
	return w
}

// sums are exact sums by name.
type sums map[string]*big.Rat

// add adds a decimal; its sign may be turned around.
func (s sums) add(t *testing.T, name, sign, text string) {
	t.Helper()
	n, ok := new(big.Rat).SetString(sign + text)
	if !ok || strings.ContainsAny(text, "eE/") {
		t.Fatalf("%s: %q is no plain decimal", name, text)
	}
	if s[name] == nil {
		s[name] = new(big.Rat)
	}
	s[name].Add(s[name], n)
}

// line adds a line of a shop, under its material and price.
func (s sums) line(t *testing.T, shop string, sku, price, qty, amount item.Value) {
	t.Helper()
	at, ok := new(big.Rat).SetString(price.Text())
	if !ok {
		t.Fatalf("price %q", price.Text())
	}
	name := shop + " " + sku.Text() + " " + at.RatString()
	s.add(t, name+" quantity", "", qty.Text())
	s.add(t, name+" amount", "", amount.Text())
}

func (s sums) texts() map[string]string {
	out := make(map[string]string, len(s))
	for name, n := range s {
		out[name] = n.RatString()
	}
	return out
}

// taken are the confirmed refunds of 聚水潭, as it holds them.
func (w *world) taken() []item.Value {
	w.t.Helper()
	var all []json.RawMessage
	w.get(w.jst+"/_sandbox/objects/refund", &all)
	var out []item.Value
	for _, raw := range all {
		r := item.Of(raw)
		if r.Field("modified").Text() >= since && r.Field("status").Text() == "Confirmed" {
			out = append(out, r)
		}
	}
	return out
}

// shopsAgree compares what 金蝶 holds of every shop with what 聚水潭 has, to the last
// digit; refunds that are left out are in no bill. It gives the bills by number.
func (w *world) shopsAgree(out ...string) map[string]json.RawMessage {
	w.t.Helper()
	want, got := sums{}, sums{}
	for _, r := range w.taken() {
		if slices.Contains(out, r.Field("as_id").Text()) {
			continue
		}
		shop := r.Field("shop_id").Text()
		want.add(w.t, shop, "", r.Field("refund").Text())
		for l := range r.Field("items").Elements() {
			want.line(w.t, shop, l.Field("sku_id"), l.Field("price"), l.Field("r_qty"), l.Field("amount"))
		}
	}
	bills := w.bills()
	for no, raw := range bills {
		bill, own := item.Of(raw), sums{}
		shop := bill.Path("FRetcustId.FNumber").Text()
		if !strings.HasPrefix(no, "HB"+shop+"-") {
			w.t.Errorf("bill %s is of shop %s", no, shop)
		}
		total, lines, _ := strings.Cut(bill.Field("FHeadNote").Text(), "=")
		got.add(w.t, shop, "", total)
		own.add(w.t, no, "", lines)
		prices := map[string]bool{}
		for l := range bill.Field("FEntity").Elements() {
			sku, price := l.Path("FMaterialId.FNumber"), l.Field("FPrice")
			if name := sku.Text() + " " + price.Text(); prices[name] {
				w.t.Errorf("bill %s has two lines of %s", no, name)
			} else {
				prices[name] = true
			}
			got.line(w.t, shop, sku, price, l.Field("FRealQty"), l.Field("FNote"))
			own.add(w.t, no, "-", l.Field("FNote").Text())
		}
		if own[no].Sign() != 0 {
			w.t.Errorf("bill %s and its lines differ by %s", no, own[no].RatString())
		}
	}
	if diff := cmp.Diff(want.texts(), got.texts()); diff != "" {
		w.t.Errorf("the shops (-聚水潭 +金蝶):\n%s", diff)
	}
	return bills
}

// allDelivered fails unless every confirmed refund stands as delivered in the ledger.
func (w *world) allDelivered() {
	w.t.Helper()
	address := w.db
	if address == "" {
		address = "sqlite:" + filepath.Join(w.data, "karez.db")
	}
	db := storetest.Open(w.t, address)
	var stream ledger.ID
	w.must(db.Read(w.t.Context()).Raw("SELECT id FROM stream WHERE node_id = 'refunds'").Scan(&stream).Error)
	documents, err := ledgerstore.New(db).Documents(w.t.Context(), stream, 0, 10000)
	w.must(err)
	states := map[string]ledger.State{}
	for _, d := range documents {
		states[d.Key] = d.State
	}
	for _, r := range w.taken() {
		if key := r.Field("as_id").Text(); states[key] != ledger.Delivered {
			w.t.Errorf("refund %s is %s", key, states[key])
		}
	}
}

// TestABillForEachShop: refunds are held, become one bill for each shop, and are
// delivered with it; the second run has nothing to add.
func TestABillForEachShop(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).ofShops()
	got, err := w.run()
	w.must(err)
	taken := len(w.taken())
	if got.State != "done" || !got.Balanced || got.Counts["delivered"] != taken || taken == 0 || got.Counts["held"] != 0 {
		t.Errorf("%d refunds, and the run is %+v", taken, got)
	}
	if bills := w.shopsAgree(); len(bills) != 5 {
		t.Errorf("%d bills for five shops", len(bills))
	}
	again, err := w.run()
	w.must(err)
	if !again.Balanced || again.Counts["accepted"] != 0 || len(w.bills()) != 5 {
		t.Errorf("the second run is %+v with %d bills", again, len(w.bills()))
	}
	w.allDelivered()
	w.sentOnce()
}

// TestKilledWhileGrouping ends the engine around and inside each transaction of groups:
// the next one has every refund in one bill.
func TestKilledWhileGrouping(t *testing.T) {
	t.Parallel()
	for _, mysql := range []bool{false, true} {
		for _, point := range points(mysql, append(failpoint.Grouping(), "after_intent", "after_send", "before_outcome")...) {
			t.Run(fmt.Sprint(point, " mysql ", mysql), func(t *testing.T) {
				t.Parallel()
				turn(t)
				w := newWorld(t).ofShops()
				if mysql {
					w.db = storetest.MySQL(t)
				}
				if _, err := w.run("KAREZ_FAILPOINT=" + point + ":1"); !errors.Is(err, errKilled) {
					t.Fatalf("the crash point was never passed: %v", err)
				}
				got, err := w.run()
				w.must(err)
				if !got.Balanced {
					t.Errorf("the balance does not hold: %+v", got)
				}
				w.shopsAgree()
				w.allDelivered()
				w.sentOnce()
			})
		}
	}
}

// grouped is a bill or a member of one, as the interface shows it.
type grouped struct {
	ID      string   `json:"id"`
	Key     string   `json:"key"`
	Number  string   `json:"number"`
	State   string   `json:"state"`
	Code    string   `json:"code"`
	Actions []string `json:"actions"`
	Bill    struct {
		Count   int       `json:"count"`
		Members []grouped `json:"members"`
	} `json:"bill"`
	Bills   []grouped `json:"bills"`
	Problem struct {
		Message string `json:"message"`
	} `json:"problem"`
}

// document asks for a document until it is in a state.
func (s *served) document(id, state string) grouped {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		var d grouped
		if s.ask("GET", "/documents/"+id, nil, &d); d.State == state {
			return d
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("still %+v", d)
		case <-ticker.C:
		}
	}
}

// TestBillsThatFail: a bill that 金蝶 refuses fails with all of its members, is sent
// again as a whole, and is made anew when one of them is taken out.
func TestBillsThatFail(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).ofShops()
	first := map[string]string{}
	for _, r := range w.taken() {
		if shop, id := r.Field("shop_id").Text(), r.Field("as_id").Text(); first[shop] == "" || id < first[shop] {
			first[shop] = id
		}
	}
	w.control(w.k3+"/_sandbox/faults", `{"set":{"refuseRows":[{"number":"HB10001-`+first["10001"]+`","field":"FDate","message":"会计期间已关闭","msgCode":11},`+
		`{"number":"HB10002-`+first["10002"]+`","field":"FMaterialId","message":"编码值[“新品”]不存在","msgCode":9},`+
		`{"number":"HB10003-`+first["10003"]+`","field":"FDate","message":"单据正在结账","msgCode":11}]}}`)
	s := w.serve()
	flow := s.settle()
	var run seen
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &run)
	events := s.watch(run.ID, "")
	if last := events[len(events)-1].Data; !last.Balanced || last.Counts["rejected"] == 0 || last.Counts["retry_at"] == 0 || last.Counts["delivered"] == 0 {
		t.Fatalf("%+v", last)
	}
	var bills struct {
		Items []grouped `json:"items"`
	}
	s.ask("GET", "/documents?limit=200&node=bills&flow="+flow, nil, &bills)
	var failed struct {
		Items []grouped `json:"items"`
	}
	s.ask("GET", "/documents?node=bills&state=rejected&run="+run.ID, nil, &failed)
	if len(bills.Items) != 5 || len(failed.Items) != 2 {
		t.Fatalf("%d bills, %d are rejected", len(bills.Items), len(failed.Items))
	}
	w.control(w.k3+"/_sandbox/faults", `{"set":{"refuseRows":[]}}`)
	for _, b := range bills.Items {
		bill := s.document(b.ID, b.State)
		if bill.Bill.Count != len(bill.Bill.Members) || bill.Bill.Count == 0 {
			t.Errorf("%+v", bill)
		}
		for _, m := range bill.Bill.Members {
			if m.State != b.State {
				t.Errorf("bill %s is %s and its member %s is %s", b.Number, b.State, m.Key, m.State)
			}
		}
		switch b.State {
		case "retry_at":
			s.ask("POST", "/documents/"+b.ID+"/retry", struct{}{}, &ignored{})
		case "rejected":
			if strings.HasPrefix(bill.Number, "10001") {
				s.takeOut(bill, first["10001"])
			} else {
				s.ask("POST", "/documents/"+b.ID+"/resend", map[string]any{"node": "k3"}, &ignored{})
			}
		}
	}
	for _, b := range bills.Items {
		for _, m := range s.document(b.ID, "delivered").Bill.Members {
			s.document(m.ID, "delivered")
		}
	}
	var out struct {
		Items []grouped `json:"items"`
	}
	s.ask("GET", "/documents?limit=200&state=rejected&flow="+flow, nil, &out)
	if len(out.Items) != 1 || out.Items[0].Code != "group.ejected" {
		t.Fatalf("%+v", out)
	}
	if len(w.shopsAgree(out.Items[0].Key)) != 5 {
		t.Error("there are not five bills")
	}
	s.sentOnce()
}

// takeOut takes a document out of a bill, not the one that the bill's number comes of.
// Nothing else can be done to it by itself.
func (s *served) takeOut(bill grouped, first string) {
	s.t.Helper()
	at := slices.IndexFunc(bill.Bill.Members, func(m grouped) bool { return m.Key != first })
	member := s.document(bill.Bill.Members[at].ID, "rejected")
	if !slices.Equal(member.Actions, []string{"eject"}) || len(member.Bills) != 1 || member.Bills[0].ID != bill.ID || !strings.Contains(member.Problem.Message, "会计期间已关闭") {
		s.t.Errorf("%+v", member)
	}
	if code := s.ask("POST", "/documents/"+member.ID+"/retry", struct{}{}, nil); code != http.StatusUnprocessableEntity {
		s.t.Errorf("retrying a member answers %d", code)
	}
	s.ask("POST", "/documents/"+member.ID+"/eject", map[string]any{"note": "下月再入"}, &ignored{})
	if gone := s.document(member.ID, "rejected"); !strings.HasSuffix(gone.Problem.Message, "下月再入") || slices.Contains(gone.Actions, "eject") {
		s.t.Errorf("%+v", gone)
	}
}
