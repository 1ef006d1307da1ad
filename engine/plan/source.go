package plan

import (
	"time"

	"github.com/karezflow/karez/engine/fields"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Source is a compiled source node.
type Source struct {
	NodeID string
	NodeNo int
	// Connection is the name of the connection.
	Connection string
	Operation  *manifest.Operation
	// BaseData is the type of base data that is read, as BaseData gives it; "" where
	// nothing that the system takes refers to it.
	BaseData string
	Window   Window
	Page     Page
	OnSeen   string
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

	// TooMany are the codes with which the source says that a window has more rows than it
	// gives, or is too long.
	TooMany []string
	// Sweep is how the source is looked through for what was missed; nil where it does
	// not select by time.
	Sweep *Sweep

	Requests Requests
	// Zone is that in which the source tells the time.
	Zone *time.Location
}

// Requests are the parameters that a source asks with.
type Requests struct {
	// Page are those of a page's request.
	Page *value.Params
	// Fixed are those of every request, a JSON object, where they depend on nothing;
	// they stand in for Page.
	Fixed []byte
	// Sweep are those of a sweep's page, nil where they are Page.
	Sweep *value.Params
	// ByNumbers are those of a request by numbers but for the numbers; nil where the
	// operation can't select by number.
	ByNumbers *value.Params
}

// Sweep is how a source is looked through for what was missed.
type Sweep struct {
	// Schedule is a cron expression, "" where only people start it.
	Schedule string
	// LookBack is how far before the cursor it begins.
	LookBack time.Duration
	// Whole says that its request does not tell where a window begins, so that the range
	// is read as one.
	Whole bool
}

// Sweeping gives the source as a sweep asks it.
func (s *Source) Sweeping() *Source {
	if s.Requests.Sweep == nil {
		return s
	}
	other := *s
	other.Requests.Page, other.Requests.Fixed = s.Requests.Sweep, nil
	return &other
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

// Request builds the parameters of one page request from the answers to their
// look-ups. What is not answered is a *node.UnansweredError.
func (s *Source) Request(from, to time.Time, page connector.PageRef, params item.Value, answers item.Answers, flowID, runID string) ([]byte, error) {
	if s.Requests.Fixed != nil {
		return s.Requests.Fixed, nil
	}
	scope := s.pageScope(from, to, page, params, flowID, runID)
	scope.Answers = answers
	return s.Requests.Page.Append(nil, scope)
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
	return momentOf(s.Modified, scope, s.Zone)
}

// momentOf gives a time of change, the zero time where there is none.
func momentOf(program *value.Program, scope *value.Scope, zone *time.Location) time.Time {
	v, err := program.Raw(scope)
	if err != nil {
		return time.Time{}
	}
	at, blank, err := format.ParseMoment(v, zone)
	if err != nil || blank {
		return time.Time{}
	}
	return at.In(zone)
}
