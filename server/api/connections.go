package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/connection"
)

type connectionView struct {
	Name      string          `json:"name"`
	Connector string          `json:"connector"`
	Version   string          `json:"version" doc:"The newest when it is empty"`
	Settings  json.RawMessage `json:"settings"`
	Secrets   map[string]bool `json:"secrets" doc:"Which secrets are there; their values never leave"`
	UsedBy    []flowName      `json:"usedBy"`
	Revision  int64           `json:"revision" doc:"What a change has to name"`
	UpdatedAt *time.Time      `json:"updatedAt"`
	Trouble   *troubleView    `json:"trouble,omitempty" doc:"What keeps writes waiting until it is mended"`
}

type troubleView struct {
	Code    string     `json:"code"`
	Message string     `json:"message"`
	Hint    string     `json:"hint,omitempty"`
	Since   *time.Time `json:"since"`
}

type flowName struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// ConnectionChange is what a person writes of a connection.
type ConnectionChange struct {
	Connector string            `json:"connector,omitempty" doc:"Only for a new connection"`
	Version   string            `json:"version,omitempty"`
	Settings  json.RawMessage   `json:"settings,omitempty"`
	Secrets   map[string]string `json:"secrets,omitempty" doc:"A key that is left out keeps its secret, an empty text takes it away"`
	Revision  int64             `json:"revision,omitempty" doc:"That of the connection that was changed"`
}

// NamedChange is a change of a connection that may not exist.
type NamedChange struct {
	Name string `json:"name"`
	ConnectionChange
}

type nameInput struct {
	Name string `path:"name"`
}

type checkInput struct {
	Name string `path:"name"`
	Body *struct{}
}

type createConnectionInput struct{ Body NamedChange }

type changeConnectionInput struct {
	Name string `path:"name"`
	Body ConnectionChange
}

type checkView struct {
	OK      bool   `json:"ok"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
	Path    string `json:"path,omitempty"`
	Account string `json:"account,omitempty"`
	TookMs  int64  `json:"tookMs"`
}

func (c ConnectionChange) named(name string) connection.Change {
	return connection.Change{
		Name: name, Connector: c.Connector, Version: c.Version, Settings: c.Settings, Secrets: c.Secrets, Revision: c.Revision,
	}
}

func (s *server) viewConnection(ctx context.Context, v connection.View) connectionView {
	view := connectionView{
		Name: v.Name, Connector: v.Connector, Version: v.Version, Settings: v.Settings, Secrets: v.Secrets,
		UsedBy: make([]flowName, len(v.UsedBy)), Revision: v.Revision, UpdatedAt: rest.When(v.Updated),
	}
	for i, u := range v.UsedBy {
		view.UsedBy[i] = flowName{u.ID, u.Title}
	}
	if t := v.Trouble; t != nil {
		view.Trouble = &troubleView{Code: t.Fault.Code, Since: rest.When(ledger.At(t.Since))}
		view.Trouble.Message, view.Trouble.Hint = s.Words.Say(rest.AboutOf(ctx).Language, t.Fault.Code, t.Fault.Message, t.Fault.Hint, t.Fault.Args)
	}
	return view
}

// connectionAnswer lists every refused field; a conflict shows the version that is stored.
func (s *server) connectionAnswer(ctx context.Context, v connection.View, err error) (*rest.Body[connectionView], error) {
	if fault.CodeOf(err) == "connection.conflict" {
		p := s.Problem(ctx, err)
		p.Current = s.viewConnection(ctx, v)
		return nil, p
	}
	if all, ok := errors.AsType[*connection.FaultsError](err); ok {
		refused := invalid{Fault: all.Faults[0]}
		for _, f := range all.Faults {
			refused.problems = append(refused.problems, flow.ProblemOf(f, ""))
		}
		err = refused
	}
	return rest.Answer(s.viewConnection(ctx, v), err)
}

func (s *server) connectionRoutes(api huma.API) {
	huma.Register(api, rest.Op(http.MethodGet, "/connections", "listConnections", "The connections by name", 0),
		rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[connectionView]], error) {
			all, err := s.Connections.List(ctx)
			return rest.Answer(rest.Listed(all, "", func(v connection.View) connectionView { return s.viewConnection(ctx, v) }), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/connections", "createConnection", "Make a connection", http.StatusCreated),
		rest.Handle(s.Kit, func(ctx context.Context, in *createConnectionInput) (*rest.Body[connectionView], error) {
			change := in.Body.named(in.Body.Name)
			change.Revision = 0
			v, err := s.Connections.Put(ctx, change)
			return s.connectionAnswer(ctx, v, err)
		}))
	huma.Register(api, rest.Op(http.MethodGet, "/connections/{name}", "getConnection", "A connection", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *nameInput) (*rest.Body[connectionView], error) {
			v, err := s.Connections.Get(ctx, in.Name)
			return s.connectionAnswer(ctx, v, err)
		}))
	huma.Register(api, rest.Op(http.MethodPut, "/connections/{name}", "changeConnection", "Change a connection", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *changeConnectionInput) (*rest.Body[connectionView], error) {
			change := in.Body.named(in.Name)
			if change.Revision == 0 { // whoever names none means the connection as it is
				now, err := s.Connections.Get(ctx, in.Name)
				if err != nil {
					return nil, err
				}
				change.Revision = now.Revision
			}
			v, err := s.Connections.Put(ctx, change)
			return s.connectionAnswer(ctx, v, err)
		}))
	huma.Register(api, rest.Op(http.MethodDelete, "/connections/{name}", "deleteConnection", "Delete a connection that no flow names", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *nameInput) (*struct{}, error) {
			return nil, s.Connections.Delete(ctx, in.Name)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/connections/{name}/check", "checkConnection", "Ask the system whether it lets the connection in", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *checkInput) (*rest.Body[checkView], error) {
			r, err := s.Connections.CheckSaved(ctx, in.Name)
			return rest.Answer(s.viewCheck(ctx, r), err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/connections/check", "checkUnsaved", "Ask the system about a connection that is not saved so", 0),
		rest.Handle(s.Kit, func(ctx context.Context, in *createConnectionInput) (*rest.Body[checkView], error) {
			r, err := s.Connections.Check(ctx, in.Body.named(in.Body.Name))
			return rest.Answer(s.viewCheck(ctx, r), err)
		}))
}

func (s *server) viewCheck(ctx context.Context, r connection.Result) checkView {
	view := checkView{OK: r.OK, Account: r.Account, TookMs: r.Took.Milliseconds()}
	if f := r.Fault; f != nil {
		view.Code, view.Path = f.Code, f.Path
		view.Message, view.Hint = s.Words.Say(rest.AboutOf(ctx).Language, f.Code, f.Message, f.Hint, f.Args)
	}
	return view
}
