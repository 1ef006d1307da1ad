package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/api/dryruns"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/api/trials"
	"github.com/karezflow/karez/server/catalog"
)

func (s *server) catalogRoutes(api huma.API) {
	type operationInput struct {
		ID      string `path:"id"`
		Name    string `path:"name"`
		Version string `query:"version" doc:"The newest when it is left out; 1.2 is any 1.2.x"`
	}
	same := func(d node.Declaration) node.Declaration { return d }
	huma.Register(api, rest.Op(http.MethodGet, "/catalog/nodes", "listNodeTypes", "The node types in the order of the palette", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[node.Declaration]], error) {
			nodes, err := s.Catalog.Nodes(ctx)
			return rest.Answer(rest.Listed(nodes, "", same), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/catalog/connectors", "listConnectors", "The installed connectors", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[catalog.Connector]], error) {
			connectors, err := s.Catalog.Connectors(ctx)
			return rest.Answer(rest.Listed(connectors, "", func(c catalog.Connector) catalog.Connector { return c }), err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/catalog/connectors/{id}/operations/{name}", "getOperation", "Everything declared of an operation", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *operationInput) (*rest.Body[catalog.Operation], error) {
			return rest.Answer(s.Catalog.Operation(ctx, in.ID, in.Version, in.Name))
		}))
	trials.Routes(api, s.Kit, s.Trial, s.Flows)
	dryruns.Routes(api, s.Kit, s.DryRuns, s.Flows)
	s.scheduleRoutes(api)
}

func (s *server) scheduleRoutes(api huma.API) {
	type nextInput struct {
		Cron string `query:"cron" required:"true"`
		Zone string `query:"timezone" default:"Asia/Shanghai"`
	}
	type timesView struct {
		Times []time.Time `json:"times"`
	}
	huma.Register(api, rest.Op(http.MethodGet, "/schedules/next", "nextFirings", "The next five firings of a cron expression", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *nextInput) (*rest.Body[timesView], error) {
			times, err := s.Schedule.Next(ctx, in.Cron, in.Zone, 0)
			view := timesView{Times: make([]time.Time, len(times))}
			for i, t := range times {
				view.Times[i] = t.UTC()
			}
			return rest.Answer(view, err)
		}))
}
