package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/karezflow/karez/engine/flow"
)

// TestFlowImport makes flows of work that other systems hold: the flow goes to the output, and
// what is left for a person to the error output.
func TestFlowImport(t *testing.T) {
	t.Parallel()
	turn(t)
	imported := func(file string, args ...string) (int, string, string) {
		return karez(t, nil, append([]string{"flow", "import", "--plugins", filepath.Join(programs.dir, "plugins"), file}, args...)...)
	}
	given := filepath.Join("..", "..", "engine", "intake", "testdata")
	code, out, errs := imported(filepath.Join(given, "000.txt"))
	docs, err := flow.Parse([]byte(out))
	if code != 0 || err != nil || len(docs) != 1 || !strings.Contains(errs, "76 of 76 rows understood") || !strings.Contains(errs, "to fill in: start") {
		t.Fatalf("%d %s %s %v", code, out, errs, err)
	}
	if code, _, errs = imported(filepath.Join(given, "001.txt")); code != 0 || !strings.Contains(errs, "133 of 155 rows understood") || strings.Count(errs, "  line ") != 22 {
		t.Errorf("%d %s", code, errs)
	}
	plain, err := os.ReadFile(filepath.Join(given, "000.txt"))
	if err != nil {
		t.Fatal(err)
	}
	chinese, err := simplifiedchinese.GB18030.NewEncoder().Bytes(plain)
	if err != nil {
		t.Fatal(err)
	}
	windows := filepath.Join(t.TempDir(), "gbk.txt")
	if err := os.WriteFile(windows, chinese, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs = imported(windows); code != 0 || !strings.Contains(errs, "76 of 76 rows understood") {
		t.Errorf("as Windows saves it: %d %s", code, errs)
	}
	var told struct {
		Format        string `json:"format"`
		Rows          int    `json:"rows"`
		Understood    int    `json:"understood"`
		NotUnderstood []struct {
			Path string `json:"path"`
		} `json:"not_understood"`
	}
	if code, out, errs = imported(filepath.Join(given, "qeasy.json"), "--json"); code != 0 || json.Unmarshal([]byte(out), &told) != nil {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	if told.Format != "qeasy" || told.Rows-told.Understood != len(told.NotUnderstood) || told.NotUnderstood[0].Path == "" {
		t.Errorf("told is %+v", told)
	}
	long := filepath.Join(t.TempDir(), "long.txt")
	if err := os.WriteFile(long, []byte(strings.Repeat("x", 2<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{"file.unreadable": {"/does/not/exist"}, "intake.too_large": {long}, "intake.unknown_format": {filepath.Join(given, "000.txt"), "--format", "xml"}} {
		if code, out, errs := imported(args[0], append(args[1:], "--json")...); code == 0 || !strings.Contains(out+errs, want) {
			t.Errorf("%s: %d %s %s", want, code, out[:min(len(out), 300)], errs)
		}
	}
}
