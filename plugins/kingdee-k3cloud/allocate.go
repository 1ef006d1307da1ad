package main

import (
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// textAllocated is in the refusal of an allocation that was made already.
const textAllocated = "已分配"

// allocate builds the request that gives base data to further organisations: the row's members
// behind the parameters.
func (w *write) allocate(params item.Value) ([]byte, error) {
	row := item.Of(w.rows[0])
	if len(w.rows) > 1 || row.FieldFold("PkIds").Blank() {
		return nil, fault.New("k3cloud.row_unidentified", "%s needs the Id or the Number of the bill", w.batch.Operation).Classed(fault.Data).Unapplied()
	}
	if row.FieldFold("TOrgIds").Blank() && params.FieldFold("TOrgIds").Blank() {
		return nil, fault.New("k3cloud.param_required", "the allocation needs TOrgIds, the ids of the organisations that get the object").
			At("TOrgIds").Classed(fault.Config).Unapplied()
	}
	w.sent = []int{0}
	data, err := w.options(params, "Allocate")
	for _, name := range []string{"PkIds", "TOrgIds"} {
		if v := row.FieldFold(name); err == nil && !v.Blank() {
			data = append(item.AppendText(append(item.AppendText(data, name), ':'), v.Text()), ',')
		}
	}
	if err != nil {
		return nil, err
	}
	return append(data[:len(data)-1], '}'), nil
}

// allocated reads the answer to an allocation, which names each object and organisation by
// itself: the row is done when all of them are. One that was there already is no failure
// beside others; alone it is the refusal that tells so.
func (w *write) allocated(a *answer) (connector.Answers, error) {
	if !a.status.found {
		return connector.Answers{}, unexpected("the answer to %s names no status", w.batch.Operation)
	}
	if a.status.wholeCall() {
		return connector.Answers{}, a.status.fault().Unapplied()
	}
	var refused, there []rowError
	for _, e := range a.status.errors {
		if strings.Contains(e.message, textAllocated) {
			there = append(there, e)
		} else {
			refused = append(refused, e)
		}
	}
	answer := connector.Answer{Outcome: connector.Unknown, Code: a.status.code, Message: "the answer of the system does not name this row"}
	switch {
	case len(refused) > 0:
		answer.Outcome, answer.Message, answer.Field = connector.Rejected, joined(refused), refused[0].field
	case len(a.status.done) > 0:
		// The object asked for: those that the organisations got have ids of their own.
		answer = connector.Answer{Outcome: connector.Done, ID: item.Of(w.rows[0]).FieldFold("PkIds").Text(), Number: a.status.done[0].number, Raw: a.status.done[0].raw}
	case len(there) > 0:
		answer.Outcome, answer.Message = connector.Rejected, joined(there)
	}
	w.answers[0] = answer
	return connector.Answers{Rows: w.answers, Raw: a.root.Raw()}, nil
}
