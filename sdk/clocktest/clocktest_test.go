package clocktest_test

import (
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/sdk/clocktest"
)

func TestClock(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)
	c := clocktest.New(start)
	if got := c.Now(); !got.Equal(start) {
		t.Errorf("it begins at %s, want %s", got, start)
	}
	for _, step := range []struct {
		pass time.Duration
		want time.Time
	}{{90 * time.Second, start.Add(90 * time.Second)}, {-time.Hour, start.Add(90*time.Second - time.Hour)}, {0, start.Add(90*time.Second - time.Hour)}} {
		if c.Pass(step.pass); !c.Now().Equal(step.want) {
			t.Errorf("after %s it shows %s, want %s", step.pass, c.Now(), step.want)
		}
	}
	var zero clocktest.Clock
	if !zero.Now().IsZero() {
		t.Errorf("the zero clock shows %s", zero.Now())
	}
}

func TestClockIsShared(t *testing.T) {
	t.Parallel()
	c := clocktest.New(time.Unix(0, 0))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				before := c.Now()
				c.Pass(time.Second)
				if !c.Now().After(before) {
					t.Error("the clock did not go on")
				}
			}
		})
	}
	wait.Wait()
	if got := c.Now().Unix(); got != 800 {
		t.Errorf("800 seconds passed, and the clock shows %d", got)
	}
}
