package market_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/market"
)

// place is a workspace with connections and code tables, which keeps what is made.
type place struct {
	cellar

	connectors []catalog.Connector
	taken      string
	docs       []*flow.Document
	tables     []market.NewTable
	made       int
}

type views struct{ *place }

// List implements market.Connections: every connector has a connection "my-<id>".
func (v views) List(context.Context) ([]connection.View, error) {
	var all []connection.View
	for _, c := range v.connectors {
		all = append(all, connection.View{Name: "my-" + c.ID, Connector: c.ID})
	}
	return all, nil
}

type codes struct{ *place }

// List implements market.Tables.
func (c codes) List(context.Context) ([]codetable.Table, error) {
	return []codetable.Table{{Name: c.taken}}, nil
}

// Connectors implements market.Connectors.
func (p *place) Connectors(context.Context) ([]catalog.Connector, error) { return p.connectors, nil }

// Page implements market.Tables.
func (c codes) Page(context.Context, string, codetable.Filter) (codetable.Page, error) {
	return codetable.Page{}, nil
}

// List implements market.Flows.
func (p *place) List(context.Context, draft.Query) (draft.Page, error) { return draft.Page{}, nil }

// Export implements market.Flows.
func (p *place) Export(context.Context, string) ([]byte, error) { return nil, access.Missing() }

// Get implements market.Flows.
func (p *place) Get(context.Context, string) (draft.Flow, error) {
	return draft.Flow{}, access.Missing()
}

// Prepare implements market.Flows.
func (p *place) Prepare(_ context.Context, docs []*flow.Document) ([]draft.Prepared, error) {
	p.docs = docs
	all := make([]draft.Prepared, len(docs))
	for i, doc := range docs {
		all[i] = draft.Prepared{PublicID: doc.Metadata.ID, Contents: draft.Contents{Title: doc.Metadata.Title, Document: doc.JSON()}}
	}
	return all, nil
}

// Make implements market.Store.
func (p *place) Make(_ context.Context, _ ledger.ID, flows []draft.Prepared, tables []market.NewTable, _ ledger.Millis) error {
	p.made, p.tables = len(flows), tables
	return nil
}

func newMarket(t *testing.T) (*place, *market.Service) {
	t.Helper()
	shipped, err := market.Shipped()
	must(t, err)
	p, n := &place{}, 0
	for _, one := range shipped {
		for _, s := range one.Spec.Connections {
			m, err := readManifest(s.Connector)
			must(t, err)
			p.connectors = append(p.connectors, catalog.Connector{ID: m.ID, Version: m.Version})
		}
	}
	return p, market.New(market.Config{
		Templates: shipped, Store: p, Connectors: p, Connections: views{p}, Tables: codes{p}, Flows: p,
		NewID: func() string { n++; return fmt.Sprint("fresh-", n) }, Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	})
}

func as(t *testing.T, role access.Role) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Principal{Workspace: 1, Name: "t", Role: role})
}

// wishFor binds every slot of a template.
func wishFor(v market.View) market.Wish {
	w := market.Wish{Connections: map[string]string{}, Params: map[string]json.RawMessage{}, Tables: map[string]market.TableChoice{}}
	for _, s := range v.Spec.Connections {
		w.Connections[s.Slot] = "my-" + s.Connector
	}
	return w
}

// TestCopyOfEveryTemplate: no slot, no id of the template and no account is in a copy, and
// what its flows use is among them.
func TestCopyOfEveryTemplate(t *testing.T) {
	t.Parallel()
	p, s := newMarket(t)
	all, err := s.List(as(t, access.Editor))
	must(t, err)
	for _, v := range all {
		made, err := s.Copy(as(t, access.Editor), v.Metadata.ID, wishFor(v))
		must(t, err)
		if p.made != len(v.Spec.Flows) || len(made.Flows) != p.made || len(p.tables) != len(v.Spec.CodeTables) {
			t.Errorf("%s: %d flows, %d tables", v.Metadata.ID, p.made, len(p.tables))
		}
		fresh := map[string]bool{}
		for _, doc := range p.docs {
			fresh[doc.Metadata.ID] = true
		}
		for _, doc := range p.docs {
			if doc.Metadata.Labels["template"] != v.Metadata.ID || doc.Metadata.Labels["templateVersion"] != "1.0.0" {
				t.Errorf("%s forgets its origin: %v", v.Metadata.ID, doc.Metadata.Labels)
			}
			for alias, u := range doc.Spec.Uses {
				if !fresh[u.Flow] {
					t.Errorf("%s: %s leads to %q", v.Metadata.ID, alias, u.Flow)
				}
			}
			for _, n := range doc.Spec.Nodes {
				if n.Connection != "" && !strings.HasPrefix(n.Connection, "my-") {
					t.Errorf("%s: node %s has %s", v.Metadata.ID, n.ID, n.Connection)
				}
			}
			for _, from := range v.Spec.Flows {
				if strings.Contains(string(doc.JSON()), from.Metadata.ID) {
					t.Errorf("%s: the id %s is left", v.Metadata.ID, from.Metadata.ID)
				}
			}
		}
	}
}

// TestCopyRefuses: nothing is made, and what is wrong is named.
func TestCopyRefuses(t *testing.T) {
	t.Parallel()
	const id = "wangdiantong-order-to-kingdee-jdy-order"
	for name, tt := range map[string]struct {
		change func(p *place, w *market.Wish)
		role   access.Role
		want   string
	}{
		"a viewer":                   {nil, access.Viewer, "auth.forbidden "},
		"no connection":              {func(_ *place, w *market.Wish) { delete(w.Connections, "jdy") }, access.Editor, "template.connection_missing connections.jdy"},
		"an unknown one":             {func(_ *place, w *market.Wish) { w.Connections["jdy"] = "x" }, access.Editor, "template.connection_unknown connections.jdy"},
		"one of another":             {func(_ *place, w *market.Wish) { w.Connections["jdy"] = "my-jushuitan" }, access.Editor, "template.connection_other connections.jdy"},
		"a missing connector":        {func(p *place, _ *market.Wish) { p.connectors = p.connectors[:1] }, access.Editor, "template.connector_missing connections"},
		"an old connector":           {func(p *place, _ *market.Wish) { age(p, "kingdee-jdy", "0.1.0") }, access.Editor, "template.connector_version connections"},
		"a parameter of none":        {func(_ *place, w *market.Wish) { w.Params["x"] = json.RawMessage("1") }, access.Editor, "template.param_unknown params.x"},
		"a start that is no time":    {func(_ *place, w *market.Wish) { w.Start = "yesterday" }, access.Editor, "template.start startFrom"},
		"a table that is there":      {func(p *place, _ *market.Wish) { p.taken = "星辰仓库" }, access.Editor, "template.table_exists tables.星辰仓库"},
		"a table to use that is not": {func(_ *place, w *market.Wish) { w.Tables["星辰仓库"] = market.TableChoice{Reuse: true} }, access.Editor, "template.table_unknown tables.星辰仓库"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, s := newMarket(t)
			v, err := s.Get(as(t, access.Viewer), id, "")
			must(t, err)
			w := wishFor(v)
			if tt.change != nil {
				tt.change(p, &w)
			}
			_, err = s.Copy(as(t, tt.role), id, w)
			if err == nil {
				t.Fatal("it was made")
			}
			f := fault.From(err)
			if got := f.Code + " " + f.Path; got != tt.want || p.made > 0 {
				t.Errorf("%q after %d flows, want %q", got, p.made, tt.want)
			}
		})
	}
}

func age(p *place, id, version string) {
	for i := range p.connectors {
		if p.connectors[i].ID == id {
			p.connectors[i].Version = version
		}
	}
}

// TestStartAndTypesOfACopy: sources begin where the copy says, and parameters are of their types.
func TestStartAndTypesOfACopy(t *testing.T) {
	t.Parallel()
	p, s := newMarket(t)
	const id = "jushuitan-refund-to-kingdee-return"
	v, err := s.Get(as(t, access.Viewer), id, "")
	must(t, err)
	w := wishFor(v)
	w.Start = "2026-11-01 00:00:00"
	w.Params["orgCode"] = json.RawMessage(`"101"`)
	_, err = s.Copy(as(t, access.Editor), id, w)
	must(t, err)
	if text := string(p.docs[0].JSON()); !strings.Contains(text, `"startFrom":"2026-11-01 00:00:00"`) || strings.Contains(text, "2021-04-28") || !strings.Contains(text, `"default":"101"`) {
		t.Error(text)
	}
	w = market.Wish{Connections: map[string]string{"maycur": "my-maycur", "k3": "my-kingdee-k3cloud"}, Start: "2026-11-01 00:00:00"}
	_, err = s.Copy(as(t, access.Editor), "maycur-payment-to-kingdee-payment", w)
	must(t, err)
	for _, doc := range p.docs {
		if text := string(doc.JSON()); strings.Contains(text, "startFrom") && strings.Contains(text, "2026-11-01") == (doc.Metadata.Name == "kingdee-bank-accounts") {
			t.Errorf("base data is read whole, payments from the start on: %s", text)
		}
	}
	w = wishFor(v)
	for kind, values := range map[string]map[string]bool{
		"":        {`"x"`: true, `1`: false, `true`: false, `{}`: false},
		"int":     {`1`: true, `-2`: true, `1.5`: false, `"1"`: false, `1e3`: false},
		"decimal": {`1.25`: true, `"12345678901234567.89"`: true, `"x"`: false, `true`: false},
		"bool":    {`true`: true, `false`: true, `"true"`: false, `1`: false},
		"date":    {`"2026-01-01"`: true, `20260101`: false},
	} {
		for value, fits := range values {
			v.Spec.Flows[0].Spec.Params[0].Type = kind
			w.Params["orgCode"] = json.RawMessage(value)
			if _, err := s.Copy(as(t, access.Editor), id, w); (err == nil) != fits || err != nil && fault.CodeOf(err) != "template.param_type" {
				t.Errorf("%s as %q: %v", value, kind, err)
			}
		}
	}
}

// TestTablesOfACopy: one that is there is used as it is, or another is made beside it.
func TestTablesOfACopy(t *testing.T) {
	t.Parallel()
	p, s := newMarket(t)
	p.taken = "星辰仓库"
	const id = "wangdiantong-order-to-kingdee-jdy-order"
	v, err := s.Get(as(t, access.Viewer), id, "")
	must(t, err)
	if diff := cmp.Diff([]string{p.taken}, v.TablesTaken); diff != "" {
		t.Error(diff)
	}
	w := wishFor(v)
	w.Tables["星辰仓库"], w.Tables["星辰单位"] = market.TableChoice{Reuse: true}, market.TableChoice{Name: "单位二"}
	made, err := s.Copy(as(t, access.Editor), id, w)
	must(t, err)
	want := []market.CopiedTable{{Table: "星辰客户", Name: "星辰客户", Created: true}, {Table: "星辰仓库", Name: "星辰仓库"}, {Table: "星辰单位", Name: "单位二", Created: true}}
	if diff := cmp.Diff(want, made.Tables); diff != "" || len(p.tables) != 2 {
		t.Errorf("%d tables were made; %s", len(p.tables), diff)
	}
	if text := string(p.docs[0].JSON()); !strings.Contains(text, `"table":"单位二"`) || strings.Contains(text, `"table":"星辰单位"`) {
		t.Error("the flow still names the template's table")
	}
}
