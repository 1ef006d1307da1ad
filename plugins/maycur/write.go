package main

import (
	"context"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Write implements connector.Writer. Most calls take a list under data and answer for all of
// it; a refusal of several rows does not tell which of them were taken.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	to := call{path: batch.Operation}
	switch batch.Operation {
	case updateStatus, "supplier/save", "employee/save":
		to.body = s.client.classic(batch.Rows)
	case importFees:
		body := given(item.Of(batch.Params))
		body.raw("expenseList", batch.Rows)
		to.body = body.bytes()
	default:
		return connector.Answers{}, unknown(batch.Operation)
	}
	got, err := s.call(ctx, to)
	if err != nil {
		f := fault.From(err)
		if len(rows) == 1 && f.Code == "vendor.NACK" || f.Code == "vendor.false" {
			return connector.Answers{}, f.Unapplied()
		}
		return connector.Answers{}, err
	}
	answers := connector.Answers{Rows: make([]connector.Answer, len(rows)), Raw: got.root.Raw()}
	for i := range rows {
		answers.Rows[i].Outcome = connector.Done
	}
	if batch.Operation == importFees {
		return imported(got, answers), nil
	}
	return answers, nil
}

// imported reads the answer of an import of fees, which names those that were taken in their
// order and leaves out the others (public: the vendor's description of the call as a client quotes it).
func imported(got answer, answers connector.Answers) connector.Answers {
	var codes []item.Value
	for row := range got.root.Path("data.successData").Elements() {
		codes = append(codes, row)
	}
	for i := range answers.Rows {
		if len(codes) == len(answers.Rows) {
			answers.Rows[i].ID = codes[i].Field("expenseCode").Text()
			answers.Rows[i].Number, answers.Rows[i].Raw = answers.Rows[i].ID, codes[i].Raw()
			continue
		}
		answers.Rows[i] = connector.Answer{Outcome: connector.Unknown, Message: "每刻 does not say which of the fees it took"}
	}
	if len(codes) > 0 {
		return answers
	}
	message := "每刻 took none of the fees"
	for row := range got.root.Path("data.failData").Elements() {
		if said := row.Field("message").Text(); said != "" {
			message = said
		}
	}
	for i := range answers.Rows {
		answers.Rows[i] = connector.Answer{Outcome: connector.Rejected, Message: message}
	}
	return answers
}
