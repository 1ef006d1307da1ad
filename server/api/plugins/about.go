package plugins

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/leaflet"
)

type pluginPage struct {
	ID    string       `json:"id" doc:"README, CHANGELOG, or the path below docs/ without language and ending"`
	Kind  string       `json:"kind" enum:"readme,guide,changelog"`
	Title string       `json:"title" doc:"Its first heading; empty where it has none"`
	Text  string       `json:"text" doc:"Markdown of the publisher, who is trusted with nothing: HTML in it is not to be shown"`
	Fault *pluginFault `json:"fault,omitempty" doc:"Why there is no text"`
}

// iconPolicy lets an icon that is opened by itself do nothing at all.
const iconPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

// iconInput notes what a browser wants an icon for.
type iconInput struct {
	rest.IDInput

	Version string `path:"version"`

	wanted string
}

// Resolve implements huma.Resolver.
func (in *iconInput) Resolve(ctx huma.Context) []error {
	in.wanted = ctx.Header("Sec-Fetch-Dest")
	return nil
}

func (s *server) aboutRoutes(api huma.API) {
	huma.Register(api, rest.Op(http.MethodGet, "/plugins/{id}/versions/{version}/pages", "listPluginPages", "What comes with a version to read, in the reader's language", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *versionInput) (*rest.Body[rest.List[pluginPage]], error) {
			pages, err := s.plugins.Pages(ctx, in.ID, in.Version, rest.AboutOf(ctx).Language != problem.Chinese)
			return rest.Answer(rest.Listed(pages, "", func(p leaflet.Page) pluginPage {
				return pluginPage{p.ID, string(p.Kind), p.Title, p.Text, s.fault(ctx, p.Fault)}
			}), err)
		}))
	icon := rest.Op(http.MethodGet, "/plugins/{id}/versions/{version}/icon", "getPluginIcon", "The icon of a version, to be shown as a picture only", 0)
	picture := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	icon.Responses = map[string]*huma.Response{"200": {Description: "The icon", Content: map[string]*huma.MediaType{"image/*": picture}}}
	huma.Register(api, icon, rest.Handle(s.Kit, s.icon))
}

// icon gives a picture that no browser takes for a document: its type is fixed, it is saved
// where it is opened by itself, and were it shown, nothing in it would run.
func (s *server) icon(ctx context.Context, in *iconInput) (*huma.StreamResponse, error) {
	if in.wanted != "" && in.wanted != "image" && in.wanted != "empty" {
		return nil, fault.New("package.icon_as_document", "an icon is shown as a picture only").Classed(fault.Config)
	}
	p, err := s.plugins.Icon(ctx, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		for name, value := range map[string]string{
			"Content-Type": p.Type, "Content-Length": strconv.Itoa(len(p.Body)), "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": iconPolicy, "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "private, max-age=300",
		} {
			out.SetHeader(name, value)
		}
		_, _ = out.BodyWriter().Write(p.Body) // a client that went away is nobody's fault
	}}, nil
}
