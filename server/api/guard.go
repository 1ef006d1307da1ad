package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/google/uuid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/api/problem"
)

const (
	prefix       = "/api/v1"
	cookieName   = "karez_session"
	tokenScheme  = "Bearer "
	maxBodyBytes = 32 << 20
)

// open are the only routes that answer the anonymous: they ask for a secret themselves.
func open(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == prefix+"/setup" || r.URL.Path == prefix+"/login")
}

// about is what a request is known by.
type about struct{ id, language, client string }

type aboutKey struct{}

func aboutOf(ctx context.Context) about {
	a, _ := ctx.Value(aboutKey{}).(about)
	return a
}

// guard wraps the routes: it numbers requests, recovers from panics, refuses
// other sites and the anonymous, and bounds bodies.
func (s *server) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			client = r.RemoteAddr
		}
		a := about{uuid.NewString(), problem.Language(r.Header.Get("Accept-Language")), client}
		ctx := context.WithValue(r.Context(), aboutKey{}, a)
		h := w.Header()
		h.Set("X-Request-Id", a.id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // the value itself is panicked
				s.Log.ErrorContext(ctx, "a request panicked", "request", a.id, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				s.refuse(w, r.WithContext(ctx), fault.New("internal.unexpected", "a defect").Classed(fault.Internal))
			}
		}()
		if err := cross.Check(r); err != nil {
			s.refuse(w, r.WithContext(ctx), fault.New("request.cross_origin", "another site may not do this").Classed(fault.Auth))
			return
		}
		if !open(r) {
			p, err := s.identify(ctx, r)
			if err != nil {
				s.refuse(w, r.WithContext(ctx), err)
				return
			}
			ctx = access.With(ctx, p)
		}
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.ContentLength != 0 && (err != nil || kind != "application/json") {
			s.refuse(w, r.WithContext(ctx), fault.New("request.not_json", "the body must be application/json").Classed(fault.Config))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// identify finds who calls, by token or by session.
func (s *server) identify(ctx context.Context, r *http.Request) (access.Principal, error) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), tokenScheme); ok {
		return s.Accounts.Token(ctx, token)
	}
	secret := ""
	if cookie, err := r.Cookie(cookieName); err == nil {
		secret = cookie.Value
	}
	return s.Accounts.Session(ctx, secret)
}

// refuse writes an error outside of the routes.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problem(r.Context(), err)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(p) // a client that went away is nobody's fault
	}
}

// problem makes the answer for an error. Internal ones end here, so they are logged.
func (s *server) problem(ctx context.Context, err error) *problem.Problem {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return p
	}
	a := aboutOf(ctx)
	p, internal := problem.Of(err, s.words, a.language)
	p.RequestID = a.id
	if internal && ctx.Err() == nil {
		s.Log.LogAttrs(ctx, slog.LevelError, "a request failed", slog.String("request", a.id), slog.Any("error", err))
	}
	return p
}
