// Package robot is the session that the connectors of group robots share: a signed
// POST of JSON to an address that holds the robot's token, and an answer of a code
// and a message. What a vendor does in its own way is its Robot.
//
// It may import the standard library, the sdk, sdk/erphttp and
// plugins/internal/message only.
package robot

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/erphttp"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Robot is one configured robot of a vendor. It makes no calls itself.
type Robot interface {
	// Post is the call that says m, signed for the moment at.
	Post(m message.Message, at time.Time) (Request, error)
	// Hollow is a call without a message, which the vendor refuses for lacking one
	// once it has accepted token and signature. It never sends anything.
	Hollow(at time.Time) (Request, error)
	// Complains tells whether a refusal is about the message of a call alone, so
	// that its credentials were accepted.
	Complains(code, words string) bool
	// Names are the members of an answer that hold its code and its words.
	Names() (code, words string)
}

// Request is one call.
type Request struct {
	URL  string
	Body []byte
	// Warning is what a person should know of a message that is sent, or "".
	Warning string
}

// Session sends messages through a robot. It implements connector.Session and
// connector.Writer.
type Session struct {
	robot Robot
	http  *erphttp.Client
	clock *message.Clock
}

// New makes a session. secrets are hidden wherever they would show.
func New(robot Robot, host connector.Host, clock func() time.Time, secrets ...string) *Session {
	http := erphttp.New(host, clock, secrets...)
	http.HideFields("sign", "access_token")
	return &Session{robot: robot, http: http, clock: message.NewClock(clock)}
}

// Check implements connector.Session: it makes the hollow call. A vendor that
// accepts even that has nothing against the credentials either.
func (s *Session) Check(ctx context.Context) (connector.Health, error) {
	_, got, err := s.signed(ctx, s.robot.Hollow)
	if err != nil {
		return connector.Health{}, err
	}
	if got.refusal() != nil && !s.robot.Complains(got.code, got.words) {
		return connector.Health{}, got.refusal()
	}
	return connector.Health{SourceTime: got.date}, nil
}

// Query implements connector.Session: a robot has nothing to read.
func (s *Session) Query(_ context.Context, req connector.QueryRequest) (connector.Page, error) {
	return connector.Page{}, message.Unknown(req.Operation)
}

// Write implements connector.Writer.
func (s *Session) Write(ctx context.Context, batch connector.Batch) (connector.Answers, error) {
	m, err := message.Read(batch)
	if err != nil {
		return connector.Answers{}, err
	}
	request, got, err := s.signed(ctx, func(at time.Time) (Request, error) { return s.robot.Post(m, at) })
	if err != nil {
		return connector.Answers{}, err
	}
	if no := got.refusal(); no != nil {
		return connector.Answers{}, no
	}
	return connector.Answers{
		Rows: []connector.Answer{{Outcome: connector.Done, Warning: request.Warning, Raw: got.raw}}, Raw: got.raw,
	}, nil
}

// Close implements connector.Session.
func (s *Session) Close(context.Context) error {
	s.http.Close()
	return nil
}

// verdict is a vendor's answer.
type verdict struct {
	code, words string
	raw         []byte
	date        time.Time
}

// refusal is what the vendor said instead of yes, or nil. What it refused it did not
// send, but for a negative code, by which all three tell of a failure inside.
func (v verdict) refusal() *fault.Fault {
	if v.code == "0" {
		return nil
	}
	words := v.words
	if words == "" {
		words = "refused with code " + v.code
	}
	f := fault.New("vendor."+v.code, "%s", words)
	if strings.HasPrefix(v.code, "-") {
		return f
	}
	return f.Unapplied()
}

// signed makes a call, and makes it once more with the vendor's time when it was
// refused and the vendor's Date shows that our clock is off.
func (s *Session) signed(ctx context.Context, write func(at time.Time) (Request, error)) (Request, verdict, error) {
	for again := false; ; again = true {
		request, err := write(s.clock.Now())
		if err != nil {
			return request, verdict{}, fault.From(err).Unapplied()
		}
		got, err := s.call(ctx, request)
		no := got.refusal()
		if err != nil || again || no == nil || !no.NotApplied || !s.clock.Learn(got.date) {
			return request, got, err
		}
	}
}

// call makes a call and reads the answer, which may come under any status.
func (s *Session) call(ctx context.Context, request Request) (verdict, error) {
	reply, err := s.http.Post(ctx, request.URL, "application/json; charset=utf-8", nil, request.Body)
	if reply == nil {
		return verdict{}, err
	}
	raw, unreadable := reply.JSON()
	if unreadable != nil {
		if err == nil {
			err = unreadable
		}
		return verdict{}, err
	}
	code, words := s.robot.Names()
	answer := item.Of(raw)
	v := verdict{
		code: answer.Field(code).Text(), words: s.http.Redact(answer.Field(words).Text()),
		raw: []byte(s.http.Redact(string(raw))), date: reply.Date,
	}
	switch {
	case err != nil && (v.code == "" || v.code == "0"):
		return verdict{}, err
	case v.code == "":
		return verdict{}, fault.New("message.answer_unreadable", "the answer carries no code, so it is not the robot's").
			Classed(fault.Transient).Hinted("check the address; something else may answer there")
	}
	return v, nil
}

// Token gives a robot's token out of what a person entered: the token itself, or the
// whole address that the vendor shows, of which pick takes it. The fault
// "message.address_differs" tells of an address that leads to another server than the
// one of the connection.
func Token(entered, server string, pick func(*url.URL) string) (string, error) {
	entered = strings.TrimSpace(entered)
	if !strings.Contains(entered, "://") {
		return entered, nil
	}
	given, err := url.Parse(entered)
	wanted, wantedErr := url.Parse(server)
	if err != nil || wantedErr != nil || !strings.EqualFold(given.Scheme, wanted.Scheme) || !strings.EqualFold(given.Host, wanted.Host) || pick(given) == "" {
		return "", fault.New("message.address_differs", "the robot's address does not lead to the connection's server").
			Classed(fault.Config).Unapplied().
			Hinted("enter the token alone, or make the server the one at the beginning of the robot's address")
	}
	return pick(given), nil
}

// Body writes a call as JSON. Text stays readable: < > & are not escaped.
func Body(call any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(call) // calls are structs of texts
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
