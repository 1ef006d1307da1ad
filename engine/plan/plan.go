// Package plan turns a flow document into something that runs: sources with
// their windows, pages and request programs, and the steps of the push side in
// topological order with compiled settings. It reports every problem with the
// path of the field.
//
// It may import engine/flow, engine/group, engine/value and the sdk: never a store, a session
// or a node by name.
package plan

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/fields"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// Plan is a flow version that can run. It is immutable and used concurrently.
type Plan struct {
	Flow    *flow.Document
	Sources []*Source
	// Inlets are where documents of other flows enter.
	Inlets []*Inlet
	// Steps are in topological order: an edge leads to a later step.
	Steps []*Step
	// Params are the flow's parameters with their defaults, a JSON object.
	Params []byte
	// Lookups are the fields of other flows' documents that this one looks into.
	Lookups []Lookup
}

// Lookup is a source node of a flow, named by its public id, whose documents are
// looked into by the paths of their fields.
type Lookup struct {
	Flow, Source string
	Paths        []string
}

// Source is a compiled source node.
type Source struct {
	NodeID string
	NodeNo int
	// Connection is the name of the connection.
	Connection string
	Operation  *manifest.Operation
	Window     Window
	Page       Page
	OnSeen     string
	// Opened are the paths of the fields that the flow declares to hold JSON as a text.
	Opened []string
	// Key identifies a document; Number and Modified may be nil.
	Key, Number, Modified *value.Program
	// Before the ledger, Regroup builds records of flat rows, then Explode makes
	// documents of a record's lines, then Keep drops those that do not pass. Nil
	// leaves things as they are.
	Regroup *Regroup
	Explode *Explode
	Keep    *value.Conditions
	// Next are the steps that DefaultPort, the first declared output, leads to.
	Next        []int
	DefaultPort string
	// Named is what the operation says the number of its documents is; nil where it
	// says nothing. The flow may show another number.
	Named *value.Program

	// Typed are the fields that a declared column fills.
	Typed []Typed

	params *value.Params
	// fixed are the parameters of every request, where they depend on nothing.
	fixed []byte
	// selected are the parameters of a request by numbers but for the numbers; nil
	// where the operation can't select by number.
	selected *value.Params
	zone     *time.Location
}

// Step is a compiled node of the push side.
type Step struct {
	NodeID string
	NodeNo int
	Type   string
	Role   node.Role
	// Apply is set for transforms.
	Apply node.TransformFunc
	// Explain says of every field of the step's mapping what becomes of it; nil for a
	// step without one.
	Explain func(in item.Item) ([]value.Explained, error)
	// Target is set for targets, Writeback for writebacks.
	Target    *Target
	Writeback *Writeback
	// Group is set for barriers.
	Group *group.Program
	// Next are the steps a port leads to; DefaultPort is the first declared output.
	Next        map[string][]int
	DefaultPort string
}

// Target is a compiled target node.
type Target struct {
	Connection string
	Manifest   *manifest.Manifest
	Operation  *manifest.Operation
	// Key identifies the object in the target; nil means the document key and part.
	Key *value.Program
	// Rows is the most rows of a call.
	Rows                  int
	OnConflict, OnRevised string
	// Owned says that keys need an ownership row.
	Owned  bool
	Params *value.Params
}

// Mode gives the manifest's rules for a mode, nil when the operation lacks it.
func (t *Target) Mode(mode connector.Mode) *manifest.Mode {
	if mode == connector.Update {
		return t.Operation.Writing.Update
	}
	return t.Operation.Writing.Create
}

// Resource names what keys of this call are unique in: the operation's object and form.
func (t *Target) Resource(params item.Value) string {
	if t.Operation.Form == "" {
		return t.Operation.Object
	}
	return t.Operation.Object + "#" + params.Field(t.Operation.Form).Text()
}

// Writeback is a compiled writeback node.
type Writeback struct {
	// Store is what is kept with the delivery; nil keeps nothing.
	Store *value.Params
	// Hand is what is handed over to another flow; nil hands over nothing.
	Hand *Hand
}

// Open gives a stored document as programs read it: the texts at Opened are the JSON
// that they hold.
func (s *Source) Open(body []byte) []byte { return opened(body, s.Opened) }

func opened(body []byte, paths []string) []byte {
	if len(paths) == 0 {
		return body
	}
	return fields.Open(body, paths)
}

// Scope gives a scope for the programs of the source.
func (s *Source) Scope(from, to time.Time, params item.Value, flowID, runID string) *value.Scope {
	return &value.Scope{
		Params: params,
		System: value.System{From: from, To: to, PageSize: s.Page.Size, FlowID: flowID, RunID: runID},
	}
}

// Request builds the parameters of one page request.
func (s *Source) Request(from, to time.Time, page connector.PageRef, params item.Value, flowID, runID string) ([]byte, error) {
	if s.fixed != nil {
		return s.fixed, nil
	}
	return s.params.Append(nil, s.pageScope(from, to, page, params, flowID, runID))
}

func (s *Source) pageScope(from, to time.Time, page connector.PageRef, params item.Value, flowID, runID string) *value.Scope {
	scope := s.Scope(from, to, params, flowID, runID)
	scope.System.PageSize = page.Size
	scope.System.StartRow = page.Offset
	scope.System.StartPage = page.Number
	scope.System.Token = page.Token
	return scope
}

// ModifiedAt gives the source's time of change of the scope's document, the zero time when it has none.
func (s *Source) ModifiedAt(scope *value.Scope) time.Time {
	return momentOf(s.Modified, scope, s.zone)
}

// Catalogue knows the connections of a workspace.
type Catalogue interface {
	// Manifest gives the manifest of the connector behind a connection; its error
	// is a *fault.Fault that says why there is none.
	Manifest(connection string) (*manifest.Manifest, error)
}

// Types knows the node types.
type Types = flow.Types

// Scripts compiles JavaScript.
type Scripts interface {
	// Compile checks a source; params are the flow's parameters, a JSON object, and
	// zone is the IANA name of its time zone.
	Compile(ctx context.Context, source string, params []byte, zone string) (node.Script, error)
}
