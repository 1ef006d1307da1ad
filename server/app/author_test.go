package app_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// examined is what `plugin test --json` prints.
type examined struct {
	Connector string `json:"connector"`
	OK        bool   `json:"ok"`
	Checks    []struct {
		Name     string   `json:"name"`
		OK       bool     `json:"ok"`
		Problems []string `json:"problems"`
	} `json:"checks"`
	NotRun []string `json:"notRun"`
}

// broken gives the names of what is not as it should be.
func (e examined) broken() (bad []string) {
	for _, c := range e.Checks {
		if !c.OK {
			bad = append(bad, c.Name)
		}
	}
	return bad
}

// A connector that nobody has changed yet compiles from an empty folder and conforms; one
// that does not keep what its author promises is told so, by the behaviour.
func TestTheFirstSteps(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "acme-orders")
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if code, out, errs := karez(t, nil, "plugin", "new", "--sdk", source, dir); code != 0 || !strings.Contains(out, "next:") {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	sums, err := os.ReadFile(filepath.Join(source, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-o", "bin/acme-orders", ".")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	try := func(want int) examined {
		t.Helper()
		code, out, errs := karez(t, nil, "plugin", "test", "--json", dir)
		var got examined
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != want {
			t.Fatalf("%d %v\n%s%s", code, err, out, errs)
		}
		return got
	}
	if got := try(0); !got.OK || got.Connector != "acme-orders" || len(got.Checks) < 15 {
		t.Errorf("%+v", got)
	}

	plan := filepath.Join(dir, "conformance.yaml")
	text, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ old, new, breaks string }{
		"rows that are not there":    {"rows: 120", "rows: 119", "query order.list: two full reads are equal"},
		"an answer that is not lost": {"loseAt: /orders", "loseAt: /elsewhere", "write order.save create: class B holds after a lost answer"},
		"credentials that are good":  {"apiKey: not-the-key", "apiKey: sandbox-key-0001", "check refuses bad credentials"},
	} {
		if err := os.WriteFile(plan, []byte(strings.Replace(string(text), tt.old, tt.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if bad := try(1).broken(); len(bad) != 1 || bad[0] != tt.breaks {
			t.Errorf("%s: broken are %q, want %q", name, bad, tt.breaks)
		}
	}
	for name, tt := range map[string]struct{ text, code string }{
		"no plan":          {"", "conformance.plan"},
		"unknown member":   {"questions: []", "conformance.plan"},
		"write without":    {"writes: [{operation: order.save}]", "writes[0]"},
		"query without":    {"queries: [{operation: order.list}]", "queries[0]"},
		"not YAML":         {"a: [", "conformance.plan"},
		"unknown switch":   {"set: {speed: 3}", "sandbox.refused"},
		"no such sandbox":  {"now: yesterday", "conformance.plan"},
		"several at once":  {"now: 2026-03-01T04:00:00Z\n---\nbad: {}", "conformance.plan"},
		"a wrong type too": {"queries: {operation: x}", "conformance.plan"},
	} {
		if err := os.WriteFile(plan, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := karez(t, nil, "plugin", "test", "--json", dir)
		if code != 1 || !strings.Contains(out+errs, tt.code) {
			t.Errorf("%s: %d\n%s%s", name, code, out, errs)
		}
	}
}

// A plugin that brings nodes only is examined without a sandbox.
func TestAPluginOfNodes(t *testing.T) {
	t.Parallel()
	program := filepath.Join(programs.dir, "plugins", "units")
	plan := filepath.Join("..", "..", "plugins", "units", "conformance.yaml")
	code, out, errs := karez(t, nil, "plugin", "test", "--plan", plan, program)
	if code != 0 || !strings.Contains(out, "units 1.0.0 conforms") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	less := write(t, "conformance.yaml", "nodes: [{node: convert, settings: {}, records: [{}, {}]}]")
	code, out, errs = karez(t, nil, "plugin", "test", "--plan", less, program)
	if code != 1 || !strings.Contains(out, "declares the node share") || !strings.Contains(out, "setting") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
}

// A connector in another language is served by the same protocol and conforms as well.
func TestAConnectorInNode(t *testing.T) {
	if os.Getenv("KAREZ_TEST_LONG") == "" {
		return // its packages come from the network
	}
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "acme-orders")
	if code, out, errs := karez(t, nil, "plugin", "new", "--language", "node", dir); code != 0 {
		t.Fatalf("%d %s%s", code, out, errs)
	}
	for _, args := range [][]string{{"install", "--no-audit", "--no-fund"}, {"run", "build"}} {
		cmd := exec.CommandContext(t.Context(), "npm", args...)
		cmd.Dir = dir
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("npm %q: %v\n%s", args, err, text)
		}
	}
	code, out, errs := karez(t, nil, "plugin", "test", dir)
	if code != 0 || !strings.Contains(out, "acme-orders 0.1.0 conforms") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	// The same program with a node in the connector's place.
	for name, text := range map[string]string{"manifest.yaml": upperManifest, "connector.mjs": upperNode, "conformance.yaml": upperPlan} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "npm", "run", "build")
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	code, out, errs = karez(t, nil, "plugin", "test", dir)
	if code != 0 || !strings.Contains(out, "acme-orders 0.2.0 conforms") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
}

const (
	upperManifest = `id: acme-orders
version: 0.2.0
title: {zh: 大写, en: Capitals}
noSandbox: true
hosts: []
nodes:
  - name: upper
    title: {zh: 转大写, en: Upper case}
    describe: {zh: 把一个字段转成大写。, en: Puts a field into capitals.}
    settings:
      - {key: field, kind: text, required: true, title: {zh: 字段, en: Field}}
`
	upperNode = `import { Fault, main } from './karez.mjs'
import manifest from './manifest.yaml'
const upper = {
  check: (s) => (s.field === 'id' ? [new Fault('acme-orders.field', 'the id stays', { path: 'field', class: 'config' })] : []),
  apply: (s, records) => records.map((r) => {
    const text = JSON.parse(r.raw)[s.field]
    if (typeof text !== 'string') return { fault: new Fault('acme-orders.no_text', 'no text', { path: s.field, class: 'data' }) }
    if (text === text.toUpperCase()) return { outputs: [{}] }
    return { outputs: [{ raw: r.raw.replace(JSON.stringify(text), JSON.stringify(text.toUpperCase())) }] }
  }),
}
main({ manifest, nodes: { upper } })
`
	upperPlan = `nodes:
  - node: upper
    settings: {field: a}
    bad: [{field: id}, {}]
    records: [{a: x}, {a: Y, n: 1.10}]
    refused: [{a: 1}, {b: x}]
`
)

// A folder that can't be examined is told why.
func TestNothingToExamine(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	for name, tt := range map[string]struct{ path, want string }{
		"no such folder": {filepath.Join(empty, "none"), "conformance.no_program"},
		"no manifest":    {empty, "conformance.no_program"},
		"no plan":        {filepath.Join(programs.dir, "plugins", "jushuitan"), "conformance.no_plan"},
		"not built":      {"../../plugins/jushuitan", "conformance.no_program"},
		"no sandbox":     {"../../plugins/tryton", "conformance.no_sandbox"},
	} {
		if code, out, errs := karez(t, nil, "plugin", "test", "--json", tt.path); code != 1 || !strings.Contains(out+errs, tt.want) {
			t.Errorf("%s: %d\n%s%s", name, code, out, errs)
		}
	}
}
