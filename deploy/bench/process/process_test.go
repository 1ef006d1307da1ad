package process_test

import (
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/deploy/bench/process"
)

// TestTree starts a shell whose child works, and counts both.
func TestTree(t *testing.T) {
	t.Parallel()
	tree, err := process.Start(t.Context(), time.Now, time.Millisecond, []string{"WORDS=of the environment"}, "sh", "-c",
		`echo "said $WORDS"; sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo worked; read more'; echo over`)
	if err != nil {
		t.Fatal(err)
	}
	line, err := tree.Line(t.Context())
	if err != nil || string(line) != "said of the environment" {
		t.Errorf("%s, %v", line, err)
	}
	if err := tree.Wait(); err != nil {
		t.Fatal(err)
	}
	if out := string(tree.Out()); !strings.HasSuffix(out, "worked\nover\n") {
		t.Errorf("%q", out)
	}
	if tree.Total() <= 0 {
		t.Error("no processor time")
	}
	if peak, course := tree.Memory(); peak < 100 || len(course) == 0 {
		t.Errorf("%d KiB at the most, %d looks", peak, len(course))
	}
}

func TestFailure(t *testing.T) {
	t.Parallel()
	tree, err := process.Start(t.Context(), time.Now, time.Second, nil, "sh", "-c", "echo why >&2; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Wait(); err == nil || !strings.Contains(err.Error(), "exit status 3\nwhy") {
		t.Error(err)
	}
	if _, err := tree.Line(t.Context()); err == nil {
		t.Error("a line of nothing")
	}
	if _, err := process.Start(t.Context(), time.Now, time.Second, nil, "/no/such/program"); err == nil {
		t.Error("no such program started")
	}
}
