//go:build fault

package failpoint_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
)

// A clock that is set changes the time of day, and not what was counted since the start.
func TestTimeIsOff(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clock")
	t.Setenv("KAREZ_CLOCK", file)
	for _, off := range []time.Duration{time.Hour, -time.Hour, 0} {
		if err := os.WriteFile(file, []byte(off.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		failpoint.Attend(t.Context())
		now := time.Now()
		got := failpoint.Time(now)
		if day := got.Round(0).Sub(now.Round(0)); day != off {
			t.Errorf("the time of day is off by %s, want %s", day, off)
		}
		if counted := got.Sub(now); counted != 0 {
			t.Errorf("%s more were counted", counted)
		}
	}
}
