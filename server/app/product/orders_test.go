package product_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/karezflow/karez/server/access"
)

// post gives the status, the code and the paths of what an order with a body is refused for.
func (h *house) post(path, token, text string) (status int, code string, paths []string) {
	h.t.Helper()
	var body io.Reader
	if text != "" {
		body = strings.NewReader(text)
	}
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.server.URL+"/api/v1"+path, body)
	h.must(err)
	req.Header.Set("Authorization", "Bearer "+token)
	if text != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	var p struct {
		Code     string `json:"code"`
		Problems []struct {
			Path string `json:"path"`
		} `json:"problems"`
	}
	if res.StatusCode >= 400 {
		h.must(json.NewDecoder(res.Body).Decode(&p))
	}
	for _, problem := range p.Problems {
		paths = append(paths, problem.Path)
	}
	return res.StatusCode, p.Code, paths
}

// An order that needs no body is refused when it has members that would mean nothing,
// rather than carried out as if they had been understood.
func TestOrdersRefuseWhatNobodyReads(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := h.token(1, access.Admin)
	orders := []struct {
		path string
		done int
	}{
		{"/flows/" + h.objects["flows"] + "/runs", http.StatusAccepted},
		{"/runs/" + h.objects["runs"] + "/cancel", http.StatusAccepted},
		{"/flows/" + h.objects["flows"] + "/enable", http.StatusUnprocessableEntity}, // the flow has problems of its own
		{"/connections/shop/check", http.StatusOK},
		{"/logout", http.StatusNoContent},
	}
	for _, order := range orders {
		status, code, paths := h.post(order.path, token, `{"manual":true}`)
		if status != http.StatusUnprocessableEntity || code != "request.invalid" || len(paths) != 1 || paths[0] != "body.manual" {
			t.Errorf("%s with a member of its own: %d %s at %q", order.path, status, code, paths)
		}
		if status, code, _ := h.post(order.path, token, `{manual:true}`); status != http.StatusBadRequest || code != "request.unreadable" {
			t.Errorf("%s with what is no JSON: %d %s", order.path, status, code)
		}
		if status, code, _ := h.post(order.path, token, `[]`); status != http.StatusUnprocessableEntity || code != "request.invalid" {
			t.Errorf("%s with a list: %d %s", order.path, status, code)
		}
		for _, text := range []string{"", "{}"} {
			if status, code, _ := h.post(order.path, token, text); status != order.done || strings.HasPrefix(code, "request.") {
				t.Errorf("%s with %q: %d %s", order.path, text, status, code)
			}
		}
	}
}
