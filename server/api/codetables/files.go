package codetables

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/codetable"
)

type codeFileView struct {
	CodeChanges

	Blank       int                  `json:"blank" doc:"Rows without a target, which are left out"`
	Differences []codeDifferenceView `json:"differences" doc:"The first of what the file changes"`
	Problems    []codeFileProblem    `json:"problems" doc:"The first problems"`
	Found       int                  `json:"found" doc:"How many problems there are"`
	Blocking    int                  `json:"blocking" doc:"How many of them keep the file from being imported"`
	Sheets      []string             `json:"sheets" doc:"Those of a workbook"`
}

type codeDifferenceView struct {
	Kind   string         `json:"kind" enum:"added,changed,removed"`
	Source string         `json:"source"`
	Before *CodeRowChange `json:"before,omitempty"`
	After  *CodeRowChange `json:"after,omitempty"`
}

type codeFileProblem struct {
	Row      int    `json:"row" doc:"The row of the sheet, or the line of a CSV file"`
	Path     string `json:"path,omitempty"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
	Blocking bool   `json:"blocking"`
}

type importInput struct {
	rest.IDInput

	Replace bool   `query:"replace" doc:"Take rows out that the file does not have"`
	Sheet   string `query:"sheet" doc:"The sheet of a workbook; the first when it is left out"`
	Version int64  `query:"version" doc:"That of the table for which the preview was made; the import is refused when the table has another one"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (in *importInput) file() codetable.Import {
	return codetable.Import{File: in.RawBody, Sheet: in.Sheet, Replace: in.Replace, Version: in.Version}
}

type exportInput struct {
	rest.IDInput

	Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
}

type fileAnswer struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

func (s *server) fileRoutes(api huma.API) {
	huma.Register(api, rest.Op(http.MethodPost, "/code-tables/{id}/import/preview", "previewCodeFile", "What the rows of an XLSX or CSV file would change", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *importInput) (*rest.Body[codeFileView], error) {
			p, err := s.tables.Preview(ctx, in.ID, in.file())
			return rest.Answer(s.viewFile(ctx, p), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/code-tables/{id}/import", "importCodeFile", "Take the rows of an XLSX or CSV file, all or none", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *importInput) (*rest.Body[codeFileView], error) {
			p, err := s.tables.Import(ctx, in.ID, in.file())
			return rest.Answer(s.viewFile(ctx, p), err)
		}))
	export := rest.Op(http.MethodGet, "/code-tables/{id}/export", "exportCodeTable", "All rows as a file that can be imported", 0)
	export.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}}
	huma.Register(api, export, rest.Handle(s.Kit, s.export))
}

func (s *server) export(ctx context.Context, in *exportInput) (*fileAnswer, error) {
	var file bytes.Buffer
	format := spreadsheet.Format(in.Format)
	t, err := s.tables.Export(ctx, in.ID, format, rest.AboutOf(ctx).Language == problem.Chinese, &file)
	if err != nil {
		return nil, err
	}
	kind := "text/csv; charset=utf-8"
	if format == spreadsheet.XLSX {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	name := strings.NewReplacer(`\`, "_", "/", "_", ":", "_", "*", "_", "?", "_", `"`, "_", "<", "_", ">", "_", "|", "_").Replace(t.Title) + "." + in.Format
	return &fileAnswer{kind, mime.FormatMediaType("attachment", map[string]string{"filename": name}), file.Bytes()}, nil
}

func (s *server) viewFile(ctx context.Context, p codetable.Preview) codeFileView {
	view := codeFileView{
		CodeChanges: viewChanges(p.Done), Blank: p.Blank, Found: p.Found, Blocking: p.Blocking, Sheets: append([]string{}, p.Sheets...),
		Differences: make([]codeDifferenceView, len(p.Differences)), Problems: make([]codeFileProblem, len(p.Problems)),
	}
	side := func(r codetable.Row) *CodeRowChange {
		if r.Source == "" {
			return nil
		}
		return &CodeRowChange{r.Source, r.Target, r.Note}
	}
	for i, d := range p.Differences {
		view.Differences[i] = codeDifferenceView{"changed", d.Source(), side(d.Before), side(d.After)}
		switch {
		case d.Before.Source == "":
			view.Differences[i].Kind = "added"
		case d.After.Source == "":
			view.Differences[i].Kind = "removed"
		}
	}
	for i, one := range p.Problems {
		f := one.Fault
		message, hint := s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, f.Hint, f.Args)
		view.Problems[i] = codeFileProblem{one.Row, f.Path, f.Code, message, hint, one.Blocking}
	}
	return view
}
