package main

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/karezflow/karez/plugins/sql/internal/values"
	"github.com/karezflow/karez/sdk/connector"
)

// mostTraced is the most bytes of a text that a trace carries.
const mostTraced = 64 << 10

// trace shows a statement and what came of it in the debug console. The password is in neither.
func (s *session) trace(ctx context.Context, what string, began time.Time, request, response []byte) {
	s.host.Trace(ctx, connector.Exchange{
		Method: what, URL: string(s.db.Dialect) + "://" + s.db.Host + "/" + s.db.Name,
		RequestBody: cut(request), ResponseBody: cut(response), Started: began, Took: s.clock().Sub(began),
	})
}

func cut(text []byte) []byte {
	if len(text) <= mostTraced {
		return text
	}
	return append(bytes.ToValidUTF8(bytes.Clone(text[:mostTraced]), nil), "…"...)
}

// written is a statement with its values, for people.
func written(q *values.Query) []byte {
	args, err := json.Marshal(q.Args())
	if err != nil {
		args = nil // the statement alone says enough
	}
	return append([]byte(q.SQL()+"\n"), args...)
}

// told is what became of the rows of a write, for people.
func told(answers []connector.Answer, failed error) []byte {
	if failed != nil {
		return []byte(failed.Error())
	}
	type row struct {
		Outcome connector.Outcome `json:"outcome"`
		ID      string            `json:"id,omitempty"`
		Number  string            `json:"number,omitempty"`
		Code    string            `json:"code,omitempty"`
		Message string            `json:"message,omitempty"`
	}
	rows := make([]row, len(answers))
	for i, a := range answers {
		rows[i] = row{a.Outcome, a.ID, a.Number, a.Code, a.Message}
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return nil
	}
	return raw
}
