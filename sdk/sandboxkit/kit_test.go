package sandboxkit_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/sandboxkit"
)

// vendor counts what reaches it.
type vendor struct {
	mu     sync.Mutex
	bodies []string
	set    []string
	resets int
	state  map[string]any
}

func (v *vendor) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.bodies = append(v.bodies, string(body))
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"answer":"0123456789"}`)
	})
}

func (v *vendor) seen() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.bodies)
}

func (*vendor) Credentials() map[string]string { return map[string]string{"user": "demo"} }
func (v *vendor) State() map[string]any        { return v.state }
func (v *vendor) Reset()                       { v.resets++ }

func (*vendor) Objects(kind string) ([]json.RawMessage, bool) {
	if kind != "bill" {
		return nil, false
	}
	return []json.RawMessage{json.RawMessage(`{"n":1.10}`)}, true
}

func (v *vendor) Set(name string, value json.RawMessage) error {
	if name == "bad" {
		return errors.New("no such setting")
	}
	v.set = append(v.set, name+"="+string(value))
	return nil
}

type bench struct {
	t      *testing.T
	vendor *vendor
	url    string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	v := &vendor{state: map[string]any{"bills": 3}}
	noon := func() time.Time { return time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC) }
	server := httptest.NewServer(sandboxkit.New(v, noon))
	t.Cleanup(server.Close)
	return &bench{t: t, vendor: v, url: server.URL}
}

// do gives status and body; a cut connection gives 0 or what came before the cut.
func (b *bench) do(method, path, body string) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = res.Body.Close() }()
	if date := res.Header.Get("Date"); date != "Wed, 01 May 2024 12:00:00 GMT" {
		b.t.Errorf("%s tells %q, not the sandbox's time", path, date)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, string(raw)
	}
	return res.StatusCode, string(raw)
}

func (b *bench) want(method, path, body string, status int, part string) {
	b.t.Helper()
	if got, text := b.do(method, path, body); got != status || !strings.Contains(text, part) {
		b.t.Errorf("%s %s %s: %d %s, want %d with %s", method, path, body, got, text, status, part)
	}
}

func TestControls(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want(http.MethodPost, "/api/save", "x", 200, "0123456789")
	b.want(http.MethodGet, "/_sandbox/credentials", "", 200, `{"user":"demo"}`)
	b.want(http.MethodGet, "/_sandbox/state", "", 200, `{"bills":3,"calls":{"/api/save":1}}`)
	b.want(http.MethodGet, "/_sandbox/calls", "", 200, `[{"path":"/api/save","at":"2024-05-01T12:00:00Z"}]`)
	b.want(http.MethodGet, "/_sandbox/objects/bill", "", 200, `[{"n":1.10}]`)
	b.want(http.MethodGet, "/_sandbox/objects/nothing", "", 404, "nothing")
	b.want(http.MethodGet, "/_sandbox/other", "", 404, "no such control")
	b.want(http.MethodDelete, "/_sandbox/state", "", 404, "no such control")
	b.want(http.MethodPost, "/_sandbox/reset", "", 200, "true")
	b.want(http.MethodGet, "/_sandbox/state", "", 200, `"calls":{}`)
	b.want(http.MethodGet, "/_sandbox/calls", "", 200, `[]`)
	if b.vendor.resets != 1 {
		t.Errorf("%d resets", b.vendor.resets)
	}
	if len(b.vendor.state) != 1 {
		t.Error("the vendor's own state was changed")
	}
	b.vendor.state = nil
	b.want(http.MethodGet, "/_sandbox/state", "", 200, `{"calls":{}}`)
}

func TestFaultKinds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault, body   string
		status, calls int
	}{
		"status":       {`{"kind":"status","status":502}`, "<html>", 502, 0},
		"html":         {`{"kind":"html"}`, "<html>", 200, 0},
		"lost request": {`{"kind":"lost_request"}`, "", 0, 0},
		"lost answer":  {`{"kind":"lost_answer"}`, "", 0, 1},
		"truncated":    {`{"kind":"truncated"}`, `{"answer":"`, 0, 1},
		"delay":        {`{"kind":"delay","delayMs":1}`, "0123456789", 200, 1},
	} {
		b := newBench(t)
		b.want(http.MethodPost, "/_sandbox/faults", `{"faults":[`+tc.fault+`]}`, 200, "true")
		status, body := b.do(http.MethodPost, "/api", "hello")
		if status != tc.status || !strings.Contains(body, tc.body) || strings.HasSuffix(body, "}") && status == 0 {
			t.Errorf("%s: %d %q", name, status, body)
		}
		if b.vendor.seen() != tc.calls {
			t.Errorf("%s: the vendor saw %d calls, want %d", name, b.vendor.seen(), tc.calls)
		}
		if tc.calls == 1 && b.vendor.bodies[0] != "hello" {
			t.Errorf("%s: the vendor read %q", name, b.vendor.bodies[0])
		}
		b.want(http.MethodPost, "/_sandbox/faults", `{"faults":[]}`, 200, "true")
		b.want(http.MethodPost, "/api", "again", 200, "0123456789")
	}
}

func TestFaultsChooseTheirCalls(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ fault, want string }{
		"each":               {`"every":1`, "xxxxxx"},
		"after two":          {`"after":2`, "..xxxx"},
		"twice":              {`"times":2`, "xx...."},
		"after one, once":    {`"after":1,"times":1`, ".x...."},
		"every second":       {`"every":2`, ".x.x.x"},
		"every 2nd, after 1": {`"every":2,"after":1`, "..x.x."},
		"another path":       {`"path":"/other"`, "......"},
		"this path":          {`"path":"/API"`, "xxxxxx"},
	} {
		b := newBench(t)
		b.want(http.MethodPost, "/_sandbox/faults", `{"faults":[{"kind":"html",`+tc.fault+`}]}`, 200, "true")
		got := ""
		for range 6 {
			if _, body := b.do(http.MethodPost, "/api", ""); strings.Contains(body, "html") {
				got += "x"
			} else {
				got += "."
			}
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestSettingsAndFaultsGoApart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want(http.MethodPost, "/_sandbox/faults", `{"faults":[{"kind":"html","path":"/api"}]}`, 200, "true")
	b.want(http.MethodPost, "/_sandbox/faults", `{"set":{"b":2,"a":{"x":1.10}}}`, 200, "true")
	b.want(http.MethodPost, "/api", "", 200, "<html>")
	if got := strings.Join(b.vendor.set, " "); got != `a={"x":1.10} b=2` {
		t.Errorf("set %s", got)
	}
	b.want(http.MethodPost, "/_sandbox/faults", `{"faults":[],"set":{"bad":1}}`, 400, "no such setting")
	b.want(http.MethodPost, "/api", "", 200, "<html>")
	b.want(http.MethodPost, "/_sandbox/reset", "", 200, "true")
	b.want(http.MethodPost, "/api", "", 200, "0123456789")
}

func TestRefusesBadFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, body := range []string{
		``, `[]`, `{"faults":[{}]}`, `{"faults":[null]}`, `{"faults":[{"kind":"explode"}]}`, `{"faults":[{"kind":"status"}]}`,
		`{"faults":[{"kind":"status","status":200}]}`, `{"faults":[{"kind":"html","times":-1}]}`, `{"faults":[{"kind":"html","tmes":1}]}`, `{"sets":{}}`,
	} {
		b.want(http.MethodPost, "/_sandbox/faults", body, 400, "error")
	}
	b.want(http.MethodPost, "/api", "", 200, "0123456789")
}

func TestDelayEndsWhenTheCallerHangsUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.want(http.MethodPost, "/_sandbox/faults", `{"faults":[{"kind":"delay","delayMs":600000}]}`, 200, "true")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+"/api", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if res, err := http.DefaultClient.Do(req); err == nil {
		_ = res.Body.Close()
		t.Fatal("a delayed call was answered")
	}
	// The server's Close at the end of the test waits for the delayed call.
	if b.vendor.seen() != 0 {
		t.Error("the vendor saw a call whose caller had gone")
	}
}
