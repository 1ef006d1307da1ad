package main

import (
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// The operations that work on any model.
const (
	recordQuery = "record.query"
	recordSave  = "record.save"
)

// entity is a model as an operation reads and writes it.
type entity struct {
	model string
	// number is the field that people search for, key the one by which a written record is found.
	number, key string
	// fields are read unless a flow says others; "lines.quantity" is a field of each line.
	fields []string
	// parts name the records whose change counts as one of the record: its lines, its template.
	parts []string
	// fill names the fields whose choice has Tryton's own form fill in others, which a new
	// record gets; with says which are told from them without a change.
	fill, with []string
}

const (
	linesText = ",lines.type,lines.product.code,lines.description,lines.quantity,lines.unit.symbol,lines.unit_price,lines.amount"
	moves     = "product.code,quantity,uom.symbol,unit_price,from_location.name,to_location.name,state"
)

// entityOf gives the entity of an operation, "" being the name of the model where it works on one only.
func entityOf(operation string, params item.Value) (entity, error) {
	base, _, _ := strings.Cut(operation, ".")
	if e, ok := fixed(base); ok && slices.Contains([]string{".query", ".save"}, strings.TrimPrefix(operation, base)) && (base != "move" || operation == "move.query") {
		return e, nil
	}
	name := params.Field("model").Text()
	switch operation {
	case "shipment.query", "shipment.save":
		if e, ok := shipment(name); ok {
			return e, nil
		}
		return entity{}, fault.New("tryton.model_unknown", "there is no kind of shipment %q", name).At("model").Classed(fault.Config).Unapplied()
	case recordQuery, recordSave:
		if !plainName(name) {
			return entity{}, fault.New("tryton.model_unknown", "%q is not the name of a model such as party.party", name).At("model").Classed(fault.Config).Unapplied()
		}
		key := params.Field("keyField").Text()
		return entity{model: name, key: key, number: key}, nil
	default:
		return entity{}, unknown(operation)
	}
}

// plainName tells whether a text is one or more names joined by dots.
func plainName(text string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
	}
	return true
}

func fixed(name string) (e entity, ok bool) {
	switch name {
	case "party":
		e = entity{model: "party.party", number: "code", parts: []string{"addresses", "contact_mechanisms", "identifiers"}}
		e.fields = split("code,name,active,lang.code,addresses.party_name,addresses.street,addresses.postal_code,addresses.city,addresses.country.code,addresses.subdivision.code," +
			"contact_mechanisms.type,contact_mechanisms.value,identifiers.type,identifiers.code")
	case "product":
		e = entity{model: "product.template", number: "code", parts: []string{"products"}}
		e.fields = split("code,name,type,active,list_price,cost_price,cost_price_method,default_uom.symbol,salable,purchasable,account_category.name,products.code,products.suffix_code,products.active,products.description")
	case "sale":
		e = entity{model: "sale.sale", number: "number", key: "reference", parts: []string{"lines"}, fill: []string{"party"}}
		e.fields = split("number,reference,description,state,sale_date,party.code,party.name,currency.code,payment_term.name,warehouse.code,untaxed_amount,tax_amount,total_amount,invoice_state,shipment_state" + linesText)
	case "purchase":
		e = entity{model: "purchase.purchase", number: "number", key: "reference", parts: []string{"lines"}, fill: []string{"party"}}
		e.fields = split("number,reference,description,state,purchase_date,party.code,party.name,currency.code,payment_term.name,warehouse.code,untaxed_amount,tax_amount,total_amount,invoice_state,shipment_state" + linesText)
	case "invoice":
		e = entity{model: "account.invoice", number: "number", key: "reference", parts: []string{"lines"}, fill: []string{"type", "party"}, with: []string{"account"}}
		e.fields = split("number,reference,description,type,state,invoice_date,accounting_date,party.code,party.name,currency.code,payment_term.name,untaxed_amount,tax_amount,total_amount,amount_to_pay" + linesText + ",lines.account.code")
	case "move":
		e = entity{model: "stock.move", number: "id"}
		e.fields = split(moves + ",effective_date,planned_date,origin,shipment,internal_quantity")
	}
	if e.key == "" {
		e.key = e.number
	}
	return e, e.model != ""
}

func shipment(model string) (entity, bool) {
	lines := map[string]string{
		"stock.shipment.out": "outgoing_moves", "stock.shipment.in": "incoming_moves", "stock.shipment.internal": "moves",
		"stock.shipment.out.return": "incoming_moves", "stock.shipment.in.return": "moves",
	}[model]
	partner := map[string]string{
		"stock.shipment.out": "customer.code,customer.name,", "stock.shipment.in": "supplier.code,supplier.name,",
		"stock.shipment.internal":   "from_location.name,to_location.name,",
		"stock.shipment.out.return": "customer.code,customer.name,", "stock.shipment.in.return": "supplier.code,supplier.name,",
	}[model]
	if lines == "" {
		return entity{}, false
	}
	fields := split("number,reference,state,planned_date,effective_date," + strings.TrimSuffix(partner, ","))
	for _, name := range split(moves) {
		fields = append(fields, lines+"."+name)
	}
	return entity{model: model, number: "number", key: "reference", fields: fields, parts: []string{lines}}, true
}

func split(text string) (names []string) {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// texts gives the elements of a list, or the parts of a text with commas.
func texts(v item.Value) (names []string) {
	if v.Kind() != item.Array {
		return split(v.Text())
	}
	for e := range v.Elements() {
		if text := e.Text(); text != "" {
			names = append(names, text)
		}
	}
	return names
}
