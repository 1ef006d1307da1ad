// Package erphttp sends one HTTP request to a vendor for a connector: bounded in
// size and time, traced with its secrets redacted, and with errors that say
// whether the vendor can have seen the request. It never retries and never
// throttles; the engine does both.
//
// It may import the standard library, sdk/fault, sdk/connector and sdk/outbound only.
package erphttp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/outbound"
)

// MaxBody is the most bytes of an answer that are read, after decompression.
const MaxBody = 48 << 20

// MaxTime bounds a request whose context has no deadline, from dialling to the last byte.
const MaxTime = 2 * time.Minute

// Client sends requests for one session. It is safe for concurrent use.
type Client struct {
	http   *http.Client
	host   connector.Host
	clock  func() time.Time
	redact *redactor
}

// New makes a client that may reach this machine and private networks, where systems
// stand, and not the addresses that outbound always refuses. Every text in secrets is
// replaced by *** in traces and errors, as it is and escaped for a URL or for JSON.
func New(host connector.Host, clock func() time.Time, secrets ...string) *Client {
	return NewWithin(outbound.Local, host, clock, secrets...)
}

// NewWithin is New for a connection that says how far it may reach.
func NewWithin(reach outbound.Reach, host connector.Host, clock func() time.Time, secrets ...string) *Client {
	c := &Client{
		// HTTP/1.1 only: some gateways of on-site ERPs answer 502 to HTTP/2.
		http: &http.Client{
			Transport: &http.Transport{
				Protocols:           http1(),
				DialContext:         outbound.Dialer(reach),
				MaxIdleConnsPerHost: 8,
				IdleConnTimeout:     60 * time.Second,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		host: host, clock: clock, redact: &redactor{},
	}
	c.Hide(secrets...)
	return c
}

func http1() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	return &p
}

// Hide adds secrets that became known later, for example a session's token.
func (c *Client) Hide(secrets ...string) { c.redact.hide(secrets) }

// HideFields hides the values of these JSON members and form fields wherever
// they stand, so that a secret is hidden in the very answer that brings it.
func (c *Client) HideFields(names ...string) { c.redact.hideFields(names) }

// Redact hides the known secrets in a text, for example in a vendor's message.
func (c *Client) Redact(text string) string { return c.redact.text(text) }

// Do sends a request; contentType is "" without a body. Its errors are faults:
// "http.unreachable" (nothing was sent, marked Unapplied), "http.timeout", "http.cut",
// "http.cancelled", "outbound.refused", "http.too_large", "http.bad_url" and "http.status" for everything but
// 2xx. With "http.status" the reply comes too, for vendors that say more in its body.
func (c *Client) Do(ctx context.Context, method, url, contentType string, header http.Header, body []byte) (*Reply, error) {
	with := maps.Clone(header)
	if with == nil {
		with = http.Header{}
	}
	if contentType != "" {
		with.Set("Content-Type", contentType)
	}
	return c.call(ctx, method, url, with, body)
}

// Post sends body to url. Its errors are those of Do.
func (c *Client) Post(ctx context.Context, url, contentType string, header http.Header, body []byte) (*Reply, error) {
	return c.Do(ctx, http.MethodPost, url, contentType, header, body)
}

// Head asks for the headers of url, which tells whether something listens there.
// Its errors are those of Do.
func (c *Client) Head(ctx context.Context, url string, header http.Header) (*Reply, error) {
	return c.call(ctx, http.MethodHead, url, header, nil)
}

func (c *Client) call(ctx context.Context, method, url string, header http.Header, body []byte) (*Reply, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, MaxTime)
		defer cancel()
	}
	var sent atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	req, err := http.NewRequestWithContext(traced, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, fault.New("http.bad_url", "the address of the system is not a valid URL").
			Classed(fault.Config).Unapplied().Hinted("check the address in the connection's settings")
	}
	// The standard library repeats, unseen, a call that bears an idempotency key where the body
	// can be had again, and a GET without a body, which a vendor may take for an order.
	req.GetBody = nil
	if len(body) == 0 && (method == http.MethodGet || method == http.MethodHead) {
		req.Body = io.NopCloser(bytes.NewReader(nil)) // nothing is sent of it
	}
	maps.Copy(req.Header, header)
	started := c.clock()
	reply, err := c.exchange(req)
	c.trace(ctx, req, body, reply, started)
	if err != nil {
		return nil, c.classify(err, sent.Load())
	}
	return reply, reply.statusFault()
}

func (c *Client) exchange(req *http.Request) (*Reply, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	var body bytes.Buffer
	if res.ContentLength > 0 {
		// One byte more lets ReadFrom see the end without growing.
		body.Grow(int(min(res.ContentLength, MaxBody)) + bytes.MinRead)
	}
	if _, err := body.ReadFrom(io.LimitReader(res.Body, MaxBody+1)); err != nil {
		return nil, err
	}
	if body.Len() > MaxBody {
		return nil, fault.New("http.too_large", "the answer is larger than %d MiB", MaxBody>>20).Classed(fault.Config)
	}
	reply := &Reply{Status: res.StatusCode, Header: res.Header, Body: body.Bytes()}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		reply.Date = date
	}
	return reply, nil
}

func (c *Client) classify(err error, sent bool) *fault.Fault {
	if own, ok := errors.AsType[*fault.Fault](err); ok {
		return own
	}
	f := fault.New("http.cut", "the connection was cut before the answer was complete: %s", c.Redact(err.Error())).
		Hinted("a proxy, a firewall or the system itself ends connections: try again, and look at what stands between")
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		f = fault.New("http.cancelled", "the call was called off").Because(context.Canceled)
	case !sent:
		f = c.unreachable(err)
	case errors.Is(err, context.DeadlineExceeded), isNet && timeout.Timeout():
		f = fault.New("http.timeout", "the system did not answer in time").Because(err).
			Hinted("the system may be slow or a firewall may swallow the call: try again, fetch fewer rows at once, or ask its operator")
	}
	if !sent {
		f = f.Unapplied()
	}
	return f.Classed(fault.Transient)
}

func (c *Client) trace(ctx context.Context, req *http.Request, body []byte, reply *Reply, started time.Time) {
	exchange := connector.Exchange{
		Method: req.Method, URL: c.Redact(req.URL.String()),
		RequestBody: c.redact.body(body),
		Started:     started, Took: c.clock().Sub(started),
	}
	if reply != nil {
		exchange.Status = reply.Status
		exchange.ResponseBody = c.redact.body(reply.Body)
	}
	c.host.Trace(ctx, exchange)
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Trust has the authorities in PEM trusted in place of the system's, and tells whether
// there are any. It is called before the first request.
func (c *Client) Trust(pem []byte) bool {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return false
	}
	if transport, ok := c.http.Transport.(*http.Transport); ok {
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return true
}
