package hooks

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/hook"
)

// Prefix begins the paths of the door.
const Prefix = "/hooks/"

// door is where other systems post.
type door struct {
	server

	clock func() time.Time
	log   *slog.Logger
}

// Door makes the handler of Prefix. It knows no session and sets no cookie, so that other
// sites gain nothing by it.
func Door(kit *rest.Kit, service *hook.Service, clock func() time.Time, log *slog.Logger) http.Handler {
	return &door{server{kit, service}, clock, log}
}

// patience is how long a body may take to come in.
const patience = 30 * time.Second

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	about := rest.About{ID: uuid.NewString(), Language: problem.Language(r.Header.Get("Accept-Language"))}
	ctx := rest.WithAbout(r.Context(), about)
	h := w.Header()
	h.Set("X-Request-Id", about.ID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // the value itself is panicked
			d.log.ErrorContext(ctx, "a posted request panicked", "request", about.ID, "panic", p, "stack", string(debug.Stack()))
			d.write(w, d.answer(ctx, hook.Reply{}, fault.New("internal.unexpected", "a defect").Classed(fault.Internal)))
		}
	}()
	_ = http.NewResponseController(w).SetReadDeadline(d.clock().Add(patience)) // a test's recorder has none
	reply, err := d.serve(ctx, w, r)
	d.write(w, d.answer(ctx, reply, err))
}

func (d *door) serve(ctx context.Context, w http.ResponseWriter, r *http.Request) (hook.Reply, error) {
	id, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	req := hook.Request{
		Hook: id, Message: cmp.Or(r.Header.Get("webhook-id"), r.Header.Get("Idempotency-Key")), Timestamp: r.Header.Get("webhook-timestamp"),
		Signature: r.Header.Get("webhook-signature"), Authorization: r.Header.Get("Authorization"), ContentType: r.Header.Get("Content-Type"),
	}
	document, asked := strings.CutPrefix(rest, "documents/")
	switch {
	case rest == "" && r.Method == http.MethodPost:
		if err := d.hooks.Knows(ctx, id); err != nil {
			return hook.Reply{}, err
		}
		body, err := read(w, r)
		if err != nil {
			return hook.Reply{}, err
		}
		// Who waits for an answer sends nothing more: with the deadline the server would take it for gone.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
		req.Body = body
		return d.hooks.Receive(ctx, req)
	case asked && r.Method == http.MethodGet:
		no, err := strconv.ParseInt(document, 10, 64)
		if err != nil || no <= 0 {
			return hook.Reply{}, fault.New("route.unknown", "there is no %s", r.URL.Path).Classed(fault.Config)
		}
		return d.hooks.Status(ctx, req, ledger.ID(no))
	case rest == "" || asked:
		return hook.Reply{}, fault.New("request.method", "%s can't be done to %s", r.Method, r.URL.Path).Classed(fault.Config)
	default:
		return hook.Reply{}, fault.New("route.unknown", "there is no %s", r.URL.Path).Classed(fault.Config)
	}
}

// read reads a body that is not too large.
func read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := fault.New("webhook.too_large", "the body has more than %d bytes", hook.MaxBody).Classed(fault.Data).Hinted("send the records in several requests")
	if r.ContentLength > hook.MaxBody {
		return nil, tooLarge
	}
	var body bytes.Buffer
	_, err := io.Copy(&body, http.MaxBytesReader(w, r.Body, hook.MaxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge
	case err != nil:
		return nil, fault.New("request.unreadable", "the body did not come in whole").Classed(fault.Data).Because(err)
	default:
		return body.Bytes(), nil
	}
}

// answered is an answer as it is written.
type answered struct {
	status         int
	kind, location string
	body           []byte
	// again says when a throttled sender may come again.
	again bool
}

// rejected is the problem of a document that was rejected.
type rejected struct {
	*problem.Problem

	Document string `json:"document"`
	Key      string `json:"key"`
}

// answer writes a reply in the language of the reader.
func (s *server) answer(ctx context.Context, reply hook.Reply, err error) answered {
	var said any
	out := answered{status: reply.Status, kind: "application/json", location: reply.Location, body: reply.Body}
	switch {
	case err != nil:
		p := s.Problem(ctx, err)
		out, said = answered{status: p.Status, again: p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable}, p
	case reply.Rejected != nil:
		why := reply.Rejected.Problem
		p, _ := problem.Of(&fault.Fault{Code: why.Code, Message: why.Message, Hint: why.Hint, Path: why.Path, Args: why.Args, Class: fault.Data}, s.Words, rest.AboutOf(ctx).Language)
		p.Status, p.Title, p.RequestID = reply.Status, http.StatusText(reply.Status), rest.AboutOf(ctx).ID
		said = rejected{p, reply.Rejected.Document, reply.Rejected.Key}
	}
	if said == nil {
		return out
	}
	out.kind = "application/problem+json"
	body, err := json.Marshal(said)
	if err != nil { // texts can always be written
		body = []byte("{}")
	}
	out.body = body
	return out
}

func (d *door) write(w http.ResponseWriter, a answered) {
	h := w.Header()
	if a.location != "" {
		h.Set("Location", a.location)
	}
	if a.again {
		h.Set("Retry-After", "5")
	}
	if a.status == http.StatusNoContent || a.status == http.StatusResetContent {
		w.WriteHeader(a.status)
		return
	}
	h.Set("Content-Type", a.kind)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that went away is nobody's fault
}

// own reports whether an error is about the caller, not about what was posted.
func own(err error) bool {
	code := fault.CodeOf(err)
	return strings.HasPrefix(code, "auth.") || code == "object.missing" || code == "webhook.no_secret"
}
