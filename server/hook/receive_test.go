package hook_test

import (
	"context"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/hook"
)

// world is a workspace with one webhook, and what becomes of its documents.
type world struct {
	t *testing.T
	*hook.Service

	mu     sync.Mutex
	hook   hook.Hook
	node   *plan.Inlet
	broken error
	// stands are how the documents stand, look by look; the last one stays.
	stands []hook.Standing
	looks  int
	posts  []hook.Post
	kept   map[string]hook.Reply
	woken  []ledger.ID
	token  string
}

func (w *world) NewID(context.Context) (ledger.ID, error) { return 9, nil }

func (w *world) Hook(context.Context, ledger.ID, string, string) (hook.Hook, error) {
	return w.hook, nil
}

func (w *world) Known(_ context.Context, publicID string) (hook.Hook, error) {
	if publicID != w.hook.PublicID {
		return hook.Hook{}, ledger.ErrNotFound
	}
	return w.hook, nil
}

func (w *world) Replace(_ context.Context, h hook.Hook, s hook.Secret, _ ledger.Millis) (hook.Hook, error) {
	h.ID, h.Secrets = 1, []hook.Secret{s}
	w.hook = h
	return h, nil
}

func (w *world) Calls(context.Context, ledger.ID, int) ([]hook.Call, error) { return nil, nil }

func (w *world) Accept(_ context.Context, p hook.Post) (hook.Receipt, error) {
	w.posts = append(w.posts, p)
	return hook.Receipt{Documents: []ledger.Admitted{{Document: 7, Rev: 1}}, Work: []ledger.ID{3}}, nil
}

func (w *world) Answer(_ context.Context, _ ledger.ID, message string, status int, answer []byte) (int, []byte, error) {
	if _, ok := w.kept[message]; !ok {
		w.kept[message] = hook.Reply{Status: status, Body: answer}
	}
	return w.kept[message].Status, w.kept[message].Body, nil
}

func (w *world) Standing(_ context.Context, of []ledger.Admitted) ([]hook.Standing, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.stands[min(w.looks, len(w.stands)-1)]
	w.looks++
	now.Admitted = of[0]
	return []hook.Standing{now}, nil
}

func (w *world) Came(context.Context, hook.Hook, ledger.ID) (int, bool, error) { return 1, true, nil }

func (w *world) Webhook(context.Context, ledger.ID, string, string) (ledger.Inlet, *plan.Inlet, error) {
	return ledger.Inlet{Flow: 2, NodeID: "in", Priority: 5, Posted: true}, w.node, w.broken
}

func (w *world) Publish(_ context.Context, _ int, work []ledger.ID) error {
	w.woken = append(w.woken, work...)
	return nil
}

// plain is a Seal that shows what it keeps.
type plain struct{}

func (plain) Close(place string, value []byte) []byte { return append([]byte(place), value...) }

func (plain) Open(place string, sealed []byte) ([]byte, error) { return sealed[len(place):], nil }

// newWorld is a webhook whose requests carry a token and wait for so long.
func newWorld(t *testing.T, wait time.Duration, config hook.Config, stands ...hook.Standing) *world {
	t.Helper()
	w := &world{
		t: t, kept: map[string]hook.Reply{}, stands: stands, hook: hook.Hook{Workspace: 1, Flow: 2, FlowID: "f", NodeID: "in", Enabled: true},
		node: &plan.Inlet{Post: &plan.Posting{Token: true, Wait: wait}},
	}
	at := time.Unix(1700000000, 0)
	config.Store, config.Nodes, config.Hints, config.Seal, config.Log = w, w, w, plain{}, slog.New(slog.DiscardHandler)
	config.Place, config.Clock = func(ledger.ID) string { return "place" }, func() time.Time { return at }
	config.Every = time.Microsecond
	w.Service = hook.New(config)
	ctx := access.With(t.Context(), access.Principal{Workspace: 1, Name: "amy", Role: access.Editor})
	_, c, err := w.Rotate(ctx, "f", "in", 0)
	if err != nil {
		t.Fatal(err)
	}
	w.token = c.Token
	return w
}

func (w *world) post(id, body string) (hook.Reply, error) {
	return w.Receive(w.t.Context(), hook.Request{Hook: w.hook.PublicID, Message: id, Authorization: "Bearer " + w.token, ContentType: "application/json", Body: []byte(body)})
}

// Which states are waited for, and what each is answered.
func TestAnswers(t *testing.T) {
	t.Parallel()
	at := func(s ledger.State) hook.Standing { return hook.Standing{Key: "k", Number: "n", State: s} }
	said := at(ledger.RetryAt)
	said.Status, said.Answer = 201, []byte(`"told"`)
	why := at(ledger.Rejected)
	why.Problem = &ledger.Problem{Code: "map.failed", Message: "no"}
	written := at(ledger.Delivered)
	written.Written = []hook.Written{{ID: "1", Number: "B1"}}
	const open = `"state":"unmapped","number":"n","statusUrl":"/hooks/`
	for name, tt := range map[string]struct {
		stands []hook.Standing
		status int
		body   string
		kept   bool
	}{
		"delivered after a while":        {[]hook.Standing{at(ledger.Waiting), at(ledger.Waiting), written}, 200, `{"document":"7","key":"k","state":"delivered","number":"n","written":[{"id":"1","number":"B1"}]}`, true},
		"told, whatever its state":       {[]hook.Standing{at(ledger.Waiting), said}, 201, `"told"`, true},
		"rejected":                       {[]hook.Standing{at(ledger.Waiting), why}, 422, "", false},
		"parked: at once":                {[]hook.Standing{at(ledger.Unmapped)}, 202, open, false},
		"held: at once":                  {[]hook.Standing{at(ledger.Held)}, 202, `"state":"held"`, false},
		"retried: at once":               {[]hook.Standing{at(ledger.RetryAt)}, 202, `"state":"retry_at"`, false},
		"a person decides: at once":      {[]hook.Standing{at(ledger.NeedsDecision)}, 202, `"state":"needs_decision"`, false},
		"let go because it is delivered": {[]hook.Standing{at(ledger.Dropped)}, 200, `"state":"ignored"`, true},
		"skipped by a person":            {[]hook.Standing{at(ledger.Skipped)}, 200, `"state":"skipped"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, time.Hour, hook.Config{}, tt.stands...)
			got, err := w.post("m", "{}")
			if err != nil || got.Status != tt.status || !strings.Contains(string(got.Body), tt.body) || (len(w.kept) > 0) != tt.kept {
				t.Errorf("%d %s %+v %v, kept %v", got.Status, got.Body, got.Rejected, err, w.kept)
			}
			if (got.Rejected != nil) != (tt.status == 422) || (got.Location != "") != (tt.status == 202) || len(w.woken) != 1 {
				t.Errorf("%+v, woken %v", got, w.woken)
			}
		})
	}
}

// One that takes too long, one too many and one that nobody waits for are answered 202.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	slow := hook.Standing{Key: "k", State: ledger.Waiting}
	if got, err := newWorld(t, time.Millisecond, hook.Config{}, slow).post("m", "{}"); err != nil || got.Status != http.StatusAccepted {
		t.Errorf("late: %+v %v", got, err)
	}
	off := newWorld(t, time.Hour, hook.Config{}, slow)
	off.hook.Enabled = false
	if got, err := off.post("m", "{}"); err != nil || got.Status != http.StatusAccepted || off.looks != 1 {
		t.Errorf("a flow that is not enabled: %+v %v after %d looks", got, err, off.looks)
	}
	full := newWorld(t, time.Hour, hook.Config{Waits: 1}, slow)
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan int)
	go func() {
		got, err := full.Receive(ctx, hook.Request{Hook: full.hook.PublicID, Message: "m", Authorization: "Bearer " + full.token, ContentType: "application/json", Body: []byte("{}")})
		if err != nil {
			t.Error(err)
		}
		first <- got.Status
	}()
	for full.seen() < 2 { // it waits
		runtime.Gosched()
	}
	if got, err := full.Status(t.Context(), hook.Request{Hook: full.hook.PublicID, Authorization: "Bearer " + full.token}, 7); err != nil || got.Status != http.StatusAccepted {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := full.post("n", "{}"); err != nil || got.Status != http.StatusAccepted {
		t.Errorf("one too many: %+v %v", got, err)
	}
	leave()
	if status := <-first; status != http.StatusAccepted {
		t.Errorf("a client that went away: %d", status)
	}
}

func (w *world) seen() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.looks
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	done := hook.Standing{Key: "k", State: ledger.Collected}
	w := newWorld(t, 0, hook.Config{Rate: 2, Burst: 2}, done)
	refused := func(want string, got error) {
		t.Helper()
		if fault.CodeOf(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
	_, err := w.post("", "{}")
	refused("webhook.id_missing", err)
	_, err = w.post(strings.Repeat("x", ledger.MaxKey+1), "{}")
	refused("webhook.id_too_long", err)
	_, err = w.post("m", "{}")
	refused("webhook.throttled", err)
	bytes := newWorld(t, 0, hook.Config{}, done)
	_, err = bytes.post("m\xff", "{}")
	refused("webhook.id_invalid", err)
	if len(w.posts)+len(bytes.posts) != 0 {
		t.Errorf("%d were stored", len(w.posts)+len(bytes.posts))
	}
	for _, want := range []string{"webhook.unknown", "webhook.unknown", "webhook.throttled"} {
		_, err := w.Receive(t.Context(), hook.Request{Hook: "guessed"})
		refused(want, err)
	}

	keyed := newWorld(t, 0, hook.Config{}, done)
	var f error
	if keyed.node.Key, f = value.Compile("{{no}}", value.Options{}); f != nil {
		t.Fatal(f)
	}
	for range 2 { // without an id nobody knows that it is the same
		if _, err := keyed.post("", `{"no":"a"}`); err != nil {
			t.Error(err)
		}
	}
	if keyed.posts[0].Message == keyed.posts[1].Message || keyed.posts[0].Documents[0].Key != "a" || keyed.posts[0].Sum != keyed.posts[1].Sum {
		t.Errorf("%+v", keyed.posts)
	}
	if _, err := keyed.post("m", `{"no":""}`); err != nil || keyed.posts[2].Documents[0].Problem == nil || !strings.HasPrefix(keyed.posts[2].Documents[0].Key, "!posted/") {
		t.Errorf("%+v %v", keyed.posts[2].Documents, err)
	}

	gone := newWorld(t, 0, hook.Config{}, done)
	gone.broken = fault.New("webhook.not_published", "no").Classed(fault.Transient)
	_, err = gone.post("m", "{}")
	refused("webhook.not_published", err)
	gone.token = "whtok_guessed"
	_, err = gone.post("m", "{}")
	refused("webhook.unsigned", err)
}
