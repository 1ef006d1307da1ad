package documentstore_test

import (
	"slices"
	"testing"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/server/document"
)

// calls pulls a document and lets it end so, with calls after its walk that stand so.
func (r *rig) calls(key string, state ledger.State, calls ...errand.State) {
	r.Helper()
	r.Pull(worldtest.Rec(key, "1"))
	doc := r.Doc(key)
	o := r.Outcome(r.ClaimDoc(key))
	o.Documents = []ledger.Settled{r.Settled(key, state)}
	for i := range calls {
		o.Errands = append(o.Errands, ledger.Errand{
			ErrandKey: ledger.ErrandKey{Document: doc.ID, NodeNo: worldtest.NodeNo + 1 + i, Way: "w"}, Rev: 1, NodeID: "tell", Purpose: ledger.NotifyErrand,
			Run: r.Run.ID, Connection: "erp", Operation: "send", Mode: "create", Body: []byte(`{}`),
		})
	}
	_, err := r.Store.CommitOutcome(r.Context(), o)
	r.Must(err)
	for i, call := range calls {
		r.stand(key, worldtest.NodeNo+1+i, call)
	}
}

// stand moves a call of a document.
func (r *rig) stand(key string, nodeNo int, state errand.State) {
	r.Helper()
	r.exec("UPDATE errand SET state = ? WHERE document_id = ? AND node_no = ?", state, r.Doc(key).ID, nodeNo)
}

// TestAttention: what stands still is listed with the documents of which a call fails,
// each once and in the list's order, on pages of any size.
func TestAttention(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.calls("A-1", ledger.Delivered, errand.Rejected, errand.Unknown)
		r.calls("A-2", ledger.Rejected, errand.RetryAt)
		r.calls("A-3", ledger.Delivered, errand.Done, errand.Pending)
		r.calls("B-1", ledger.Collected, errand.Done, errand.NeedsDecision)
		first := r.Run
		r.Run = r.OpenRun("manual", worldtest.Start+1)
		r.settle(ledger.Rejected, "B-2")
		r.settle(ledger.Delivered, "B-3")
		r.calls("A-4", ledger.Delivered, errand.RetryAt)
		r.calls("A-5", ledger.Delivered, errand.Skipped, errand.Told, errand.Sending)
		other := newRig(t0(r), r.db)
		other.calls("A-1", ledger.Delivered, errand.Rejected)
		empty, err := r.Store.NextIDs(r.Context(), 1)
		r.Must(err)
		r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,draft,updated_at) VALUES (?,?,'empty','empty','','{}',1)", empty, r.Workspace)

		still := slices.DeleteFunc(ledger.States(), func(s ledger.State) bool { return !s.Repairable() })
		for name, tt := range map[string]struct {
			edit func(*document.Query)
			want string
		}{
			"all":              {nil, "A-4 B-2 B-1 A-2 A-1"},
			"of the flow":      {func(q *document.Query) { q.Flow = r.flow }, "A-4 B-2 B-1 A-2 A-1"},
			"of another flow":  {func(q *document.Query) { q.Flow = "empty" }, ""},
			"of another's":     {func(q *document.Query) { q.Flow = other.flow }, ""},
			"of the node":      {func(q *document.Query) { q.Node = "orders" }, "A-4 B-2 B-1 A-2 A-1"},
			"of the first run": {func(q *document.Query) { q.Run = first.ID }, "B-1 A-2 A-1"},
			"by number":        {func(q *document.Query) { q.Number = "A-" }, "A-4 A-2 A-1"},
			"delivered":        {func(q *document.Query) { q.States, q.Failing = nil, []ledger.State{ledger.Delivered} }, "A-4 A-1"},
			"delivered by number": {func(q *document.Query) {
				q.States, q.Failing, q.Number = nil, []ledger.State{ledger.Delivered}, "A-1"
			}, "A-1"},
			"rejected": {func(q *document.Query) {
				q.States, q.Failing = []ledger.State{ledger.Rejected}, []ledger.State{ledger.Rejected}
			}, "B-2 A-2"},
			"what can be repaired only": {func(q *document.Query) { q.Failing = nil }, "B-2 A-2"},
		} {
			got := r.list(func(q *document.Query) {
				q.States, q.Failing = still, ledger.States()
				if tt.edit != nil {
					tt.edit(q)
				}
			})
			if got != tt.want {
				r.Errorf("%s: %q, want %q", name, got, tt.want)
			}
		}
		r.Same("of the other workspace", other.list(func(q *document.Query) { q.States, q.Failing = still, ledger.States() }), "A-1")

		page, err := r.store.List(r.Context(), r.query(func(q *document.Query) { q.States, q.Failing, q.Limit = still, ledger.States(), 5 }))
		r.Must(err)
		if len(page.Items) != 5 || page.Next != nil {
			r.Errorf("a page of 5 holds %d, and %v follows", len(page.Items), page.Next)
		}
		some, err := r.store.List(r.Context(), r.query(func(q *document.Query) { q.Failing = []ledger.State{ledger.Delivered} }))
		r.Must(err)
		for _, item := range some.Items {
			if !slices.Contains(item.Attention, "errand_failing") {
				r.Errorf("%s bears %v", item.Key, item.Attention)
			}
		}
		// A call that was made takes its document off the list.
		r.stand("A-4", worldtest.NodeNo+1, errand.Done)
		r.Same("once it was made", r.list(func(q *document.Query) { q.States, q.Failing = nil, ledger.States() }), "B-1 A-2 A-1")
	})
}
