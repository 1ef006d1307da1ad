package product_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/shelf"
	"github.com/karezflow/karez/server/store/connectionstore"
)

// connectorProgram builds the connector that tells by which version a connection is served.
func connectorProgram(t *testing.T) []byte {
	t.Helper()
	content, err := builtConnector()
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// builtConnector is one build for all tests.
var builtConnector = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "kzbuild")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "p")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", file, "../../../engine/pluginhost/internal/testplugin")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, text)
	}
	return os.ReadFile(file)
})

const described = `id: one
version: %s
title: {zh: 测试, en: Test}
timeZone: Asia/Shanghai
settings:
  - {key: token, kind: text, secret: true, title: {zh: 令牌, en: Token}}
  - {key: address, kind: url, title: {zh: 地址, en: Address}}
rules:
  - {class: rate, codes: ["429"], wait: 3s}
hosts: ["{address}"]
operations:
  - {name: echo, kind: query, title: {zh: 回声, en: Echo}, object: echo, paging: {strategy: none, defaultSize: 1, maxSize: 1}, request: []}
`

// packageOf makes a signed package of a version of the connector one.
func packageOf(t *testing.T, version string) []byte {
	t.Helper()
	program := append(bytes.Clone(connectorProgram(t)), fmt.Sprintf("\n#karez:{\"id\":\"one\",\"version\":%q,\"hosts\":[\"{address}\"]}", version)...)
	return plugpacktest.Sign(t, plugpacktest.Key(t, "house"), plugpacktest.Pack(t, fstest.MapFS{
		"manifest.yaml": {Data: fmt.Appendf(nil, described, version)},
		"bin/" + runtime.GOOS + "-" + runtime.GOARCH + "/one": {Data: program},
	}))
}

// upload sends a package and gives the status, and the answer.
func (h *house) uploadPackage(path string, content []byte) (int, map[string]any) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.server.URL+"/api/v1"+path, bytes.NewReader(content))
	h.must(err)
	req.Header.Set("Authorization", "Bearer "+h.token(1, access.Admin))
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Accept-Language", "zh-CN")
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	h.must(err)
	var answer map[string]any
	h.must(json.Unmarshal(text, &answer))
	return res.StatusCode, answer
}

// servedBy tells which version answers a session.
func (h *house) servedBy(s connector.Session) string {
	h.t.Helper()
	health, err := s.Check(h.t.Context())
	if err != nil {
		return err.Error()
	}
	_, version, _ := strings.Cut(health.Account, "@")
	return version
}

func (h *house) session() connector.Session {
	h.t.Helper()
	_, s, err := h.e.Connections.Open(h.t.Context(), 1, "one")
	h.must(err)
	return s
}

// Packages come and go in a product that runs: uploaded, or put there by another process.
// What is under way keeps its version, and what was tampered with does not start.
func TestPackagesOfARunningProduct(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	h.must(h.e.Shelf.Trust(plugpacktest.Key(t, "house").Key, shelf.Signed))
	first, second := packageOf(t, "1.0.0"), packageOf(t, "1.1.0")

	status, seen := h.uploadPackage("/plugins/inspect", first)
	if status != http.StatusOK || seen["status"] != "signed" || seen["keyName"] != "house" || seen["installed"] != false {
		t.Fatalf("%d %v", status, seen)
	}
	if status, refusal := h.uploadPackage("/plugins?sum=0000", first); status != http.StatusConflict || refusal["code"] != shelf.CodeOther || refusal["message"] != "这不是刚才查看的那个安装包" {
		t.Fatalf("%d %v", status, refusal)
	}
	if status, got := h.uploadPackage("/plugins?sum="+fmt.Sprint(seen["sum"]), first); status != http.StatusCreated || got["serves"] != "1.0.0" {
		t.Fatalf("%d %v", status, got)
	}
	_, err := connectionstore.New(h.e.DB).PutConnection(t.Context(), connection.Connection{Workspace: 1, Name: "one", Connector: "one", Settings: []byte("{}")}, ledger.Millis(1))
	h.must(err)
	old := h.session()
	if got := h.servedBy(old); got != "1.0.0" {
		t.Fatal(got)
	}

	// Another process installs the next version.
	other := product.NewShelf(product.Config{Data: h.e.Data, Clock: time.Now})
	_, err = other.Install(t.Context(), bytes.NewReader(second), int64(len(second)), shelf.Options{})
	h.must(err)
	await(t, func() bool { return h.session() != old })
	if before, after := h.servedBy(old), h.servedBy(h.session()); before != "1.0.0" || after != "1.1.0" {
		t.Errorf("%s and %s", before, after)
	}

	// Somebody exchanges the program of the version that serves.
	program := filepath.Join(h.e.Data, "plugins", "one", "1.1.0", "bin", runtime.GOOS+"-"+runtime.GOARCH, "one")
	h.must(os.WriteFile(program+".new", append(connectorProgram(t), "\n#karez:{\"id\":\"one\",\"version\":\"1.1.0\",\"hosts\":[\"{address}\"]} "...), 0o700))
	h.must(os.Rename(program+".new", program))
	await(t, func() bool {
		_, s, err := h.e.Connections.Open(t.Context(), 1, "one")
		return err != nil || strings.Contains(h.servedBy(s), "package.modified")
	})
	status, list := h.look("/plugins")
	if text := fmt.Sprint(list); status != http.StatusOK || !strings.Contains(text, "package.modified") || !strings.Contains(text, "status:modified") {
		t.Errorf("%d %s", status, text)
	}
	if got := h.servedBy(old); got != "1.0.0" {
		t.Errorf("the other version went along: %s", got)
	}

	// Going back works by the same way, and installing again mends.
	h.must(other.Activate(t.Context(), "one", "1.0.0"))
	await(t, func() bool {
		_, s, err := h.e.Connections.Open(t.Context(), 1, "one")
		return err == nil && h.servedBy(s) == "1.0.0"
	})
	if status, got := h.uploadPackage("/plugins?inactive=true", second); status != http.StatusCreated || got["serves"] != "1.0.0" {
		t.Errorf("%d %v", status, got)
	}
	status, refusal := h.order(http.MethodDelete, "/plugins/one/versions/1.0.0")
	if status != http.StatusConflict || refusal["code"] != shelf.CodeActive {
		t.Errorf("%d %v", status, refusal)
	}
	if status, got := h.order(http.MethodDelete, "/plugins/one/versions/1.1.0"); status != http.StatusNoContent {
		t.Errorf("%d %v", status, got)
	}
	if status, refusal := h.order(http.MethodDelete, "/plugins/one/versions/1.0.0"); status != http.StatusConflict || refusal["code"] != "package.in_use" {
		t.Errorf("%d %v", status, refusal)
	}
	h.must(other.Revoke(shelf.Revocation{Name: "one"}))
	await(t, func() bool {
		_, s, err := h.e.Connections.Open(t.Context(), 1, "one")
		return err != nil || strings.Contains(h.servedBy(s), "package.revoked")
	})
}

func (h *house) look(path string) (int, map[string]any) { return h.order(http.MethodGet, path) }

// send makes a request of the administrator without a body.
func (h *house) order(method, path string) (status int, answer map[string]any) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+"/api/v1"+path, http.NoBody)
	h.must(err)
	req.Header.Set("Authorization", "Bearer "+h.token(1, access.Admin))
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	h.must(err)
	if len(text) > 0 {
		h.must(json.Unmarshal(text, &answer))
	}
	return res.StatusCode, answer
}

// await waits until something that goes on by itself has happened.
func await(t *testing.T, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(40 * time.Second)
	for !happened() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it does not happen")
		}
	}
}

// An icon is a picture and nothing else, whoever opens it in whatever way; what comes to read
// is text. The list of connectors and that of packages name the same place.
func TestWhatPackagesBringForPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.e.Start(t.Context())
	h.must(h.e.Shelf.Trust(plugpacktest.Key(t, "house").Key, shelf.Signed))
	const drawing = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>`
	install := func(version, icon string) {
		t.Helper()
		program := append(bytes.Clone(connectorProgram(t)), fmt.Sprintf("\n#karez:{\"id\":\"one\",\"version\":%q,\"hosts\":[\"{address}\"],\"icon\":\"icon.svg\"}", version)...)
		content := plugpacktest.Sign(t, plugpacktest.Key(t, "house"), plugpacktest.Pack(t, fstest.MapFS{
			"manifest.yaml": {Data: fmt.Appendf(nil, strings.Replace(described, "hosts:", "icon: icon.svg\nhosts:", 1), version)}, "icon.svg": {Data: []byte(icon)},
			"README.md": {Data: []byte("# One\n<script>alert(1)</script>\n")}, "README.zh.md": {Data: []byte("# 一\n")}, "CHANGELOG.md": {Data: bytes.Repeat([]byte("x"), 1<<20)},
			"bin/" + runtime.GOOS + "-" + runtime.GOARCH + "/one": {Data: program},
		}))
		if status, got := h.uploadPackage("/plugins", content); status != http.StatusCreated {
			t.Fatalf("%d %v", status, got)
		}
	}
	install("1.0.0", drawing)
	install("1.1.0", strings.Replace(drawing, "<path", "<script>alert(1)</script><path", 1))
	viewer := h.token(1, access.Viewer)
	type answer struct {
		status int
		header http.Header
		body   string
	}
	get := func(path, wanted string) answer {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.server.URL+path, http.NoBody)
		h.must(err)
		req.Header.Set("Authorization", "Bearer "+viewer)
		req.Header.Set("Accept-Language", "zh-CN")
		if wanted != "" {
			req.Header.Set("Sec-Fetch-Dest", wanted)
		}
		res, err := http.DefaultClient.Do(req)
		h.must(err)
		defer func() { _ = res.Body.Close() }()
		text, err := io.ReadAll(res.Body)
		h.must(err)
		return answer{res.StatusCode, res.Header, string(text)}
	}
	const at = "/api/v1/plugins/one/versions/"
	shown := get(at+"1.0.0/icon", "image")
	if shown.status != http.StatusOK || shown.body != drawing {
		t.Errorf("%+v", shown)
	}
	for name, want := range map[string]string{
		"Content-Type": "image/svg+xml", "X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment", "Cross-Origin-Resource-Policy": "same-origin",
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
	} {
		if got := shown.header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, wanted := range []string{"document", "iframe", "frame", "object", "embed", "script"} {
		if a := get(at+"1.0.0/icon", wanted); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "package.icon_as_document") {
			t.Errorf("%s: %+v", wanted, a)
		}
	}
	for path, code := range map[string]string{
		at + "1.1.0/icon": "package.icon_unsafe", at + "1.2.0/icon": "object.missing", at + "..%2F1.0.0/icon": "object.missing",
		"/api/v1/plugins/..%2Fone/versions/1.0.0/icon": "object.missing", at + "%2E%2E/pages": "object.missing",
	} {
		if a := get(path, ""); a.status < 400 || !strings.Contains(a.body, code) || strings.Contains(a.body, "<path") {
			t.Errorf("%s: %+v", path, a)
		}
	}
	var pages struct {
		Items []struct {
			Title string `json:"title"`
			Fault *struct {
				Message string `json:"message"`
			} `json:"fault"`
		} `json:"items"`
	}
	read := get(at+"1.0.0/pages", "")
	h.must(json.Unmarshal([]byte(read.body), &pages))
	if len(pages.Items) != 2 || pages.Items[0].Title != "一" || pages.Items[1].Fault == nil || pages.Items[1].Fault.Message != "页面 CHANGELOG.md 有 1024 KiB，最多 256 KiB" || read.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", pages)
	}
	for _, list := range []string{"/api/v1/plugins", "/api/v1/catalog/connectors"} {
		var all struct {
			Items []struct {
				Icon string `json:"icon"`
			} `json:"items"`
		}
		h.must(json.Unmarshal([]byte(get(list, "").body), &all))
		if len(all.Items) == 0 || all.Items[0].Icon != at+"1.1.0/icon" {
			t.Errorf("%s: %+v", list, all)
		}
	}
}
