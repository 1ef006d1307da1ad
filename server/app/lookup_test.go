package app_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

// orders is a flow that only collects, for others to look into. The documents that it
// lets go are delivered in its run, so the file has the target's account as well.
const orders = `apiVersion: karez/v1
kind: Flow
metadata: {id: 5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0002, name: orders, title: 订单}
spec:
  connections:
    jst: {connector: jushuitan, settings: {address: env:JST_ADDRESS, appKey: env:JST_APP_KEY}, secrets: {appSecret: env:JST_APP_SECRET}}
    k3: {connector: kingdee-k3cloud, settings: {address: env:K3_ADDRESS, acctId: env:K3_ACCT_ID, username: env:K3_USERNAME, login: password}, secrets: {password: env:K3_PASSWORD}}
  nodes:
    - {id: rows, type: source, connection: jst, settings: {operation: orders.single.query, startFrom: "2021-05-25 00:00:00"}}
    - {id: end, type: discard}
  edges: [{from: rows, to: end}]
`

// looking rewrites the shipped flow so that its bills have the number of their order,
// which another flow of the file collects. It gives the file of that flow alone.
func (w *world) looking() string {
	w.t.Helper()
	w.recent()
	text, err := os.ReadFile(w.flow)
	w.must(err)
	changed := strings.NewReplacer(
		"  params:\n    - {key: orgCode", "  uses: {orders: {flow: 5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0002}}\n  params:\n    - {key: orgCode",
		`{field: FHeadNote, value: "{{remark}}"}`,
		`{field: FHeadNote, value: "_function CONCAT('<', _findCollection find so_id from orders where o_id={{o_id}} _endFind, '>')", onMiss: park}`,
	).Replace(string(text))
	if strings.Count(changed, "_findCollection") != 1 || !strings.Contains(changed, "uses:") {
		w.t.Fatal("the shipped flow is another one than this test knows")
	}
	w.must(os.WriteFile(w.flow, []byte(changed+"---\n"+orders), 0o600))
	other := filepath.Join(w.t.TempDir(), "orders.yaml")
	w.must(os.WriteFile(other, []byte(orders), 0o600))
	return other
}

// TestDocumentsWaitForAnotherFlow: refunds wait until their orders were read, whenever
// the engine is killed meanwhile; those of other orders wait on.
func TestDocumentsWaitForAnotherFlow(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t)
	other := w.looking()
	first, err := w.run()
	w.must(err)
	waiting := first.Counts["unmapped"]
	if waiting == 0 || first.Counts["delivered"] != 0 || !first.Balanced {
		t.Fatalf("nothing is known of orders, and the run is %+v", first)
	}
	refunds := w.flow
	w.flow = other
	random := rand.New(rand.NewPCG(1, 1))
	for range 6 {
		w.killAfter(time.Duration(100+random.IntN(900)) * time.Millisecond)
	}
	_, err = w.run()
	w.must(err)
	w.flow = refunds
	_, err = w.run()
	w.must(err)

	address := w.db
	if address == "" {
		address = "sqlite:" + filepath.Join(w.data, "karez.db")
	}
	db := storetest.Open(t, address)
	store := ledgerstore.New(db)
	read := func(node string) []ledger.Document {
		var stream ledger.ID
		w.must(db.Read(t.Context()).Raw("SELECT id FROM stream WHERE node_id = ?", node).Scan(&stream).Error)
		documents, err := store.Documents(t.Context(), stream, 0, 10000)
		w.must(err)
		return documents
	}
	known := map[string]bool{}
	for _, d := range read("rows") {
		known[d.Key] = true
	}
	met := map[bool]int{}
	for _, d := range read("refunds") {
		problem, _, err := store.Problem(t.Context(), d.ID)
		w.must(err)
		body, err := store.Body(t.Context(), d.ID)
		w.must(err)
		if d.State == ledger.Filtered {
			continue
		}
		has := known[item.Of(body).Field("o_id").Text()]
		met[has]++
		if waits := d.State == ledger.Unmapped && problem.Code == "lookup.nothing_found"; waits == has {
			t.Errorf("refund %s, whose order is known: %t, is %s with %+v", d.Key, has, d.State, problem)
		}
	}
	if met[true] == 0 || met[false] == 0 || met[true]+met[false] != waiting {
		t.Errorf("%d refunds have an order, %d have none, %d waited", met[true], met[false], waiting)
	}
	bills := w.bills()
	for no, bill := range bills {
		if note := item.Of(bill).Field("FHeadNote").Text(); !strings.HasPrefix(note, "<SO") {
			t.Errorf("bill %s is noted %s instead of its order", no, note)
		}
	}
	if len(bills) == 0 {
		t.Error("no bill was written")
	}
	w.sentOnce()
}
