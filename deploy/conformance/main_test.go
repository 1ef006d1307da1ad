package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamine has a program in the place of karez whose second connector does not conform.
func TestExamine(t *testing.T) {
	t.Parallel()
	bin, tree := t.TempDir(), t.TempDir()
	const karez = `#!/bin/sh
case "$4" in
*good) echo '{"connector":"good","version":"1.0.0","ok":true,"checks":[{"name":"query a: two full reads are equal","ok":true},{"name":"query b: two full reads are equal","ok":true}],"refusals":{"140":2}}';;
*) echo '{"connector":"bad","version":"1.0.0","checks":[{"name":"manifest parses","ok":true},{"name":"write a: class B holds","problems":["it was written twice"]}]}'; exit 1;;
esac
`
	if err := os.WriteFile(filepath.Join(bin, "karez"), []byte(karez), 0o700); err != nil {
		t.Fatal(err)
	}
	plan := func(at string) {
		t.Helper()
		path := filepath.Join(tree, at)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := examine(t.Context(), bin, tree, &bytes.Buffer{}); err == nil {
		t.Error("nothing to examine is no error")
	}
	plan("good/conformance.yaml")
	var out bytes.Buffer
	if ok, err := examine(t.Context(), bin, tree, &out); err != nil || !ok {
		t.Errorf("%t, %v", ok, err)
	}
	plan("bad/conformance-other.yaml")
	out.Reset()
	ok, err := examine(t.Context(), bin, tree, &out)
	if err != nil || ok {
		t.Errorf("%t, %v", ok, err)
	}
	printed := map[string]bool{}
	for line := range strings.Lines(out.String()) {
		printed[strings.Join(strings.Fields(line), " ")] = true
	}
	for _, want := range []string{
		"1 bad 1.0.0 (other)", "2 good 1.0.0", "query: two full reads are equal - 2", "write: class B holds BAD1 -",
		"all BAD1 2", "good 140 ×2", "bad (other) none counted", "BAD bad (other): write a: class B holds", "it was written twice",
	} {
		if !printed[want] {
			t.Errorf("%q is not printed:\n%s", want, &out)
		}
	}
	if err := os.Remove(filepath.Join(bin, "karez")); err != nil {
		t.Fatal(err)
	}
	if _, err := examine(t.Context(), bin, tree, &out); err == nil {
		t.Error("a connector that can't be examined is no error")
	}
}
