package changes_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/plugpack/changes"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// parsed gives the test connector's manifest with texts replaced, in pairs.
func parsed(t *testing.T, pairs ...string) *manifest.Manifest {
	t.Helper()
	text := plugpacktest.Text("depot", "1.0.0")
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("no %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	m, err := manifest.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func said(list []changes.Change) string {
	var b strings.Builder
	for _, c := range list {
		fmt.Fprintf(&b, "%s %s %s/%s", c.Kind, c.Part, c.Operation, c.Name)
		if c.Breaking {
			b.WriteString(" breaking")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestBetween(t *testing.T) {
	t.Parallel()
	const amount = "      - {field: amount, type: decimal, title: {zh: 金额, en: Amount}}\n"
	const status = "      - {field: status, title: {zh: 状态, en: State}, group: other}\n"
	const token = "  - {key: token, kind: text, required: true, secret: true, title: {zh: 令牌, en: Token}}\n"
	another := "  - {name: stock, kind: query, title: {zh: 库存, en: Stock}, object: stock, request: [], paging: {strategy: none, defaultSize: 1, maxSize: 1}}\n"
	old := parsed(t)
	tests := map[string]struct {
		next *manifest.Manifest
		want string
	}{
		"nothing":                  {parsed(t), ""},
		"another title":            {parsed(t, "zh: 金额", "zh: 数额"), ""},
		"another zone":             {parsed(t, "Asia/Shanghai", "Asia/Tokyo"), "changed connector /timeZone\n"},
		"a field less":             {parsed(t, amount, ""), "removed response orders/amount breaking\n"},
		"a field more":             {parsed(t, amount, amount+"      - {field: tax, title: {zh: 税}}\n"), "added response orders/tax\n"},
		"another type":             {parsed(t, "type: decimal", "type: string"), "changed response orders/amount breaking\n"},
		"a field inside":           {parsed(t, amount, amount+"      - {field: lines, type: array, title: {zh: 行}, children: [{field: qty, title: {zh: 数量}}]}\n"), "added response orders/lines\nadded response orders/lines.qty\n"},
		"a parameter more":         {parsed(t, status, status+"      - {field: page, title: {zh: 页}, group: other}\n"), "added request orders/page\n"},
		"a necessary one more":     {parsed(t, status, status+"      - {field: shop, required: true, title: {zh: 店}, group: other}\n"), "added request orders/shop breaking\n"},
		"necessary now":            {parsed(t, "group: other}", "group: other, required: true}"), "changed request orders/status breaking\n"},
		"a necessary setting":      {parsed(t, token, token+"  - {key: shop, kind: text, required: true, title: {zh: 店}}\n"), "added setting /shop breaking\n"},
		"a setting less":           {parsed(t, token, ""), "removed setting /token breaking\n"},
		"no secret any more":       {parsed(t, "secret: true, ", ""), "changed setting /token breaking\n"},
		"an operation more":        {parsed(t, "operations:\n", "operations:\n"+another), "added operation stock/stock\n"},
		"another key and a column": {parsed(t, `key: "{{no}}"`, `key: "{{id}}"`, amount, ""), "changed operation orders/orders breaking\nremoved response orders/amount breaking\n"},
		"other pages":              {parsed(t, "defaultSize: 100", "defaultSize: 50"), "changed operation orders/orders\n"},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, said(changes.Between(old, tt.next))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if diff := cmp.Diff("removed operation stock/stock breaking\n", said(changes.Between(parsed(t, "operations:\n", "operations:\n"+another), old))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("added setting /address breaking\nadded setting /token breaking\nadded operation orders/orders\n", said(changes.Between(nil, old))); diff != "" {
		t.Error(diff)
	}
}

func TestNodes(t *testing.T) {
	t.Parallel()
	act := manifest.Node{Name: "act", TypeVersion: 2, Outputs: []manifest.NodePort{{Name: "out"}, {Name: "far"}}}
	setting := func(keys ...string) []field.Setting {
		list := make([]field.Setting, len(keys))
		for i, key := range keys {
			list[i] = field.Setting{Key: key, Kind: field.PlainText}
		}
		return list
	}
	act.Settings = setting("by", "rows")
	act.Settings[1].Kind, act.Settings[1].Items = field.List, setting("unit", "old")
	older, narrow, titled, settled := act, act, act, act
	settled.Settings = setting("by", "rows", "more")
	settled.Settings[0].Default, settled.Settings[1].Kind, settled.Settings[1].Items = "x", field.List, setting("unit", "new")
	older.TypeVersion, narrow.Outputs, titled.Title.EN = 1, act.Outputs[:1], "Do"
	for name, test := range map[string]struct {
		next []manifest.Node
		want string
	}{
		"nothing":       {[]manifest.Node{act}, ""},
		"another title": {[]manifest.Node{titled}, ""},
		"gone":          {nil, "removed node /act breaking\n"},
		"one more":      {[]manifest.Node{act, {Name: "b"}}, "added node /b\n"},
		"an older form": {[]manifest.Node{older}, "changed node /act breaking\n"},
		"settings":      {[]manifest.Node{settled}, "changed node /act\nchanged nodeSetting /act.by\nadded nodeSetting /act.more\nadded nodeSetting /act.rows.new\nremoved nodeSetting /act.rows.old\n"},
		"a port less":   {[]manifest.Node{narrow}, "changed node /act breaking\n"},
	} {
		if diff := cmp.Diff(test.want, said(changes.Between(&manifest.Manifest{ID: "x", Nodes: []manifest.Node{act}}, &manifest.Manifest{ID: "x", Nodes: test.next}))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
