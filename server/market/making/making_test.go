package making_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/market/making"
	"github.com/karezflow/karez/server/market/template"
)

const (
	orders = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"flow-of-ours-1","name":"shop-orders","title":"东区店铺到账套","labels":{"template":"x","templateVersion":"1.0.0","industry":"电商"}},
"spec":{"uses":{"goods":{"flow":"flow-of-ours-9","title":"东区店铺商品"},"next":{"flow":"flow-of-ours-2"}},"connectors":{"depot":"1.2.0","units":"1.0.0"},
"connections":{"东区店铺":{"connector":"depot","secrets":{"token":"env:T"}}},
"nodes":[{"id":"in","type":"source","connection":"东区店铺","title":"东区店铺订单","settings":{"operation":"orders","startFrom":"2026-01-01 00:00:00","big":12345678901234567890}},
{"id":"ask","type":"lookup","settings":{"in":"operation","connection":"账套A-2026","operation":"q"}},
{"id":"codes","type":"lookup","settings":{"in":"table","table":"shops"}}],"edges":[],"tests":[{"name":"real","input":{"buyer":"张三"}}]}}`
	second = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"flow-of-ours-2","title":"第二"},"spec":{"nodes":[{"id":"w","type":"target","connection":"东区店铺二号","settings":{}}],"edges":[]}}`
	goods  = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"flow-of-ours-9","title":"商品 · 东区店铺","labels":{"baseData":"goods"}},"spec":{"nodes":[{"id":"s","type":"source","connection":"东区店铺","settings":{}}],"edges":[]}}`
)

func parsed(t testing.TB, text string) *flow.Document {
	t.Helper()
	docs, err := flow.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return docs[0]
}

func source(t testing.TB, texts ...string) making.Source {
	t.Helper()
	s := making.Source{
		Others: map[string]*flow.Document{"flow-of-ours-9": parsed(t, goods)},
		Accounts: map[string]making.Account{
			"东区店铺":     {Connector: "depot", Version: "1.4.2", Title: field.Text{ZH: "仓储", EN: "Depot"}},
			"东区店铺二号":   {Connector: "depot", Version: "1.4.2", Title: field.Text{ZH: "仓储", EN: "Depot"}},
			"账套A-2026": {Connector: "books", Version: "0.3.1", Title: field.Text{ZH: "账务", EN: "Books"}},
			"depot":    {Connector: "depot", Version: "1.4.2", Title: field.Text{ZH: "仓储", EN: "Depot"}},
		},
		Tables:  map[string]template.CodeTable{"shops": {Name: "shops", Rows: []template.CodeRow{{Source: "a", Target: "b"}}}},
		Foreign: []string{"flow-of-ours-1", "flow-of-ours-2", "flow-of-ours-9"},
	}
	for _, text := range texts {
		s.Flows = append(s.Flows, parsed(t, text))
	}
	return s
}

func words() making.Words { return making.Words{ID: "shop-orders", Author: "Acme"} }

func codes(found []*fault.Fault) (all []string) {
	for _, f := range found {
		all = append(all, f.Code+" "+f.Path)
	}
	return all
}

// What belongs to the workspace becomes a slot, or stays there.
func TestMake(t *testing.T) {
	t.Parallel()
	s := source(t, orders, second)
	one, found, err := making.Make(s, words())
	if err != nil || len(found) > 0 {
		t.Fatal(err, codes(found))
	}
	text, err := one.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{"东区", "账套A", "flow-of-ours", "张三", "env:T", "templateVersion"} {
		if strings.Contains(string(text), private) {
			t.Errorf("%s is in the template\n%s", private, text)
		}
	}
	var slots []string
	for _, c := range one.Spec.Connections {
		slots = append(slots, fmt.Sprint(c.Slot, "=", c.Connector, " ", c.Versions, " ", c.Title.EN))
	}
	if got := strings.Join(slots, "; "); got != "depot=depot >=1.4 <2.0 Depot; books=books >=0.3 <1.0 Books; depot-2=depot >=1.4 <2.0 Depot" {
		t.Error(got)
	}
	if f := one.Spec.FlowSlots; len(f) != 1 || f[0].Alias != "goods" || f[0].Object != "goods" || f[0].Slot != "depot" || f[0].Title.ZH != "仓储商品" {
		t.Errorf("%+v", f)
	}
	first := one.Spec.Flows[0]
	if u := first.Spec.Uses; u["goods"].Flow != "" || u["next"].Flow != "flow-2" || one.Spec.Flows[1].Metadata.ID != "flow-2" {
		t.Errorf("%+v", u)
	}
	if p := first.Spec.Connectors; len(p) != 1 || p["units"] != "1.0.0" || first.Metadata.Labels["industry"] != "电商" {
		t.Errorf("%v %v", p, first.Metadata.Labels)
	}
	if !strings.Contains(string(first.Spec.Nodes[0].Settings), "12345678901234567890") || len(one.Spec.CodeTables) != 1 || len(one.Spec.CodeTables[0].Rows) != 1 {
		t.Errorf("%s %+v", first.Spec.Nodes[0].Settings, one.Spec.CodeTables)
	}
	if m := one.Metadata; m.Version != "1.0.0" || m.Title.EN != "仓储到账套" || m.Summary.ZH != "仓储 → 账务 → 仓储" || m.Licence == "" || one.Spec.Changelog[0].Version != "1.0.0" {
		t.Errorf("%+v", m)
	}
	if s.Flows[0].Metadata.ID != "flow-of-ours-1" || s.Flows[0].Spec.Nodes[0].Connection != "东区店铺" {
		t.Error("the workspace's document was changed")
	}
}

// The next version keeps the words of the one before.
func TestTheNextVersion(t *testing.T) {
	t.Parallel()
	w := words()
	w.Title, w.Slots = field.Text{ZH: "订单"}, map[string]making.Said{"depot": {Title: field.Text{ZH: "店", EN: "Shop"}, Help: field.Text{EN: "Help"}}}
	before, found, err := making.Make(source(t, orders, second), w)
	if err != nil || len(found) > 0 {
		t.Fatal(err, codes(found))
	}
	s := source(t, orders, second)
	s.Before = before
	next, found, err := making.Make(s, making.Words{ID: "shop-orders", Changelog: field.Text{EN: "More"}})
	if err != nil || len(found) > 0 {
		t.Fatal(err, codes(found))
	}
	if m := next.Metadata; m.Version != "1.0.1" || m.Title != (field.Text{ZH: "订单", EN: "订单"}) || m.Author != "Acme" || next.Spec.Connections[0].Title.EN != "Shop" || next.Spec.Connections[0].Help.ZH != "Help" {
		t.Errorf("%+v %+v", m, next.Spec.Connections[0])
	}
	if c := next.Spec.Changelog; len(c) != 2 || c[0].Text.ZH != "More" || c[1].Version != "1.0.0" {
		t.Errorf("%+v", c)
	}
	if _, found, _ := making.Make(s, making.Words{ID: "shop-orders", Version: "1.0.0"}); !slices.Contains(codes(found), "template.version_grows metadata.version") {
		t.Error(codes(found))
	}
}

// What stands against publishing is told with its place.
func TestWhatStandsAgainst(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		from, to, want string
	}{
		"a credential":         {`"operation":"orders"`, `"appSecret":"s3cr3t-value"`, "template.secret spec.flows[0].spec.nodes[0].settings.appSecret"},
		"an account in a text": {`"operation":"orders"`, `"code":"// 东区店铺\nreturn d"`, "template.account_name spec.flows[0].spec.nodes[0].settings.code"},
		"an id in a text":      {`"operation":"orders"`, `"code":"go('flow-of-ours-2')"`, "template.foreign_id spec.flows[0].spec.nodes[0].settings.code"},
		"an unknown table":     {`"table":"shops"`, `"table":"shop"`, "template.table_unknown spec.flows[0].spec"},
		"an unknown account":   {`"connection":"账套A-2026"`, `"connection":"账套B-2026"`, "template.slot spec.flows[0].spec"},
	} {
		_, found, err := making.Make(source(t, strings.Replace(orders, tt.from, tt.to, 1), second), words())
		if err != nil || !slices.Contains(codes(found), tt.want) {
			t.Errorf("%s: %v %q", name, err, codes(found))
		}
	}
	other := strings.Replace(second, `"spec":{`, `"spec":{"uses":{"goods":{"flow":"flow-of-ours-7"}},`, 1)
	if _, found, _ := making.Make(source(t, orders, other), words()); !slices.Contains(codes(found), "template.alias spec.flows[1].spec.uses.goods") {
		t.Error(codes(found))
	}
}

// A word that an account shares with its connector, or with a longer word, is no finding.
func TestNamesThatTellNothing(t *testing.T) {
	t.Parallel()
	s := source(t, strings.Replace(orders, `"operation":"orders"`, `"operation":"depot","note":"shopping"`, 1), second)
	s.Accounts["shop"] = making.Account{Connector: "books"}
	if _, found, err := making.Make(s, words()); err != nil || len(found) > 0 {
		t.Error(err, codes(found))
	}
}

func TestNextAndSlug(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]string{"": "1.0.0", "1.2.9": "1.2.10", "x": "1.0.0"} {
		if got := making.Next(v); got != want {
			t.Errorf("after %q comes %s", v, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		id := making.Slug(rapid.String().Draw(t, "name"), "template")
		one := template.Template{}
		one.Metadata.ID = id
		for _, f := range one.Problems() {
			if f.Code == "template.id" {
				t.Fatalf("%q is no id", id)
			}
		}
	})
}

// Whatever an account is called, its name is not in the template where connections name it.
func TestNamesGo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.StringMatching(`[甲乙账套A-Za-z0-9"\\ ·-]{3,20}`).Draw(rt, "name")
		quoted, err := json.Marshal(name)
		if err != nil {
			rt.Fatal(err)
		}
		s := source(t, strings.ReplaceAll(second, `"东区店铺二号"`, string(quoted)))
		s.Accounts = map[string]making.Account{name: {Connector: "depot", Version: "1.0.0", Title: field.Text{ZH: "仓储", EN: "Depot"}}}
		one, _, err := making.Make(s, words())
		if err != nil {
			rt.Fatal(err)
		}
		if c := one.Spec.Flows[0].Spec.Nodes[0].Connection; c != "depot" || len(one.Spec.Connections) != 1 {
			rt.Fatalf("%q became %q", name, c)
		}
	})
}
