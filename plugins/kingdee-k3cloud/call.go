package main

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// statusGateway is the HTTP status of a refusal by the vendor's public gateway.
const statusGateway = 519

const contentType = "application/json; charset=utf-8"

// answer is a whole answer of the server, read as far as its status.
type answer struct {
	root   item.Value
	status status
	date   time.Time
}

// failed tells that the server refused the call or rows of it.
func (a *answer) failed() bool { return a.status.found && !a.status.success }

// call sends a request to a form service. A lost session is renewed and the call
// repeated once, which is safe for writes too: a server that refuses the session
// has not looked at the call. Errors are marked Unapplied wherever that is certain.
func (s *session) call(ctx context.Context, method string, body []byte) (*answer, error) {
	if s.account.login == byEachCall {
		return s.signed(ctx, method, body)
	}
	lost := ""
	for {
		t, err := s.live(ctx, lost)
		if err != nil {
			return nil, unapplied(err)
		}
		// Servers differ in where they look for the session: by cookie, or by the header of the same name.
		a, err := s.exchange(ctx, method, body, http.Header{cookieName: {t.Session}, "Cookie": {cookieName + "=" + t.Session}})
		if err != nil || !a.status.sessionLost() {
			return a, err
		}
		if lost != "" {
			return nil, a.status.fault().Unapplied()
		}
		lost = t.Session
		s.host.Log(ctx, connector.Info, "the session was lost; logging in again", map[string]string{"method": method})
	}
}

// signed sends a request that bears a signature of its own. One that the server does not
// accept is answered like a session that is not there; the gateway answers it before the
// server saw the call.
func (s *session) signed(ctx context.Context, method string, body []byte) (*answer, error) {
	app, err := s.account.app()
	if err != nil {
		return nil, unapplied(err)
	}
	path, _ := url.Parse(s.account.base) // readAccount made it
	header, err := app.Headers(path.Path+formService+method+suffix, s.clock())
	if err != nil {
		return nil, unapplied(err)
	}
	a, err := s.exchange(ctx, method, body, header)
	if err == nil && a.status.sessionLost() {
		return nil, fault.New("k3cloud.signature_refused", "the system does not accept the signed call of user %s: %s", s.account.user, joined(a.status.errors)).
			Classed(fault.Auth).Unapplied().Arg("user", s.account.user).
			Hinted("check account set, user, application id and secret in the connection, and that the third-party log-in authorisation in the system is enabled for this user")
	}
	return a, err
}

func (s *session) exchange(ctx context.Context, method string, body []byte, header http.Header) (*answer, error) {
	reply, err := s.client.Post(ctx, s.account.base+formService+method+suffix, contentType, header, body)
	if err != nil {
		return nil, s.gatewayFault(reply, err)
	}
	if text, ok := exception(reply.Body); ok {
		if bytes.Contains(text, []byte(textSessionLost)) {
			return &answer{status: lostStatus(), date: reply.Date}, nil
		}
		return nil, s.exceptionFault(text)
	}
	text, err := reply.JSON()
	if err != nil {
		return nil, err
	}
	root := item.Of(text)
	return &answer{root, readStatus(root), reply.Date}, nil
}

// gatewayFault reads what the public gateway says in place of the server (HTTP 519). Its codes
// from 4001 to 4012 concern the caller, so the server did not see the call.
func (s *session) gatewayFault(reply *erphttp.Reply, err error) error {
	if reply == nil || reply.Status != statusGateway || item.Check(reply.Body) != nil {
		return err
	}
	told := item.Of(reply.Body)
	code := told.Field("errcode").Text()
	if code == "" {
		return err
	}
	message := told.Field("description_cn")
	if message.Blank() {
		message = told.Field("description")
	}
	f := fault.New("vendor."+code, "%s", s.client.Redact(message.Text()))
	if strings.HasPrefix(code, "40") {
		f = f.Unapplied()
	}
	return f
}

// exception finds the text of a failure inside the server, which comes with status 200.
func exception(body []byte) ([]byte, bool) {
	return bytes.CutPrefix(bytes.TrimSpace(body), []byte("response_error:"))
}

// exceptionFault says nothing about whether a write was applied: an exception
// can also come after the commit, from a customer's own extension.
func (s *session) exceptionFault(text []byte) error {
	const most = 300
	shown := s.client.Redact(string(text))
	if utf8.RuneCountInString(shown) > most {
		shown = string([]rune(shown)[:most]) + "…"
	}
	return fault.New("vendor.response_error", "the system failed inside: %s", shown)
}

func unexpected(format string, args ...any) error {
	return fault.New("k3cloud.answer_unexpected", format, args...).Classed(fault.Transient)
}
