package app_test

import (
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
)

const shares = `    - id: shares
      type: units/share
      settings: {amount: o_id, by: r_qty, into: part, onZero: equal}
    - id: bill
`

// sharing is the shipped flow with a plugin's node on the way.
func sharing(t *testing.T, w *world, more ...string) {
	t.Helper()
	text, err := os.ReadFile(w.flow)
	w.must(err)
	changed := strings.NewReplacer(append(more,
		"    - id: bill\n", shares, "{from: confirmed, to: bill}", "{from: confirmed, to: shares}\n    - {from: shares, to: bill}",
		"              - {field: FPrice,", "              - {field: FNote, value: \"{{items.part}}\"}\n              - {field: FPrice,",
	)...).Replace(string(text))
	if !strings.Contains(changed, "to: shares}") {
		t.Fatal("the shipped flow has other edges than the test knows")
	}
	w.must(os.WriteFile(w.flow, []byte(changed), 0o600))
}

// TestAPluginsNodeInTheFlow runs a node that an installed plugin brings, in the plugin's
// process: the shares of each bill add up, and digits that it does not touch arrive.
func TestAPluginsNodeInTheFlow(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).recent()
	sharing(t, w, "\nspec:\n", "\nspec:\n  connectors: {units: \"1.0\"}\n")
	got, err := w.run()
	w.must(err)
	bills := w.bills()
	if !got.Balanced || len(bills) == 0 || got.Counts["delivered"] != len(bills) {
		t.Errorf("%d bills, run %+v", len(bills), got)
	}
	for no, raw := range bills {
		var bill struct {
			Lines []struct {
				Part string `json:"FNote"`
			} `json:"FEntity"`
		}
		w.must(json.Unmarshal(raw, &bill))
		sum := new(big.Rat)
		for _, line := range bill.Lines {
			part, ok := new(big.Rat).SetString(line.Part)
			if !ok {
				t.Fatalf("bill %s has the share %q", no, line.Part)
			}
			sum.Add(sum, part)
		}
		if sum.RatString() != no {
			t.Errorf("the shares of bill %s add up to %s", no, sum.RatString())
		}
	}
	of := w.byOrder()
	for _, r := range w.refunds(since) {
		if raw := bills[r.OID.String()]; raw != nil && !matches(t, raw, of[r.OID]) {
			t.Errorf("bill %s lost digits: %s", r.OID, raw)
		}
	}
}

// A file is checked against what is installed, down to the settings that only the plugin's
// code understands; its node has tests as others have.
func TestAPluginsNodeIsChecked(t *testing.T) {
	t.Parallel()
	const doc = `
apiVersion: karez/v1
kind: Flow
metadata: {title: Boxes}
spec:
  connectors: {PINS}
  nodes:
    - {id: orders, type: source, connection: nowhere, settings: {operation: orders}}
    - {id: pieces, type: TYPE, settings: {to: pcs, units: [{unit: box, factor: "FACTOR"}]}}
    - {id: end, type: discard}
  edges: [{from: orders, to: pieces}, {from: pieces, to: end}]
  tests:
    - {name: three boxes, node: pieces, input: {qty: 3, unit: box, id: 9007199254740993}, expect: {outputs: [{body: {qty: 36, unit: pcs, id: 9007199254740993}}]}}
`
	for _, tt := range []struct{ pins, kind, factor, want string }{
		{"", "units/convert", "12", ""},
		{"units: \"1\"", "units/convert", "12", ""},
		{"", "units/convert", "0", "units.factor at spec.nodes[1].settings.units[0].factor"},
		{"units: \"9\"", "units/convert", "12", "node.plugin_missing at spec.nodes[1].type"},
		{"", "units/weigh", "12", "node.not_in_plugin at spec.nodes[1].type"},
		{"", "nobody/convert", "12", "node.plugin_missing at spec.nodes[1].type"},
	} {
		text := strings.NewReplacer("PINS", tt.pins, "TYPE", tt.kind, "FACTOR", tt.factor).Replace(doc)
		file := write(t, "flow.yaml", text)
		_, out, errs := karez(t, nil, "flow", "validate", "--json", file)
		var checked struct {
			Problems []struct {
				Code string `json:"code"`
				Path string `json:"path"`
			} `json:"problems"`
		}
		if err := json.Unmarshal([]byte(out), &checked); err != nil {
			t.Fatalf("%v: %s%s", err, out, errs)
		}
		var found []string
		for _, p := range checked.Problems {
			if strings.HasPrefix(p.Path, "spec.nodes[1]") || strings.HasPrefix(p.Path, "spec.connectors") {
				found = append(found, p.Code+" at "+p.Path)
			}
		}
		if strings.Join(found, ", ") != tt.want {
			t.Errorf("%+v: %v", tt, found)
		}
		if tt.want != "" {
			continue
		}
		if code, out, errs := karez(t, nil, "flow", "test", file); code != 0 || !strings.Contains(out, "1 tests, 0 failed") {
			t.Errorf("the node's test: %s%s", out, errs)
		}
	}
}

// The running server's palette has the node, its connections have not, and a flow with it is
// published and runs.
func TestAPluginsNodeServed(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).recent()
	sharing(t, w)
	s := w.serve()
	id := s.settle()
	var nodes struct {
		Items []struct {
			Type  string `json:"type"`
			Title struct {
				ZH string `json:"zh"`
				EN string `json:"en"`
			} `json:"title"`
			Settings []struct {
				Key string `json:"key"`
			} `json:"settings"`
		} `json:"items"`
	}
	s.ask("GET", "/catalog/nodes", nil, &nodes)
	shown := false
	for _, n := range nodes.Items {
		shown = shown || n.Type == "units/share" && n.Title.ZH == "金额分摊" && n.Title.EN == "Share an amount" && len(n.Settings) == 6
	}
	if !shown || s.serves("units") {
		t.Errorf("%+v", nodes)
	}
	var started seen
	s.ask("POST", "/flows/"+id+"/runs", struct{}{}, &started)
	events := s.watch(started.ID, "")
	last := events[len(events)-1]
	if last.Data.State != "done" || !last.Data.Balanced || last.Data.Counts["delivered"] == 0 || last.Data.Counts["rejected"] != 0 {
		t.Errorf("%+v", last)
	}
	for no, raw := range w.bills() {
		if !strings.Contains(string(raw), `"FNote"`) {
			t.Errorf("bill %s came without shares: %s", no, raw)
		}
	}
}
