package main

import (
	"context"
	"strconv"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Write implements connector.Writer. A store answers how many rows it took and never which.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	id, err := scheme(item.Of(batch.Params))
	if err != nil {
		return connector.Answers{}, err
	}
	switch batch.Operation {
	case storeRows, storeOnce:
		return s.store(ctx, id, batch, len(rows))
	case wakeSource, wakeTarget:
		return s.wake(ctx, id, batch.Operation)
	}
	return connector.Answers{}, unknown(batch.Operation)
}

// store hands rows over to a scheme.
func (s *session) store(ctx context.Context, scheme string, batch connector.Batch, count int) (connector.Answers, error) {
	body, verb := object{}, "store"
	if s.client.v1() {
		// As a public script of a form of 金蝶云星空 sends them, without a token; what id means
		// is not told.
		verb = ""
		body.raw("idCheck", strconv.AppendBool(nil, batch.Operation == storeRows))
		body.raw("multiple", []byte("true"))
		body.raw("id", []byte("1"))
	}
	body.raw("content", batch.Rows)
	got, err := s.call(ctx, s.client.to(scheme, verb, body.bytes()))
	if err != nil {
		if f := fault.From(err); count == 1 && refusedData(f.Code) {
			return connector.Answers{}, f.Unapplied()
		}
		return connector.Answers{}, err
	}
	answers := connector.Answers{Rows: make([]connector.Answer, count), Raw: []byte(s.client.http.Redact(string(got.root.Raw())))}
	taken, err := strconv.Atoi(got.content().Field("inserted").Text())
	switch {
	case s.client.v1() && err != nil:
		taken = count // V1 only says that it went well
	case err != nil || taken < 0 || taken > count:
		taken = -1
	}
	for i := range answers.Rows {
		a := &answers.Rows[i]
		switch {
		case i < taken:
			a.Outcome = connector.Done
		case taken == 0:
			a.Outcome, a.Message = connector.Rejected, "轻易云 took none of the rows"
		default:
			a.Outcome, a.Message = connector.Unknown, "轻易云 does not say whether it took the row"
		}
	}
	return answers, nil
}

// refusedData tells a refusal of the rows themselves from a failure on the way.
func refusedData(code string) bool { return code == "vendor.40001" || code == "vendor.40005" }

// wake has one of a scheme's dispatchers run; it answers the id of the run.
func (s *session) wake(ctx context.Context, scheme, dispatcher string) (connector.Answers, error) {
	if err := s.second(dispatcher); err != nil {
		return connector.Answers{}, err
	}
	got, err := s.call(ctx, s.client.to(scheme, dispatcher, nil))
	if err != nil {
		return connector.Answers{}, err
	}
	run := got.content()
	one := connector.Answer{Outcome: connector.Done, ID: run.Field("dispatch_id").Text(), Raw: run.Raw()}
	if one.ID == "" {
		one = connector.Answer{Outcome: connector.Unknown, Message: "轻易云 names no run of the dispatcher"}
	}
	return connector.Answers{Rows: []connector.Answer{one}, Raw: got.root.Raw()}, nil
}

// Probe implements connector.Prober: each key is looked up by a call of its own.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	id, err := scheme(item.Of(req.Params))
	if err != nil {
		return nil, err
	}
	if req.Operation != storeRows {
		return nil, unknown(req.Operation)
	}
	found := make([]connector.Found, len(req.Keys))
	for n, key := range req.Keys {
		row, err := s.find(ctx, id, key)
		if err != nil {
			return nil, err
		}
		if row.Kind() != item.Object {
			continue
		}
		// The row as it was handed over stands in content, or between the vendor's own members.
		own := row
		if inner := row.Field("content"); inner.Kind() == item.Object {
			own = inner
		}
		found[n] = connector.Found{Exists: true, ID: rowID(row), Number: row.Field("number").Text(), Object: own.Raw()}
	}
	return found, nil
}
