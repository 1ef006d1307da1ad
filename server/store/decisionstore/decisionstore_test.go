package decisionstore_test

import (
	"context"
	"fmt"
	"testing"

	"go.uber.org/goleak"
	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/runtest/worldtest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/decision"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/decisionstore"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/storetest"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

type rig struct {
	*worldtest.World

	docs      *documentstore.Store
	decisions *decision.Service
}

type whole struct {
	*ledgerstore.Store
	worldtest.Repairer
}

func each(t *testing.T, test func(r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		r := &rig{docs: documentstore.New(db), decisions: decision.New(decisionstore.New(db))}
		r.World = worldtest.New(t, whole{ledgerstore.New(db), r.docs})
		r.Must(db.Write(t.Context(), func(tx *gorm.DB) error {
			if err := tx.Exec("INSERT INTO flow_node (flow_id,node_no,node_id) VALUES (?,?,'k3')", r.Flow, worldtest.NodeNo).Error; err != nil {
				return err
			}
			return tx.Exec("INSERT INTO connection (id,workspace_id,name,connector,settings,updated_at) VALUES (?,?,'erp','kingdee','{}',1)", r.Connection, r.Workspace).Error
		}))
		test(r)
	})
}

func (r *rig) viewer() context.Context {
	return access.With(r.Context(), access.Principal{Workspace: r.Workspace, Role: access.Viewer})
}

func (r *rig) id(key string) string { return fmt.Sprint(r.Doc(key).ID) }

// act carries a repair out as a person's.
func (r *rig) act(key string, repair ledger.Repair) {
	r.Helper()
	doc := r.Doc(key)
	repair.Workspace, repair.Document, repair.Seen, repair.Actor, repair.Now = r.Workspace, doc.ID, doc.Sight(), "会计", r.Now
	repair.Delivery = ledger.DeliveryKey{Document: doc.ID, NodeNo: worldtest.NodeNo}
	_, err := r.docs.Repair(r.Context(), repair)
	r.Must(err)
	r.Now++
}

// lost lets the answer to a write be lost and a look-up find what it says, which leaves the document to a person.
func (r *rig) lost(key, found string) {
	r.Helper()
	r.Pull(worldtest.Rec(key, "1"))
	work := r.ClaimDoc(key)
	in := r.Send(work, key, "t-"+key)
	call, err := r.Store.NextIDs(r.Context(), 1)
	r.Must(err)
	o := r.Outcome(work)
	o.Deliveries = []ledger.Resolution{{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryNeedsDecision, Code: "delivery.conflict", Message: "m"}}
	o.Probes = []ledger.Probed{{
		Call: ledger.Call{ID: call, Workspace: r.Workspace, Connection: r.Connection, Operation: "op", Kind: ledger.ProbeCall, Rows: 2, Started: r.Now},
		End:  ledger.CallEnd{ID: call, Response: []byte(`[null,` + found + `]`)},
		Rows: []ledger.ProbedRow{
			{DeliveryKey: ledger.DeliveryKey{Document: 1, NodeNo: 1}, State: ledger.DeliveryUnknown},
			{DeliveryKey: in.DeliveryKey, Attempt: 1, State: ledger.DeliveryNeedsDecision, Code: "delivery.conflict"},
		},
	}}
	o.Documents = []ledger.Settled{r.Settled(key, ledger.NeedsDecision)}
	_, err = r.Store.CommitOutcome(r.Context(), o)
	r.Must(err)
}

// TestEvidence: what was sent, what the look-up showed in the row of this document, who
// owns the key, and how many newer revisions wait.
func TestEvidence(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.lost("a", `{"FQty":"1.50"}`)
		r.lost("b", `null`)
		r.Pull(worldtest.Rec("a", "2"))
		sheet, err := r.decisions.Of(r.viewer(), r.id("a"))
		r.Must(err)
		if len(sheet.Questions) != 1 {
			r.Fatalf("%+v", sheet)
		}
		q := sheet.Questions[0]
		r.Same("a", []any{sheet.Newer, q.Node, q.Connection, q.Key, q.State, q.Code, string(q.Found), q.Asked, q.Sendable, q.Acceptable, q.Owner == nil, len(q.Sent) > 0},
			[]any{1, "k3", "erp", "t-a", "needs_decision", "delivery.conflict", `{"FQty":"1.50"}`, true, true, true, true, true})
		sheet, err = r.decisions.Of(r.viewer(), r.id("b"))
		r.Must(err)
		r.Same("b was looked for and is not there", []any{sheet.Questions[0].Asked, sheet.Questions[0].Found == nil}, []any{true, true})
	})
}

// TestItArrived: a person's word counts as the answer, and nothing is sent for it.
func TestItArrived(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.lost("a", `null`)
		r.act("a", ledger.Repair{Action: ledger.AcceptDelivery, Decided: true, TargetID: "100023", TargetNumber: "XSTHD-1", Note: "星空里查到了"})
		d := r.Delivery("a")
		r.Same("delivery", []any{d.State, d.TargetID, d.TargetNumber, d.Attempt, d.Code}, []any{ledger.DeliveryDone, "100023", "XSTHD-1", 1, ""})
		r.Same("the walk goes on", r.Doc("a").State, ledger.Waiting)
		events, err := r.decisions.History(r.viewer(), r.id("a"))
		r.Must(err)
		r.Same("who and why", []any{len(events), events[0].Action, events[0].Actor, events[0].Note, events[0].Node, events[0].Edited}, []any{1, "accept", "会计", "星空里查到了", "k3", false})
		sheet, err := r.decisions.Of(r.viewer(), r.id("a"))
		r.Must(err)
		r.Same("nothing is left to decide", len(sheet.Questions), 0)
		r.Balance()
	})
}

// TestBothTextsOfAnEditAreKept: of a body and of a source, also when it is edited twice.
func TestBothTextsOfAnEditAreKept(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.lost("a", `null`)
		before := string(r.Delivery("a").Body)
		r.act("a", ledger.Repair{Action: ledger.ResendDelivery, Body: []byte(`{"by":"hand"}`)})
		r.Walk("a", ledger.Rejected)
		r.act("a", ledger.Repair{Action: ledger.ResendDelivery, Body: []byte(`{"by":"hand twice"}`)})
		r.Walk("a", ledger.Rejected)
		r.act("a", ledger.Repair{Action: ledger.RetryDocument, Source: []byte(`{"a":1.10}`)})
		events, err := r.decisions.History(r.viewer(), r.id("a"))
		r.Must(err)
		var texts []string
		for _, e := range events {
			c, err := r.decisions.Change(r.viewer(), r.id("a"), fmt.Sprint(e.ID))
			r.Must(err)
			texts = append(texts, e.Action+" "+string(c.Before)+" "+string(c.After))
		}
		source := string(worldtest.Rec("a", "1").Body)
		r.Same("texts", texts, []string{
			"resend " + before + ` {"by":"hand"}`, `resend {"by":"hand"} {"by":"hand twice"}`, "edit " + source + ` {"a":1.10}`,
		})
	})
}

func TestStrangersSeeNothing(t *testing.T) {
	t.Parallel()
	each(t, func(r *rig) {
		r.lost("b", `null`)
		r.act("b", ledger.Repair{Action: ledger.ResendDelivery, Body: []byte(`{"by":"hand"}`)})
		events, err := r.decisions.History(r.viewer(), r.id("b"))
		r.Must(err)
		stranger := access.With(r.Context(), access.Principal{Workspace: r.Workspace + 1, Role: access.Admin})
		_, sheet := r.decisions.Of(stranger, r.id("b"))
		_, history := r.decisions.History(stranger, r.id("b"))
		_, change := r.decisions.Change(stranger, r.id("b"), fmt.Sprint(events[0].ID))
		for _, err := range []error{sheet, history, change} {
			if fault.CodeOf(err) != "object.missing" {
				r.Errorf("%v", err)
			}
		}
	})
}
