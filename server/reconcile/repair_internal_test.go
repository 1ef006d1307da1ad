package reconcile

import (
	"fmt"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/reconcile"
)

// TestPlan: of the records with one key exactly those are written that are not in the target.
func TestPlan(t *testing.T) {
	t.Parallel()
	at := func(id ledger.ID, state ledger.State, updated ledger.Millis) Standing {
		return Standing{ID: id, State: state, Updated: updated}
	}
	for name, tt := range map[string]struct {
		target   int
		standing []Standing
		want     string
	}{
		"never read":                    {0, []Standing{{}}, "fetch [n0] retry [] restore [] moved 0"},
		"rejected":                      {0, []Standing{at(1, ledger.Rejected, 1)}, "fetch [] retry [1] restore [] moved 0"},
		"lost by the target":            {0, []Standing{at(1, ledger.Delivered, 1)}, "fetch [] retry [] restore [1] moved 0"},
		"delivered since":               {0, []Standing{at(1, ledger.Delivered, 200)}, "fetch [] retry [] restore [] moved 1"},
		"one of two is rejected":        {1, []Standing{at(1, ledger.Delivered, 1), at(2, ledger.Rejected, 1)}, "fetch [] retry [2] restore [] moved 0"},
		"one of two was never read":     {1, []Standing{at(1, ledger.Delivered, 1), {}}, "fetch [n1] retry [] restore [] moved 0"},
		"both are lost":                 {0, []Standing{at(1, ledger.Delivered, 1), at(2, ledger.Delivered, 1)}, "fetch [] retry [] restore [1 2] moved 0"},
		"which of two is lost":          {1, []Standing{at(1, ledger.Delivered, 1), at(2, ledger.Delivered, 1)}, "fetch [] retry [] restore [] moved 2"},
		"one of two was never meant to": {0, []Standing{at(1, ledger.Filtered, 1), at(2, ledger.Rejected, 1)}, "fetch [] retry [2] restore [] moved 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := Finding{Finding: reconcile.Finding{Kind: reconcile.Missing, Number: "n0", Source: len(tt.standing), Target: tt.target}, standing: tt.standing}
			for i := range tt.standing[1:] {
				f.Others = append(f.Others, reconcile.Record{Number: fmt.Sprint("n", i+1)})
			}
			var p Plan
			p.add(f, 100)
			if got := fmt.Sprintf("fetch %v retry %v restore %v moved %d", p.Fetch, p.Retry, p.Restore, p.Moved); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}
