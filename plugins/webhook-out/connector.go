// Command webhook-out is the connector of any system that takes messages at an
// address of its own: it posts their fields as JSON, signed after Standard Webhooks
// 1.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
//
// It may import the standard library, the sdk and plugins/internal only, and the
// sandbox only where the program is put together.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

//go:embed manifest.yaml
var manifestYAML string

// maxKept is the most bytes of an answer that are kept with a message.
const maxKept = 16 << 10

// webhook implements connector.Connector.
type webhook struct{ clock func() time.Time }

func newConnector(clock func() time.Time) webhook { return webhook{clock} }

// Manifest implements connector.Connector.
func (webhook) Manifest() []byte { return []byte(manifestYAML) }

// Open implements connector.Connector.
func (w webhook) Open(_ context.Context, account connector.Account, host connector.Host) (connector.Session, error) {
	s := &session{account: account.ID, secret: account.Secrets["secret"], authorization: account.Secrets["authorization"], clock: message.NewClock(w.clock)}
	if err := account.Read(s); err != nil {
		return nil, err
	}
	s.http = erphttp.New(host, w.clock, s.secret, s.authorization, strings.TrimPrefix(s.authorization, "Bearer "))
	return s, nil
}

// session implements connector.Session and connector.Writer.
type session struct {
	Address string `json:"address"`

	account, secret, authorization string
	http                           *erphttp.Client
	clock                          *message.Clock
}

// key gives the bytes to sign with: what stands in base64 behind whsec_, which may be left out.
func key(secret string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(raw) == 0 {
		return nil, fault.New("message.secret_invalid", "the signing secret is not whsec_ with base64 behind it").
			Classed(fault.Config).Unapplied().Hinted("copy the secret that the receiver shows, or make one of 24 random bytes or more in base64")
	}
	return raw, nil
}

// sign gives the signature of a message: HMAC-SHA256 over its id, the moment in
// seconds and the body, with dots between.
func sign(key []byte, id, moment string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(id + "." + moment + ".")) // a hash takes everything
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// headers are those of a message. Without a secret there is no signature.
func (s *session) headers(id string, body []byte) (http.Header, error) {
	moment := strconv.FormatInt(s.clock.Now().Unix(), 10)
	header := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {moment}}
	if s.authorization != "" {
		header.Set("Authorization", s.authorization)
	}
	if s.secret != "" {
		key, err := key(s.secret)
		if err != nil {
			return nil, err
		}
		header.Set("Webhook-Signature", sign(key, id, moment, body))
	}
	return header, nil
}

// Check implements connector.Session: it asks for the address's headers, signed like a
// message without a body. A receiver that takes no such question is there all the same.
func (s *session) Check(ctx context.Context) (connector.Health, error) {
	reply, err := s.signed(message.ID(s.account, connector.Batch{}), nil, func(header http.Header) (*erphttp.Reply, error) {
		return s.http.Head(ctx, s.Address, header)
	})
	if err != nil && !unasked(reply) {
		return connector.Health{}, err
	}
	return connector.Health{SourceTime: reply.Date}, nil
}

// signed makes a call, and makes it once more with the receiver's time when it was
// refused and the receiver's Date shows that our clock is off.
func (s *session) signed(id string, body []byte, call func(http.Header) (*erphttp.Reply, error)) (*erphttp.Reply, error) {
	for again := false; ; again = true {
		header, err := s.headers(id, body)
		if err != nil {
			return nil, err
		}
		reply, err := call(header)
		refused := reply != nil && (reply.Status == http.StatusBadRequest || reply.Status == http.StatusUnauthorized || reply.Status == http.StatusForbidden)
		if err == nil || again || !refused || !s.clock.Learn(reply.Date) {
			return reply, err
		}
	}
}

// unasked tells a refusal of the question from one of the credentials or the address.
func unasked(reply *erphttp.Reply) bool {
	if reply == nil {
		return false
	}
	switch reply.Status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity, http.StatusNotImplemented:
		return true
	default:
		return false
	}
}

// Query implements connector.Session: there is nothing to read.
func (s *session) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	return connector.Page{}, message.Unknown(req.Operation)
}

// Write implements connector.Writer. The body is the row as it was mapped.
func (s *session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	row, err := message.Row(batch)
	if err != nil {
		return connector.Answers{}, err
	}
	id := message.ID(s.account, batch)
	reply, err := s.signed(id, row.Raw(), func(header http.Header) (*erphttp.Reply, error) {
		return s.http.Post(ctx, s.Address, "application/json", header, row.Raw())
	})
	if err != nil {
		return connector.Answers{}, refusal(err, reply)
	}
	var raw []byte
	if len(reply.Body) <= maxKept && item.Check(reply.Body) == nil {
		raw = []byte(s.http.Redact(string(reply.Body)))
	}
	return connector.Answers{Rows: []connector.Answer{{Outcome: connector.Done, ID: id, Raw: raw}}, Raw: raw}, nil
}

// Close implements connector.Session.
func (s *session) Close(context.Context) error {
	s.http.Close()
	return nil
}

// refusal makes what the receiver says of a message a fault of the message: of the
// other 4xx, which are about the address, the credentials or the pace, each has its
// class already.
func refusal(err error, reply *erphttp.Reply) error {
	if reply == nil || reply.Status < 400 || reply.Status >= 500 {
		return err
	}
	switch reply.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
		http.StatusRequestTimeout, http.StatusTooManyRequests:
		return err
	default:
		return fault.From(err).Classed(fault.Data)
	}
}
