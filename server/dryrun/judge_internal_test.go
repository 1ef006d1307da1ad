package dryrun

import (
	"testing"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

func codeOf(f *fault.Fault) string {
	if f == nil {
		return ""
	}
	return f.Code
}

// target is one whose creates are of a class.
func target(onConflict, onRevised string, class manifest.Class) *plan.Target {
	return &plan.Target{OnConflict: onConflict, OnRevised: onRevised, Operation: &manifest.Operation{
		Writing: &manifest.Writing{Create: &manifest.Mode{Class: class}, OnRevised: "decide"},
	}}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	equal, other := []byte(`{"no":"1","sum":2.50}`), []byte(`{"no":"1","sum":3}`)
	for name, c := range map[string]struct {
		target  *plan.Target
		mode    connector.Mode
		found   connector.Found
		verdict Verdict
		code    string
		looked  string
	}{
		"absent":                  {target("", "", manifest.QueryableKey), "", connector.Found{}, Create, "", "absent"},
		"held, a person decides":  {target("", "", manifest.QueryableKey), "", connector.Found{Exists: true, Object: equal}, Decide, "delivery.duplicate", "found"},
		"held and refused":        {target("reject", "", manifest.QueryableKey), "", connector.Found{Exists: true, Object: equal}, Reject, "delivery.duplicate", "found"},
		"equal and adopted":       {target("adopt", "", manifest.QueryableKey), "", connector.Found{Exists: true, Object: equal}, Skip, "dryrun.adopted", "found"},
		"different, not adopted":  {target("adopt", "", manifest.QueryableKey), "", connector.Found{Exists: true, Object: other}, Decide, "delivery.duplicate", "found"},
		"updated by the policy":   {target("update", "", manifest.QueryableKey), "", connector.Found{Exists: true, Object: other}, Update, "", "found"},
		"updated by its class":    {target("", "", manifest.Upsert), "", connector.Found{Exists: true, Object: other}, Update, "", "found"},
		"updated as it was meant": {target("", "", manifest.QueryableKey), connector.Update, connector.Found{Exists: true, Object: other}, Update, "", "found"},
	} {
		one := Write{Key: "1", Mode: c.mode, Verdict: Create, Request: equal}
		judge(&one, c.target, []string{"sum"}, c.found)
		if one.Verdict != c.verdict || codeOf(one.Fault) != c.code || one.Looked != c.looked {
			t.Errorf("%s: %s %q %s", name, one.Verdict, codeOf(one.Fault), one.Looked)
		}
	}
}

func TestTheLedgerHasItsWord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state     ledger.DeliveryState
		equal     bool
		delivered bool
		onSeen    ledger.OnSeen
		onRevised string
		verdict   Verdict
		code      string
	}{
		"delivered, unchanged":          {ledger.DeliveryDone, true, true, "", "", Skip, "dryrun.delivered"},
		"delivered, changes ignored":    {ledger.DeliveryDone, false, true, ledger.Skip, "update", Skip, "dryrun.ignored"},
		"delivered, changes update":     {ledger.DeliveryDone, false, true, ledger.Revise, "update", Update, ""},
		"delivered, the target keeps":   {ledger.DeliveryDone, false, true, ledger.Revise, "ignore", Skip, "dryrun.kept"},
		"delivered, a person decides":   {ledger.DeliveryDone, false, true, ledger.Revise, "decide", Decide, "delivery.revised"},
		"the operation says what to do": {ledger.DeliveryDone, false, true, ledger.Revise, "", Decide, "delivery.revised"},
		"a lost answer":                 {ledger.DeliveryUnknown, true, false, "", "", Decide, "dryrun.blocked"},
		"under way":                     {ledger.DeliverySending, false, false, ledger.Revise, "update", Decide, "dryrun.blocked"},
		"a person is asked":             {ledger.DeliveryNeedsDecision, false, false, ledger.Revise, "update", Decide, "dryrun.blocked"},
		"refused, unchanged":            {ledger.DeliveryRejected, true, false, "", "", Skip, "dryrun.unchanged_rejected"},
		"refused, changed":              {ledger.DeliveryRejected, false, false, "", "", Create, ""},
	} {
		one := Write{Key: "1", Verdict: Create}
		on := ledger.Delivery{State: c.state, Key: "1", TargetNumber: "B1", TargetID: "9"}
		recorded(&one, target("", c.onRevised, manifest.QueryableKey), string(c.onSeen), Standing{Delivered: c.delivered}, &on, c.equal)
		if one.Verdict != c.verdict || codeOf(one.Fault) != c.code || one.Number != "B1" {
			t.Errorf("%s: %s %q", name, one.Verdict, codeOf(one.Fault))
		}
	}
}

// The gravest word of a document's writes is the document's.
func TestADocumentTakesTheGravestVerdict(t *testing.T) {
	t.Parallel()
	d := Document{Verdict: Filtered, Writes: []Write{{Node: "a", Verdict: Create}, {Node: "b", Verdict: Decide, Fault: fault.New("x.y", "no")}, {Node: "c", Verdict: Skip}}}
	d.settle()
	if d.Verdict != Decide || d.Node != "b" || codeOf(d.Fault) != "x.y" {
		t.Errorf("%+v", d)
	}
}
