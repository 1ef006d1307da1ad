package main

import (
	"context"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// action is a button of a workflow.
type action struct {
	// model is "" where the parameter model says it.
	model, method string
	// reached are the states in which the button has done its work, or others after it.
	reached []string
}

// actionOf gives the action of an operation such as sale.quote.
func actionOf(operation string) (action, bool) {
	base, verb, _ := strings.Cut(operation, ".")
	switch base {
	case "sale", "purchase":
		states := []string{"quotation", "confirmed", "processing", "done"}
		if at := slices.Index([]string{"quote", "confirm", "process"}, verb); at >= 0 {
			return action{model: base + "." + base, method: verb, reached: states[at:]}, true
		}
		return action{model: base + "." + base, method: verb, reached: []string{"cancelled"}}, verb == "cancel"
	case "invoice":
		states := []string{"validated", "posted", "paid"}
		method := map[string]string{"validate": "validate_invoice", "post": "post"}[verb]
		if at := slices.Index([]string{"validate", "post"}, verb); at >= 0 {
			return action{model: "account.invoice", method: method, reached: states[at:]}, true
		}
		return action{model: "account.invoice", method: verb, reached: []string{"cancelled"}}, verb == "cancel"
	case "shipment":
		states := []string{"received", "waiting", "assigned", "shipped", "picked", "packed", "done"}
		method := map[string]string{"receive": "receive", "wait": "wait", "assign": "assign_try", "ship": "ship", "pick": "pick", "pack": "pack", "done": "done"}[verb]
		if at := slices.Index([]string{"receive", "wait", "assign", "ship", "pick", "pack", "done"}, verb); at >= 0 {
			return action{method: method, reached: states[at:]}, true
		}
	}
	return action{}, false
}

// press presses a button for the records of the rows and looks at their states after it:
// Tryton passes over records for which a button is not, without a word.
func (s *session) press(ctx context.Context, a action, params item.Value, rows [][]byte) (connector.Answers, error) {
	if a.model == "" {
		e, ok := shipment(params.Field("model").Text())
		if !ok {
			return connector.Answers{}, fault.New("tryton.model_unknown", "there is no kind of shipment %q", params.Field("model").Text()).
				At("model").Classed(fault.Config).Unapplied()
		}
		a.model = e.model
	}
	ids := make([]string, len(rows))
	for i, raw := range rows {
		id := item.Of(raw).Field("id").Text()
		if id == "" || strings.Trim(id, "0123456789") != "" {
			return connector.Answers{}, fault.New("tryton.id_missing", "the record is named by its id, a whole number").At("id").Classed(fault.Data).Unapplied()
		}
		ids[i] = id
	}
	if len(ids) == 0 {
		return connector.Answers{}, nil
	}
	before, err := s.states(ctx, a.model, ids)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	var due []string
	for _, id := range ids {
		if !slices.Contains(a.reached, before[id].Field("state").Text()) && !slices.Contains(due, id) {
			due = append(due, id)
		}
	}
	if len(due) > 0 {
		list := append(append([]byte{'['}, joined(due)...), ']')
		if _, err := s.call(ctx, call{method: "model." + a.model + "." + a.method, params: [][]byte{list}}); err != nil {
			return connector.Answers{}, err
		}
	}
	after, err := s.states(ctx, a.model, ids)
	if err != nil {
		return connector.Answers{}, err // whether the button did its work is not known
	}
	return pressed(a, ids, after), nil
}

// states reads the states and numbers of records.
func (s *session) states(ctx context.Context, model string, ids []string) (map[string]item.Value, error) {
	domain := append(append([]byte(`[["id","in",[`), joined(ids)...), `]]]`...)
	got, err := s.search(ctx, model, domain, 0, []string{"state", "number"})
	if err != nil {
		return nil, err
	}
	found := map[string]item.Value{}
	for row := range got.result.Elements() {
		found[row.Field("id").Text()] = row
	}
	return found, nil
}

func pressed(a action, ids []string, after map[string]item.Value) connector.Answers {
	answers := connector.Answers{Rows: make([]connector.Answer, len(ids))}
	for i, id := range ids {
		row, ok := after[id]
		state := row.Field("state").Text()
		switch {
		case !ok:
			answers.Rows[i] = connector.Answer{Outcome: connector.Rejected, Code: "tryton.record_missing", Message: "there is no record " + id + " of " + a.model, Field: "id"}
		case slices.Contains(a.reached, state):
			answers.Rows[i] = connector.Answer{Outcome: connector.Done, ID: id, Number: row.Field("number").Text(), Raw: row.Raw()}
		default:
			answers.Rows[i] = connector.Answer{
				Outcome: connector.Rejected, Code: "tryton.state_unchanged", Raw: row.Raw(),
				Message: "the record " + id + " of " + a.model + " is " + state + " and " + a.method + " did not change that",
			}
		}
	}
	return answers
}
