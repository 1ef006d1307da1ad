package template_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/market/template"
)

// whole is a template with one of everything.
const whole = `apiVersion: karez/v1
kind: Template
metadata: {id: a-to-b, version: 1.0.0, title: {zh: 甲, en: A}, summary: {zh: 甲, en: A}, industry: {zh: 电商, en: Shops}, author: Karez, licence: Apache-2.0}
spec:
  connections: [{slot: shop, connector: depot, versions: ">=1.0 <2.0", title: {zh: 店, en: Shop}}]
  flowSlots: [{alias: goods, title: {zh: 物料, en: Goods}}]
  params: [{key: org, title: {zh: 组织, en: Organisation}}]
  codeTables: [{name: shops, title: {zh: 店铺, en: Shops}, rows: [{source: a, target: b}]}]
  docs: {zh: 文, en: Text}
  changelog: [{version: 1.0.0, text: {zh: 首版, en: First}}]
  flows:
    - apiVersion: karez/v1
      kind: Flow
      metadata: {id: one, title: 甲}
      spec:
        uses: {goods: {flow: ""}, next: {flow: two}}
        params: [{key: org, default: "100"}, {key: n, type: int, default: 12345678901234567890}]
        nodes:
          - {id: rows, type: source, connection: shop, settings: {operation: orders, big: 12345678901234567890}}
          - {id: bill, type: map, settings: {fields: [{field: shop, value: "{{shop}}", table: shops}]}}
          - {id: ask, type: lookup, settings: {operation: q, connection: shop, z: 1, a: 2}}
        edges: [{from: rows, to: bill}]
    - {apiVersion: karez/v1, kind: Flow, metadata: {id: two, title: 乙}, spec: {nodes: [], edges: []}}
`

func parsed(t *testing.T, pairs ...string) *template.Template {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(whole, pairs[i]) {
			t.Fatalf("the template does not say %q", pairs[i])
		}
	}
	one, err := template.Parse([]byte(strings.NewReplacer(pairs...).Replace(whole)))
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change []string
		want   string // code and path of the first
	}{
		"right":                        {nil, ""},
		"an id with capitals":          {[]string{"a-to-b", "A"}, "template.id metadata.id"},
		"half a version":               {[]string{"version: 1.0.0, title", "version: '1.0', title"}, "template.version metadata.version"},
		"one language":                 {[]string{"docs: {zh: 文, en: Text}", "docs: {zh: 文}"}, "template.words spec.docs"},
		"no changelog of it":           {[]string{"[{version: 1.0.0", "[{version: 0.9.0"}, "template.changelog spec.changelog"},
		"no range":                     {[]string{">=1.0 <2.0", "~> 1"}, "template.range spec.connections[0].versions"},
		"a slot that is unused":        {[]string{"connection: shop", "connection: other"}, "template.slot spec.flows[0].spec"},
		"a table that is not declared": {[]string{"table: shops", "table: others"}, "template.table spec.flows[0].spec"},
		"a flow of elsewhere":          {[]string{"next: {flow: two}", "next: {flow: 0a1b}"}, "template.foreign spec.flows[0].spec.uses.next"},
		"a slot that is bound":         {[]string{`goods: {flow: ""}`, "goods: {flow: two}"}, "template.foreign spec.flows[0].spec.uses.goods"},
		"an account":                   {[]string{"uses: {goods", "connections: {shop: {connector: depot}}\n        uses: {goods"}, "template.account spec.flows[0].spec.connections"},
		"ids twice":                    {[]string{"id: two", "id: one", "flow: two", "flow: one"}, "template.flow spec.flows[1].metadata.id"},
		"a parameter of none":          {[]string{"{key: org, title", "{key: nobody, title"}, "template.param spec.params[0]"},
		"a secret by its name":         {[]string{"{operation: orders,", "{appSecret: abcd1234,"}, "template.secret spec.flows[0].spec.nodes[0].settings.appSecret"},
		"a secret in a row":            {[]string{`{field: shop, value: "{{shop}}"`, `{field: token, value: "abcdefgh"`}, "template.secret spec.flows[0].spec.nodes[1].settings.fields[0].value"},
		"a default that is one":        {[]string{`{key: org, default: "100"}`, `{key: org}, {key: apiKey, default: "zzzz9"}`}, "template.secret spec.flows[0].spec.params[1].default"},
		"a token in an address":        {[]string{"operation: orders", "operation: 'https://robot.example/send?access_token=5f1e2d3c4b'"}, "template.secret spec.flows[0].spec.nodes[0].settings.operation"},
		"a placeholder is none":        {[]string{`{field: shop, value: "{{shop}}"`, `{field: token, value: "{{token}}"`}, ""},
		"a secret behind a long path":  {[]string{"operation: orders", "operation: 'call(\"openapi/merchant/purchase/orderservice/queryPurchaseOrders\", \"9f86d081884c7d659a2feaa0c55ad015\")'"}, "template.secret spec.flows[0].spec.nodes[0].settings.operation"},
		"a secret in a script":         {[]string{"operation: orders", "operation: \"const appSecret = 'abcd1234'\""}, "template.secret spec.flows[0].spec.nodes[0].settings.operation"},
		"a secret in JSON in a text":   {[]string{"operation: orders", "operation: '{\"password\": \"abcd1234\"}'"}, "template.secret spec.flows[0].spec.nodes[0].settings.operation"},
		"a script that asks for one":   {[]string{"operation: orders", "operation: \"body.token = doc.token; if (token === 'abcd1234') x()\""}, ""},
		"a token in a sample":          {[]string{"  flows:\n", "  samples: [{given: {say: 'Bearer 5f1e2d3c4b5f1e2d3c4b5f1e2d3c4b5f1e2d3c4b5f'}, expected: {}}]\n  flows:\n"}, "template.secret spec.samples[0].given.say"},
		"an address in what comes":     {[]string{"  flows:\n", "  samples: [{given: {}, expected: {hook: 'https://robot.example/send?access_token=5f1e2d3c4b'}}]\n  flows:\n"}, "template.secret spec.samples[0].expected.hook"},
		"a long number of a sample":    {[]string{"  flows:\n", "  samples: [{given: {no: 9f86d081884c7d659a2feaa0c55ad015}, expected: {token: abcd1234}}]\n  flows:\n"}, ""},
		"random digits":                {[]string{"operation: orders", "operation: 9f86d081884c7d659a2feaa0c55ad015"}, "template.secret spec.flows[0].spec.nodes[0].settings.operation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if found := parsed(t, tt.change...).Problems(); len(found) > 0 {
				got = found[0].Code + " " + found[0].Path
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "template.syntax",
		"a: [":                                   "template.syntax",
		"kind: Flow\napiVersion: karez/v1":       "template.kind",
		"kind: Template\napiVersion: karez/v2":   "template.newer",
		"kind: Template\napiVersion: other":      "template.kind",
		whole + "---\n" + whole:                  "template.syntax",
		strings.Replace(whole, "docs:", "x:", 1): "template.member",
		strings.Repeat(" ", template.MaxSize+1):  "template.too_large",
	} {
		if _, err := template.Parse([]byte(text)); fault.CodeOf(err) != want {
			t.Errorf("%.30q: %v, want %s", text, err, want)
		}
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	one := parsed(t)
	before, err := one.JSON()
	if err != nil {
		t.Fatal(err)
	}
	docs, err := one.Bind(template.Binding{
		Connections: map[string]string{"shop": "我的店"}, Tables: map[string]string{"shops": "shops-2"},
		Flows:  map[string]string{"one": "id-1", "two": "id-2", "goods": "id-9"},
		Params: map[string]json.RawMessage{"org": json.RawMessage(`"200"`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := string(docs[0].JSON())
	for _, want := range []string{
		`"id":"id-1"`, `"labels":{"template":"a-to-b","templateVersion":"1.0.0"}`, `"goods":{"flow":"id-9"}`, `"next":{"flow":"id-2"}`,
		`"connection":"我的店","settings":{"operation":"orders","big":12345678901234567890}`, `"table":"shops-2"`,
		`"connection":"我的店","operation":"q"`, `{"key":"org","default":"200"}`, `"default":12345678901234567890`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	for _, foreign := range []string{`"one"`, `"two"`, `"shop"}`, `"shops"`} {
		if strings.Contains(got, foreign) {
			t.Errorf("%s is left in\n%s", foreign, got)
		}
	}
	after, err := one.JSON()
	if diff := cmp.Diff(string(before), string(after)); err != nil || diff != "" {
		t.Errorf("the template changed: %v\n%s", err, diff)
	}
}

func TestInRange(t *testing.T) {
	t.Parallel()
	in := []string{}
	for _, have := range []string{"0.9.0", "1.0.0", "1.9.3", "1.10.0", "2.0.0", "2.0.0-rc1"} {
		if template.InRange(">=1.0.0 <2.0.0-0", have) {
			in = append(in, have)
		}
	}
	if want := []string{"1.0.0", "1.9.3", "1.10.0"}; !slices.Equal(in, want) {
		t.Errorf("%v", in)
	}
	if !template.InRange("", "7") || !template.InRange("1.2", "1.2.9") || template.InRange("1.2", "1.20.0") {
		t.Error("bare and empty ranges")
	}
}
