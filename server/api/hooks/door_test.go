package hooks_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/api/hooks"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/hook"
)

// desk is a webhook whose documents are delivered at the second look.
type desk struct {
	hook.Store

	hook  hook.Hook
	looks int
	// looked is told of every look.
	looked func()
}

func (d *desk) NewID(context.Context) (ledger.ID, error) { return 9, nil }

func (d *desk) Hook(context.Context, ledger.ID, string, string) (hook.Hook, error) {
	return d.hook, nil
}

func (d *desk) Known(_ context.Context, publicID string) (hook.Hook, error) {
	if publicID != "p" {
		return hook.Hook{}, ledger.ErrNotFound
	}
	return d.hook, nil
}

func (d *desk) Replace(_ context.Context, h hook.Hook, s hook.Secret, _ ledger.Millis) (hook.Hook, error) {
	h.ID, h.Secrets = 1, []hook.Secret{s}
	d.hook = h
	return h, nil
}

func (d *desk) Accept(context.Context, hook.Post) (hook.Receipt, error) {
	return hook.Receipt{Documents: []ledger.Admitted{{Document: 7, Rev: 1}}}, nil
}

func (d *desk) Standing(_ context.Context, of []ledger.Admitted) ([]hook.Standing, error) {
	d.looked()
	d.looks++
	state := ledger.Waiting
	if d.looks > 1 {
		state = ledger.Delivered
	}
	return []hook.Standing{{Admitted: of[0], At: 1, Key: "k", State: state}}, nil
}

func (d *desk) Answer(_ context.Context, _ ledger.ID, _ string, status int, answer []byte) (int, []byte, error) {
	return status, answer, nil
}

func (d *desk) Webhook(context.Context, ledger.ID, string, string) (ledger.Inlet, *plan.Inlet, error) {
	return ledger.Inlet{Flow: 2, NodeID: "in", Posted: true}, &plan.Inlet{Post: &plan.Posting{Token: true, Wait: time.Minute}}, nil
}

func (d *desk) Close(_ string, value []byte) []byte { return value }

func (d *desk) Open(_ string, sealed []byte) ([]byte, error) { return sealed, nil }

// timed notes until when the server goes on reading.
type timed struct {
	*httptest.ResponseRecorder

	deadline time.Time
}

func (t *timed) SetReadDeadline(at time.Time) error {
	t.deadline = at
	return nil
}

// read tells when it is read.
type read struct {
	io.Reader

	told func()
}

func (r read) Read(p []byte) (int, error) {
	r.told()
	return r.Reader.Read(p)
}

// The time in which a body must come in ends with the body: a server that goes on
// reading until then would take who waits for an answer for one that went away.
func TestPatienceEndsWithTheBody(t *testing.T) {
	t.Parallel()
	at := time.Unix(1700000000, 0)
	d := &desk{hook: hook.Hook{Workspace: 1, Flow: 2, FlowID: "f", NodeID: "in", PublicID: "p", Enabled: true}}
	service := hook.New(hook.Config{
		Store: d, Nodes: d, Seal: d, Log: slog.New(slog.DiscardHandler), Every: time.Microsecond,
		Place: func(ledger.ID) string { return "" }, Clock: func() time.Time { return at },
	})
	_, c, err := service.Rotate(access.With(t.Context(), access.Principal{Workspace: 1, Name: "amy", Role: access.Editor}), "f", "in", 0)
	if err != nil {
		t.Fatal(err)
	}
	words, err := problem.LoadWords()
	if err != nil {
		t.Fatal(err)
	}
	w := &timed{ResponseRecorder: httptest.NewRecorder()}
	d.looked = func() {
		if !w.deadline.IsZero() {
			t.Errorf("an answer is waited for until %v only", w.deadline)
		}
	}
	body := read{strings.NewReader(`{"no":1}`), func() {
		if want := at.Add(30 * time.Second); !w.deadline.Equal(want) {
			t.Errorf("the body is read until %v, want %v", w.deadline, want)
		}
	}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/p", body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "k")
	r.Header.Set("Authorization", "Bearer "+c.Token)
	hooks.Door(rest.NewKit(words, slog.New(slog.DiscardHandler)), service, func() time.Time { return at }, slog.New(slog.DiscardHandler)).ServeHTTP(w, r)
	if w.Code != http.StatusOK || d.looks != 2 {
		t.Errorf("%d after %d looks: %s", w.Code, d.looks, w.Body)
	}
}

// What strangers send to an address that is none is not read.
func TestNothingIsReadOfStrangers(t *testing.T) {
	t.Parallel()
	words, err := problem.LoadWords()
	if err != nil {
		t.Fatal(err)
	}
	service := hook.New(hook.Config{Store: &desk{}, Log: slog.New(slog.DiscardHandler), Clock: time.Now})
	body := read{strings.NewReader("{}"), func() { t.Error("the body is read") }}
	w := httptest.NewRecorder()
	hooks.Door(rest.NewKit(words, slog.New(slog.DiscardHandler)), service, time.Now, slog.New(slog.DiscardHandler)).
		ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/guessed", body))
	if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "webhook.unknown") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
