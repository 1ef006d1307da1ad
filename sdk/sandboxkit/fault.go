package sandboxkit

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"time"
)

// FaultKind is a way in which a call goes wrong outside the vendor's own answers.
type FaultKind string

// The kinds of faults.
const (
	// Delay answers late.
	Delay FaultKind = "delay"
	// Status answers Fault.Status with an HTML page; the vendor does not see the call.
	Status FaultKind = "status"
	// HTML answers 200 with an HTML page; the vendor does not see the call.
	HTML FaultKind = "html"
	// LostRequest cuts the connection before the vendor sees the call.
	LostRequest FaultKind = "lost_request"
	// LostAnswer lets the vendor carry the call out and cuts the connection.
	LostAnswer FaultKind = "lost_answer"
	// Truncated lets the vendor carry the call out and sends half of its answer.
	Truncated FaultKind = "truncated"
)

// Fault is one injected fault: for calls whose path contains Path, after
// skipping the first After of them, Times times (0 = always), every Every-th (0 or 1 = each).
type Fault struct {
	Path    string    `json:"path"`
	Kind    FaultKind `json:"kind"`
	After   int       `json:"after,omitempty"`
	Times   int       `json:"times,omitempty"`
	Every   int       `json:"every,omitempty"`
	Status  int       `json:"status,omitempty"`
	DelayMS int       `json:"delayMs,omitempty"`

	seen, fired int
}

func (f *Fault) check() error {
	switch f.Kind {
	case Delay, Status, HTML, LostRequest, LostAnswer, Truncated:
	default:
		return fmt.Errorf("unknown fault kind %q", f.Kind)
	}
	if f.After < 0 || f.Times < 0 || f.Every < 0 || f.DelayMS < 0 {
		return fmt.Errorf("fault kind %s has a negative number", f.Kind)
	}
	if f.Kind == Status && (f.Status < 300 || f.Status > 599) {
		return fmt.Errorf("fault kind status needs a status between 300 and 599, got %d", f.Status)
	}
	return nil
}

func (f *Fault) fires() bool {
	f.seen++
	if f.seen <= f.After || f.Times > 0 && f.fired >= f.Times {
		return false
	}
	if f.Every > 1 && (f.seen-f.After)%f.Every != 0 {
		return false
	}
	f.fired++
	return true
}

func (f *Fault) serve(w http.ResponseWriter, r *http.Request, vendor http.Handler) {
	switch f.Kind {
	case Delay:
		// Only a request that was read to its end tells when the caller hangs up.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		timer := time.NewTimer(time.Duration(f.DelayMS) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
		vendor.ServeHTTP(w, r)
	case Status:
		page(w, f.Status)
	case HTML:
		page(w, http.StatusOK)
	case LostRequest:
		panic(http.ErrAbortHandler)
	case LostAnswer:
		vendor.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case Truncated:
		answer := httptest.NewRecorder()
		vendor.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		maps.Copy(w.Header(), answer.Header())
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body[:len(body)/2])
		// What is not flushed would be cut off with the rest.
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func page(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html><body><h1>%d</h1>gateway</body></html>", status)
}
