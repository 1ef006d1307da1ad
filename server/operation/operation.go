// Package operation keeps the derived operations (自定义接口) of workspaces, makes drafts of
// them from samples, spreadsheets and what a system tells, and puts them into documents that
// leave the workspace or are published.
//
// It may import server/access, server/usage, sdk/spreadsheet, server/catalog, engine/flow,
// engine/ledger, engine/plan/derived and the sdk: never a database, HTTP or another service.
package operation

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan/derived"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/usage"
)

// MaxName is the most characters of a name.
const MaxName = 190

// Store is what the service needs of a database.
type Store interface {
	// Operations gives a workspace's operations by name.
	Operations(ctx context.Context, workspace ledger.ID) ([]Operation, error)
	// Operation gives one by id, Named one by name; ledger.ErrNotFound.
	Operation(ctx context.Context, workspace, id ledger.ID) (Operation, error)
	Named(ctx context.Context, workspace ledger.ID, name string) (Operation, error)
	// Insert makes an operation; false when its workspace has one of the name.
	Insert(ctx context.Context, o Operation) (ledger.ID, bool, error)
	// Replace changes the body if the version is still old; false when it is not.
	Replace(ctx context.Context, id ledger.ID, old int64, body []byte, now ledger.Millis) (bool, error)
	// Delete removes an operation.
	Delete(ctx context.Context, id ledger.ID) error
	// Documents gives the drafts and newest versions of a workspace's flows that may name one.
	Documents(ctx context.Context, workspace ledger.ID) ([]usage.Document, error)
}

// Operation is a derived operation of a workspace.
type Operation struct {
	ID, Workspace ledger.ID
	// Name is "<base>#<form>"; it is unique in the workspace and never changes.
	Name string
	// Body is a derived.Operation as JSON, in its saved form.
	Body []byte
	// Version grows with every change.
	Version int64
	Updated ledger.Millis
	// UsedBy are the flows that name it, in their draft or newest version.
	UsedBy []usage.Flow
}

// Service keeps derived operations. Its faults are "auth.…", "object.missing" and "operation.…".
type Service struct {
	store Store
	clock func() time.Time
	log   *slog.Logger
}

// New makes a Service.
func New(store Store, clock func() time.Time, log *slog.Logger) *Service {
	return &Service{store, clock, log}
}

// List gives the operations of the caller's workspace.
func (s *Service) List(ctx context.Context) ([]Operation, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	all, err := s.store.Operations(ctx, p.Workspace)
	if err != nil {
		return nil, err
	}
	users, err := s.users(ctx, p.Workspace)
	for i := range all {
		all[i].UsedBy = users[all[i].Name]
	}
	return all, err
}

// Get gives an operation.
func (s *Service) Get(ctx context.Context, id string) (Operation, error) {
	o, err := s.find(ctx, access.Read, id)
	if err != nil {
		return o, err
	}
	users, err := s.users(ctx, o.Workspace)
	o.UsedBy = users[o.Name]
	return o, err
}

func (s *Service) find(ctx context.Context, action access.Action, id string) (Operation, error) {
	p, err := access.Here(ctx, action)
	if err != nil {
		return Operation{}, err
	}
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return Operation{}, access.Missing()
	}
	o, err := s.store.Operation(ctx, p.Workspace, ledger.ID(number))
	return o, missing(err)
}

func missing(err error) error {
	if errors.Is(err, ledger.ErrNotFound) {
		return access.Missing()
	}
	return err
}

// FaultsError is everything that is wrong with an operation that was to be saved.
type FaultsError struct{ Faults []*fault.Fault }

// Error implements error.
func (e *FaultsError) Error() string { return e.Faults[0].Error() }

// Unwrap gives the first fault.
func (e *FaultsError) Unwrap() error { return e.Faults[0] }

// saved gives the saved form of a body that has no faults.
func saved(name string, body []byte) ([]byte, error) {
	o, faults := derived.Read(name, body)
	if len([]rune(name)) > MaxName {
		faults = append(faults, fault.New("operation.name_too_long", "a name has at most %d characters", MaxName).At("name").Classed(fault.Config))
	}
	if len(faults) > 0 {
		return nil, &FaultsError{faults}
	}
	return o.JSON(), nil
}

// Create makes an operation. Its body is checked by itself; whether the connector has its
// base is asked where a flow uses it, for connectors change.
func (s *Service) Create(ctx context.Context, name string, body []byte) (Operation, error) {
	p, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Operation{}, err
	}
	text, err := saved(name, body)
	if err != nil {
		return Operation{}, err
	}
	id, made, err := s.store.Insert(ctx, Operation{Workspace: p.Workspace, Name: name, Body: text, Version: 1, Updated: ledger.At(s.clock())})
	if err != nil {
		return Operation{}, err
	}
	if !made {
		return Operation{}, fault.New("operation.exists", "there is a derived operation %s already", name).At("name").Classed(fault.Duplicate).
			Hinted("change that one, or give this one another name")
	}
	s.log.InfoContext(ctx, "a derived operation was made", "operation", name, "by", p.Name)
	return s.Get(ctx, strconv.FormatInt(int64(id), 10))
}

// Save replaces an operation's body if its version is still the given one, else the error
// is "operation.changed". Published flows keep the operation they were published with.
func (s *Service) Save(ctx context.Context, id string, version int64, body []byte) (Operation, error) {
	o, err := s.find(ctx, access.Edit, id)
	if err != nil {
		return o, err
	}
	text, err := saved(o.Name, body)
	if err != nil {
		return o, err
	}
	done, err := s.store.Replace(ctx, o.ID, version, text, ledger.At(s.clock()))
	if err != nil {
		return o, missing(err)
	}
	if !done {
		return o, fault.New("operation.changed", "somebody changed the derived operation meanwhile").Classed(fault.Config).Hinted("look at it again and save once more")
	}
	return s.Get(ctx, id)
}

// Delete removes an operation that no flow names.
func (s *Service) Delete(ctx context.Context, id string) error {
	o, err := s.find(ctx, access.Edit, id)
	if err != nil {
		return err
	}
	users, err := s.users(ctx, o.Workspace)
	if err != nil {
		return err
	}
	if by := users[o.Name]; len(by) > 0 {
		return usage.Refuse(fault.New("operation.in_use", "%d flows use the derived operation", len(by)), by)
	}
	if err := s.store.Delete(ctx, o.ID); err != nil {
		return missing(err)
	}
	p, _ := access.Of(ctx)
	s.log.InfoContext(ctx, "a derived operation was deleted", "operation", o.Name, "by", p.Name)
	return nil
}

// Lookup gives the body of an operation of a workspace, nil where there is none. It does
// not ask who calls.
func (s *Service) Lookup(ctx context.Context, workspace ledger.ID, name string) ([]byte, error) {
	o, err := s.store.Named(ctx, workspace, name)
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	return o.Body, err
}

// Derived implements catalog.Derived.
func (s *Service) Derived(ctx context.Context) (map[string][]byte, error) {
	p, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	all, err := s.store.Operations(ctx, p.Workspace)
	bodies := make(map[string][]byte, len(all))
	for _, o := range all {
		bodies[o.Name] = o.Body
	}
	return bodies, err
}

// users gives the flows of a workspace by the names of the operations they use.
func (s *Service) users(ctx context.Context, workspace ledger.ID) (map[string][]usage.Flow, error) {
	documents, err := s.store.Documents(ctx, workspace)
	return usage.By(documents, func(text []byte) []string {
		docs, err := flow.Parse(text)
		if err != nil || len(docs) != 1 {
			return nil
		}
		return named(docs[0])
	}), err
}

// named gives the derived operations that a document's nodes name, each once, in order.
func named(doc *flow.Document) []string {
	var names []string
	for _, n := range doc.Spec.Nodes {
		name := item.Of(n.Settings).Field("operation").Text()
		if _, _, made := derived.Split(name); made && n.Connection != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Embedded implements draft.Operations.
func (s *Service) Embedded(ctx context.Context, workspace ledger.ID, doc *flow.Document) (map[string]json.RawMessage, error) {
	found := map[string]json.RawMessage{}
	for _, name := range named(doc) {
		if _, own := doc.Spec.Operations[name]; own {
			continue
		}
		body, err := s.Lookup(ctx, workspace, name)
		if err != nil {
			return nil, err
		}
		if body != nil { // else the connector's own, or a problem of the flow
			found[name] = body
		}
	}
	return found, nil
}

// Restore implements draft.Operations. All are compared before the first is made. Those
// that can't be used stay in the document, which names their problems.
func (s *Service) Restore(ctx context.Context, workspace ledger.ID, doc *flow.Document) error {
	bodies, fresh := map[string][]byte{}, []string{}
	for _, name := range slices.Sorted(maps.Keys(doc.Spec.Operations)) {
		body, err := saved(name, doc.Spec.Operations[name])
		if err != nil {
			continue
		}
		known, err := s.Lookup(ctx, workspace, name)
		switch {
		case err != nil:
			return err
		case known == nil:
			fresh = append(fresh, name)
		case string(known) != string(body):
			return conflict(name)
		}
		bodies[name] = body
	}
	for _, name := range fresh {
		o := Operation{Workspace: workspace, Name: name, Body: bodies[name], Version: 1, Updated: ledger.At(s.clock())}
		if _, made, err := s.store.Insert(ctx, o); err != nil {
			return err
		} else if !made {
			return conflict(name) // somebody made it just now
		}
	}
	if len(bodies) == 0 {
		return nil
	}
	rest := maps.Clone(doc.Spec.Operations)
	maps.DeleteFunc(rest, func(name string, _ json.RawMessage) bool { return bodies[name] != nil })
	doc.Spec.Operations = rest
	return nil
}

func conflict(name string) *fault.Fault {
	return fault.New("operation.conflict", "the workspace has another derived operation named %s", name).At("spec.operations." + name).Classed(fault.Duplicate).
		Hinted("take the operation out of the document to use the workspace's, or give one of the two another name")
}
