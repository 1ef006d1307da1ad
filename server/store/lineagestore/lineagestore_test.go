package lineagestore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/barrier"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/lineage"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/lineagestore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

type (
	repairs = documentstore.Store
	groups  = groupstore.Store
)

type whole struct {
	*ledgerstore.Store
	*repairs
	*groups
}

// rig is a chain of flows: what one of them writes it hands over to the next. Each has a
// target with the number worldtest.NodeNo and a hand-over behind it.
type rig struct {
	*worldtest.World

	db      *store.DB
	whole   whole
	lineage *lineage.Service
	flows   []ledger.ID
}

const handNo = worldtest.NodeNo + 1

func each(t *testing.T, flows int, test func(r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		r := &rig{db: db, whole: whole{ledgerstore.New(db), documentstore.New(db), groupstore.New(db)}, lineage: lineage.New(lineagestore.New(db))}
		r.World = worldtest.New(t, r.whole)
		first, err := db.NextIDs(t.Context(), flows)
		r.Must(err)
		for i := range flows {
			id := first + ledger.ID(i)
			if i == 0 {
				id = r.Flow
			}
			r.flows = append(r.flows, id)
			r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,draft,enabled,updated_at) VALUES (?,?,?,?,?,'{}',1,1)", id, r.Workspace, fmt.Sprint("f", i+1), fmt.Sprint("f", i+1), fmt.Sprintf("第 %d 个方案", i+1))
			r.exec("INSERT INTO flow_node (flow_id,node_no,node_id) VALUES (?,?,'k3'), (?,?,'next')", id, worldtest.NodeNo, id, handNo)
		}
		r.exec("INSERT INTO connection (id,workspace_id,name,connector,settings,updated_at) VALUES (?,?,'erp','kingdee','{}',1)", r.Connection, r.Workspace)
		test(r)
	})
}

func (r *rig) exec(statement string, args ...any) {
	r.Helper()
	r.Must(r.db.Write(r.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }))
}

// id finds a document by its key, in any flow.
func (r *rig) id(key string) ledger.ID {
	r.Helper()
	id, err := store.One(store.Scan(r.db.Read(r.Context()), store.Column[ledger.ID], "SELECT id FROM document WHERE doc_key = ? AND workspace_id = ?", key, r.Workspace))
	r.Must(err)
	return id
}

// passes lets a document be written in parts, each of which is handed over to a flow under a
// key of its own; one without parts is handed over as it came.
func (r *rig) passes(key string, to int, parts int, next ...string) {
	r.Helper()
	id := r.id(key)
	found, err := store.One(store.Scan(r.db.Read(r.Context()), store.Column[ledger.ID], "SELECT work_id FROM document WHERE id = ?", id))
	r.Must(err)
	work := r.Claim(found, "worker")
	task := r.Load(work)[0]
	o := r.Outcome(work)
	var rows []ledger.Intent
	for part := range parts {
		in := r.Intent(task.Document, fmt.Sprintf("%s-%d", key, part), nil)
		in.Part = part
		rows = append(rows, in)
	}
	if parts > 0 {
		_, err := r.Intend(work, rows...)
		r.Must(err)
	}
	state := ledger.Collected
	for i, in := range rows {
		state = ledger.Delivered
		o.Deliveries = append(o.Deliveries, worldtest.Done(in))
		o.Errands = append(o.Errands, ledger.Errand{
			ErrandKey: ledger.ErrandKey{Document: id, NodeNo: handNo, Way: fmt.Sprintf("%d.%d.1", worldtest.NodeNo, i)}, Rev: 1, NodeID: "next", Purpose: ledger.WritebackErrand,
			Run: task.Document.Run, Connection: "shop", Operation: "mark", Mode: "update", Body: []byte(`{}`),
		})
	}
	for i, name := range next {
		way := ""
		if parts > 0 {
			way = fmt.Sprintf("%d.%d.1", worldtest.NodeNo, i%parts)
		}
		o.Hands = append(o.Hands, ledger.Hand{
			HandKey: ledger.HandKey{Document: id, Rev: 1, NodeNo: handNo, Way: way}, Incoming: worldtest.Rec(name, "1"),
			To: ledger.Inlet{Flow: r.flows[to], NodeID: "in", OnSeen: ledger.Skip}, Hops: 1,
		})
	}
	o.Documents = []ledger.Settled{{Document: id, Rev: 1, State: state}}
	_, err = r.Ended(o)
	r.Must(err)
}

// grouped puts documents of a flow into one bill, as a group does.
func (r *rig) grouped(bill string, flow int, members ...string) {
	r.Helper()
	ids, err := r.db.NextIDs(r.Context(), 3)
	r.Must(err)
	r.exec("INSERT INTO stream (id,workspace_id,flow_id,node_id,kind) VALUES (?,?,?,'bills','group')", ids, r.Workspace, r.flows[flow])
	r.exec("INSERT INTO work (id,workspace_id,kind,ref_id,flow_id,docs,doc_ids,priority,due_at) VALUES (?,?,'document',?,?,1,?,1,1)", ids+2, r.Workspace, ids+1, r.flows[flow], store.ListIDs([]ledger.ID{ids + 1}))
	r.exec("INSERT INTO document (id,workspace_id,stream_id,doc_key,latest_rev,active_rev,src_hash,state,work_id,run_id,version_id,updated_at) VALUES (?,?,?,?,1,1,1,?,?,0,?,1)",
		ids+1, r.Workspace, ids, bill, ledger.Waiting, ids+2, r.Version)
	r.exec("INSERT INTO group_head (document_id,workspace_id,flow_id,stream_id,node_id,version_id,run_id,group_key,number,per_run,late,state,members,seq,due_at,opened_at,closed_at) VALUES (?,?,?,?,'bills',?,1,?,?,0,'decide',?,?,1,1,1,1)",
		ids+1, r.Workspace, r.flows[flow], ids, r.Version, bill, bill, barrier.Closed, len(members))
	for _, m := range members {
		r.exec("INSERT INTO group_member (group_document_id,document_id,rev) VALUES (?,?,1)", ids+1, r.id(m))
	}
}

func (r *rig) of(key string) lineage.Graph {
	r.Helper()
	ctx := access.With(r.Context(), access.Principal{Workspace: r.Workspace, Role: access.Viewer})
	g, err := r.lineage.Of(ctx, fmt.Sprint(r.id(key)))
	r.Must(err)
	return g
}

// told writes the edges of a graph by the labels of their nodes.
func told(g lineage.Graph) string {
	labels := map[string]string{}
	for _, n := range g.Nodes {
		labels[n.ID] = strings.TrimPrefix(n.Label, "No ")
		if n.Kind == lineage.Errand {
			labels[n.ID] = n.Label + "@" + n.Connection
		}
	}
	var out []string
	for _, e := range g.Edges {
		out = append(out, fmt.Sprintf("%s -%s(%s)> %s", labels[e.From], e.Kind, e.Node, labels[e.To]))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// TestThreeFlows: an order is flattened into two writes, each handed over to the second flow,
// where both make one bill, that is handed over to the third: from every document of the
// chain all that led to it and all that came of it is seen.
func TestThreeFlows(t *testing.T) {
	t.Parallel()
	each(t, 3, func(r *rig) {
		r.Pull(worldtest.Rec("order", "1"))
		r.passes("order", 1, 2, "left", "right")
		r.grouped("bill", 1, "left", "right")
		r.passes("bill", 2, 1, "voucher")
		const chain = `bill -written(k3)> no-bill-0
left -grouped()> bill
no-bill-0 -handed(next)> voucher
no-bill-0 -told(next)> mark@shop
no-order-0 -handed(next)> left
no-order-0 -told(next)> mark@shop
no-order-1 -handed(next)> right
no-order-1 -told(next)> mark@shop
order -written(k3)> no-order-0
order -written(k3)> no-order-1
right -grouped()> bill`
		for key, hops := range map[string]string{"order": "0 1 1 2 3", "bill": "-2 -1 -1 0 1", "voucher": "-3 -2 -2 -1 0"} {
			g := r.of(key)
			if diff := cmp.Diff(chain, told(g)); diff != "" || g.CutNodes || g.CutHops {
				t.Errorf("of %s: %s %t %t", key, diff, g.CutNodes, g.CutHops)
			}
			var at []int
			for _, n := range g.Nodes {
				if n.Kind == lineage.Document {
					at = append(at, n.Hop)
				}
			}
			slices.Sort(at)
			r.Same("hops of "+key, strings.Trim(fmt.Sprint(at), "[]"), hops)
		}
		// Of one half the other is no ancestor.
		if got := told(r.of("left")); strings.Contains(got, "> right") || !strings.Contains(got, "left -grouped()> bill") {
			t.Errorf("of left: %s", got)
		}
		g := r.of("bill")
		i := slices.IndexFunc(g.Nodes, func(n lineage.Node) bool { return n.ID == g.Root })
		n := g.Nodes[i]
		r.Same("the bill", []any{n.Kind, n.Flow, n.FlowTitle, n.Node, n.Label, n.State, n.Bill}, []any{lineage.Document, "f2", "第 2 个方案", "bills", "bill", "delivered", true})
		stranger := access.With(r.Context(), access.Principal{Workspace: r.Workspace + 1, Role: access.Admin})
		for _, id := range []string{fmt.Sprint(r.id("bill")), "0", "x"} {
			_, err := r.lineage.Of(stranger, id)
			r.Same("a stranger", fault.CodeOf(err), "object.missing")
		}
		_, err := r.lineage.Of(context.Background(), fmt.Sprint(r.id("bill")))
		r.Same("nobody", strings.HasPrefix(fault.CodeOf(err), "auth."), true)
	})
}

// link writes hand-overs as flows leave them.
func (r *rig) link(from, to string) {
	r.Helper()
	r.exec("INSERT INTO handover (document_id,rev,node_no,way,workspace_id,to_document_id,to_rev,hops,handed_at) VALUES (?,1,?,?,?,?,1,1,1)", r.id(from), handNo, to, r.Workspace, r.id(to))
}

func keys(prefix string, n int) []ledger.Incoming {
	out := make([]ledger.Incoming, n)
	for i := range out {
		out[i] = worldtest.Rec(fmt.Sprintf("%s%d", prefix, i), "1")
	}
	return out
}

// TestBounds: a circle is walked once, and what is too much or too far is cut and said so.
func TestBounds(t *testing.T) {
	t.Parallel()
	each(t, 1, func(r *rig) {
		r.Pull(keys("c", 3)...)
		r.link("c0", "c1")
		r.link("c1", "c2")
		r.link("c2", "c0")
		r.link("c0", "c0")
		g := r.of("c1")
		want := strings.Join([]string{"c0 -handed(next)> c0", "c0 -handed(next)> c1", "c1 -handed(next)> c2", "c2 -handed(next)> c0"}, "\n")
		if diff := cmp.Diff(want, told(g)); diff != "" || g.CutHops || g.CutNodes || len(g.Nodes) != 3 {
			t.Errorf("a circle: %s", diff)
		}

		r.Pull(keys("h", lineage.MaxHops+3)...)
		for i := range lineage.MaxHops + 2 {
			r.link(fmt.Sprint("h", i), fmt.Sprint("h", i+1))
		}
		g = r.of("h0")
		r.Same("too far", []any{len(g.Nodes), len(g.Edges), g.CutHops, g.CutNodes}, []any{lineage.MaxHops + 1, lineage.MaxHops, true, false})
		g = r.of("h2")
		r.Same("just far enough", []any{len(g.Nodes), g.CutHops, g.CutNodes}, []any{lineage.MaxHops + 3, false, false})

		r.Pull(keys("m", lineage.MaxNodes+5)...)
		for i := 1; i < lineage.MaxNodes+5; i++ {
			r.link(fmt.Sprint("m", i), "m0")
		}
		g = r.of("m0")
		r.Same("too many sources", []any{len(g.Nodes), g.CutNodes, g.CutHops}, []any{lineage.MaxNodes / 2, true, false})
		for i := 1; i < lineage.MaxNodes; i++ {
			r.link("m0", fmt.Sprint("m", i))
		}
		g = r.of("m0")
		if len(g.Nodes) > lineage.MaxNodes || !g.CutNodes {
			t.Errorf("too many: %d nodes", len(g.Nodes))
		}
	})
}
