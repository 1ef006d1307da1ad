package documentstore_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/server/document"
)

// TestLineage: a document shows where it came from and where it went.
func TestLineage(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		ids, err := r.db.NextIDs(r.Context(), 1)
		r.Must(err)
		r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,draft,enabled,updated_at) VALUES (?,?,?,'next','第二个方案','{}',1,1)", ids, r.Workspace, "next-"+r.flow)
		r.exec("INSERT INTO flow_node (flow_id,node_no,node_id) VALUES (?,?,'mark')", r.Flow, worldtest.NodeNo+1)
		r.Pull(worldtest.Rec("a", "1"))
		doc := r.Doc("a")
		hand := ledger.Hand{
			HandKey: ledger.HandKey{Document: doc.ID, Rev: 1, NodeNo: worldtest.NodeNo + 1}, Incoming: worldtest.Rec("x", "1"),
			To: ledger.Inlet{Flow: ids, NodeID: "in", OnSeen: ledger.Skip}, Hops: 1,
		}
		o := r.Outcome(r.ClaimDoc("a"))
		o.Documents, o.Hands = []ledger.Settled{r.Settled("a", ledger.Delivered)}, []ledger.Hand{hand}
		_, err = r.Store.CommitOutcome(r.Context(), o)
		r.Must(err)

		from, err := r.store.Detail(r.Context(), r.Workspace, doc.ID)
		r.Must(err)
		if len(from.HandedTo) != 1 {
			t.Fatalf("handed to %+v", from.HandedTo)
		}
		other := from.HandedTo[0].ID
		want := []document.Handed{{ID: other, Flow: "next-" + r.flow, FlowTitle: "第二个方案", Node: "mark", Key: "x", Number: "No x", State: "waiting", Rev: 1, At: r.Now}}
		if diff := cmp.Diff(want, from.HandedTo); diff != "" || len(from.HandedFrom) != 0 {
			t.Errorf("%s, from %v", diff, from.HandedFrom)
		}
		to, err := r.store.Detail(r.Context(), r.Workspace, other)
		r.Must(err)
		want = []document.Handed{{ID: doc.ID, Flow: r.flow, FlowTitle: "订单 → 单据", Node: "mark", Key: "a", Number: "No a", State: "delivered", Rev: 1, At: r.Now}}
		if diff := cmp.Diff(want, to.HandedFrom); diff != "" || len(to.HandedTo) != 0 {
			t.Errorf("%s, to %v", diff, to.HandedTo)
		}
	})
}
