// Package erphttp sends one HTTP request to a vendor for a connector: bounded in
// size, traced with its secrets redacted, and with errors that say whether the
// vendor can have seen the request. It never retries and never throttles; the
// engine does both.
//
// It may import the standard library, sdk/fault and sdk/connector only.
package erphttp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"net/http/httptrace"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// MaxBody is the most bytes of an answer that are read, after decompression.
const MaxBody = 48 << 20

// Client sends requests for one session.
type Client struct {
	http   *http.Client
	host   connector.Host
	clock  func() time.Time
	redact *strings.Replacer
}

// New makes a client. Every text in secrets is replaced by *** in traces and errors.
func New(host connector.Host, clock func() time.Time, secrets ...string) *Client {
	pairs := make([]string, 0, 2*len(secrets))
	for _, s := range secrets {
		if len(s) > 0 {
			pairs = append(pairs, s, "***")
		}
	}
	return &Client{
		// HTTP/1.1 only: some gateways of on-site ERPs answer 502 to HTTP/2.
		http: &http.Client{
			Transport: &http.Transport{
				Protocols:           http1(),
				DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
				MaxIdleConnsPerHost: 8,
				IdleConnTimeout:     60 * time.Second,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		host: host, clock: clock, redact: strings.NewReplacer(pairs...),
	}
}

func http1() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	return &p
}

// Reply is a whole answer.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	// Date is the vendor's clock, zero when it sent none.
	Date time.Time
}

// Post sends body to url. Its errors are faults: "http.unreachable" (nothing was
// sent, marked Unapplied), "http.timeout", "http.cut", "http.too_large" and
// "http.status" for 4xx and 5xx.
func (c *Client) Post(ctx context.Context, url, contentType string, header http.Header, body []byte) (*Reply, error) {
	var sent atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	req, err := http.NewRequestWithContext(traced, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fault.New("http.bad_url", "the address of the system is not a valid URL").
			Classed(fault.Config).Unapplied().Hinted("check the address in the connection's settings")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Content-Type", contentType)
	started := c.clock()
	reply, err := c.exchange(req)
	c.trace(ctx, req, body, reply, started)
	if err != nil {
		return nil, c.classify(err, sent.Load())
	}
	if reply.Status >= http.StatusBadRequest {
		return nil, statusFault(reply.Status)
	}
	return reply, nil
}

func (c *Client) exchange(req *http.Request) (*Reply, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > MaxBody {
		return nil, fault.New("http.too_large", "the answer is larger than %d MiB", MaxBody>>20).Classed(fault.Config)
	}
	reply := &Reply{Status: res.StatusCode, Header: res.Header, Body: body}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		reply.Date = date
	}
	return reply, nil
}

func (c *Client) classify(err error, sent bool) error {
	var own *fault.Fault
	var timeout net.Error
	switch {
	case errors.As(err, &own):
		return own
	case !sent:
		return fault.New("http.unreachable", "the system could not be reached: %s", c.redact.Replace(err.Error())).
			Classed(fault.Transient).Unapplied().Hinted("check the address and that the system is running")
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return fault.New("http.timeout", "the system did not answer in time").Classed(fault.Transient)
	default:
		return fault.New("http.cut", "the connection was cut before the answer was complete: %s", c.redact.Replace(err.Error())).Classed(fault.Transient)
	}
}

func statusFault(status int) error {
	f := fault.New("http.status", "the system answered HTTP %d", status).Arg("status", http.StatusText(status))
	switch {
	case status == http.StatusTooManyRequests:
		return f.Classed(fault.Rate).Unapplied()
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return f.Classed(fault.Auth).Unapplied()
	case status >= http.StatusInternalServerError || status == http.StatusRequestTimeout:
		return f.Classed(fault.Transient)
	default:
		return f.Classed(fault.Config).Unapplied()
	}
}

func (c *Client) trace(ctx context.Context, req *http.Request, body []byte, reply *Reply, started time.Time) {
	exchange := connector.Exchange{
		Method: req.Method, URL: c.redact.Replace(req.URL.String()),
		RequestBody: []byte(c.redact.Replace(string(body))),
		Started:     started, Took: c.clock().Sub(started),
	}
	if reply != nil {
		exchange.Status = reply.Status
		exchange.ResponseBody = []byte(c.redact.Replace(string(reply.Body)))
	}
	c.host.Trace(ctx, exchange)
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
