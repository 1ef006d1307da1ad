package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/karezflow/karez/server/store/storetest"
)

// collecting is a flow that collects the orders of the simulated 聚水潭.
const collecting = `
apiVersion: karez/v1
kind: Flow
metadata: {id: 7c9e6679-0000-4000-8000-000000000001, name: orders, title: 订单采集}
spec:
  connections: {jst: {connector: jushuitan, settings: {address: env:JST_ADDRESS, appKey: env:JST_APP_KEY}, secrets: {appSecret: env:JST_APP_SECRET}}}
  nodes:
    - {id: orders, type: source, connection: jst, settings: {operation: orders.single.query, startFrom: "SINCE"}}
    - {id: keep, type: discard, settings: {}}
  edges: [{from: orders, to: keep}]
`

// looking is a flow that reads the same orders and looks up what the other one collected.
const looking = `
apiVersion: karez/v1
kind: Flow
metadata: {id: 7c9e6679-0000-4000-8000-000000000002, name: looking, title: 联查订单}
spec:
  uses: {orders: {flow: 7c9e6679-0000-4000-8000-000000000001}}
  connections: {jst: {connector: jushuitan, settings: {address: env:JST_ADDRESS, appKey: env:JST_APP_KEY}, secrets: {appSecret: env:JST_APP_SECRET}}}
  nodes:
    - {id: again, type: source, connection: jst, settings: {operation: orders.single.query, startFrom: "SINCE"}}
    - id: bill
      type: map
      settings:
        fields:
          - {field: FBillNo, value: "{{o_id}}"}
          - {field: FShop, value: "_findCollection find shop_id from orders where o_id={{o_id}} WHERE", onMiss: park}
    - {id: keep, type: discard, settings: {}}
  edges: [{from: again, to: bill}, {from: bill, to: keep}]
`

// TestIndexedBeforeARun collects orders, then runs a flow that looks them up: what was there
// before is indexed before it runs. What is not found parks documents.
func TestIndexedBeforeARun(t *testing.T) {
	t.Parallel()
	for dialect, db := range map[string]func(*testing.T) string{"sqlite": nil, "mysql": storetest.MySQL} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			turn(t)
			w := newWorld(t)
			if db != nil {
				w.db = db(t)
			}
			w.args = []string{"--retry-for", "5s"}
			write := func(text, where string) {
				w.flow = filepath.Join(t.TempDir(), "flow.yaml")
				w.must(os.WriteFile(w.flow, []byte(strings.NewReplacer("SINCE", since, " WHERE", where).Replace(text)), 0o600))
			}
			write(collecting, "")
			collected, err := w.run()
			orders := collected.Counts["collected"]
			if err != nil || orders == 0 || orders != collected.Counts["accepted"] {
				t.Fatalf("%+v, %v", collected, err)
			}
			write(looking, "")
			found, err := w.run()
			if err != nil || found.Counts["collected"] != orders || !found.Balanced {
				t.Errorf("%+v, %v", found, err)
			}
			write(strings.NewReplacer("000002", "000003", "name: looking", "name: missing").Replace(looking), " shop_id='nobody'")
			missed, err := w.run()
			if err != nil || missed.Counts["unmapped"] != orders || !missed.Balanced {
				t.Errorf("%+v, %v", missed, err)
			}
		})
	}
}
