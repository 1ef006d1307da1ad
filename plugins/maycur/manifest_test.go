package main

import (
	"slices"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

func TestManifestDeclaresWhatTheConnectorServes(t *testing.T) {
	t.Parallel()
	m, b := declared(t), newBench(t)
	if m.ID != "maycur" || m.TimeZone != "Asia/Shanghai" || m.LimitKey != "appCode" || len(m.Limits) != 1 || m.CheckOperation != paidList {
		t.Errorf("%s, %s, limits %v by %s, checked by %s", m.ID, m.TimeZone, m.Limits, m.LimitKey, m.CheckOperation)
	}
	s := b.open()
	for _, o := range m.Operations {
		var err error
		if o.Kind == manifest.Query {
			_, err = s.Query(t.Context(), connector.QueryRequest{Operation: o.Name, Params: []byte(`{}`)})
		} else {
			_, err = s.Write(t.Context(), connector.Batch{Operation: o.Name, Rows: []byte(`[]`)})
		}
		if fault.CodeOf(err) == "connector.unknown_operation" {
			t.Errorf("%s is declared and not served", o.Name)
		}
	}
	at := slices.IndexFunc(m.Settings, func(s field.Setting) bool { return s.Key == "appSecret" })
	if at < 0 || !m.Settings[at].Secret {
		t.Error("the secret is not marked")
	}
}

// TestClasses: what is kept by a key of ours is written again, and a fee that may have been made is not.
func TestClasses(t *testing.T) {
	t.Parallel()
	m := declared(t)
	for name, want := range map[string]manifest.Class{
		updateStatus: manifest.Upsert, "supplier/save": manifest.Upsert, "employee/save": manifest.Upsert, importFees: manifest.NoKey,
	} {
		o, ok := m.Operation(name)
		if !ok || o.Writing.Create.Class != want || (want == manifest.Upsert) != (o.Writing.Update != nil) {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

// TestPaymentsAreReadAsThePublishedSchemeDoes: the parameters and fields of the scheme that consultants own.
func TestPaymentsAreReadAsThePublishedSchemeDoes(t *testing.T) {
	t.Parallel()
	o, _ := declared(t).Operation(paidList)
	for _, name := range []string{"pageSize", "startPaidTime", "pageNum", "paymentNo", "endPaidTime"} {
		if field.Find(o.Request, name) == nil {
			t.Errorf("%s is not declared", name)
		}
	}
	for _, name := range []string{"payeeTargetBusinessCode", "payerAccountName", "payerAccountNumber", "paymentBizCode", "payableAmount", "auditTimeStamp"} {
		if field.Find(o.Response, name) == nil {
			t.Errorf("%s is not declared", name)
		}
	}
	if o.Key != "{{paymentBizCode}}" || o.Number != "{{payeeTargetBusinessCode}}" || o.Window.Format != "unixMs" || o.Window.LookBack.Std() != 10*time.Minute || o.Paging.MaxSize != 50 {
		t.Errorf("%+v %+v", o.Window, o.Paging)
	}
}

func TestManifestDeclaresEveryField(t *testing.T) {
	t.Parallel()
	m, b := declared(t), newBench(t)
	// What stands in a form besides these differs between customers.
	free := []string{"submitterId", "reimburseName", "amount"}
	for kind, operation := range map[string]string{
		"payment": paidList, "transaction": waitingList, "form": reimburse, "subsidiary": "org/subsidiaries", "department": "org/departments", "employee": employees,
	} {
		o, _ := m.Operation(operation)
		raws, _ := b.vendor.Objects(kind)
		for name := range item.Of(raws[0]).Fields() {
			if field.Find(o.Response, name) == nil && (kind != "form" || !slices.Contains(free, name)) {
				t.Errorf("%s sends %s, which is not declared", operation, name)
			}
		}
	}
}

func TestIconIsSVG(t *testing.T) {
	t.Parallel()
	connectortest.SVG(t, "icon.svg")
}
