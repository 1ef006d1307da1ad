package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/fault"
)

// dried is a dry run as the interface shows it.
type dried struct {
	ID       string         `json:"id"`
	State    string         `json:"state"`
	Read     int            `json:"read"`
	Verdicts map[string]int `json:"verdicts"`
	Fault    *fault.Fault   `json:"fault"`
}

// TestADryRunWritesNothing takes 500 documents through real connectors: the target is
// asked and never written to, the ledger stays empty and the cursor where it was.
func TestADryRunWritesNothing(t *testing.T) {
	t.Parallel()
	turn(t)
	s := newWorld(t).serve()
	flow := s.settle()
	var run dried
	if code := s.ask("POST", "/flows/"+flow+"/dry-runs", map[string]any{"count": 500, "version": "published", "from": "2021-04-28T00:00:00+08:00", "to": "2021-05-28T07:58:00+08:00"}, &run); code != http.StatusAccepted {
		t.Fatalf("it answers %d", code)
	}
	(&seeded{served: s}).eventually("the dry run ends", func() bool {
		s.ask("GET", "/dry-runs/"+run.ID, nil, &run)
		return run.State != "running"
	})
	sum := 0
	for _, n := range run.Verdicts {
		sum += n
	}
	t.Logf("%+v", run)
	if run.State != "done" || run.Read != 500 || sum != 500 || run.Verdicts["create"] == 0 {
		t.Errorf("%+v, %v", run, run.Fault)
	}
	var box struct {
		Calls map[string]int `json:"calls"`
	}
	s.get(s.k3+"/_sandbox/state", &box)
	asked := 0
	for path, n := range box.Calls {
		for _, word := range []string{"Save", "Submit", "Audit", "Draft", "Delete", "Push", "Upload"} {
			if strings.Contains(path, word) {
				t.Errorf("%d calls of %s", n, path)
			}
		}
		if strings.Contains(path, "Query") || strings.Contains(path, "View") {
			asked += n
		}
	}
	t.Logf("%v", box.Calls)
	if asked == 0 {
		t.Errorf("the target was never asked: %v", box.Calls)
	}
	if len(s.bills()) != 0 {
		t.Error("the target holds bills")
	}
	var documents, runs struct {
		Items []struct{} `json:"items"`
	}
	s.ask("GET", "/documents?flow="+flow, nil, &documents)
	s.ask("GET", "/runs?flow="+flow, nil, &runs)
	if len(documents.Items)+len(runs.Items) != 0 {
		t.Errorf("%d documents and %d runs are on record", len(documents.Items), len(runs.Items))
	}
}
