// Package killtest kills the process of a test inside its transactions and at random
// moments, and has another process go on: whatever the one left behind, the other must
// come to the same end.
//
// It is for tests only. It may import the standard library only.
package killtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Suite is work that is killed. T is what a process needs to know to find its work; it
// reaches the process as JSON.
type Suite[T any] struct {
	// Databases give the address of an empty database, by their dialect.
	Databases map[string]func(*testing.T) string
	// Points are the crash points that the work passes at least twice, of engine/failpoint.
	Points []string
	// Prepare makes the work in a database.
	Prepare func(t *testing.T, address string) T
	// Work does it to its end, in a process that may be killed meanwhile.
	Work func(t *testing.T, work T)
	// Recovered does it to its end and proves that all of it was done once.
	Recovered func(t *testing.T, work T)
}

// variable holds the work of a process that may be killed.
const variable = "KAREZ_TEST_WORK"

// child is the test that a process which may be killed runs.
const child = "TestWorkUntilKilled"

// Child is the body of TestWorkUntilKilled, which every package with a Suite has. It
// does nothing where nobody is to be killed.
func (s Suite[T]) Child(t *testing.T) {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return
	}
	var work T
	if err := json.Unmarshal([]byte(text), &work); err != nil {
		t.Fatal(err)
	}
	s.Work(t, work)
}

// Run kills at the first and second pass of every point, and at random moments.
func (s Suite[T]) Run(t *testing.T) {
	t.Helper()
	program := build(t)
	seeds := 2
	if os.Getenv("KAREZ_TEST_LONG") != "" {
		seeds = 20
	}
	for dialect, fresh := range s.Databases {
		for _, point := range s.Points {
			for pass := 1; pass <= 2; pass++ {
				name := fmt.Sprintf("%s:%d", point, pass)
				t.Run(dialect+" "+name, func(t *testing.T) {
					t.Parallel()
					s.killed(t, fresh, func(t *testing.T, work string) {
						t.Helper()
						if !run(t, program, work, 0, "KAREZ_FAILPOINT="+name) {
							t.Error("the crash point was never passed")
						}
					})
				})
			}
		}
		for seed := range seeds {
			t.Run(fmt.Sprint(dialect, " at random moments ", seed), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(seed), 1))
				s.killed(t, fresh, func(t *testing.T, work string) {
					t.Helper()
					kills := 0
					for range 5 {
						if run(t, program, work, time.Duration(5+random.IntN(120))*time.Millisecond) {
							kills++
						}
					}
					t.Logf("killed %d times", kills)
				})
			})
		}
	}
}

// killed prepares work in a fresh database, has it done by processes that are killed,
// and proves that another one gets through.
func (s Suite[T]) killed(t *testing.T, fresh func(*testing.T) string, kill func(t *testing.T, work string)) {
	t.Helper()
	address := fresh(t)
	var work T
	t.Run("prepared", func(t *testing.T) { work = s.Prepare(t, address) })
	text, err := json.Marshal(work)
	if err != nil {
		t.Fatal(err)
	}
	kill(t, string(text))
	t.Run("recovered", func(t *testing.T) { s.Recovered(t, work) })
}

// build builds the tests of the package with crash points.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "killed.test")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-tags", "fault", "-ldflags", "-s -w", "-c", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// run works in a process of its own until it ends or is killed, by a crash point or,
// where after is set, by then.
func run(t *testing.T, program, work string, after time.Duration, env ...string) (killed bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^"+child+"$")
	cmd.Env = append(append(os.Environ(), variable+"="+work), env...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := cmd.Wait()
	if err == nil {
		return false
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%v\n%s", err, &out)
	}
	return true
}
