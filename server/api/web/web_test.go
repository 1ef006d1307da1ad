package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/karezflow/karez/server/api/web"
)

const page = `<!doctype html><meta property="csp-nonce" nonce="__CSP_NONCE__"><script nonce="__CSP_NONCE__" src="/assets/a.js"></script>`

func files(t *testing.T) *web.Files {
	t.Helper()
	f, err := web.Load(fstest.MapFS{
		"index.html":      {Data: []byte(page)},
		"assets/a.js":     {Data: []byte(strings.Repeat("let a = 1;\n", 100))},
		"assets/_tiny.js": {Data: []byte("1")},
		"favicon.svg":     {Data: []byte("<svg/>")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func get(f http.Handler, method, path, encoding string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	f := files(t)
	tests := []struct {
		method, path string
		status       int
		kind, cache  string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/flows/5b0f/design", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/../index.html/..", 200, "text/html; charset=utf-8", "no-store"},
		{"GET", "/assets/a.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"GET", "/assets/_tiny.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"GET", "/favicon.svg", 200, "image/svg+xml", "no-cache"},
		{"GET", "/assets/old.js", 404, "text/plain; charset=utf-8", ""},
		{"GET", "/missing.png", 404, "text/plain; charset=utf-8", ""},
		{"HEAD", "/", 200, "text/html; charset=utf-8", "no-store"},
		{"POST", "/", 405, "text/plain; charset=utf-8", ""},
	}
	for _, tt := range tests {
		w := get(f, tt.method, tt.path, "")
		if w.Code != tt.status || w.Header().Get("Content-Type") != tt.kind || w.Header().Get("Cache-Control") != tt.cache {
			t.Errorf("%s %s: %d, %s, %s", tt.method, tt.path, w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"))
		}
		if tt.method == "HEAD" && w.Body.Len() > 0 {
			t.Errorf("HEAD has a body")
		}
	}
}

// Each page has a nonce of its own, the same in policy and page.
func TestNonce(t *testing.T) {
	t.Parallel()
	f := files(t)
	seen := map[string]bool{}
	for range 3 {
		w := get(f, "GET", "/", "gzip")
		_, after, _ := strings.Cut(w.Header().Get("Content-Security-Policy"), "script-src 'self' 'nonce-")
		nonce, _, found := strings.Cut(after, "'")
		if !found || len(nonce) < 20 || seen[nonce] || strings.Count(w.Body.String(), `nonce="`+nonce+`"`) != 2 || strings.Contains(w.Body.String(), "__CSP") {
			t.Fatalf("nonce %q in %s", nonce, w.Body)
		}
		if strings.Contains(w.Header().Get("Content-Security-Policy"), "unsafe") {
			t.Error("the page's policy is not strict")
		}
		seen[nonce] = true
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	f := files(t)
	plain, packed := get(f, "GET", "/assets/a.js", ""), get(f, "GET", "/assets/a.js", "br, gzip")
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() >= plain.Body.Len() || packed.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("%v, %d of %d bytes", packed.Header(), packed.Body.Len(), plain.Body.Len())
	}
	r, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); err != nil || string(body) != plain.Body.String() {
		t.Errorf("unpacked %d bytes, %v", len(body), err)
	}
	if w := get(f, "GET", "/assets/_tiny.js", "gzip"); w.Header().Get("Content-Encoding") != "" || w.Body.String() != "1" {
		t.Error("what does not shrink was packed")
	}
}

func TestWithoutAPage(t *testing.T) {
	t.Parallel()
	if _, err := web.Load(fstest.MapFS{"assets/a.js": {}}); err == nil {
		t.Error("a frontend without a page was taken")
	}
}
