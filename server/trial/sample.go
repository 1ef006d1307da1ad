package trial

import (
	"context"
	"encoding/json"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
)

const (
	// mostItems is how many records a sample holds at most.
	mostItems = 100
	// patience is how long somebody waits for a sample.
	patience = time.Minute
)

// Sampled is a little of what a source gives.
type Sampled struct {
	// Items are the records as the ledger would store them.
	Items []json.RawMessage `json:"items"`
	// Request is what was asked, without credentials. Total is how many records the
	// system has in the window, -1 where it does not tell.
	Request json.RawMessage `json:"request"`
	Total   int             `json:"total"`
	// Dropped is how many records the source's conditions let go on the way.
	Dropped int `json:"dropped,omitempty"`
	// Refused are the items that the ledger would store as rejected.
	Refused []Refused `json:"refused,omitempty"`
	// From and To are the ends of the window.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Refused is an item that can't be identified.
type Refused struct {
	// Item is its index among the items.
	Item  int          `json:"item"`
	Fault *fault.Fault `json:"fault"`
}

// Sample asks the system behind a source of a draft for its newest records, at
// most count of them. The rest of the flow may have problems. It fails with
// *ProblemsError where the source has some, and with what the system answered.
func (s *Service) Sample(ctx context.Context, document []byte, nodeID string, count int) (Sampled, error) {
	caller, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Sampled{}, err
	}
	doc, err := read(document)
	if err != nil {
		return Sampled{}, err
	}
	if err := has(doc, nodeID); err != nil {
		return Sampled{}, err
	}
	compiled, source, err := s.source(ctx, caller.Workspace, doc, nodeID)
	if err != nil {
		return Sampled{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, session, err := s.Connections.Open(ctx, caller.Workspace, source.Connection)
	if err != nil {
		return Sampled{}, err
	}
	got, err := s.puller.Sample(ctx, pull.Job{
		Source: source, Session: session, Params: item.Of(compiled.Params), FlowID: doc.Metadata.ID,
	}, min(max(count, 1), mostItems))
	if err != nil {
		return Sampled{}, err
	}
	return sampled(got), nil
}

func sampled(got pull.Sampled) Sampled {
	view := Sampled{
		Items: make([]json.RawMessage, len(got.Records)), Request: got.Request, Total: got.Total, Dropped: got.Dropped,
		From: got.From, To: got.To,
	}
	for i, in := range got.Records {
		view.Items[i] = in.Body
		if in.Problem != nil {
			view.Refused = append(view.Refused, Refused{i, faultAt(in.Problem)})
		}
	}
	return view
}

func faultAt(p *ledger.Problem) *fault.Fault {
	return &fault.Fault{Code: p.Code, Message: p.Message, Path: p.Path, Hint: p.Hint, Args: p.Args, Class: fault.Data}
}
