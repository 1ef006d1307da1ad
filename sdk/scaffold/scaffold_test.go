package scaffold_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/scaffold"
)

// What is written is the connector of whoever asked: nothing in it is called as the sample is.
func TestWrite(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	names, err := scaffold.Write(dir, scaffold.Options{ID: "acme-erp", Module: "example.com/acme", Version: "v1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"main.go", "connector.go", "connector_test.go", "manifest.yaml", "conformance.yaml", "sandbox/sandbox.go", "go.mod", "Makefile", "README.md", "icon.svg"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, left := range []string{"sample-orders", "skeleton", `"sample.`, "示例订单系统"} {
			if strings.Contains(string(text), left) {
				t.Errorf("%s still has %s", name, left)
			}
		}
		switch name {
		case "go.mod":
			if !strings.Contains(string(text), "require github.com/karezflow/karez v1.2.3") || strings.Contains(string(text), "replace") {
				t.Errorf("%s", text)
			}
		case "main.go":
			if !strings.Contains(string(text), `"example.com/acme/sandbox"`) {
				t.Errorf("%s", text)
			}
		case "manifest.yaml":
			if m, err := manifest.Parse(text); err != nil || m.ID != "acme-erp" {
				t.Errorf("%v %v", m, err)
			}
		}
	}
}

// In Node there are the same declaration and the same plan, and the protocol in place of a module.
func TestWriteForNode(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	names, err := scaffold.Write(dir, scaffold.Options{ID: "acme-erp", Language: "node", Protocol: []byte("syntax")})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	want := []string{".gitignore", "README.md", "build.mjs", "conformance.yaml", "connector.mjs", "connector.proto", "icon.svg", "karez.mjs", "manifest.yaml", "package.json", "sandbox.mjs"}
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	for name, want := range map[string]string{"package.json": `"name": "acme-erp"`, "connector.mjs": `'acme-erp.rows'`, "connector.proto": "syntax", "manifest.yaml": "id: acme-erp"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s has no %s: %v", name, want, err)
		}
	}
}

// Without code there are the same declaration, which says that it brings no simulation, and a definition.
func TestWriteWithoutCode(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	names, err := scaffold.Write(dir, scaffold.Options{ID: "acme-erp", Language: scaffold.WithoutCode})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	if want := []string{".gitignore", "README.md", "connector.yaml", "examples/answers.yaml", "icon.svg", "manifest.yaml"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	d, err := declarative.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d.Manifest.ID != "acme-erp" || !d.Manifest.NoSandbox || len(d.Exposed()) > 0 {
		t.Errorf("%+v", d.Manifest)
	}
	for _, name := range names {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || strings.Contains(string(text), "sample-orders") || strings.Contains(string(text), "示例订单系统") {
			t.Errorf("%s is still the sample's: %v", name, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		dir  string
		o    scaffold.Options
		code string
	}{
		"no id":       {filepath.Join(full, "a"), scaffold.Options{Version: "v1.0.0"}, "scaffold.id"},
		"a wrong id":  {filepath.Join(full, "a"), scaffold.Options{ID: "../Up", Version: "v1.0.0"}, "scaffold.id"},
		"a language":  {filepath.Join(full, "a"), scaffold.Options{ID: "acme", Language: "cobol", Version: "v1.0.0"}, "scaffold.language"},
		"no version":  {filepath.Join(full, "a"), scaffold.Options{ID: "acme"}, "scaffold.version"},
		"a full home": {full, scaffold.Options{ID: "acme", Version: "v1.0.0"}, "scaffold.exists"},
	} {
		names, err := scaffold.Write(tt.dir, tt.o)
		if fault.CodeOf(err) != tt.code || len(names) > 0 {
			t.Errorf("%s: %v %v", name, names, err)
		}
	}
	if entries, err := os.ReadDir(full); err != nil || len(entries) != 1 {
		t.Errorf("something was written: %v %v", entries, err)
	}
}
