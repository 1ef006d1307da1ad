package writing_test

import (
	"slices"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/writing"
	"github.com/karezflow/karez/engine/retry"
	"github.com/karezflow/karez/sdk/item"
)

// target gives a target of the ERP with a key, as the compiler leaves it.
func target(t *testing.T) *plan.Target {
	t.Helper()
	for _, step := range enginetest.Compile(t, enginetest.Job).Steps {
		if step.Target != nil {
			return &plan.Target{Manifest: step.Target.Manifest, Operation: step.Target.Operation, Key: step.Target.Key}
		}
	}
	t.Fatal("the flow has no target")
	return nil
}

func TestComplete(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string][]string{
		`{}`:                                nil,
		`{"rows":"3","onConflict":"adopt"}`: nil,
		`{"rows":100000}`:                   {"target.rows_too_many at rows"},
		`{"lastStep":"elsewhere"}`:          {"target.step_unknown at lastStep"},
		`{"retry":{"first":"1ms"}}`:         {"retry.out_of_range at retry.first"},
		`{"retry":{"first":"1h","most":"1m","giveUpAfter":"2s"}}`: {"retry.first_over_most at retry.first", "retry.gives_up_first at retry.giveUpAfter"},
		`{"retry":{"first":"soon"}}`:                              nil, // its type is reported elsewhere
	} {
		got := target(t)
		var faults []string
		for _, f := range writing.Complete(got, item.Of([]byte(settings))) {
			faults = append(faults, f.Code+" at "+f.Path)
		}
		if !slices.Equal(faults, want) {
			t.Errorf("%s: %v, want %v", settings, faults, want)
		}
		if got.Rows < 1 {
			t.Errorf("%s: %d rows a call", settings, got.Rows)
		}
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	got := target(t)
	if writing.Complete(got, item.Of([]byte(`{}`))); got.Retry != nil {
		t.Errorf("without settings it has %+v", got.Retry)
	}
	got = target(t)
	writing.Complete(got, item.Of([]byte(`{"retry":{"first":"5s","most":"1m","tries":"4","business":"2m","giveUpAfter":"24h"}}`)))
	want := retry.Override{First: 5 * time.Second, Most: time.Minute, Tries: 4, Business: 2 * time.Minute, GiveUpAfter: 24 * time.Hour}.Table()
	if !slices.Equal(got.Retry, want) {
		t.Errorf("%+v, want %+v", got.Retry, want)
	}
}
