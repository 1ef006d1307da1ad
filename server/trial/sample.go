package trial

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"github.com/karezflow/karez/engine/fields"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/access"
)

const (
	// mostItems is how many records a sample holds at most.
	mostItems = 100
	// MostNumbers is by how many numbers a sample is asked for at most.
	MostNumbers = 20
	// patience is how long somebody waits for a sample.
	patience = time.Minute
)

// Sampled is a little of what a source gives, or of what came to a node that others
// bring documents to.
type Sampled struct {
	// Items are the records as the ledger would store them.
	Items []json.RawMessage `json:"items"`
	// Request is what was asked, without credentials; missing where no system was asked.
	// Total is how many records the system has in the window, -1 where it does not tell.
	Request json.RawMessage `json:"request,omitempty"`
	Total   int             `json:"total"`
	// Dropped is how many records the source's conditions let go on the way.
	Dropped int `json:"dropped,omitempty"`
	// Discovered are the fields of the items that the node does not know, as they are
	// to be added to its fields.
	Discovered []fields.Known `json:"discovered,omitempty"`
	// Refused are the items that the ledger would store as rejected.
	Refused []Refused `json:"refused,omitempty"`
	// From and To are the ends of the window; missing where there is none.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// Refused is an item that can't be identified.
type Refused struct {
	// Item is its index among the items.
	Item  int          `json:"item"`
	Fault *fault.Fault `json:"fault"`
}

// Sample asks the system behind a source of a draft for its newest records, at
// most count of them. The rest of the flow may have problems. It fails with
// *ProblemsError where the source has some, and with what the system answered. Of a
// webhook or an inlet it gives what came last, as it is stored.
func (s *Service) Sample(ctx context.Context, document []byte, nodeID string, count int) (Sampled, error) {
	return s.sample(ctx, document, nodeID, count, nil)
}

// SampleNumbers asks the system behind a source of a draft for the documents with these
// numbers (按单号), at most MostNumbers of them, whatever their time. Numbers that the system
// does not know are missing from the items. It fails as Sample does, and with
// "source.by_number_not_offered".
func (s *Service) SampleNumbers(ctx context.Context, document []byte, nodeID string, numbers []string) (Sampled, error) {
	if len(numbers) > MostNumbers {
		return Sampled{}, fault.New("trial.too_many_numbers", "a sample is asked for by %d numbers at most", MostNumbers).At("numbers").Classed(fault.Config)
	}
	return s.sample(ctx, document, nodeID, mostItems, numbers)
}

func (s *Service) sample(ctx context.Context, document []byte, nodeID string, count int, numbers []string) (Sampled, error) {
	caller, doc, err := drawn(ctx, document, nodeID)
	if err != nil {
		return Sampled{}, err
	}
	count = min(max(count, 1), mostItems)
	if role := s.role(ctx, caller.Workspace, doc, nodeID); len(numbers) == 0 && (role == node.Webhook || role == node.Inlet) {
		return s.came(ctx, caller.Workspace, doc, nodeID, role, count)
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
	job := pull.Job{Workspace: caller.Workspace, Source: source, Session: session, Params: item.Of(compiled.Params), FlowID: doc.Metadata.ID}
	var got pull.Sampled
	if len(numbers) > 0 {
		got, err = s.puller.SampleNumbers(ctx, job, numbers, count)
	} else {
		got, err = s.puller.Sample(ctx, job, count)
	}
	if err != nil {
		return Sampled{}, err
	}
	view := sampled(got)
	view.Discovered = s.discovered(doc, nodeID, view.Items)
	return view, nil
}

// drawn gives who asks about a node, and the document that has it.
func drawn(ctx context.Context, document []byte, nodeID string) (access.Principal, *flow.Document, error) {
	caller, err := access.Here(ctx, access.Edit)
	if err != nil {
		return caller, nil, err
	}
	doc, err := read(document)
	if err != nil {
		return caller, nil, err
	}
	return caller, doc, has(doc, nodeID)
}

// SamplePosted gives the documents that a JSON body would bring to a webhook of a draft,
// at most count of them. Nothing needs to be published, and nothing is stored.
func (s *Service) SamplePosted(ctx context.Context, document []byte, nodeID string, body []byte, count int) (Sampled, error) {
	caller, doc, err := drawn(ctx, document, nodeID)
	if err != nil {
		return Sampled{}, err
	}
	if s.role(ctx, caller.Workspace, doc, nodeID) != node.Webhook {
		return Sampled{}, fault.New("trial.not_a_webhook", "nothing can be posted to %s", nodeID).At("node").Classed(fault.Config)
	}
	if err := inlet.CheckPosted(body); err != nil {
		return Sampled{}, err
	}
	var settings struct {
		Records string `json:"records"`
	}
	for _, n := range doc.Spec.Nodes {
		if n.ID == nodeID {
			_ = json.Unmarshal(n.Settings, &settings) // what does not fit is a problem of the draft
		}
	}
	bodies, err := inlet.Posted(body, settings.Records)
	if err != nil {
		return Sampled{}, err
	}
	return s.stored(doc, nodeID, bodies[:min(len(bodies), max(count, 1), mostItems)]), nil
}

// role gives what kind of node one of the document is, however it is set.
func (s *Service) role(ctx context.Context, workspace ledger.ID, doc *flow.Document, id string) node.Role {
	types := s.Compiler.Options(ctx, workspace).Types
	for _, n := range doc.Spec.Nodes {
		if kind, ok := types.Type(n.Type); ok && n.ID == id {
			return kind.Declaration().Role
		}
	}
	return ""
}

// came gives the documents that came last to a node that others bring them to.
func (s *Service) came(ctx context.Context, workspace ledger.ID, doc *flow.Document, id string, role node.Role, count int) (Sampled, error) {
	bodies, err := s.Ledger.Newest(ctx, workspace, doc.Metadata.ID, id, count)
	switch {
	case err != nil:
		return Sampled{}, err
	case len(bodies) == 0 && role == node.Webhook:
		return Sampled{}, fault.New("trial.nothing_posted", "nothing was posted to %s yet", id).At("node").Classed(fault.Config).
			Hinted("post a document to its address, or send a test from the node's form; a flow that is not published can use the body of the test as a sample")
	case len(bodies) == 0:
		return Sampled{}, fault.New("trial.nothing_handed", "no document of another flow came to %s yet", id).At("node").Classed(fault.Config).
			Hinted("publish this flow, then run the one that hands documents over; where this one reads another, run it")
	}
	return s.stored(doc, id, bodies), nil
}

// stored gives documents as a sample of a node that others bring them to.
func (s *Service) stored(doc *flow.Document, id string, bodies [][]byte) Sampled {
	view := Sampled{Items: make([]json.RawMessage, len(bodies)), Total: -1}
	for i, body := range bodies {
		view.Items[i] = body
	}
	view.Discovered = s.discovered(doc, id, view.Items)
	return view
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
