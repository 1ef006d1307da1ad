package entities_test

import (
	"slices"
	"testing"

	"github.com/karezflow/karez/plugins/tryton/internal/entities"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ operation, params, model, key, code string }{
		{"party.query", `{}`, "party.party", "code", ""},
		{"product.save", `{}`, "product.template", "code", ""},
		{"sale.save", `{}`, "sale.sale", "reference", ""},
		{"invoice.query", `{}`, "account.invoice", "reference", ""},
		{"shipment.save", `{"model":"stock.shipment.internal"}`, "stock.shipment.internal", "reference", ""},
		{"record.save", `{"model":"product.category","keyField":"name"}`, "product.category", "name", ""},
		{"move.query", `{}`, "stock.move", "id", ""},
		{"move.save", `{}`, "", "", "connector.unknown_operation"},
		{"sale.quote", `{}`, "", "", "connector.unknown_operation"},
		{".save", `{}`, "", "", "connector.unknown_operation"},
		{"shipment.query", `{"model":"party.party"}`, "", "", "tryton.model_unknown"},
		{"record.query", `{}`, "", "", "tryton.model_unknown"},
		{"record.query", `{"model":"party.party.create\""}`, "", "", "tryton.model_unknown"},
		{"record.query", `{"model":"..party"}`, "", "", "tryton.model_unknown"},
	} {
		e, err := entities.Of(c.operation, item.Of([]byte(c.params)))
		if e.Model != c.model || e.Key != c.key || fault.CodeOf(err) != c.code {
			t.Errorf("%s %s is %+v, %v", c.operation, c.params, e, err)
		}
	}
}

func TestActionOf(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]entities.Action{
		"sale.quote":       {Model: "sale.sale", Method: "quote", Reached: []string{"quotation", "confirmed", "processing", "done"}},
		"purchase.process": {Model: "purchase.purchase", Method: "process", Reached: []string{"processing", "done"}},
		"sale.cancel":      {Model: "sale.sale", Method: "cancel", Reached: []string{"cancelled"}},
		"invoice.post":     {Model: "account.invoice", Method: "post", Reached: []string{"posted", "paid"}},
		"shipment.assign":  {Method: "assign_try", Reached: []string{"assigned", "shipped", "picked", "packed", "done"}},
	} {
		got, ok := entities.ActionOf(operation)
		if !ok || got.Model != want.Model || got.Method != want.Method || !slices.Equal(got.Reached, want.Reached) {
			t.Errorf("%s is %+v, want %+v", operation, got, want)
		}
	}
	for _, operation := range []string{"sale.save", "sale.query", "party.quote", "shipment.query", "invoice.create", "sale", ""} {
		if a, ok := entities.ActionOf(operation); ok {
			t.Errorf("%s is %+v", operation, a)
		}
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{`"a, b,,c.d"`: {"a", "b", "c.d"}, `["a","",1]`: {"a", "1"}, `""`: nil, `null`: nil} {
		if got := entities.Texts(item.Of([]byte(raw))); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", raw, got, want)
		}
	}
}
