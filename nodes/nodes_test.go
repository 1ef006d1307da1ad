package nodes_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestEveryFolderIsListedAndPinned(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "nodes.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	imported := map[string]bool{}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		imported[path] = true
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	folders := 0
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "testdata" || e.Name() == "internal" {
			continue
		}
		folders++
		if !imported["github.com/karezflow/karez/nodes/"+e.Name()] {
			t.Errorf("%s is not listed in nodes.go", e.Name())
		}
		if _, err := os.Stat(filepath.Join(e.Name(), nodetest.GoldenFile)); err != nil {
			t.Errorf("%s has no pinned declaration: %v", e.Name(), err)
		}
	}
	if listed := len(nodes.All()); listed != folders {
		t.Errorf("%d types are listed, but there are %d folders", listed, folders)
	}
}

// The palette shows its categories in the order of a flow, each in one piece.
func TestTypesAreUniqueAndInOrder(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var categories []string
	for _, typ := range nodes.All() {
		d := typ.Declaration()
		if seen[d.Type] {
			t.Errorf("the type %s is listed twice", d.Type)
		}
		seen[d.Type] = true
		categories = append(categories, d.Category)
	}
	if got := strings.Join(slices.Compact(categories), " "); got != "read process write" {
		t.Errorf("the palette's categories are %s", got)
	}
}
