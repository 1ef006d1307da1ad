package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/karezflow/karez/server/market/templatepack"
)

// raw sends a file and gives the status and what is said.
func (s *served) raw(method, path string, file []byte) (int, []byte) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+"/api/v1"+path, bytes.NewReader(file))
	s.must(err)
	req.Header.Set("Content-Type", "application/octet-stream")
	res, err := s.client.Do(req)
	s.must(err)
	answer, err := io.ReadAll(res.Body)
	s.must(err)
	s.must(res.Body.Close())
	return res.StatusCode, answer
}

// enter makes the administrator and connections of the two systems under names of this place.
func (s *served) enter(jushuitan, kingdee string) (private []string) {
	s.t.Helper()
	s.ask("POST", "/setup", map[string]string{"token": s.token, "name": "amy", "password": "correct horse"}, &ignored{})
	var jst, k3 map[string]string
	s.get(s.jst+"/_sandbox/credentials", &jst)
	s.get(s.k3+"/_sandbox/credentials", &k3)
	s.ask("POST", "/connections", map[string]any{
		"name": jushuitan, "connector": "jushuitan", "settings": map[string]string{"address": s.jst, "appKey": jst["appKey"]}, "secrets": map[string]string{"appSecret": jst["appSecret"]},
	}, &ignored{})
	s.ask("POST", "/connections", map[string]any{
		"name": kingdee, "connector": "kingdee-k3cloud", "secrets": map[string]string{"password": k3["password"]},
		"settings": map[string]string{"address": s.k3, "acctId": k3["acctId"], "username": k3["username"], "login": "password"},
	}, &ignored{})
	return []string{jushuitan, kingdee, jst["appKey"], jst["appSecret"], k3["password"], k3["acctId"], s.jst, s.k3}
}

// TestATemplateGoesElsewhere: a flow that was copied and changed is published as a template,
// goes as a signed file to another installation, which has it copied over its own accounts, and
// documents arrive. Nothing of the first installation goes along.
func TestATemplateGoesElsewhere(t *testing.T) {
	t.Parallel()
	turn(t)
	a := newWorld(t).serve()
	private := a.enter("甲公司东区聚水潭", "甲公司东区金蝶")
	var copied struct{ Flows []struct{ ID string } }
	a.ask("POST", "/templates/jushuitan-refund-to-kingdee-return/copy", map[string]any{
		"connections": map[string]string{"jst": "甲公司东区聚水潭", "k3": "甲公司东区金蝶"}, "startFrom": since,
	}, &copied)
	id := copied.Flows[0].ID
	private = append(private, id)
	var flow struct{ Document json.RawMessage }
	a.ask("GET", "/flows/"+id, nil, &flow)
	changed := strings.Replace(string(flow.Document), `"{{remark}}"`, `"改过 {{remark}}"`, 1)
	changed = strings.Replace(changed, `"title":"`, `"title":"甲公司东区金蝶 `, 1)
	if strings.Count(changed, "改过") != 1 || strings.Count(changed, "甲公司东区金蝶 ") != 1 {
		t.Fatalf("the flow is not changed: %s", changed)
	}
	a.ask("PUT", "/flows/"+id, map[string]any{"document": json.RawMessage(changed)}, &ignored{})

	words := map[string]any{"flows": []string{id}, "id": "our-refunds", "title": map[string]string{"zh": "我们的退货", "en": "Our refunds"}}
	var preview struct{ Problems, Secrets []json.RawMessage }
	if a.ask("POST", "/templates/drafts", words, &preview); len(preview.Problems)+len(preview.Secrets) > 0 {
		t.Fatalf("%s %s", preview.Problems, preview.Secrets)
	}
	var view struct {
		Version     string `json:"version"`
		Status      string `json:"status"`
		Signer      string `json:"signer"`
		Origin      string `json:"origin"`
		PublishedBy string `json:"publishedBy"`
	}
	if code := a.ask("POST", "/templates", words, &view); code != http.StatusCreated || view.Version != "1.0.0" || view.PublishedBy != "amy" || view.Origin != "workspace" {
		t.Fatalf("%d %+v", code, view)
	}
	code, file := a.raw("GET", "/templates/our-refunds/package", nil)
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, file)
	}
	nothingOf(t, file, append(private, "amy", "甲公司"))

	dir := t.TempDir()
	place, key := filepath.Join(dir, "our-refunds-1.0.0.kzt"), filepath.Join(dir, "acme.key")
	a.must(os.WriteFile(place, file, 0o600))
	b := newWorld(t)
	for _, args := range [][]string{
		{"plugin", "key", "new", "--name", "Acme", "--out", key},
		{"template", "sign", place, "--key", key},
		{"template", "index", dir},
		{"plugin", "key", "trust", key + ".pub", "--data", b.data},
	} {
		if code, out, errs := karez(t, nil, args...); code != 0 {
			t.Fatalf("%v: %d %s %s", args, code, out, errs)
		}
	}
	signed, err := os.ReadFile(place)
	a.must(err)
	if code, out, errs := karez(t, nil, "template", "inspect", place, "--data", b.data); code != 0 || !strings.Contains(out, "signed by Acme") || !strings.Contains(out, "needs kingdee-k3cloud >=") {
		t.Errorf("%d %s %s", code, out, errs)
	}

	other := b.serveAs([]string{"--listen", "127.0.0.1:0", "--templates-from", dir})
	other.enter("自家聚水潭", "自家金蝶")
	if code, answer := other.raw("POST", "/templates/packages", file); code != http.StatusUnprocessableEntity || !strings.Contains(string(answer), `"package.unsigned"`) {
		t.Errorf("a package that nobody vouches for: %d %s", code, answer)
	}
	var listed struct {
		Items []struct{ ID, Version, Status, Signer, Installed string }
	}
	if other.ask("GET", "/templates/registry", nil, &listed); len(listed.Items) != 1 || listed.Items[0].Signer != "Acme" || listed.Items[0].Installed != "" {
		t.Errorf("%+v", listed)
	}
	code, answer := other.raw("POST", "/templates/packages", signed)
	if code != http.StatusCreated || json.Unmarshal(answer, &view) != nil || view.Status != "signed" || view.Signer != "Acme" || view.Origin != "workspace" {
		t.Fatalf("%d %s", code, answer)
	}
	if code := other.ask("POST", "/templates/registry/our-refunds", nil, &view); code != http.StatusCreated {
		t.Errorf("the same once more from the registry: %d", code)
	}
	other.ask("POST", "/templates/our-refunds/copy", map[string]any{"connections": map[string]string{"jushuitan": "自家聚水潭", "kingdee-k3cloud": "自家金蝶"}}, &copied)
	other.ask("POST", "/flows/"+copied.Flows[0].ID+"/publish", map[string]string{"note": "模板"}, &ignored{})
	var run seen
	other.ask("POST", "/flows/"+copied.Flows[0].ID+"/runs", struct{}{}, &run)
	events := other.watch(run.ID, "")
	if last := events[len(events)-1]; last.Data.State != "done" || last.Data.Counts["delivered"] == 0 {
		t.Errorf("%+v", last)
	}
	other.delivered(run.ID)
	changes := 0
	for _, bill := range b.bills() {
		changes += strings.Count(string(bill), "改过")
	}
	if changes == 0 || len(a.bills()) > 0 {
		t.Errorf("%d bills of the change, and %d in the first place", changes, len(a.bills()))
	}
	if code := other.ask("DELETE", "/templates/our-refunds", nil, nil); code != http.StatusNoContent {
		t.Errorf("deleting answers %d", code)
	}
}

// nothingOf looks into every file of a package.
func nothingOf(t *testing.T, file []byte, private []string) {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	all := file
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	if !bytes.Contains(all, []byte("改过")) {
		t.Error("the package holds no flow")
	}
	for _, p := range private {
		if p == "" || bytes.Contains(all, []byte(p)) {
			t.Errorf("%q is in the package", p)
		}
	}
}

// TestTemplateCommands: templates of the product and of a data folder go out and come in by the
// command line, and what nobody vouches for has to be allowed.
func TestTemplateCommands(t *testing.T) {
	t.Parallel()
	turn(t)
	dir, data := t.TempDir(), t.TempDir()
	ok := func(args ...string) string {
		t.Helper()
		code, out, errs := karez(t, nil, append([]string{"template"}, args...)...)
		if code != 0 {
			t.Fatalf("%v: %d %s %s", args, code, out, errs)
		}
		return out
	}
	refused := func(want string, args ...string) {
		t.Helper()
		if code, out, errs := karez(t, nil, append([]string{"template", "--json"}, args...)...); code == 0 || !strings.Contains(out+errs, want) {
			t.Errorf("%v: %d %s %s, want %s", args, code, out, errs, want)
		}
	}
	ok("export", "kingdee-base-data", "--out", dir, "--data", data)
	shipped := filepath.Join(dir, "kingdee-base-data-1.0.0.kzt")
	file, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	p, err := templatepack.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	p.Template.Metadata.ID = "our-base-data"
	if p, err = templatepack.Make(p.Template); err != nil {
		t.Fatal(err)
	}
	if file, err = p.Bytes(); err != nil {
		t.Fatal(err)
	}
	place := filepath.Join(dir, p.Name())
	if err := os.WriteFile(place, file, 0o600); err != nil {
		t.Fatal(err)
	}
	refused("template.id_taken", "import", shipped, "--data", data, "--allow-unsigned")
	refused("package.unsigned", "import", place, "--data", data)
	refused("package.unreadable", "inspect", filepath.Join(programs.dir, "plugins", "kuaidi100", "manifest.yaml"), "--data", data)
	refused("file.unreadable", "inspect", filepath.Join(dir, "none.kzt"), "--data", data)
	refused("object.missing", "export", "nothing", "--data", data)
	if out := ok("index", dir); !strings.Contains(out, "2 templates are in") {
		t.Error(out)
	}
	refused("template.index_absent", "import", "our-base-data@9.0.0", "--from", dir, "--data", data)
	refused("package.index_insecure", "import", "our-base-data", "--from", "http://packages.example/", "--data", data)
	if out := ok("import", "our-base-data", "--from", dir, "--data", data, "--allow-unsigned"); !strings.Contains(out, "our-base-data 1.0.0 is stored, unsigned") {
		t.Error(out)
	}
	if out := ok("list", "--data", data); !strings.Contains(out, "our-base-data") || !strings.Contains(out, "imported") || !strings.Contains(out, "built-in") {
		t.Error(out)
	}
	again := filepath.Join(dir, "again.kzt")
	ok("export", "our-base-data@1.0.0", "--out", again, "--data", data)
	if back, err := os.ReadFile(again); err != nil || !bytes.Equal(back, file) {
		t.Errorf("the package came back as another one: %v", err)
	}
}
