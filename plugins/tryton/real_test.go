package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/tryton/internal/entities"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	sdkfield "github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// base makes a party and a product that can be bought and sold.
func (r *rig) base() *rig {
	r.t.Helper()
	r.done(connector.Create, "party.save", `{}`, r.text(`{"code":"#C","name":"示例单位","addresses":[{"street":"一路 1 号","city":"样城","country":null}],"contact_mechanisms":[{"type":"email","value":"nobody@example.test"}]}`))
	r.done(connector.Create, "product.save", `{}`, r.text(`{"code":"#P","name":"示例商品","type":"goods","default_uom":"u","list_price":"12345678901234.5678","salable":true,"sale_uom":"u","purchasable":"true","purchase_uom":"u","account_category":"Goods"}`))
	return r
}

// act presses a button of one record.
func (r *rig) act(operation, params, id string) connector.Answer {
	r.t.Helper()
	answers, err := r.write(connector.Update, operation, params, `{"id":`+id+`}`)
	if err != nil {
		r.t.Fatalf("%s: %v", operation, err)
	}
	return answers.Rows[0]
}

func (r *rig) acted(operation, params, id string) connector.Answer {
	r.t.Helper()
	a := r.act(operation, params, id)
	if a.Outcome != connector.Done {
		r.t.Fatalf("%s: %+v", operation, a)
	}
	return a
}

// pressed counts the calls of a button.
func (r *rig) pressed(method string) int {
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	return r.server.calls[method]
}

func compare(t *testing.T, row item.Value, want map[string]string) {
	t.Helper()
	for path, text := range want {
		if got := row.Path(path).Text(); got != text {
			t.Errorf("%s is %q, want %q in %s", path, got, text, row.Raw())
		}
	}
}

// TestWhatIsWrittenIsRead: exact decimals, dates, references by code, and what Tryton's form fills in.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	r := newRig(t).base()
	compare(t, r.one("product.query", r.text(`{"numbers":["#P"]}`)), map[string]string{
		"code": r.own + "P", "list_price": "12345678901234.5678", "default_uom.symbol": "u", "salable": "true", "products.0.code": r.own + "P", "account_category.name": "Goods",
	})
	compare(t, r.one("party.query", r.text(`{"numbers":["#C"]}`)), map[string]string{
		"name": "示例单位", "addresses.0.street": "一路 1 号", "addresses.0.country": "", "contact_mechanisms.0.value": "nobody@example.test",
	})
	id := r.done(connector.Create, "sale.save", `{}`, r.text(`{"reference":"#S","party":"#C","sale_date":"2026-03-01","payment_term":"30 days","lines":[{"product":"#P","quantity":3,"unit":"u","unit_price":0.1001},{"type":"comment","description":"“谢谢”\n再来"}]}`))[0]
	sale := r.one("sale.query", r.text(`{"reference":"#S"}`))
	compare(t, sale, map[string]string{
		"id": id, "state": "draft", "number": "", "sale_date": "2026-03-01", "party.code": r.own + "C", "currency.code": "CNY", "payment_term.name": "30 days",
		"total_amount": "0.30", "lines.0.unit_price": "0.1001", "lines.0.quantity": "3.0", "lines.0.product.code": r.own + "P", "lines.1.description": "“谢谢”\n再来",
	})
	if raw := string(sale.Path("lines.0.unit_price").Raw()); raw != "0.1001" {
		t.Errorf("a decimal came as %s", raw)
	}
	address := r.one("record.query", fmt.Sprintf(`{"model":"sale.sale","fields":"invoice_address.city,shipment_address.city,create_date","domain":[["id","=",%s]]}`, id))
	compare(t, address, map[string]string{"invoice_address.city": "样城", "shipment_address.city": "样城"})
	if made, err := time.Parse("2006-01-02 15:04:05.999999", address.Field("create_date").Text()); err != nil || time.Since(made).Abs() > time.Minute {
		t.Errorf("it was made at %s: %v", address.Field("create_date").Text(), err)
	}
}

// TestUpdatesKeepTheirLines: lines of an update take the places of those there are, and the
// same update again changes nothing.
func TestUpdatesKeepTheirLines(t *testing.T) {
	t.Parallel()
	r := newRig(t).base()
	line := func(quantity int) string {
		return r.text(fmt.Sprintf(`{"product":"#P","quantity":%d,"unit":"u","unit_price":1}`, quantity))
	}
	id := r.done(connector.Create, "sale.save", `{}`, r.text(`{"reference":"#S","party":"#C","lines":[`)+line(1)+","+line(2)+`]}`)[0]
	before := r.one("sale.query", r.text(`{"reference":"#S"}`))
	change := r.text(`{"id":` + id + `,"reference":"#S","lines":[` + line(5) + "," + line(6) + "," + line(7) + `]}`)
	for range 2 {
		r.done(connector.Update, "sale.save", `{}`, change)
	}
	after := r.one("sale.query", r.text(`{"reference":"#S"}`))
	compare(t, after, map[string]string{
		"lines.0.id": before.Path("lines.0.id").Text(), "lines.0.quantity": "5.0", "lines.1.id": before.Path("lines.1.id").Text(), "lines.2.quantity": "7.0", "lines.3.id": "",
	})
	// Without an id the key tells the record; a line less is deleted.
	answers, err := r.open().Write(t.Context(), connector.Batch{Operation: "sale.save", Mode: connector.Update, Rows: []byte(`[{"lines":[` + line(9) + `]}]`), Keys: []string{r.own + "S"}})
	if err != nil || answers.Rows[0].ID != id || answers.Rows[0].Number != r.own+"S" {
		t.Fatalf("%+v %v", answers, err)
	}
	compare(t, r.one("sale.query", r.text(`{"reference":"#S"}`)), map[string]string{"lines.0.quantity": "9.0", "lines.1.id": "", "total_amount": "9.00"})
	// What people put out of use stays so, beside what a flow writes.
	party := r.one("party.query", r.text(`{"numbers":["#C"],"fields":"addresses.city"}`))
	r.done(connector.Update, "record.save", `{"model":"party.address"}`, `{"id":`+party.Path("addresses.0.id").Text()+`,"active":false}`)
	for range 2 {
		r.done(connector.Update, "party.save", `{}`, `{"id":`+party.Field("id").Text()+`,"addresses":[{"city":"新城"}]}`)
	}
	compare(t, r.one("party.query", r.text(`{"numbers":["#C"],"fields":"addresses.city,addresses.active"}`)), map[string]string{
		"addresses.0.city": "样城", "addresses.0.active": "false", "addresses.1.city": "新城", "addresses.1.active": "true", "addresses.2.city": "",
	})
	// Lines of lines take their places as well: the same update again adds none.
	product := r.one("product.query", r.text(`{"numbers":["#P"]}`)).Field("id").Text()
	codes := func() string {
		var found []string
		for one := range r.one("product.query", r.text(`{"numbers":["#P"],"fields":"products.identifiers.code"}`)).Path("products.0.identifiers").Elements() {
			found = append(found, one.Field("code").Text())
		}
		return strings.Join(found, " ")
	}
	for range 2 {
		r.done(connector.Update, "product.save", `{}`, `{"id":`+product+`,"products":[{"identifiers":[{"code":"a"},{"code":"b"}]}]}`)
		if got := codes(); got != "a b" {
			t.Errorf("the variant has the identifiers %s", got)
		}
	}
	r.done(connector.Update, "product.save", `{}`, `{"id":`+product+`,"products":[{"identifiers":[{"code":"c"}]}]}`)
	if got := codes(); got != "c" {
		t.Errorf("the variant has the identifiers %s", got)
	}
	_, err = r.write(connector.Update, "sale.save", `{}`, r.text(`{"reference":"#nothing","description":"x"}`))
	expect(t, "sale.save", err, "tryton.record_unclear", fault.Data)
	_, err = r.write(connector.Update, "sale.save", `{}`, `{"id":99999999,"description":"x"}`)
	expect(t, "sale.save", err, "tryton.record_missing", fault.Data)
}

// TestFromPurchaseToInvoice has goods bought, received, sold, shipped and invoiced.
func TestFromPurchaseToInvoice(t *testing.T) {
	t.Parallel()
	r := newRig(t).base()
	out, in := `{"model":"stock.shipment.out"}`, `{"model":"stock.shipment.in"}`

	bought := r.done(connector.Create, "purchase.save", `{}`, r.text(`{"reference":"#B","party":"#C","purchase_date":"2026-02-01","lines":[{"product":"#P","quantity":10,"unit":"u","unit_price":7.5}]}`))[0]
	for _, step := range []string{"quote", "confirm", "process"} {
		r.acted("purchase."+step, `{}`, bought)
	}
	purchase := r.one("purchase.query", r.text(`{"reference":"#B"}`))
	compare(t, purchase, map[string]string{"state": "processing", "total_amount": "75.00", "lines.0.amount": "75.00"})
	moves, _ := r.rows("move.query", r.text(`{"fields":"state,quantity","domain":[["product.code","=","#P"]]}`), 10)
	if len(moves) != 1 || moves[0].Field("quantity").Text() != "10.0" {
		t.Fatalf("%d moves", len(moves))
	}

	received := r.done(connector.Create, "shipment.save", in, r.text(`{"reference":"#R","supplier":"#C","effective_date":"2026-02-02","incoming_moves":[{"product":"#P","quantity":10,"uom":"u","unit_price":7.5,"currency":"CNY","from_location":"SUP","to_location":"IN"}]}`))[0]
	_, err := r.write(connector.Update, "shipment.receive", in, `{"id":`+received+`}`)
	expect(t, "shipment.receive", err, "vendor.UserWarning", fault.Data)
	accepting := *r
	accepting.settings = maps.Clone(r.settings)
	accepting.settings["acceptWarnings"] = true
	accepting.acted("shipment.receive", in, received)
	r.acted("shipment.done", in, received)
	compare(t, r.one("shipment.query", r.text(`{"model":"stock.shipment.in","reference":"#R"}`)), map[string]string{"state": "done", "supplier.code": r.own + "C", "incoming_moves.0.quantity": "10.0", "effective_date": "2026-02-02"})

	sold := r.done(connector.Create, "sale.save", `{}`, r.text(`{"reference":"#S","party":"#C","sale_date":"2026-03-01","lines":[{"product":"#P","quantity":4,"unit":"u","unit_price":12.5}]}`))[0]
	if a := r.act("sale.process", `{}`, sold); a.Outcome != connector.Rejected || a.Code != "tryton.state_unchanged" || !strings.Contains(a.Message, "draft") {
		t.Errorf("a draft was processed: %+v", a)
	}
	number := r.acted("sale.quote", `{}`, sold).Number
	r.acted("sale.confirm", `{}`, sold)
	before := r.pressed("model.sale.sale.quote")
	if again := r.acted("sale.quote", `{}`, sold); again.Number != number || number == "" || r.pressed("model.sale.sale.quote") != before {
		t.Errorf("a confirmed sale was quoted again as %q, it has the number %q", again.Number, number)
	}
	r.acted("sale.process", `{}`, sold)

	shipments, _ := r.rows("shipment.query", r.text(`{"model":"stock.shipment.out","domain":[["customer.code","=","#C"]]}`), 10)
	if len(shipments) != 1 {
		t.Fatalf("%d shipments", len(shipments))
	}
	shipment := shipments[0].Field("id").Text()
	for _, step := range []string{"assign", "pick", "pack", "done"} {
		r.acted("shipment."+step, out, shipment)
	}

	// More than there is waits for goods.
	much := r.done(connector.Create, "shipment.save", out, r.text(`{"reference":"#M","customer":"#C","delivery_address":{"party.code":"#C"},"outgoing_moves":[{"product":"#P","quantity":1000,"uom":"u","unit_price":1,"currency":"CNY","from_location":"OUT","to_location":"CUS"}]}`))[0]
	r.acted("shipment.wait", out, much)
	if a := r.act("shipment.assign", out, much); a.Outcome != connector.Rejected || a.Code != "tryton.stock_short" {
		t.Errorf("1000 of 6 were assigned: %+v", a)
	}

	invoice := r.one("invoice.query", r.text(`{"type":"out","domain":[["party.code","=","#C"]]}`))
	compare(t, invoice, map[string]string{"state": "draft", "total_amount": "50.00", "lines.0.quantity": "4.0", "lines.0.account.code": "", "currency.code": "CNY"})
	r.done(connector.Update, "invoice.save", `{}`, fmt.Sprintf(`{"id":%s,"invoice_date":"1999-01-01"}`, invoice.Field("id").Text()))
	_, err = r.write(connector.Update, "invoice.post", `{}`, `{"id":`+invoice.Field("id").Text()+`}`)
	expect(t, "invoice.post", err, "vendor.UserError", fault.BusinessWait)
	r.done(connector.Update, "invoice.save", `{}`, fmt.Sprintf(`{"id":%s,"invoice_date":"2026-03-02"}`, invoice.Field("id").Text()))
	posted := r.acted("invoice.post", `{}`, invoice.Field("id").Text())
	compare(t, r.one("invoice.query", fmt.Sprintf(`{"numbers":[%q],"type":"out"}`, posted.Number)), map[string]string{"state": "posted", "number": posted.Number, "invoice_date": "2026-03-02"})
	_, err = r.write(connector.Update, "invoice.save", `{}`, fmt.Sprintf(`{"id":%s,"invoice_date":"2026-03-03"}`, invoice.Field("id").Text()))
	expect(t, "invoice.save", err, "vendor.UserError", fault.Data)

	own := r.done(connector.Create, "invoice.save", `{}`, r.text(`{"type":"out","reference":"#I","party":"#C","invoice_date":"2026-03-02","lines":[{"product":"#P","quantity":1,"unit":"u","unit_price":8,"account":{"name":"Main Revenue"}}]}`))[0]
	compare(t, r.one("invoice.query", r.text(`{"reference":"#I"}`)), map[string]string{"id": own, "total_amount": "8.00", "lines.0.account.code": "", "state": "draft"})
	r.acted("invoice.validate", `{}`, own)
	r.acted("invoice.post", `{}`, own)
}

// TestWhatChangedIsRead: a change of a line counts, what is deactivated is read, and the ends of a window belong to it.
func TestWhatChangedIsRead(t *testing.T) {
	t.Parallel()
	r := newRig(t).base()
	r.done(connector.Create, "sale.save", `{}`, r.text(`{"reference":"#S","party":"#C","lines":[{"product":"#P","quantity":1,"unit":"u","unit_price":1}]}`))
	sale := r.one("sale.query", r.text(`{"reference":"#S"}`))
	second := func(text string) time.Time {
		at, err := time.Parse(time.DateTime, text[:19])
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	made := second(sale.Field("modified").Text())
	window := func(from, to time.Time) int {
		rows, _ := r.rows("sale.query", fmt.Sprintf(`{"reference":"%sS","from":%q,"to":%q}`, r.own, from.Format(time.DateTime), to.Format(time.DateTime)), 5)
		return len(rows)
	}
	if window(made, made) != 1 || window(made.Add(time.Second), made.Add(time.Hour)) != 0 || window(made.Add(-time.Hour), made.Add(-time.Second)) != 0 {
		t.Error("both ends of a window belong to it, and nothing beyond")
	}
	for time.Now().UTC().Before(made.Add(1200 * time.Millisecond)) { // what changes next is a second later
		r.rows("party.query", `{"numbers":["nothing"]}`, 1)
	}
	r.done(connector.Update, "record.save", `{"model":"sale.line"}`, `{"id":`+sale.Path("lines.0.id").Text()+`,"quantity":2}`)
	if window(made.Add(time.Second), time.Now().UTC()) != 1 {
		t.Error("a line changed, and its sale is not read")
	}
	party := r.one("party.query", r.text(`{"numbers":["#C"]}`)).Field("id").Text()
	r.done(connector.Update, "party.save", `{}`, `{"id":`+party+`,"active":false}`)
	compare(t, r.one("party.query", r.text(`{"numbers":["#C"]}`)), map[string]string{"active": "false"})
	rows, pages := r.rows("record.query", `{"model":"stock.location"}`, 3)
	if len(rows) < 8 || pages < 3 || rows[0].Field("rec_name").Text() == "" {
		t.Errorf("%d locations on %d pages", len(rows), pages)
	}
	// Any model, by a key that the flow names.
	params := `{"model":"product.category","keyField":"name"}`
	id := r.done(connector.Create, "record.save", params, r.text(`{"name":"#类","parent":{"name":"Goods"},"accounting":true}`))[0]
	found, err := r.open().Probe(t.Context(), connector.ProbeRequest{Operation: "record.save", Params: []byte(params), Keys: []string{r.own + "类", "没有"}, Compare: []string{"accounting"}})
	if err != nil || !found[0].Exists || found[0].ID != id || found[1].Exists || item.Of(found[0].Object).Field("accounting").Text() != "true" {
		t.Errorf("%+v %v", found, err)
	}
}

// TestRefusals: what Tryton and the connector refuse, with what class.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := newRig(t).base()
	r.done(connector.Create, "party.save", `{}`, r.text(`{"code":"#D","name":"两个地址","addresses":[{"city":"甲"},{"city":"乙"}]}`))
	for _, c := range []struct {
		operation, params, row, code string
		class                        fault.Class
		path                         string
	}{
		{"party.save", `{}`, `{"code":"#C","name":"又一个"}`, "vendor.UserError", fault.Duplicate, ""},
		{"product.save", `{}`, `{"code":"#P","name":"又一个","type":"goods","default_uom":"u","list_price":1}`, "vendor.UserError", fault.Duplicate, ""},
		{"sale.save", `{}`, `{"reference":"#X"}`, "vendor.UserError", fault.Data, ""},
		{"sale.save", `{}`, `{"reference":"#X","party":"#nobody"}`, "tryton.reference_missing", fault.BusinessWait, "party"},
		{"sale.save", `{}`, `{"reference":"#X","party":"#C","lines":[{"product":"#nothing","quantity":1}]}`, "tryton.reference_missing", fault.BusinessWait, "lines.0.product"},
		{"sale.save", `{}`, `{"reference":"#X","party":"#D","invoice_address":{"party.code":"#D"}}`, "tryton.reference_ambiguous", fault.Data, "invoice_address"},
		{"sale.save", `{}`, `{"reference":"#X","party":"#C","colour":"red"}`, "tryton.field_unknown", fault.Config, "colour"},
		{"sale.save", `{}`, `{"reference":"#X","party":"#C","sale_date":"yesterday"}`, "tryton.value_shape", fault.Data, "sale_date"},
		{"sale.save", `{}`, `{"reference":"#X","party":"#C","lines":[{"product":"#P","quantity":1.5,"unit":"u","unit_price":1}]}`, "vendor.UserError", fault.Data, ""},
		{"sale.save", `{}`, `{"reference":"#X","party":"#C","lines":[{"product":"#P","quantity":1,"unit":"u","unit_price":"twelve"}]}`, "tryton.value_shape", fault.Data, "lines.0.unit_price"},
		{"record.save", `{"model":"no.such"}`, `{"name":"x"}`, "tryton.model_unknown", fault.Config, "model"},
		{"record.save", `{"model":"Nö"}`, `{"name":"x"}`, "tryton.model_unknown", fault.Config, "model"},
		{"shipment.save", `{"model":"stock.move"}`, `{"reference":"x"}`, "tryton.model_unknown", fault.Config, "model"},
	} {
		_, err := r.write(connector.Create, c.operation, c.params, r.text(c.row))
		f := refused(t, c.operation, err, c.code, c.class)
		if !f.NotApplied || c.path != "" && f.Path != c.path {
			t.Errorf("%s %s: %+v", c.operation, c.row, f)
		}
	}
	for params, code := range map[string]string{
		`{"domain":[["nothing","=",1]]}`: "vendor.exception", `{"domain":"state = 1"}`: "tryton.domain_invalid", `{"colour":"red"}`: "tryton.field_unknown",
		`{"fields":"nothing"}`: "vendor.exception", `{"sale_date":"soon"}`: "tryton.value_shape", `{"from":"2026-01-02 00:00:00","to":"2026-01-01 00:00:00"}`: "tryton.window_invalid",
	} {
		_, err := r.open().Query(t.Context(), connector.QueryRequest{Operation: "sale.query", Params: []byte(params), Page: connector.PageRef{Size: 5}})
		expect(t, "sale.query", err, code, fault.Config)
	}
	other := *r
	other.settings = map[string]any{"address": r.settings["address"], "database": "nothing", "user": "admin"}
	_, err := other.openWith(r.password, connectortest.NewHost(r.clock.Now)).Check(t.Context())
	expect(t, "", err, "vendor.exception", fault.Config) // on SQLite; PostgreSQL answers 404
}

// TestWhatAUserMayNot: an account without the groups is refused as a setting, not as the document's fault.
func TestWhatAUserMayNot(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	password := "Loopback-" + r.own
	company := r.one("record.query", `{"model":"company.company"}`).Field("id").Text()
	r.done(connector.Create, "record.save", `{"model":"res.user","keyField":"login"}`, r.text(`{"name":"#","login":"#","password":"`+password+`","companies":[`+company+`],"company":`+company+`}`))
	few := *r
	few.settings = map[string]any{"address": r.settings["address"], "database": r.settings["database"], "user": r.own}
	few.password = password
	s := few.openWith(password, connectortest.NewHost(r.clock.Now))
	if health, err := s.Check(t.Context()); err != nil || !strings.Contains(health.Account, "Karez") {
		t.Fatalf("%+v %v", health, err)
	}
	_, err := s.Write(t.Context(), connector.Batch{Operation: "sale.save", Mode: connector.Create, Rows: []byte(r.text(`[{"reference":"#","party":1}]`)), Keys: []string{"x"}})
	expect(t, "sale.save", err, "vendor.UserError", fault.Config)
}

// TestDiscover reads the fields of a model, with those of its lines.
func TestDiscover(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	request, _, err := r.open().Discover(t.Context(), "record.save", "sale.sale")
	if err != nil {
		t.Fatal(err)
	}
	var fields []sdkfield.Field
	if err := json.Unmarshal(request, &fields); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]sdkfield.Type{"sale_date": sdkfield.Date, "lines.unit_price": sdkfield.Decimal, "lines": sdkfield.Array, "party": sdkfield.String} {
		if f := sdkfield.Find(fields, path); f == nil || f.Type != want {
			t.Errorf("%s is %+v", path, f)
		}
	}
	if f := sdkfield.Find(fields, "party"); f == nil || !f.Required || f.Parser == nil || f.Parser.Params[0] != "code" || f.BaseData != "party.party" {
		t.Errorf("%+v", f)
	}
	_, response, err := r.open().Discover(t.Context(), "record.query", "product.uom")
	if err != nil || !strings.Contains(string(response), `"symbol"`) {
		t.Errorf("%s %v", response, err)
	}
}

// TestManifestFitsTheModels: every declared field of the vendor's models is one at Tryton.
func TestManifestFitsTheModels(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := r.open()
	own := []string{"modified", "model", "keyField", "fields", "domain", "from", "to", "numbers"}
	for _, o := range declared(t).Operations {
		if o.Kind == manifest.Action || strings.HasPrefix(o.Name, "shipment.") {
			continue // their models differ
		}
		e, err := entities.Of(o.Name, item.Of([]byte(`{"model":"party.party"}`)))
		if err != nil {
			t.Fatal(err)
		}
		m, err := s.model(t.Context(), e.Model)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range append(o.Request, o.Response...) {
			paths := []string{f.Name}
			for _, child := range f.Children {
				paths = append(paths, f.Name+"."+child.Name)
			}
			for _, path := range paths {
				if strings.Contains(strings.Join(own, " "), path) {
					continue
				}
				if _, err := s.fieldAt(t.Context(), m, path); err != nil {
					t.Errorf("%s declares %s: %v", o.Name, path, err)
				}
			}
		}
		for _, path := range e.Fields {
			if _, err := s.fieldAt(t.Context(), m, path); err != nil {
				t.Errorf("%s reads %s: %v", o.Name, path, err)
			}
			if sdkfield.Find(o.Response, path) == nil && o.Kind == manifest.Query && path != "lang.code" {
				t.Errorf("%s reads %s, which is not declared", o.Name, path)
			}
		}
	}
}
