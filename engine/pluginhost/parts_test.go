//go:build linux

package pluginhost_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/pluginhost"
)

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
