// Package dryruns is the part of the interface that runs flows dry.
//
// It may import huma, server/api/rest, server/api/problem, server/draft, server/dryrun,
// the sdk's leaves and tables: never another service, a store or gin.
package dryruns

import (
	"bytes"
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/dryrun"
)

type server struct {
	*rest.Kit

	runs  *dryrun.Service
	flows *draft.Service
}

type startInput struct {
	ID string `path:"id"`

	Body struct {
		Version  string          `json:"version,omitempty" enum:"draft,published" doc:"What is tried; the draft when it is left out"`
		Document json.RawMessage `json:"document,omitempty" doc:"The document on the screen, in place of the saved draft"`
		Node     string          `json:"node,omitempty" doc:"The source; the first when it is left out"`
		Count    int             `json:"count,omitempty" minimum:"0" maximum:"500" doc:"How many documents; 20 when it is left out"`
		From     time.Time       `json:"from,omitzero" doc:"Where the range begins; it is looked back from now when it is left out"`
		To       time.Time       `json:"to,omitzero"`
		Numbers  []string        `json:"numbers,omitempty" maxItems:"500" doc:"Documents by their numbers, in place of a range"`
	}
}

// DryRunView is a dry run.
type DryRunView struct {
	ID       string         `json:"id"`
	Flow     string         `json:"flow"`
	Version  string         `json:"version" doc:"draft, or the number of the version"`
	Node     string         `json:"node,omitempty"`
	State    string         `json:"state" enum:"running,done,cancelled,failed"`
	Fault    *fault.Fault   `json:"fault,omitempty" doc:"Why it failed"`
	Count    int            `json:"count" doc:"How many documents were wanted"`
	Read     int            `json:"read" doc:"How many were tried so far"`
	Dropped  int            `json:"dropped" doc:"Records that the source's conditions let go"`
	Verdicts map[string]int `json:"verdicts" doc:"How many documents have each verdict"`
	Clipped  bool           `json:"clipped" doc:"Bodies were left out because there were too many bytes"`
	Started  time.Time      `json:"started"`
	Ended    time.Time      `json:"ended,omitzero"`
	Expires  time.Time      `json:"expires,omitzero" doc:"When it is forgotten at the latest; later dry runs of the workspace may take its place sooner"`
}

// DryDocumentView is a document, side by side.
type DryDocumentView struct {
	No      int             `json:"no"`
	Key     string          `json:"key"`
	Number  string          `json:"number"`
	Verdict string          `json:"verdict" enum:"create,update,skip,reject,decide,filtered,unmapped,unknown"`
	Fault   *fault.Fault    `json:"fault,omitempty"`
	Node    string          `json:"node,omitempty" doc:"Where it was refused"`
	Source  json.RawMessage `json:"source,omitempty"`
	Writes  []DryWriteView  `json:"writes"`
}

// DryWriteView is a row that was not written.
type DryWriteView struct {
	Node       string          `json:"node"`
	Connection string          `json:"connection"`
	Operation  string          `json:"operation"`
	Mode       string          `json:"mode"`
	Key        string          `json:"key"`
	Verdict    string          `json:"verdict" enum:"create,update,skip,reject,decide,unknown"`
	Request    json.RawMessage `json:"request,omitempty" doc:"The row as it would be sent"`
	Params     json.RawMessage `json:"params,omitempty" doc:"The parameters beside it"`
	Looked     string          `json:"looked,omitempty" enum:"found,absent,not_offered,failed" doc:"Whether the target was asked for the object"`
	TargetID   string          `json:"targetId,omitempty"`
	Number     string          `json:"number,omitempty"`
	Existing   json.RawMessage `json:"existing,omitempty" doc:"What the target holds now"`
	Fault      *fault.Fault    `json:"fault,omitempty"`
}

type runInput struct {
	ID string `path:"id"`
}

type cancelInput struct {
	ID string `path:"id"`

	Body *struct{}
}

type documentsInput struct {
	rest.Paging

	ID      string `path:"id"`
	Verdict string `query:"verdict" enum:"create,update,skip,reject,decide,filtered,unmapped,unknown"`
}

type exportInput struct {
	ID      string `path:"id"`
	Verdict string `query:"verdict" enum:"create,update,skip,reject,decide,filtered,unmapped,unknown"`
	Format  string `query:"format" enum:"xlsx,csv" default:"xlsx"`
}

type fileAnswer struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

// Routes adds the operations. flows gives what is tried.
func Routes(api huma.API, kit *rest.Kit, runs *dryrun.Service, flows *draft.Service) {
	s := &server{kit, runs, flows}

	huma.Register(api, rest.Op(http.MethodPost, "/flows/{id}/dry-runs", "startDryRun", "Take documents through a flow with nothing written: read, mapped and compared with the target", http.StatusAccepted),
		rest.Handle(s.Kit, func(ctx context.Context, in *startInput) (*rest.Body[DryRunView], error) {
			asked, err := s.asked(ctx, in)
			if err != nil {
				return nil, err
			}
			r, err := s.runs.Start(ctx, asked)
			return rest.Answer(s.view(ctx, r), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/flows/{id}/dry-runs", "listDryRuns", "The dry runs of a flow that are kept, the newest first", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *runInput) (*rest.Body[rest.List[DryRunView]], error) {
			f, err := s.flows.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			list, err := s.runs.List(ctx, f.PublicID)
			return rest.Answer(rest.Listed(list, "", func(r dryrun.Summary) DryRunView { return s.view(ctx, r) }), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/dry-runs/{id}", "getDryRun", "A dry run and how far it is", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *runInput) (*rest.Body[DryRunView], error) {
			r, err := s.runs.Get(ctx, in.ID)
			return rest.Answer(s.view(ctx, r), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/dry-runs/{id}/documents", "listDryDocuments", "The documents of a dry run in the order they came: source, request, what the target holds, verdict", 0),
		rest.Handle(s.Kit, s.documents))
	huma.Register(api, rest.Op(http.MethodPost, "/dry-runs/{id}/cancel", "cancelDryRun", "End a dry run early; what it has seen stays", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *cancelInput) (*rest.Body[DryRunView], error) {
			r, err := s.runs.Cancel(ctx, in.ID)
			return rest.Answer(s.view(ctx, r), err)
		}))
	export := rest.Op(http.MethodGet, "/dry-runs/{id}/export", "exportDryRun", "The documents as a file, a row a write", 0)
	export.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}}
	huma.Register(api, export, rest.Handle(s.Kit, s.export))
}

// asked gives what is to be tried: the document on the screen, the saved draft or the
// newest version.
func (s *server) asked(ctx context.Context, in *startInput) (dryrun.Asked, error) {
	f, err := s.flows.Get(ctx, in.ID)
	if err != nil {
		return dryrun.Asked{}, err
	}
	out := dryrun.Asked{
		Flow: f.PublicID, Version: "draft", Document: f.Document, Node: in.Body.Node, Count: in.Body.Count,
		From: in.Body.From, To: in.Body.To, Numbers: in.Body.Numbers,
	}
	switch {
	case in.Body.Version == "published":
		if f.Published == 0 {
			return out, fault.New("dryrun.not_published", "the flow has no version yet").At("version").Classed(fault.Config).Hinted("try the draft, or publish it")
		}
		v, err := s.flows.VersionNo(ctx, f.PublicID, f.Published)
		if err != nil {
			return out, err
		}
		out.Version, out.Document = strconv.Itoa(v.No), v.Document
	case len(in.Body.Document) > 0:
		out.Document = in.Body.Document
	}
	return out, nil
}

func (s *server) documents(ctx context.Context, in *documentsInput) (*rest.Body[rest.List[DryDocumentView]], error) {
	after := 0
	if in.After != "" {
		var err error
		if after, err = strconv.Atoi(in.After); err != nil {
			return nil, fault.New("list.cursor_invalid", "the place to go on from is not understood").At("after").Classed(fault.Config)
		}
	}
	list, more, err := s.runs.Documents(ctx, in.ID, dryrun.Verdict(in.Verdict), after, in.Limit)
	next := ""
	if more {
		next = strconv.Itoa(list[len(list)-1].No)
	}
	return rest.Answer(rest.Listed(list, next, func(d dryrun.Document) DryDocumentView { return s.side(ctx, d) }), err)
}

func (s *server) export(ctx context.Context, in *exportInput) (*fileAnswer, error) {
	var file bytes.Buffer
	chinese := rest.AboutOf(ctx).Language == problem.Chinese
	say := func(f *fault.Fault) string { return s.said(ctx, f).Message }
	if err := s.runs.Export(ctx, in.ID, dryrun.Verdict(in.Verdict), spreadsheet.Format(in.Format), headings(chinese), say, words(chinese), &file); err != nil {
		return nil, err
	}
	kind := "text/csv; charset=utf-8"
	if in.Format == string(spreadsheet.XLSX) {
		kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return &fileAnswer{kind, mime.FormatMediaType("attachment", map[string]string{"filename": "dry-run." + in.Format}), file.Bytes()}, nil
}

func headings(chinese bool) []string {
	if chinese {
		return []string{"序号", "主键", "单号", "结论", "代码", "原因", "位置", "节点", "接口", "目标主键", "来源", "请求", "目标现有"}
	}
	return []string{"no", "key", "number", "verdict", "code", "reason", "path", "node", "operation", "target key", "source", "request", "existing"}
}

func words(chinese bool) func(dryrun.Verdict) string {
	if !chinese {
		return func(v dryrun.Verdict) string { return string(v) }
	}
	zh := map[dryrun.Verdict]string{
		dryrun.Create: "创建", dryrun.Update: "更新", dryrun.Skip: "跳过", dryrun.Reject: "拒绝", dryrun.Decide: "需确认", dryrun.Filtered: "过滤", dryrun.Unmapped: "待映射", dryrun.Unknown: "查不到目标",
	}
	return func(v dryrun.Verdict) string { return zh[v] }
}

// said gives a fault in the reader's language.
func (s *server) said(ctx context.Context, f *fault.Fault) *fault.Fault {
	if f == nil {
		return nil
	}
	said := *f
	said.Message, said.Hint = s.Words.Say(rest.AboutOf(ctx).Language, said.Code, said.Message, said.Hint, said.Args)
	return &said
}

func (s *server) view(ctx context.Context, r dryrun.Summary) DryRunView {
	view := DryRunView{
		ID: r.ID, Flow: r.Flow, Version: r.Version, Node: r.Node, State: string(r.State), Fault: s.said(ctx, r.Fault), Count: r.Count, Read: r.Read,
		Dropped: r.Dropped, Verdicts: map[string]int{}, Clipped: r.Clipped, Started: r.Started.UTC(), Ended: r.Ended.UTC(),
	}
	if !r.Ended.IsZero() {
		view.Expires = r.Ended.Add(dryrun.KeptFor).UTC()
	}
	for verdict, n := range r.Verdicts {
		view.Verdicts[string(verdict)] = n
	}
	return view
}

func (s *server) side(ctx context.Context, d dryrun.Document) DryDocumentView {
	view := DryDocumentView{
		No: d.No, Key: d.Key, Number: d.Number, Verdict: string(d.Verdict), Fault: s.said(ctx, d.Fault), Node: d.Node, Source: rest.Raw(d.Source),
		Writes: make([]DryWriteView, len(d.Writes)),
	}
	for i, w := range d.Writes {
		view.Writes[i] = DryWriteView{
			Node: w.Node, Connection: w.Connection, Operation: w.Operation, Mode: string(w.Mode), Key: w.Key, Verdict: string(w.Verdict),
			Request: rest.Raw(w.Request), Params: rest.Raw(w.Params), Looked: w.Looked, TargetID: w.ID, Number: w.Number, Existing: rest.Raw(w.Existing), Fault: s.said(ctx, w.Fault),
		}
	}
	return view
}
