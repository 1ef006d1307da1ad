package loop_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/karezflow/karez/server/loop"
)

func TestLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var l loop.Loop
		l.Stop() // before Start
		var ticks atomic.Int64
		l.Start(t.Context(), time.Second, slog.New(slog.NewTextHandler(&log, nil)), "it did not work", func(context.Context) error {
			if ticks.Add(1) == 2 {
				return errors.New("broken")
			}
			return nil
		})
		synctest.Wait()
		if n := ticks.Load(); n != 1 {
			t.Errorf("%d ticks at the start", n)
		}
		time.Sleep(2*time.Second + time.Millisecond)
		synctest.Wait()
		l.Stop()
		l.Stop()
		time.Sleep(time.Minute)
		if n := ticks.Load(); n != 3 {
			t.Errorf("%d ticks", n)
		}
		if got := log.String(); strings.Count(got, "it did not work") != 1 || !strings.Contains(got, "broken") {
			t.Errorf("logged %q", got)
		}
	})
}

// What goes wrong because the loop is being stopped is no trouble.
func TestStopped(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var l loop.Loop
	began := make(chan struct{})
	l.Start(t.Context(), time.Hour, slog.New(slog.NewTextHandler(&log, nil)), "trouble", func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	})
	<-began
	l.Stop()
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
}
