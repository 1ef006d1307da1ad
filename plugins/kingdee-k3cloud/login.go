package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

const (
	authService = "Kingdee.BOS.WebApi.ServicesStub.AuthService."
	formService = "Kingdee.BOS.WebApi.ServicesStub.DynamicFormService."
	suffix      = ".common.kdsvc"
	cookieName  = "kdservice-sessionid"
)

const (
	// loginTime is shorter than loginLease, so that a slow login cannot overlap with another process's.
	loginTime  = 25 * time.Second
	loginLease = 30 * time.Second
	lookAgain  = 50 * time.Millisecond
	// firstPause follows a refused login and doubles with each further one: the
	// server locks a user after a few refusals.
	firstPause = time.Minute
	longPause  = 30 * time.Minute
)

// ticket is what the processes of a connection share: a session, or the refusal
// of the last login.
type ticket struct {
	// Credentials is a digest of the settings the ticket was got with.
	Credentials string `json:"credentials"`
	Session     string `json:"session,omitempty"`
	// Account names user and account set, for people.
	Account string `json:"account,omitempty"`
	// Refusal is the server's reason; Refusals counts them in a row.
	Refusal  string    `json:"refusal,omitempty"`
	Refusals int       `json:"refusals,omitempty"`
	Refused  time.Time `json:"refused,omitzero"`
}

// pause gives the time left before another login may be tried.
func (t *ticket) pause(now time.Time) time.Duration {
	if t.Refusals == 0 {
		return 0
	}
	pause := longPause
	if t.Refusals < 6 {
		pause = min(firstPause<<(t.Refusals-1), longPause)
	}
	return t.Refused.Add(pause).Sub(now)
}

// live gives a session that is not the lost one: the one in use, one that
// another process has got meanwhile, or a new one. At most one caller logs in.
// After a refusal nobody tries again before the pause is over or the settings change.
func (s *session) live(ctx context.Context, lost string) (*ticket, error) {
	if t := s.current.Load(); t != nil {
		if t.Session != lost {
			return t, nil
		}
		s.current.CompareAndSwap(t, nil)
	}
	select {
	case s.refresh <- struct{}{}:
		defer func() { <-s.refresh }()
	case <-ctx.Done():
		return nil, stopped(ctx.Err())
	}
	value, err := connector.Shared(ctx, s.host.State(), loginLease,
		func(value []byte) bool { return s.usable(value, lost) }, s.renew, look)
	if err != nil {
		if _, ok := errors.AsType[*fault.Fault](err); ok {
			return nil, err
		}
		return nil, stopped(err)
	}
	t := &ticket{}
	if err := json.Unmarshal(value, t); err != nil {
		return nil, fault.New("k3cloud.state_invalid", "the stored session of the connection is not readable").Classed(fault.Internal)
	}
	if t.Refusal != "" {
		return nil, s.refused(t)
	}
	s.current.Store(t)
	return t, nil
}

// usable tells whether a stored value saves a login.
func (s *session) usable(value []byte, lost string) bool {
	var t ticket
	if json.Unmarshal(value, &t) != nil || t.Credentials != s.account.credentials {
		return false
	}
	return t.Session != "" && t.Session != lost || t.pause(s.clock()) > 0
}

// renew logs in. A refusal is a value too: it must reach the other processes.
func (s *session) renew(ctx context.Context, old []byte) ([]byte, error) {
	var last ticket
	if json.Unmarshal(old, &last) != nil || last.Credentials != s.account.credentials {
		last = ticket{}
	}
	t, err := s.logIn(ctx)
	if err != nil {
		return nil, err
	}
	t.Credentials = s.account.credentials
	if t.Refusal != "" {
		t.Refusals, t.Refused = last.Refusals+1, s.clock()
	}
	return json.Marshal(t)
}

func (s *session) logIn(ctx context.Context) (*ticket, error) {
	method, body, err := s.account.request(s.clock())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	reply, err := s.client.Post(ctx, s.account.base+authService+method+suffix, contentType, nil, body)
	if err != nil {
		return nil, err
	}
	if text, ok := exception(reply.Body); ok {
		return nil, s.exceptionFault(text)
	}
	text, err := reply.JSON()
	if err != nil {
		return nil, err
	}
	answer := item.Of(text)
	switch answer.Field("LoginResultType").Text() {
	case "1", "-5": // -5 is a success that asks for a new password
		return s.welcomed(reply, answer)
	case "":
		return nil, unexpected("the answer to the login names no result")
	}
	refusal := fmt.Sprintf("%s (LoginResultType %s", s.client.Redact(answer.Field("Message").Text()), answer.Field("LoginResultType").Text())
	if code := answer.Field("MessageCode").Text(); code != "" {
		refusal += ", MessageCode " + code
	}
	return &ticket{Refusal: refusal + ")"}, nil
}

func (s *session) welcomed(reply *erphttp.Reply, answer item.Value) (*ticket, error) {
	id := answer.Field("KDSVCSessionId").Text()
	if id == "" {
		for _, c := range (&http.Response{Header: reply.Header}).Cookies() {
			if strings.EqualFold(c.Name, cookieName) {
				id = c.Value
			}
		}
	}
	if id == "" {
		return nil, unexpected("the login was accepted without a session")
	}
	name := s.account.user
	if centre := answer.Path("Context.DataCenterName").Text(); centre != "" {
		name += " @ " + centre
	}
	return &ticket{Session: id, Account: name}, nil
}

func (s *session) refused(t *ticket) error {
	return fault.New("k3cloud.login_refused", "the system refused the login of user %s: %s", s.account.user, t.Refusal).
		Classed(fault.Auth).After(max(0, t.pause(s.clock()))).Arg("user", s.account.user).
		Hinted("check user, secret and account set in the connection; the system locks a user after repeated refusals, so the next try waits")
}

// look waits before the shared state is read again.
func look(ctx context.Context) error {
	timer := time.NewTimer(lookAgain)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stopped tells that no session was got for a reason other than the server's.
func stopped(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fault.New("k3cloud.login_interrupted", "the time was over before the login was done").Classed(fault.Transient).Because(err).
			Hinted("the system is slow: try again, and look at its load if it goes on")
	}
	return fault.Wrap(err, "k3cloud.state_unavailable", "the session of the connection could not be shared").Classed(fault.Transient)
}
