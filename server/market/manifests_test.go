package market_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestManifests: every folder of a connector has a manifest without faults, whose id
// is the folder's name and whose icon is there.
func TestManifests(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "plugins", "*", "manifest.yaml"))
	must(t, err)
	if len(files) < 7 {
		t.Fatalf("%d manifests", len(files))
	}
	for _, file := range files {
		id := filepath.Base(filepath.Dir(file))
		m, err := readManifest(id)
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		if m.ID != id {
			t.Errorf("%s is called %s", id, m.ID)
		}
		icon, err := os.ReadFile(filepath.Join(filepath.Dir(file), m.Icon))
		if err != nil || !strings.HasPrefix(string(icon), "<svg") {
			t.Errorf("%s has no icon: %v", id, err)
		}
	}
}
