package main

import (
	"bytes"
	"context"
	"slices"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// upload is a write of the vendor's.
type upload struct {
	path string
	// number and id are the members of an answer's row that name the object: ours, and the vendor's.
	number, id string
	// single uploads take one document, as an object, and answer for it under data.
	single bool
}

// uploadOf knows the writes (public: the open platform's pages of 订单上传, 售后上传 and 新建其它出入库).
func uploadOf(operation string) (upload, bool) {
	switch operation {
	case "jushuitan.orders.upload":
		return upload{path: "/open/jushuitan/orders/upload", number: "so_id", id: "o_id"}, true
	case "aftersale.upload":
		return upload{path: "/open/aftersale/upload", number: "outer_as_id", id: "as_id"}, true
	case "jushuitan.otherinout.upload":
		return upload{path: "/open/jushuitan/otherinout/upload", number: "external_id", id: "io_id", single: true}, true
	default:
		return upload{}, false
	}
}

// Write implements connector.Writer: the rows go as they are, as the call's one business parameter.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	to, ok := uploadOf(batch.Operation)
	if !ok {
		return connector.Answers{}, fault.New("connector.unknown_operation", "聚水潭 has no write %q here", batch.Operation).
			Classed(fault.Config).Unapplied()
	}
	rows, err := item.Rows(batch.Rows)
	switch {
	case err != nil:
		return connector.Answers{}, fault.Wrap(err, "jushuitan.rows_unreadable", "the rows to write cannot be read").Classed(fault.Config).Unapplied()
	case len(rows) == 0:
		return connector.Answers{}, nil
	case to.single && len(rows) > 1:
		return connector.Answers{}, fault.New("jushuitan.too_many_rows", "%s takes one document a call, not %d", batch.Operation, len(rows)).
			Classed(fault.Config).Unapplied().Hinted("set the rows per call to 1")
	}
	biz := batch.Rows
	if to.single {
		biz = rows[0]
	}
	got, err := s.call(ctx, to.path, biz)
	if err != nil {
		return refusedWhole(err, to)
	}
	raw := []byte(s.client.http.Redact(string(got.data.Raw())))
	if to.single {
		return connector.Answers{Rows: []connector.Answer{to.answer(got.data.Field("data"), rows[0])}, Raw: raw}, nil
	}
	return connector.Answers{Rows: to.answers(got.data.Field("datas"), rows), Raw: raw}, nil
}

// refusedWhole tells what a refusal of the whole call says of its rows. The vendor's documented
// codes are given before anything is done; of others that is not known. A document that is
// alone in its call is answered for by the refusal.
func refusedWhole(err error, to upload) (connector.Answers, error) {
	f := fault.From(err)
	code, documented := bare(f.Code)
	if !documented {
		return connector.Answers{}, err
	}
	if to.single && slices.Contains(ofDocument(), code) {
		return connector.Answers{Rows: []connector.Answer{{Outcome: connector.Rejected, Code: code, Message: f.Message}}}, nil
	}
	return connector.Answers{}, f.Unapplied()
}

// ofDocument are the codes that find fault with what is uploaded.
func ofDocument() []string { return []string{"130", "170", "10015", "-4"} }

// bare gives the vendor's code of a fault, and whether it is one of the documented refusals.
func bare(code string) (string, bool) {
	number, is := bytes.CutPrefix([]byte(code), []byte("vendor."))
	known := append(ofDocument(), "10", "100", "110", "140", "150", "190", "199", "200")
	return string(number), is && slices.Contains(known, string(number))
}

// answers puts the answers in the rows' order. They name the row by our number only, so
// where two rows of a call share it, of two shops for example, place and number together tell.
func (u upload) answers(list item.Value, rows [][]byte) []connector.Answer {
	given := slices.Collect(list.Elements())
	inOrder := len(given) == len(rows)
	byNumber := map[string][]item.Value{}
	for i, g := range given {
		number := g.Field(u.number).Text()
		inOrder = inOrder && number == item.Of(rows[i]).Field(u.number).Text()
		byNumber[number] = append(byNumber[number], g)
	}
	answers := make([]connector.Answer, len(rows))
	for i, row := range rows {
		number := item.Of(row).Field(u.number).Text()
		switch same := byNumber[number]; {
		case inOrder:
			answers[i] = u.answer(given[i], row)
		case number != "" && len(same) == 1 && once(rows, u.number, number):
			answers[i] = u.answer(same[0], row)
		default:
			answers[i] = connector.Answer{Outcome: connector.Unknown, Message: "the answer does not tell this row from the others"}
		}
	}
	return answers
}

// once tells whether only one row has a number.
func once(rows [][]byte, name, number string) bool {
	n := 0
	for _, row := range rows {
		if item.Of(row).Field(name).Text() == number {
			n++
		}
	}
	return n == 1
}

// answer reads the vendor's answer for one row. Within code 0 a row may be refused (documented:
// issuccess).
func (u upload) answer(of item.Value, row []byte) connector.Answer {
	a := connector.Answer{Outcome: connector.Unknown, ID: of.Field(u.id).Text(), Number: of.Field(u.number).Text(), Message: of.Field("msg").Text()}
	if of.Kind() == item.Object {
		a.Raw = of.Raw()
	}
	switch success := of.Field("issuccess").Text(); {
	case success == "false":
		a.Outcome, a.ID, a.Number = connector.Rejected, "", ""
		if a.Message == "" {
			a.Message = "聚水潭 refused the document without a reason"
		}
	case a.ID != "" && a.ID != "0" && (success == "true" || u.single):
		a.Outcome, a.Message = connector.Done, ""
		if a.Number == "" {
			a.Number = item.Of(row).Field(u.number).Text()
		}
	default:
		a.ID, a.Number = "", ""
		a.Message = "the answer does not say what became of the document"
	}
	return a
}
