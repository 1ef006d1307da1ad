package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/server/app"
	"github.com/karezflow/karez/server/app/product"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/pack"
	"github.com/karezflow/karez/server/store/storetest"
)

// karez runs a command line in this process.
func karez(t *testing.T, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, errs bytes.Buffer
	code = app.Run(ctx, app.Process{
		Args: append([]string{"--plugins", filepath.Join(programs.dir, "plugins")}, args...), In: strings.NewReader(""), Out: &out, Err: &errs,
		Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	})
	return code, out.String(), errs.String()
}

// write puts a text into a file of the test's own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func shipped(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../market/templates/jushuitan-refund-to-kingdee-return.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// problem is one entry of `flow validate --json`.
type problem struct {
	Path     string `json:"path"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Blocking bool   `json:"blocking"`
}

func validate(t *testing.T, text string) (code int, problems []problem) {
	t.Helper()
	code, out, errs := karez(t, nil, "flow", "validate", "--json", write(t, "flow.yaml", text))
	var got struct {
		OK       bool      `json:"ok"`
		Problems []problem `json:"problems"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v\n%s%s", err, out, errs)
	}
	if got.OK != (code == 0) {
		t.Errorf("ok is %v with exit code %d", got.OK, code)
	}
	return code, got.Problems
}

func TestTheShippedFlowIsValid(t *testing.T) {
	t.Parallel()
	if code, problems := validate(t, shipped(t)); code != 0 || len(problems) > 0 {
		t.Errorf("exit %d, problems %+v", code, problems)
	}
}

// TestEveryProblemIsListed breaks the shipped flow in several places at once.
func TestEveryProblemIsListed(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer(
		"{from: k3.done, to: mark}", "{from: k3.done, to: mark}\n    - {from: bill, to: confirmed}\n    - {from: nowhere, to: bill}",
		"type: writeback", "type: rightback",
		"pageSize: 50", "pageSize: fifty, pageColour: red",
		"connection: k3", "connection: k4",
		"  settings: {priority: normal,", "  settings: {priority: urgent,",
	).Replace(shipped(t))
	code, problems := validate(t, text)
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	want := map[string]string{
		"flow.priority": "spec.settings.priority", "setting.wrong_type": "spec.nodes[1].settings.pageSize", "setting.unknown": "spec.nodes[1].settings.pageColour",
		"node.unknown_type": "spec.nodes[6].type", "flow.cycle": "", "edge.dangling": "spec.edges[7].from",
	}
	for code, path := range want {
		at := slices.IndexFunc(problems, func(p problem) bool { return p.Code == code && (path == "" || p.Path == path) })
		if at < 0 {
			t.Errorf("%s at %s is not reported: %+v", code, path, problems)
			continue
		}
		if p := problems[at]; p.Message == "" || !p.Blocking {
			t.Errorf("%s is %+v", code, p)
		}
	}
}

func TestValidateTellsWhereTheTextIsBroken(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"yaml": "apiVersion: karez/v1\n  kind: Flow\n", "not a flow": "- 1\n", "empty": "", "json": `{"apiVersion": "karez/v1",}`,
	} {
		if code, problems := validate(t, text); code != 1 || len(problems) != 1 || problems[0].Code == "" {
			t.Errorf("%s: exit %d, %+v", name, code, problems)
		}
	}
}

func TestMissingEnvironment(t *testing.T) {
	t.Parallel()
	code, out, _ := karez(t, map[string]string{"JST_APP_KEY": "k"}, "flow", "run", "--json", "--data", t.TempDir(), write(t, "flow.yaml", shipped(t)))
	if code != 1 || !strings.Contains(out, `"spec.connections.jst.secrets.appSecret"`) || !strings.Contains(out, "connection.env_missing") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// TestWrongCredentials are told in words, and no secret is in any output.
func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).recent()
	const canary = "CANARY-5f1d6b7e"
	for _, c := range []struct{ name, code string }{{"JST_APP_SECRET", "vendor.10"}, {"K3_PASSWORD", "k3cloud.login_refused"}} {
		env := map[string]string{}
		for _, pair := range w.env {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		env[c.name] = canary
		data := t.TempDir()
		code, out, errs := karez(t, env, "flow", "run", "-v", "--retry-for", "0s", "--data", data, w.flow)
		if code != 1 || !strings.Contains(out+errs, c.code) {
			t.Errorf("%s: exit %d\n%s%s", c.name, code, out, errs)
		}
		if strings.Contains(out+errs, canary) {
			t.Errorf("%s: the secret is in the output", c.name)
		}
		w.noSecretIn(data, canary)
	}
}

// noSecretIn searches every file of a data folder, and what is packed in its database.
func (w *world) noSecretIn(dir, secret string) {
	w.t.Helper()
	w.must(filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(secret)) {
			w.t.Errorf("the secret is in %s", path)
		}
		return err
	}))
	var packs [][]byte
	w.must(storetest.Open(w.t, "sqlite:"+filepath.Join(dir, "karez.db")).Read(w.t.Context()).Raw("SELECT body FROM pack").Scan(&packs).Error)
	for i, packed := range packs {
		bodies, err := pack.Decode(packed)
		w.must(err)
		if bytes.Contains(bytes.Join(bodies, nil), []byte(secret)) {
			w.t.Errorf("the secret is in pack %d", i)
		}
	}
}

// TestBrokenConnectors are listed with the reason, and the others stay usable.
func TestBrokenConnectors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good, err := os.ReadFile(filepath.Join(programs.dir, "plugins", "jushuitan"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"jushuitan": good, "garbage": []byte("this is no program"), "crashes": []byte("#!/bin/sh\nexit 3\n"), "talks": []byte("#!/bin/sh\necho hello\nread line\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := karez(t, nil, "plugin", "list", "--json", "--plugins", dir)
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	var list []struct {
		ID     string `json:"id"`
		Status string `json:"status"`
		Fault  *struct {
			Message string `json:"message"`
		} `json:"fault"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v\n%s%s", err, out, errs)
	}
	got := map[string]string{}
	for _, p := range list {
		got[p.ID] = p.Status
		if p.Status == "failed" && (p.Fault == nil || p.Fault.Message == "") {
			t.Errorf("%s has no reason", p.ID)
		}
	}
	for id, status := range map[string]string{"jushuitan": "ready", "garbage": "failed", "crashes": "failed", "talks": "failed"} {
		if got[id] != status {
			t.Errorf("%s is %q, want %q", id, got[id], status)
		}
	}
}

func TestValueEval(t *testing.T) {
	t.Parallel()
	doc := write(t, "doc.json", `{"o_id":5000123,"price":12345678901234567.89,"name":"中文 \"x\"","items":[{"q":1},{"q":2}]}`)
	cases := []struct {
		text, want string
		code       int
	}{
		{"{{o_id}}", `{"type":"number","value":5000123}`, 0},
		{"{{price}}", `{"type":"number","value":12345678901234567.89}`, 0},
		{"NO-{{o_id}}", `{"type":"string","value":"NO-5000123"}`, 0},
		{"{{name}}", `{"type":"string","value":"中文 \"x\""}`, 0},
		{"{{items}}", `{"type":"array","value":[{"q":1},{"q":2}]}`, 0},
		{"{{missing}}", `{"type":"null","value":null}`, 0},
	}
	for _, c := range cases {
		code, out, errs := karez(t, nil, "value", "eval", "--json", "--doc", doc, "--value", c.text)
		if code != c.code || strings.TrimSpace(out) != c.want {
			t.Errorf("%s: exit %d, %s%s", c.text, code, out, errs)
		}
	}
	code, out, _ := karez(t, nil, "value", "eval", "--json", "--doc", doc, "--value", "{{o_id")
	if code != 1 || !strings.Contains(out, `"code":"value.syntax"`) || !strings.Contains(out, `"position"`) {
		t.Errorf("exit %d, %s", code, out)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	if code, _, errs := karez(t, nil, "flow", "fly"); code != 2 && !strings.Contains(errs, "cli.usage") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if code, out, _ := karez(t, nil, "--help"); code != 0 || !strings.Contains(out, "sandbox") {
		t.Errorf("exit %d, %s", code, out)
	}
	if code, _, errs := karez(t, nil, "flow", "run", "/does/not/exist.yaml"); code != 1 || !strings.Contains(errs, "file.unreadable") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

func TestMigrateAndDoctor(t *testing.T) {
	t.Parallel()
	data, schema := t.TempDir(), regexp.MustCompile(`^{"schema":[1-9][0-9]*}\n$`)
	if code, out, _ := karez(t, nil, "doctor", "--data", data); code != 1 || !strings.Contains(out, "BAD  schema") {
		t.Errorf("before the migration: exit %d, %s", code, out)
	}
	for range 2 {
		if code, out, errs := karez(t, nil, "migrate", "--json", "--data", data); code != 0 || !schema.MatchString(out) {
			t.Errorf("exit %d, %s%s", code, out, errs)
		}
	}
	if code, out, errs := karez(t, nil, "doctor", "--data", data); code != 0 || strings.Contains(out, "BAD") {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
	if code, out, _ := karez(t, nil, "doctor", "--data", data, "--db", "mysql://nobody:secretpassword@127.0.0.1:1/none"); code != 1 || strings.Contains(out, "secretpassword") {
		t.Errorf("exit %d, %s", code, out)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	code, out, errs := karez(t, nil, "token", "create", "--json", "--data", data, "--name", "nightly", "--role", "viewer", "--days", "3")
	var made struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil || code != 0 || !strings.HasPrefix(made.Token, "karez_") {
		t.Errorf("exit %d, %s%s, %v", code, out, errs, err)
	}
	if code, _, errs := karez(t, nil, "token", "create", "--data", data, "--name", "x", "--role", "king"); code != 1 || !strings.Contains(errs, "account.role_invalid") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if found, err := filepath.Glob(filepath.Join(data, "karez.db*")); err != nil || len(found) == 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// TestFurtherFlowsStayDrafts: only the first flow of a file is published and run;
// the others are imported as drafts, with their problems told.
func TestFurtherFlowsStayDrafts(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).recent()
	text, err := os.ReadFile(w.flow)
	w.must(err)
	const others = `
---
apiVersion: karez/v1
kind: Flow
metadata: {id: other-broken, name: broken, title: 破}
spec:
  nodes: [{id: refunds, type: source, connection: nobody, settings: {operation: nothing}}]
---
apiVersion: karez/v1
kind: Flow
metadata: {id: other-sound, name: sound, title: 好}
spec:
  nodes:
    - {id: refunds, type: source, connection: jst, settings: {operation: refund.single.query, startFrom: "2021-05-01 00:00:00"}}
    - {id: keep, type: discard}
  edges: [{from: refunds, to: keep}]
`
	w.must(os.WriteFile(w.flow, append(text, others...), 0o600))
	got, err := w.run()
	w.must(err)
	if !got.Balanced || got.Counts["delivered"] == 0 {
		t.Errorf("%+v", got)
	}
	if len(got.Imported) != 2 || got.Imported[0].ID != "other-broken" || !flow.Blocking(got.Imported[0].Problems) ||
		got.Imported[0].Problems[0].Path == "" || flow.Blocking(got.Imported[1].Problems) {
		t.Errorf("imported %+v", got.Imported)
	}
	db, err := product.OpenStore(t.Context(), product.Config{Data: w.data, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	defer func() { w.must(db.Close()) }()
	flows, err := flowstore.New(db).Flows(t.Context(), 1, draft.Filter{Limit: 9})
	w.must(err)
	published := map[string]bool{}
	for _, f := range flows {
		published[f.PublicID] = f.Published > 0
		if (f.Blocking > 0) != (f.PublicID == "other-broken") {
			t.Errorf("%s has %d blocking problems", f.PublicID, f.Blocking)
		}
	}
	if broken, there := published["other-broken"]; broken || !there || published["other-sound"] || len(published) != 3 {
		t.Errorf("published: %v", published)
	}
}

// TestParametersAreKept: a run that is killed and goes on without being told the
// parameters again still maps what it had pulled with those of its start.
func TestParametersAreKept(t *testing.T) {
	t.Parallel()
	turn(t)
	w := newWorld(t).recent()
	text, err := os.ReadFile(w.flow)
	w.must(err)
	marked := strings.Replace(string(text), `value: "{{remark}}"`, `value: "{{params.stockCode}}/{{params.orgCode}}"`, 1)
	w.must(os.WriteFile(w.flow, []byte(strings.Replace(marked, `default: "1"`, `default: "no such stock"`, 1)), 0o600))
	w.args = []string{"--param", "stockCode=1"}
	if _, err := w.run("KAREZ_FAILPOINT=after_pulling"); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	w.args = nil
	got, err := w.run()
	w.must(err)
	if bills := w.bills(); !got.Balanced || len(bills) == 0 {
		t.Errorf("%d bills, run %+v", len(bills), got)
	}
	for no, bill := range w.bills() {
		if !strings.Contains(string(bill), `"1/100"`) {
			t.Errorf("bill %s is %s", no, bill)
		}
	}
	code, _, errs := karez(t, nil, "flow", "run", "--data", t.TempDir(), "--param", "nope=1", w.flow)
	if code != 1 || !strings.Contains(errs, "param.unknown") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// TestAConnectionThatIsNotInOrder: what its connector tells at a write refuses no
// document; all are written when the connection is mended.
func TestAConnectionThatIsNotInOrder(t *testing.T) { //nolint:tparallel // the next run waits until the database is closed
	t.Parallel()
	turn(t)
	w := newWorld(t).recent()
	w.args = []string{"--retry-for", "0s"}
	got, err := w.run("K3_ACCT_ID= ") // which only the connector finds to be none
	w.must(err)
	held := got.Counts["retry_at"]
	if held == 0 || got.Counts["rejected"] != 0 || got.Counts["delivered"] != 0 || !got.Balanced || len(w.bills()) != 0 {
		t.Fatalf("%+v", got)
	}
	t.Run("what the documents show", func(t *testing.T) { // the database is closed at its end
		problems := map[string]int{}
		var codes []string
		w.must(storetest.Open(t, "sqlite:"+filepath.Join(w.data, "karez.db")).Read(t.Context()).Raw("SELECT code FROM problem").Scan(&codes).Error)
		for _, code := range codes {
			problems[code]++
		}
		if problems["k3cloud.settings_incomplete"] != held || len(problems) != 1 {
			t.Errorf("%v", problems)
		}
	})

	w.args = nil
	got, err = w.run()
	w.must(err)
	if n := len(w.bills()); n < held {
		t.Errorf("%d of %d documents were written: %+v", n, held, got)
	}
	w.sentOnce()
}

// TestShippedFlowsAreValid: every shipped flow is, also where its connectors are not
// installed yet but known by their manifests.
func TestShippedFlowsAreValid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "market", "templates", "*.yaml"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	code, out, errs := karez(t, nil, append([]string{"flow", "validate", "--json", "--manifests", filepath.Join("..", "..", "plugins")}, files...)...)
	if code != 0 {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if code, out, _ := karez(t, nil, append([]string{"flow", "validate", "--json", "--plugins", t.TempDir()}, files...)...); code != 1 || !strings.Contains(out, "connector.missing") {
		t.Errorf("without connectors and manifests, exit %d: %s", code, out)
	}
}
