package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/api/rest"
)

// sessionView is who calls.
type sessionView struct {
	User      userView      `json:"user"`
	Workspace workspaceView `json:"workspace"`
	Version   string        `json:"version" doc:"The program's version"`
}

type userView struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Role     access.Role `json:"role" enum:"viewer,operator,editor,admin"`
	Language string      `json:"language"`
}

type workspaceView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// entered is the answer that also sets or clears the session's cookie.
type entered struct {
	Cookie http.Cookie `header:"Set-Cookie"`
	Body   sessionView
}

type left struct {
	Cookie http.Cookie `header:"Set-Cookie"`
}

type setupInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"200"`
		Name     string `json:"name" maxLength:"400"`
		Password string `json:"password" maxLength:"1000"`
		Language string `json:"language,omitempty" maxLength:"40"`
	}
}

type loginInput struct {
	Body struct {
		Name     string `json:"name" maxLength:"400"`
		Password string `json:"password" maxLength:"1000"`
	}
}

type cookieInput struct {
	Session string `cookie:"karez_session"`
	Body    *struct{}
}

func (s *server) sessionRoutes(api huma.API) {
	anonymous := func(o huma.Operation) huma.Operation {
		o.Security = []map[string][]string{}
		return o
	}
	huma.Register(api, rest.Op(http.MethodGet, "/session", "getSession", "Who calls", 0), rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[sessionView], error) {
		return rest.Answer(s.me(ctx))
	}))
	huma.Register(api, anonymous(rest.Op(http.MethodPost, "/setup", "setUp", "Make the first administrator with the one-time token", 0)),
		rest.Handle(s.Kit, func(ctx context.Context, in *setupInput) (*entered, error) {
			entry, err := s.Accounts.Setup(ctx, in.Body.Token, in.Body.Name, in.Body.Password, in.Body.Language)
			return s.enter(ctx, entry, err)
		}))
	huma.Register(api, anonymous(rest.Op(http.MethodPost, "/login", "logIn", "Begin a session", 0)),
		rest.Handle(s.Kit, func(ctx context.Context, in *loginInput) (*entered, error) {
			entry, err := s.Accounts.Login(ctx, in.Body.Name, in.Body.Password, rest.AboutOf(ctx).Client)
			return s.enter(ctx, entry, err)
		}))
	huma.Register(api, rest.Op(http.MethodPost, "/logout", "logOut", "End the session", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *cookieInput) (*left, error) {
			return &left{s.cookie("", time.Unix(1, 0))}, s.Accounts.Logout(ctx, in.Session)
		}))
	s.tokenRoutes(api)
}

func (s *server) me(ctx context.Context) (sessionView, error) {
	me, err := s.Accounts.Me(ctx)
	if err != nil {
		return sessionView{}, err
	}
	return sessionView{
		User:      userView{ID: rest.IDText(me.User), Name: me.Name, Role: me.Role, Language: me.Language},
		Workspace: workspaceView{ID: rest.IDText(me.Workspace), Name: me.WorkspaceName},
		Version:   s.Version,
	}, nil
}

func (s *server) enter(ctx context.Context, entry account.Entry, err error) (*entered, error) {
	if err != nil {
		return nil, err
	}
	view, err := s.me(access.With(ctx, entry.Principal))
	return &entered{s.cookie(entry.Secret, entry.Ends), view}, err
}

// cookie is the session's. It is not marked Secure where the browser reaches the
// program without TLS, which is so on loopback.
func (s *server) cookie(secret string, ends time.Time) http.Cookie {
	return http.Cookie{ //nolint:gosec // Secure is the operator's to say
		Name: cookieName, Value: secret, Path: "/", Expires: ends, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Secure,
	}
}

// TokenView is an API token without its secret.
type TokenView struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Role      access.Role `json:"role" enum:"viewer,operator,editor,admin"`
	CreatedAt *time.Time  `json:"createdAt"`
	LastUsed  *time.Time  `json:"lastUsedAt,omitempty"`
	ExpiresAt *time.Time  `json:"expiresAt,omitempty"`
}

type newToken struct {
	TokenView

	Token string `json:"token" doc:"The secret, shown this once"`
}

type tokenInput struct {
	Body struct {
		Name      string      `json:"name"`
		Role      access.Role `json:"role" enum:"viewer,operator,editor,admin"`
		ExpiresAt time.Time   `json:"expiresAt,omitzero" required:"false"`
	}
}

func (s *server) tokenRoutes(api huma.API) {
	huma.Register(api, rest.Op(http.MethodGet, "/tokens", "listTokens", "The API tokens", 0), rest.Handle(s.Kit, func(ctx context.Context, _ *struct{}) (*rest.Body[rest.List[TokenView]], error) {
		tokens, err := s.Accounts.Tokens(ctx)
		return rest.Answer(rest.Listed(tokens, "", viewToken), err)
	}))
	huma.Register(api, rest.Op(http.MethodPost, "/tokens", "createToken", "Make an API token", http.StatusCreated),
		rest.Handle(s.Kit, func(ctx context.Context, in *tokenInput) (*rest.Body[newToken], error) {
			t, secret, err := s.Accounts.CreateToken(ctx, in.Body.Name, in.Body.Role, in.Body.ExpiresAt)
			return rest.Answer(newToken{viewToken(t), secret}, err)
		}))
	huma.Register(api, rest.Op(http.MethodDelete, "/tokens/{id}", "deleteToken", "Delete an API token", http.StatusNoContent),
		rest.Handle(s.Kit, func(ctx context.Context, in *rest.IDInput) (*struct{}, error) {
			id, err := in.Number()
			if err != nil {
				return nil, err
			}
			return nil, s.Accounts.DeleteToken(ctx, id)
		}))
}

func viewToken(t account.Token) TokenView {
	return TokenView{
		ID: rest.IDText(t.ID), Name: t.Name, Role: t.Role, CreatedAt: rest.When(t.Created), LastUsed: rest.When(t.Used), ExpiresAt: rest.When(t.Expires),
	}
}
