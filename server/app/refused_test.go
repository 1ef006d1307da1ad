package app_test

import (
	"strings"
	"testing"
)

// TestARefusedCallShowsItsAnswer: a call that fails as a whole keeps what the vendor answered,
// through the connector's process, and people see it with the attempt.
func TestARefusedCallShowsItsAnswer(t *testing.T) {
	t.Parallel()
	turn(t)
	w := listing(t, "")
	s := w.serve()
	flow := s.settle()
	for i, failure := range []struct{ faults, number, answer string }{
		{`{"set":{"exceptions":9}}`, "B1", "response_error:服务器内部异常"},
		{`{"set":{"exceptions":0},"faults":[{"path":"BatchSave","kind":"status","status":400,"times":1}]}`, "B2", "<html"},
	} {
		w.rows(string(rune('a'+i))+".csv", failure.number+",SKU-0001,1,10.50")
		w.control(w.k3+"/_sandbox/faults", failure.faults)
		s.start(flow)
		var list struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		s.ask("GET", "/documents?flow="+flow+"&number="+failure.number, nil, &list)
		if len(list.Items) != 1 {
			t.Fatalf("%d documents have the number %s", len(list.Items), failure.number)
		}
		document := "/documents/" + list.Items[0].ID
		var attempts struct {
			Items []struct {
				ID     string `json:"id"`
				No     int    `json:"no"`
				Kind   string `json:"kind"`
				Answer string `json:"answer"`
			} `json:"items"`
		}
		s.ask("GET", document+"/attempts", nil, &attempts)
		if len(attempts.Items) == 0 || attempts.Items[0].Kind != "send" || attempts.Items[0].Answer != "kept" {
			t.Fatalf("%+v", attempts.Items)
		}
		var content struct {
			Text string `json:"text"`
		}
		s.ask("GET", document+"/attempts/"+attempts.Items[0].ID+"?content=answer", nil, &content)
		if !strings.Contains(content.Text, failure.answer) {
			t.Errorf("the attempt shows the answer %q, want %q", content.Text, failure.answer)
		}
	}
}
