package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/cases"
)

const tested = `
apiVersion: karez/v1
kind: Flow
metadata: {title: Tested}
spec:
  uses: {banks: {flow: bankflow}}
  params: [{key: org, default: "100"}]
  nodes:
    - {id: orders, type: source, connection: nowhere, settings: {operation: orders}}
    - id: code
      type: script
      settings:
        lookups: [{name: bank, from: banks, where: [account], find: org}]
        code: |
          function transform(doc, ctx) {
            ctx.vars.key = ctx.key
            if (doc.lines.length === 0) throw new Error("no lines")
            return {no: doc.no, org: ctx.params.org, bank: ctx.lookup("bank", doc.account), total: ctx.decimal.sum(doc.lines, "amount")}
          }
    - {id: live, type: filter, settings: {conditions: [[{field: state, logic: neq, value: void}]]}}
  edges: [{from: orders, to: code}, {from: code, to: live}]
  tests:
    - name: totals are exact
      node: code
      input: {no: N1, account: 6222, lines: [{amount: "0.10"}, {amount: 12345678901234567.89}]}
      answers: [{from: banks, where: {account: 6222}, find: org, values: [north]}]
      expect: {outputs: [{body: {no: N1, org: "100", bank: north, total: 12345678901234567.99}}], vars: {key: test}}
    - name: an order without lines
      node: code
      input: {lines: []}
      expect: {fault: {code: script.error, message: "line 3, column 37: Error: no lines"}}
    - {name: void orders go, node: live, input: {state: void}, expect: {outputs: [{port: "false", body: {state: void}}]}}
`

// run runs the program itself, which is its own script worker.
func run(t *testing.T, args ...string) (code int, stdout string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(programs.dir, "karez"), append([]string{"--plugins", filepath.Join(programs.dir, "plugins")}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if failed := new(exec.ExitError); errors.As(err, &failed) {
		code = failed.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if errs.Len() > 0 {
		t.Errorf("standard error: %s", errs.String())
	}
	return code, out.String()
}

func TestFlowTest(t *testing.T) {
	t.Parallel()
	good := write(t, "flow.yaml", tested)
	if code, out := run(t, "flow", "test", good); code != 0 || !strings.Contains(out, "3 tests, 0 failed") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out := run(t, "flow", "test", good, "--node", "live"); code != 0 || !strings.Contains(out, "1 tests, 0 failed") {
		t.Errorf("exit %d: %s", code, out)
	}
	bad := write(t, "flow.yaml", strings.Replace(tested, "67.99}}]", "67.9}}]", 1))
	if code, out := run(t, "flow", "test", bad); code != 1 || !strings.Contains(out, "FAIL  totals are exact  (code)\n      outputs[0].body.total") {
		t.Errorf("exit %d: %s", code, out)
	}
	bad = write(t, "flow.yaml", strings.Replace(tested, "values: [north]", "values: []", 1))
	code, out := run(t, "flow", "test", "--json", bad)
	var got struct {
		OK    bool           `json:"ok"`
		Tests []cases.Result `json:"tests"`
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 1 || got.OK || len(got.Tests) != 3 || got.Tests[0].Passed || !got.Tests[1].Passed {
		t.Fatalf("exit %d: %s, %v", code, out, err)
	}
	if d := got.Tests[0].Differences; len(d) != 2 || d[1].Path != "fault" || !bytes.Contains(d[1].Got, []byte(`"lookup.nothing_found"`)) {
		t.Errorf("%+v", d)
	}
	if code, out := run(t, "flow", "test", "--json", write(t, "flow.yaml", "- 1\n")); code != 1 || !strings.Contains(out, `"ok":false`) {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out, _ := karez(t, nil, "flow", "test"); code != 2 {
		t.Errorf("without a file: exit %d: %s", code, out)
	}
}
