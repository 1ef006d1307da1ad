package declarative_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/declarative/expr"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const declared = `
id: depot
version: 1.0.0
title: {zh: 仓库, en: Depot}
timeZone: Asia/Shanghai
settings:
  - {key: address, kind: url, required: true, title: {zh: 地址, en: Address}}
  - {key: key, kind: text, required: true, secret: true, title: {zh: 密钥, en: Key}}
operations:
  - name: goods
    kind: query
    title: {zh: 货品, en: Goods}
    object: goods
    paging: {strategy: cursor, token: cursor, size: size, defaultSize: 10, maxSize: 50}
    request: [{field: cursor, title: {zh: 游标, en: Cursor}}, {field: size, title: {zh: 行数, en: Size}}, {field: no, title: {zh: 编码, en: Number}}]
    response: [{field: no, title: {zh: 编码, en: Number}}, {field: qty, title: {zh: 数量, en: Quantity}}]
  - name: push
    kind: write
    title: {zh: 写入, en: Push}
    object: goods
    request: [{field: no, title: {zh: 编码, en: Number}}]
    writing: {maxRows: 1, defaultRows: 1, key: "{{no}}", answers: perRow, batch: atomic, create: {class: B, probe: true, compare: [qty]}}
`

const defined = `
definition: 1
address: "{{settings.address}}"
vars:
  signed: {"...": "{{params}}", stamp: "{{now}}"}
request: {method: POST, path: "/{{operation}}", query: {"...": "{{signed}}", sign: "{{secrets.key + (signed | pairs '' '') | md5}}"}}
answer: {ok: {path: code, values: [0]}, code: code, message: msg}
check: {operation: goods, params: {size: 1}}
operations:
  goods: {answer: {rows: data.rows, next: data.next}}
  push:
    request: {json: "{{row}}"}
    answer: {id: "{{answer.data.id}}", number: "{{key}}"}
    probe: {operation: goods, params: {no: "{{key}}"}, match: no}
`

func TestParse(t *testing.T) {
	t.Parallel()
	d, err := declarative.Parse([]byte(declared), []byte(defined))
	if err != nil {
		t.Fatal(err)
	}
	push := d.Operations["push"]
	if push.Request.Method != http.MethodPost || !push.Request.JSON.Given() || !push.Request.Query.Given() || push.Answer.Message[0] != "msg" || push.Answer.OK.Values[0] != "0" {
		t.Errorf("what holds for all does not hold for push: %+v", push)
	}
	if goods := d.Operations["goods"]; goods.Request.JSON.Given() || goods.Answer.Rows[0] != "data.rows" {
		t.Errorf("%+v", goods)
	}
}

// TestWhatIsRefused changes one line of a good definition, or of its manifest.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ old, new, code, path, words string }{
		"no form":              {"definition: 1", "definition: 0", "definition.format", "definition", "form 1"},
		"a newer form":         {"definition: 1", "definition: 2 # with loops\nloops: []", "definition.newer", "definition", "forms up to 1"},
		"an unknown key":       {"definition: 1", "definition: 1\ndefinitions: 1", "manifest.unknown_key", "definitions", "line"},
		"no address":           {`address: "{{settings.address}}"`, "", "definition.required", "address", "address"},
		"a bad expression":     {"| pairs '' '')", "| paris '' '')", "definition.expression", "operations.goods.request.query.sign", `"paris"`},
		"an unknown setting":   {"{{settings.address}}", "{{settings.host}}", "definition.unknown_name", "address", "host"},
		"a secret as setting":  {"{{settings.address}}", "{{settings.key}}", "definition.unknown_name", "address", "not secret"},
		"a setting as secret":  {"secrets.key", "secrets.address", "definition.unknown_name", "operations.goods.request.query.sign", "address"},
		"an unknown value":     {"{{signed}}", "{{singed}}", "definition.unknown_name", "operations.goods.request.query....", "singed"},
		"a row of a query":     {"stamp: \"{{now}}\"", "stamp: \"{{row}}\"", "definition.unknown_name", "vars.signed.stamp", "row"},
		"a name that is taken": {"signed: {\"...\"", "params: {\"...\"", "definition.bad_name", "vars.params", "params"},
		"an unknown operation": {"  goods: {", "  pods: {answer: {rows: x}}\n  goods: {", "definition.unknown_operation", "operations.pods", "pods"},
		"a missing operation":  {"  goods: {answer: {rows: data.rows, next: data.next}}", "", "definition.required", "operations", "goods"},
		"no rows":              {"rows: data.rows, ", "", "definition.required", "operations.goods.answer.rows", "rows"},
		"no name of a write":   {`{id: "{{answer.data.id}}", number: "{{key}}"}`, "{optional: true}", "definition.required", "operations.push.answer.number", "id or a number"},
		"no cursor":            {", next: data.next", "", "definition.required", "operations.goods.answer.next", "cursor"},
		"no method":            {"{method: POST, ", "{", "definition.required", "operations.goods.request.method", "method"},
		"two bodies":           {`{json: "{{row}}"}`, `{json: "{{row}}", form: {a: 1}}`, "definition.not_allowed", "operations.push.request", "one body"},
		"a body without type":  {`{json: "{{row}}"}`, `{body: "{{row}}"}`, "definition.required", "operations.push.request.type", "type"},
		"a list as query":      {`query: {"...": "{{signed}}", sign`, `header: [1], query: {sign`, "definition.wrong_type", "operations.goods.request.header", "object"},
		"no look-up":           {`    probe: {operation: goods, params: {no: "{{key}}"}, match: no}`, "", "definition.required", "operations.push.probe", "looked up"},
		"a look-up by a write": {"probe: {operation: goods", "probe: {operation: push", "definition.unknown_operation", "operations.push.probe.operation", "push"},
		"no match":             {", match: no}", "}", "definition.required", "operations.push.probe.match", "key"},
		"a check by a write":   {"check: {operation: goods", "check: {operation: push", "definition.required", "check.operation", "queries"},
		"an alias":             {"params: {size: 1}", "params: {size: &a 1}", "definition.unsupported", "", "anchors"},
		"not YAML":             {"definition: 1", "definition: [", "manifest.syntax", "", ""},
		"a bad manifest":       {"version: 1.0.0", "version: one", "manifest.bad_name", "version", ""},
	} {
		with, and := strings.Replace(defined, tt.old, tt.new, 1), strings.Replace(declared, tt.old, tt.new, 1)
		if with == defined && and == declared {
			t.Fatalf("%s: nothing is changed", name)
		}
		_, err := declarative.Parse([]byte(and), []byte(with))
		f := fault.From(err)
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			f = fault.From(several.Unwrap()[0])
		}
		if err == nil || f.Code != tt.code || f.Path != tt.path || !strings.Contains(f.Message, tt.words) || f.Class != fault.Config {
			t.Errorf("%s: %v at %q", name, err, f)
			continue
		}
		if file := f.Args[fault.FileArg]; (file == declarative.ManifestFile) != (name == "a bad manifest") {
			t.Errorf("%s: the fault names %q", name, file)
		}
		if strings.HasSuffix(tt.code, "unknown_name") && f.Hint == "" {
			t.Errorf("%s: nothing helps", name)
		}
	}
}

// All that is wrong is told at once, and what holds for all operations only once.
func TestEveryFaultIsTold(t *testing.T) {
	t.Parallel()
	bad := strings.NewReplacer("stamp: \"{{now}}\"", "stamp: \"{{then}}\"", "rows: data.rows, ", "").Replace(defined)
	_, err := declarative.Parse([]byte(declared), []byte(bad))
	var list interface{ Unwrap() []error }
	if !errors.As(err, &list) || len(list.Unwrap()) != 2 {
		t.Errorf("%v", err)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, file := range []string{declarative.ManifestFile, declarative.DefinitionFile} {
		if _, err := declarative.Load(dir); fault.CodeOf(err) != "definition.unreadable" || !strings.Contains(err.Error(), file) {
			t.Errorf("without %s: %v", file, err)
		}
		text := defined
		if file == declarative.ManifestFile {
			text = declared
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if d, err := declarative.Load(dir); err != nil || string(d.YAML) != declared {
		t.Errorf("%v", err)
	}
}

// TestObjects has values as a definition writes them.
func TestObjects(t *testing.T) {
	t.Parallel()
	d, err := declarative.Parse([]byte(declared), []byte(strings.Replace(defined, `json: "{{row}}"`, `json: {a: "{{row.none}}", b: "", c: 7, d: [1, "{{row.none}}", "{{row.n}}", x, null, true], e: {"...": "{{row}}", n: 2}, f: "{{row.blank}}"}`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	push := d.Operations["push"]
	v, err := push.Request.JSON.Value(expr.Env{Zone: time.UTC, Values: map[string]item.Value{"row": item.Of([]byte(`{"n":1.50,"blank":"","o":{"x":null}}`))}})
	if want := `{"b":"","c":7,"d":[1,1.50,"x",null,true],"e":{"n":2,"o":{"x":null}}}`; err != nil || string(v.Raw()) != want {
		t.Errorf("%s, want %s: %v", v.Raw(), want, err)
	}
}
