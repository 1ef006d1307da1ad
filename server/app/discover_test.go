package app_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestFieldsOfAForm: the real connector in its process is asked for a form that it does not
// list, once in some minutes, and what it refuses is told.
func TestFieldsOfAForm(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t)
	s := w.serve()
	s.settle()
	asked := func() (n int) {
		var state struct {
			Calls map[string]int `json:"calls"`
		}
		w.get(w.k3+"/_sandbox/state", &state)
		for path, times := range state.Calls {
			if strings.Contains(strings.ToLower(path), "querybusinessinfo") {
				n += times
			}
		}
		return n
	}
	type member struct {
		Field    string `json:"field"`
		Type     string `json:"type"`
		Required bool   `json:"required"`
		BaseData string `json:"baseData"`
		Children []struct {
			Field string `json:"field"`
			Type  string `json:"type"`
		} `json:"children"`
	}
	for range 2 {
		var got struct {
			Form struct {
				ID      string   `json:"id"`
				Request []member `json:"request"`
			} `json:"form"`
		}
		s.ask("POST", "/connections/k3/discover", map[string]string{"operation": "save", "form": "CN_PAYAPPLY"}, &got)
		fields := map[string]member{}
		for _, f := range got.Form.Request {
			fields[f.Field] = f
		}
		if unit, lines := fields["FRECTUNIT"], fields["FPAYAPPLYENTRY"]; got.Form.ID != "CN_PAYAPPLY" || !unit.Required || unit.BaseData != "BD_Supplier" ||
			lines.Type != "array" || len(lines.Children) == 0 || lines.Children[0].Field != "FAPPLYAMOUNTFOR" || lines.Children[0].Type != "decimal" || fields["FormId"].Field == "" {
			t.Errorf("%+v", got)
		}
	}
	if n := asked(); n != 1 {
		t.Errorf("the system was asked %d times", n)
	}
	for body, want := range map[[2]string]int{
		{"save", "NO_SUCHFORM"}: http.StatusUnprocessableEntity, {"nothing", "CN_PAYAPPLY"}: http.StatusNotFound, {"push", "CN_PAYAPPLY"}: http.StatusOK,
	} {
		if status := s.ask("POST", "/connections/k3/discover", map[string]string{"operation": body[0], "form": body[1]}, nil); status != want {
			t.Errorf("%v: %d", body, status)
		}
	}
}
