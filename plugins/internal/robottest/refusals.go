package robottest

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/fault"
)

// Refusal is a state of the vendor or of the connection in which messages are refused.
type Refusal struct {
	Name string
	// Set are settings of the sandbox, Change those of the connection; an address
	// that begins with / is put behind the sandbox's.
	Set    string
	Change map[string]string
	// Code and Class are the fault, Hint a part of its hint in Chinese.
	Code  string
	Class fault.Class
	Hint  string
	// Known says that the connection test passes all the same, as the credentials are good.
	Known bool
}

// Refusals tries each: nothing arrives, and the fault says what to do.
func Refusals(t *testing.T, rig func(*testing.T) *Rig, list []Refusal) {
	t.Helper()
	for _, tc := range list {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			r := rig(t)
			r.Set(tc.Set)
			if path := tc.Change["address"]; strings.HasPrefix(path, "/") {
				tc.Change["address"] = r.URL + path
			}
			session := r.Open(tc.Change)
			_, err := r.Send(session, `{"title":"T","text":"x"}`, "k")
			if f := r.Refused(err, tc.Code, tc.Class); !strings.Contains(f.Args[fault.HintZH], tc.Hint) {
				t.Errorf("hint %q", f.Args[fault.HintZH])
			}
			if n := len(r.Messages()); n != 0 {
				t.Errorf("%d messages arrived", n)
			}
			if _, err = session.Check(t.Context()); tc.Known != (err == nil) {
				t.Errorf("Check: %v", err)
			}
		})
	}
}

// OtherClock has a message arrive though the vendor's clock is years off ours.
func OtherClock(t *testing.T, rig func(t *testing.T, off time.Duration) *Rig) {
	t.Helper()
	for _, off := range []time.Duration{0, -4 * 365 * 24 * time.Hour, 3 * time.Hour} {
		r := rig(t, off)
		session := r.Open(nil)
		if _, err := session.Check(t.Context()); err != nil {
			t.Errorf("off by %v: Check: %v", off, err)
		}
		r.Said(session, `{"text":"x"}`)
		r.Said(r.Open(nil), `{"text":"y"}`) // one that learned nothing yet
	}
}

// CheckSendsNothing has the connection test pass in each of the sandbox's settings,
// without a message.
func CheckSendsNothing(t *testing.T, r *Rig, settings ...string) {
	t.Helper()
	for _, set := range settings {
		r.Set(set)
		health, err := r.Open(nil).Check(t.Context())
		if err != nil || !health.SourceTime.Equal(Start()) {
			t.Errorf("%s: %+v %v", set, health, err)
		}
	}
	if n := len(r.Messages()); n != 0 {
		t.Errorf("the check sent %d messages", n)
	}
}
