package templates

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/market/templatepack"
)

// TemplateInspection is what is in a package.
type TemplateInspection struct {
	Template   TemplateDetail  `json:"template"`
	Sum        string          `json:"sum" doc:"Names exactly this content; an import is told it"`
	Here       bool            `json:"here" doc:"Exactly this package is there already"`
	Objections []templateFault `json:"objections" doc:"What an administrator has to allow for it to be imported"`
	Problems   []templateFault `json:"problems" doc:"What stands against importing it whatever is allowed"`
}

// TemplateAllow is what the importer of a package allows.
type TemplateAllow struct {
	Sum      string `query:"sum" doc:"That of the package which was looked at: another one is refused"`
	Unsigned bool   `query:"unsigned" doc:"Allow exactly this package though nobody vouches for it; administrators may"`
}

// packageInput leaves the body to whoever reads it.
type packageInput struct {
	body io.Reader
}

// Resolve implements huma.Resolver.
func (in *packageInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

type importTemplateInput struct {
	TemplateAllow

	body io.Reader
}

// Resolve implements huma.Resolver.
func (in *importTemplateInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

type fetchTemplateInput struct {
	TemplateInput

	Unsigned bool `query:"unsigned" doc:"Allow exactly this package though nobody vouches for it; administrators may"`
	Body     *struct{}
}

type listedTemplate struct {
	ID        string     `json:"id"`
	Version   string     `json:"version" doc:"The newest"`
	Title     field.Text `json:"title"`
	Summary   field.Text `json:"summary"`
	Author    string     `json:"author"`
	Status    string     `json:"status" enum:"core,signed,community,unsigned,modified,revoked,loose" doc:"As its list says; the package itself is checked when it is fetched"`
	Signer    string     `json:"signer"`
	Key       string     `json:"key,omitempty"`
	Installed string     `json:"installed" doc:"The newest version that is here; empty for none"`
}

// TemplateRegistry is the private registry.
type TemplateRegistry struct {
	From  string           `json:"from" doc:"Where it is; empty where none is set up"`
	Items []listedTemplate `json:"items"`
}

func (s *server) packages(api huma.API) {
	bytes := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	raw := func(op huma.Operation) huma.Operation {
		op.RequestBody = &huma.RequestBody{Required: true, Content: bytes}
		op.MaxBodyBytes, op.SkipValidateBody = templatepack.MaxSize+1, true
		return op
	}
	file := rest.Op(http.MethodGet, "/templates/{id}/package", "downloadTemplate", "The package of a template", 0)
	file.Responses = map[string]*huma.Response{"200": {Description: "The package", Content: bytes}}
	huma.Register(api, file, rest.Handle(s.Kit, s.download))
	huma.Register(api, raw(rest.Op(http.MethodPost, "/templates/packages/inspect", "inspectTemplate", "What is in a package, its bytes as they are; nothing is stored", 0)),
		rest.Handle(s.Kit, func(ctx context.Context, in *packageInput) (*rest.Body[TemplateInspection], error) {
			file, err := received(in.body)
			if err != nil {
				return nil, err
			}
			i, err := s.market.Inspect(ctx, file)
			if err != nil {
				return nil, err
			}
			return rest.Answer(TemplateInspection{s.detail(ctx, i.View), i.Sum, i.Here, s.faults(ctx, i.Objections), s.faults(ctx, i.Problems)}, nil)
		}))
	huma.Register(api, raw(rest.Op(http.MethodPost, "/templates/packages", "importTemplate", "Import a package, its bytes as they are", http.StatusCreated)),
		rest.Handle(s.Kit, func(ctx context.Context, in *importTemplateInput) (*rest.Body[TemplateDetail], error) {
			file, err := received(in.body)
			if err != nil {
				return nil, err
			}
			v, err := s.market.Import(ctx, file, market.Options{Unsigned: in.Unsigned, Sum: in.Sum})
			return s.answer(ctx, v, err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/templates/registry", "listTemplateRegistry", "The templates of the private registry, each in its newest version", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[TemplateRegistry], error) {
			from, all, err := s.market.RegistryList(ctx)
			out := TemplateRegistry{From: from, Items: []listedTemplate{}}
			for _, l := range all {
				out.Items = append(out.Items, listedTemplate{l.ID, l.Version, l.Title, l.Summary, l.Author, string(l.Status), l.KeyName, l.Key, l.Installed})
			}
			return rest.Answer(out, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/templates/registry/{id}", "fetchTemplate", "Fetch a template of the private registry and store it", http.StatusCreated),
		rest.Handle(s.Kit, func(ctx context.Context, in *fetchTemplateInput) (*rest.Body[TemplateDetail], error) {
			v, err := s.market.Fetch(ctx, in.ID, in.Version, market.Options{Unsigned: in.Unsigned})
			return s.answer(ctx, v, err)
		}))
}

// received reads a body of at most one byte more than a package may have: by its size alone it
// is refused then.
func received(body io.Reader) ([]byte, error) {
	if body == nil {
		return nil, fault.New("request.invalid", "the request carries no package").Classed(fault.Config)
	}
	file, err := io.ReadAll(io.LimitReader(body, templatepack.MaxSize+1))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); err != nil && !tooLong {
		return nil, fault.Wrap(err, "request.unreadable", "the package was not received whole").Classed(fault.Config)
	}
	return file, nil
}

func (s *server) download(ctx context.Context, in *TemplateInput) (*huma.StreamResponse, error) {
	name, file, err := s.market.Package(ctx, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		out.SetHeader("Content-Type", "application/octet-stream")
		out.SetHeader("Content-Length", strconv.Itoa(len(file)))
		out.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		_, _ = out.BodyWriter().Write(file) // a client that went away is nobody's fault
	}}, nil
}
