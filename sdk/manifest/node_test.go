package manifest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

const nodesOnly = `id: measures
version: 1.2.0
title: {zh: 度量, en: Measures}
noSandbox: true
hosts: []
nodes:
  - name: convert
    typeVersion: 2
    title: {zh: 换算, en: Convert}
    describe: {zh: 换算数量, en: Converts quantities}
    outputs:
      - {name: done, title: {zh: 完成, en: Done}}
    outputsFrom: ways
    settings:
      - {key: path, kind: text, required: true, title: {zh: 字段, en: Field}}
      - key: ways
        kind: list
        title: {zh: 去向, en: Ways}
        items:
          - {key: port, kind: text, required: true, title: {zh: 端口, en: Port}}
          - {key: title, kind: text, title: {zh: 名称, en: Title}}
  - name: plain
    title: {zh: 原样, en: As it is}
    describe: {zh: 不改, en: Changes nothing}
`

func TestDeclarationsOfNodes(t *testing.T) {
	t.Parallel()
	m, err := manifest.Parse([]byte(nodesOnly))
	if err != nil {
		t.Fatal(err)
	}
	list := m.Declarations()
	if len(list) != 2 || !m.NodesOnly() {
		t.Fatalf("%+v", list)
	}
	first := list[0]
	if first.Type != "measures/convert" || first.TypeVersion != 2 || first.Kind != node.Transform || first.Icon == "" || first.Category != "process" || len(first.Settings) != 2 {
		t.Errorf("%+v", first)
	}
	ports := first.OutputsOf([]byte(`{"ways":[{"port":"far","title":"远"}]}`))
	want := []node.Port{{Name: "far", Title: field.Text{ZH: "远"}, Traffic: node.Documents}, {Name: "done", Title: field.Text{ZH: "完成", EN: "Done"}, Traffic: node.Documents}}
	if diff := cmp.Diff(want, ports); diff != "" {
		t.Error(diff)
	}
	if second := list[1]; second.TypeVersion != 1 || len(second.Outputs) != 1 || second.Outputs[0].Name != "out" || second.Inputs[0].Name != "in" {
		t.Errorf("%+v", second)
	}
	if plugin, name, ok := manifest.NodeType("measures/convert"); !ok || plugin != "measures" || name != "convert" {
		t.Errorf("%s %s %v", plugin, name, ok)
	}
	if _, _, ok := manifest.NodeType("filter"); ok {
		t.Error("filter is a plugin's")
	}
}

func TestNodesThatCantBeDeclared(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, now, want string }{
		{"a sandbox of nothing", "noSandbox: true\n", "", "manifest.required at noSandbox"},
		{"settings of no connection", "hosts: []\n", "hosts: []\nsettings: [{key: a, kind: text, title: {zh: 甲}}]\n", "manifest.not_allowed at settings"},
		{"nothing at all", nodesOnly[strings.Index(nodesOnly, "nodes:"):], "operations: []\ntimeZone: UTC\n", "manifest.required at operations"},
		{"a repeated name", "name: plain", "name: convert", "manifest.duplicate at nodes[1].name"},
		{"a name that edges can't hold", "name: plain", "name: a.b", "manifest.bad_name at nodes[1].name"},
		{"no describe", "    describe: {zh: 不改, en: Changes nothing}\n", "", "manifest.required at nodes[1].describe.zh"},
		{"a program", "kind: text, required: true, title: {zh: 字段", "kind: value, required: true, title: {zh: 字段", "manifest.not_allowed at nodes[0].settings[0].kind"},
		{"a program in a list", "{key: title, kind: text", "{key: more, kind: script", "manifest.unknown_field at nodes[0].outputsFrom; manifest.not_allowed at nodes[0].settings[1].items[1].kind"},
		{"a secret", "required: true, title: {zh: 字段", "secret: true, title: {zh: 字段", "manifest.not_allowed at nodes[0].settings[0].secret"},
		{"the error port", "{name: done,", "{name: error,", "manifest.not_allowed at nodes[0].outputs[0].name"},
		{"ports from nowhere", "outputsFrom: ways", "outputsFrom: path", "manifest.unknown_field at nodes[0].outputsFrom"},
		{"an example that is no JSON", "    describe: {zh: 不改, en: Changes nothing}\n", "    describe: {zh: 不改}\n    examples: [{title: {zh: 例}, settings: '{}', document: '[1]', result: '{'}]\n", "manifest.wrong_type at nodes[1].examples[0].document; manifest.wrong_type at nodes[1].examples[0].result"},
		{"an example with other settings", "    describe: {zh: 不改, en: Changes nothing}\n", "    describe: {zh: 不改}\n    examples: [{title: {en: x}, settings: '{\"a\":1}', document: '{}', result: '{}'}]\n", "manifest.required at nodes[1].examples[0].title.zh; manifest.wrong_type at nodes[1].examples[0].settings"},
		{"a version below one", "typeVersion: 2", "typeVersion: -1", "manifest.out_of_range at nodes[0].typeVersion"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := manifest.Parse([]byte(strings.Replace(nodesOnly, tt.old, tt.now, 1)))
			var got []string
			if joined, ok := errors.AsType[interface {
				error
				Unwrap() []error
			}](err); ok {
				for _, e := range joined.Unwrap() {
					f := fault.From(e)
					got = append(got, f.Code+" at "+f.Path)
				}
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("found %v, want %s", got, tt.want)
			}
		})
	}
}
