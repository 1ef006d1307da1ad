package main

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/plugins/internal/robottest"
	"github.com/karezflow/karez/plugins/webhook-out/sandbox"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func rig(t *testing.T) *robottest.Rig {
	t.Helper()
	return robottest.New(t,
		func(clock func() time.Time) connector.Connector { return newConnector(clock) },
		func(clock func() time.Time) sandboxkit.Vendor { return sandbox.New(clock) })
}

func TestConformance(t *testing.T) { // not parallel: the suite looks for goroutines
	r := rig(t)
	count := func(t connectortest.T, key string) int {
		t.Helper()
		n := 0
		for _, m := range r.Messages() {
			if strings.Contains(m.Field("text").Text(), key) {
				n++
			}
		}
		return n
	}
	r.Conform(t, robottest.Suite{Bad: map[string]string{"secret": "whsec_bm90IHRoZSBzZWNyZXQgYXQgYWxs"}, Secrets: []string{sandbox.Secret}, Count: count})
}

func TestDeclaration(t *testing.T) {
	t.Parallel()
	r := rig(t)
	r.Declared(manifest.NativeKey)
	if r.Manifest.LimitKey != "address" {
		t.Errorf("limits by %s", r.Manifest.LimitKey)
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ secret, id, moment, body, want string }{
		// From the tests of the reference implementations.
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
	} {
		key, err := key(tc.secret)
		if err != nil {
			t.Fatal(err)
		}
		if got := sign(key, tc.id, tc.moment, []byte(tc.body)); got != tc.want {
			t.Errorf("%s: %s", tc.secret, got)
		}
	}
	for _, bad := range []string{"whsec_", "whsec_not base64", "plain words"} {
		if _, err := key(bad); fault.CodeOf(err) != "message.secret_invalid" || strings.Contains(err.Error(), "words") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestFieldsArriveAsTheyWereMapped has digits, order and further fields stay.
func TestFieldsArriveAsTheyWereMapped(t *testing.T) {
	t.Parallel()
	r := rig(t)
	const row = `{"text":"x <b>","amount":12345678901234567.890,"title":"T","to":["a"],"extra":{"b":1,"a":2}}`
	got, answer := r.Said(r.Open(nil), row)
	if string(got.Raw()) != row {
		t.Errorf("%s", got.Raw())
	}
	if !strings.HasPrefix(answer.ID, "msg_") || string(answer.Raw) != `{"ok":true}` {
		t.Errorf("%+v", answer)
	}
	// A message of other fields is the receiver's own matter.
	r.Said(r.Open(nil), `{"event":"stock"}`)
}

// TestRepeatsAreKnown has the receiver see one message, however often it was sent.
func TestRepeatsAreKnown(t *testing.T) {
	t.Parallel()
	r := rig(t)
	session := r.Open(nil)
	var ids []string
	for _, m := range []struct{ row, key string }{
		{`{"text":"x"}`, "k1"}, {`{"text":"x"}`, "k1"}, {`{"text":"x"}`, "k2"}, {`{"text":"y"}`, "k1"}, {`{"text":"x"}`, ""}, {`{"text":"x"}`, ""},
	} {
		answers, err := r.Send(session, m.row, m.key)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, answers.Rows[0].ID)
	}
	if ids[0] != ids[1] || ids[4] == ids[5] {
		t.Errorf("%q", ids)
	}
	if n := len(r.Messages()); n != 5 {
		t.Errorf("the receiver knows %d messages", n)
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]struct {
		class   fault.Class
		applied bool
	}{
		"302": {fault.Config, true},
		"400": {fault.Data, false},
		"401": {fault.Auth, false},
		"403": {fault.Auth, false},
		"404": {fault.Config, false},
		"408": {fault.Transient, true},
		"409": {fault.Data, false},
		"410": {fault.Config, false},
		"413": {fault.Data, false},
		"422": {fault.Data, false},
		"429": {fault.Rate, false},
		"500": {fault.Transient, true},
		"503": {fault.Transient, true},
	} {
		r := rig(t)
		r.Set(`{"status":` + status + `,"times":1,"retryAfter":"17"}`)
		session := r.Open(nil)
		_, err := r.Send(session, `{"text":"x"}`, "k")
		f := fault.From(err)
		if f == nil || f.Code != "http.status" || f.Args["0"] != status || f.Class != want.class || f.NotApplied == want.applied || f.RetryAfter != 17*time.Second {
			t.Errorf("%s: %+v", status, f)
		}
		r.Said(session, `{"text":"x"}`)
	}
	r := rig(t)
	for _, status := range []string{"201", "202", "204"} {
		r.Set(`{"status":` + status + `,"times":1,"answer":""}`)
		if answers, err := r.Send(r.Open(nil), `{"text":"x"}`, "k"); err != nil || answers.Rows[0].Outcome != connector.Done || answers.Raw != nil {
			t.Errorf("%s: %+v %v", status, answers, err)
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, set string
		change    map[string]string
		code      string
		class     fault.Class
	}{
		{"good", `{}`, nil, "", ""},
		{"no secret where none is asked for", `{"signed":false}`, map[string]string{"secret": ""}, "", ""},
		{"header", `{"authorization":"Bearer abc"}`, map[string]string{"authorization": "Bearer abc"}, "", ""},
		{"no header", `{"authorization":"Bearer abc"}`, nil, "http.status", fault.Auth},
		{"no secret", `{}`, map[string]string{"secret": ""}, "http.status", fault.Auth},
		{"other secret", `{}`, map[string]string{"secret": "whsec_b3RoZXI="}, "http.status", fault.Auth},
		{"clock", `{"clockSeconds":-1}`, nil, "http.status", fault.Auth},
		{"no secret at all", `{}`, map[string]string{"secret": "whsec_!"}, "message.secret_invalid", fault.Config},
		{"no address", `{}`, map[string]string{"address": "::"}, "http.bad_url", fault.Config},
	} {
		r := rig(t)
		r.Set(tc.set)
		session := r.Open(tc.change)
		health, err := session.Check(t.Context())
		if tc.code == "" {
			if err != nil || !health.SourceTime.Equal(robottest.Start()) {
				t.Errorf("%s: %+v %v", tc.name, health, err)
			}
			if n := len(r.Messages()); n != 0 {
				t.Errorf("%s: the check sent %d messages", tc.name, n)
			}
			r.Said(session, `{"text":"x"}`)
			r.Quiet(sandbox.Secret, "Bearer abc")
			continue
		}
		r.Refused(err, tc.code, tc.class)
		_, err = r.Send(session, `{"text":"x"}`, "k")
		r.Refused(err, tc.code, tc.class)
	}
}

// TestCheckTakesARefusedQuestion has a receiver that only takes messages pass.
func TestCheckTakesARefusedQuestion(t *testing.T) {
	t.Parallel()
	for status, good := range map[string]bool{"400": true, "405": true, "501": true, "404": false, "410": false, "500": false, "302": false} {
		r := rig(t)
		r.Inject(`{"path":"/","kind":"status","status":` + status + `,"times":1}`)
		if _, err := r.Open(nil).Check(t.Context()); good != (err == nil) {
			t.Errorf("%s: %v", status, err)
		}
	}
}

func TestOtherClock(t *testing.T) {
	t.Parallel()
	robottest.OtherClock(t, func(t *testing.T, off time.Duration) *robottest.Rig {
		t.Helper()
		return robottest.New(t,
			func(clock func() time.Time) connector.Connector {
				return newConnector(func() time.Time { return clock().Add(off) })
			},
			func(clock func() time.Time) sandboxkit.Vendor { return sandbox.New(clock) })
	})
}
