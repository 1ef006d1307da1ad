// Package document shows the documents of the ledger to people and lets them
// repair what does not go on by itself: retry, edit, send again, skip.
//
// It may import server/access, server/once, engine/barrier, engine/flow, engine/ledger, its rules and the sdk's leaves:
// never a database, HTTP or another service.
package document

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/ledger/rules"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/once"
)

// Store is what the service needs of a database.
type Store interface {
	Chooser
	Flows
	Orders
	// List gives documents from the newest run to the oldest, in a run from the
	// newest to the oldest. A page may be short, even empty, although there is a next one.
	List(ctx context.Context, q Query) (Listed, error)
	// Facets counts the documents of a workspace, or of one flow.
	Facets(ctx context.Context, workspace ledger.ID, flow string) (Facets, error)
	// Detail gives all there is to see of a document; ledger.ErrNotFound.
	Detail(ctx context.Context, workspace, document ledger.ID) (Detail, error)
	// Ailing gives what a person may act on; ledger.ErrNotFound.
	Ailing(ctx context.Context, workspace, document ledger.ID) (rules.Ailing, error)
}

// Orders are what people order to be done with documents.
type Orders interface {
	once.Keys
	// Repair carries out rules.PlanRepair, remembers the order's key, notes who did what, and gives the work that is due at once.
	Repair(ctx context.Context, r ledger.Repair) ([]ledger.ID, error)
}

// Flows is what repairs need to know of flows.
type Flows interface {
	// Published gives the flow's published version; ledger.ErrNotFound.
	Published(ctx context.Context, flow ledger.ID) (ledger.ID, error)
	// NodeNo gives the number of a flow's node, 0 when there is none.
	NodeNo(ctx context.Context, flow ledger.ID, node string) (int, error)
}

// Hints carries wake-ups for work rows. Losing all of them loses nothing.
type Hints interface {
	// Publish wakes workers up for rows of a priority.
	Publish(ctx context.Context, priority int, work []ledger.ID) error
}

// Bills take documents out of the bills that they are in.
type Bills interface {
	// Eject takes a document out of all its bills and remembers the order's key; Seen,
	// Remade and Now are ignored. Its error is a fault that says why not, or
	// ledger.ErrNotFound.
	Eject(ctx context.Context, e barrier.Ejecting) error
}

// Config wires a Service. Hints may be nil.
type Config struct {
	Store Store
	Hints Hints
	// Bills take documents out of bills; nil where there are none.
	Bills Bills
	Clock func() time.Time
	Log   *slog.Logger
}

// Service shows and repairs documents. Its faults, beside those of
// rules.PlanRepair, barrier.CanEject and once.Carry: "auth.…", "object.missing", "document.filter_unknown",
// "document.body_invalid", "document.action_unknown", "flow.not_published".
type Service struct{ Config }

// New makes a Service.
func New(c Config) *Service { return &Service{c} }

// The most documents a page may have, and how many it has unless asked otherwise.
const (
	MaxLimit     = 200
	DefaultLimit = 50
)

// Filter says which documents are wanted; empty fields want all.
type Filter struct {
	// Flow is a public id, Node a source node, Run a run's id.
	Flow string `json:"flow,omitempty"`
	Node string `json:"node,omitempty"`
	Run  string `json:"run,omitempty"`
	// States are names of states; "claimed" is a waiting document a worker is at.
	States []string `json:"states,omitempty"`
	// Number is a number, a key or a target's number, or how one begins, or an id.
	Number string `json:"number,omitempty"`
	// Code is that of a problem.
	Code string `json:"code,omitempty"`
	// UpdatedFrom and UpdatedTo are when it changed last, as RFC 3339: from the one on, and before the other.
	UpdatedFrom string `json:"updatedFrom,omitempty"`
	UpdatedTo   string `json:"updatedTo,omitempty"`
	// Attention wants what stands still until a person acts or a retry is due, and
	// documents of which a call after a walk fails. With a Code it wants the former alone.
	Attention bool `json:"attention,omitempty"`
	// Fields are paths of the source payload whose values each document comes with.
	Fields []string `json:"-"`
	// After is the Next of the page before, Before the Previous of the page after; Limit at
	// most MaxLimit.
	After  string `json:"-"`
	Before string `json:"-"`
	// At begins with the newest of what runs read that were due then or before, as RFC 3339;
	// with a place it is ignored.
	At    string `json:"-"`
	Limit int    `json:"-"`
}

// Query is a Filter that was checked.
type Query struct {
	Workspace  ledger.ID
	Flow, Node string
	Run        ledger.ID
	// States are wanted; Waiting and Claimed tell waiting ones apart.
	States           []ledger.State
	Waiting, Claimed bool
	// Failing wants, beside those of States, documents in these states of which a call
	// after a walk fails. Where it is not empty, no States want no others.
	Failing      []ledger.State
	Number, Code string
	// From and To are when it changed last: from the one on, and before the other; 0 for any time.
	From, To ledger.Millis
	// Fields are the paths whose values are wanted of the documents of the page alone.
	Fields []string
	// After is where the page begins and Before where it ends; one of them at most. Without
	// them At says it, 0 is the newest.
	After, Before *Place
	At            ledger.Millis
	Limit         int
}

// Place is where a page begins: behind a document of a run; ID 0 is behind all of it. A page
// that ends at a place ends before it.
type Place struct{ Run, ID ledger.ID }

func (p *Place) String() string {
	if p == nil {
		return ""
	}
	return strconv.FormatInt(int64(p.Run), 10) + "." + strconv.FormatInt(int64(p.ID), 10)
}

// Listed is a page as a store finds it: where the next one begins and the one before ends,
// nil where there is none. No page is before one that begins with the newest.
type Listed struct {
	Items          []Summary
	Next, Previous *Place
}

// Page is one page of a list. Next is "" on the last, Previous on the first.
type Page struct {
	Items          []Summary
	Next, Previous string
}

// Summary is a document in a list.
type Summary struct {
	ID, Run ledger.ID
	// Flow is the public id; Node the source node.
	Flow, FlowTitle, Node string
	Key, Number           string
	// State is the state's name; Attention the marks.
	State         string
	Attention     []string
	Code, Message string
	Args          map[string]string
	Rev           int
	// Newer counts the revisions that were read since and wait.
	Newer        int
	TargetNumber string
	Updated      ledger.Millis
	// Values are those of the wanted Fields, in their order; nil where the payload was removed.
	Values []string
}

// List gives a page of documents, the newest first.
func (s *Service) List(ctx context.Context, f Filter) (Page, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Page{}, err
	}
	q, err := check(f, p.Workspace, f.Code == "")
	if err != nil {
		return Page{}, err
	}
	found, err := s.Store.List(ctx, q)
	if err != nil {
		return Page{}, err
	}
	return Page{found.Items, found.Next.String(), found.Previous.String()}, nil
}

// check turns what was asked for into a query. failing says whether Attention is also
// about calls after walks.
func check(f Filter, workspace ledger.ID, failing bool) (Query, error) {
	q := Query{
		Workspace: workspace, Flow: f.Flow, Node: f.Node, Number: strings.TrimSpace(f.Number), Code: f.Code,
		Waiting: true, Claimed: true, Fields: f.Fields, Limit: f.Limit,
	}
	if f := checkFields(f.Fields); f != nil {
		return q, f
	}
	if q.Limit <= 0 {
		q.Limit = DefaultLimit
	}
	q.Limit = min(q.Limit, MaxLimit)
	if f.Run != "" {
		if q.Run = number(f.Run); q.Run == 0 {
			return q, unknown("run", f.Run)
		}
	}
	var err error
	if q.From, err = instant("updatedFrom", f.UpdatedFrom); err != nil {
		return q, err
	}
	if q.To, err = instant("updatedTo", f.UpdatedTo); err != nil {
		return q, err
	}
	if q.At, err = instant("at", f.At); err != nil {
		return q, err
	}
	if q.After, err = place("after", f.After); err != nil {
		return q, err
	}
	if q.Before, err = place("before", f.Before); err != nil {
		return q, err
	}
	if q.After != nil && q.Before != nil {
		return q, unknown("before", f.Before)
	}
	return q, q.want(f.States, f.Attention, failing)
}

// Check refuses a filter that no list could be asked with.
func (f Filter) Check() error {
	_, err := check(f, 0, f.Code == "")
	return err
}

// place reads what String wrote, nil for none.
func place(field, text string) (*Place, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no place is none
	}
	run, id, _ := strings.Cut(text, ".")
	p := &Place{Run: number(run), ID: number(id)}
	if p.Run == 0 && text != p.String() {
		return nil, unknown(field, text)
	}
	return p, nil
}

// instant reads a time, 0 for none.
func instant(field, text string) (ledger.Millis, error) {
	if text == "" {
		return 0, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0, unknown(field, text)
	}
	return ledger.At(at), nil
}

// want fills in the states. Attention and states together want what is in both.
func (q *Query) want(names []string, attention, failing bool) error {
	waiting, claimed := false, false
	for _, name := range names {
		i := slices.IndexFunc(ledger.States(), func(s ledger.State) bool { return s.String() == name })
		switch {
		case name == string(ledger.SlotClaimed):
			claimed = true
		case i < 0:
			return unknown("state", name)
		case ledger.States()[i] == ledger.Waiting:
			waiting = true
		default:
			q.States = append(q.States, ledger.States()[i])
		}
	}
	if waiting || claimed {
		q.States = append(q.States, ledger.Waiting)
		q.Waiting, q.Claimed = waiting, claimed
	}
	if !attention {
		return nil
	}
	if len(names) == 0 {
		q.States = ledger.States()
	}
	if failing {
		q.Failing = slices.Clone(q.States)
	}
	q.States = slices.DeleteFunc(q.States, func(s ledger.State) bool { return !s.Repairable() })
	if len(q.States)+len(q.Failing) == 0 {
		return unknown("attention", strings.Join(names, ","))
	}
	return nil
}

func unknown(field, value string) *fault.Fault {
	return fault.New("document.filter_unknown", "%q can't be looked for", value).At(field).Classed(fault.Data).Arg("value", value).
		Hinted("begin from the list without filters")
}

// number reads an id, 0 when it is none.
func number(text string) ledger.ID {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0
	}
	return ledger.ID(id)
}

// Facets counts documents by where they stand and why.
type Facets struct {
	// States are numbers of documents by state; those of states in which nothing is
	// wrong count every revision that ended so.
	States map[string]int
	Codes  []CodeFacet
}

// CodeFacet is documents that stand still for one reason.
type CodeFacet struct {
	State, Code string
	// Message, Hint and Args are those of the first of them.
	Message   string
	Hint      string
	Args      map[string]string
	Documents int
}

// Facets counts the documents of the workspace, or of the flow with a public id.
func (s *Service) Facets(ctx context.Context, flow string) (Facets, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Facets{}, err
	}
	return s.Store.Facets(ctx, p.Workspace, flow)
}

// Get gives all there is to see of a document.
func (s *Service) Get(ctx context.Context, id string) (Detail, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Detail{}, err
	}
	return s.detail(ctx, p, number(id))
}

func (s *Service) detail(ctx context.Context, p access.Principal, id ledger.ID) (Detail, error) {
	d, err := s.Store.Detail(ctx, p.Workspace, id)
	if err != nil {
		return d, missing(err)
	}
	if err := access.Authorize(ctx, access.Operate, p.Workspace); err != nil {
		return d, nil //nolint:nilerr // who may only look may do nothing about it
	}
	a, err := s.Store.Ailing(ctx, p.Workspace, id)
	if err != nil {
		return d, missing(err)
	}
	d.Actions = actions(a, ledger.At(s.Clock()))
	return d, nil
}

// actions lists what may be done about a document.
func actions(a rules.Ailing, now ledger.Millis) []string {
	var list []string
	if a.CanRetry(now) == nil {
		list = append(list, ActionRetry)
	}
	if slices.ContainsFunc(a.Deliveries, func(d ledger.Delivery) bool { return a.CanResend(&d, false, now) == nil }) {
		list = append(list, ActionResend)
	}
	if slices.ContainsFunc(a.Deliveries, func(d ledger.Delivery) bool { return a.CanAccept(&d, true, now) == nil }) {
		list = append(list, ActionAccept)
	}
	if a.CanSkip(now) == nil {
		list = append(list, ActionSkip)
	}
	if a.CanEdit(now) == nil {
		list = append(list, ActionEdit)
	}
	if a.Document.Attention&ledger.Grouped != 0 {
		list = append(list, ActionEject)
	}
	return list
}

// missing translates what a store does not find.
func missing(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	return err
}
