package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// The operations of orders.
const (
	saveOrder    = "jdy/sal/sal_order_save"
	listOrders   = "jdy/sal/sal_order_list"
	oneOrder     = "jdy/sal/sal_order_detail"
	saveOrderV2  = "jdy/v2/scm/sal_order.save"
	listOrdersV2 = "jdy/v2/scm/sal_order"
	oneOrderV2   = "jdy/v2/scm/sal_order_detail"
)

// lists tells whether an operation answers pages.
func lists(operation string) bool {
	switch operation {
	case listOrders, listOrdersV2:
		return true
	}
	for _, of := range []string{"customer", "material", "store", "measure_unit"} {
		if operation == "jdy/basedata/"+of+"_list" || operation == "jdy/v2/bd/"+of {
			return true
		}
	}
	return false
}

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	if len(req.Params) > 0 {
		if err := item.Check(req.Params); err != nil {
			return connector.Page{}, err
		}
	}
	params := item.Of(req.Params)
	number := params.Field("number").Text()
	switch {
	case req.Operation == listOrders && number != "":
		return s.one(ctx, ask(oneOrder, object{}.text("number", number)))
	case req.Operation == listOrdersV2 && number != "":
		return s.numbered(ctx, number)
	case lists(req.Operation):
		return s.list(ctx, ask(req.Operation, given(params)))
	case req.Operation == oneOrder || req.Operation == oneOrderV2:
		if params.Field("id").Blank() && (number == "" || req.Operation == oneOrderV2) {
			return connector.Page{}, fault.New("jdy.param_required", "an order is named by its id or, in the first generation, by its number").
				At("id").Classed(fault.Config)
		}
		return s.one(ctx, ask(req.Operation, given(params)))
	default:
		return connector.Page{}, unknown(req.Operation)
	}
}

// given writes the parameters as they came, without blank ones.
func given(params item.Value) object {
	var data object
	for name, value := range params.Fields() {
		if !value.Blank() {
			data = data.raw(name, value.Raw())
		}
	}
	return data
}

// ask makes a reading call: a post of the first generation, a get of the second.
func ask(operation string, params object) call {
	to := call{method: http.MethodPost, path: "/" + operation, body: params.bytes()}
	if to.second() {
		to.method, to.query, to.body = http.MethodGet, url.Values{}, nil
		for name, value := range item.Of(params.bytes()).Fields() {
			to.query.Set(name, value.Text())
		}
	}
	return to
}

// list reads a page. The rows stay the vendor's bytes.
func (s *session) list(ctx context.Context, c call) (connector.Page, error) {
	got, err := s.call(ctx, c)
	if err != nil {
		return connector.Page{}, err
	}
	data := got.data()
	page := connector.Page{Rows: []byte("[]"), Total: -1, SourceTime: got.date}
	if total, err := strconv.Atoi(data.Field("count").Text()); err == nil {
		page.Total = total
	}
	switch rows := data.Field("rows"); {
	case rows.Kind() == item.Array:
		page.Rows = rows.Raw()
	case data.Kind() == item.Array:
		page.Rows = data.Raw() // an older form of the list, which tells no total
	case !rows.Blank() || page.Total > 0:
		return connector.Page{}, unreadable("the answer announces %d rows and has no list of them", page.Total)
	}
	return page, nil
}

// one reads one object as a page; one that is not there is no row.
func (s *session) one(ctx context.Context, c call) (connector.Page, error) {
	got, err := s.call(ctx, c)
	if absent(err) {
		return connector.Page{Rows: []byte("[]"), SourceTime: got.date}, nil
	}
	if err != nil {
		return connector.Page{}, err
	}
	page := connector.Page{Rows: []byte("[]"), SourceTime: got.date}
	if data := got.data(); data.Kind() == item.Object && !data.Field("id").Blank() {
		page.Rows, page.Total = append(append([]byte{'['}, data.Raw()...), ']'), 1
	}
	return page, nil
}

// absent tells a refusal that says the object is not there; how it says so is not documented.
func absent(err error) bool {
	f := fault.From(err)
	return f != nil && strings.HasPrefix(f.Code, "vendor.") && strings.Contains(f.Message, "单据不存在")
}

// numbered reads the orders of the second generation with this number: its search also finds parts
// of numbers and names.
func (s *session) numbered(ctx context.Context, number string) (connector.Page, error) {
	page, err := s.list(ctx, ask(listOrdersV2, object{}.text("search", number).raw("page", []byte("1")).raw("page_size", []byte("100"))))
	if err != nil {
		return connector.Page{}, err
	}
	rows := []byte{'['}
	page.Total = 0
	for row := range item.Of(page.Rows).Elements() {
		if row.Field("bill_no").Text() == number {
			if page.Total > 0 {
				rows = append(rows, ',')
			}
			page.Total++
			rows = append(rows, row.Raw()...)
		}
	}
	page.Rows, page.More = append(rows, ']'), false
	return page, nil
}

// object writes a JSON object member by member.
type object []byte

func (o object) raw(name string, value []byte) object {
	if len(o) == 0 {
		o = append(o, '{')
	} else {
		o = append(o, ',')
	}
	return append(append(item.AppendText(o, name), ':'), value...)
}

func (o object) text(name, value string) object { return o.raw(name, item.AppendText(nil, value)) }

func (o object) bytes() []byte {
	if len(o) == 0 {
		return []byte("{}")
	}
	return append(o, '}')
}
