package nemesis_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/karezflow/karez/deploy/chaos/nemesis"
)

func kinds() []nemesis.Kind {
	return []nemesis.Kind{{Name: "a", Weight: 5, Most: time.Second}, {Name: "b", Weight: 1}, {Name: "c", Weight: 1, Least: time.Second, Most: 2 * time.Second}}
}

func TestASeedDrawsTheSamePlan(t *testing.T) {
	t.Parallel()
	plan := nemesis.Plan(7, 200, time.Millisecond, time.Second, kinds())
	if !reflect.DeepEqual(plan, nemesis.Plan(7, 200, time.Millisecond, time.Second, kinds())) {
		t.Error("the same seed draws another plan")
	}
	if reflect.DeepEqual(plan, nemesis.Plan(8, 200, time.Millisecond, time.Second, kinds())) {
		t.Error("another seed draws the same plan")
	}
	seen := map[string]int{}
	for i, f := range plan {
		seen[f.Kind]++
		if f.After < time.Millisecond || f.After > time.Second || f.Kind == "c" && (f.For < time.Second || f.For > 2*time.Second) {
			t.Errorf("%+v", f)
		}
		if i == 2 && len(seen) != 3 {
			t.Errorf("not every kind came first: %v", seen)
		}
	}
	if seen["a"] < seen["b"]+seen["c"] || seen["b"] == 0 || seen["c"] == 0 {
		t.Errorf("weights are not kept: %v", seen)
	}
}

func TestRecoveryIsMeasuredFromTheEndOfTheFault(t *testing.T) {
	t.Parallel()
	var done time.Time
	stage := nemesis.Stage{
		Clock: time.Now, Watch: func() { done = time.Now().Add(20 * time.Millisecond) }, Progress: func() time.Time { return done }, Most: time.Second,
		Told: func(nemesis.Fault, string, error) {},
		Acts: map[string]nemesis.Act{"a": func(_ context.Context, _ nemesis.Fault, over func()) error { over(); return nil }},
	}
	records, err := stage.Run(t.Context(), nemesis.Plan(1, 6, 0, time.Millisecond, kinds()))
	if err != nil {
		t.Fatal(err)
	}
	r := records["a"]
	if len(records) != 1 || r.Count == 0 || len(r.Recoveries) != r.Count || nemesis.Percentile(r.Recoveries, 95) > 30*time.Millisecond || nemesis.Percentile(r.Recoveries, 0) < 10*time.Millisecond {
		t.Errorf("%+v", records)
	}
}

func TestWhatDoesNotRecoverIsCounted(t *testing.T) {
	t.Parallel()
	stage := nemesis.Stage{
		Clock: time.Now, Watch: func() {}, Progress: func() time.Time { return time.Time{} }, Most: 10 * time.Millisecond,
		Told: func(nemesis.Fault, string, error) {},
		Acts: map[string]nemesis.Act{"b": func(_ context.Context, _ nemesis.Fault, over func()) error { over(); return nil }},
	}
	records, err := stage.Run(t.Context(), nemesis.Plan(1, 3, 0, time.Millisecond, kinds()))
	if err != nil || records["b"].Stuck != 1 {
		t.Errorf("%+v, %v", records, err)
	}
}

func TestAnActThatFailsEndsTheRun(t *testing.T) {
	t.Parallel()
	want := errors.New("it did not start")
	stage := nemesis.Stage{
		Clock: time.Now, Watch: func() {}, Progress: time.Now, Most: time.Second, Told: func(nemesis.Fault, string, error) {},
		Acts: map[string]nemesis.Act{"c": func(context.Context, nemesis.Fault, func()) error { return want }},
	}
	if _, err := stage.Run(t.Context(), nemesis.Plan(1, 3, 0, time.Millisecond, kinds())); !errors.Is(err, want) {
		t.Errorf("%v", err)
	}
}
