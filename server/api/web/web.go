// Package web serves the browser's files: the page with a fresh nonce and a
// strict content security policy, and its assets, compressed once. It compresses
// the interface's answers as well.
//
// It may import the standard library and gzhttp only.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// placeholder is what the page has where the nonce belongs.
const placeholder = "__CSP_NONCE__"

const policy = "default-src 'none'; script-src 'self' 'nonce-%[1]s'; style-src 'self' 'nonce-%[1]s'; style-src-attr 'none'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// assetPolicy binds workers and pictures that are opened by themselves.
const assetPolicy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'"

// contentType is ours, because a machine's own table may lack them.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	default:
		return "application/octet-stream"
	}
}

type file struct {
	kind       string
	body, gzip []byte
}

// Files serves a built frontend.
type Files struct {
	page  []byte
	files map[string]file
}

// Load reads the frontend into memory. The page is index.html.
func Load(source fs.FS) (*Files, error) {
	f := &Files{files: map[string]file{}}
	err := fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		if name == "index.html" {
			f.page = body
			return nil
		}
		packed, err := compress(body)
		f.files["/"+name] = file{contentType(name), body, packed}
		return err
	})
	if err == nil && f.page == nil {
		err = errors.New("the frontend has no index.html")
	}
	return f, err
}

// compress gives the gzipped body, or nil where that saves nothing.
func compress(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(body)
	if err = errors.Join(err, w.Close()); err != nil || b.Len() >= len(body) {
		return nil, err
	}
	return b.Bytes(), nil
}

// ServeHTTP serves a file, or the page for every path that is no file's: its
// routes live in the browser. A missing asset is 404, so that an old page with
// a new server does not take HTML for a script.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := path.Clean(r.URL.Path)
	if asset, ok := f.files[name]; ok {
		serve(w, r, asset, strings.HasPrefix(name, "/assets/"))
		return
	}
	if strings.HasPrefix(name, "/assets/") || path.Ext(name) != "" {
		http.NotFound(w, r)
		return
	}
	nonce := rand.Text()
	w.Header().Set("Content-Security-Policy", fmt.Sprintf(policy, nonce))
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, contentType("index.html"), bytes.ReplaceAll(f.page, []byte(placeholder), []byte(nonce)))
}

func serve(w http.ResponseWriter, r *http.Request, asset file, immutable bool) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("Content-Security-Policy", assetPolicy)
	body := asset.body
	if asset.gzip != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = asset.gzip
	}
	write(w, r, asset.kind, body)
}

func write(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // a client that went away is nobody's fault
}
