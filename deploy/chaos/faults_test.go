package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/failpoint"
)

// What faults.md names as proof exists: tests in their packages, kinds of faults, crash
// points and wrong engines.
func TestWhatProvesExists(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("faults.md")
	if err != nil {
		t.Fatal(err)
	}
	var drawn []string
	for _, p := range profiles() {
		for _, s := range p.soaks {
			for _, k := range s.kinds {
				drawn = append(drawn, k.Name)
			}
		}
	}
	known := map[string][]string{
		"soak": drawn, "crash": slices.Concat(failpoint.List(), failpoint.Errands()), "wrong": failpoint.Wrongs(),
	}
	named, seen := 0, map[string]bool{}
	for _, found := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(text), -1) {
		kind, name, ok := strings.Cut(found[1], ": ")
		if name == "…" {
			continue // where it is told how to read them
		}
		if ok {
			named, seen[found[1]] = named+1, true
			if !slices.Contains(known[kind], name) {
				t.Errorf("there is no %s %q", kind, name)
			}
			continue
		}
		folder, name, ok := strings.Cut(found[1], " ")
		if !ok {
			t.Errorf("%q says nothing", found[1])
			continue
		}
		named++
		if !tested(t, folder, name) {
			t.Errorf("%s has no %s", folder, name)
		}
	}
	if named < 100 {
		t.Errorf("only %d proofs were read", named)
	}
	// And nothing that goes wrong here is left out there.
	for kind, names := range known {
		for _, name := range names {
			if !seen[kind+": "+name] {
				t.Errorf("%s %q is missing", kind, name)
				seen[kind+": "+name] = true
			}
		}
	}
}

// tested reports whether a test of a name stands in a folder.
func tested(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+name+"(") {
			return true
		}
	}
	return false
}
