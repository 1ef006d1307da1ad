package depot_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/depot"
)

func TestPlaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "list.json"), []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away/list.json" {
			http.Redirect(w, r, "http://packages.example/list.json", http.StatusFound)
			return
		}
		http.FileServer(http.Dir(dir)).ServeHTTP(w, r)
	}))
	defer server.Close()
	for _, tt := range []struct {
		from  string
		plain bool
		code  string
	}{
		{from: dir},
		{from: filepath.Join(dir, "none"), code: "file.unreadable"},
		{from: server.URL},
		{from: server.URL + "/list.json"},
		{from: server.URL + "/none/", code: "package.index_unreachable"},
		{from: "http://packages.example/", code: "package.index_insecure"},
		{from: "ftp://packages.example/", plain: true, code: "package.index_insecure"},
		{from: server.URL + "/away/", code: "package.index_insecure"},
	} {
		get, err := depot.Open(tt.from, "list.json", tt.plain)
		var text []byte
		if err == nil {
			text, err = get.Read(t.Context(), "list.json", 10)
		}
		if err == nil && (tt.code != "" || string(text) != "[]") || err != nil && fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %q, %v, want %s", tt.from, text, err, tt.code)
		}
	}
	get, err := depot.Open(dir, "list.json", false)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := get.Read(t.Context(), "list.json", 1); err != nil || len(text) != 2 {
		t.Errorf("one byte more than the most tells a file that is longer: %q, %v", text, err)
	}
}
