package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/failpoint"
)

// since is where the kill tests begin: some seventy refunds, an ordinary mixture.
const since = "2021-05-26 00:00:00"

// TestKilledAtEveryCrashPoint ends the engine at each of its crash points, at the
// first and at a later pass, starts it again and expects every refund accounted
// for, each delivered once.
func TestKilledAtEveryCrashPoint(t *testing.T) {
	t.Parallel()
	for _, point := range failpoint.List() {
		for _, pass := range []int{1, 3} {
			name := fmt.Sprintf("%s:%d", point, pass)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				turn(t)
				w := newWorld(t).since(since)
				if strings.HasSuffix(point, "_probe") {
					// Look-ups happen only after answers were lost.
					w.control(w.k3+"/_sandbox/faults", `{"faults":[{"path":"BatchSave","kind":"lost_answer","times":2}]}`)
				}
				_, err := w.run("KAREZ_FAILPOINT=" + name)
				if !errors.Is(err, errKilled) && pass == 1 {
					t.Errorf("the crash point was never passed: %v", err)
				}
				w.recovered()
			})
		}
	}
}

// recovered runs the engine again and checks that nothing is lost or doubled.
func (w *world) recovered() {
	w.t.Helper()
	got, err := w.run()
	if err != nil {
		w.t.Fatal(err)
	}
	if !got.Balanced {
		w.t.Errorf("the balance does not hold: %+v", got)
	}
	compare(w.t, w, since)
}

// TestKilledAtRandomMoments kills the engine after random times until it gets through.
func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	kills := 50
	if os.Getenv("KAREZ_TEST_LONG") != "" {
		kills = 200
	}
	const each = 5
	for round := range kills / each {
		seed := uint64(round + 1)
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			turn(t)
			random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a repeatable choice
			w := newWorld(t).since(since)
			for range each {
				w.killAfter(time.Duration(100+random.IntN(1900)) * time.Millisecond)
			}
			w.recovered()
		})
	}
}

// killAfter starts the engine and kills it, unless it ends before.
func (w *world) killAfter(wait time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), wait)
	defer cancel()
	cmd := w.command(ctx) // the context kills it with SIGKILL
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		w.t.Fatalf("%v\n%s", err, &out)
	}
}

// TestConnectorsKilledMidCall kills each connector's process while it is at work.
// The engine itself goes on and gets through in the same run.
func TestConnectorsKilledMidCall(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"jushuitan", "kingdee-k3cloud"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			turn(t)
			w := newWorld(t).since(since)
			w.control(w.jst+"/_sandbox/faults", `{"faults":[{"path":"refund","kind":"delay","delayMs":400,"times":20}]}`)
			w.control(w.k3+"/_sandbox/faults", `{"faults":[{"path":"BatchSave","kind":"delay","delayMs":400,"times":20}]}`)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			cmd := w.command(ctx)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			w.must(cmd.Start())
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			w.busy(id)
			killed := 0
			for killed < 3 {
				select {
				case err := <-ended:
					ended <- err
					killed = 3
				case <-time.After(700 * time.Millisecond):
					for _, pid := range children(t, cmd.Process.Pid, id) {
						w.must(syscall.Kill(pid, syscall.SIGKILL))
						killed++
					}
				}
			}
			got, err := w.read(<-ended, &stdout, &stderr)
			if err != nil || !got.Balanced {
				t.Fatalf("the run is %+v, %v\n%s", got, err, &stderr)
			}
			w.recovered()
		})
	}
}

// busy waits until the connector's system was called.
func (w *world) busy(id string) {
	w.t.Helper()
	url := map[string]string{"jushuitan": w.jst, "kingdee-k3cloud": w.k3}[id]
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		var state struct {
			Calls map[string]int `json:"calls"`
		}
		w.get(url+"/_sandbox/state", &state)
		if len(state.Calls) > 0 {
			return
		}
		select {
		case <-w.t.Context().Done():
			w.t.Fatal("the connector never called")
		case <-ticker.C:
		}
	}
}

// children gives the processes of a connector that this engine started.
func children(t *testing.T, parent int, id string) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it has gone
		}
		name, rest, ok := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		if ok && len(fields) > 1 && fields[1] == strconv.Itoa(parent) && strings.Contains(name, id[:8]) {
			pids = append(pids, pid)
		}
	}
	return pids
}
