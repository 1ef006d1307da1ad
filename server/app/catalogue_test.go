package app_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/server/market"
)

// knobs are what a person would fill in for the simulated systems.
type knobs struct {
	// from is where sources begin: those with a quota are read for hours, not years.
	from   string
	params map[string]string
	// tables are sources and targets in turn, by the names of code tables.
	tables map[string][]string
}

// catalogue has what the simulated systems make fitting, by template; every template has a row.
func catalogue() map[string]knobs {
	houses := []string{}
	for i, no := range []string{"CK001", "CK002", "CK003", "CK004", "CK005", "CK006"} {
		houses = append(houses, no, []string{"1520000000000000101", "1520000000000000102"}[i%2])
	}
	return map[string]knobs{
		"jushuitan-refund-to-kingdee-return":        {from: "2026-03-03 00:00:00"},
		"jushuitan-outstock-to-kingdee-outstock":    {from: "2026-03-03 00:00:00"},
		"jushuitan-receipt-to-kingdee-return":       {from: "2026-03-03 00:00:00"},
		"kingdee-outstock-to-wangdiantong-stockout": {from: "2026-03-05 06:00:00"},
		"kingdee-supplier-to-maycur-supplier":       {},
		"kingdee-employee-to-maycur-employee": {tables: map[string][]string{
			"每刻业务实体": {"100", "SI0001"}, "每刻部门": {"BM000001", "DI0001", "BM000002", "DI0002"},
		}},
		"maycur-payment-to-kingdee-payment": {from: "2026-02-04 00:00:00"},
		"kingdee-base-data":                 {},
		"jushuitan-base-data":               {from: "2026-03-01 00:00:00"},
		"wangdiantong-base-data":            {from: "2026-02-01 00:00:00"},
		"wangdiantong-stockout-to-wangdiantong-trade": {
			from: sentFrom, params: map[string]string{"shopNos": "S001,S007"},
			tables: map[string][]string{"快递100公司": {"ZTO", "zhongtong", "SF", "shunfeng", "YTO", "yuantong", "JD", "jd"}},
		},
		// 旺店通 has two codes more than 金蝶.
		"wangdiantong-stockout-to-kingdee-outstock": {from: sentFrom, tables: map[string][]string{
			"星空客户": {"S001", "10001", "S002", "10002", "S003", "10003", "S004", "10004", "S005", "10005", "S007", "10001"},
			"星空仓库": {"CK001", "1", "CK002", "2", "CK003", "1", "CK004", "2", "CK005", "1", "CK006", "2"},
			"星空物料": {"SKU-0401", "SKU-0001", "SKU-0402", "SKU-0002"},
		}},
		"wangdiantong-order-to-kingdee-jdy-order": {from: ordersFrom, tables: map[string][]string{
			"星辰客户": {"S001", "1520000000000000001", "S002", "1520000000000000002", "S003", "1520000000000000003", "S007", "1520000000000000001"},
			"星辰仓库": houses, "星辰单位": {"件", "1520000000000000201"},
		}},
	}
}

// TestCatalogueRuns copies every template of the market as a person does, with connections to
// the simulated systems and their code tables filled, runs its flows and counts what becomes of the
// documents: every flow accounts for what it read, and something arrives. One that does not is not
// listed. Short runs take the newest templates alone.
func TestCatalogueRuns(t *testing.T) {
	t.Parallel()
	shipped, err := market.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	rows, under := catalogue(), []string{"waiting", "held"}
	for _, one := range shipped {
		id := one.Metadata.ID
		row, ok := rows[id]
		if !ok {
			t.Errorf("the template %s was never run", id)
			continue
		}
		if os.Getenv("KAREZ_TEST_LONG") == "" && id != "kingdee-supplier-to-maycur-supplier" {
			continue
		}
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			b := bring(t, id)
			b.connect()
			ids := b.copies(id, row)
			b.tables(row)
			var runnable []string
			for i, doc := range slices.Backward(b.docs) { // those that others use come behind them
				b.flows[doc.Metadata.Name] = ids[i]
				b.ask("POST", "/flows/"+ids[i]+"/publish", map[string]string{"note": "模板"}, &ignored{})
				b.ask("POST", "/flows/"+ids[i]+"/enable", struct{}{}, &ignored{})
				for _, n := range doc.Spec.Nodes {
					if n.Type == "source" {
						runnable = append(runnable, doc.Metadata.Name)
					}
				}
			}
			for _, name := range runnable {
				if run := b.start(b.flows[name]); !run.Balanced || run.Counts["accepted"]+run.Counts["collected"] == 0 {
					t.Errorf("%s: %+v", name, run)
				}
			}
			b.eventually("something arrives", func() bool { return b.count("delivered", "collected") > 0 && b.count(under...) == 0 })
			for _, doc := range b.docs {
				t.Logf("%s · %s: %s", id, doc.Metadata.Title, b.tally(doc.Metadata.Name))
			}
		})
	}
}

// copies makes a copy of a template and gives the ids of its flows.
func (b *seeded) copies(template string, row knobs) (ids []string) {
	b.t.Helper()
	connections := map[string]string{}
	for _, doc := range b.docs {
		for name := range doc.Spec.Connections {
			connections[name] = name
		}
	}
	body := map[string]any{"connections": connections}
	if row.from != "" {
		body["startFrom"] = row.from
	}
	if row.params != nil {
		body["params"] = row.params
	}
	var made struct{ Flows []struct{ ID string } }
	b.ask("POST", "/templates/"+template+"/copy", body, &made)
	if len(made.Flows) != len(b.docs) {
		b.t.Fatalf("%d flows of %d", len(made.Flows), len(b.docs))
	}
	for _, f := range made.Flows {
		ids = append(ids, f.ID)
	}
	return ids
}

// begin makes a copy of a template of one flow, with its code tables filled, and publishes it.
func (b *seeded) begin(template string, row knobs) string {
	b.t.Helper()
	id := b.copies(template, row)[0]
	b.tables(row)
	b.flows[template] = id
	b.ask("POST", "/flows/"+id+"/publish", map[string]string{"note": "模板"}, &ignored{})
	return id
}

// tables fills the code tables that a copy made.
func (b *seeded) tables(row knobs) {
	b.t.Helper()
	var have struct{ Items []struct{ ID, Name string } }
	b.ask("GET", "/code-tables", nil, &have)
	for _, table := range have.Items {
		b.translate(table.ID, row.tables[table.Name]...)
	}
}

// count counts the documents of all flows in states.
func (b *seeded) count(states ...string) (n int) {
	b.t.Helper()
	for name := range b.flows {
		for _, d := range b.all(name) {
			if slices.Contains(states, d.State) {
				n++
			}
		}
	}
	return n
}

// tally tells how many documents of a flow are in which state.
func (b *seeded) tally(name string) string {
	b.t.Helper()
	n := map[string]int{}
	for _, d := range b.all(name) {
		n[d.State]++
	}
	parts := []string{}
	for state, times := range n {
		parts = append(parts, fmt.Sprintf("%d %s", times, state))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
