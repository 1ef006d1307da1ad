package push_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
)

// listener hears what outcomes answer.
type listener struct {
	pushStore

	answers []ledger.Answer
}

// CommitOutcome implements deliver.Store.
func (l *listener) CommitOutcome(ctx context.Context, o ledger.Outcome) (ledger.OutcomeResult, error) {
	l.answers = append(l.answers, o.Answers...)
	return l.pushStore.CommitOutcome(ctx, o)
}

// newListener makes a rig whose documents are answered by respond nodes with a body,
// behind edges; a webhook leads to them as well.
func newListener(t *testing.T, body string, posted bool, edits ...string) (*rig, *listener) {
	t.Helper()
	if posted {
		edits = append(edits, "  nodes:\n", "  nodes:\n    - {id: posted, type: webhook}\n", "  edges:\n", "  edges:\n    - {from: posted, to: bill}\n")
	}
	edits = append(edits, `{id: mark, type: writeback, settings: {store: [{field: id, value: "{{Id}}"}, {field: "no", value: "{{Number}}"}, {field: order, value: "{{id}}"}]}}`,
		"{id: mark, type: respond, settings: {status: 201, body: ["+body+"]}}")
	r := newRig(t, edits...)
	l := &listener{pushStore: r.store}
	r.use(l)
	return r, l
}

// told gives answers as status and body.
func (l *listener) told() []string {
	var out []string
	for _, a := range l.answers {
		out = append(out, string(rune('0'+a.Status/100))+" "+string(a.Body))
	}
	return out
}

// TestRespond: behind a target the answer of the target is read, and the source document.
func TestRespond(t *testing.T) {
	t.Parallel()
	r, l := newListener(t, `{field: bill, value: "{{Number}}"}, {field: order, value: "{{id}}"}, {field: amount, value: "{{amount}}"}`, true)
	r.put(enginetest.Order{ID: "a", State: "open", Amount: "12345678901234567890.10"})
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	r.wantWrites(1)
	if diff := cmp.Diff([]string{`2 {"bill":"` + r.delivery("a").TargetNumber + `","order":"a","amount":12345678901234567890.10}`}, l.told()); diff != "" {
		t.Error(diff)
	}
}

// TestRespondWithoutATarget: what comes to the node is collected; what can't be answered
// is rejected there.
func TestRespondWithoutATarget(t *testing.T) {
	t.Parallel()
	r, l := newListener(t, `{field: at, value: "{{note|date}}"}`, true, "{from: bill, to: erp}", "{from: bill, to: mark}", "    - {from: erp, to: mark}\n", "",
		`    - {id: erp, type: target, connection: erp, settings: {operation: bills, params: [{field: form, value: F1}]}}`+"\n", "")
	r.put(enginetest.Order{ID: "a", State: "open", Amount: "1", Note: "2026-01-02 03:04:05"})
	r.put(enginetest.Order{ID: "b", State: "open", Amount: "1", Note: "soon"})
	r.pull()
	r.push()
	r.want("a", ledger.Collected, "")
	r.want("b", ledger.Rejected, "value.not_a_date")
	if diff := cmp.Diff([]string{`2 {"at":"2026-01-02"}`}, l.told()); diff != "" {
		t.Error(diff)
	}
}

// TestARespondThatFails leaves what was written written, and marks it.
func TestARespondThatFails(t *testing.T) {
	t.Parallel()
	r, l := newListener(t, `{field: at, value: "{{note|date}}"}`, true)
	r.put(enginetest.Order{ID: "a", State: "open", Amount: "1", Note: "soon"})
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "value.not_a_date")
	if doc := r.document("a"); doc.Attention != ledger.WritebackFailing || len(l.answers) != 0 {
		t.Errorf("attention %b, answered %v", doc.Attention, l.told())
	}
}

// TestRespondWithoutAWebhook answers nobody.
func TestRespondWithoutAWebhook(t *testing.T) {
	t.Parallel()
	r, l := newListener(t, `{field: id, value: "{{id}}"}`, false)
	r.put(enginetest.Order{ID: "a", State: "open", Amount: "1"})
	r.pull()
	r.push()
	r.want("a", ledger.Delivered, "")
	if len(l.answers) != 0 {
		t.Errorf("answered %v", l.told())
	}
}
