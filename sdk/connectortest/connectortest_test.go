package connectortest_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/connectortest"
)

// flawKey names the flaw of the subject in a process that plays its author's test.
const flawKey = "KAREZ_TEST_FLAW"

// TestSubject is what an author writes. It passes for a subject without flaw.
func TestSubject(t *testing.T) { // not parallel: Exercise looks for goroutines
	connectortest.Exercise(t, newSubject(os.Getenv(flawKey)).harness())
}

// Each flaw fails exactly the behaviours that it breaks.
func TestEveryFlawIsSeen(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"manifest":         {"manifest parses"},
		"no writes tried":  {"every kind of operation is tried"},
		"undeclared mode":  {"every kind of operation is tried"},
		"undeclared query": {"every kind of operation is tried"},
		"no answer lost":   {"write bill.save create: class B holds after a lost answer"},

		"accepts anyone":          {"check refuses bad credentials"},
		"plain error":             {"check refuses bad credentials"},
		"secret in error":         {"check refuses bad credentials"},
		"secret in cause":         {"check refuses bad credentials"},
		"retries bad credentials": {"check refuses bad credentials"},
		"secret in log":           {"no secret in log or trace"},
		"secret in trace":         {"no secret in log or trace"},
		"closes once":             {"closing twice is legal"},
		"leaks":                   {"nothing is left of a session"},
		"ignores the context":     {"a cancelled call ends"},

		"unknown operation succeeds":   {"an unknown operation is coded"},
		"unknown write may be applied": {"an unknown operation is coded"},
		"shares its answers":           {"calls are safe at the same time"},

		"reads differ": {
			"calls are safe at the same time", "query numbers.list: two full reads are equal",
			"query numbers.offset: two full reads are equal", "query numbers.scroll: two full reads are equal",
		},
		"oversized pages": {"query numbers.offset: pages keep the declared size", "query numbers.offset: two full reads are equal"},
		"lying total":     {"query numbers.list: the total is honest", "query numbers.offset: the total is honest", "query numbers.scroll: the total is honest"},
		"no total":        {"query numbers.list: the total is honest"},
		"announces more":  {"query numbers.scroll: the total is honest"},
		"token in a circle": {
			"query numbers.scroll: pages keep the declared size", "query numbers.scroll: the total is honest",
			"query numbers.scroll: two full reads are equal",
		},
		"wraps around":         {"query numbers.list: a page beyond the end is empty", "query numbers.offset: a page beyond the end is empty"},
		"malformed is fine":    {"query numbers.list: malformed parameters are coded"},
		"malformed is retried": {"query numbers.list: malformed parameters are coded"},

		"both ends are left out":    {"query changes.list: two halves of a range are the whole"},
		"a shorter span":            {"query changes.list: a range of the declared span is accepted"},
		"a longer range is retried": {"query changes.list: a range of the declared span is accepted"},
		"the newest first":          {"query changes.list: rows that change meanwhile hide no others"},
		"nobody renews":             {"an expired token is renewed by one of many", "nothing is left of a session"},
		"everybody renews":          {"an expired token is renewed by one of many"},
		"takes fewer rows": {
			"write bill.post create: a call takes as many rows as declared", "write bill.save create: a call takes as many rows as declared",
		},

		"answers in disorder": {
			"write bill.post create: one answer for each row, in order", "write bill.save create: one answer for each row, in order",
		},
		// bill.post answers for all rows at once and need not name them.
		"names nothing": {
			"write bill.close update: one answer for each row, in order",
			"write bill.push create: one answer for each row, in order", "write bill.save create: one answer for each row, in order",
			"write bill.set update: one answer for each row, in order",
		},
		"a bad row stops all": {"write bill.save create: a bad row leaves its batch alone"},
		"half a batch":        {"write bill.post create: a bad row takes its batch along"},
		"finds anything": {
			"write bill.post create: a bad row takes its batch along", "write bill.post create: probe finds what was written and only that",
			"write bill.save create: probe finds what was written and only that",
		},
		"amount is rounded": {
			"write bill.save create: class B holds after a lost answer", "write bill.save create: one answer for each row, in order",
			"write bill.save create: probe finds what was written and only that",
		},
		"lost is unapplied": allClasses(), "lost is done": allClasses(), "lost is final": allClasses(),
		"an action that is done is wrong": {"write bill.close update: class C holds after a lost answer"},
		"keys are no keys":                {"write bill.post create: class A holds after a lost answer", "write bill.set update: class C holds after a lost answer"},
		"writes twice": {
			"write bill.post create: class A holds after a lost answer", "write bill.save create: class B holds after a lost answer",
			"write bill.set update: class C holds after a lost answer",
		},
	}
	for flaw, want := range cases {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			failed, output := examine(t, flaw)
			if diff := cmp.Diff(want, failed); diff != "" {
				t.Errorf("failed behaviours (-want +got):\n%s\n%s", diff, output)
			}
		})
	}
}

func allClasses() []string {
	return []string{
		"write bill.close update: class C holds after a lost answer",
		"write bill.post create: class A holds after a lost answer", "write bill.push create: class D holds after a lost answer",
		"write bill.save create: class B holds after a lost answer", "write bill.set update: class C holds after a lost answer",
	}
}

// Flaws that break nearly everything are seen too.
func TestGrossFlawsAreSeen(t *testing.T) {
	t.Parallel()
	for flaw, want := range map[string]string{
		"rows are an object": "query numbers.list: two full reads are equal",
		"one answer short":   "write bill.push create: one answer for each row, in order",
	} {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			if failed, output := examine(t, flaw); !slices.Contains(failed, want) {
				t.Errorf("failed behaviours are %q, want %q among them\n%s", failed, want, output)
			}
		})
	}
}

// examine runs TestSubject with a flaw in a process of its own and gives the
// behaviours that failed, sorted.
func examine(t *testing.T, flaw string) (failed []string, output string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestSubject$", "-test.v")
	cmd.Env = append(os.Environ(), flawKey+"="+flaw)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("the suite passes a connector with the flaw %q", flaw)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		name, found := strings.CutPrefix(strings.TrimSpace(lines.Text()), "--- FAIL: TestSubject/")
		name, _, _ = strings.Cut(name, " (")
		if found && !strings.Contains(name, "/") {
			failed = append(failed, strings.ReplaceAll(name, "_", " "))
		}
	}
	slices.Sort(failed)
	return failed, string(out)
}

func TestHostKeepsTheRulesOfState(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	h := connectortest.NewHost(func() time.Time { return now })
	ctx := t.Context()
	get := func() connector.Snapshot {
		s, err := h.State().Get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	swap := func(old connector.Snapshot, value string, lease time.Duration) (connector.Snapshot, error) {
		return h.State().CompareAndSwap(ctx, old, []byte(value), lease)
	}
	empty := get()
	if !cmp.Equal(empty, connector.Snapshot{}) {
		t.Errorf("an empty state is %+v", empty)
	}
	held, err := swap(empty, "old", time.Minute)
	if err != nil || held.Leased {
		t.Fatalf("taking the lease = %+v, %v", held, err)
	}
	if seen := get(); !seen.Leased || string(seen.Value) != "old" {
		t.Errorf("others see %+v", seen)
	}
	for name, old := range map[string]connector.Snapshot{"who came late": empty, "who sees the lease": get()} {
		if _, err := swap(old, "other", 0); !errors.Is(err, connector.ErrStateConflict) {
			t.Errorf("%s gets %v", name, err)
		}
	}
	if _, err := swap(held, "new", 0); err != nil {
		t.Errorf("the holder gets %v", err)
	}
	if seen := get(); seen.Leased || string(seen.Value) != "new" {
		t.Errorf("after the renewal = %+v", seen)
	}
	if _, err := swap(get(), "new", time.Minute); err != nil {
		t.Fatal(err)
	}
	late := get()
	now = now.Add(time.Minute)
	if seen := get(); seen.Leased {
		t.Error("the lease does not end")
	}
	if _, err := swap(late, "newer", 0); err != nil {
		t.Errorf("after the lease ended = %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := h.State().Get(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Get with a cancelled context = %v", err)
	}
	if _, err := h.State().CompareAndSwap(ended, late, nil, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("CompareAndSwap with a cancelled context = %v", err)
	}
}

func TestHostKeepsWhatIsSaid(t *testing.T) {
	t.Parallel()
	h := connectortest.NewHost(time.Now)
	h.Log(t.Context(), connector.Warn, "slow", map[string]string{"ms": "900", "a": "1"})
	h.Trace(t.Context(), connector.Exchange{Method: "GET"})
	lines, traces := h.Said()
	if diff := cmp.Diff([]string{"warn slow a=1 ms=900"}, lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]connector.Exchange{{Method: "GET"}}, traces); diff != "" {
		t.Error(diff)
	}
}
