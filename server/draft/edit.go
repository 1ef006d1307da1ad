package draft

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
)

// How many flows a page of a list holds.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// Query asks for a page of flows.
type Query struct {
	// Text is part of a title, a name or a public id; "" is any.
	Text string
	// After is the Next of the page before; "" begins.
	After string
	// Limit is at most 200; 0 means 50.
	Limit int
}

// Page is a page of flows, the last changed first. Next is "" at the end.
type Page struct {
	Items []Flow
	Next  string
}

// List gives flows of the caller's workspace.
func (s *Service) List(ctx context.Context, q Query) (Page, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return Page{}, err
	}
	after, err := readCursor(q.After)
	if err != nil {
		return Page{}, err
	}
	limit := min(q.Limit, maxLimit)
	if limit <= 0 {
		limit = defaultLimit
	}
	found, err := s.store.Flows(ctx, p.Workspace, Filter{Text: strings.TrimSpace(q.Text), After: after, Limit: limit + 1})
	if err != nil {
		return Page{}, err
	}
	page := Page{Items: found}
	if len(found) > limit {
		page.Items = found[:limit]
		last := found[limit-1]
		page.Next = fmt.Sprintf("%d-%d", last.Updated, last.ID)
	}
	return page, nil
}

func readCursor(text string) (Position, error) {
	if text == "" {
		return Position{}, nil
	}
	updated, id, _ := strings.Cut(text, "-")
	u, err := strconv.ParseInt(updated, 10, 64)
	n, idErr := strconv.ParseInt(id, 10, 64)
	if err != nil || idErr != nil {
		return Position{}, fault.New("list.cursor_invalid", "the place to go on from is not understood").At("after").Classed(fault.Config).
			Hinted("pass on the next of the page before")
	}
	return Position{ledger.Millis(u), ledger.ID(n)}, nil
}

// Get gives a flow with its draft and the draft's problems.
func (s *Service) Get(ctx context.Context, publicID string) (Flow, error) {
	f, err := s.find(ctx, access.Read, publicID)
	if err != nil {
		return Flow{}, err
	}
	return s.checked(ctx, f)
}

// find gives a flow of the caller's workspace to whom may do the action.
func (s *Service) find(ctx context.Context, action access.Action, publicID string) (Flow, error) {
	p, err := access.Here(ctx, action)
	if err != nil {
		return Flow{}, err
	}
	f, err := s.store.Flow(ctx, p.Workspace, publicID)
	if errors.Is(err, ledger.ErrNotFound) {
		return Flow{}, access.Missing()
	}
	return f, err
}

// checked adds the problems. What they depend on, such as a connection, changes
// without the draft: the stored count follows.
func (s *Service) checked(ctx context.Context, f Flow) (Flow, error) {
	doc, err := read(f.Document)
	if err != nil {
		return Flow{}, fault.New("flow.draft_unreadable", "a stored draft can't be read").Because(err).Classed(fault.Internal)
	}
	f.Problems = s.problems(ctx, f.Workspace, doc)
	if n := blocking(f.Problems); n != f.Blocking {
		f.Blocking = n
		if err := s.store.SetBlocking(ctx, f.ID, f.DraftVersion, n); err != nil {
			return Flow{}, err
		}
	}
	return f, s.outdated(ctx, &f, doc)
}

// outdated marks a flow whose derived operations are no longer those it was published with.
func (s *Service) outdated(ctx context.Context, f *Flow, doc *flow.Document) error {
	if f.Dirty || f.PublishedID == 0 {
		return nil
	}
	now, err := s.embedded(ctx, f.Workspace, doc)
	if err != nil || now == nil {
		return err
	}
	v, err := s.store.Version(ctx, f.PublishedID)
	f.Dirty = err == nil && string(v.Operations) != string(now)
	return err
}

// read reads exactly one document.
func read(document []byte) (*flow.Document, error) {
	docs, err := flow.Parse(document)
	if err != nil {
		return nil, err
	}
	if len(docs) != 1 {
		return nil, fault.New("flow.several_documents", "one flow was expected and there are %d", len(docs)).Classed(fault.Config).
			Hinted("save every flow by itself")
	}
	return docs[0], nil
}

// problems lists what is wrong with a document, never nil.
func (s *Service) problems(ctx context.Context, workspace ledger.ID, doc *flow.Document) []flow.Problem {
	problems := append([]flow.Problem{}, s.checker.Check(ctx, workspace, doc)...)
	for _, f := range misnamed(doc) {
		problems = append(problems, flow.ProblemOf(f, ""))
	}
	flow.Sort(problems)
	return problems
}

func untitled() *fault.Fault {
	return fault.New("flow.title_missing", "a flow needs a title").At("title").Classed(fault.Config)
}

// own makes a document the flow's: ids are given by the product. A title "" leaves that of the document.
func own(doc *flow.Document, publicID, title string) {
	m := &doc.Metadata
	var rest []flow.Member
	for _, e := range m.Extra {
		if !e.Whole && e.Name != "id" && (e.Name != "title" || title == "") {
			rest = append(rest, e)
		}
	}
	m.Extra, m.ID = rest, publicID
	if title != "" {
		m.Title = title
	}
}

// fitting makes what is stored of a document whose names fit.
func (s *Service) fitting(ctx context.Context, workspace ledger.ID, doc *flow.Document) (Contents, error) {
	if faults := unnamed(doc); len(faults) > 0 {
		return Contents{}, faults[0]
	}
	return contents(ctx, doc, s.problems(ctx, workspace, doc)), nil
}

// contents makes what is stored of a document with these problems.
func contents(ctx context.Context, doc *flow.Document, problems []flow.Problem) Contents {
	return Contents{Name: doc.Metadata.Name, Title: doc.Metadata.Title, Document: doc.JSON(), Blocking: blocking(problems), Author: author(ctx)}
}

// Create makes a flow of a document, or an empty one where document is nil. It is
// given an id of its own, whatever the document's is, and title unless that is "".
func (s *Service) Create(ctx context.Context, title string, document []byte) (Flow, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Flow{}, err
	}
	doc := &flow.Document{APIVersion: flow.APIVersion, Kind: flow.Kind}
	if len(document) > 0 {
		if doc, err = read(document); err != nil {
			return Flow{}, err
		}
		if s.operations != nil {
			if err := s.operations.Restore(ctx, p.Workspace, doc); err != nil {
				return Flow{}, err
			}
		}
	}
	return s.insert(ctx, p.Workspace, doc, title)
}

// CreateAs gives the flow with an id, made of document where there is none. Of callers
// that make the same flow at once one has created it.
func (s *Service) CreateAs(ctx context.Context, publicID string, document []byte) (f Flow, created bool, err error) {
	f, err = s.find(ctx, access.Edit, publicID)
	if err == nil || fault.CodeOf(err) != access.Missing().Code {
		return f, false, err
	}
	doc, err := read(document)
	if err != nil {
		return Flow{}, false, err
	}
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Flow{}, false, err
	}
	f, err = s.insertAs(ctx, p.Workspace, doc, publicID, "")
	if err == nil {
		return f, true, nil
	}
	if other, found := s.find(ctx, access.Edit, publicID); found == nil {
		return other, false, nil
	}
	return Flow{}, false, err
}

// insert stores a document as a new flow and gives it.
func (s *Service) insert(ctx context.Context, workspace ledger.ID, doc *flow.Document, title string) (Flow, error) {
	return s.insertAs(ctx, workspace, doc, s.newID(), title)
}

func (s *Service) insertAs(ctx context.Context, workspace ledger.ID, doc *flow.Document, publicID, title string) (Flow, error) {
	title = strings.TrimSpace(title)
	if title == "" && strings.TrimSpace(doc.Metadata.Title) == "" {
		return Flow{}, untitled()
	}
	own(doc, publicID, title)
	c, err := s.fitting(ctx, workspace, doc)
	if err != nil {
		return Flow{}, err
	}
	if err := s.store.InsertFlows(ctx, workspace, []Prepared{{publicID, c}}, ledger.At(s.clock())); err != nil {
		return Flow{}, err
	}
	return s.Get(ctx, publicID)
}

// Save replaces a flow's draft, whatever problems it has, if its version is still
// ifVersion. Otherwise the error is "flow.conflict" and the flow is as somebody
// else saved it. Saving what is saved already changes nothing.
func (s *Service) Save(ctx context.Context, publicID string, ifVersion int64, document []byte) (Flow, error) {
	f, err := s.find(ctx, access.Edit, publicID)
	if err != nil {
		return Flow{}, err
	}
	doc, err := read(document)
	if err != nil {
		return Flow{}, err
	}
	own(doc, publicID, "")
	c, err := s.fitting(ctx, f.Workspace, doc)
	if err != nil {
		return Flow{}, err
	}
	saved := string(f.Document) == string(c.Document) // perhaps the answer to the first try was lost
	if !saved {
		if saved, err = s.store.SaveDraft(ctx, f.ID, ifVersion, c, ledger.At(s.clock())); err != nil {
			return Flow{}, err
		}
	}
	now, err := s.Get(ctx, publicID)
	if err == nil && !saved {
		err = fault.New("flow.conflict", "somebody else has saved the flow meanwhile").Classed(fault.Config).
			Hinted("look at the other version and save again")
	}
	return now, err
}

// Copy makes a new flow of a flow's draft. It is not enabled and has no versions.
func (s *Service) Copy(ctx context.Context, publicID, title string) (Flow, error) {
	f, err := s.find(ctx, access.Edit, publicID)
	if err != nil {
		return Flow{}, err
	}
	doc, err := read(f.Document)
	if err != nil {
		return Flow{}, fault.New("flow.draft_unreadable", "a stored draft can't be read").Because(err).Classed(fault.Internal)
	}
	return s.insert(ctx, f.Workspace, doc, title)
}

// Delete deletes a flow that is not enabled, does not run and never pulled a document.
func (s *Service) Delete(ctx context.Context, publicID string) error {
	f, err := s.find(ctx, access.Edit, publicID)
	if err != nil {
		return err
	}
	hold, err := s.store.DeleteFlow(ctx, f.ID)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return access.Missing()
	case err != nil:
		return err
	case hold == HeldByEnabled:
		return fault.New("flow.enabled", "the flow is running and can't be deleted").Classed(fault.Config).Hinted("stop it first")
	case hold == HeldByRun:
		return fault.New("flow.in_run", "a run of the flow has not ended").Classed(fault.Config).Hinted("wait for its end, or cancel it")
	case hold == HeldByDocuments:
		return fault.New("flow.has_documents", "the flow has documents, which its versions explain").Classed(fault.Config).
			Hinted("leave it stopped; its documents stay to be found")
	default:
		return nil
	}
}

// Validate lists the problems of a document that is not saved. One that can't be
// read at all has that as its problem.
func (s *Service) Validate(ctx context.Context, document []byte) ([]flow.Problem, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return nil, err
	}
	doc, err := read(document)
	if err != nil {
		return []flow.Problem{flow.ProblemOf(fault.From(err), "")}, nil
	}
	problems := s.problems(ctx, p.Workspace, doc)
	for _, f := range unnamed(doc) {
		problems = append(problems, flow.ProblemOf(f, ""))
	}
	return problems, nil
}
