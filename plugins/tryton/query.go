package main

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/karezflow/karez/plugins/tryton/internal/entities"
	"github.com/karezflow/karez/plugins/tryton/internal/wire"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Query implements connector.Session. Records of a window are those that changed in it, in
// the order of their ids; a page begins behind the id that the page before ended with. So a
// record that changes meanwhile leaves the window for the next one and shifts no other.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	params := item.Of(req.Params)
	if len(req.Params) > 0 {
		if err := item.Check(req.Params); err != nil {
			return connector.Page{}, err
		}
	}
	e, err := entities.Of(req.Operation, params)
	if err != nil {
		return connector.Page{}, err
	}
	m, err := s.model(ctx, e.Model)
	if err != nil {
		return connector.Page{}, err
	}
	domain, err := s.domain(ctx, e, m, params, req.Page.Token)
	if err != nil {
		return connector.Page{}, err
	}
	fields := entities.Texts(params.Field("fields"))
	if len(fields) == 0 {
		fields = e.Fields
	}
	if len(fields) == 0 {
		fields = m.simple()
	}
	size := req.Page.Size
	if size <= 0 {
		size = defaultSize
	}
	got, err := s.search(ctx, e.Model, domain, size, append(slices.Clone(fields), "write_date", "create_date"))
	if err != nil {
		return connector.Page{}, err
	}
	return s.pageOf(ctx, m, got, size)
}

// defaultSize is that of the manifest.
const defaultSize = 200

// search reads the records of a domain in the order of their ids, deactivated ones too.
func (s *session) search(ctx context.Context, model string, domain []byte, limit int, fields []string) (answer, error) {
	names, err := json.Marshal(fields)
	if err != nil {
		return answer{}, err
	}
	most := []byte("null")
	if limit > 0 {
		most = strconv.AppendInt(nil, int64(limit), 10)
	}
	return s.call(ctx, call{
		method: "model." + model + ".search_read", hidden: true,
		params: [][]byte{domain, []byte("0"), most, []byte(`[["id","ASC"]]`), names},
	})
}

// pageOf makes a page of what was read. Each row gets "modified", the time of its last
// change: Tryton leaves write_date empty until a record is changed the first time.
func (s *session) pageOf(ctx context.Context, m model, got answer, size int) (connector.Page, error) {
	if got.result.Kind() != item.Array {
		return connector.Page{}, unreadable("the answer to a search is not a list")
	}
	page := connector.Page{Rows: []byte{'['}, Total: -1, SourceTime: got.date}
	last, count := "", 0
	for row := range got.result.Elements() {
		if count > 0 {
			page.Rows = append(page.Rows, ',')
		}
		count++
		last = row.Field("id").Text()
		changed := row.Field("write_date")
		if changed.Blank() {
			changed = row.Field("create_date")
		}
		var err error
		if page.Rows, err = s.appendRecord(ctx, page.Rows, m, row); err != nil {
			return connector.Page{}, err
		}
		page.Rows = append(page.Rows[:len(page.Rows)-1], `,"modified":`...)
		page.Rows = append(wire.AppendPlain(page.Rows, changed), '}')
	}
	page.Rows = append(page.Rows, ']')
	if count >= size {
		page.More, page.NextToken = true, last
	}
	return page, nil
}

// domain says which records are asked for: those of a window, of numbers, of conditions.
func (s *session) domain(ctx context.Context, e entities.Entity, m model, params item.Value, token string) ([]byte, error) {
	domain := []byte(`["AND"`)
	if token != "" {
		id, err := strconv.ParseInt(token, 10, 64)
		if err != nil {
			return nil, fault.New("tryton.page_invalid", "%q is not the id that a page begins behind", token).Classed(fault.Config)
		}
		domain = append(strconv.AppendInt(append(domain, `,["id",">",`...), id, 10), ']')
	}
	if numbers := entities.Texts(params.Field("numbers")); len(numbers) > 0 {
		list, err := numbered(e, m, numbers)
		if err != nil {
			return nil, err
		}
		domain = append(item.AppendText(append(domain, ',', '['), m.numberOf(e)), `,"in",`...)
		domain = append(append(domain, list...), ']')
	} else if !params.Field("from").Blank() || !params.Field("to").Blank() {
		changed, err := window(e, params)
		if err != nil {
			return nil, err
		}
		domain = append(append(domain, ','), changed...)
	}
	if own := params.Field("domain"); !own.Blank() {
		given, err := ownDomain(own)
		if err != nil {
			return nil, err
		}
		domain = append(append(domain, ','), given...)
	}
	equal, err := s.equal(ctx, m, params)
	if err != nil {
		return nil, err
	}
	return append(append(domain, equal...), ']'), nil
}

// equal says which fields equal what the parameters that are not declared give.
func (s *session) equal(ctx context.Context, m model, params item.Value) (conditions []byte, err error) {
	for name, value := range params.Fields() {
		if slices.Contains([]string{"model", "fields", "from", "to", "numbers", "domain", "keyField"}, name) {
			continue
		}
		at, err := s.fieldAt(ctx, m, name)
		if err != nil {
			return nil, err
		}
		raw, err := condition(at, value)
		if err != nil {
			return nil, fault.From(err).At(name).Classed(fault.Config)
		}
		operator := `,"=",`
		if value.Kind() == item.Array {
			operator = `,"in",`
		}
		conditions = append(item.AppendText(append(conditions, ',', '['), name), operator...)
		conditions = append(append(conditions, raw...), ']')
	}
	return conditions, nil
}

// condition is a value, or a list of them, that a field is compared with.
func condition(f field, value item.Value) ([]byte, error) {
	kind := f.Type
	if f.Relation != "" {
		kind = "char" // a record is compared by its name, or by its id
		if _, err := strconv.ParseInt(value.Text(), 10, 64); err == nil {
			kind = "integer"
		}
	}
	if value.Kind() != item.Array {
		return wire.AppendTyped(nil, kind, value)
	}
	out := []byte{'['}
	for e := range value.Elements() {
		if len(out) > 1 {
			out = append(out, ',')
		}
		var err error
		if out, err = wire.AppendTyped(out, kind, e); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

// numbered is a list of numbers as the field takes them.
func numbered(e entities.Entity, m model, numbers []string) ([]byte, error) {
	out := []byte{'['}
	for i, number := range numbers {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = wire.AppendTyped(out, m.fields[m.numberOf(e)].Type, item.Of(item.AppendText(nil, number))); err != nil {
			return nil, fault.From(err).At("numbers")
		}
	}
	return append(out, ']'), nil
}

// ownDomain reads a domain in JSON, as a list or as a text that holds one.
func ownDomain(own item.Value) ([]byte, error) {
	raw := own.Raw()
	if own.Kind() == item.String {
		raw = []byte(own.Text())
	}
	if item.Check(raw) != nil || item.Of(raw).Kind() != item.Array {
		return nil, fault.New("tryton.domain_invalid", `the domain is not a list in JSON such as [["state","=","done"]]`).At("domain").Classed(fault.Config)
	}
	return raw, nil
}

// window selects what changed: a record, or a part of it, that was written in the window, or
// made in it and never written since. Both ends belong to it, the last one as a whole second.
func window(e entities.Entity, params item.Value) ([]byte, error) {
	from, err := wire.Moment(params.Field("from").Text())
	if err != nil {
		return nil, fault.From(err).At("from").Classed(fault.Config)
	}
	to, err := wire.Moment(params.Field("to").Text())
	if err != nil {
		return nil, fault.From(err).At("to").Classed(fault.Config)
	}
	if to.Before(from) {
		return nil, fault.New("tryton.window_invalid", "the window ends before it begins").At("to").Classed(fault.Config)
	}
	to = to.Truncate(secondUnit).Add(secondUnit)
	within := func(dst []byte, name string) []byte {
		dst = append(append(append(dst, `["`...), name...), `",">=",`...)
		dst = wire.AppendMoment(dst, from)
		dst = append(append(append(dst, `],["`...), name...), `","<",`...)
		return append(wire.AppendMoment(dst, to), ']')
	}
	changed := within([]byte(`["OR",[`), "write_date")
	changed = append(changed, `],[["write_date","=",null],`...)
	changed = append(within(changed, "create_date"), ']')
	either := append(slices.Clone(changed), ']')
	for _, part := range e.Parts {
		changed = append(append(append(changed, `,["`...), part...), `","where",`...)
		changed = append(append(changed, either...), ']')
	}
	return append(changed, ']'), nil
}
