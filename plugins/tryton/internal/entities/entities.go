// Package entities says what the operations of the connector work on: the models of Tryton,
// the fields they are read with, and the buttons of their workflows.
//
// It may import the standard library, sdk/fault and sdk/item only.
package entities

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

// Entity is a model as an operation reads and writes it.
type Entity struct {
	Model string
	// number is the field that people search for, key the one by which a written record is found.
	Number, Key string
	// fields are read unless a flow says others; "lines.quantity" is a field of each line.
	Fields []string
	// parts name the records whose change counts as one of the record: its lines, its template.
	Parts []string
	// fill names the fields whose choice has Tryton's own form fill in others, which a new
	// record gets; with says which are told from them without a change.
	Fill, With []string
}

const (
	linesText = ",lines.type,lines.product.code,lines.description,lines.quantity,lines.unit.symbol,lines.unit_price,lines.amount"
	moves     = "product.code,quantity,uom.symbol,unit_price,from_location.name,to_location.name,state"
)

// Of gives the Entity of an operation, "" being the name of the model where it works on one only.
func Of(operation string, params item.Value) (Entity, error) {
	base, _, _ := strings.Cut(operation, ".")
	if e, ok := fixed(base); ok && slices.Contains([]string{".query", ".save"}, strings.TrimPrefix(operation, base)) && (base != "move" || operation == "move.query") {
		return e, nil
	}
	name := params.Field("model").Text()
	switch operation {
	case "shipment.query", "shipment.save":
		if e, ok := Shipment(name); ok {
			return e, nil
		}
		return Entity{}, fault.New("tryton.model_unknown", "there is no kind of shipment %q", name).At("model").Classed(fault.Config).Unapplied()
	case recordQuery, recordSave:
		if !plainName(name) {
			return Entity{}, fault.New("tryton.model_unknown", "%q is not the name of a model such as party.party", name).At("model").Classed(fault.Config).Unapplied()
		}
		key := params.Field("keyField").Text()
		return Entity{Model: name, Key: key, Number: key}, nil
	default:
		return Entity{}, Unknown(operation)
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

func fixed(name string) (e Entity, ok bool) {
	switch name {
	case "party":
		e = Entity{Model: "party.party", Number: "code", Parts: []string{"addresses", "contact_mechanisms", "identifiers"}}
		e.Fields = split("code,name,active,lang.code,addresses.party_name,addresses.street,addresses.postal_code,addresses.city,addresses.country.code,addresses.subdivision.code," +
			"contact_mechanisms.type,contact_mechanisms.value,identifiers.type,identifiers.code")
	case "product":
		e = Entity{Model: "product.template", Number: "code", Parts: []string{"products"}}
		e.Fields = split("code,name,type,active,list_price,cost_price,cost_price_method,default_uom.symbol,salable,purchasable,account_category.name,products.code,products.suffix_code,products.active,products.description")
	case "sale":
		e = Entity{Model: "sale.sale", Number: "number", Key: "reference", Parts: []string{"lines"}, Fill: []string{"party"}}
		e.Fields = split("number,reference,description,state,sale_date,party.code,party.name,currency.code,payment_term.name,warehouse.code,untaxed_amount,tax_amount,total_amount,invoice_state,shipment_state" + linesText)
	case "purchase":
		e = Entity{Model: "purchase.purchase", Number: "number", Key: "reference", Parts: []string{"lines"}, Fill: []string{"party"}}
		e.Fields = split("number,reference,description,state,purchase_date,party.code,party.name,currency.code,payment_term.name,warehouse.code,untaxed_amount,tax_amount,total_amount,invoice_state,shipment_state" + linesText)
	case "invoice":
		e = Entity{Model: "account.invoice", Number: "number", Key: "reference", Parts: []string{"lines"}, Fill: []string{"type", "party"}, With: []string{"account"}}
		e.Fields = split("number,reference,description,type,state,invoice_date,accounting_date,party.code,party.name,currency.code,payment_term.name,untaxed_amount,tax_amount,total_amount,amount_to_pay" + linesText + ",lines.account.code")
	case "move":
		e = Entity{Model: "stock.move", Number: "id"}
		e.Fields = split(moves + ",effective_date,planned_date,origin,shipment,internal_quantity")
	}
	if e.Key == "" {
		e.Key = e.Number
	}
	return e, e.Model != ""
}

// Shipment gives the entity of a kind of shipment by its model.
func Shipment(model string) (Entity, bool) {
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
		return Entity{}, false
	}
	fields := split("number,reference,state,planned_date,effective_date," + strings.TrimSuffix(partner, ","))
	for _, name := range split(moves) {
		fields = append(fields, lines+"."+name)
	}
	return Entity{Model: model, Number: "number", Key: "reference", Fields: fields, Parts: []string{lines}}, true
}

func split(text string) (names []string) {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Texts gives the elements of a list, or the parts of a text with commas.
func Texts(v item.Value) (names []string) {
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

// Action is a button of a workflow.
type Action struct {
	// model is "" where the parameter model says it.
	Model, Method string
	// reached are the states in which the button has done its work, or others after it.
	Reached []string
}

// ActionOf gives the action of an operation such as sale.quote.
func ActionOf(operation string) (Action, bool) {
	base, verb, _ := strings.Cut(operation, ".")
	switch base {
	case "sale", "purchase":
		states := []string{"quotation", "confirmed", "processing", "done"}
		if at := slices.Index([]string{"quote", "confirm", "process"}, verb); at >= 0 {
			return Action{Model: base + "." + base, Method: verb, Reached: states[at:]}, true
		}
		return Action{Model: base + "." + base, Method: verb, Reached: []string{"cancelled"}}, verb == "cancel"
	case "invoice":
		states := []string{"validated", "posted", "paid"}
		method := map[string]string{"validate": "validate_invoice", "post": "post"}[verb]
		if at := slices.Index([]string{"validate", "post"}, verb); at >= 0 {
			return Action{Model: "account.invoice", Method: method, Reached: states[at:]}, true
		}
		return Action{Model: "account.invoice", Method: verb, Reached: []string{"cancelled"}}, verb == "cancel"
	case "shipment":
		states := []string{"received", "waiting", "assigned", "shipped", "picked", "packed", "done"}
		method := map[string]string{"receive": "receive", "wait": "wait", "assign": "assign_try", "ship": "ship", "pick": "pick", "pack": "pack", "done": "done"}[verb]
		if at := slices.Index([]string{"receive", "wait", "assign", "ship", "pick", "pack", "done"}, verb); at >= 0 {
			return Action{Method: method, Reached: states[at:]}, true
		}
	}
	return Action{}, false
}

// Writes tells whether an operation writes records.
func Writes(operation string) bool { return strings.HasSuffix(operation, ".save") }

// Unknown is the fault of an operation that there is not.
func Unknown(operation string) *fault.Fault {
	return fault.New("connector.unknown_operation", "Tryton has no operation %q here", operation).Classed(fault.Config).Unapplied()
}
