package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

var update = flag.Bool("update", false, "write openapi.json anew")

const golden = "openapi.json"

func described(t *testing.T) *huma.OpenAPI {
	t.Helper()
	_, routes, err := build(Config{})
	if err != nil {
		t.Fatal(err)
	}
	return routes.OpenAPI()
}

// The interface is a promise: a change of it is a change of the golden file.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(described(t))
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	got.WriteByte('\n')
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Error("the interface is not what openapi.json says: go test ./server/api -update writes it anew, make generate makes the browser's types of it")
	}
	if !strings.Contains(got.String(), `"openapi": "3.1.0"`) {
		t.Error("not OpenAPI 3.1")
	}
}

// Every operation says what it is and what is needed to call it.
func TestOperationsAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for path, item := range described(t).Paths {
		for method, o := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete, "PATCH": item.Patch} {
			if o == nil {
				continue
			}
			open := method == http.MethodPost && (path == "/setup" || path == "/login")
			if o.Summary == "" || o.OperationID == "" || seen[o.OperationID] || open != (o.Security != nil) {
				t.Errorf("%s %s: %q, %q, security %v", method, path, o.OperationID, o.Summary, o.Security)
			}
			seen[o.OperationID] = true
		}
	}
	if len(seen) < 40 {
		t.Errorf("%d operations", len(seen))
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	h, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if w.Code != http.StatusNoContent {
		t.Errorf("healthz answers %d", w.Code)
	}
}
