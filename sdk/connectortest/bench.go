package connectortest

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Open opens a session of a connection with these values and closes it when the test ends. Those
// that the manifest calls secret are given as secrets.
func Open(t testing.TB, c connector.Connector, host connector.Host, values map[string]string) connector.Session {
	t.Helper()
	settings, secrets := maps.Clone(values), map[string]string{}
	for _, s := range Manifest(t, c.Manifest()).Settings {
		if value, given := settings[s.Key]; s.Secret && given {
			secrets[s.Key] = value
			delete(settings, s.Key)
		}
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	session, err := c.Open(t.Context(), connector.Account{ID: "c1", Settings: raw, Secrets: secrets}, host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := session.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return session
}

// Control tells a sandbox how it is to be, or what goes wrong next, as its /_sandbox/faults takes it.
func Control(t testing.TB, sandbox http.Handler, body string) {
	t.Helper()
	answer := httptest.NewRecorder()
	sandbox.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_sandbox/faults", strings.NewReader(body)))
	if answer.Code != http.StatusOK {
		t.Fatalf("%s: %s", body, answer.Body)
	}
}

// Calls tells how often a sandbox was called, by path.
func Calls(t testing.TB, sandbox http.Handler) map[string]int {
	t.Helper()
	answer := httptest.NewRecorder()
	sandbox.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_sandbox/state", nil))
	var state struct {
		Calls map[string]int `json:"calls"`
	}
	if err := json.Unmarshal(answer.Body.Bytes(), &state); err != nil {
		t.Fatalf("%v: %s", err, answer.Body)
	}
	return state.Calls
}

// Refused wants an error with a code, of the class that the rules of a manifest give it in an
// operation, "" for none, and gives its fault.
func Refused(t testing.TB, text []byte, operation string, err error, code string, class fault.Class) *fault.Fault {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", code)
	}
	f := Manifest(t, text).Classify(operation, fault.From(err))
	if f.Code != code || f.Class != class {
		t.Fatalf("%s (%s) %q, want %s (%s)", f.Code, f.Class, f.Message, code, class)
	}
	return f
}

// parsed are the manifests that were read: they are long, and asked for by every test.
var parsed sync.Map //nolint:gochecknoglobals // nothing in it changes

// Manifest reads a manifest.
func Manifest(t testing.TB, text []byte) *manifest.Manifest {
	t.Helper()
	if m, ok := parsed.Load(string(text)); ok {
		return m.(*manifest.Manifest)
	}
	m, err := manifest.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	parsed.Store(string(text), m)
	return m
}
