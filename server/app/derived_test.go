package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestDerivedOperation: the real connector tells the fields of a form, they are saved as an
// operation, and a flow that reads by it collects what one by the base's name does.
func TestDerivedOperation(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t)
	s := w.serve()
	s.settle()
	var draft, made struct {
		ID   string          `json:"id"`
		Name string          `json:"name"`
		Body json.RawMessage `json:"body"`
	}
	if status := s.ask("POST", "/operations/draft", map[string]any{"connection": "k3", "operation": "executeBillQuery", "form": "BD_MATERIAL"}, &draft); status != http.StatusOK || draft.Name != "executeBillQuery#BD_MATERIAL" {
		t.Fatalf("%d %+v", status, draft)
	}
	if status := s.ask("POST", "/operations", map[string]any{"name": draft.Name, "body": draft.Body}, &made); status != http.StatusCreated || made.ID == "" {
		t.Fatalf("%d %+v", status, made)
	}
	collected := func(document string) int {
		var flow struct {
			ID string `json:"id"`
		}
		if status := s.ask("POST", "/flows", map[string]any{"document": json.RawMessage(document)}, &flow); status != http.StatusCreated {
			t.Fatal(status)
		}
		if status := s.ask("POST", "/flows/"+flow.ID+"/publish", map[string]any{}, nil); status != http.StatusOK {
			t.Fatal(status)
		}
		return s.end(s.begin(flow.ID))
	}
	byBase := collected(materials)
	byForm := collected(strings.NewReplacer(`"executeBillQuery"`, `"executeBillQuery#BD_MATERIAL"`, `{"field":"FormId","value":"BD_MATERIAL"},`, "").Replace(materials))
	if byBase == 0 || byForm != byBase {
		t.Errorf("%d documents by the base, %d by the derived operation", byBase, byForm)
	}
	if status := s.ask("DELETE", "/operations/"+made.ID, nil, nil); status != http.StatusUnprocessableEntity {
		t.Errorf("an operation in use is deleted: %d", status)
	}
}
