package deliver_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
)

// TestARowThatLacksBaseData waits for them besides its time, as long as it is not sent again.
func TestARowThatLacksBaseData(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.erp.Refuse = func(no string) string { return map[string]string{"a": "missing", "b": "busy"}[no] }
	want := &ledger.Feed{Connection: 5, Type: "list", Asked: r.at()}
	for range 2 { // when it is refused, and when another row of its document is taken up
		results := r.send(r.rows("a", "b"))
		r.states(results, retry, retry)
		if diff := cmp.Diff(want, results[0].Feed); diff != "" {
			t.Error(diff)
		}
		if results[1].Feed != nil {
			t.Errorf("what passes by itself waits for %+v", results[1].Feed)
		}
		r.now = r.now.Add(time.Second)
	}
}
