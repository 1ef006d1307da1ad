// Package uploads is the part of the interface that is about files.
//
// It may import huma, server/api/rest, server/files and sdk/fault: never another
// service, a store or gin.
package uploads

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/files"
)

// MaxBytes is the largest body of a request that uploads a file, which is sent as it is.
const MaxBytes = files.MaxBytes + 1

// Patience is how long an upload may take.
const Patience = time.Hour

// Is reports whether a request uploads a file.
func Is(r *http.Request) bool { return r.Method == http.MethodPost && r.URL.Path == "/api/v1/files" }

type fileView struct {
	ID         string     `json:"id"`
	Name       string     `json:"name" doc:"What flows name it by"`
	Size       int64      `json:"size" doc:"In bytes"`
	Sum        string     `json:"sum" doc:"SHA-256 of what it holds"`
	UploadedBy string     `json:"uploadedBy"`
	UploadedAt *time.Time `json:"uploadedAt"`
	UsedBy     []fileUser `json:"usedBy" doc:"Flows that read it, in their draft or newest version"`
}

type fileUser struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

type previewView struct {
	Name      string            `json:"name" doc:"The file that is shown; empty where there is none"`
	Format    string            `json:"format"`
	Encoding  string            `json:"encoding"`
	Delimiter string            `json:"delimiter"`
	Sheets    []string          `json:"sheets"`
	Rows      []json.RawMessage `json:"rows" doc:"Its first records"`
	More      bool              `json:"more" doc:"There are others behind them"`
	Fault     *fileFault        `json:"fault,omitempty" doc:"Why it can't be read, or not further"`
	Folder    string            `json:"folder" doc:"Where the folder lies on the server"`
	Files     []entryView       `json:"files" doc:"The files in the folder that fit, the next to be read first"`
}

type fileFault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Path    string `json:"path,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

type entryView struct {
	Name       string    `json:"name"`
	Size       int64     `json:"size"`
	ModifiedAt time.Time `json:"modifiedAt"`
	Fresh      bool      `json:"fresh" doc:"It changed a moment ago and is not read yet"`
}

// uploadInput leaves the body to whoever reads it: it is as long as the file.
type uploadInput struct {
	Name    string `query:"name" required:"true" doc:"What flows name it by"`
	Replace bool   `query:"replace" doc:"Give the file of this name the new content"`

	body io.Reader
}

// Resolve implements huma.Resolver.
func (in *uploadInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

type previewInput struct {
	Body struct {
		Settings json.RawMessage `json:"settings" doc:"Those of a file node"`
	}
}

type server struct {
	*rest.Kit

	files *files.Service
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *files.Service) {
	s := &server{kit, service}
	raw := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	huma.Register(api, rest.Op(http.MethodGet, "/files", "listFiles", "The uploaded files by name", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[fileView]], error) {
			all, err := s.files.List(ctx)
			return rest.Answer(rest.Listed(all, "", view), err)
		}))
	upload := rest.Op(http.MethodPost, "/files", "uploadFile", "Upload a file, its bytes as they are", http.StatusCreated)
	upload.RequestBody = &huma.RequestBody{Required: true, Content: raw}
	upload.MaxBodyBytes, upload.SkipValidateBody = MaxBytes, true
	huma.Register(api, upload, rest.Handle(s.Kit, func(ctx context.Context, in *uploadInput) (*rest.Body[fileView], error) {
		f, err := s.files.Upload(ctx, in.Name, in.body, in.Replace)
		return rest.Answer(view(f), err)
	}))
	huma.Register(api, rest.Op(http.MethodPost, "/files/preview", "previewFile", "The first records that a file node would give", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *previewInput) (*rest.Body[previewView], error) {
			p, err := s.files.Preview(ctx, in.Body.Settings)
			return rest.Answer(s.preview(ctx, p), err)
		}))
	content := rest.Op(http.MethodGet, "/files/{id}/content", "downloadFile", "What a file holds", 0)
	content.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: raw}}
	huma.Register(api, content, rest.Handle(s.Kit, s.download))
	huma.Register(api, rest.Op(http.MethodDelete, "/files/{id}", "deleteFile", "Delete a file that no flow reads", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*struct{}, error) {
			return nil, s.files.Delete(ctx, in.ID)
		}))
}

func view(f files.File) fileView {
	v := fileView{
		ID: rest.IDText(f.ID), Name: f.Name, Size: f.Size, Sum: f.Sum, UploadedBy: f.By, UploadedAt: rest.When(f.Uploaded), UsedBy: make([]fileUser, len(f.UsedBy)),
	}
	for i, u := range f.UsedBy {
		v.UsedBy[i] = fileUser(u)
	}
	return v
}

func (s *server) preview(ctx context.Context, p files.Preview) previewView {
	v := previewView{
		Name: p.Name, Format: p.Format, Encoding: p.Encoding, Delimiter: p.Delimiter, Sheets: append([]string{}, p.Sheets...),
		Rows: append([]json.RawMessage{}, p.Rows...), More: p.More, Fault: s.fault(ctx, p.Fault), Folder: p.Folder, Files: make([]entryView, len(p.Files)),
	}
	for i, e := range p.Files {
		v.Files[i] = entryView{e.Name, e.Size, e.Modified.UTC(), e.Fresh}
	}
	return v
}

func (s *server) fault(ctx context.Context, f *fault.Fault) *fileFault {
	if f == nil {
		return nil
	}
	message, hint := s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, f.Hint, f.Args)
	return &fileFault{f.Code, message, f.Path, hint}
}

func (s *server) download(ctx context.Context, in *rest.IDInput) (*huma.StreamResponse, error) {
	f, content, err := s.files.Content(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		defer func() { _ = content.Close() }() // it was only read
		out.SetHeader("Content-Type", "application/octet-stream")
		out.SetHeader("Content-Length", strconv.FormatInt(f.Size, 10))
		out.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
		_, _ = io.Copy(out.BodyWriter(), content) // a client that went away is nobody's fault
	}}, nil
}
