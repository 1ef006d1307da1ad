// Package jstwire is how both platforms of 聚水潭 want a query's parameters.
//
// It may import the standard library, sdk/connector and sdk/item only.
package jstwire

import (
	"strconv"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
)

// Params makes the parameters of a query: those of the request as they are written, without
// blank ones, and page number and size where the request left them out. counted says
// that the vendor is asked for totals.
func Params(req connector.QueryRequest) (text []byte, counted bool, err error) {
	if len(req.Params) > 0 {
		if err := item.Check(req.Params); err != nil {
			return nil, false, err
		}
	}
	params := item.Of(req.Params)
	text = append(text, '{')
	add := func(name string, raw []byte) {
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(append(item.AppendText(text, name), ':'), raw...)
	}
	for name, value := range params.Fields() {
		if !value.Blank() {
			add(name, value.Raw())
		}
	}
	for _, fill := range []struct {
		name  string
		value int
	}{{"page_index", req.Page.Number}, {"page_size", req.Page.Size}} {
		if fill.value > 0 && params.Field(fill.name).Blank() {
			add(fill.name, strconv.AppendInt(nil, int64(fill.value), 10))
		}
	}
	return append(text, '}'), params.Field("is_get_total").Text() != "false", nil
}
