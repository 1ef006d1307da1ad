package main

import (
	"bytes"
	"context"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

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
	lost := ""
	for {
		t, err := s.live(ctx, lost)
		if err != nil {
			return nil, unapplied(err)
		}
		a, err := s.exchange(ctx, method, body, t.Session)
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

func (s *session) exchange(ctx context.Context, method string, body []byte, session string) (*answer, error) {
	// Servers differ in where they look for the session: by cookie, or by the header of the same name.
	header := http.Header{cookieName: {session}, "Cookie": {cookieName + "=" + session}}
	reply, err := s.client.Post(ctx, s.account.base+formService+method+suffix, contentType, header, body)
	if err != nil {
		return nil, err
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
