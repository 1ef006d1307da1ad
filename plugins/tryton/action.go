package main

import (
	"context"
	"slices"
	"strings"

	"github.com/karezflow/karez/plugins/tryton/internal/entities"
	"github.com/karezflow/karez/plugins/tryton/internal/lists"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// press presses a button for the records of the rows and looks at their states after it:
// Tryton passes over records for which a button is not, without a word.
func (s *session) press(ctx context.Context, a entities.Action, params item.Value, rows [][]byte) (connector.Answers, error) {
	if a.Model == "" {
		e, ok := entities.Shipment(params.Field("model").Text())
		if !ok {
			return connector.Answers{}, fault.New("tryton.model_unknown", "there is no kind of shipment %q", params.Field("model").Text()).
				At("model").Classed(fault.Config).Unapplied()
		}
		a.Model = e.Model
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
	before, err := s.states(ctx, a.Model, ids)
	if err != nil {
		return connector.Answers{}, fault.From(err).Unapplied()
	}
	var due []string
	for _, id := range ids {
		if !slices.Contains(a.Reached, before[id].Field("state").Text()) && !slices.Contains(due, id) {
			due = append(due, id)
		}
	}
	if len(due) > 0 {
		list := append(append([]byte{'['}, lists.Joined(due)...), ']')
		if _, err := s.call(ctx, call{method: "model." + a.Model + "." + a.Method, params: [][]byte{list}}); err != nil {
			return connector.Answers{}, err
		}
	}
	after, err := s.states(ctx, a.Model, ids)
	if err != nil {
		return connector.Answers{}, err // whether the button did its work is not known
	}
	return pressed(a, ids, after), nil
}

// states reads the states and numbers of records.
func (s *session) states(ctx context.Context, model string, ids []string) (map[string]item.Value, error) {
	domain := append(append([]byte(`[["id","in",[`), lists.Joined(ids)...), `]]]`...)
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

func pressed(a entities.Action, ids []string, after map[string]item.Value) connector.Answers {
	answers := connector.Answers{Rows: make([]connector.Answer, len(ids))}
	for i, id := range ids {
		row, ok := after[id]
		state := row.Field("state").Text()
		switch {
		case !ok:
			answers.Rows[i] = turnedDown(recordMissing(a.Model, id))
		case slices.Contains(a.Reached, state):
			answers.Rows[i] = connector.Answer{Outcome: connector.Done, ID: id, Number: row.Field("number").Text(), Raw: row.Raw()}
		case a.Method == "assign_try" && state == "waiting":
			answers.Rows[i] = turnedDown(fault.New("tryton.stock_short", "what is in stock does not suffice for the record %s of %s", id, a.Model))
			answers.Rows[i].Raw = row.Raw()
		default:
			answers.Rows[i] = turnedDown(fault.New("tryton.state_unchanged", "the record %s of %s is %s, and %s did not change that", id, a.Model, state, a.Method))
			answers.Rows[i].Raw = row.Raw()
		}
	}
	return answers
}

// turnedDown makes an answer of this program's own refusal of a row.
func turnedDown(f *fault.Fault) connector.Answer {
	return connector.Answer{Outcome: connector.Rejected, Code: f.Code, Message: f.Message, Field: f.Path}
}

func recordMissing(model, id string) *fault.Fault {
	return fault.New("tryton.record_missing", "there is no record %s of %s", id, model).At("id").Classed(fault.Data).Unapplied()
}
