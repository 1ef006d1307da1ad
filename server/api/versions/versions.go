// Package versions is the part of the interface that is about the published versions of a
// flow: what they are, how they differ, and going back to one.
//
// It may import huma, server/api/rest, server/draft, server/versions, engine/flow/diff,
// sdk/fault and sdk/field: never another service, a store or gin.
package versions

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/flow/diff"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/versions"
)

// Flows is what the routes need of the flows.
type Flows interface {
	History(ctx context.Context, publicID string) (draft.History, error)
	VersionNo(ctx context.Context, publicID string, no int) (draft.Version, error)
}

type flowVersion struct {
	No        int        `json:"no"`
	Note      string     `json:"note"`
	Author    string     `json:"author" doc:"Who published it; empty for the command line"`
	CreatedAt *time.Time `json:"createdAt"`
	Hash      string     `json:"hash" doc:"SHA-256 of the document and its derived operations: versions with the same one do the same"`
	From      int        `json:"from,omitempty" doc:"The version whose document was published again"`
	Newest    bool       `json:"newest" doc:"What is read from now on walks with it"`
	InFlight  int        `json:"inFlight" doc:"Documents that are queued or tried again and walk with it"`
	Editors   []editor   `json:"editors" doc:"Who saved the draft on the way to it, the last first"`
}

type editor struct {
	Name  string     `json:"name" doc:"Empty for the command line"`
	First *time.Time `json:"first"`
	Last  *time.Time `json:"last"`
}

type flowHistory struct {
	Items        []flowVersion `json:"items" doc:"The newest first"`
	DraftEditors []editor      `json:"draftEditors" doc:"Who saved the draft since the newest version"`
	Dirty        bool          `json:"dirty" doc:"The draft is not what the newest version holds"`
	DraftVersion int64         `json:"draftVersion"`
	Enabled      bool          `json:"enabled"`
}

type versionDocument struct {
	No        int             `json:"no"`
	Note      string          `json:"note"`
	Author    string          `json:"author"`
	CreatedAt *time.Time      `json:"createdAt"`
	Hash      string          `json:"hash"`
	Document  json.RawMessage `json:"document"`
}

// FlowInput names a flow by its public id.
type FlowInput struct {
	ID string `path:"id"`
}

type versionInput struct {
	FlowInput

	No int `path:"no"`
}

type diffInput struct {
	FlowInput

	From string `query:"from" required:"true" doc:"The number of a version, draft, or nothing for a flow without nodes"`
	To   string `query:"to" default:"draft" doc:"The number of a version, or draft"`
}

type mappingInput struct {
	FlowInput

	Format  string `query:"format" enum:"xlsx,md" default:"xlsx"`
	Lang    string `query:"lang" enum:"zh-CN,en" doc:"That of the request where it is left out"`
	Version string `query:"version" doc:"The number of a version, or draft; the newest version where it is left out"`
}

type compareFlowsInput struct {
	Body struct {
		From json.RawMessage `json:"from"`
		To   json.RawMessage `json:"to"`
	}
}

type ledgerColumn struct {
	Path  string     `json:"path" doc:"As the list of documents takes it for a field"`
	Title field.Text `json:"title"`
	Type  field.Type `json:"type,omitempty"`
	Node  string     `json:"node" doc:"The first node that reads documents with it"`
}

// Titles gives what the columns of a flow's documents are called, by their paths: for a reader
// of Chinese or of English. What nobody knows is not among them.
func Titles(service *versions.Service) func(ctx context.Context, flow string, chinese bool) map[string]string {
	return func(ctx context.Context, flow string, chinese bool) map[string]string {
		all, err := service.Columns(ctx, flow)
		if err != nil {
			return nil // the paths say it too
		}
		titles := make(map[string]string, len(all))
		for _, c := range all {
			titles[c.Path] = c.Title.ZH
			if !chinese {
				titles[c.Path] = cmp.Or(c.Title.EN, c.Title.ZH)
			}
		}
		return titles
	}
}

// Routes adds the operations but the rollback, which answers with a flow.
func Routes(api huma.API, kit *rest.Kit, flows Flows, service *versions.Service) {
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/versions", "listVersions", "A flow's published versions, the newest first, and who changed what", 0),
		rest.Handle(kit, func(ctx context.Context, in *FlowInput) (*rest.Body[flowHistory], error) {
			h, err := flows.History(ctx, in.ID)
			return rest.Answer(historyOf(h), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/versions/{no}", "getVersion", "A published version with its document", 0),
		rest.Handle(kit, func(ctx context.Context, in *versionInput) (*rest.Body[versionDocument], error) {
			v, err := flows.VersionNo(ctx, in.ID, in.No)
			return rest.Answer(versionDocument{No: v.No, Note: v.Note, Author: v.Author, CreatedAt: rest.When(v.Created), Hash: v.Hash, Document: v.Document}, err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/columns", "listColumns", "The fields of the documents that a flow reads, which the ledger may show as columns", 0),
		rest.Handle(kit, func(ctx context.Context, in *FlowInput) (*rest.Body[rest.List[ledgerColumn]], error) {
			all, err := service.Columns(ctx, in.ID)
			return rest.Answer(rest.Listed(all, "", func(c versions.Column) ledgerColumn { return ledgerColumn(c) }), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/diff", "diffVersions", "How two versions of a flow differ, as people think of them", 0),
		rest.Handle(kit, func(ctx context.Context, in *diffInput) (*rest.Body[diff.Diff], error) {
			return rest.Answer(service.Diff(ctx, in.ID, in.From, in.To))
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/flows/compare", "compareFlows", "How two documents differ that need not be saved", 0),
		rest.Handle(kit, func(ctx context.Context, in *compareFlowsInput) (*rest.Body[diff.Diff], error) {
			return rest.Answer(service.Compare(ctx, in.Body.From, in.Body.To))
		}))
	document := rest.Op(http.MethodGet, "/flows/{id}/mapping-document", "downloadMappingDocument", "What a flow reads, maps and writes, as a file for people", 0)
	document.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}}
	huma.Register(api, document, rest.Handle(kit, func(ctx context.Context, in *mappingInput) (*huma.StreamResponse, error) {
		return mappingDocument(ctx, service, in)
	}))
}

// mappingDocument makes the whole file first, so that nobody gets half of one.
func mappingDocument(ctx context.Context, service *versions.Service, in *mappingInput) (*huma.StreamResponse, error) {
	book, err := service.MappingDocument(ctx, in.ID, in.Version, cmp.Or(in.Lang, rest.AboutOf(ctx).Language) != "en")
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	write, kind := book.Workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	if in.Format == "md" {
		write, kind = book.Markdown, "text/markdown; charset=utf-8"
	}
	if err := write(&file); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		out.SetHeader("Content-Type", kind)
		out.SetHeader("Content-Length", strconv.Itoa(file.Len()))
		out.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "mapping." + in.Format}))
		_, _ = out.BodyWriter().Write(file.Bytes()) // a client that went away is nobody's fault
	}}, nil
}

func historyOf(h draft.History) flowHistory {
	out := flowHistory{Items: []flowVersion{}, Dirty: h.Flow.Dirty, DraftVersion: h.Flow.DraftVersion, Enabled: h.Flow.Enabled}
	editors := func(no int) []editor {
		found := []editor{}
		for _, e := range h.Edits {
			if e.No == no {
				found = append(found, editor{e.Author, rest.When(e.First), rest.When(e.Last)})
			}
		}
		return found
	}
	for _, v := range h.Versions {
		out.Items = append(out.Items, flowVersion{
			No: v.No, Note: v.Note, Author: v.Author, CreatedAt: rest.When(v.Created), Hash: v.Hash, From: v.From,
			Newest: v.ID == h.Flow.PublishedID, InFlight: h.InFlight[v.ID], Editors: editors(v.No),
		})
	}
	out.DraftEditors = editors(h.Flow.Published + 1)
	return out
}
