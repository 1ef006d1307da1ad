package app_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/item"
)

// baseSet is a query of base data as the interface shows it.
type baseSet struct {
	Operation string `json:"operation"`
	Form      string `json:"form"`
	Documents int    `json:"documents"`
	Created   bool   `json:"created"`
	Run       string `json:"run"`
	Flow      *struct {
		ID      string `json:"id"`
		Enabled bool   `json:"enabled"`
	} `json:"flow"`
}

type baseSets struct {
	Items []baseSet `json:"items"`
}

// TestBaseDataByOneClick makes the flows of a system's base data, counts what they collect
// against the system, and looks a warehouse up from another flow.
func TestBaseDataByOneClick(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).recent()
	text, err := os.ReadFile(w.flow)
	w.must(err)
	s := w.serve()
	s.settle()
	var offered baseSets
	s.ask("GET", "/connections/k3/base-data", nil, &offered)
	var chosen []map[string]string
	for _, o := range offered.Items {
		if o.Flow != nil {
			t.Errorf("%s has a flow already", o.Form)
		}
		chosen = append(chosen, map[string]string{"operation": o.Operation, "form": o.Form})
	}
	if len(chosen) < 4 {
		t.Fatalf("%+v", offered)
	}
	var made, again baseSets
	s.ask("POST", "/connections/k3/base-data", map[string]any{"sets": chosen, "run": true}, &made)
	for _, m := range made.Items {
		if events := s.watch(m.Run, ""); !m.Created || !m.Flow.Enabled || events[len(events)-1].Data.State != "done" {
			t.Errorf("%s: %+v", m.Form, m)
		}
	}
	s.ask("POST", "/connections/k3/base-data", map[string]any{"sets": chosen}, &again)
	flows, counted := map[string]string{}, 0
	for i, m := range again.Items {
		if m.Created || m.Run != "" || m.Flow.ID != made.Items[i].Flow.ID {
			t.Errorf("a second click makes %+v", m)
		}
		flows[m.Form] = m.Flow.ID
		var there []json.RawMessage
		s.get(s.k3+"/_sandbox/objects/"+m.Form, &there)
		if m.Documents != len(there) || len(there) == 0 {
			t.Errorf("%s: %d were collected of %d", m.Form, m.Documents, len(there))
		}
		counted++
	}
	for _, form := range []string{"BD_MATERIAL", "BD_Customer", "BD_STOCK", "ORG_Organizations"} {
		if flows[form] == "" {
			t.Errorf("%s is not offered", form)
		}
	}
	if code := s.ask("POST", "/connections/k3/base-data", map[string]any{"sets": []map[string]string{{"operation": "executeBillQuery", "form": "SAL_OUTSTOCK"}}}, nil); code != 422 && code != 400 {
		t.Errorf("a bill is no base data: %d", code)
	}

	looking := strings.NewReplacer(
		"id: 5b0f6a52-7a2e-4f6e-9d0c-2f6f1c1a0001", "id: other",
		"  params:\n    - {key: orgCode", "  uses: {stocks: {flow: "+flows["BD_STOCK"]+"}}\n  params:\n    - {key: orgCode",
		`{field: FHeadNote, value: "{{remark}}"}`,
		`{field: FHeadNote, value: "_function CONCAT('<', _findCollection find FName from stocks where FNumber={{params.stockCode}} _endFind, '>')", onMiss: park}`,
	).Replace(string(text))
	docs, err := flow.Parse([]byte(looking))
	w.must(err)
	docs[0].Spec.Connections = nil
	var other struct {
		ID       string         `json:"id"`
		Problems []flow.Problem `json:"problems"`
	}
	s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(docs[0].JSON())}, &other)
	if flow.Blocking(other.Problems) {
		t.Fatalf("%+v", other.Problems)
	}
	s.ask("POST", "/flows/"+other.ID+"/publish", map[string]string{}, &ignored{})
	run := s.start(other.ID)
	s.delivered(run.ID) // what is new to be looked up is indexed first
	if s.ask("GET", "/runs/"+run.ID, nil, &run); run.Counts["unmapped"] != 0 || run.Counts["delivered"] == 0 {
		t.Errorf("%+v", run)
	}
	bills := s.bills()
	for no, bill := range bills {
		if note := item.Of(bill).Field("FHeadNote").Text(); len(note) < 3 || note[0] != '<' {
			t.Errorf("bill %s is noted %q", no, note)
		}
	}
	if len(bills) == 0 || counted == 0 {
		t.Error("no bill was written")
	}
}
