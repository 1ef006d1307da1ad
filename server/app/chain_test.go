package app_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

const nextID = "5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0002"

// reading is a flow that reads what the second one has delivered.
const reading = `
apiVersion: karez/v1
kind: Flow
metadata: {id: reader, title: 只读取}
spec:
  uses: {up: {flow: ` + nextID + `}}
  nodes:
    - {id: upstream, type: inlet, settings: {from: up}}
    - {id: all, type: discard}
  edges: [{from: upstream, to: all}]
`

// chained rewrites the shipped flow into a chain: what was written in 金蝶 is handed
// over, with the number that 金蝶 gave it, to a second flow that writes a bill of its
// own. A third flow has nothing to do with them; a fourth reads what the second stored.
func (w *world) chained() *world {
	w.t.Helper()
	w.recent()
	text, err := os.ReadFile(w.flow)
	w.must(err)
	first := strings.NewReplacer(
		"  nodes:\n", "  uses: {next: {flow: "+nextID+"}}\n  nodes:\n",
		`{field: number, value: "{{Number}}"}]`, `{field: number, value: "{{Number}}"}]`+"\n        to: next\n        document: true",
	).Replace(string(text))
	second := string(text)
	for _, cut := range [][2]string{{"  connections:\n", "  nodes:\n"}, {"    - id: span\n", "    - id: confirmed\n"}} {
		head, rest, _ := strings.Cut(second, cut[0])
		_, tail, _ := strings.Cut(rest, cut[1])
		second = head + cut[1] + tail
	}
	second = strings.NewReplacer(
		"5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0001", nextID, "title: 聚水潭退货退款 → 金蝶云星空销售退货", "title: 回调后再写一张单",
		"    - id: confirmed\n", "    - {id: upstream, type: inlet, settings: {key: \"{{primaryWriteback.number}}\"}}\n    - id: confirmed\n",
		`{field: FBillNo, value: "{{o_id}}"}`, `{field: FBillNo, value: "CB{{primaryWriteback.number}}"}`,
		"    - {from: span, to: pages}\n    - {from: pages, to: refunds}\n    - {from: refunds, to: confirmed}\n", "    - {from: upstream, to: confirmed}\n",
	).Replace(second)
	third := strings.NewReplacer(nextID, "5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0003", "title: 回调后再写一张单", "title: 另一个方案").Replace(second)
	w.must(os.WriteFile(w.flow, []byte(first+"\n---\n"+second+"\n---\n"+third+"\n---\n"+reading), 0o600))
	return w
}

// TestAChainInOneFile runs a flow and the flow that it hands over to.
func TestAChainInOneFile(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).chained()
	got, err := w.run()
	w.must(err)
	w.linked(got)
	if len(got.Imported) != 1 || got.Imported[0].ID == nextID {
		t.Errorf("imported are %+v", got.Imported)
	}
	again, err := w.run()
	w.must(err)
	if n := again.Flows[0].Counts["pulled"]; n != 0 {
		t.Errorf("the second run handed over %d documents again", n)
	}
	w.links()
	w.sentOnce()
}

// linked checks that every refund that was written was handed over and written again.
func (w *world) linked(got outcome) {
	w.t.Helper()
	if !got.Balanced || len(got.Flows) != 2 {
		w.t.Fatalf("the run is %+v", got)
	}
	next, delivered := got.Flows[0], got.Counts["delivered"]
	if next.ID != nextID || next.State != "done" || !next.Balanced || delivered == 0 || next.Counts["pulled"] != delivered || next.Counts["delivered"] != delivered {
		w.t.Errorf("%d were delivered, and the next flow is %+v", delivered, next)
	}
	if reader := got.Flows[1]; reader.State != "done" || !reader.Balanced || reader.Counts["collected"] != delivered {
		w.t.Errorf("%d were delivered, and the flow that reads is %+v", delivered, reader)
	}
	w.links()
}

// links compares what both flows wrote, in 金蝶 and in the ledger.
func (w *world) links() {
	w.t.Helper()
	bills, first, second := w.bills(), 0, 0
	for no := range bills {
		if strings.HasPrefix(no, "CB") {
			second++
			if bills[strings.TrimPrefix(no, "CB")] == nil {
				w.t.Errorf("bill %s follows none", no)
			}
		} else {
			first++
		}
	}
	if first != second || first == 0 {
		w.t.Errorf("%d bills, and %d that follow them", first, second)
	}
	if done, handed := w.handovers(); done != handed || done != first {
		w.t.Errorf("%d bills, %d deliveries with a writeback, %d hand-overs", first, done, handed)
	}
}

// handovers counts, in the ledger, what the first flow wrote and what it handed over.
func (w *world) handovers() (done, handed int) {
	w.t.Helper()
	address := w.db
	if address == "" {
		address = "sqlite:" + filepath.Join(w.data, "karez.db")
	}
	db, err := store.Open(w.t.Context(), store.Config{URL: address, Clock: time.Now})
	w.must(err)
	defer func() { w.must(db.Close()) }() // the engine opens it again
	tx := db.Read(w.t.Context())
	w.must(tx.Raw("SELECT COUNT(*) FROM delivery d JOIN document o ON o.id = d.document_id JOIN stream s ON s.id = o.stream_id"+
		" WHERE d.state = ? AND s.node_id = 'refunds'", ledger.DeliveryDone).Scan(&done).Error)
	w.must(tx.Raw("SELECT COUNT(*) FROM handover WHERE node_no <> 0").Scan(&handed).Error)
	return done, handed
}

// TestKilledBetweenTheFlows ends the engine around the outcome of a walk: at every
// moment as many documents are handed over as were written, and in the end each was
// handed over once and written once.
func TestKilledBetweenTheFlows(t *testing.T) {
	t.Parallel()
	for _, mysql := range []bool{false, true} {
		for _, point := range points(mysql, "before_outcome:1", "after_outcome:1", "before_outcome:2", "after_outcome:3", "after_send:2") {
			t.Run(fmt.Sprint(point, " mysql ", mysql), func(t *testing.T) {
				t.Parallel()
				turn(t)
				w := newWorld(t).chained()
				if mysql {
					w.db = storetest.MySQL(t)
				}
				if _, err := w.run("KAREZ_FAILPOINT=" + point); !errors.Is(err, errKilled) {
					t.Fatalf("the crash point was never passed: %v", err)
				}
				if done, handed := w.handovers(); done != handed {
					t.Errorf("%d were written and %d handed over", done, handed)
				}
				got, err := w.run()
				w.must(err)
				if !got.Balanced || !got.Flows[0].Balanced {
					t.Errorf("the balance does not hold: %+v", got)
				}
				w.links()
				w.sentOnce()
			})
		}
	}
}
