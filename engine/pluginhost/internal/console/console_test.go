package console_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/pluginhost/internal/console"
	"github.com/karezflow/karez/sdk/fault"
)

// rig is a console with its log and its clock.
type rig struct {
	*console.Console
	log strings.Builder
	at  time.Time
}

func newRig(hidden map[string]string) *rig {
	r := &rig{at: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	logger := slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}}))
	secrets := &console.Secrets{}
	secrets.Add(hidden)
	r.Console = console.New(logger, func() time.Time { return r.at }, secrets)
	return r
}

func TestOutputIsLoggedByLine(t *testing.T) {
	t.Parallel()
	o := newRig(map[string]string{"token": "T0P-secret", "pin": "12", "longer": "T0P-secret-too"})
	a, b := o.Stream("stderr"), o.Stream("output")
	for _, text := range []string{"one\ntw", "o\r\n\n", "the token T0P-", "secret and T0P-secret-too and 12\n", "bad \xb5\xa5\n", "unfinished"} {
		if n, err := a.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
	}
	_, _ = b.Write([]byte(strings.Repeat("x", 5000) + "\nafter\n"))
	o.Close()
	want := `msg=one stream=stderr
msg=two stream=stderr
msg="the token *** and *** and 12" stream=stderr
msg="bad ` + "\uFFFD" + `" stream=stderr
msg=` + strings.Repeat("x", 4096) + ` cut=true stream=output
msg=after stream=output
msg=unfinished stream=stderr
`
	if got := o.log.String(); got != want {
		t.Errorf("log (-want +got):\n%s", cmp.Diff(want, got))
	}
	if got := o.LastWords(); got != "unfinished" {
		t.Errorf("last words = %q", got)
	}
}

func TestOutputIsLimited(t *testing.T) {
	t.Parallel()
	o := newRig(nil)
	s := o.Stream("stderr")
	for i := range 1000 {
		_, _ = fmt.Fprintf(s, "line %d\n", i)
	}
	if got := strings.Count(o.log.String(), "msg=\"line "); got != 200 {
		t.Errorf("%d lines were logged at once", got)
	}
	o.at = o.at.Add(time.Second)
	for i := range 1000 {
		_, _ = fmt.Fprintf(s, "more %d\n", i)
	}
	o.Close()
	text := o.log.String()
	if got := strings.Count(text, "msg=\"more "); got != 20 {
		t.Errorf("%d lines were logged after a second", got)
	}
	for _, want := range []string{"lines=800", "lines=980", `"line 0"`, `"more 0"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

// In a flood the words that matter are found, wherever the writes were cut.
func TestLastWordsInAFlood(t *testing.T) {
	t.Parallel()
	flood := strings.Repeat("noise\n", 300)
	rapid.Check(t, func(rt *rapid.T) {
		o := newRig(map[string]string{"token": "T0P-secret"})
		s := o.Stream("stderr")
		_, _ = s.Write([]byte(flood))
		text := flood + "panic: lost T0P-secret\n\ngoroutine 1 [running]:\nmain.main()\n"
		ending := "last line"
		if rapid.Bool().Draw(rt, "panics") {
			ending = "panic: lost ***"
		} else {
			text = flood + "last line\n"
		}
		// A panic's line arrives in one piece: the runtime writes it so.
		at := rapid.IntRange(0, len(flood)).Draw(rt, "cut")
		_, _ = s.Write([]byte(text[:at]))
		_, _ = s.Write([]byte(text[at:]))
		o.Close()
		if got := o.LastWords(); got != ending {
			rt.Fatalf("last words = %q, want %q", got, ending)
		}
	})
}

func TestRedact(t *testing.T) {
	t.Parallel()
	cause := errors.New("token abcd1234")
	f := fault.New("vendor.1", "the token abcd1234 is refused").Hinted("renew abcd1234").Arg("token", "abcd1234").Arg("n", "7").Because(cause).Classed(fault.Auth)
	got := redact(f, map[string]string{"token": "abcd1234"})
	if got.Message != "the token *** is refused" || got.Hint != "renew ***" || got.Args["token"] != "***" || got.Args["n"] != "7" || got.Class != fault.Auth {
		t.Errorf("Redact = %+v", got)
	}
	if got.Unwrap() != nil {
		t.Errorf("the cause is still there: %v", got.Unwrap())
	}
	if f.Args["token"] != "abcd1234" {
		t.Error("the fault was changed in place")
	}
	answered := redact(fault.New("vendor.1", "refused").Answered([]byte(`{"token":"abcd1234"}`)), map[string]string{"token": "abcd1234"})
	if string(answered.Answer()) != `{"token":"***"}` {
		t.Errorf("the answer is %s", answered.Answer())
	}
	if same := redact(f, map[string]string{"pin": "7"}); same != f {
		t.Errorf("Redact = %+v, want the same fault", same)
	}
	if same := redact(f); same != f {
		t.Errorf("Redact without secrets = %+v", same)
	}
}

func redact(f *fault.Fault, hidden ...map[string]string) *fault.Fault {
	s := &console.Secrets{}
	for _, h := range hidden {
		s.Add(h)
	}
	return s.Redact(f)
}
