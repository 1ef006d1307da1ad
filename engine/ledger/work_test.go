package ledger_test

import (
	"testing"

	"github.com/karezflow/karez/engine/ledger"
)

func TestClaimOf(t *testing.T) {
	t.Parallel()
	work := ledger.Work{ID: 7, Owner: "one", Fence: 3, Attempts: 9}
	check(t, "claim", ledger.ClaimOf(work), ledger.Claim{Work: 7, Owner: "one", Fence: 3})
}
