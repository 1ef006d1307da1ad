package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// inVersions makes a return of each row of a file. Its bills say which version mapped them, and
// its first version takes for granted that 金蝶 has every material of the file.
const inVersions = `
apiVersion: karez/v1
kind: Flow
metadata: {id: in-versions, name: in-versions, title: 退货表 → 金蝶}
` + toKingdee + `    - {id: refunds, type: file, settings: {from: folder, folder: in, key: "{{no}}", number: "{{no}}", columns: [{column: qty, type: decimal}]}}
` + returnHead + `          - {field: FBillNo, value: "{{no}}"}
          - {field: FRetcustId, value: "10001"}
          - {field: FHeadNote, value: "第一版"}
          - field: FEntity
            type: array
            children:
              - {field: FMaterialId, value: "{{sku}}"}
              - {field: FRealQty, value: "{{qty}}"}
              - {field: FOwnerTypeId, value: BD_OwnerOrg}
              - {field: FOwnerId, value: "100"}
              - {field: FStockId, value: "1"}
    - {id: k3, type: target, connection: k3, settings: {operation: batchSave, key: "{{FBillNo}}", rows: 100, retry: {business: 1s}, params: [{field: FormId, value: SAL_RETURNSTOCK}]}}
  edges: [{from: refunds, to: bill}, {from: bill, to: k3}]
`

// history is what the interface tells of a flow's versions.
type history struct {
	Items []struct {
		No       int    `json:"no"`
		Note     string `json:"note"`
		Author   string `json:"author"`
		Hash     string `json:"hash"`
		From     int    `json:"from"`
		Newest   bool   `json:"newest"`
		InFlight int    `json:"inFlight"`
	} `json:"items"`
}

// walked is a document with the version that it walked with.
type walked struct {
	ID         string `json:"id"`
	Number     string `json:"number"`
	State      string `json:"state"`
	Version    int    `json:"version"`
	Deliveries []struct {
		Attempt int `json:"attempt"`
	} `json:"deliveries"`
}

// dossiers reads every document of a flow wholly, by its number.
func (s *served) dossiers(flow string) map[string]walked {
	s.t.Helper()
	all := map[string]walked{}
	for cursor := ""; ; {
		var page struct {
			Items []walked `json:"items"`
			Next  string   `json:"next"`
		}
		s.ask("GET", "/documents?limit=200&flow="+flow+"&after="+cursor, nil, &page)
		for _, d := range page.Items {
			var whole walked
			s.ask("GET", "/documents/"+d.ID, nil, &whole)
			whole.ID = d.ID
			all[d.Number] = whole
		}
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// reach waits until a run has come so far.
func (s *served) reach(run, what string, holds func(seen) bool) (now seen) {
	s.t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for range 2400 {
		if s.ask("GET", "/runs/"+run, nil, &now); holds(now) {
			return now
		}
		<-ticker.C
	}
	s.t.Fatalf("not in time: %s: %+v", what, now)
	return now
}

// many puts a file of rows into the folder: their numbers count from a place on, every so
// manyth names a material that 金蝶 does not have.
func (w *world) many(name string, from, n, odd int) {
	w.t.Helper()
	rows := make([]string, n)
	for i := range rows {
		sku := "SKU-0001"
		if odd > 0 && i%odd == 0 {
			sku = "SKU-9001"
		}
		rows[i] = fmt.Sprintf("R%05d,%s,1", from+i, sku)
	}
	w.table(name, "no,sku,qty", rows...)
}

// TestPublishedWhileDocumentsWait: what was read walks with the version that it was read with,
// through every retry of the program's own; what a person retries walks with the newest; what
// is read after going back walks as it did first.
func TestPublishedWhileDocumentsWait(t *testing.T) {
	t.Parallel()
	turn(t)
	const first, later, odd = 5000, 100, 250
	w := newWorld(t)
	w.flow = filepath.Join(t.TempDir(), "in-versions.yaml")
	w.must(os.WriteFile(w.flow, []byte(inVersions), 0o600))
	w.many("1.csv", 0, first, odd)
	s := w.serve()
	flow := s.settle()
	// Each call takes long enough that almost all wait while the next version comes.
	w.control(w.k3+"/_sandbox/faults", `{"faults":[{"path":"BatchSave","kind":"delay","delayMs":3000,"times":100000}]}`)
	var run seen
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &run)
	queued := s.reach(run.ID, "all are read", func(now seen) bool { return now.Counts["accepted"] == first })

	var f struct {
		Document json.RawMessage `json:"document"`
	}
	s.ask("GET", "/flows/"+flow, nil, &f)
	fixed := strings.NewReplacer("第一版", "第二版", `"value":"{{sku}}"`, `"value":"SKU-0001"`).Replace(string(f.Document))
	s.ask("PUT", "/flows/"+flow, map[string]any{"document": json.RawMessage(fixed)}, &ignored{})
	var differs struct {
		Nodes []struct {
			ID      string `json:"id"`
			Changes []struct {
				Path   string `json:"path"`
				Before struct {
					Text string `json:"text"`
				} `json:"before"`
				After struct {
					Text string `json:"text"`
				} `json:"after"`
			} `json:"changes"`
		} `json:"nodes"`
	}
	s.ask("GET", "/flows/"+flow+"/diff?from=1&to=draft", nil, &differs)
	if len(differs.Nodes) != 1 || len(differs.Nodes[0].Changes) != 2 || differs.Nodes[0].Changes[1].Path != "fields.FEntity.FMaterialId" || differs.Nodes[0].Changes[1].After.Text != "SKU-0001" {
		t.Errorf("%+v", differs)
	}
	s.ask("POST", "/flows/"+flow+"/publish", map[string]string{"note": "物料编码"}, &ignored{})
	var h history
	s.ask("GET", "/flows/"+flow+"/versions", nil, &h)
	if len(h.Items) != 2 || h.Items[0].InFlight != 0 || !h.Items[0].Newest || h.Items[1].InFlight < first*8/10 || h.Items[1].InFlight > first || h.Items[0].Author != "amy" {
		t.Fatalf("of %+v: %+v", queued.Counts, h)
	}
	t.Logf("version 2 was published while %d of %d documents were queued", h.Items[1].InFlight, first)

	w.many("2.csv", first, later, 0)
	w.control(w.k3+"/_sandbox/faults", `{"faults":[]}`)
	settled := func(now seen) bool {
		return now.State == "done" && now.Counts["waiting"]+now.Counts["claimed"]+now.Counts["held"] == 0
	}
	s.reach(run.ID, "all are written", settled)
	var second seen
	s.ask("POST", "/flows/"+flow+"/runs", struct{}{}, &second)
	if got := s.reach(second.ID, "the later ones are written", settled); got.Counts["delivered"] != later || !got.Balanced {
		t.Errorf("%+v", got)
	}

	// Retries of the program's own go on with the version that they began with.
	open := s.list(flow, "retry_at")
	if len(open) != first/odd {
		t.Fatalf("%d documents are retried", len(open))
	}
	for _, id := range open {
		s.tried(id, 3, 1)
	}
	// A person's retry walks with what is published.
	for _, id := range open {
		s.ask("POST", "/documents/"+id+"/retry", struct{}{}, &ignored{})
	}
	got := s.reach(run.ID, "what was retried is written", func(now seen) bool { return now.Counts["delivered"] == first })
	if got.Counts["accepted"] != first || got.Counts["retry_at"] != 0 || !got.Balanced {
		t.Errorf("%+v", got)
	}

	began := time.Now()
	s.ask("POST", "/flows/"+flow+"/rollback", map[string]any{"no": 1, "note": "回滚到版本 1", "draft": "keep"}, &ignored{})
	t.Logf("rolled back in %s", time.Since(began).Round(time.Millisecond))
	s.ask("GET", "/flows/"+flow+"/versions", nil, &h)
	if len(h.Items) != 3 || h.Items[0].From != 1 || h.Items[0].Hash != h.Items[2].Hash || h.Items[0].Hash == h.Items[1].Hash {
		t.Errorf("%+v", h)
	}
	w.many("3.csv", first+later, later, 0)
	if got := s.start(flow); got.Counts["delivered"] != later || !got.Balanced {
		t.Errorf("%+v", got)
	}

	bills, retried := w.bills(), map[string]bool{}
	for _, id := range open {
		retried[id] = true
	}
	counts := map[int]int{}
	for number, d := range s.dossiers(flow) {
		version, note := 1, "第一版"
		switch {
		case number >= fmt.Sprintf("R%05d", first+later):
			version = 3
		case number >= fmt.Sprintf("R%05d", first) || retried[d.ID]:
			version, note = 2, "第二版"
		}
		if said := item.Of(bills[number]).Field("FHeadNote").Text(); d.Version != version || d.State != "delivered" || said != note {
			t.Fatalf("%s is %s by version %d with the note %s, want version %d", number, d.State, d.Version, said, version)
		}
		counts[d.Version]++
	}
	if counts[1] != first-first/odd || counts[2] != later+first/odd || counts[3] != later || len(bills) != first+2*later {
		t.Errorf("%v in %d bills", counts, len(bills))
	}
	t.Logf("documents by the version in their dossier: %v", counts)
	w.sentOnce()
}

// list gives the documents of a flow that are in a state.
func (s *served) list(flow, state string) (ids []string) {
	s.t.Helper()
	var page struct {
		Items []walked `json:"items"`
	}
	s.ask("GET", "/documents?limit=200&state="+state+"&flow="+flow, nil, &page)
	for _, d := range page.Items {
		ids = append(ids, d.ID)
	}
	return ids
}

// tried waits until a document was tried so often, always with one version.
func (s *served) tried(id string, times, version int) {
	s.t.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for range 600 {
		var d walked
		s.ask("GET", "/documents/"+id, nil, &d)
		if d.Version != version || d.State == "delivered" {
			s.t.Fatalf("%+v", d)
		}
		if len(d.Deliveries) == 1 && d.Deliveries[0].Attempt >= times {
			return
		}
		<-ticker.C
	}
	s.t.Fatalf("%s was not tried %d times", id, times)
}
