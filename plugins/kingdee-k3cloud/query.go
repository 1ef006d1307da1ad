package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/internal/bill"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Query implements connector.Session.
func (s *session) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	params, err := object(req.Params, "the parameters of the query")
	if err != nil {
		return connector.Page{}, err
	}
	switch req.Operation {
	case "executeBillQuery":
		return s.billQuery(ctx, params, req.Page)
	case "view":
		return s.view(ctx, params)
	}
	return connector.Page{}, fault.New("k3cloud.operation_unknown", "there is no query named %s", req.Operation).Classed(fault.Config)
}

func (s *session) billQuery(ctx context.Context, params item.Value, page connector.PageRef) (connector.Page, error) {
	q, err := bill.Read(params, page)
	if err != nil {
		return connector.Page{}, err
	}
	rows, count, date, err := s.rows(ctx, q)
	if err != nil {
		return connector.Page{}, err
	}
	if err := s.uncut(ctx, *q, count); err != nil {
		return connector.Page{}, err
	}
	return connector.Page{Rows: rows, Total: -1, More: count >= q.Limit, SourceTime: date}, nil
}

// rows asks a query once.
func (s *session) rows(ctx context.Context, q *bill.Query) (rows []byte, count int, date time.Time, err error) {
	a, err := s.call(ctx, "ExecuteBillQuery", q.Body())
	if err != nil {
		return nil, 0, date, err
	}
	if a.status.found {
		return nil, 0, date, a.status.fault()
	}
	rows, count, err = flatten(a.root, q.Columns)
	return rows, count, a.date, err
}

// uncut makes sure that a page ends because the rows do. A server may be set to
// cut its pages below the Limit asked for, at a round number; then a short page
// would end the reading. One row is asked for behind a page that may be cut so.
func (s *session) uncut(ctx context.Context, q bill.Query, count int) error {
	if count == 0 || count%100 != 0 || count >= q.Limit || q.Top > 0 && q.Start+count >= q.Top {
		return nil
	}
	asked := q.Limit
	q.Start, q.Limit = q.Start+count, 1
	_, more, _, err := s.rows(ctx, &q)
	if err != nil || more == 0 {
		return err
	}
	return fault.New("k3cloud.page_cut", "the server gave %d rows although %d were asked for and there are more: it cuts its pages", count, asked).
		At("Limit").Classed(fault.Config).Hinted("set the paginate node's page size to %d", count)
}

// flatten turns rows of bare values into objects with the columns' names. The
// bytes of every value stay.
func flatten(answer item.Value, columns []bill.Column) (rows []byte, count int, err error) {
	if answer.Kind() != item.Array {
		return nil, 0, unexpected("the answer to the query is not a list of rows")
	}
	names := make([][]byte, len(columns))
	for i, c := range columns {
		names[i] = append(item.AppendText(nil, c.Name), ':')
	}
	out := append(make([]byte, 0, len(answer.Raw())*2), '[')
	for row := range answer.Elements() {
		if row.Kind() == item.Null { // some versions pad an answer with nulls
			continue
		}
		if count++; count > 1 {
			out = append(out, ',')
		}
		out = append(out, '{')
		at := 0
		for v := range row.Elements() {
			if at < len(names) {
				if at > 0 {
					out = append(out, ',')
				}
				out = append(append(out, names[at]...), v.Raw()...)
			}
			at++
		}
		if at != len(names) {
			return nil, 0, unexpected("row %d has %d values for %d selected fields", count, at, len(names))
		}
		out = append(out, '}')
	}
	return append(out, ']'), count, nil
}

// view reads one bill with everything in it, under the server's internal names.
func (s *session) view(ctx context.Context, params item.Value) (connector.Page, error) {
	id, number := params.FieldFold("Id"), params.FieldFold("Number")
	form := params.FieldFold("FormId").Text()
	if form == "" || identifier(id) == "" && number.Blank() {
		return connector.Page{}, fault.New("k3cloud.param_required", "view needs FormId and the Id or the Number of one bill").Classed(fault.Config)
	}
	data := fmt.Appendf(nil, `{"CreateOrgId":%d,"Number":%s,"Id":%s,"IsSortBySeq":"false"}`,
		number64(params.FieldFold("CreateOrgId")), item.AppendText(nil, number.Text()), item.AppendText(nil, identifier(id)))
	a, err := s.call(ctx, "View", formBody(form, data))
	if err != nil {
		return connector.Page{}, err
	}
	if a.failed() {
		if a.status.code == codeNoData {
			return connector.Page{Rows: []byte("[]"), Total: 0, SourceTime: a.date}, nil
		}
		return connector.Page{}, a.status.fault()
	}
	bill := a.root.Field("Result").Field("Result")
	if bill.Kind() != item.Object {
		return connector.Page{}, unexpected("the answer to view holds no bill")
	}
	return connector.Page{Rows: bytes.Join([][]byte{[]byte("["), bill.Raw(), []byte("]")}, nil), Total: 1, SourceTime: a.date}, nil
}

// formBody is the request to a form service other than a query.
func formBody(form string, data []byte) []byte {
	body := append(item.AppendText([]byte(`{"formid":`), form), `,"data":`...)
	return append(append(body, data...), '}')
}

// number64 reads a whole number that may come as a text; anything else is 0.
func number64(v item.Value) int64 {
	n, _ := strconv.ParseInt(strings.TrimSpace(v.Text()), 10, 64) // 0 is what the server takes for "any"
	return n
}
