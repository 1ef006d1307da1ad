package pull_test

import (
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
)

// TestEveryPageRequestIsHeardOf: each with what was asked and what came, also one that failed and
// was made again; with what a page brings the ledger it has nothing to do.
func TestEveryPageRequestIsHeardOf(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(30, day(1, 1))
	var all []pull.Asked
	r.heard = func(a pull.Asked) { all = append(all, a) }
	r.shop.Fail = func(call int) error {
		if call == 2 {
			return fault.New("vendor.199", "too often").Classed(fault.Rate).Answered([]byte(`{"code":199}`))
		}
		return nil
	}
	counts, err := r.run()
	if err != nil {
		t.Fatal(err)
	}
	rows, failed := 0, 0
	for _, a := range all {
		if a.Node != r.job.Source.NodeID || a.Window == 0 || a.Run == 0 || a.Connection != 4 || a.Started == 0 || a.Ended < a.Started || !strings.HasPrefix(string(a.Request), `{"params":{`) {
			t.Errorf("%+v", a)
		}
		if a.Fault == nil {
			rows += a.Rows
			if !strings.HasPrefix(string(a.Response), "[") {
				t.Errorf("%s", a.Response)
			}
			continue
		}
		failed++
		if a.Fault.Code != "vendor.199" || string(a.Response) != `{"code":199}` || a.Total != -1 || a.Rows != 0 {
			t.Errorf("%+v: %s", a, a.Response)
		}
	}
	if failed != 1 || len(all) != r.shop.Calls || rows < 30 || counts["accepted"] != 30 {
		t.Errorf("%d requests of %d calls, %d failed, %d rows; %v", len(all), r.shop.Calls, failed, rows, counts)
	}
}
