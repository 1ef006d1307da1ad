package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/declarative/expr"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Write implements connector.Writer.
func (w writing) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	of, ok := w.d.Operations[batch.Operation]
	if o, _ := w.d.Definition.Manifest.Operation(batch.Operation); !ok || o.Kind == manifest.Query {
		return connector.Answers{}, unknown(batch.Operation)
	}
	rows, err := item.Rows(batch.Rows)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	if len(rows) == 0 || len(batch.Keys) != len(rows) || len(rows) > 1 && of.Answer.Each == nil {
		return connector.Answers{}, fault.New("definition.batch", "a call sends one row").Classed(fault.Config).Unapplied()
	}
	if len(batch.Params) > 0 {
		if err := item.Check(batch.Params); err != nil {
			return connector.Answers{}, fault.From(err).Unapplied()
		}
	}
	keys := []byte{'['}
	for i, key := range batch.Keys {
		if i > 0 {
			keys = append(keys, ',')
		}
		keys = item.AppendText(keys, key)
	}
	params := item.Of(batch.Params)
	if params.Kind() == item.None {
		params = item.Of([]byte("{}"))
	}
	env := w.env.With("params", params).With("page", pageValue(connector.PageRef{})).
		With("rows", item.Of(batch.Rows)).With("row", item.Of(rows[0])).
		With("keys", item.Of(append(keys, ']'))).With("key", item.Of(item.AppendText(nil, batch.Keys[0]))).
		With("mode", item.Of(item.AppendText(nil, string(batch.Mode))))
	got, err := w.call(ctx, batch.Operation, env)
	if err != nil {
		return w.refused(batch, err)
	}
	return w.answers(of.Answer, params, rows, batch.Keys, got)
}

// refused gives the answer to the one row of a call that was refused for it. A refusal of the
// caller, and one of several rows, is a failure of the call.
func (w writing) refused(batch connector.Batch, err error) (connector.Answers, error) {
	f := w.d.Definition.Manifest.Classify(batch.Operation, fault.From(err))
	code, vendor := strings.CutPrefix(f.Code, manifest.VendorPrefix)
	if !vendor {
		return connector.Answers{}, err
	}
	switch f.Class {
	case fault.Rate, fault.Auth, fault.Config:
		return connector.Answers{}, fault.From(err).Unapplied() // the system did not look at the rows
	case fault.Data, fault.BusinessWait, fault.Duplicate:
		if len(batch.Keys) == 1 {
			return connector.Answers{Rows: []connector.Answer{{
				Outcome: connector.Rejected, Code: code, Message: f.Message, Field: f.Args["field"], Raw: jsonOrNil(f.Answer()),
			}}, Raw: jsonOrNil(f.Answer())}, nil
		}
	case fault.Transient, fault.Internal:
	}
	return connector.Answers{}, err
}

func jsonOrNil(raw []byte) []byte {
	if item.Check(raw) != nil {
		return nil
	}
	return raw
}

// maxKept is the most bytes of an answer that are kept with the deliveries.
const maxKept = 64 << 10

// answers reads what became of the rows.
func (w writing) answers(how declarative.Answer, params item.Value, rows [][]byte, keys []string, got answer) (connector.Answers, error) {
	out := connector.Answers{Rows: make([]connector.Answer, len(rows)), Raw: w.kept(got.body)}
	if how.Each == nil {
		a, err := w.done(how, params, got.body, got.body, rows[0], keys[0])
		out.Rows[0] = a
		return out, err
	}
	named := placed(how.Each, declarative.At(got.body, how.Each.Path), rows)
	for i, row := range rows {
		part := named[i]
		if part.Kind() == item.None {
			out.Rows[i].Outcome = connector.Unknown
			continue
		}
		if how.Each.OK != nil && !holds(how.Each.OK, part) {
			code, message := w.words(how.Each.Code, how.Each.Message, part)
			out.Rows[i] = connector.Answer{Outcome: connector.Rejected, Code: code, Message: message, Field: how.Each.Field.In(part).Text(), Raw: w.kept(part)}
			continue
		}
		a, err := w.done(how, params, part, got.body, row, keys[i])
		if err != nil {
			return out, err
		}
		out.Rows[i] = a
	}
	return out, nil
}

// placed gives the answer to each row, nothing where it has none or more than one.
func placed(each *declarative.Each, list item.Value, rows [][]byte) []item.Value {
	out, taken := make([]item.Value, len(rows)), map[string]item.Value{}
	n := 0
	for e := range list.Elements() {
		if each.Answer == "" {
			if n < len(out) {
				out[n] = e
			}
			n++
			continue
		}
		key := declarative.At(e, each.Answer).Text()
		if _, twice := taken[key]; twice {
			e = item.Value{}
		}
		taken[key] = e
	}
	if each.Answer == "" {
		if n != len(rows) {
			return make([]item.Value, len(rows)) // which is whose, nobody knows
		}
		return out
	}
	for i, row := range rows {
		if key := declarative.At(item.Of(row), each.Row).Text(); key != "" {
			out[i] = taken[key]
		}
	}
	return out
}

// done reads the answer to a row that was taken. One that does not name the object leaves it
// unknown what became of the row.
func (w writing) done(how declarative.Answer, params, part, whole item.Value, row []byte, key string) (connector.Answer, error) {
	env := expr.Env{Values: map[string]item.Value{
		"answer": part, "whole": whole, "row": item.Of(row), "params": params, "key": item.Of(item.AppendText(nil, key)),
	}, Zone: w.env.Zone}
	id, err := how.ID.Text(env)
	if err != nil {
		return connector.Answer{}, err
	}
	number, err := how.Number.Text(env)
	if err != nil {
		return connector.Answer{}, err
	}
	a := connector.Answer{Outcome: connector.Done, ID: id, Number: number, Raw: w.kept(part)}
	if id == "" && number == "" {
		a.Outcome = connector.Unknown
	}
	return a, nil
}

// kept gives an answer as it is kept, without secrets; nil where it is too long.
func (w writing) kept(v item.Value) []byte {
	if raw := v.Raw(); len(raw) > 0 && len(raw) <= maxKept {
		return jsonOrNil([]byte(w.http.Redact(string(raw))))
	}
	return nil
}

// Probe implements connector.Prober: each key is looked up by a query of its own.
func (p probing) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	of := p.d.Operations[req.Operation].Probe
	if of == nil {
		return nil, unknown(req.Operation)
	}
	found := make([]connector.Found, len(req.Keys))
	for n, key := range req.Keys {
		var err error
		if found[n], err = p.find(ctx, of, item.Of(req.Params), key); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (p probing) find(ctx context.Context, of *declarative.Probe, given item.Value, key string) (connector.Found, error) {
	named := item.Of(item.AppendText(nil, key))
	env := p.env.With("key", named).With("params", given)
	params, err := of.Params.Value(env)
	if err != nil {
		return connector.Found{}, err
	}
	req := connector.QueryRequest{Operation: of.Operation, Params: params.Raw()}
	if o, _ := p.d.Definition.Manifest.Operation(of.Operation); o.Paging != nil {
		req.Page = connector.PageRef{Number: o.Paging.First, Size: o.Paging.DefaultSize}
	}
	page, err := p.Query(ctx, req)
	if err != nil {
		return connector.Found{}, err
	}
	var object item.Value
	n := 0
	all := slices.Collect(item.Of(page.Rows).Elements())
	for _, row := range all {
		if declarative.At(row, of.Match).Text() == key { // a system that does not know the parameter answers others
			object, n = row, n+1
		}
	}
	if n > 1 {
		return connector.Found{}, fault.New("definition.probe_ambiguous", "the look-up of %q gives %s objects", key, strconv.Itoa(n)).Classed(fault.Config)
	}
	if n == 0 {
		// What was not looked at may hold it: to call it absent would have it written twice.
		if seen := len(all); page.More || page.Total > seen || page.Total < 0 && req.Page.Size > 0 && seen >= req.Page.Size {
			return connector.Found{}, fault.New("definition.probe_unsure", "the look-up of %q answers with other objects, and with more than one page of them", key).Classed(fault.Config).
				Hinted("the query that looks objects up has to select by the key alone: see probe.params of the definition")
		}
		return connector.Found{}, nil
	}
	env = env.With("row", object)
	f := connector.Found{Exists: true, Object: object.Raw()}
	if f.ID, err = of.ID.Text(env); err != nil {
		return connector.Found{}, err
	}
	if f.Number, err = of.Number.Text(env); err != nil {
		return connector.Found{}, err
	}
	if of.Object.Given() {
		v, err := of.Object.Value(env)
		if err != nil {
			return connector.Found{}, err
		}
		f.Object = v.Raw()
	}
	return f, nil
}
