package connectortest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Sent is a call as the system saw it. Form is read of the body of a form.
type Sent struct {
	Method, Path string
	Query, Form  url.Values
	Header       http.Header
	Body         string
}

// Recorder stands before a system: it notes what is sent, and holds calls where it is told to.
type Recorder struct {
	next http.Handler

	mu    sync.Mutex
	calls []Sent
	// held receives a value for each call that arrives until released is closed.
	held, released chan struct{}
}

// NewRecorder makes one that hands calls on to next.
func NewRecorder(next http.Handler) *Recorder { return &Recorder{next: next} }

// ServeHTTP implements http.Handler.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	// Only a request that was read to its end tells when the caller hangs up.
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	call := Sent{Method: req.Method, Path: req.URL.Path, Query: req.URL.Query(), Header: req.Header.Clone(), Body: string(body)}
	if strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		if call.Form, err = url.ParseQuery(call.Body); err != nil {
			http.Error(w, "the form can't be read", http.StatusBadRequest)
			return
		}
	}
	r.mu.Lock()
	r.calls = append(r.calls, call)
	held, released := r.held, r.released
	r.mu.Unlock()
	if held != nil {
		select {
		case held <- struct{}{}:
		case <-req.Context().Done():
			return
		}
		select {
		case <-released:
		case <-req.Context().Done():
			return
		}
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	r.next.ServeHTTP(w, req)
}

// Calls are the calls so far, in their order.
func (r *Recorder) Calls() []Sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Sent(nil), r.calls...)
}

// Last is the last call, which there has to be.
func (r *Recorder) Last(t T) Sent {
	t.Helper()
	calls := r.Calls()
	if len(calls) == 0 {
		t.Fatal("nothing was sent")
	}
	return calls[len(calls)-1]
}

// Stall holds the calls that arrive from now on until t's cleanup; their callers may hang up. The
// channel receives a value for each.
func (r *Recorder) Stall(t T) <-chan struct{} {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held, r.released = make(chan struct{}), make(chan struct{})
	t.Cleanup(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		close(r.released)
		r.held = nil
	})
	return r.held
}
