//go:build linux

package pluginhost_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// interpreter builds the program that serves declarative connectors, once.
var interpreter = sync.OnceValues(func() (string, error) {
	path := filepath.Join(filepath.Dir(binary), "declarative")
	out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "../../plugins/declarative").CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

// define puts the definition of 快递100 into the folder, with something in it replaced.
func (r *rig) define(t *testing.T, name, old, now string) {
	t.Helper()
	dir := filepath.Join(r.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"manifest.yaml", "connector.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "plugins", "kuaidi100", file))
		if err != nil {
			t.Fatal(err)
		}
		// In one step, as an administrator's tools do.
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path+".new", []byte(strings.ReplaceAll(string(text), old, now)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
}

func declarativeRig(t *testing.T) *rig {
	t.Helper()
	program, err := interpreter()
	if err != nil {
		t.Fatal(program)
	}
	return newRig(t, func(c *pluginhost.Config) { c.Interpreter = program })
}

// TestDeclarative has a folder without a program served by the shared one, before its own sandbox.
func TestDeclarative(t *testing.T) {
	t.Parallel()
	r := declarativeRig(t)
	r.define(t, "kuaidi100", "\x00", "")
	list, err := r.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Fault != nil || list[0].ID != "kuaidi100" || list[0].SHA256 == "" {
		t.Fatalf("%+v %v", list, err)
	}
	box, err := r.Sandbox(t.Context(), "kuaidi100", "", "127.0.0.1:0", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]string
	res, err := http.Get(box.URL + "/_sandbox/credentials")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil || json.Unmarshal(text, &all) != nil {
		t.Fatal(string(text), err)
	}
	settings, err := json.Marshal(map[string]string{"address": box.URL, "customer": all["customer"]})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(t.Context(), "kuaidi100", "", connector.Account{ID: "c1", Settings: settings, Secrets: map[string]string{"key": all["key"]}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(num string) (connector.Page, error) {
		return s.Query(t.Context(), connector.QueryRequest{Operation: "poll/query", Params: []byte(`{"com":"ems","num":"` + num + `"}`)})
	}
	page, err := ask("KD0007000004")
	if err != nil || item.Of(page.Rows).Path("0.nu").Text() != "KD0007000004" {
		t.Errorf("%s %v", page.Rows, err)
	}
	// The host classes what the vendor refuses.
	if _, err = ask("1"); fault.CodeOf(err) != "vendor.400" || fault.ClassOf(err) != fault.Data {
		t.Errorf("%v", err)
	}
	// A definition that is exchanged is served from then on, in another process.
	r.define(t, "kuaidi100", `rows: "."`, `rows: data`)
	if _, err := r.List(t.Context()); err != nil { // the folder is looked at
		t.Fatal(err)
	}
	page, err = ask("KD0007000004")
	if rows, _ := item.Rows(page.Rows); err != nil || len(rows) != 5 {
		t.Errorf("%d rows after the exchange: %v", len(rows), err)
	}
}

func TestDeclarativeThatCannotBeServed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ folder, old, new, code, path string }{
		"a bad expression":        {"kuaidi100", "| md5 | upper", "| md6 | upper", "definition.expression", "vars.sign"},
		"an unknown setting":      {"kuaidi100", "secrets.key", "secrets.pass", "definition.unknown_name", "vars.sign"},
		"another's name":          {"other", "\x00", "", pluginhost.CodeIdentity, ""},
		"another's version":       {"kuaidi100@9.0.0", "\x00", "", pluginhost.CodeIdentity, ""},
		"a manifest that is none": {"kuaidi100", "timeZone: Asia/Shanghai", "timeZone: Nowhere", "manifest.unknown_zone", "timeZone"},
	} {
		r := declarativeRig(t)
		r.define(t, tt.folder, tt.old, tt.new)
		list, err := r.List(t.Context())
		if err != nil || len(list) != 1 || list[0].Fault == nil || list[0].Fault.Code != tt.code || list[0].Fault.Path != tt.path {
			t.Errorf("%s: %+v %v", name, list, err)
		}
	}
	// Without the program that serves it a definition is listed with the reason.
	r := newRig(t, nil)
	r.define(t, "kuaidi100", "\x00", "")
	list, err := r.List(t.Context())
	if err != nil || len(list) != 1 || list[0].Fault == nil || list[0].Fault.Code != pluginhost.CodeMissing || list[0].Fault.Hint == "" {
		t.Errorf("%+v %v", list, err)
	}
	// The program by itself is no connector, and neither is any other folder.
	r = newRig(t, nil)
	install(t, r.dir, "declarative", trailer{})
	if err := os.Mkdir(filepath.Join(r.dir, "docs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if list, err := r.List(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
}
