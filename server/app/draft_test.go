package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/declarative"
)

// TestDraft drafts a connector by the command line, whose files load, and never twice into one folder.
func TestDraft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := filepath.Join(dir, "order.curl")
	if err := os.WriteFile(command, []byte("curl 'https://api.shop.example.com/orders?page=1&token=S3CRET'"), 0o600); err != nil {
		t.Fatal(err)
	}
	answer := filepath.Join(dir, "answer.json")
	if err := os.WriteFile(answer, []byte(`{"data":[{"no":"1"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "acme-shop")
	code, out, errs := karez(t, nil, "plugin", "draft", folder, "--curl", command, "--sample", answer, "--json")
	var said struct {
		Files []string `json:"files"`
		Open  []string `json:"open"`
	}
	if code != 0 || json.Unmarshal([]byte(out), &said) != nil || len(said.Files) != 2 || len(said.Open) == 0 || strings.Contains(out, "S3CRET") {
		t.Fatalf("%s %s", out, errs)
	}
	d, err := declarative.Load(folder)
	if err != nil || d.Manifest.ID != "acme-shop" || d.Operations["orders"].Answer.Rows[0] != "data" {
		t.Errorf("%+v %v", d, err)
	}
	if code, out, errs := karez(t, nil, "plugin", "draft", folder, "--curl", command); code == 0 || !strings.Contains(out+errs, "draft.exists") {
		t.Errorf("a connector is written over: %s %s", out, errs)
	}
	if code, out, _ := karez(t, nil, "plugin", "draft", filepath.Join(dir, "none")); code == 0 {
		t.Errorf("drafted of nothing: %s", out)
	}
}
