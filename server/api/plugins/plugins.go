// Package plugins is the part of the interface that is about installed connectors and
// their packages.
//
// It may import huma, server/api/problem, server/api/rest, server/leaflet, server/plugins,
// server/shelf, engine/plugpack with its changes and packfile, and sdk/fault: never another service, a store
// or gin.
package plugins

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/changes"
	"github.com/karezflow/karez/engine/plugpack/packfile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/shelf"
)

// MaxBytes is the largest body of a request that carries a package, as it is.
const MaxBytes = plugpack.MaxSize + 1

// Is reports whether a request carries a package.
func Is(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == "/api/v1/plugins" || r.URL.Path == "/api/v1/plugins/inspect")
}

type pluginView struct {
	ID          string                `json:"id"`
	Title       field.Text            `json:"title"`
	Icon        string                `json:"icon" doc:"Where its icon is, for a picture; empty where it has none"`
	Serves      string                `json:"serves" doc:"The version that serves connections which ask for no other; empty where none starts"`
	Packaged    bool                  `json:"packaged" doc:"Packages of it are installed"`
	Pinned      bool                  `json:"pinned" doc:"A newer version is not made active when it is installed"`
	Previous    string                `json:"previous,omitempty" doc:"The version that served before"`
	Isolation   pluginIsolation       `json:"isolation" doc:"What confines the process of the version that serves"`
	Connections int                   `json:"connections" doc:"How many connections of all workspaces are of it"`
	Versions    []pluginVersionView   `json:"versions" doc:"From the newest to the oldest"`
	Operations  []pluginOperationView `json:"operations" doc:"Those of the version that serves"`
	Nodes       []pluginNodeView      `json:"nodes" doc:"Those that the version which serves brings"`
	Fault       *pluginFault          `json:"fault,omitempty"`
}

type pluginNodeView struct {
	Type  string     `json:"type" doc:"As flows name it: its page of the reference is node-TYPE with two hyphens for the slash"`
	Title field.Text `json:"title"`
}

type pluginIsolation struct {
	Level         string            `json:"level" enum:"L1,partial,L0,unknown" doc:"L1: confined in all parts; partial: some are missing; L0: not confined; unknown: not started yet"`
	InForce       []string          `json:"inForce" enum:"group,environment,privileges,limits,files,processes,network"`
	Missing       []pluginShortfall `json:"missing"`
	HostsDeclared bool              `json:"hostsDeclared" doc:"It says which systems it calls; one that does not may call any"`
	Hosts         []string          `json:"hosts" doc:"The systems that it may reach; {key} is what that setting of a connection names"`
}

type pluginShortfall struct {
	Part   string `json:"part" enum:"group,environment,privileges,limits,files,processes,network"`
	Reason string `json:"reason" doc:"In the system's words"`
}

type pluginVersionView struct {
	Version     string       `json:"version"`
	Active      bool         `json:"active"`
	Status      string       `json:"status" enum:"core,signed,community,unsigned,modified,revoked,loose"`
	Key         string       `json:"key,omitempty" doc:"The id of the key that signed it"`
	KeyName     string       `json:"keyName,omitempty" doc:"Whose key it is, where it is trusted here"`
	Publisher   string       `json:"publisher,omitempty" doc:"Who made it, in their own words"`
	Hosts       []string     `json:"hosts" doc:"The systems that it says it calls"`
	Secrets     []string     `json:"secrets" doc:"The secret settings that it gets of its own connections"`
	InstalledAt *time.Time   `json:"installedAt,omitempty"`
	InstalledBy string       `json:"installedBy,omitempty"`
	Fault       *pluginFault `json:"fault,omitempty" doc:"Why it is not started"`
}

type pluginOperationView struct {
	Name  string     `json:"name"`
	Kind  string     `json:"kind" enum:"query,write,action"`
	Title field.Text `json:"title"`
}

type pluginFault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Path    string `json:"path,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

type pluginInspection struct {
	ID         string        `json:"id"`
	Title      field.Text    `json:"title"`
	Version    string        `json:"version"`
	Status     string        `json:"status" enum:"core,signed,community,unsigned,modified,revoked,loose"`
	Key        string        `json:"key,omitempty"`
	KeyName    string        `json:"keyName,omitempty"`
	Publisher  string        `json:"publisher,omitempty"`
	Hosts      []string      `json:"hosts"`
	Secrets    []string      `json:"secrets"`
	Sum        string        `json:"sum" doc:"Names exactly this content; an installation is told it"`
	Installed  bool          `json:"installed" doc:"Exactly this package is installed"`
	Objections []pluginFault `json:"objections" doc:"What has to be allowed for it to be installed"`
	Effect     pluginEffect  `json:"effect"`
}

type pluginEffect struct {
	From           string         `json:"from" doc:"The version that serves now; empty for none"`
	To             string         `json:"to"`
	Changes        []pluginChange `json:"changes"`
	Flows          []affectedFlow `json:"flows" doc:"Flows that the other version would serve, those first that may break"`
	Elsewhere      int            `json:"elsewhere" doc:"How many connections of other workspaces it would serve"`
	FlowsElsewhere int            `json:"flowsElsewhere" doc:"How many published flows of other workspaces have nodes of it"`
}

type pluginChange struct {
	Kind      string     `json:"kind" enum:"added,removed,changed"`
	Part      string     `json:"part" enum:"setting,operation,request,response,form,node,nodeSetting,connector"`
	Operation string     `json:"operation,omitempty"`
	Name      string     `json:"name"`
	Title     field.Text `json:"title"`
	Breaking  bool       `json:"breaking" doc:"A flow that used it may not work any more"`
}

type affectedFlow struct {
	ID         string   `json:"id"`
	Title      string   `json:"title"`
	Draft      bool     `json:"draft"`
	Published  bool     `json:"published"`
	Operations []string `json:"operations" doc:"Those that it uses and that are otherwise"`
	Nodes      []string `json:"nodes" doc:"The plugin's nodes that it uses and that are otherwise"`
	Breaking   bool     `json:"breaking"`
}

// packageInput leaves the body to whoever reads it: it is as long as the file.
type packageInput struct {
	body io.Reader
}

// Resolve implements huma.Resolver.
func (in *packageInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

type installInput struct {
	Sum       string `query:"sum" doc:"That of the package which was looked at: another one is refused"`
	Unsigned  bool   `query:"unsigned" doc:"Allow exactly this package though nobody vouches for it"`
	Downgrade bool   `query:"downgrade" doc:"Allow a version older than the installed ones"`
	Inactive  bool   `query:"inactive" doc:"Let the active version serve on"`

	body io.Reader
}

// Resolve implements huma.Resolver.
func (in *installInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

type versionInput struct {
	rest.IDInput

	Version string `path:"version"`
}

type activateInput struct {
	rest.IDInput

	Body struct {
		Version string `json:"version" minLength:"1" maxLength:"80"`
	}
}

type pinInput struct {
	rest.IDInput

	Body struct {
		Pinned bool `json:"pinned"`
	}
}

type rollbackInput struct {
	rest.IDInput

	Body *struct{}
}

type server struct {
	*rest.Kit

	plugins *plugins.Service
}

// Routes adds the operations.
func Routes(api huma.API, kit *rest.Kit, service *plugins.Service) {
	s := &server{kit, service}
	huma.Register(api, rest.Op(http.MethodGet, "/plugins", "listPlugins", "Installed connectors with their versions", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[pluginView]], error) {
			all, err := s.plugins.List(ctx)
			return rest.Answer(rest.Listed(all, "", func(c plugins.Connector) pluginView { return s.view(ctx, c) }), err)
		}))
	huma.Register(api, raw(rest.Op(http.MethodPost, "/plugins/inspect", "inspectPlugin", "What installing a package would do, its bytes as they are", 0)),
		rest.Handle(s.Kit, func(ctx context.Context, in *packageInput) (*rest.Body[pluginInspection], error) {
			var i plugins.Inspection
			err := s.spooled(ctx, in.body, func(file *os.File, size int64) (err error) {
				i, err = s.plugins.Inspect(ctx, file, size)
				return err
			})
			if err != nil {
				return nil, err
			}
			return rest.Answer(s.inspection(ctx, i), nil)
		}))
	huma.Register(api, raw(rest.Op(http.MethodPost, "/plugins", "installPlugin", "Install a package, its bytes as they are", http.StatusCreated)),
		rest.Handle(s.Kit, func(ctx context.Context, in *installInput) (*rest.Body[pluginView], error) {
			var c plugins.Connector
			err := s.spooled(ctx, in.body, func(file *os.File, size int64) (err error) {
				c, err = s.plugins.Install(ctx, file, size, shelf.Options{Unsigned: in.Unsigned, Downgrade: in.Downgrade, Inactive: in.Inactive, Sum: in.Sum})
				return err
			})
			return rest.Answer(s.view(ctx, c), err)
		}))
	s.aboutRoutes(api)
	huma.Register(api, rest.Op(http.MethodGet, "/plugins/{id}/versions/{version}/effect", "comparePlugin", "What an installed version has otherwise than the one that serves", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *versionInput) (*rest.Body[pluginEffect], error) {
			e, err := s.plugins.Compare(ctx, in.ID, in.Version)
			return rest.Answer(effect(e), err)
		}))
	huma.Register(api, rest.Op(http.MethodDelete, "/plugins/{id}/versions/{version}", "removePlugin", "Remove an installed version that nothing needs", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *versionInput) (*struct{}, error) {
			return nil, s.plugins.Remove(ctx, in.ID, in.Version)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/plugins/{id}/activate", "activatePlugin", "Let an installed version serve", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *activateInput) (*rest.Body[pluginView], error) {
			c, err := s.plugins.Activate(ctx, in.ID, in.Body.Version)
			return rest.Answer(s.view(ctx, c), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/plugins/{id}/rollback", "rollbackPlugin", "Let the version serve again that did before", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *rollbackInput) (*rest.Body[pluginView], error) {
			c, err := s.plugins.Rollback(ctx, in.ID)
			return rest.Answer(s.view(ctx, c), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/plugins/{id}/pin", "pinPlugin", "Say whether a newer version is left inactive when it is installed", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *pinInput) (*rest.Body[pluginView], error) {
			c, err := s.plugins.Pin(ctx, in.ID, in.Body.Pinned)
			return rest.Answer(s.view(ctx, c), err)
		}))
}

// raw says that the body is a file.
func raw(op huma.Operation) huma.Operation {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	op.MaxBodyBytes, op.SkipValidateBody = MaxBytes, true
	return op
}

// spooled keeps the body of somebody who may change connectors in a file without a name
// for as long as it is used: a package is read from its end.
func (s *server) spooled(ctx context.Context, body io.Reader, use func(*os.File, int64) error) (err error) {
	if err := s.plugins.Allowed(ctx); err != nil {
		return err
	}
	return spool(body, use)
}

func spool(body io.Reader, use func(*os.File, int64) error) (err error) {
	if body == nil {
		return fault.New("request.invalid", "the request carries no package").Classed(fault.Config)
	}
	file, err := os.CreateTemp("", "karez-package-")
	if err != nil {
		return fault.Wrap(err, packfile.CodeUnwritable, "the package can't be kept while it is looked at").Hinted("look at the space and the permissions of the temporary folder").Classed(fault.Config)
	}
	defer func() { _ = file.Close() }()
	if err := os.Remove(file.Name()); err != nil {
		defer func() { _ = os.Remove(file.Name()) }() // where open files keep their names
	}
	size, err := io.Copy(file, body)
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return use(file, tooLong.Limit) // by its size alone it is refused
	}
	if err != nil {
		return fault.Wrap(err, "request.unreadable", "the package was not received whole").Classed(fault.Config)
	}
	return use(file, size)
}

func (s *server) view(ctx context.Context, c plugins.Connector) pluginView {
	v := pluginView{
		ID: c.ID, Title: c.Title, Icon: c.Icon, Serves: c.Serves, Packaged: c.Packaged, Pinned: c.Pinned, Previous: c.Previous, Connections: c.Connections,
		Versions: make([]pluginVersionView, len(c.Versions)), Operations: make([]pluginOperationView, len(c.Operations)), Fault: s.fault(ctx, c.Fault),
	}
	v.Isolation = isolation(c.Isolation)
	for i, one := range c.Versions {
		w := pluginVersionView{
			Version: one.Version, Active: one.Active, Status: string(one.Status), Key: one.Key, KeyName: one.KeyName, Hosts: []string{}, Secrets: []string{},
			InstalledBy: one.By, Fault: s.fault(ctx, one.Fault),
		}
		if !one.At.IsZero() {
			at := one.At.UTC()
			w.InstalledAt = &at
		}
		if m := one.Manifest; m != nil {
			w.Publisher, w.Hosts, w.Secrets = m.Publisher, append(w.Hosts, m.Permissions.Hosts...), append(w.Secrets, m.Permissions.Secrets...)
		}
		v.Versions[i] = w
	}
	for i, o := range c.Operations {
		v.Operations[i] = pluginOperationView{o.Name, string(o.Kind), o.Title}
	}
	v.Nodes = make([]pluginNodeView, len(c.Nodes))
	for i, n := range c.Nodes {
		v.Nodes[i] = pluginNodeView(n)
	}
	return v
}

func isolation(is plugins.Isolation) pluginIsolation {
	v := pluginIsolation{
		Level: cmp.Or(is.Level, "unknown"), InForce: append([]string{}, is.InForce...), Missing: make([]pluginShortfall, len(is.Missing)),
		HostsDeclared: is.Declared, Hosts: append([]string{}, is.Hosts...),
	}
	for i, m := range is.Missing {
		v.Missing[i] = pluginShortfall{m.Part, m.Reason}
	}
	return v
}

func (s *server) inspection(ctx context.Context, i plugins.Inspection) pluginInspection {
	v := pluginInspection{
		ID: i.Manifest.Name, Title: i.Connector.Title, Version: i.Manifest.Version, Status: string(i.Status), Key: i.Key, KeyName: i.KeyName, Publisher: i.Manifest.Publisher,
		Hosts: append([]string{}, i.Manifest.Permissions.Hosts...), Secrets: append([]string{}, i.Manifest.Permissions.Secrets...), Sum: i.Sum, Installed: i.Installed,
		Objections: []pluginFault{}, Effect: effect(i.Effect),
	}
	for _, f := range i.Objections {
		v.Objections = append(v.Objections, *s.fault(ctx, f))
	}
	return v
}

func effect(e plugins.Effect) pluginEffect {
	v := pluginEffect{From: e.From, To: e.To, Changes: make([]pluginChange, len(e.Changes)), Flows: make([]affectedFlow, len(e.Flows)), Elsewhere: e.Elsewhere, FlowsElsewhere: e.FlowsElsewhere}
	for i, c := range e.Changes {
		v.Changes[i] = change(c)
	}
	for i, a := range e.Flows {
		v.Flows[i] = affectedFlow{a.ID, a.Title, a.Draft, a.Published, slices.Clone(a.Operations), slices.Clone(a.Nodes), a.Breaking}
	}
	return v
}

func change(c changes.Change) pluginChange {
	return pluginChange{string(c.Kind), string(c.Part), c.Operation, c.Name, c.Title, c.Breaking}
}

func (s *server) fault(ctx context.Context, f *fault.Fault) *pluginFault {
	if f == nil {
		return nil
	}
	message, hint := s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, f.Hint, f.Args)
	return &pluginFault{f.Code, message, f.Path, hint}
}
