package main

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
)

// read turns the server's answer into one answer a row. IsSuccess is not asked:
// versions differ in what it says when some rows are saved and others are not.
func (w *write) read(ctx context.Context, host connector.Host, a *answer) (connector.Answers, error) {
	if !a.status.found {
		return connector.Answers{}, unexpected("the answer to %s names no status", w.batch.Operation)
	}
	if a.status.wholeCall() {
		return connector.Answers{}, a.status.fault().Unapplied()
	}
	for _, i := range w.sent {
		w.answers[i] = connector.Answer{
			Outcome: connector.Unknown, Code: a.status.code, Message: "the answer of the system does not name this row",
		}
	}
	done := a.status.done
	if whole := a.root.Field("Result"); len(done) == 0 && len(w.sent) == 1 && a.status.success {
		// Saving one row, some versions name it beside the status only.
		done = []rowDone{{id: identifier(whole.Field("Id")), number: numberOf(whole)}}
	}
	extra := returned(a.root.Field("Result").Field("NeedReturnData"), done)
	for n, d := range done {
		row, ok := w.rowOf(d)
		if !ok {
			host.Log(ctx, connector.Warn, "the system names a row that was not sent", map[string]string{
				"index": strconv.Itoa(d.index), "number": d.number,
			})
			continue
		}
		w.answers[row] = w.succeeded(row, d, extra[n])
	}
	w.readErrors(ctx, host, a.status)
	return connector.Answers{Rows: w.answers, Raw: a.root.Raw()}, nil
}

// succeeded reads one element of SuccessEntitys. A row is done only with an id;
// without a number it was kept as a draft (暂存), which is done with a warning.
// One that is answered with two ids is not done: which of them is its own does not show.
func (w *write) succeeded(row int, d rowDone, extra item.Value) connector.Answer {
	earlier, answer := w.answers[row], connector.Answer{Outcome: connector.Done, ID: d.id, Number: d.number, Raw: withReturned(d.raw, extra)}
	switch {
	case d.id == "":
		answer.Outcome = connector.Unknown
		answer.Message = "the system reports success without the id of the bill"
	case earlier.ID != "" && (earlier.ID != d.id || earlier.Outcome != connector.Done):
		answer = connector.Answer{
			Outcome: connector.Unknown, Raw: answer.Raw, ID: d.id,
			Message: "the system answers this row twice, as the bills " + earlier.ID + " and " + d.id,
		}
	case w.contradicts(row, d.number):
		answer = connector.Answer{
			Outcome: connector.Unknown, Raw: answer.Raw,
			Message: "the system answers this row with number " + d.number + ", which is another row's",
		}
	case d.number == "":
		answer.Warning = "the bill was kept as a draft without a number (暂存)"
	}
	return answer
}

// contradicts tells that an answer carries the key of another row of the call.
func (w *write) contradicts(row int, number string) bool {
	if number == "" || w.key(row) == number {
		return false
	}
	for _, other := range w.sent {
		if other != row && w.key(other) == number {
			return true
		}
	}
	return false
}

func (w *write) key(row int) string {
	if row < len(w.batch.Keys) {
		return w.batch.Keys[row]
	}
	return ""
}

// rowOf finds the row an answer is for: by its index in the call; without one by
// its id or number, or because there is no other.
func (w *write) rowOf(d rowDone) (int, bool) {
	if d.index >= 0 {
		if d.index < len(w.sent) {
			return w.sent[d.index], true
		}
		return 0, false
	}
	for _, i := range w.sent {
		row := item.Of(w.rows[i])
		if d.number != "" && (w.key(i) == d.number || rowNumber(row) == d.number) || d.id != "" && rowID(row) == d.id {
			return i, true
		}
	}
	if len(w.sent) == 1 {
		return w.sent[0], true
	}
	return 0, false
}

// readErrors answers the rows that Errors names. A row that was saved as well is
// done with a warning: its bill is there, and a step after saving failed.
func (w *write) readErrors(ctx context.Context, host connector.Host, s status) {
	byRow := map[int][]rowError{}
	for _, e := range s.errors {
		row, ok := w.rowOf(rowDone{index: e.index})
		if !ok {
			host.Log(ctx, connector.Warn, "the system refuses a row without telling which: "+e.message, map[string]string{"field": e.field})
			continue
		}
		byRow[row] = append(byRow[row], e)
	}
	for row, errors := range byRow {
		// A row that was named as saved, though without an id, stays unknown.
		if answer := &w.answers[row]; answer.Outcome == connector.Done || answer.Raw != nil {
			answer.Warning = joined(errors)
			continue
		}
		raws := make([][]byte, len(errors))
		field := ""
		for i, e := range errors {
			raws[i] = e.raw
			if field == "" {
				field = e.field
			}
		}
		w.answers[row] = connector.Answer{
			Outcome: connector.Rejected, Code: s.code, Message: joined(errors), Field: field,
			Raw: append(append([]byte("["), bytes.Join(raws, []byte(","))...), ']'),
		}
	}
}

// returned gives NeedReturnData by success. Its elements name no row, so it is
// left out where the successes don't come in the rows' order or in its number.
func returned(list item.Value, done []rowDone) []item.Value {
	out := slices.Collect(list.Elements())
	inOrder := slices.IsSortedFunc(done, func(a, b rowDone) int { return a.index - b.index })
	if len(out) != len(done) || !inOrder {
		return make([]item.Value, len(done))
	}
	return out
}

// withReturned puts the returned fields into the row's own answer, where a
// writeback finds them.
func withReturned(raw []byte, extra item.Value) []byte {
	if len(raw) < 2 || extra.Kind() != item.Object || len(bytes.Trim(extra.Raw(), "{} \t\r\n")) == 0 {
		return raw
	}
	out := append([]byte(nil), bytes.TrimRight(raw, "} \t\r\n")...)
	return append(append(append(out, `,"NeedReturnData":`...), extra.Raw()...), '}')
}
