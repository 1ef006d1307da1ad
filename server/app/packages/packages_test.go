package packages_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/app/packages"
	"github.com/karezflow/karez/server/app/terminal"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/shelf"
)

// rig runs commands in a folder.
type rig struct {
	t     *testing.T
	dir   string
	shelf *shelf.Shelf
	uses  []plugins.Use
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir()}
	r.shelf = shelf.New(shelf.Config{Dir: r.path("data/plugins"), OS: runtime.GOOS, Arch: runtime.GOARCH, SDK: []int{1}, Clock: now})
	return r
}

func now() time.Time { return time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC) }

func (r *rig) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// write writes a connector's folder.
func (r *rig) write(name, version string, pairs ...string) string {
	r.t.Helper()
	for file, content := range plugpacktest.Folder("depot", version) {
		place := r.path(name + "/" + file)
		text := string(content.Data)
		if file == "manifest.yaml" {
			text = strings.NewReplacer(pairs...).Replace(text)
		}
		if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(place, []byte(text), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
	return r.path(name)
}

// try runs a command with --json and gives what it prints.
func (r *rig) try(args ...string) (string, error) {
	r.t.Helper()
	var out bytes.Buffer
	terminal := terminal.New(&out, &out)
	terminal.JSON = true
	root := &cobra.Command{Use: "plugin", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(packages.Commands(packages.Needs{
		Terminal: terminal, Shelf: func() *shelf.Shelf { return r.shelf }, Flags: func(*cobra.Command) {}, SDK: []int{1}, OS: runtime.GOOS, Arch: runtime.GOARCH, Clock: now,
		Uses: func(context.Context, string) ([]plugins.Use, error) { return r.uses, nil },
		Running: func(ctx context.Context) ([]plugins.Running, error) {
			c, err := r.shelf.Get(ctx, "depot")
			var all []plugins.Running
			for _, v := range c.Versions {
				all = append(all, plugins.Running{ID: v.ID, Version: v.Version, Packaged: true, Fault: v.Fault})
			}
			return all, err
		},
	})...)
	root.SetArgs(args)
	root.SetOut(&out)
	err := root.ExecuteContext(r.t.Context())
	return out.String(), err
}

func (r *rig) run(args ...string) map[string]any {
	r.t.Helper()
	out, err := r.try(args...)
	if err != nil {
		r.t.Fatal(args, err)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		r.t.Fatal(args, out, err)
	}
	return answer
}

func (r *rig) refused(code string, args ...string) {
	r.t.Helper()
	if f := r.refusal(code, args...); f == nil {
		r.t.Error("no refusal")
	}
}

// refusal gives why a command was refused.
func (r *rig) refusal(code string, args ...string) *fault.Fault {
	r.t.Helper()
	out, err := r.try(args...)
	if fault.CodeOf(err) != code {
		r.t.Fatalf("%v: %v, want %s; %s", args, err, code, out)
	}
	return fault.From(err)
}

// From a folder to a version that serves, and back.
func TestTheWayOfAPackage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	key := r.run("key", "new", "--name", "Some House", "--expires", "2028-01-31", "--out", r.path("house"))
	if info, err := os.Stat(r.path("house")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the private key's file: %v, %v", info, err)
	}
	if _, err := r.try("key", "new", "--name", "x", "--out", r.path("house")); fault.CodeOf(err) != plugpack.CodeUnwritable {
		t.Errorf("a key was overwritten: %v", err)
	}
	first, second := r.path("depot-1.0.0.kzp"), r.path("depot-1.1.0.kzp")
	packed := r.run("pack", r.write("one", "1.0.0"), "--out", first, "--key", r.path("house"))
	if packed["key"] != key["id"] || packed["version"] != "1.0.0" {
		t.Errorf("%v", packed)
	}
	r.run("pack", r.write("two", "1.1.0", "field: amount", "field: total"), "--out", second)
	r.refused(shelf.CodeUnsigned, "install", first)
	r.run("key", "trust", r.path("house.pub"), "--as", "community")
	r.refused(plugpack.CodeKey, "key", "trust", r.path("house"))
	if got := r.run("install", first); got["active"] != "1.0.0" || got["status"] != "community" || got["keyName"] != "Some House" {
		t.Errorf("%v", got)
	}
	r.refused(shelf.CodeUnsigned, "install", second)
	r.run("sign", second, "--key", r.path("house"))
	seen := r.run("verify", second)
	if changes, _ := json.Marshal(seen["changes"]); seen["installed"] != false || seen["active"] != "1.0.0" ||
		string(changes) != `[{"breaking":true,"kind":"removed","name":"amount","operation":"orders","part":"response"},{"breaking":false,"kind":"added","name":"total","operation":"orders","part":"response"}]` {
		t.Errorf("%v", seen)
	}
	if got := r.run("install", second); got["active"] != "1.1.0" {
		t.Errorf("%v", got)
	}
	if got := r.run("rollback", "depot"); got["active"] != "1.0.0" || got["previous"] != "1.1.0" {
		t.Errorf("%v", got)
	}
	if got := r.run("activate", "depot@1.1.0"); got["active"] != "1.1.0" {
		t.Errorf("%v", got)
	}
	if got := r.run("pin", "depot"); got["pinned"] != true {
		t.Errorf("%v", got)
	}
	if got := r.run("unpin", "depot"); got["pinned"] != false {
		t.Errorf("%v", got)
	}
	r.uses = []plugins.Use{{Workspace: 1, Name: "main", Version: "1.0"}}
	if f := r.refusal(plugins.CodeInUse, "remove", "depot@1.0.0"); !strings.Contains(f.Hint, "main") {
		t.Errorf("%v", f.Hint)
	}
	r.uses = nil
	r.run("remove", "depot@1.0.0")
	r.run("revoke", "depot@1.1.0", "--reason", "it leaks")
	if f := r.refusal(shelf.CodeRevoked, "install", second); !strings.Contains(f.Message, "it leaks") {
		t.Error(f)
	}
	out, err := r.try("key", "list")
	if err != nil || !strings.Contains(out, `"status":"community"`) || !strings.Contains(out, "2028-01-31") {
		t.Error(out, err)
	}
	r.run("key", "forget", key["id"].(string))
	r.refused(shelf.CodeKeyUnknown, "key", "forget", key["id"].(string))
	list := r.path("list.json")
	if err := os.WriteFile(list, []byte(`{"format":1,"revoked":[{"key":"abc"},{"name":"other"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r.run("revoke", "--list", list)
	for _, args := range [][]string{{"activate", "depot"}, {"rollback", "depot@1.0.0"}, {"remove", "depot"}, {"sign", second}, {"key", "new"}, {"pack"}, {"key", "new", "--name", "x", "--out", r.path("y"), "--expires", "soon"}} {
		if out, err := r.try(args...); err == nil {
			t.Errorf("%v: %s", args, out)
		}
	}
	if _, err := r.try("revoke"); fault.CodeOf(err) != shelf.CodeRevocation {
		t.Error(err)
	}
}

func TestAnExpiredKeySignsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run("key", "new", "--name", "old", "--expires", "2026-11-22", "--out", r.path("old"))
	out := r.path("x.kzp")
	r.refused(shelf.CodeExpired, "pack", r.write("one", "1.0.0"), "--out", out, "--key", r.path("old"))
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
}

// A list is enough for a folder or a web server to give packages, and nothing of it is believed.
func TestInstallFromAList(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := os.Mkdir(r.path("shop"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1.0.0", "1.1.0"} {
		if got := r.run("pack", r.write(version, version), "--out", r.path("shop")); got["file"] != r.path("shop/depot-"+version+".kzp") {
			t.Errorf("%v", got)
		}
	}
	if got := r.run("index", r.path("shop")); len(got["packages"].([]any)) != 2 {
		t.Errorf("%v", got)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(r.path("shop"))))
	defer server.Close()
	r.refused("package.index_absent", "install", "depot@3", "--from", r.path("shop"))
	r.refused("file.unreadable", "install", "depot", "--from", r.path("nowhere"))
	r.refused(shelf.CodeUnsigned, "install", "depot", "--from", server.URL)
	if got := r.run("install", "depot@1.0", "--from", server.URL+"/index.json", "--allow-unsigned"); got["active"] != "1.0.0" || got["status"] != "unsigned" {
		t.Errorf("%v", got)
	}
	if got := r.run("install", "depot", "--from", r.path("shop"), "--allow-unsigned", "--inactive"); got["version"] != "1.1.0" || got["active"] != "1.0.0" {
		t.Errorf("%v", got)
	}
	r.refused("package.index_insecure", "install", "depot", "--from", "http://192.0.2.1/shop")
	r.refused("package.index_insecure", "install", "depot", "--from", "ftp://127.0.0.1/shop")
	r.refused("package.index_unreachable", "install", "depot", "--from", server.URL+"/none")
	away := httptest.NewServer(http.RedirectHandler("http://192.0.2.1/", http.StatusFound))
	defer away.Close()
	r.refused("package.index_insecure", "install", "depot", "--from", away.URL)
	if err := os.Rename(r.path("shop/depot-1.0.0.kzp"), r.path("shop/depot-1.1.0.kzp")); err != nil {
		t.Fatal(err)
	}
	r.refused("package.index_mismatch", "install", "depot", "--from", server.URL, "--allow-unsigned")
}
