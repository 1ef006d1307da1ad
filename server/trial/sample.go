package trial

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/karezflow/karez/engine/fields"
	"github.com/karezflow/karez/engine/flow"
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
	// Discovered are the fields of the items that the node does not know, as they are
	// to be added to its fields.
	Discovered []fields.Known `json:"discovered,omitempty"`
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
		Workspace: caller.Workspace, Source: source, Session: session, Params: item.Of(compiled.Params), FlowID: doc.Metadata.ID,
	}, min(max(count, 1), mostItems))
	if err != nil {
		return Sampled{}, err
	}
	view := sampled(got)
	view.Discovered = s.discovered(doc, nodeID, view.Items)
	return view, nil
}

// discovered gives the fields of records that a node of the document lacks.
func (s *Service) discovered(doc *flow.Document, nodeID string, records []json.RawMessage) []fields.Known {
	var settings struct {
		Fields []fields.Known `json:"fields"`
	}
	for _, n := range doc.Spec.Nodes {
		if n.ID == nodeID {
			_ = json.Unmarshal(n.Settings, &settings) // what does not fit was refused with the source
		}
	}
	bodies := make([][]byte, len(records))
	for i, r := range records {
		bodies[i] = r
	}
	zone, err := time.LoadLocation(cmp.Or(doc.Spec.Settings.Timezone, flow.DefaultTimezone))
	if err != nil {
		zone = time.UTC
	}
	return fields.Merge(settings.Fields, fields.Discover(bodies, fields.Opened(settings.Fields)), s.Clock().In(zone))
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
