package api

import (
	"context"
	"encoding/json"
	"mime"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/google/uuid"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/api/plugins"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/api/uploads"
)

const (
	prefix      = "/api/v1"
	cookieName  = "karez_session"
	tokenScheme = "Bearer "
)

// open are the only routes that answer the anonymous: they ask for a secret themselves.
func open(r *http.Request) bool {
	return r.Method == http.MethodPost && (r.URL.Path == prefix+"/setup" || r.URL.Path == prefix+"/login")
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
		a := rest.About{ID: uuid.NewString(), Language: problem.Language(r.Header.Get("Accept-Language")), Client: client}
		ctx := rest.WithAbout(r.Context(), a)
		h := w.Header()
		h.Set("X-Request-Id", a.ID)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // the value itself is panicked
				s.Log.ErrorContext(ctx, "a request panicked", "request", a.ID, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
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
		// Files are bytes of no kind: neither of the two can be sent by a form of another site.
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.ContentLength != 0 && (err != nil || kind != "application/json" && kind != "application/octet-stream") {
			s.refuse(w, r.WithContext(ctx), fault.New("request.not_json", "the body must be application/json").Classed(fault.Config))
			return
		}
		most := int64(rest.MaxBodyBytes)
		if large(r) {
			most = max(uploads.MaxBytes, plugins.MaxBytes)
			_ = http.NewResponseController(w).SetReadDeadline(s.Clock().Add(uploads.Patience)) // without it a slow line has less time
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// large reports whether a request carries a file.
func large(r *http.Request) bool { return uploads.Is(r) || plugins.Is(r) }

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
	p := s.Problem(r.Context(), err)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(p) // a client that went away is nobody's fault
	}
}
