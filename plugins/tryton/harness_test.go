package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// rig is a connection to a real Tryton, through a place that can lose and hold answers.
type rig struct {
	t      *testing.T
	clock  *clocktest.Clock
	host   *connectortest.Host
	server *front
	// own begins the codes of this test's records.
	own      string
	settings map[string]any
	password string
}

// newRig needs a server; deploy/test.sh starts one for the long tests.
func newRig(t *testing.T) *rig {
	t.Helper()
	address := os.Getenv("KAREZ_TEST_TRYTON")
	if address == "" {
		t.Skip("KAREZ_TEST_TRYTON names no server: `make test-long` starts one, and so does deploy/tryton.sh")
	}
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	clock := clocktest.New(time.Now())
	r := &rig{t: t, clock: clock, host: connectortest.NewHost(clock.Now), own: "T" + rand.Text()[:8], password: password}
	r.server = newFront(t, &url.URL{Scheme: at.Scheme, Host: at.Host})
	r.settings = map[string]any{"address": r.server.url, "database": strings.Trim(at.Path, "/"), "user": at.User.Username()}
	return r
}

// played is a rig before a server that the test plays.
func played(t *testing.T, server http.HandlerFunc) *rig {
	t.Helper()
	s := httptest.NewServer(server)
	t.Cleanup(s.Close)
	clock := clocktest.New(time.Date(2026, 3, 5, 4, 0, 0, 0, time.UTC))
	return &rig{
		t: t, clock: clock, host: connectortest.NewHost(clock.Now), password: "the-password",
		settings: map[string]any{"address": s.URL + "/", "database": "db", "user": "flows"},
	}
}

func (r *rig) open() *session {
	r.t.Helper()
	return r.openWith(r.password, r.host)
}

func (r *rig) openWith(password string, host connector.Host) *session {
	r.t.Helper()
	raw, err := json.Marshal(r.settings)
	if err != nil {
		r.t.Fatal(err)
	}
	program := newConnector(r.clock.Now)
	program.pause = func(ctx context.Context) error { return ctx.Err() }
	opened, err := program.Open(r.t.Context(), connector.Account{ID: "c", Settings: raw, Secrets: map[string]string{"password": password}}, host)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = opened.Close(context.Background()) })
	return opened.(*session)
}

// rows reads a query to its end.
func (r *rig) rows(operation, params string, size int) (rows []item.Value, pages int) {
	r.t.Helper()
	s := r.open()
	for at := (connector.PageRef{Size: size}); pages < 100; {
		page, err := s.Query(r.t.Context(), connector.QueryRequest{Operation: operation, Params: []byte(params), Page: at})
		if err != nil {
			r.t.Fatalf("%s %s: %v", operation, params, err)
		}
		pages++
		for row := range item.Of(page.Rows).Elements() {
			rows = append(rows, row)
		}
		if at.Token = page.NextToken; at.Token == "" {
			return rows, pages
		}
	}
	r.t.Fatal("the query does not end")
	return nil, 0
}

// one reads the only row of a query.
func (r *rig) one(operation, params string) item.Value {
	r.t.Helper()
	rows, _ := r.rows(operation, params, 10)
	if len(rows) != 1 {
		r.t.Fatalf("%s %s has %d rows", operation, params, len(rows))
	}
	return rows[0]
}

func (r *rig) write(mode connector.Mode, operation, params string, rows ...string) (connector.Answers, error) {
	r.t.Helper()
	return r.open().Write(r.t.Context(), connector.Batch{
		Operation: operation, Mode: mode, Params: []byte(params), Rows: []byte("[" + strings.Join(rows, ",") + "]"), Keys: make([]string, len(rows)),
	})
}

// done writes rows that have to be taken, and gives their ids.
func (r *rig) done(mode connector.Mode, operation, params string, rows ...string) (ids []string) {
	r.t.Helper()
	answers, err := r.write(mode, operation, params, rows...)
	if err != nil {
		r.t.Fatalf("%s: %v", operation, err)
	}
	for i, a := range answers.Rows {
		if a.Outcome != connector.Done || a.ID == "" {
			r.t.Fatalf("%s: row %d is %+v", operation, i, a)
		}
		ids = append(ids, a.ID)
	}
	return ids
}

// text puts the beginning of this test's codes into a row: P# is one of them.
func (r *rig) text(row string) string { return strings.ReplaceAll(row, "#", r.own) }

func declared(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse(manifestYAML)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// expect is refused for a test that looks at no more of the fault.
func expect(t *testing.T, operation string, err error, code string, class fault.Class) {
	t.Helper()
	_ = refused(t, operation, err, code, class)
}

// refused wants an error with a code and the class that it or the manifest's rules give it.
func refused(t *testing.T, operation string, err error, code string, class fault.Class) *fault.Fault {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want %s", code)
		return fault.New("", "")
	}
	f := declared(t).Classify(operation, fault.From(err))
	if f.Code != code || f.Class != class {
		t.Errorf("%s (%s) %q, want %s (%s)", f.Code, f.Class, f.Message, code, class)
	}
	return f
}

// front stands before the real server.
type front struct {
	url  string
	real *url.URL

	mu sync.Mutex
	// lose is part of the method whose next answer is lost.
	lose     string
	held     chan struct{}
	release  chan struct{}
	sessions map[string]bool
	calls    map[string]int
}

func newFront(t *testing.T, server *url.URL) *front {
	t.Helper()
	f := &front{real: server, sessions: map[string]bool{}, calls: map[string]int{}}
	proxy := httputil.NewSingleHostReverseProxy(server)
	transport := &http.Transport{}
	proxy.Transport = transport
	before := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		method := item.Of(body).Field("method").Text()
		req.Body = io.NopCloser(bytes.NewReader(body))
		lost, held, release := f.note(req.Header.Get("Authorization"), method)
		if held != nil {
			held <- struct{}{}
			select {
			case <-release:
			case <-req.Context().Done():
			}
			return
		}
		if lost {
			proxy.ServeHTTP(httptest.NewRecorder(), req)
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, req)
	}))
	f.url = before.URL
	t.Cleanup(func() {
		before.Close()
		transport.CloseIdleConnections()
	})
	return f
}

func (f *front) note(authorization, method string) (lost bool, held, release chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if authorization != "" {
		f.sessions[authorization] = true
	}
	f.calls[method]++
	if f.lose != "" && strings.HasSuffix(method, f.lose) {
		f.lose, lost = "", true
	}
	return lost, f.held, f.release
}

// loses has the answer to the next call of a method lost.
func (f *front) loses(method string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose = method
}

func (f *front) stall(t connectortest.T) <-chan struct{} {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held, f.release = make(chan struct{}, 100), make(chan struct{})
	release := f.release
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		close(release)
		f.held, f.release = nil, nil
	})
	return f.held
}

// expire ends all sessions so far at the real server.
func (f *front) expire(t connectortest.T, database string) {
	t.Helper()
	f.mu.Lock()
	sessions := slices.Collect(maps.Keys(f.sessions))
	clear(f.sessions)
	f.mu.Unlock()
	for _, session := range sessions {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.real.JoinPath(database).String()+"/",
			strings.NewReader(`{"id":1,"method":"common.db.logout","params":[]}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", session)
		req.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	if idle, ok := http.DefaultTransport.(*http.Transport); ok {
		idle.CloseIdleConnections()
	}
}
