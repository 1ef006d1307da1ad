package examine

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// system answers calls with what was kept, on loopback.
type system struct {
	url string
	// tokens says that every other call, the first one first, asks for a token.
	tokens bool
	server *http.Server

	mu     sync.Mutex
	token  *Said
	answer Said
	calls  int
	last   map[string]any
}

// replay starts a system; close ends it.
func replay(ctx context.Context, tokens bool) (*system, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &system{url: "http://" + listener.Addr().String(), tokens: tokens}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(listener) }() // until close
	return s, nil
}

func (s *system) close() { _ = s.server.Close() }

// says sets what is answered from now on.
func (s *system) says(token *Said, answer Said) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token, s.answer, s.calls, s.last = token, answer, 0, nil
}

// sent gives the last request that was not for a token, and how many calls there were.
func (s *system) sent() (last map[string]any, calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.calls
}

// mostSent bounds what is read of a request.
const mostSent = 8 << 20

// ServeHTTP answers one call.
func (s *system) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostSent))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.calls++
	said := s.answer
	if s.tokens && s.calls%2 == 1 {
		said = Said{Status: http.StatusInternalServerError}
		if s.token != nil {
			said = *s.token
		}
	} else {
		s.last = request(r, body)
	}
	s.mu.Unlock()
	text := ""
	kind := "text/plain; charset=utf-8"
	if json.Unmarshal(said.Body, &text) != nil {
		text, kind = string(said.Body), "application/json; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	for name, value := range said.Header {
		w.Header().Set(name, value)
	}
	if said.Status != 0 {
		w.WriteHeader(said.Status)
	}
	_, _ = io.WriteString(w, text) // the caller has gone; nobody is left to tell
}

// request tells of a request what a case may name.
func request(r *http.Request, body []byte) map[string]any {
	last := map[string]any{"method": r.Method, "path": r.URL.Path, "query": first(r.URL.Query()), "header": header(r.Header)}
	if form, err := url.ParseQuery(string(body)); err == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		last["form"] = first(form)
	}
	if json.Valid(body) {
		last["json"] = json.RawMessage(body)
	} else if len(body) > 0 {
		last["body"] = string(body)
	}
	return last
}

// first gives the first value of each name.
func first(values url.Values) map[string]string {
	out := map[string]string{}
	for name := range values {
		out[name] = values.Get(name)
	}
	return out
}
