// Package discovery asks a connection's system which fields one of its objects has: those of
// a form that the connector does not list, or that the customer added to one.
//
// It may import server/access, server/catalog, engine/ledger and the sdk: never a database,
// HTTP or another service.
package discovery

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
)

const (
	// keptFor is how long an answer is given again without asking the system.
	keptFor = 5 * time.Minute
	// patience is how long somebody waits for an answer.
	patience = 30 * time.Second
	// mostKept is how many answers are kept at most.
	mostKept = 500
)

// Connections open the connections of a workspace by name.
type Connections interface {
	// Revision grows with every change of the connection.
	Revision(ctx context.Context, name string) (int64, error)
	Manifest(ctx context.Context, workspace ledger.ID, name string) (*manifest.Manifest, error)
	Open(ctx context.Context, workspace ledger.ID, name string) (ledger.ID, connector.Session, error)
}

// Service asks systems for fields. It is safe for concurrent use.
type Service struct {
	connections Connections
	clock       func() time.Time

	mu   sync.Mutex
	kept map[question]answer
}

type question struct {
	workspace       ledger.ID
	connection      string
	revision        int64
	version         string
	operation, form string
}

type answer struct {
	form catalog.Form
	at   time.Time
}

// New makes a Service.
func New(connections Connections, clock func() time.Time) *Service {
	return &Service{connections: connections, clock: clock, kept: map[question]answer{}}
}

// Fields are what an operation asks for and gives on a form of its object.
type Fields struct {
	catalog.Form

	// At is when the system was asked.
	At time.Time
	// Connector and Version are those of the connection.
	Connector, Version string
}

// Of gives the fields of an operation on a form: what the connector declares, and behind it
// what the system tells. An answer is given again for some minutes unless it is to be fresh.
// It fails with "object.missing" where there is no such operation, "discovery.not_offered"
// where its fields can't be asked for, "discovery.form_missing", and with what the
// system answered.
func (s *Service) Of(ctx context.Context, connection, operation, form string, fresh bool) (Fields, error) {
	caller, err := access.Here(ctx, access.Edit)
	if err != nil {
		return Fields{}, err
	}
	revision, err := s.connections.Revision(ctx, connection)
	if err != nil {
		return Fields{}, err
	}
	m, err := s.connections.Manifest(ctx, caller.Workspace, connection)
	if err != nil {
		return Fields{}, err
	}
	op, ok := m.Operation(operation)
	switch {
	case !ok:
		return Fields{}, access.Missing()
	case op.Form == "":
		return Fields{}, notOffered(m, op)
	case form == "":
		return Fields{}, fault.New("discovery.form_missing", "%s needs a value first: the fields depend on it", op.Form).
			At("form").Classed(fault.Config).Arg("parameter", op.Form)
	}
	q := question{caller.Workspace, connection, revision, m.Version, operation, form}
	if a, ok := s.known(q); ok && !fresh {
		return Fields{a.form, a.at, m.ID, m.Version}, nil
	}
	request, response, err := s.ask(ctx, q, m, op)
	if err != nil {
		return Fields{}, err
	}
	a := answer{catalog.FormOf(op, merged(op, form, request, response)), s.clock()}
	s.keep(q, a)
	return Fields{a.form, a.at, m.ID, m.Version}, nil
}

func (s *Service) ask(ctx context.Context, q question, m *manifest.Manifest, op *manifest.Operation) (request, response []field.Field, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, session, err := s.connections.Open(ctx, q.workspace, q.connection)
	if err != nil {
		return nil, nil, err
	}
	discoverer, ok := session.(connector.Discoverer)
	if !ok {
		return nil, nil, notOffered(m, op)
	}
	in, out, err := discoverer.Discover(ctx, op.Name, q.form)
	if err != nil {
		return nil, nil, m.Classify(op.Name, fault.From(err))
	}
	if err := decode(in, &request); err != nil {
		return nil, nil, err
	}
	return request, response, decode(out, &response)
}

func decode(raw []byte, into *[]field.Field) error {
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fault.New("discovery.unreadable", "the connector tells fields in a form that can't be read").Classed(fault.Internal).Because(err)
	}
	return nil
}

func notOffered(m *manifest.Manifest, op *manifest.Operation) error {
	return fault.New("discovery.not_offered", "%s tells no fields of %s", m.Title.ZH, op.Title.ZH).Classed(fault.Config).
		Arg("connector", m.Title.ZH).Arg("operation", op.Title.ZH).Hinted("type the fields in, or take a sample of real documents")
}

// merged puts what the system tells behind what is declared for a form.
func merged(op *manifest.Operation, id string, request, response []field.Field) manifest.Form {
	form := manifest.Form{ID: id, Title: field.Text{ZH: id}}
	if at := slices.IndexFunc(op.Forms, func(f manifest.Form) bool { return f.ID == id }); at >= 0 {
		form = op.Forms[at]
	}
	form.Request = behind(form.Request, without(request, op.Request))
	form.Response = behind(form.Response, without(response, op.Response))
	return form
}

func without(found, declared []field.Field) []field.Field {
	return slices.DeleteFunc(slices.Clone(found), func(f field.Field) bool {
		return slices.ContainsFunc(declared, func(d field.Field) bool { return d.Name == f.Name })
	})
}

// behind gives the declared fields and those found besides, within lists and objects too.
func behind(declared, found []field.Field) []field.Field {
	out := slices.Clone(declared)
	for _, f := range found {
		at := slices.IndexFunc(out, func(d field.Field) bool { return d.Name == f.Name })
		switch {
		case at < 0:
			out = append(out, f)
		case len(out[at].Children) > 0:
			out[at].Children = behind(out[at].Children, f.Children)
		}
	}
	return out
}

func (s *Service) known(q question) (answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.kept[q]
	return a, ok && s.clock().Sub(a.at) < keptFor
}

// keep stores an answer, and lets those go that are too old.
func (s *Service) keep(q question, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for old, b := range s.kept {
		if a.at.Sub(b.at) >= keptFor || len(s.kept) >= mostKept {
			delete(s.kept, old)
		}
	}
	s.kept[q] = a
}
