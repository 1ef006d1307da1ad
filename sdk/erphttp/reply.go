package erphttp

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
)

// Reply is a whole answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	// Date is the vendor's clock, zero when it sent none.
	Date time.Time
}

// JSON gives the body without a byte order mark, checked once to be one JSON
// value in UTF-8. Its faults are "http.empty", "http.html" (a gateway's page came
// instead of the system's answer) and "http.not_json" (cut short or garbled), all
// Transient and silent about whether a write was applied; and "http.not_utf8" of
// class Data, which would be the same on the next try.
func (r *Reply) JSON() ([]byte, error) {
	body := bytes.TrimSpace(bytes.TrimPrefix(r.Body, []byte("\xef\xbb\xbf")))
	switch {
	case len(body) == 0:
		return nil, fault.New("http.empty", "the system answered nothing").Classed(fault.Transient)
	case body[0] == '<':
		return nil, fault.New("http.html", "the system answered with a web page instead of data").Classed(fault.Transient).
			Hinted("a gateway, a log-in page or a maintenance notice may stand between; check the address")
	case !json.Valid(body):
		return nil, fault.New("http.not_json", "the system's answer is cut short or is not JSON").Classed(fault.Transient)
	case !utf8.Valid(body):
		return nil, fault.New("http.not_utf8", "the system's answer holds bytes that are not UTF-8").Classed(fault.Data)
	default:
		return body, nil
	}
}

// retryAfter reads the Retry-After header, in seconds or as a date on the vendor's clock.
func (r *Reply) retryAfter() time.Duration {
	text := r.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && !r.Date.IsZero() && at.After(r.Date) {
		return at.Sub(r.Date)
	}
	return 0
}

// statusFault gives the fault of a status that is not the system's own answer, or nil.
func (r *Reply) statusFault() error {
	f := fault.New("http.status", "the system answered HTTP %d", r.Status).Arg("status", http.StatusText(r.Status)).After(r.retryAfter())
	switch {
	case r.Status < http.StatusMultipleChoices:
		return nil
	case r.Status < http.StatusBadRequest:
		return f.Classed(fault.Config).Hinted("the address leads elsewhere; enter the address it redirects to")
	case r.Status == http.StatusTooManyRequests:
		return f.Classed(fault.Rate).Unapplied()
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden:
		return f.Classed(fault.Auth).Unapplied()
	case r.Status >= http.StatusInternalServerError || r.Status == http.StatusRequestTimeout:
		return f.Classed(fault.Transient)
	default:
		return f.Classed(fault.Config).Unapplied()
	}
}
