// Package robottest tries the connectors of group robots against their sandboxes.
//
// It is for tests only. It may import the standard library, the sdk and
// plugins/internal.
package robottest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

// Start is when every rig begins.
func Start() time.Time { return time.Date(2024, 5, 1, 4, 0, 0, 0, time.UTC) }

// Rig is a connection to a served sandbox; both tell the time of Clock.
type Rig struct {
	t        *testing.T
	Clock    *clocktest.Clock
	Host     *connectortest.Host
	Box      sandboxkit.Vendor
	Manifest *manifest.Manifest
	// URL is where the sandbox is served.
	URL string

	program connector.Connector
	kit     *sandboxkit.Kit
	calls   *connectortest.Recorder
}

// New serves a sandbox to a connector. Both are made with the rig's clock.
func New(t *testing.T, program func(clock func() time.Time) connector.Connector, sandbox func(clock func() time.Time) sandboxkit.Vendor) *Rig {
	t.Helper()
	clock := clocktest.New(Start())
	r := &Rig{t: t, Clock: clock, Host: connectortest.NewHost(clock.Now), program: program(clock.Now), Box: sandbox(clock.Now)}
	var err error
	if r.Manifest, err = manifest.Parse(r.program.Manifest()); err != nil {
		t.Fatal(err)
	}
	r.kit = sandboxkit.New(r.Box, clock.Now)
	r.calls = connectortest.NewRecorder(r.kit)
	server := httptest.NewServer(r.calls)
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// Stall holds the calls that arrive from now on until t's end.
func (r *Rig) Stall(t connectortest.T) <-chan struct{} { return r.calls.Stall(t) }

// Open opens a session with the sandbox's credentials, some of them changed.
func (r *Rig) Open(change map[string]string) connector.Session {
	r.t.Helper()
	session, err := r.Opened(change)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = session.Close(context.Background()) })
	return session
}

// Opened is Open for a test that wants the error.
func (r *Rig) Opened(change map[string]string) (connector.Session, error) {
	r.t.Helper()
	all := r.Box.Credentials()
	if slices.ContainsFunc(r.Manifest.Settings, func(s field.Setting) bool { return s.Key == "address" }) {
		all["address"] = r.URL
	}
	maps.Copy(all, change)
	secrets := map[string]string{}
	for _, s := range r.Manifest.Settings {
		if s.Secret {
			secrets[s.Key] = all[s.Key]
			delete(all, s.Key)
		}
	}
	raw, err := json.Marshal(all)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range field.Check(r.Manifest.Settings, raw) {
		if f.Code != "setting.required" { // the secrets are not among these
			r.t.Fatalf("the settings do not fit the manifest: %v", f)
		}
	}
	return r.program.Open(r.t.Context(), connector.Account{ID: "c1", Settings: raw, Secrets: secrets}, r.Host)
}

// Send sends one message.
func (r *Rig) Send(session connector.Session, row, key string) (connector.Answers, error) {
	r.t.Helper()
	writer, ok := session.(connector.Writer)
	if !ok {
		r.t.Fatal("the session does not write")
	}
	return writer.Write(r.t.Context(), connector.Batch{
		Operation: "message.send", Mode: connector.Create, Rows: []byte("[" + row + "]"), Keys: []string{key},
	})
}

// Said sends one message and gives what the vendor received, and the answer.
func (r *Rig) Said(session connector.Session, row string) (item.Value, connector.Answer) {
	r.t.Helper()
	before := len(r.Messages())
	answers, err := r.Send(session, row, "k")
	if err != nil || len(answers.Rows) != 1 || answers.Rows[0].Outcome != connector.Done {
		r.t.Fatalf("%s: %+v %v", row, answers.Rows, err)
	}
	got := r.Messages()
	if len(got) != before+1 {
		r.t.Fatalf("%d messages after one more than %d", len(got), before)
	}
	return got[before], answers.Rows[0]
}

// Messages are those the vendor keeps.
func (r *Rig) Messages() []item.Value {
	r.t.Helper()
	objects, ok := r.Box.Objects("message")
	if !ok {
		r.t.Fatal("the sandbox keeps no messages")
	}
	out := make([]item.Value, len(objects))
	for i, o := range objects {
		out[i] = item.Of(o)
	}
	return out
}

// Set changes settings of the sandbox, written as {"name":value}.
func (r *Rig) Set(settings string) { r.control(`{"set":` + settings + `}`) }

// Inject puts faults before the sandbox.
func (r *Rig) Inject(faults string) { r.control(`{"faults":[` + faults + `]}`) }

func (r *Rig) control(body string) {
	r.t.Helper()
	answer := httptest.NewRecorder()
	r.kit.ServeHTTP(answer, httptest.NewRequestWithContext(r.t.Context(), http.MethodPost, "/_sandbox/faults", strings.NewReader(body)))
	if answer.Code != http.StatusOK {
		r.t.Fatalf("%s: %s", body, answer.Body)
	}
}

// Refused wants a fault with this code and the class that the manifest gives it, that
// says the message was not sent.
func (r *Rig) Refused(err error, code string, class fault.Class) fault.Fault {
	r.t.Helper()
	if err == nil {
		r.t.Fatalf("no error, want %s", code)
	}
	f := r.Manifest.Classify("message.send", fault.From(err))
	if f.Code != code || f.Class != class || !f.NotApplied {
		r.t.Errorf("%s (%s, not applied %v), want %s (%s): %v", f.Code, f.Class, f.NotApplied, code, class, err)
	}
	return *f
}

// Quiet wants none of the secrets in what the session told its host.
func (r *Rig) Quiet(secrets ...string) {
	r.t.Helper()
	lines, traces := r.Host.Said()
	for _, e := range traces {
		lines = append(lines, fmt.Sprintf("%s %s %s", e.URL, e.RequestBody, e.ResponseBody))
	}
	said := strings.Join(lines, "\n")
	if len(traces) == 0 {
		r.t.Error("nothing was traced")
	}
	for _, secret := range secrets {
		if strings.Contains(said, secret) {
			r.t.Errorf("a trace or a log line shows a secret of %d characters", len(secret))
		}
	}
}

// Suite is what the conformance suite needs to know of a connector.
type Suite struct {
	// Bad are credentials that the vendor refuses, Secrets those that it accepts.
	Bad     map[string]string
	Secrets []string
	// Count, where it is given, tells how many messages the vendor holds under a key.
	Count func(t connectortest.T, key string) int
	// Lose makes the vendor lose the next answer, where that is not a matter of HTTP.
	Lose func()
}

// Conform runs the conformance suite.
func (r *Rig) Conform(t *testing.T, with Suite) {
	t.Helper()
	lose, stall := with.Lose, (func(connectortest.T) <-chan struct{})(nil)
	if lose == nil {
		lose, stall = func() { r.Inject(`{"path":"/","kind":"lost_answer","times":1}`) }, r.Stall
	}
	connectortest.Exercise(t, connectortest.Harness{
		Manifest: r.program.Manifest(),
		Open:     func(t connectortest.T) connector.Session { t.Helper(); return r.Open(nil) },
		OpenBad:  func(t connectortest.T) connector.Session { t.Helper(); return r.Open(with.Bad) },
		Secrets:  append(slices.Collect(maps.Values(with.Bad)), with.Secrets...),
		Host:     r.Host,
		Stall:    stall,
		Wait:     r.Clock.Pass,
		Writes: []connectortest.Write{{
			Operation: "message.send",
			Row: func(n int) ([]byte, string) {
				key := fmt.Sprintf("doc-%03d", n)
				return fmt.Appendf(nil, `{"title":"对账差异","text":"单据 **%s** 待处理"}`, key), key
			},
			BadRow:     func(n int) ([]byte, string) { return []byte(`{"title":""}`), fmt.Sprintf("bad-%03d", n) },
			LoseAnswer: func(t connectortest.T) { t.Helper(); lose() },
			Count:      with.Count,
		}},
	})
}

// Declared wants what every such connector declares: one write in mode create, its
// three fields, titles in both languages, hints with every rule and an icon.
func (r *Rig) Declared(class manifest.Class) {
	r.t.Helper()
	m := r.Manifest
	o, ok := m.Operation("message.send")
	if !ok || len(m.Operations) != 1 || o.Object != "message" || o.Writing.Update != nil || o.Writing.Create.Class != class || o.Writing.OnRevised != "ignore" {
		r.t.Errorf("operations: %+v", m.Operations)
	}
	var names []string
	for _, f := range o.Request {
		names = append(names, f.Name+" "+string(f.Type))
	}
	if !slices.Equal(names, []string{"title string", "text string", "to array"}) {
		r.t.Errorf("fields: %v", names)
	}
	if m.Title.ZH == "" || m.Title.EN == "" || o.Title.EN == "" {
		r.t.Errorf("titles: %v %v", m.Title, o.Title)
	}
	for i, rule := range m.Rules {
		if rest := rule.Codes == nil && rule.Message == ""; !rest && (rule.Hint.ZH == "" || rule.Hint.EN == "") {
			r.t.Errorf("rule %d has no hint in both languages", i)
		}
	}
	connectortest.SVG(r.t, m.Icon)
}
