package connection_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/connection"
)

// refusing answers writes with the fault of their operation.
type refusing struct {
	*session
	refuse map[string]error
}

func (r refusing) Write(_ context.Context, b connector.Batch) (connector.Answers, error) {
	r.call("write", b.Operation)
	return connector.Answers{Raw: []byte("{}")}, r.refuse[b.Operation]
}

// hands is a clock that is set by hand.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// troubled is a connection whose writes are refused.
type troubled struct {
	t       *testing.T
	service *connection.Service
	vendor  refusing
	clock   *hands
	store   *database
	told    *bytes.Buffer
}

func newTroubled(t *testing.T) *troubled {
	t.Helper()
	r := &troubled{
		t: t, vendor: refusing{&session{}, map[string]error{}}, clock: &hands{now: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)},
		store: &database{}, told: &bytes.Buffer{},
	}
	installed := newPlugins(t)
	installed.session = func() connector.Session { return r.vendor }
	r.service = connection.New(connection.Config{
		Store: r.store, Plugins: installed, Seal: newSeal(t, 1), Usage: users{}, Clock: r.clock.Now, Log: slog.New(slog.NewTextHandler(r.told, nil)),
	})
	t.Cleanup(func() { _ = r.service.Close(context.WithoutCancel(t.Context())) })
	give(t, r.service, account())
	return r
}

// held writes unless it is held back, and tells the code of what holds it and for how long.
func (r *troubled) held(operation, params string) (code string, wait time.Duration) {
	r.t.Helper()
	_, session, err := r.service.Open(r.t.Context(), 1, "depot")
	if err != nil {
		r.t.Fatal(err)
	}
	if f := session.(deliver.Gate).Held(operation, []byte(params)); f != nil {
		if !f.NotApplied {
			r.t.Error("what is held back was not applied")
		}
		return f.Code, f.RetryAfter
	}
	_, _ = session.(connector.Writer).Write(r.t.Context(), connector.Batch{Operation: operation, Params: []byte(params)})
	return "", 0
}

func (r *troubled) trouble() *connection.Trouble {
	r.t.Helper()
	v, err := r.service.Get(r.as(), "depot")
	if err != nil {
		r.t.Fatal(err)
	}
	return v.Trouble
}

func (r *troubled) as() context.Context {
	return access.With(r.t.Context(), access.Principal{Workspace: 1, Role: access.Admin, Name: "a"})
}

func TestTroubleIsMetOnce(t *testing.T) {
	t.Parallel()
	r := newTroubled(t)
	secret := fault.New("vendor.secret", "the secret is missing").Classed(fault.Config).Unapplied()
	r.vendor.refuse["save"] = secret
	for range 20 {
		r.held("save", `{"form":1}`)
	}
	if n := len(r.vendor.made()); n != 1 {
		t.Errorf("%d calls", n)
	}
	if code, wait := r.held("save", `{"form":1}`); code != "vendor.secret" || wait != 5*time.Second {
		t.Errorf("held by %s for %s", code, wait)
	}
	if got := r.trouble(); got == nil || got.Fault.Code != "vendor.secret" || !got.Since.Equal(r.clock.Now()) {
		t.Errorf("the connection shows %+v", got)
	}
	r.held("audit", `{"form":1}`) // another operation, and one with another form, are not the same
	r.held("save", `{"form":2}`)
	if n := len(r.vendor.made()); n != 3 {
		t.Errorf("%d calls", n)
	}
	// It is tried again by one at a time, less and less often.
	for _, pause := range []int{5, 10, 20, 40, 80, 120, 120} {
		before := len(r.vendor.made())
		r.clock.pass(time.Duration(pause)*time.Second - time.Millisecond)
		r.held("save", `{"form":1}`)
		if n := len(r.vendor.made()); n != before {
			t.Errorf("tried before %d s were over", pause)
		}
		r.clock.pass(time.Millisecond)
		for range 3 {
			r.held("save", `{"form":1}`)
		}
		if n := len(r.vendor.made()); n != before+1 {
			t.Errorf("tried %d times after %d s", n-before, pause)
		}
	}
	if n := strings.Count(r.told.String(), "level=WARN"); n != 1 {
		t.Errorf("told %d times:\n%s", n, r.told)
	}
	delete(r.vendor.refuse, "save")
	r.clock.pass(2 * time.Minute)
	r.held("save", `{"form":1}`)
	r.clock.pass(2 * time.Minute)
	r.held("save", `{"form":2}`)
	if code, _ := r.held("save", `{"form":1}`); code != "" || r.trouble() != nil {
		t.Errorf("held by %s, shows %+v", code, r.trouble())
	}
	if n := strings.Count(r.told.String(), "writing goes on"); n != 1 {
		t.Errorf("its end is told %d times:\n%s", n, r.told)
	}
}

// Parameters that are made from a document never come again once it is mended otherwise:
// the connection does not show their trouble for ever.
func TestTroubleThatNobodyMeetsIsForgotten(t *testing.T) {
	t.Parallel()
	r := newTroubled(t)
	r.vendor.refuse["save"] = fault.New("vendor.form", "not licensed").Classed(fault.Config).Unapplied()
	r.held("save", `{"form":1}`)
	r.clock.pass(5*time.Second + time.Hour)
	if r.trouble() == nil {
		t.Error("forgotten too early")
	}
	r.clock.pass(time.Millisecond)
	if got := r.trouble(); got != nil {
		t.Errorf("an hour later the connection shows %+v", got)
	}
	r.held("save", `{"form":1}`)
	r.clock.pass(6*time.Second + time.Hour)
	r.held("save", `{"form":1}`) // which is the first to come after it was forgotten
	if got := r.trouble(); got == nil || !got.Since.Equal(r.clock.Now()) {
		t.Errorf("met again, the connection shows %+v", got)
	}
}

func TestWhatIsNoTrouble(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"a failure that passes":  fault.New("vendor.busy", "busy").Classed(fault.Transient).Unapplied(),
		"a bad document":         fault.New("vendor.data", "bad").Classed(fault.Data).Unapplied(),
		"perhaps it was applied": fault.New("vendor.secret", "cut").Classed(fault.Config),
		"an error without code":  errors.New("odd"),
	} {
		r := newTroubled(t)
		r.vendor.refuse["save"] = err
		for range 3 {
			if code, _ := r.held("save", ""); code != "" {
				t.Errorf("%s: held by %s", name, code)
			}
		}
		if r.trouble() != nil {
			t.Errorf("%s: shown", name)
		}
	}
}

// TestTheVendorsPauseCounts: who says when to come again is not asked before.
func TestTheVendorsPauseCounts(t *testing.T) {
	t.Parallel()
	r := newTroubled(t)
	r.vendor.refuse["save"] = fault.New("vendor.locked", "locked").Classed(fault.Auth).After(time.Hour).Unapplied()
	r.held("save", "")
	if code, wait := r.held("save", ""); code != "vendor.locked" || wait != time.Hour {
		t.Errorf("held by %s for %s", code, wait)
	}
}

// TestAMendedConnectionGoesOn: after a change nothing is held back, and what waited is due.
func TestAMendedConnectionGoesOn(t *testing.T) {
	t.Parallel()
	r := newTroubled(t)
	r.vendor.refuse["save"] = fault.New("vendor.secret", "the secret is missing").Classed(fault.Config).Unapplied()
	r.held("save", "")
	v, err := r.service.Get(r.as(), "depot")
	if err != nil || v.Trouble == nil || len(r.store.woken) > 0 {
		t.Fatalf("%+v, %v, woken %v", v, err, r.store.woken)
	}
	delete(r.vendor.refuse, "save")
	v, err = r.service.Put(r.as(), connection.Change{Name: "depot", Settings: v.Settings, Secrets: connection.Secrets{"apiKey": "other"}, Revision: v.Revision})
	if err != nil || v.Trouble != nil {
		t.Errorf("%+v, %v", v, err)
	}
	if code, _ := r.held("save", ""); code != "" {
		t.Errorf("held by %s", code)
	}
	if len(r.store.woken) != 1 || r.store.woken[0] != "depot" {
		t.Errorf("woken %v", r.store.woken)
	}
}
