package main

import (
	"slices"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

func TestManifestDeclaresWhatTheConnectorServes(t *testing.T) {
	t.Parallel()
	m, b := declared(t), newBench(t, "gateway")
	if m.ID != "kingdee-jdy" || m.TimeZone != "Asia/Shanghai" || m.LimitKey != "accountId" || len(m.Limits) != 1 || m.Limits[0].Calls != 500 {
		t.Errorf("%s, %s, limits %v by %s", m.ID, m.TimeZone, m.Limits, m.LimitKey)
	}
	s := b.open()
	for _, o := range m.Operations {
		var err error
		if o.Kind == manifest.Query {
			_, err = s.Query(t.Context(), connector.QueryRequest{Operation: o.Name, Params: []byte(`{"id":"1"}`)})
		} else {
			_, err = s.(connector.Writer).Write(t.Context(), connector.Batch{Operation: o.Name, Rows: []byte(`[{}]`)})
		}
		if code := fault.CodeOf(err); code == "connector.unknown_operation" || code == "vendor.5001" || code == "vendor.5002" {
			t.Errorf("%s is declared and not served: %v", o.Name, err)
		}
	}
	for _, key := range []string{"clientSecret", "password", "appSecret"} {
		if at := slices.IndexFunc(m.Settings, func(s field.Setting) bool { return s.Key == key }); at < 0 || !m.Settings[at].Secret {
			t.Errorf("%s is not marked as a secret", key)
		}
	}
}

// TestOrdersAreWrittenAsThePublishedSchemeDoes: the fields of the scheme that consultants own.
func TestOrdersAreWrittenAsThePublishedSchemeDoes(t *testing.T) {
	t.Parallel()
	o, _ := declared(t).Operation(saveOrder)
	for _, name := range []string{"billdate", "billno", "customerid_id", "material_entity"} {
		if field.Find(o.Request, name) == nil {
			t.Errorf("%s is not declared", name)
		}
	}
	for _, name := range []string{"materialid_id", "stockid_id", "qty", "unit_id", "taxprice", "is_free"} {
		if field.Find(o.Request, "material_entity."+name) == nil {
			t.Errorf("material_entity.%s is not declared", name)
		}
	}
	if w := o.Writing; w.Create.Class != manifest.QueryableKey || w.Update.Class != manifest.Upsert || w.Update.IDField != "id" || w.MaxRows != 1 {
		t.Errorf("%+v", w)
	}
}

// TestBaseDataThatOrdersReferToCanBeRead: what an order refers to has a query in both generations.
func TestBaseDataThatOrdersReferToCanBeRead(t *testing.T) {
	t.Parallel()
	m := declared(t)
	var refers func(list []field.Field)
	seen := map[string]bool{}
	refers = func(list []field.Field) {
		for _, f := range list {
			if f.BaseData != "" {
				seen[f.BaseData] = true
			}
			refers(f.Children)
		}
	}
	for _, o := range m.Operations {
		if o.Kind == manifest.Write {
			refers(o.Request)
		}
	}
	if len(seen) != 4 {
		t.Errorf("%v", seen)
	}
	for name := range seen {
		n := 0
		for _, o := range m.Operations {
			if o.Kind == manifest.Query && o.Object == name {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%s has %d queries", name, n)
		}
	}
}

func TestManifestDeclaresEveryField(t *testing.T) {
	t.Parallel()
	m, b := declared(t), newBench(t, "gateway")
	for operation, params := range map[string]string{
		listOrders: `{"pagesize":5}`, oneOrder: `{"number":"XSDD00000003"}`, listOrdersV2: `{"page_size":5}`, "jdy/basedata/customer_list": `{}`, "jdy/v2/bd/customer": `{}`,
	} {
		o, _ := m.Operation(operation)
		for _, row := range b.rows(operation, params) {
			for name, value := range row.Fields() {
				if field.Find(o.Response, name) == nil {
					t.Errorf("%s sends %s, which is not declared", operation, name)
				}
				for l := range value.Elements() {
					for child := range l.Fields() {
						// Names of warehouses and units stand beside their numbers.
						if field.Find(o.Response, name+"."+child) == nil && child != "stockid_name" && child != "unit_name" {
							t.Errorf("%s sends %s.%s, which is not declared", operation, name, child)
						}
					}
				}
			}
		}
	}
	if raws, _ := b.vendor.Objects("bd_material"); item.Of(raws[0]).Field("number").Text() != "SKU-0001" {
		t.Errorf("%s", raws[0])
	}
}

func TestIconIsSVG(t *testing.T) {
	t.Parallel()
	connectortest.SVG(t, "icon.svg")
}
