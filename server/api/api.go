// Package api is the REST interface under /api/v1: it translates between HTTP and
// the services, which decide and authorise. OpenAPI is generated from its types.
//
// It is the only importer of gin. It may import services, engine/flow,
// engine/ledger and the sdk: never a store, the bus or the engine's machinery.
package api

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/api/attempts"
	"github.com/karezflow/karez/server/api/basesets"
	"github.com/karezflow/karez/server/api/bulkjobs"
	"github.com/karezflow/karez/server/api/codetables"
	"github.com/karezflow/karez/server/api/decisions"
	"github.com/karezflow/karez/server/api/discoveries"
	"github.com/karezflow/karez/server/api/errandcalls"
	"github.com/karezflow/karez/server/api/exports"
	"github.com/karezflow/karez/server/api/flowstates"
	"github.com/karezflow/karez/server/api/helppages"
	"github.com/karezflow/karez/server/api/homes"
	"github.com/karezflow/karez/server/api/hooks"
	"github.com/karezflow/karez/server/api/imports"
	"github.com/karezflow/karez/server/api/ledgerviews"
	"github.com/karezflow/karez/server/api/lineages"
	"github.com/karezflow/karez/server/api/operations"
	"github.com/karezflow/karez/server/api/pagerequests"
	"github.com/karezflow/karez/server/api/pauses"
	"github.com/karezflow/karez/server/api/pins"
	pluginroutes "github.com/karezflow/karez/server/api/plugins"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/readings"
	"github.com/karezflow/karez/server/api/reconciles"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/api/retentions"
	"github.com/karezflow/karez/server/api/templates"
	"github.com/karezflow/karez/server/api/traffic"
	"github.com/karezflow/karez/server/api/uploads"
	versionroutes "github.com/karezflow/karez/server/api/versions"
	"github.com/karezflow/karez/server/api/web"
	"github.com/karezflow/karez/server/attempt"
	"github.com/karezflow/karez/server/baseset"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/decision"
	"github.com/karezflow/karez/server/discovery"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/dryrun"
	"github.com/karezflow/karez/server/errands"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/execution/notice"
	"github.com/karezflow/karez/server/files"
	"github.com/karezflow/karez/server/flowstate"
	"github.com/karezflow/karez/server/help"
	"github.com/karezflow/karez/server/home"
	"github.com/karezflow/karez/server/hook"
	"github.com/karezflow/karez/server/importing"
	"github.com/karezflow/karez/server/indexing"
	"github.com/karezflow/karez/server/ledgerview"
	"github.com/karezflow/karez/server/lineage"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/operation"
	"github.com/karezflow/karez/server/pagelog"
	"github.com/karezflow/karez/server/pausing"
	"github.com/karezflow/karez/server/pin"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/reading"
	"github.com/karezflow/karez/server/reconcile"
	"github.com/karezflow/karez/server/retention"
	"github.com/karezflow/karez/server/schedule"
	"github.com/karezflow/karez/server/trial"
	"github.com/karezflow/karez/server/versions"
)

// Config wires the interface.
type Config struct {
	Accounts    *account.Service
	Flows       *draft.Service
	Runs        *execution.Service
	Events      *notice.Events
	Documents   *document.Service
	Bulk        *bulk.Service
	Pauses      *pausing.Service
	Pins        *pin.Service
	Views       *ledgerview.Service
	Decisions   *decision.Service
	Attempts    *attempt.Service
	PageLog     *pagelog.Service
	Lineage     *lineage.Service
	Retention   *retention.Service
	Codes       *codetable.Service
	Operations  *operation.Service
	Errands     *errands.Service
	Files       *files.Service
	Connections *connection.Service
	BaseSets    *baseset.Service
	Market      *market.Service
	Reconcile   *reconcile.Service
	Plugins     *plugins.Service
	Catalog     *catalog.Service
	Imports     *importing.Service
	Discovery   *discovery.Service
	Trial       *trial.Service
	DryRuns     *dryrun.Service
	Reading     *reading.Service
	Home        *home.Service
	FlowStates  *flowstate.Service
	Schedule    *schedule.Service
	Indexing    *indexing.Service
	Help        *help.Service
	Versions    *versions.Service
	Hooks       *hook.Service
	Log         *slog.Logger
	Clock       func() time.Time
	// Secure marks cookies for TLS only.
	Secure bool
	// Version is the program's, shown in the browser.
	Version string
	// Web serves everything outside of /api.
	Web http.Handler
}

type server struct {
	Config
	*rest.Kit
}

// New makes the handler of all routes.
func New(c Config) (http.Handler, error) {
	handler, _, err := build(c)
	return handler, err
}

func build(c Config) (http.Handler, huma.API, error) { //nolint:ireturn // the generator gives nothing else
	words, err := problem.LoadWords()
	if err != nil {
		return nil, nil, err
	}
	s := &server{c, rest.NewKit(words, c.Log)}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	// The names of some vendors' operations hold a slash, which stands encoded in a path.
	engine.UseRawPath = true
	engine.NoRoute(func(c *gin.Context) {
		s.refuse(c.Writer, c.Request, fault.New("route.unknown", "there is no %s", c.Request.URL.Path).Classed(fault.Config))
	})
	engine.NoMethod(func(c *gin.Context) {
		s.refuse(c.Writer, c.Request, fault.New("request.method", "%s can't be done to %s", c.Request.Method, c.Request.URL.Path).Classed(fault.Config))
	})
	routes := humagin.NewWithGroup(engine, engine.Group(prefix), s.openAPI())
	s.routes(routes)
	packed, err := web.Compressed(engine)
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/api/", s.guard(packed))
	mux.Handle(hooks.Prefix, hooks.Door(s.Kit, s.Hooks, s.Clock, s.Log))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if c.Web != nil {
		mux.Handle("/", c.Web)
	}
	return mux, routes, nil
}

func (s *server) routes(api huma.API) {
	s.sessionRoutes(api)
	s.flowListRoutes(api)
	s.flowRoutes(api)
	s.runRoutes(api)
	s.documentRoutes(api)
	s.connectionRoutes(api)
	s.catalogRoutes(api)
	codetables.Routes(api, s.Kit, s.Codes)
	helppages.Routes(api, s.Kit, s.Help)
	exports.Routes(api, s.Kit, s.Documents, versionroutes.Titles(s.Versions))
	decisions.Routes(api, s.Kit, s.Decisions, s.Documents, s.detail)
	attempts.Routes(api, s.Kit, s.Attempts)
	pagerequests.Routes(api, s.Kit, s.PageLog)
	lineages.Routes(api, s.Kit, s.Lineage)
	discoveries.Routes(api, s.Kit, s.Discovery)
	operations.Routes(api, s.Kit, s.Operations, s.Catalog, s.Discovery)
	pauses.Routes(api, s.Kit, s.Pauses)
	pins.Routes(api, s.Kit, s.Pins)
	ledgerviews.Routes(api, s.Kit, s.Views)
	bulkjobs.Routes(api, s.Kit, s.Bulk)
	retentions.Routes(api, s.Kit, s.Retention)
	errandcalls.Routes(api, s.Kit, s.Errands)
	basesets.Routes(api, s.Kit, s.BaseSets)
	templates.Routes(api, s.Kit, s.Market)
	reconciles.Routes(api, s.Kit, s.Reconcile)
	traffic.Routes(api, s.Kit, s.Connections, s.Clock)
	readings.Routes(api, s.Kit, s.Reading, s.Clock)
	flowstates.Routes(api, s.Kit, s.FlowStates)
	homes.Routes(api, s.Kit, s.Home)
	uploads.Routes(api, s.Kit, s.Files)
	pluginroutes.Routes(api, s.Kit, s.Plugins)
	hooks.Routes(api, s.Kit, s.Hooks)
	versionroutes.Routes(api, s.Kit, s.Flows, s.Versions)
	imports.Routes(api, s.Kit, s.Imports)
	finish(api)
}

// coded turns the generator's own refusals of malformed requests into problem documents.
func (s *server) coded(ctx huma.Context, status string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	f := fault.New("request.invalid", "the request does not fit: %s", strings.ToLower(model.Detail)).Classed(fault.Config)
	switch status {
	case "400":
		f.Code = "request.unreadable"
	case "413":
		f.Code = "request.too_large"
	case "415":
		f.Code = "request.not_json"
	}
	listed := invalid{Fault: f}
	for _, e := range model.Errors {
		listed.problems = append(listed.problems, flow.Problem{Path: e.Location, Code: f.Code, Message: e.Message, Blocking: true})
	}
	return s.Problem(ctx.Context(), listed), nil
}

// invalid is a malformed request, field by field.
type invalid struct {
	*fault.Fault

	problems []flow.Problem
}

// ListProblems implements problem.Listed.
func (i invalid) ListProblems() []flow.Problem { return i.problems }

// Unwrap gives the fault.
func (i invalid) Unwrap() error { return i.Fault }
