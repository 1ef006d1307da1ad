package api_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestPathsAreFilledIn: what a path names is a parameter of its operation; else the
// operation would never learn what it is asked about.
func TestPathsAreFilledIn(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	type parameter struct {
		Name string `json:"name"`
		In   string `json:"in"`
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []parameter `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Paths) < 50 {
		t.Fatalf("only %d paths", len(doc.Paths))
	}
	named := regexp.MustCompile(`\{(\w+)\}`)
	for path, operations := range doc.Paths {
		for _, name := range named.FindAllStringSubmatch(path, -1) {
			for method, op := range operations {
				if !slices.ContainsFunc(op.Parameters, func(p parameter) bool { return p.In == "path" && p.Name == name[1] }) {
					t.Errorf("%s %s has no parameter %s", method, path, name[1])
				}
			}
		}
	}
}
