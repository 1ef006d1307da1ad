package robot_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/message"
	"github.com/karezflow/karez/plugins/internal/robot"
	"github.com/karezflow/karez/sdk/clocktest"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// plain is a robot that says what it is told.
type plain struct{ url string }

func (p plain) Post(m message.Message, _ time.Time) (robot.Request, error) {
	if m.Text == "unsayable" {
		return robot.Request{}, fault.New("message.empty", "there is nothing to say").Classed(fault.Data)
	}
	return robot.Request{URL: p.url, Body: robot.Body(m.Text)}, nil
}

func (p plain) Hollow(time.Time) (robot.Request, error) { return robot.Request{URL: p.url}, nil }

func (plain) Complains(code, words string) bool { return code == "7" && words == "no content" }

func (plain) Names() (code, words string) { return "code", "msg" }

func session(t *testing.T, status int, answer string) *robot.Session {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	clock := clocktest.New(time.Unix(0, 0))
	s := robot.New(plain{server.URL}, connectortest.NewHost(clock.Now), clock.Now, "s3cret")
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

func send(t *testing.T, s *robot.Session, text string) (connector.Answers, error) {
	t.Helper()
	return s.Write(t.Context(), connector.Batch{Operation: message.Send, Rows: []byte(`[{"text":"` + text + `"}]`), Keys: []string{"k"}})
}

// TestAnswers reads what a vendor, or something else in its place, may answer.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status         int
		answer, code   string
		class          fault.Class
		applied, known bool
	}{
		{200, `{"code":0,"msg":"ok"}`, "", "", true, true},
		{200, `{"code":"0"}`, "", "", true, true},
		{200, `{"code":7,"msg":"no content"}`, "vendor.7", "", false, true},
		{200, `{"code":7}`, "vendor.7", "", false, false},
		{200, `{"code":-1,"msg":"busy"}`, "vendor.-1", "", true, false},
		{400, `{"code":7,"msg":"no content"}`, "vendor.7", "", false, true},
		{200, `{"ok":true}`, "message.answer_unreadable", fault.Transient, true, false},
		{200, `<html>`, "http.html", fault.Transient, true, false},
		{502, `<html>`, "http.status", fault.Transient, true, false},
		{404, ``, "http.status", fault.Config, false, false},
		{429, `{"code":0}`, "http.status", fault.Rate, false, false},
	} {
		s := session(t, tc.status, tc.answer)
		_, err := send(t, s, "x")
		f := fault.From(err)
		if fault.CodeOf(err) != tc.code || f != nil && (f.Class != tc.class || f.NotApplied == tc.applied) {
			t.Errorf("%d %s: %v %+v", tc.status, tc.answer, err, f)
		}
		if _, err := s.Check(t.Context()); tc.known != (err == nil) {
			t.Errorf("%d %s: Check says %v", tc.status, tc.answer, err)
		}
	}
}

func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	_, err := send(t, session(t, 200, `{"code":9,"msg":"s3cret is wrong"}`), "x")
	if f := fault.From(err); f == nil || f.Message != "*** is wrong" {
		t.Error(err)
	}
	answers, err := send(t, session(t, 200, `{"code":0,"msg":"s3cret"}`), "x")
	if err != nil || string(answers.Raw) != `{"code":0,"msg":"***"}` {
		t.Errorf("%s %v", answers.Raw, err)
	}
}

func TestWhatCannotBeSaidIsNotSent(t *testing.T) {
	t.Parallel()
	_, err := send(t, session(t, 200, `{"code":0}`), "unsayable")
	if f := fault.From(err); f == nil || f.Code != "message.empty" || !f.NotApplied {
		t.Error(err)
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	pick := func(u *url.URL) string { return u.Query().Get("key") }
	for _, tc := range []struct{ entered, server, want, code string }{
		{" abc ", "https://a.example", "abc", ""},
		{"", "https://a.example", "", ""},
		{"https://A.example/send?key=abc", "https://a.example/", "abc", ""},
		{"http://a.example/send?key=abc", "https://a.example", "", "message.address_differs"},
		{"https://b.example/send?key=abc", "https://a.example", "", "message.address_differs"},
		{"https://a.example/send", "https://a.example", "", "message.address_differs"},
		{"https://a.example/%zz", "https://a.example", "", "message.address_differs"},
	} {
		got, err := robot.Token(tc.entered, tc.server, pick)
		if got != tc.want || fault.CodeOf(err) != tc.code {
			t.Errorf("%s at %s: %q %v", tc.entered, tc.server, got, err)
		}
	}
}
