// Package codetables is the part of the interface that is about code tables.
//
// It may import huma, server/api/rest, server/codetable, sdk/spreadsheet,
// engine/flow and the sdk's leaves: never another service, a store or gin.
package codetables

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/codetable"
)

type codeTableView struct {
	ID        string          `json:"id"`
	Name      string          `json:"name" doc:"What flows name it by; never changes"`
	Title     string          `json:"title"`
	Version   int64           `json:"version" doc:"Changes with the rows"`
	Rows      int             `json:"rows"`
	Missing   int             `json:"missing" doc:"Codes that documents wait for"`
	Waiting   int             `json:"waiting" doc:"Documents that wait for them"`
	Ambiguous int             `json:"ambiguous" doc:"Targets that several sources have; counted where one table is asked for"`
	UsedBy    []codeTableUser `json:"usedBy" doc:"Flows that name it in their draft or newest version"`
	UpdatedAt *time.Time      `json:"updatedAt"`
}

type codeTableUser struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type codeRowView struct {
	Source    string     `json:"source"`
	Target    string     `json:"target"`
	Note      string     `json:"note"`
	Shared    int        `json:"shared" doc:"How many other sources have the same target, so that it can't be translated back"`
	UpdatedAt *time.Time `json:"updatedAt"`
}

// CodeRowChange is a row as a person writes it.
type CodeRowChange struct {
	Source string `json:"source"`
	Target string `json:"target"`
	Note   string `json:"note,omitempty"`
}

// CodeChanges counts what became of rows.
type CodeChanges struct {
	Version   int64 `json:"version"`
	Added     int   `json:"added"`
	Changed   int   `json:"changed"`
	Removed   int   `json:"removed"`
	Unchanged int   `json:"unchanged"`
}

type missingCodeView struct {
	Table      string `json:"table"`
	Name       string `json:"name"`
	TableTitle string `json:"tableTitle"`
	Code       string `json:"code"`
	Reverse    bool   `json:"reverse" doc:"The code is one of the target side"`
	Documents  int    `json:"documents" doc:"How many wait for it"`
	Document   string `json:"document" doc:"One of them"`
	Number     string `json:"number" doc:"Its number, or its key"`
	Flow       string `json:"flow"`
	FlowTitle  string `json:"flowTitle"`
}

type missingCodesView struct {
	Items []missingCodeView `json:"items"`
	Total int               `json:"total" doc:"How many codes are missing, also where not all of them are listed"`
}

type codeTableInput struct {
	Body struct {
		Name  string `json:"name" doc:"What flows name it by; can't be changed"`
		Title string `json:"title,omitempty" doc:"The name when it is left out"`
	}
}

type codeTableTitleInput struct {
	rest.IDInput

	Body struct {
		Title string `json:"title"`
	}
}

type codeRowFilter struct {
	rest.IDInput
	rest.Paging

	Search string `query:"search" doc:"Stands in a source, a target or a note"`
	Shared bool   `query:"shared" doc:"Only rows whose target several sources have"`
}

type codeRowsInput struct {
	rest.IDInput

	Body struct {
		Rows []CodeRowChange `json:"rows" doc:"A row with the source of one that is there takes its place"`
	}
}

type codeSourcesInput struct {
	rest.IDInput

	Body struct {
		Sources []string `json:"sources"`
	}
}

type server struct {
	*rest.Kit

	tables *codetable.Service
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, tables *codetable.Service) {
	s := &server{kit, tables}
	s.tableRoutes(api)
	s.rowRoutes(api)
	s.fileRoutes(api)
}

func viewTable(t codetable.Table) codeTableView {
	view := codeTableView{
		ID: rest.IDText(t.ID), Name: t.Name, Title: t.Title, Version: t.Version, Rows: t.Rows, Missing: t.Missing, Waiting: t.Waiting,
		Ambiguous: t.Ambiguous, UsedBy: make([]codeTableUser, len(t.UsedBy)), UpdatedAt: rest.When(t.Updated),
	}
	for i, u := range t.UsedBy {
		view.UsedBy[i] = codeTableUser(u)
	}
	return view
}

func (s *server) tableRoutes(api huma.API) {
	answer := func(t codetable.Table, err error) (*rest.Body[codeTableView], error) {
		return rest.Answer(viewTable(t), err)
	}
	huma.Register(api, rest.Op(http.MethodGet, "/code-tables", "listCodeTables", "The code tables by title", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[codeTableView]], error) {
			all, err := s.tables.List(ctx)
			return rest.Answer(rest.Listed(all, "", viewTable), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/code-tables", "createCodeTable", "Make an empty code table", http.StatusCreated),
		rest.Handle(s.Kit, func(ctx context.Context, in *codeTableInput) (*rest.Body[codeTableView], error) {
			return answer(s.tables.Create(ctx, in.Body.Name, in.Body.Title))
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/code-tables/{id}", "getCodeTable", "A code table", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[codeTableView], error) {
			return answer(s.tables.Get(ctx, in.ID))
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/code-tables/{id}", "renameCodeTable", "Change a code table's title", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *codeTableTitleInput) (*rest.Body[codeTableView], error) {
			return answer(s.tables.Rename(ctx, in.ID, in.Body.Title))
		}))
	huma.Register(api, rest.Op(http.MethodDelete, "/code-tables/{id}", "deleteCodeTable", "Delete a code table that no flow names", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*struct{}, error) {
			return nil, s.tables.Delete(ctx, in.ID)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/code-tables/missing", "listMissingCodes", "The codes of all tables that documents wait for", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[missingCodesView], error) {
			return s.missing(ctx, "")
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/code-tables/{id}/missing", "listMissingCodesOf", "The codes of a table that documents wait for", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*rest.Body[missingCodesView], error) {
			return s.missing(ctx, in.ID)
		}))
}

func (s *server) missing(ctx context.Context, table string) (*rest.Body[missingCodesView], error) {
	found, total, err := s.tables.Missing(ctx, table)
	view := missingCodesView{Items: make([]missingCodeView, len(found)), Total: total}
	for i, m := range found {
		view.Items[i] = missingCodeView{
			Table: rest.IDText(m.Table), Name: m.Name, TableTitle: m.TableTitle, Code: m.Code, Reverse: m.Reverse, Documents: m.Documents,
			Document: rest.IDText(m.Document), Number: m.Number, Flow: m.Flow, FlowTitle: m.FlowTitle,
		}
	}
	return rest.Answer(view, err)
}

func viewRow(r codetable.Row) codeRowView {
	return codeRowView{Source: r.Source, Target: r.Target, Note: r.Note, Shared: r.Shared, UpdatedAt: rest.When(r.Updated)}
}

func viewChanges(d codetable.Done) CodeChanges {
	return CodeChanges{Version: d.Version, Added: d.Added, Changed: d.Changed, Removed: d.Removed, Unchanged: d.Unchanged}
}

func (s *server) rowRoutes(api huma.API) {
	huma.Register(api, rest.Op(http.MethodGet, "/code-tables/{id}/rows", "listCodeRows", "Rows in the order of their sources", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *codeRowFilter) (*rest.Body[rest.List[codeRowView]], error) {
			page, err := s.tables.Page(ctx, in.ID, codetable.Filter{Text: in.Search, Shared: in.Shared, After: in.After, Limit: in.Limit})
			return rest.Answer(rest.Listed(page.Items, page.Next, viewRow), err)
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/code-tables/{id}/rows", "putCodeRows", "Add rows or change them; documents that wait for them go on", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *codeRowsInput) (*rest.Body[CodeChanges], error) {
			rows := make([]codetable.Row, len(in.Body.Rows))
			for i, r := range in.Body.Rows {
				rows[i] = codetable.Row{Source: r.Source, Target: r.Target, Note: r.Note}
			}
			done, err := s.tables.Put(ctx, in.ID, rows)
			return rest.Answer(viewChanges(done), listed(err))
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/code-tables/{id}/rows/delete", "deleteCodeRows", "Delete rows by their sources", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *codeSourcesInput) (*rest.Body[CodeChanges], error) {
			done, err := s.tables.Remove(ctx, in.ID, in.Body.Sources)
			return rest.Answer(viewChanges(done), err)
		}))
}

func listed(err error) error {
	if all, ok := errors.AsType[*codetable.FaultsError](err); ok {
		return problem.AllOf(all, all.Faults)
	}
	return err
}
