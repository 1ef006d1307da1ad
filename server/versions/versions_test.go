package versions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/flow/diff"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/storetest"
	"github.com/karezflow/karez/server/versions"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

// shelf is the shipped connectors, by their manifests.
type shelf struct{ plugins []catalog.Plugin }

func (s shelf) List(context.Context) ([]catalog.Plugin, error) { return s.plugins, nil }

// accounts are connections by their connectors.
type accounts map[string]string

func (a accounts) Get(_ context.Context, name string) (connection.View, error) {
	if a[name] == "" {
		return connection.View{}, access.Missing()
	}
	return connection.View{Name: name, Connector: a[name]}, nil
}

// codes are code tables: of one there are few rows, of the other many.
type codes struct{}

func (codes) List(context.Context) ([]codetable.Table, error) {
	return []codetable.Table{{ID: 1, Name: "星辰客户", Rows: 2}, {ID: 2, Name: "星辰仓库", Rows: 4000}, {ID: 3, Name: "别的", Rows: 1}}, nil
}

func (codes) Page(_ context.Context, id string, _ codetable.Filter) (codetable.Page, error) {
	if id != "1" {
		return codetable.Page{}, fmt.Errorf("table %s is not small", id)
	}
	return codetable.Page{Items: []codetable.Row{{Source: "D01", Target: "C001", Note: "=HYPERLINK(\"x\")"}, {Source: "@D|02", Target: "-C002"}}}, nil
}

// free finds nothing wrong.
type free struct{}

func (free) Check(context.Context, ledger.ID, *flow.Document) []flow.Problem { return nil }

type bench struct {
	t     *testing.T
	flows *draft.Service
	clock *clocktest.Clock
	conns accounts
	*versions.Service
}

func newBench(t *testing.T) *bench {
	t.Helper()
	var s shelf
	files, err := filepath.Glob("../../plugins/*/manifest.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d manifests, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		s.plugins = append(s.plugins, catalog.Plugin{ID: m.ID, Version: m.Version, Manifest: m})
	}
	b := &bench{t: t, clock: clocktest.New(time.UnixMilli(1_780_000_000_000)), conns: accounts{}}
	made := 0
	b.flows = draft.New(flowstore.New(storetest.Migrated(t, storetest.SQLite(t))), b.clock.Now, func() string { made++; return fmt.Sprint("flow-", made) }).With(free{})
	b.Service = versions.New(versions.Config{Flows: b.flows, Connections: b.conns, Catalog: catalog.New(nodes.All(), s), Codes: codes{}, Types: flow.NewTypes(nodes.All()...)})
	return b
}

func (b *bench) as(role access.Role) context.Context {
	return access.With(b.t.Context(), access.Principal{Workspace: 1, User: 3, Name: "林若水", Role: role})
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// bring makes the flow of a shipped template and publishes it.
func (b *bench) bring(name string) draft.Flow {
	b.t.Helper()
	text, err := fs.ReadFile(market.Templates(), name+".yaml")
	b.must(err)
	docs, err := flow.Parse(text)
	b.must(err)
	doc := docs[0]
	for name, c := range doc.Spec.Connections {
		b.conns[name] = c.Connector
	}
	doc.Spec.Connections = nil
	f, err := b.flows.Create(b.as(access.Editor), "", doc.JSON())
	b.must(err)
	f, err = b.flows.PublishDraft(b.as(access.Editor), f.PublicID, "第一版 | <b>初稿</b>")
	b.must(err)
	return f
}

func (b *bench) markdown(id, which string, chinese bool) string {
	b.t.Helper()
	book, err := b.MappingDocument(b.as(access.Viewer), id, which, chinese)
	b.must(err)
	var out bytes.Buffer
	b.must(book.Markdown(&out))
	return out.String()
}

// golden compares with a file; KAREZ_UPDATE_GOLDEN writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	// Connectors change their version with every release of theirs.
	got = regexp.MustCompile(` \d+\.\d+\.\d+\)`).ReplaceAllString(got, " 1.x)")
	file := filepath.Join("testdata", name)
	if os.Getenv("KAREZ_UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: wanted (-), got (+):\n%s", name, diff)
	}
}

func TestMappingDocuments(t *testing.T) {
	t.Parallel()
	templates, err := fs.Glob(market.Templates(), "*.yaml")
	if err != nil || len(templates) == 0 {
		t.Fatalf("%v %v", templates, err)
	}
	for _, file := range templates {
		name := strings.TrimSuffix(file, ".yaml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			f := b.bring(name)
			text := b.markdown(f.PublicID, "", true)
			golden(t, name+".md", text)
			if !strings.Contains(text, "\n| 字段 | 字段名称 | 类型 | 配置值 |\n") {
				t.Error("the columns of the tables that consultants write are not there")
			}
			if strings.HasPrefix(name, "wangdiantong-order") {
				golden(t, name+".en.md", b.markdown(f.PublicID, "1", false))
			}
			same(t, b, f.PublicID, text)
		})
	}
}

// same reads the workbook back: each of its tables is one of the Markdown, cell by cell.
func same(t *testing.T, b *bench, id, text string) {
	t.Helper()
	book, err := b.MappingDocument(b.as(access.Viewer), id, "", true)
	b.must(err)
	var out bytes.Buffer
	b.must(book.Workbook(&out))
	file := bytes.NewReader(out.Bytes())
	first, err := spreadsheet.Open(file, file.Size(), spreadsheet.Options{})
	b.must(err)
	sheets := first.Sheets()
	at := 1
	for _, s := range book.Sections {
		for _, table := range s.Tables {
			got := [][]string{}
			r, err := spreadsheet.Open(file, file.Size(), spreadsheet.Options{Sheet: sheets[at]})
			b.must(err)
			for row, err := range r.Rows() {
				b.must(err)
				got = append(got, padded(row.Cells, len(table.Heading)))
			}
			want := append([][]string{table.Heading}, table.Rows...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the sheet %s: wanted (-), got (+):\n%s", sheets[at], diff)
			}
			at++
		}
	}
	if at != len(sheets) || len(slices.Compact(slices.Sorted(slices.Values(sheets)))) != at {
		t.Errorf("%d tables in the sheets %v", at-1, sheets)
	}
	if strings.Count(text, "<b>") != strings.Count(text, `\<b>`) {
		t.Error("what people wrote is markup")
	}
}

func padded(cells []string, n int) []string {
	for len(cells) < n {
		cells = append(cells, "")
	}
	return cells
}

// A cell that looks like a formula is a text.
func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f, err := b.flows.Create(b.as(access.Editor), "", []byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"title":"=1+1"},"spec":{"nodes":[
		{"id":"m","type":"map","title":"a/b:*?[x]","settings":{"fields":[{"field":"=A1","title":"+x","value":"-1"},{"field":"F","title":"@y","value":"=cmd|' /C calc'!A0"}]}}],"edges":[]}}`))
	b.must(err)
	book, err := b.MappingDocument(b.as(access.Viewer), f.PublicID, "", true)
	b.must(err)
	var out bytes.Buffer
	b.must(book.Workbook(&out))
	file := bytes.NewReader(out.Bytes())
	r, err := spreadsheet.Open(file, file.Size(), spreadsheet.Options{Sheet: "映射 a b    x"})
	b.must(err)
	var got [][]string
	for row, err := range r.Rows() {
		b.must(err)
		got = append(got, row.Cells)
	}
	want := [][]string{{"字段", "字段名称", "类型", "配置值"}, {"=A1", "+x", "string", "-1"}, {"F", "@y", "string", "=cmd|' /C calc'!A0"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if bytes.Contains(unzipped(t, out.Bytes()), []byte("<f>")) {
		t.Error("there is a formula")
	}
}

func TestVersionsThatAreNone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.bring("jushuitan-refund-to-kingdee-return")
	for which, code := range map[string]string{"x": "flow.version_unknown", "0": "flow.version_unknown", "-1": "flow.version_unknown", "9": "object.missing", "nothing": "flow.version_unknown"} {
		if _, err := b.MappingDocument(b.as(access.Viewer), f.PublicID, which, true); fault.CodeOf(err) != code {
			t.Errorf("%s: %v, want %s", which, err, code)
		}
	}
	if _, err := b.Diff(b.as(access.Viewer), f.PublicID, "1", "2"); fault.CodeOf(err) != "object.missing" {
		t.Error(err)
	}
	if _, err := b.Diff(b.as(access.Viewer), "flow-9", "1", "draft"); fault.CodeOf(err) != "object.missing" {
		t.Error(err)
	}
	if _, err := b.Compare(b.as(access.Viewer), []byte("{}"), []byte("{}")); fault.CodeOf(err) != "auth.forbidden" {
		t.Error(err)
	}
	if _, err := b.Compare(b.as(access.Editor), []byte("{}"), []byte("[")); err == nil || fault.From(err).Path != "to" {
		t.Error(err)
	}
}

// The rows of a mapping have the names that the target declares.
func TestDiffWithNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.bring("jushuitan-refund-to-kingdee-return")
	changed := strings.Replace(string(f.Document), "{{items.r_qty}}", "{{items.qty}}", 1)
	_, err := b.flows.Save(b.as(access.Editor), f.PublicID, f.DraftVersion, []byte(changed))
	b.must(err)
	for _, ways := range []func() (diff.Diff, error){
		func() (diff.Diff, error) { return b.Diff(b.as(access.Viewer), f.PublicID, "1", "draft") },
		func() (diff.Diff, error) { return b.Compare(b.as(access.Editor), f.Document, []byte(changed)) },
	} {
		d, err := ways()
		if err != nil || len(d.Nodes) != 1 || len(d.Nodes[0].Changes) != 1 {
			t.Fatalf("%+v, %v", d, err)
		}
		c := d.Nodes[0].Changes[0]
		if c.Path != "fields.FEntity.FRealQty" || c.Titles[len(c.Titles)-1].ZH != "实退数量" || c.After.Text != "{{items.qty}}" {
			t.Errorf("%+v", c)
		}
	}
	all, err := b.Diff(b.as(access.Viewer), f.PublicID, "nothing", "1")
	if err != nil || len(all.Nodes) != 7 || all.Same() {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := b.bring("jushuitan-refund-to-kingdee-return")
	of := func() map[string]versions.Column {
		t.Helper()
		all, err := b.Columns(b.as(access.Viewer), f.PublicID)
		b.must(err)
		found := map[string]versions.Column{}
		for _, c := range all {
			if _, twice := found[c.Path]; twice {
				t.Errorf("%s is there twice", c.Path)
			}
			found[c.Path] = c
		}
		return found
	}
	declared := of()
	if c := declared["items.sku_id"]; c.Title.ZH == "" || c.Type != "string" || c.Node == "" {
		t.Errorf("%+v of %d", c, len(declared))
	}
	if _, list := declared["items"]; list {
		t.Error("a list of lines is offered as a value")
	}
	// What samples found, and lines of regrouped rows.
	source := declared["items.sku_id"].Node
	var doc map[string]any
	b.must(json.Unmarshal(f.Document, &doc))
	for _, n := range doc["spec"].(map[string]any)["nodes"].([]any) {
		if n := n.(map[string]any); n["id"] == source {
			settings := n["settings"].(map[string]any)
			settings["fields"] = []any{map[string]any{"field": "extra.mine", "title": "我的", "type": "int"}, map[string]any{"field": "items.sku_id", "title": "别名"}}
			settings["regroup"] = map[string]any{"by": []any{"as_id"}, "lines": map[string]any{"into": "rows", "fields": []any{"shop_id"}}}
		}
	}
	text, err := json.Marshal(doc)
	b.must(err)
	_, err = b.flows.Save(b.as(access.Editor), f.PublicID, f.DraftVersion, text)
	b.must(err)
	now := of()
	if c := now["extra.mine"]; c.Title.ZH != "我的" || c.Type != "int" {
		t.Errorf("what a sample found: %+v", c)
	}
	if now["items.sku_id"].Title != declared["items.sku_id"].Title {
		t.Errorf("the connector's title is lost: %+v", now["items.sku_id"])
	}
	if now["rows.shop_id"].Title != declared["shop_id"].Title || now["rows.shop_id"].Path == "" || now["shop_id"].Path != "" {
		t.Errorf("a field of lines: %+v", now["rows.shop_id"])
	}
	if _, err := b.Columns(b.as(access.Viewer), "nothing"); fault.From(err).Code != "object.missing" {
		t.Errorf("no flow: %v", err)
	}
}
