package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/http/sandbox"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

// rig is a connection to a served sandbox.
type rig struct {
	t        *testing.T
	clock    *clocktest.Clock
	host     *connectortest.Host
	kit      *sandboxkit.Kit
	url      string
	settings map[string]any
	secrets  map[string]string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	clock := clocktest.New(start())
	r := &rig{t: t, clock: clock, host: connectortest.NewHost(clock.Now), kit: sandboxkit.New(sandbox.New(clock.Now), clock.Now)}
	r.serve(r.kit)
	r.login("bearer")
	return r
}

// played is a rig before an interface that the test plays.
func played(t *testing.T, handler http.HandlerFunc) *rig {
	t.Helper()
	clock := clocktest.New(start())
	r := &rig{t: t, clock: clock, host: connectortest.NewHost(clock.Now), settings: map[string]any{"plain": "true", "reach": "local"}}
	r.serve(handler)
	r.settings["address"] = r.url + "/v1"
	return r
}

func (r *rig) serve(handler http.Handler) {
	server := httptest.NewServer(handler)
	r.t.Cleanup(server.Close)
	r.url = server.URL
}

// login has the sandbox ask for a log-in, and the next sessions log in so.
func (r *rig) login(way string) {
	r.t.Helper()
	r.set(fmt.Sprintf(`{"auth":%q}`, way))
	answer := httptest.NewRecorder()
	r.kit.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_sandbox/credentials", nil))
	given := map[string]string{}
	if err := json.Unmarshal(answer.Body.Bytes(), &given); err != nil {
		r.t.Fatal(err)
	}
	m := parsed(r.t)
	r.settings, r.secrets = map[string]any{"address": r.url, "tokenUrl": r.url + "/v1/token"}, map[string]string{}
	for key, value := range given {
		secret, found := false, false
		for _, s := range m.Settings {
			if s.Key == key {
				secret, found = s.Secret, true
			}
		}
		if !found {
			r.t.Errorf("the sandbox names %s, which is no setting", key)
		}
		if secret {
			r.secrets[key] = value
		} else {
			r.settings[key] = value
		}
	}
}

func (r *rig) set(values string) { r.control(`{"set":` + values + `}`) }

func (r *rig) inject(faults string) { r.control(`{"faults":[` + faults + `]}`) }

func (r *rig) control(body string) {
	r.t.Helper()
	connectortest.Control(r.t, r.kit, body)
}

// state reads a part of the sandbox's state.
func (r *rig) state(path string) item.Value {
	r.t.Helper()
	answer := httptest.NewRecorder()
	r.kit.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_sandbox/state", nil))
	return item.Of(answer.Body.Bytes()).Path(path)
}

// count tells how many orders have a number.
func (r *rig) count(number string) int {
	r.t.Helper()
	answer := httptest.NewRecorder()
	r.kit.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_sandbox/objects/orders", nil))
	n := 0
	for o := range item.Of(answer.Body.Bytes()).Elements() {
		if o.Field("number").Text() == number {
			n++
		}
	}
	return n
}

// open makes a session with other settings and secrets in place of the rig's; nil takes one away.
func (r *rig) open(change map[string]any) connector.Session {
	r.t.Helper()
	session, err := r.tryOpen(change)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := session.Close(context.Background()); err != nil {
			r.t.Error(err)
		}
	})
	return session
}

func (r *rig) tryOpen(change map[string]any) (connector.Session, error) {
	r.t.Helper()
	settings, secrets := maps.Clone(r.settings), maps.Clone(r.secrets)
	for key, value := range change {
		if _, secret := secrets[key]; secret {
			secrets[key], _ = value.(string)
			continue
		}
		if settings[key] = value; value == nil {
			delete(settings, key)
		}
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		r.t.Fatal(err)
	}
	program := newConnector(r.clock.Now)
	program.pause = func(ctx context.Context) error { return ctx.Err() }
	return program.Open(r.t.Context(), connector.Account{ID: "c1", Settings: raw, Secrets: secrets}, r.host)
}

// said is everything that left the sessions beside their answers.
func (r *rig) said() string {
	lines, traces := r.host.Said()
	all := strings.Join(lines, "\n")
	for _, e := range traces {
		all += fmt.Sprintf("\n%s %s %d %s %s", e.Method, e.URL, e.Status, e.RequestBody, e.ResponseBody)
	}
	return all
}

func query(session connector.Session, operation, params string, page connector.PageRef) (connector.Page, error) {
	return session.Query(context.Background(), connector.QueryRequest{Operation: operation, Params: []byte(params), Page: page})
}

func write(session connector.Session, operation, params, row, key string) (connector.Answer, error) {
	answers, err := session.(connector.Writer).Write(context.Background(), connector.Batch{
		Operation: operation, Mode: connector.Create, Params: []byte(params), Rows: []byte("[" + row + "]"), Keys: []string{key},
	})
	if err != nil {
		return connector.Answer{}, err
	}
	return answers.Rows[0], nil
}

func parsed(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse([]byte(manifestYAML))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refused wants a fault of a code and class that says whether it left anything.
func refused(t *testing.T, what string, err error, code string, class fault.Class, applied bool) {
	t.Helper()
	_ = refusal(t, what, err, code, class, applied)
}

// refusal is refused for a test that looks at more of the fault.
func refusal(t *testing.T, what string, err error, code string, class fault.Class, applied bool) *fault.Fault {
	t.Helper()
	f := fault.From(err)
	if f == nil {
		t.Errorf("%s: no error, want %s", what, code)
		return fault.New("", "")
	}
	if f.Code != code || f.Class != class || f.NotApplied == applied {
		t.Errorf("%s: %s (%s, certainly not applied: %v), want %s (%s, %v): %v", what, f.Code, f.Class, f.NotApplied, code, class, !applied, err)
	}
	return f
}

func rows(t *testing.T, page connector.Page) []item.Value {
	t.Helper()
	list, err := item.Rows(page.Rows)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]item.Value, len(list))
	for i, raw := range list {
		out[i] = item.Of(raw)
	}
	return out
}

func order(number string) string {
	return fmt.Sprintf(`{"number":%q,"customer":"C01","amount":12.50,"lines":[{"sku":"A-01","qty":1}]}`, number)
}
