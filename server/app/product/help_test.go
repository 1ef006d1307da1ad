package product_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/karezflow/karez/server/access"
)

// Whoever may look at anything reads the reference in the language of the request.
func TestHelpOverHTTP(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	viewer := h.token(1, access.Viewer)
	read := func(path, language string, into any) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+"/api/v1"+path, http.NoBody)
		h.must(err)
		req.Header.Set("Authorization", "Bearer "+viewer)
		req.Header.Set("Accept-Language", language)
		res, err := http.DefaultClient.Do(req)
		h.must(err)
		defer func() { _ = res.Body.Close() }()
		h.must(json.NewDecoder(res.Body).Decode(into))
		return res.StatusCode
	}
	var list struct {
		Items []struct{ ID, Chapter, Title string }
	}
	var page struct{ Title, Text string }
	for language, titles := range map[string][]string{"zh-CN": {"上手步骤", "方案市场", "值语言", "术语"}, "en": {"First steps", "Market", "Value language", "Glossary"}} {
		if status := read("/help", language, &list); status != http.StatusOK || len(list.Items) < 4 {
			t.Fatalf("%d %v", status, list)
		}
		first, second, last := list.Items[0], list.Items[1], list.Items[len(list.Items)-1]
		if first.Title != titles[0] || second.Title != titles[1] || second.Chapter != "start" || last.Title != titles[3] {
			t.Errorf("in %s the pages are %v", language, list.Items)
		}
		if status := read("/help/language", language, &page); status != http.StatusOK || page.Title != titles[2] || !strings.Contains(page.Text, "{#placeholders}") {
			t.Errorf("in %s: %d %s", language, status, page.Title)
		}
	}
	var refused struct{ Code string }
	if status := read("/help/nothing", "en", &refused); status != http.StatusNotFound || refused.Code != "object.missing" {
		t.Errorf("%d %s", status, refused.Code)
	}
}
