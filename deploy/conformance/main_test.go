package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func none(context.Context) ([]report, error) { return nil, nil }

// TestASuiteInGo reads what the connector of databases prints of two servers.
func TestASuiteInGo(t *testing.T) {
	t.Parallel()
	const events = `{"Action":"run","Test":"TestConformance/mysql"}
{"Action":"output","Test":"TestConformance/mysql/manifest_parses","Output":"=== RUN   TestConformance/mysql/manifest_parses\n"}
{"Action":"pass","Test":"TestConformance/mysql/manifest_parses"}
{"Action":"pass","Test":"TestConformance/mysql"}
{"Action":"output","Test":"TestConformance/postgresql/query_table:_two_full_reads_are_equal","Output":"    query.go:1: they differ\n"}
{"Action":"fail","Test":"TestConformance/postgresql/query_table:_two_full_reads_are_equal"}
{"Action":"fail","Test":"TestConformance"}
`
	got, err := read("sql", strings.NewReader(events))
	want := []report{
		{Connector: "sql", OK: true, plan: " (mysql)", Checks: []check{{Name: "manifest parses", OK: true}}},
		{Connector: "sql", plan: " (postgresql)", Checks: []check{{Name: "query table: two full reads are equal", Problems: []string{"query.go:1: they differ"}}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := read("sql", strings.NewReader("no JSON")); err == nil {
		t.Error("what go test can't say is read")
	}
}

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
	if _, err := examine(t.Context(), bin, tree, none, &bytes.Buffer{}); err == nil {
		t.Error("nothing to examine is no error")
	}
	plan("good/conformance.yaml")
	var out bytes.Buffer
	if ok, err := examine(t.Context(), bin, tree, none, &out); err != nil || !ok {
		t.Errorf("%t, %v", ok, err)
	}
	plan("bad/conformance-other.yaml")
	out.Reset()
	ok, err := examine(t.Context(), bin, tree, none, &out)
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
	if _, err := examine(t.Context(), bin, tree, none, &out); err == nil {
		t.Error("a connector that can't be examined is no error")
	}
}
