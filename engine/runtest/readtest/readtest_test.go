package readtest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/runtest/readtest"
)

// variable names the wrong reader that a process is to check.
const variable = "READTEST_WRONG"

// TestReading checks the engine's reader, or, in a process that TestReadingCatchesWrongReaders
// started, one that breaks a rule.
func TestReading(t *testing.T) {
	t.Parallel()
	reader := readtest.Reader{}
	for _, wrong := range readtest.Wrong() {
		if wrong.Name == os.Getenv(variable) {
			reader = wrong
		}
	}
	if reader.Name != os.Getenv(variable) {
		t.Fatalf("there is no reader %q", os.Getenv(variable))
	}
	readtest.Check(t, runtest.NewStore(), reader, 1<<30)
}

// TestReadingCatchesWrongReaders proves that the check can fail, in processes of their own,
// for the test in which it does is red.
func TestReadingCatchesWrongReaders(t *testing.T) {
	t.Parallel()
	for _, wrong := range readtest.Wrong() {
		t.Run(wrong.Name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestReading$", "-rapid.nofailfile", "-rapid.shrinktime=1ms", "-rapid.checks=1000")
			cmd.Env = append(os.Environ(), variable+"="+wrong.Name)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestReading") {
				t.Errorf("nobody sees it: %v\n%s", err, out)
			}
		})
	}
}
