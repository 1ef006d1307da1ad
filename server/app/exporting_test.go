package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/flow"
)

// TestFlowExport hands a flow out by its name: the document, and the mapping document in both forms.
func TestFlowExport(t *testing.T) {
	t.Parallel()
	turn(t)
	s := newWorld(t).recent().serve()
	s.settle()
	s.must(s.cmd.Process.Signal(os.Interrupt))
	s.must(s.cmd.Wait())
	export := func(args ...string) (int, string, string) {
		return karez(t, nil, append([]string{"flow", "export", "--data", s.data, "--plugins", filepath.Join(programs.dir, "plugins")}, args...)...)
	}
	const name = "jushuitan-refund-to-kingdee-return"
	code, out, errs := export(name)
	docs, err := flow.Parse([]byte(out))
	if code != 0 || err != nil || len(docs) != 1 || docs[0].Metadata.Name != name {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	if code, out, errs = export(docs[0].Metadata.ID, "--format", "md"); code != 0 || !strings.Contains(out, "| FEntity.FMaterialId | 物料编码 | string | {{items.sku_id}} |") || !strings.Contains(out, "| amy |") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	file := filepath.Join(t.TempDir(), "mapping.xlsx")
	if code, out, errs = export(name, "--format", "xlsx", "--lang", "en", "--version", "1", "--out", file); code != 0 || out != "" {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), "PK") {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	for code, args := range map[string][]string{"export.format_unknown": {name, "--format", "csv"}, "export.flow_missing": {"nobody"}, "object.missing": {name, "--format", "md", "--version", "9"}} {
		if exit, out, errs := export(append(args, "--json")...); exit == 0 || !strings.Contains(out+errs, code) {
			t.Errorf("%v: %d %s %s", args, exit, out, errs)
		}
	}
}
