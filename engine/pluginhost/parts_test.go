package pluginhost_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/sdk/fault"
)

func TestVersionsAreOrdered(t *testing.T) {
	t.Parallel()
	ordered := []string{"0.9", "1.0.0-alpha", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "1.0.1", "1.2.9", "1.2.10", "1.10.0", "2.0", "10.0.0"}
	for i, a := range ordered {
		for j, b := range ordered {
			got := pluginhost.CompareVersions(a, b)
			if want := i - j; (got < 0) != (want < 0) || (got > 0) != (want > 0) {
				t.Errorf("CompareVersions(%s, %s) = %d", a, b, got)
			}
		}
	}
}

func TestVersionPins(t *testing.T) {
	t.Parallel()
	cases := []struct {
		want, have string
		ok         bool
	}{
		{"", "1.2.3", true},
		{"1.2.3", "1.2.3", true},
		{"1.2", "1.2.3", true},
		{"1", "1.2.3", true},
		{"1.2", "1.20.3", false},
		{"1.2.3", "1.2", false},
		{"1.2.3", "1.2.3-rc1", false},
		{"2", "1.2.3", false},
	}
	for _, c := range cases {
		if got := pluginhost.Matches(c.want, c.have); got != c.ok {
			t.Errorf("Matches(%q, %q) = %v", c.want, c.have, got)
		}
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"jushuitan": {"jushuitan", ""}, "kingdee-k3cloud": {"kingdee-k3cloud", ""}, "jst@1.2.0": {"jst", "1.2.0"},
		"jst@1.0.0-rc.1": {"jst", "1.0.0-rc.1"}, "jst.exe": {"jst", ""}, "jst@1.2.0.exe": {"jst", "1.2.0"},
		"README.md": nil, "jst.sha256": nil, ".jst": nil, "jst@": nil, "@1.0": nil, "Jst": nil, "-jst": nil, "jst-": nil, "jst@../x": nil, "": nil,
	}
	for file, want := range cases {
		id, version, ok := pluginhost.NameOf(file)
		if ok != (want != nil) || ok && !slices.Equal([]string{id, version}, want) {
			t.Errorf("NameOf(%q) = %q, %q, %v", file, id, version, ok)
		}
	}
}

// Whatever crashes: a first crash costs no wait, a wait is never longer than the
// longest one, a pause is exactly as long as it should be, and it comes when and
// only when there were so many crashes since the last one within the time.
func TestBreaker(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		rule := pluginhost.Restart{
			First: time.Second, Most: 20 * time.Second, Crashes: rapid.IntRange(2, 5).Draw(rt, "crashes"),
			Within: time.Minute, Pause: 5 * time.Minute, Healthy: 30 * time.Second,
		}
		b := pluginhost.NewBreaker(rule)
		now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		var since []time.Time
		streak := 0
		for i := range rapid.IntRange(1, 20).Draw(rt, "n") {
			uptime := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(rt, "uptime"))
			now = now.Add(b.Wait(now) + uptime)
			if uptime >= rule.Healthy {
				streak = 0
			}
			streak++
			since = append(slices.DeleteFunc(since, func(at time.Time) bool { return now.Sub(at) >= rule.Within }), now)
			paused := b.Crashed(now, uptime)
			wait := b.Wait(now)
			switch {
			case paused != (len(since) >= rule.Crashes):
				rt.Fatalf("crash %d: paused = %v after %d in the time", i, paused, len(since))
			case paused && wait != rule.Pause:
				rt.Fatalf("crash %d: pause of %v", i, wait)
			case !paused && streak == 1 && wait != 0:
				rt.Fatalf("crash %d: wait of %v after a first one", i, wait)
			case !paused && streak > 1 && (wait <= 0 || wait > rule.Most):
				rt.Fatalf("crash %d: wait of %v", i, wait)
			}
			if paused {
				since = nil
			}
		}
	})
}

func TestRestartWaitsGrow(t *testing.T) {
	t.Parallel()
	b := pluginhost.NewBreaker(pluginhost.Restart{Crashes: 100})
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var waits []time.Duration
	for range 12 {
		b.Crashed(now, 0)
		waits = append(waits, b.Wait(now))
		now = now.Add(b.Wait(now))
	}
	if waits[0] != 0 || waits[1] == 0 || waits[1] > time.Second || waits[11] < 10*time.Second || slices.Max(waits) > 30*time.Second {
		t.Errorf("waits = %v", waits)
	}
}

func newOutput(hidden map[string]string) (pluginhost.Output, *logs, *fakeClock) {
	log, clock := &logs{}, &fakeClock{at: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}}))
	return pluginhost.NewOutput(logger, clock.now, hidden), log, clock
}

func TestOutputIsLoggedByLine(t *testing.T) {
	t.Parallel()
	o, log, _ := newOutput(map[string]string{"token": "T0P-secret", "pin": "12", "longer": "T0P-secret-too"})
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
	if got := log.String(); got != want {
		t.Errorf("log (-want +got):\n%s", cmp.Diff(want, got))
	}
	if got := o.LastWords(); got != "unfinished" {
		t.Errorf("last words = %q", got)
	}
}

func TestOutputIsLimited(t *testing.T) {
	t.Parallel()
	o, log, clock := newOutput(nil)
	s := o.Stream("stderr")
	for i := range 1000 {
		_, _ = fmt.Fprintf(s, "line %d\n", i)
	}
	if got := strings.Count(log.String(), "msg=\"line "); got != 200 {
		t.Errorf("%d lines were logged at once", got)
	}
	clock.advance(time.Second)
	for i := range 1000 {
		_, _ = fmt.Fprintf(s, "more %d\n", i)
	}
	o.Close()
	text := log.String()
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
		o, _, _ := newOutput(map[string]string{"token": "T0P-secret"})
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
	got := pluginhost.Redact(f, map[string]string{"token": "abcd1234"})
	if got.Message != "the token *** is refused" || got.Hint != "renew ***" || got.Args["token"] != "***" || got.Args["n"] != "7" || got.Class != fault.Auth {
		t.Errorf("Redact = %+v", got)
	}
	if got.Unwrap() != nil {
		t.Errorf("the cause is still there: %v", got.Unwrap())
	}
	if f.Args["token"] != "abcd1234" {
		t.Error("the fault was changed in place")
	}
	if same := pluginhost.Redact(f, map[string]string{"pin": "7"}); same != f {
		t.Errorf("Redact = %+v, want the same fault", same)
	}
	if same := pluginhost.Redact(f); same != f {
		t.Errorf("Redact without secrets = %+v", same)
	}
}
