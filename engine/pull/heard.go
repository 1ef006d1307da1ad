package pull

import (
	"context"
	"encoding/json"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Asked is one page request: what a connector was asked, and what came of it.
type Asked struct {
	Workspace, Flow, Run, Connection, Window ledger.ID
	// Node is the source node; Attempt counts the readings of the window, Page is the page's number.
	Node, Operation string
	Attempt, Page   int
	// Request is {"params": …, "page": {…}} as the connector got it. Response is the JSON array of
	// records that it gave, or what the vendor answered to a call that failed; nil where nobody knows.
	Request, Response []byte
	// Rows is how many records came; Total how many match, -1 where the source does not tell.
	Rows, Total    int
	Started, Ended ledger.Millis
	// Fault is why the request failed, nil where it did not.
	Fault *fault.Fault
}

// asks sends one page request, and lets it be heard of. It gives the answer and its records.
func (r *reader) asks(ctx context.Context, w ledger.Window, p page) (connector.Page, [][]byte, error) {
	began := r.now()
	answer, err := r.job.Session.Query(ctx, connector.QueryRequest{
		Operation: r.job.Source.Operation.Name, Params: p.params, Page: p.ref,
		Meta: connector.Meta{TraceID: r.job.TraceID, RunID: r.job.RunID, Attempt: w.Attempt},
	})
	var rows [][]byte
	if err == nil {
		if rows, err = item.Rows(answer.Rows); err != nil {
			err = fault.From(err).Classed(fault.Transient) // a half answer may be whole the next time
		}
	}
	if r.Heard == nil {
		return answer, rows, err
	}
	a := Asked{
		Workspace: r.job.Workspace, Flow: r.job.Flow, Run: r.job.Run, Connection: r.job.Connection, Window: w.ID,
		Node: r.job.Source.NodeID, Operation: r.job.Source.Operation.Name, Attempt: w.Attempt, Page: p.no,
		Request: requestOf(p), Response: answer.Rows, Rows: len(rows), Total: answer.Total, Started: began, Ended: r.now(),
	}
	if err != nil {
		a.Fault, a.Total = fault.From(err), -1
		if said := a.Fault.Answer(); said != nil {
			a.Response = said
		}
	}
	r.Heard(a)
	return answer, rows, err
}

// requestOf writes what a connector was asked for a page.
func requestOf(p page) []byte {
	type named struct {
		Number int    `json:"number,omitempty"`
		Offset int    `json:"offset,omitempty"`
		Size   int    `json:"size,omitempty"`
		Token  string `json:"token,omitempty"`
	}
	params := json.RawMessage(p.params)
	if len(params) == 0 {
		params = json.RawMessage("{}")
	}
	text, err := json.Marshal(struct {
		Params json.RawMessage `json:"params"`
		Page   named           `json:"page"`
	}{params, named{p.ref.Number, p.ref.Offset, p.ref.Size, p.ref.Token}})
	if err != nil {
		return p.params // parameters are JSON, so this does not happen
	}
	return text
}
