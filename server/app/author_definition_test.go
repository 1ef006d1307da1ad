package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// replaceIn changes a text in a file.
func replaceIn(t *testing.T, file, old, now string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil && !strings.Contains(string(text), old) {
		err = fmt.Errorf("%s holds no %q", file, old)
	}
	if err = errors.Join(err, os.WriteFile(file, []byte(strings.Replace(string(text), old, now, 1)), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// simulation builds the system that the connectors which `plugin new` writes are for.
func simulation(t *testing.T, place string) {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-o", place, "../../sdk/scaffold/skeleton")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// A definition is tried as far as that goes without its system, and what was not tried is told; with a
// simulation of the system it goes through the suite like any connector.
func TestTheFirstStepsWithoutCode(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "acme")
	if code, out, errs := karez(t, nil, "plugin", "new", "--language", "yaml", "--id", "acme-orders", dir); code != 0 || !strings.Contains(out, "karez plugin test .") {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	try := func(want int, path string) examined {
		t.Helper()
		code, out, errs := karez(t, nil, "plugin", "test", "--json", path)
		var got examined
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != want {
			t.Fatalf("%d %v\n%s%s", code, err, out, errs)
		}
		return got
	}
	const suite = "sessions, queries and writes of the conformance suite: there is no sandbox of the system at bin/sandbox"
	got := try(0, dir)
	if !got.OK || got.Connector != "acme-orders" || len(got.Checks) != 9 || !slices.Equal(got.NotRun, []string{suite}) {
		t.Errorf("%+v", got)
	}
	if _, out, _ := karez(t, nil, "plugin", "test", dir); !strings.Contains(out, "not run: "+suite) || !strings.Contains(out, "acme-orders 0.1.0 is right as far as it was tried") {
		t.Errorf("%s", out)
	}
	definition, manifest, answers := filepath.Join(dir, "connector.yaml"), filepath.Join(dir, "manifest.yaml"), filepath.Join(dir, "examples", "answers.yaml")
	for name, tt := range map[string]struct {
		file, old, new string
		breaks         []string
		words          string
	}{
		"an unknown key":        {definition, "definition: 1", "definition: 1\nspeed: 3", []string{"the definition is one that Karez can serve"}, "unknown field"},
		"a newer form":          {definition, "definition: 1", "definition: 2", []string{"the definition is one that Karez can serve"}, "install a newer Karez"},
		"two mistakes":          {definition, "rows: orders, total: total", "rows: [], ok: {values: [1]}", []string{"the definition is one that Karez can serve"}, "operations.order.list.answer.ok.path"},
		"a secret":              {definition, "Bearer {{secrets.apiKey}}", "Bearer 0123456789abcdef", []string{"the folder can be packed", "answer a page of orders"}, "request.header.Authorization"},
		"rows elsewhere":        {definition, "rows: orders", "rows: list", []string{"answer a page of orders", "answer a day without orders", "answer an order that is looked up"}, "definition.rows_missing"},
		"another code":          {definition, "{code: code,", "{code: errno,", []string{"answer a key that is not known", "answer too many calls", "answer an order with a mistake"}, "key_invalid"},
		"a refusal not classed": {manifest, "codes: [key_invalid]", "codes: [key_bad]", []string{"answer a key that is not known"}, `class is ""`},
		"another path":          {definition, "path: /orders\n      # The row", "path: /order\n      # The row", []string{"answer an order that was taken"}, `"/order"`},
		"a row too many":        {answers, "total: 3, rows: [", "total: 3, rows: [{}, ", []string{"answer a page of orders"}, "has 1 elements, not 2"},
		"nothing to read":       {answers, "gives: {total: 0, rows: []}", "", []string{"answer a day without orders"}, "gives is missing"},
		"no such operation":     {answers, "operation: order.list\n    params: {changed_from: \"2026-02-01 00:00:00\", changed_to: \"2026-02-02 00:00:00\"}\n", "operation: order.lost\n", []string{"answer a day without orders"}, "no call was made"},
	} {
		replaceIn(t, tt.file, tt.old, tt.new)
		got := try(1, dir)
		if bad := got.broken(); !slices.Equal(bad, tt.breaks) || !strings.Contains(fmt.Sprintf("%+v", got.Checks), tt.words) {
			t.Errorf("%s: broken are %q, want %q: %+v", name, bad, tt.breaks, got.Checks)
		}
		if tt.new == "" {
			tt.new = "answer: {body: {total: 0, orders: []}}\n    "
			tt.old = tt.new + tt.old
		}
		replaceIn(t, tt.file, tt.new, tt.old)
	}
	// A simulation that nobody has is not promised.
	replaceIn(t, manifest, "noSandbox: true\n", "")
	if got := try(1, dir); len(got.broken()) != 1 || !strings.Contains(fmt.Sprint(got.Checks), "write noSandbox: true") || !slices.Equal(got.NotRun, []string{suite}) {
		t.Errorf("%+v", got)
	}
	replaceIn(t, manifest, "timeZone:", "noSandbox: true\ntimeZone:")
	// What is written wrong beside it is an error of its own.
	replaceIn(t, answers, "answers:\n", "questions:\n")
	if code, _, errs := karez(t, nil, "plugin", "test", dir); code != 1 || !strings.Contains(errs, "conformance.plan") || !strings.Contains(errs, "questions") {
		t.Errorf("%d %s", code, errs)
	}
	replaceIn(t, answers, "questions:\n", "answers:\n")
	// Calls that would go to the real system are not made.
	replaceIn(t, definition, `address: "{{settings.address}}"`, "address: https://api.example.com")
	got = try(0, dir)
	if len(got.Checks) != 2 || len(got.NotRun) != 4 || !strings.Contains(got.NotRun[0], "the calls would go elsewhere") {
		t.Errorf("%+v", got)
	}
	replaceIn(t, definition, "address: https://api.example.com", `address: "{{settings.address}}"`)

	// A token is asked for first, and once more where it was refused.
	tokened := filepath.Join(t.TempDir(), "acme-orders")
	if err := os.CopyFS(tokened, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	replaceIn(t, filepath.Join(tokened, "connector.yaml"), "Bearer {{secrets.apiKey}}\"}", "Bearer {{token.value}}\"}\n"+
		"token:\n  request: {method: POST, path: /token, json: {key: \"{{secrets.apiKey}}\"}}\n  value: \"{{answer.t}}\"\n  refused: {codes: [key_invalid]}\n")
	kept := filepath.Join(tokened, "examples", "answers.yaml")
	replaceIn(t, kept, "\nanswers:", "\nsettings: {apiKey: open-sesame}\ntoken: {body: {t: abc}}\nanswers:")
	replaceIn(t, kept, "Bearer example-apiKey", "Bearer abc")
	if got := try(0, tokened); len(got.Checks) != 9 {
		t.Errorf("%+v", got)
	}
	replaceIn(t, kept, "token: {body: {t: abc}}", "token: {body: {u: abc}}")
	if got := try(1, tokened); len(got.broken()) != 7 || !strings.Contains(fmt.Sprint(got.Checks), "definition.token_missing") {
		t.Errorf("%+v", got)
	}

	// With a simulation of the system the whole suite is run; it stays out of the package.
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	simulation(t, filepath.Join(dir, "bin", "sandbox"))
	if got := try(0, dir); len(got.NotRun) != 1 || !strings.Contains(got.NotRun[0], "no conformance.yaml") {
		t.Errorf("%q", got.NotRun)
	}
	plan, err := os.ReadFile("../../sdk/scaffold/skeleton/conformance.yaml")
	if err = errors.Join(err, os.WriteFile(filepath.Join(dir, "conformance.yaml"), plan, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got := try(0, dir); len(got.Checks) < 25 || len(got.NotRun) > 0 {
		t.Errorf("%+v", got)
	}
	replaceIn(t, definition, "match: number", "match: customer")
	if bad := try(1, dir).broken(); !slices.Contains(bad, "write order.save create: probe finds what was written and only that") {
		t.Errorf("%q", bad)
	}
	replaceIn(t, definition, "match: customer", "match: number")
	if err := os.WriteFile(filepath.Join(dir, "bin", "sandbox"), []byte("#!/bin/sh\necho no system >&2\nexit 3\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := karez(t, nil, "plugin", "test", dir); code != 1 || !strings.Contains(errs, "conformance.sandbox") {
		t.Errorf("%d %s", code, errs)
	}
	packed := filepath.Join(t.TempDir(), "acme.kzp")
	if code, out, errs := karez(t, nil, "plugin", "pack", dir, "--out", packed); code != 0 {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	if got := try(0, packed); len(got.Checks) != 8 || !slices.Equal(got.NotRun, []string{suite}) {
		t.Errorf("%+v", got)
	}
	if err := os.WriteFile(packed, []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := karez(t, nil, "plugin", "test", packed); code != 1 || !strings.Contains(errs, "package.unreadable") {
		t.Errorf("%d %s", code, errs)
	}
}

// uploads sends a package as the browser does.
func (s *served) uploads(path, file string) (answer map[string]any) {
	s.t.Helper()
	content, err := os.ReadFile(file)
	s.must(err)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/api/v1"+path, bytes.NewReader(content))
	s.must(err)
	req.Header.Set("Content-Type", "application/octet-stream")
	res, err := s.client.Do(req)
	s.must(err)
	defer func() { _ = res.Body.Close() }()
	s.must(json.NewDecoder(res.Body).Decode(&answer))
	if res.StatusCode >= http.StatusBadRequest {
		s.t.Fatalf("%s: %d %v", path, res.StatusCode, answer)
	}
	return answer
}

// TestTheAuthorsPathWithoutCode goes from an empty folder to a definition that moves documents in a
// server that has been running all the while, and on to the next version and back.
func TestTheAuthorsPathWithoutCode(t *testing.T) {
	t.Parallel()
	turn(t)
	w, s := workshop(t)
	box := filepath.Join(t.TempDir(), "box")
	simulation(t, box)

	p := &path{t: t, dir: filepath.Join(t.TempDir(), "acme-orders"), began: time.Now()}
	p.karez("plugin", "new", "--language", "yaml", p.dir)
	p.step("karez plugin new")
	if out := p.karez("plugin", "test", p.dir); !strings.Contains(out, "acme-orders 0.1.0 is right as far as it was tried") {
		t.Errorf("%s", out)
	}
	p.step("karez plugin test")
	key, shop := filepath.Join(t.TempDir(), "acme.key"), t.TempDir()
	first := filepath.Join(shop, "acme-orders-0.1.0.kzp")
	p.karez("plugin", "key", "new", "--name", "Acme", "--out", key)
	p.karez("plugin", "pack", p.dir, "--out", shop)
	p.step("karez plugin key new, pack")
	refused := func(code string, args ...string) {
		t.Helper()
		if status, out, errs := karez(t, nil, append(args, "--data", w.data)...); status == 0 || !strings.Contains(errs, code) {
			t.Errorf("karez %q: %d %s%s", args, status, out, errs)
		}
	}
	refused("package.unsigned", "plugin", "install", first)
	p.karez("plugin", "sign", first, "--key", key)
	refused("package.unsigned", "plugin", "install", first)
	p.began = time.Now()
	p.karez("plugin", "key", "trust", key+".pub", "--data", w.data)
	p.karez("plugin", "index", shop)
	if out := p.karez("plugin", "install", "acme-orders", "--from", shop, "--data", w.data); !strings.Contains(out, "acme-orders 0.1.0  signed") || !strings.Contains(out, "has no program") {
		t.Errorf("%s", out)
	}
	p.step("karez plugin key trust, install")
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	await := func(what string, holds func() bool) {
		t.Helper()
		for began := time.Now(); !holds(); {
			if at := <-look.C; at.Sub(began) > time.Minute {
				t.Fatal(what)
			}
		}
	}
	await("the running server does not take the connector up", func() bool { return s.serves("acme-orders") })
	p.step("the running server serves it")
	p.step(fmt.Sprintf("a flow moves %d documents", s.moves(box)))

	// The next version lacks a field, which is told before it is installed; it serves what begins.
	replaceIn(t, filepath.Join(p.dir, "manifest.yaml"), "version: 0.1.0", "version: 0.2.0")
	replaceIn(t, filepath.Join(p.dir, "manifest.yaml"), "          - {field: price, type: decimal, title: {zh: 单价, en: Price}}\n", "")
	second := filepath.Join(shop, "acme-orders-0.2.0.kzp")
	p.karez("plugin", "pack", p.dir, "--out", second, "--key", key)
	if out := p.karez("plugin", "verify", second, "--data", w.data); !strings.Contains(out, "serves now: 0.1.0") || !strings.Contains(out, "! removed") || !strings.Contains(out, "order.list.lines.price") {
		t.Errorf("%s", out)
	}
	p.karez("plugin", "install", second, "--data", w.data)
	type plugin struct {
		ID        string `json:"id"`
		Serves    string `json:"serves"`
		Isolation struct {
			Level   string   `json:"level"`
			InForce []string `json:"inForce"`
			Hosts   []string `json:"hosts"`
		} `json:"isolation"`
	}
	shown := func(id string) plugin {
		var list struct {
			Items []plugin `json:"items"`
		}
		s.ask("GET", "/plugins", nil, &list)
		return list.Items[slices.IndexFunc(list.Items, func(c plugin) bool { return c.ID == id })]
	}
	serving := func() string { return shown("acme-orders").Serves }
	await("the next version does not serve", func() bool { return serving() == "0.2.0" })
	await("nothing tells how it is confined", func() bool {
		return shown("acme-orders").Isolation.Level != "unknown" && shown("kuaidi100").Isolation.Level != "unknown"
	})
	// It is confined as the folder's own definitions are.
	if ours, theirs := shown("kuaidi100").Isolation, shown("acme-orders").Isolation; theirs.Level != ours.Level || !slices.Equal(theirs.InForce, ours.InForce) || !slices.Equal(theirs.Hosts, []string{"{address}"}) {
		t.Errorf("isolated by %+v, and kuaidi100 by %+v", theirs, ours)
	}
	if out := p.karez("plugin", "rollback", "acme-orders", "--data", w.data); !strings.Contains(out, "0.1.0 serves") {
		t.Errorf("%s", out)
	}
	await("the version before does not serve", func() bool { return serving() == "0.1.0" })
	p.karez("plugin", "pin", "acme-orders", "--data", w.data)
	p.step("the next version, back, pinned")

	// In the browser it is looked at and installed as any package, and what nothing needs is removed.
	p.karez("plugin", "unpin", "acme-orders", "--data", w.data)
	replaceIn(t, filepath.Join(p.dir, "manifest.yaml"), "version: 0.2.0", "version: 0.3.0")
	third := filepath.Join(shop, "acme-orders-0.3.0.kzp")
	p.karez("plugin", "pack", p.dir, "--out", third, "--key", key)
	seen := s.uploads("/plugins/inspect", third)
	if seen["status"] != "signed" || seen["keyName"] != "Acme" || !strings.Contains(fmt.Sprint(seen["effect"]), "lines.price") {
		t.Errorf("%v", seen)
	}
	if got := s.uploads(fmt.Sprintf("/plugins?sum=%v", seen["sum"]), third); got["serves"] != "0.3.0" {
		t.Errorf("%v", got)
	}
	s.ask("POST", "/plugins/acme-orders/rollback", nil, &ignored{})
	await("the version before does not serve", func() bool { return serving() == "0.1.0" })
	for _, version := range []string{"0.2.0", "0.3.0"} {
		s.ask("DELETE", "/plugins/acme-orders/versions/"+version, nil, &ignored{})
	}
	if code := s.ask("DELETE", "/plugins/acme-orders/versions/0.1.0", nil, nil); code != http.StatusConflict {
		t.Errorf("the version that connections need is removed: %d", code)
	}
	p.step("the next one by the browser's way")

	// Who changes a file of what is installed stops it; installing it again mends it.
	installed := filepath.Join(w.data, "plugins", "acme-orders", "0.1.0", "connector.yaml")
	replaceIn(t, installed, "rows: orders", "rows: others")
	listed := func() string { return p.karez("plugin", "list", "--data", w.data) }
	if out := listed(); !strings.Contains(out, "package.modified") {
		t.Errorf("%s", out)
	}
	p.karez("plugin", "install", first, "--data", w.data)
	if out := listed(); strings.Contains(out, "package.modified") || !strings.Contains(out, "(serves)") {
		t.Errorf("%s", out)
	}
	p.step("changed by hand, and mended")
	t.Logf("from an empty folder:\n%s", strings.Join(p.took, "\n"))
}
