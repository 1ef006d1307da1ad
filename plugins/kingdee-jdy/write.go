package main

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Write implements connector.Writer: the interface takes one order a call.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	var number string
	to := call{method: http.MethodPost}
	switch batch.Operation {
	case saveOrder:
		to.path, number = "/"+saveOrder, "billno"
	case saveOrderV2:
		to.path, number = "/"+listOrdersV2, "bill_no"
	default:
		return connector.Answers{}, unknown(batch.Operation)
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil || len(rows) != 1 {
		return connector.Answers{}, fault.New("jdy.one_row", "one order is written at a time").Classed(fault.Config).Unapplied()
	}
	to.body = rows[0]
	got, err := s.call(ctx, to)
	if err != nil {
		// The system's own refusal means that the order was not saved. Anything else tells
		// nothing about it.
		if f := fault.From(err); strings.HasPrefix(f.Code, "vendor.") && got.status == http.StatusOK {
			return connector.Answers{}, f.Unapplied()
		}
		return connector.Answers{}, err
	}
	answer := saved(got.data())
	answer.Raw = got.root.Raw()
	if answer.Outcome == connector.Done && answer.Number == "" {
		answer.Number = item.Of(rows[0]).Field(number).Text()
	}
	return connector.Answers{Rows: []connector.Answer{answer}, Raw: got.root.Raw()}, nil
}

// saved reads what became of an order. The first generation says twice whether it succeeded, and
// the second time counts.
func saved(data item.Value) connector.Answer {
	if data.Field("success").Text() == "false" {
		var words []string
		for one := range data.Field("errorInfo").Elements() {
			if said := cmp.Or(one.Field("msg").Text(), one.Field("message").Text()); said != "" {
				words = append(words, said)
			}
		}
		return connector.Answer{
			Outcome: connector.Rejected,
			Message: cmp.Or(strings.Join(words, "；"), data.Field("message").Text(), "金蝶云星辰 did not save the order and gave no reason"),
		}
	}
	for _, list := range []string{"successPkIds", "ids"} {
		if id := data.Field(list).Path("0"); !id.Blank() {
			return connector.Answer{Outcome: connector.Done, ID: id.Text(), Number: data.Field("id_number_map").Field(id.Text()).Text()}
		}
	}
	return connector.Answer{Outcome: connector.Unknown, Message: "金蝶云星辰 reports success without the id of the order"}
}

// Probe implements connector.Prober: an order is looked up by its number, in the second
// generation over its search.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	if req.Operation != saveOrder && req.Operation != saveOrderV2 {
		return nil, unknown(req.Operation)
	}
	found := make([]connector.Found, len(req.Keys))
	for i, key := range req.Keys {
		if key == "" {
			return nil, fault.New("jdy.key_blank", "an order without a number cannot be looked up").Classed(fault.Data)
		}
		order, err := s.order(ctx, req.Operation, key)
		if err != nil {
			return nil, err
		}
		if order.Kind() == item.Object {
			found[i] = connector.Found{Exists: true, ID: order.Field("id").Text(), Number: key, Object: order.Raw()}
		}
	}
	return found, nil
}

// order fetches the order with a number; nothing where there is none.
func (s *session) order(ctx context.Context, operation, number string) (item.Value, error) {
	to := ask(oneOrder, object{}.text("number", number))
	if operation == saveOrderV2 {
		page, err := s.numbered(ctx, number)
		if err != nil {
			return item.Value{}, err
		}
		id := item.Of(page.Rows).Path("0.id").Text()
		if id == "" {
			return item.Value{}, nil
		}
		to = ask(oneOrderV2, object{}.text("id", id))
	}
	page, err := s.one(ctx, to)
	if err != nil {
		return item.Value{}, err
	}
	return item.Of(page.Rows).Path("0"), nil
}
