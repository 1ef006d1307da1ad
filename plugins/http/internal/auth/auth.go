// Package auth proves to an HTTP interface who is calling: it puts what the interface asks
// for into a request, and signs it.
//
// It may import the standard library, the sdk without sdk/manifest, and
// sdk/erphttp only.
package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// Request is a request before it is sent.
type Request struct {
	Method string
	URL    *url.URL
	Header http.Header
	Body   []byte
}

// Way is how a caller proves who it is.
type Way struct {
	apply func(ctx context.Context, r *Request, refused string) (used string, err error)
}

// Apply puts the proof into a request. refused is what a request before was refused with, ""
// for none. It gives what to hand in as refused when this one is refused too, "" where
// another try would be the same.
func (w Way) Apply(ctx context.Context, r *Request, refused string) (used string, err error) {
	return w.apply(ctx, r, refused)
}

// Settings are what a connection says of the proof.
type Settings struct {
	Kind string
	// User and Password are those of basic; Name and Key those of a header or a parameter,
	// and Key is the token of bearer.
	User, Password, Name, Key string
	HMAC                      HMAC
	OAuth                     OAuth
}

// New makes the way of the settings. Its fault is "http.setting_invalid" of class Config.
func New(s Settings, tokens *Tokens, clock func() time.Time) (Way, error) {
	switch s.Kind {
	case "", "none":
		return plain(func(*Request) {}), nil
	case "basic":
		return plain(func(r *Request) {
			r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(s.User+":"+s.Password)))
		}), nil
	case "bearer":
		return plain(func(r *Request) { r.Header.Set("Authorization", "Bearer "+s.Key) }), nil
	case "header":
		if s.Name == "" {
			return Way{}, invalid("keyName", "the header that takes the key has no name")
		}
		return plain(func(r *Request) { r.Header.Set(s.Name, s.Key) }), nil
	case "query":
		if s.Name == "" {
			return Way{}, invalid("keyName", "the parameter that takes the key has no name")
		}
		return plain(func(r *Request) { AddQuery(r.URL, s.Name, s.Key) }), nil
	case "hmac":
		s.HMAC.clock = clock
		return Way{s.HMAC.apply}, s.HMAC.check()
	case "oauth2":
		return Way{tokens.apply}, tokens.check()
	default:
		return Way{}, invalid("auth", "%q is no way to log in", s.Kind)
	}
}

func invalid(setting, format string, args ...any) *fault.Fault {
	return fault.New("http.setting_invalid", format, args...).At(setting).Classed(fault.Config).Unapplied()
}

// AddQuery puts a parameter behind those of an address.
func AddQuery(u *url.URL, name, value string) {
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += url.QueryEscape(name) + "=" + url.QueryEscape(value)
}

// plain makes a way that is the same every time.
func plain(put func(r *Request)) Way {
	return Way{func(_ context.Context, r *Request, _ string) (string, error) {
		put(r)
		return "", nil
	}}
}

// HMAC signs requests with HMAC-SHA256 over parts of them.
type HMAC struct {
	KeyID, Secret string
	// Parts are what is signed, in this order: method, path, query, timestamp, nonce, keyId,
	// body and bodySha256. Join stands between them.
	Parts []string
	Join  string
	// Base64 writes the signature so, and not as hexadecimal digits; Prefix stands before it.
	Base64 bool
	Prefix string
	// The headers that carry what is signed; "" sends none.
	SignatureHeader, KeyHeader, TimeHeader, NonceHeader string
	// Time is unix, unixMs or iso.
	Time string

	clock func() time.Time
}

func (h *HMAC) check() error {
	if h.Secret == "" || h.SignatureHeader == "" || len(h.Parts) == 0 {
		return invalid("hmacParts", "a signature needs a secret, a header and the parts that are signed")
	}
	for _, part := range h.Parts {
		switch part {
		case "method", "path", "query", "timestamp", "nonce", "keyId", "body", "bodySha256":
		default:
			return invalid("hmacParts", "%q is no part of a request that can be signed", part)
		}
	}
	return nil
}

// apply signs a request.
func (h *HMAC) apply(_ context.Context, r *Request, _ string) (string, error) {
	moment, nonce := h.moment(), strings.ToLower(rand.Text())
	sum := sha256.Sum256(r.Body)
	words := make([]string, len(h.Parts))
	for i, part := range h.Parts {
		words[i] = map[string]string{
			"method": r.Method, "path": r.URL.EscapedPath(), "query": r.URL.RawQuery, "timestamp": moment, "nonce": nonce,
			"keyId": h.KeyID, "body": string(r.Body), "bodySha256": hex.EncodeToString(sum[:]),
		}[part]
	}
	mac := hmac.New(sha256.New, []byte(h.Secret))
	_, _ = mac.Write([]byte(strings.Join(words, h.Join))) // a hash takes everything
	signature := hex.EncodeToString(mac.Sum(nil))
	if h.Base64 {
		signature = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	for header, value := range map[string]string{h.KeyHeader: h.KeyID, h.TimeHeader: moment, h.NonceHeader: nonce, h.SignatureHeader: h.Prefix + signature} {
		if header != "" {
			r.Header.Set(header, value)
		}
	}
	return "", nil
}

func (h *HMAC) moment() string {
	now := h.clock()
	switch h.Time {
	case "unixMs":
		return strconv.FormatInt(now.UnixMilli(), 10)
	case "iso":
		return now.UTC().Format(time.RFC3339)
	default:
		return strconv.FormatInt(now.Unix(), 10)
	}
}
