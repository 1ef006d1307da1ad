package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"github.com/karezflow/karez/server/api"
)

// What is refused before anybody is known is told in the reader's language, field by field.
func TestRefusalsSpeakTheReadersLanguage(t *testing.T) {
	t.Parallel()
	h, err := api.New(api.Config{})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, kind, origin, body, code string
		status, problems               int
	}{
		{"another site", "application/json", "cross-site", `{}`, "request.cross_origin", http.StatusForbidden, 0},
		{"not JSON", "text/plain", "", `name=a`, "request.not_json", http.StatusUnsupportedMediaType, 0},
		{"broken JSON", "application/json", "", `{"name":`, "request.unreadable", http.StatusBadRequest, 1},
		{"wrong fields", "application/json", "", `{"name":1}`, "request.invalid", http.StatusUnprocessableEntity, 2},
	}
	for _, tt := range tests {
		for language, chinese := range map[string]bool{"": true, "zh-CN": true, "en-US,en;q=0.9": false} {
			r := httptest.NewRequest(http.MethodPost, "/api/v1/login", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.kind)
			r.Header.Set("Accept-Language", language)
			if tt.origin != "" {
				r.Header.Set("Sec-Fetch-Site", tt.origin)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			var got struct {
				Code     string `json:"code"`
				Message  string `json:"message"`
				Problems []struct {
					Message string `json:"message"`
				} `json:"problems"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatalf("%s: %v: %s", tt.name, err, w.Body)
			}
			if w.Code != tt.status || got.Code != tt.code || len(got.Problems) != tt.problems {
				t.Errorf("%s: %d %s", tt.name, w.Code, w.Body)
			}
			messages := []string{got.Message}
			for _, p := range got.Problems {
				messages = append(messages, p.Message)
			}
			for _, m := range messages {
				if m == "" || strings.ContainsFunc(m, func(r rune) bool { return unicode.Is(unicode.Han, r) }) != chinese {
					t.Errorf("%s in %q: %s", tt.name, language, m)
				}
			}
		}
	}
}
