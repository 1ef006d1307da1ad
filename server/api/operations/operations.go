// Package operations is the part of the interface that is about derived operations (自定义接口).
//
// It may import huma, server/api/rest, server/catalog, server/discovery, server/operation,
// engine/flow, engine/plan/derived and the sdk's leaves: never another service, a store or gin.
package operations

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/plan/derived"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/discovery"
	"github.com/karezflow/karez/server/operation"
)

type derivedView struct {
	ID        string          `json:"id"`
	Name      string          `json:"name" doc:"<base>#<form>, what nodes name it by; never changes"`
	Body      json.RawMessage `json:"body" doc:"connector, title, params, request, response"`
	Version   int64           `json:"version"`
	UsedBy    []derivedUser   `json:"usedBy" doc:"Flows that name it in their draft or newest version"`
	UpdatedAt *time.Time      `json:"updatedAt"`
}

type derivedUser struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type derivedInput struct {
	Body struct {
		Name string          `json:"name" doc:"<base>#<form>, for example executeBillQuery#SAL_SaleOrder"`
		Body json.RawMessage `json:"body" doc:"connector, title, params, request, response"`
	}
}

type saveDerivedInput struct {
	rest.IDInput

	Body struct {
		Version int64           `json:"version" doc:"The one that was read"`
		Body    json.RawMessage `json:"body"`
	}
}

type derivedDraftView struct {
	Name string          `json:"name"`
	Body json.RawMessage `json:"body"`
}

type draftDerivedInput struct {
	Body struct {
		Connector  string          `json:"connector,omitempty" doc:"Of the sample"`
		Connection string          `json:"connection,omitempty" doc:"Whose system is asked, where there is no sample"`
		Operation  string          `json:"operation" doc:"The base"`
		Form       string          `json:"form" doc:"What stands behind the # of the name, and the value of the base's form parameter"`
		Sample     json.RawMessage `json:"sample,omitempty" doc:"A document, or a list of rows"`
		Request    bool            `json:"request,omitempty" doc:"The sample is what is sent, not what is answered"`
	}
}

type fieldsFileInput struct {
	Connector string `query:"connector" required:"true"`
	Sheet     string `query:"sheet" doc:"The sheet of a workbook; the first when it is left out"`
	RawBody   []byte `contentType:"application/octet-stream"`
}

type server struct {
	*rest.Kit

	operations *operation.Service
	catalog    *catalog.Service
	discovery  *discovery.Service
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, operations *operation.Service, known *catalog.Service, asked *discovery.Service) {
	s := &server{kit, operations, known, asked}
	answer := func(o operation.Operation, err error) (*rest.Body[derivedView], error) {
		return rest.Answer(viewDerived(o), listed(err))
	}
	huma.Register(api, rest.Op(http.MethodGet, "/operations", "listDerivedOperations", "The derived operations by name", 0),
		rest.Handle(kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[derivedView]], error) {
			all, err := operations.List(ctx)
			return rest.Answer(rest.Listed(all, "", viewDerived), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/operations", "createDerivedOperation", "Make a derived operation", http.StatusCreated),
		rest.Handle(kit, func(ctx context.Context, in *derivedInput) (*rest.Body[derivedView], error) {
			return answer(operations.Create(ctx, in.Body.Name, in.Body.Body))
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/operations/{id}", "getDerivedOperation", "A derived operation", 0),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[derivedView], error) {
			return answer(operations.Get(ctx, in.ID))
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/operations/{id}", "saveDerivedOperation", "Change a derived operation; published flows keep theirs", 0),
		rest.Handle(kit, func(ctx context.Context, in *saveDerivedInput) (*rest.Body[derivedView], error) {
			return answer(operations.Save(ctx, in.ID, in.Body.Version, in.Body.Body))
		}))
	huma.Register(api, rest.Op(http.MethodDelete, "/operations/{id}", "deleteDerivedOperation", "Delete a derived operation that no flow names", http.StatusNoContent),
		rest.Handle(kit, func(ctx context.Context, in *rest.IDInput) (*struct{}, error) {
			return nil, operations.Delete(ctx, in.ID)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/operations/draft", "draftDerivedOperation", "What a derived operation of a sample, or of a system's form, would be", 0),
		rest.Handle(kit, s.draft))
	huma.Register(api, rest.Op(http.MethodPost, "/operations/draft/file", "draftDerivedOperations", "What the derived operations of an XLSX or CSV file of fields would be", 0),
		rest.Handle(kit, func(ctx context.Context, in *fieldsFileInput) (*rest.Body[rest.List[derivedDraftView]], error) {
			drafts, err := operations.FromFile(ctx, in.Connector, s.formOf(ctx, in.Connector), in.RawBody, in.Sheet)
			return rest.Answer(rest.Listed(drafts, "", viewDraft), err)
		}))
}

// formOf tells the form parameters of a connector's operations. What it has not, is told when
// the operation is used.
func (s *server) formOf(ctx context.Context, connector string) func(base string) string {
	return func(base string) string {
		op, err := s.catalog.Operation(ctx, connector, "", base)
		if err != nil {
			return ""
		}
		return op.Form
	}
}

// draft reads the sample or asks the system. Nothing is saved.
func (s *server) draft(ctx context.Context, in *draftDerivedInput) (*rest.Body[derivedDraftView], error) {
	b := in.Body
	if len(b.Sample) > 0 {
		body := derived.Operation{Connector: b.Connector}
		if base, err := s.catalog.Operation(ctx, b.Connector, "", b.Operation); err != nil {
			return nil, err
		} else if base.Form != "" {
			body.Params = []derived.Param{{Field: base.Form, Value: b.Form}}
		}
		d, err := s.operations.FromSample(ctx, b.Operation+"#"+b.Form, body, b.Sample, b.Request)
		return rest.Answer(viewDraft(d), err)
	}
	found, err := s.discovery.Of(ctx, b.Connection, b.Operation, b.Form, false)
	if err != nil {
		return nil, err
	}
	base, err := s.catalog.Operation(ctx, found.Connector, found.Version, b.Operation)
	if err != nil {
		return nil, err
	}
	return rest.Answer(viewDraft(operation.FromForm(found.Connector, b.Operation, base.Form, base.Fields, found.Form)), nil)
}

func viewDraft(d operation.Draft) derivedDraftView { return derivedDraftView{d.Name, d.Body.JSON()} }

func viewDerived(o operation.Operation) derivedView {
	view := derivedView{ID: rest.IDText(o.ID), Name: o.Name, Body: o.Body, Version: o.Version, UsedBy: make([]derivedUser, len(o.UsedBy)), UpdatedAt: rest.When(o.Updated)}
	for i, u := range o.UsedBy {
		view.UsedBy[i] = derivedUser(u)
	}
	return view
}

func listed(err error) error {
	if all, ok := errors.AsType[*operation.FaultsError](err); ok {
		return problem.AllOf(all, all.Faults)
	}
	return err
}
