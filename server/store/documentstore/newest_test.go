package documentstore_test

import (
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
)

// newest gives what came last to a node.
func (r *rig) newest(workspace ledger.ID, flow, node string, most int) string {
	r.Helper()
	bodies, err := r.store.Newest(r.Context(), workspace, flow, node, most)
	r.Must(err)
	out := make([]string, len(bodies))
	for i, body := range bodies {
		out[i] = string(body)
	}
	return strings.Join(out, " ")
}

// What came last is given in any state, and of a document what came last of it.
func TestNewest(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		body := func(key, version string) string { return string(worldtest.Rec(key, version).Body) }
		r.settle(ledger.Delivered, "a")
		r.settle(ledger.Rejected, "b")
		r.Run = r.OpenRun("manual", worldtest.Start+1)
		r.Pull(worldtest.Rec("c", "1"))
		r.ClaimDoc("c")
		r.Pull(worldtest.Rec("c", "2")) // waits behind the one that is worked on
		other := newRig(t0(r), r.db)
		other.settle(ledger.Rejected, "x")

		r.Same("all", r.newest(r.Workspace, r.flow, "orders", 9), body("c", "2")+" "+body("b", "1")+" "+body("a", "1"))
		r.Same("two", r.newest(r.Workspace, r.flow, "orders", 2), body("c", "2")+" "+body("b", "1"))
		r.Same("of another node", r.newest(r.Workspace, r.flow, "items", 9), "")
		r.Same("of no flow", r.newest(r.Workspace, "none", "orders", 9), "")
		r.Same("without a flow", r.newest(r.Workspace, "", "orders", 9), "")
		r.Same("of another's flow", r.newest(r.Workspace, other.flow, "orders", 9), "")
		r.exec("DELETE FROM pack WHERE id = (SELECT pack_id FROM document WHERE id = ?)", r.Doc("b").ID)
		r.Same("one was removed", r.newest(r.Workspace, r.flow, "orders", 9), body("c", "2")+" "+body("a", "1"))
	})
}
