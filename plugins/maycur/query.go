package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	if len(req.Params) > 0 {
		if err := item.Check(req.Params); err != nil {
			return connector.Page{}, err
		}
	}
	params := item.Of(req.Params)
	switch req.Operation {
	case paidList:
		data := given(params, "pageNum")
		if req.Page.Number > 0 {
			data.number("pageNum", s.client.pageNum(req.Page))
		} else if number := params.Field("pageNum"); !number.Blank() {
			data.raw("pageNum", number.Raw())
		}
		return s.list(ctx, call{path: paidList, body: s.client.classic(data.bytes())})
	case waitingList:
		return s.waiting(ctx, params, req.Page)
	case reimburse:
		if code := params.Field("formCode").Text(); code != "" {
			return s.form(ctx, code)
		}
		data := given(params)
		return s.list(ctx, call{path: reimburse, body: s.client.classic(data.bytes())})
	case "org/subsidiaries", "org/departments":
		data := given(params)
		return s.list(ctx, call{path: req.Operation, body: s.client.classic(data.bytes())})
	case employees:
		query := url.Values{"offset": {strconv.Itoa(req.Page.Offset)}, "limit": {strconv.Itoa(req.Page.Size)}}
		for _, name := range []string{"offset", "limit"} {
			if text := params.Field(name).Text(); text != "" {
				query.Set(name, text)
			}
		}
		return s.list(ctx, call{method: http.MethodGet, path: employees + "?" + query.Encode()})
	default:
		return connector.Page{}, unknown(req.Operation)
	}
}

// given writes the parameters as they came, without blank ones and those that are left out.
func given(params item.Value, without ...string) object {
	var data object
	for name, value := range params.Fields() {
		if !value.Blank() && !slices.Contains(without, name) {
			data.raw(name, value.Raw())
		}
	}
	return data
}

// list makes a call that answers rows.
func (s *session) list(ctx context.Context, c call) (connector.Page, error) {
	got, err := s.call(ctx, c)
	if err != nil {
		return connector.Page{}, err
	}
	rows, err := s.client.rows(got.root)
	if err != nil {
		return connector.Page{}, err
	}
	return connector.Page{Rows: rows, Total: -1, SourceTime: got.date}, nil
}

// rows finds the rows, which stay the vendor's bytes: where the connection says, or in data
// itself, as other calls of the interface answer.
func (c *client) rows(root item.Value) ([]byte, error) {
	for _, path := range []string{c.settings.RowsPath, "data"} {
		if rows := root.Path(path); rows.Kind() == item.Array {
			return rows.Raw(), nil
		}
	}
	if root.Path(c.settings.RowsPath).Blank() && (root.Field("data").Blank() || c.settings.RowsPath != "data" && root.Field("data").Kind() == item.Object) {
		return []byte("[]"), nil // an empty list may be left out
	}
	var names []string
	for name := range root.Field("data").Fields() {
		names = append(names, name)
	}
	return nil, fault.New("maycur.rows_elsewhere", "the answer has no list at %s; data has %s", c.settings.RowsPath, strings.Join(names, ", ")).
		Classed(fault.Config).Hinted("set the path of the rows in the connection, for example data.list")
}

// waiting reads the transactions behind a sequence, from -1 on.
func (s *session) waiting(ctx context.Context, params item.Value, at connector.PageRef) (connector.Page, error) {
	after := at.Token
	if after == "" {
		after = params.Field("sequence").Text()
	}
	if after == "" {
		after = "-1"
	}
	if _, err := strconv.ParseInt(after, 10, 64); err != nil {
		return connector.Page{}, fault.New("maycur.sequence_invalid", "%q is not a sequence of a payment transaction", after).
			At("sequence").Classed(fault.Config)
	}
	data := given(params, "sequence")
	data.raw("sequence", []byte(after))
	page, err := s.list(ctx, call{path: waitingList, body: s.client.classic(data.bytes())})
	if err != nil {
		return connector.Page{}, err
	}
	largest, count := int64(-1), 0
	for row := range item.Of(page.Rows).Elements() {
		count++
		if n, err := strconv.ParseInt(row.Field("sequence").Text(), 10, 64); err == nil {
			largest = max(largest, n)
		}
	}
	size := at.Size
	if text, err := strconv.Atoi(params.Field("pageSize").Text()); err == nil && text > 0 {
		size = text
	}
	// A page without a new sequence would lead to itself.
	if count > 0 && count >= size && strconv.FormatInt(largest, 10) != after {
		page.NextToken, page.More = strconv.FormatInt(largest, 10), true
	}
	return page, nil
}

// form reads one form by its code, which stands in the path and may be Chinese.
func (s *session) form(ctx context.Context, code string) (connector.Page, error) {
	got, err := s.call(ctx, call{method: http.MethodGet, path: reimburse + "/" + url.PathEscape(code)})
	if f := fault.From(err); f != nil && f.Code == "vendor.NACK" && strings.Contains(f.Message, "不存在") {
		return connector.Page{Rows: []byte("[]"), Total: 0, SourceTime: got.date}, nil
	}
	if err != nil {
		return connector.Page{}, err
	}
	data := got.root.Field("data")
	if data.Kind() != item.Object {
		return connector.Page{}, unreadable("the answer for the form is not an object")
	}
	rows := append(append([]byte{'['}, data.Raw()...), ']')
	return connector.Page{Rows: rows, Total: 1, SourceTime: got.date}, nil
}
