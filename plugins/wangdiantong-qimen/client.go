package main

import (
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // the gateway's signature is MD5
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdt"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/item"
)

// The ways of signing.
const (
	md5Method    = "md5"
	hmacMethod   = "hmac"
	sha256Method = "hmac-sha256"
)

// client makes signed calls.
type client struct {
	Address string `json:"address"`
	AppKey  string `json:"appKey"`
	Target  string `json:"targetAppKey"`
	Sid     string `json:"sid"`
	Method  string `json:"signMethod"`

	secret, session string
	http            *erphttp.Client
	clock           *wdt.Clock
}

// call posts a form to the gateway after adding the parameters that every call has. A refusal
// of the gateway or of the system behind it is a fault "vendor.<code>" with its own message;
// one of the timestamp while the clocks differ is wdt.CodeClock.
func (c *client) call(ctx context.Context, method string, fields map[string]string) (wdt.Answer, error) {
	now := c.clock.Now()
	signed := maps.Clone(fields)
	for name, value := range map[string]string{
		"method": method, "app_key": c.AppKey, "target_app_key": c.Target, "sid": c.Sid, "format": "json", "v": "2.0",
		"sign_method": c.Method, "session": c.session, "timestamp": now.In(wdt.Shanghai()).Format(time.DateTime),
	} {
		if value != "" {
			signed[name] = value
		}
	}
	signed["sign"] = sign(c.Method, c.secret, signed)
	form := make(url.Values, len(signed))
	for name, value := range signed {
		form.Set(name, value)
	}
	reply, err := c.http.Post(ctx, c.Address, "application/x-www-form-urlencoded;charset=UTF-8", nil, []byte(form.Encode()))
	if err != nil {
		return wdt.Answer{}, err
	}
	text, err := reply.JSON()
	if err != nil {
		return wdt.Answer{}, err
	}
	body, no, err := open(item.Of(text))
	switch {
	case err != nil:
		return wdt.Answer{}, err
	case no == nil:
		return wdt.Answer{Body: body, Date: reply.Date}, nil
	}
	no.Message = c.http.Redact(no.Message)
	refused := no.Fault().Answered([]byte(c.http.Redact(string(text))))
	if aboutTime(*no) {
		return wdt.Answer{}, c.clock.Refused(refused, now, reply.Date)
	}
	return wdt.Answer{}, refused
}

// open gives what is under response, or the refusal there or under error_response, where the
// gateway's general router puts its own. Older answers have errorcode for code.
func open(envelope item.Value) (item.Value, *wdt.Refusal, error) {
	if own := envelope.Field("error_response"); own.Kind() == item.Object {
		return item.Value{}, refusal(own, own.Field("code").Text(), "msg", "sub_msg"), nil
	}
	body := envelope.Field("response")
	code := body.Field("code").Text()
	if code == "" {
		code = body.Field("errorcode").Text()
	}
	switch {
	case body.Kind() != item.Object || code == "" && body.Field("flag").Blank():
		return item.Value{}, nil, wdt.Unreadable("the answer is not the gateway's: it holds no response")
	case body.Field("flag").Text() == "failure" || code != "" && code != "0":
		return item.Value{}, refusal(body, code, "message", "sub_message"), nil
	default:
		return body, nil, nil
	}
}

// refusal puts what the gateway says of itself behind its message.
func refusal(body item.Value, code, message, sub string) *wdt.Refusal {
	words := []string{body.Field(message).Text()}
	for _, name := range []string{"sub_code", sub} {
		if text := body.Field(name).Text(); text != "" && !slices.Contains(words, text) {
			words = append(words, text)
		}
	}
	if code == "" || code == "0" {
		code = "failure"
	}
	return &wdt.Refusal{Code: code, Message: strings.Join(words, " · ")}
}

// aboutTime tells refusals that may be due to the timestamp.
func aboutTime(no wdt.Refusal) bool {
	return slices.Contains([]string{"30", "31"}, no.Code) || strings.Contains(strings.ToLower(no.Message), "timestamp")
}

// sign signs all parameters that are not empty, in the order of their names, with the secret
// on both sides or as the key (public: the rules of Alibaba's open platform).
func sign(method, secret string, fields map[string]string) string {
	var source strings.Builder
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if name != "sign" && fields[name] != "" {
			source.WriteString(name)
			source.WriteString(fields[name])
		}
	}
	text := source.String()
	var sum hash.Hash
	switch method {
	case hmacMethod:
		sum = hmac.New(md5.New, []byte(secret))
	case sha256Method:
		sum = hmac.New(sha256.New, []byte(secret))
	default:
		sum, text = md5.New(), secret+text+secret //nolint:gosec // the gateway's signature is MD5
	}
	_, _ = io.WriteString(sum, text) // a hash takes everything
	return strings.ToUpper(hex.EncodeToString(sum.Sum(nil)))
}
