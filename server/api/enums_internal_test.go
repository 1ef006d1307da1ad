package api

import (
	"slices"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/engine/errand"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/dryrun"
	"github.com/karezflow/karez/server/flowstate"
	"github.com/karezflow/karez/server/reconcile"
)

// named gives the names of the constants 1, 2, … up to the name of what is none.
func named[T ~int8](name func(T) string, none string) []string {
	var names []string
	for i := T(1); name(i) != none; i++ {
		names = append(names, name(i))
	}
	return names
}

// The description lists what a field can hold; what the code can say is known here alone.
func TestEnumsAreTheConstants(t *testing.T) {
	t.Parallel()
	runs, deliveries := named(ledger.RunState.String, "unknown"), named(ledger.DeliveryState.String, "unknown_state")
	documents := append(named(func(s ledger.State) string {
		if s.String() == "unknown" {
			return ""
		}
		return document.StateName(s)
	}, ""), string(ledger.SlotClaimed))
	var groups, still []string
	for _, s := range ledger.States() {
		groups = append(groups, s.String())
		if s.Repairable() {
			still = append(still, s.String())
		}
	}
	roles := []string{string(access.Viewer), string(access.Operator), string(access.Editor), string(access.Admin)}
	marks := document.Marks(^ledger.Attention(0))
	want := map[string][]string{
		"Run.state": runs, "LastRun.state": runs, "BaseSetRun.state": runs, "PastReading.state": runs, "Delivery.state": deliveries, "Attempt.outcome": deliveries,
		"DocumentSummary.state": documents, "DocumentDetail.state": documents, "Revision.state": documents, "Handed.state": documents, "Member.state": documents,
		"OverviewRun.state": runs, "QueueDelivery.state": deliveries, "FailureCluster.state": still, "HomeGroup.state": still, "RequestWindow.state": {"open", "done", "split", "left"},
		"QueueEntry.state":   {flowstate.Sending, flowstate.Waiting, flowstate.Unknown, flowstate.Again, flowstate.Held},
		"ProblemGroup.state": groups, "CodeFacet.state": groups,
		"Errand.state": named(errand.State.String, "unknown_state"), "Errand.actions": errand.Record{State: errand.Rejected}.Actions(),
		"DocumentSummary.attention": marks, "DocumentDetail.attention": marks,
		"DocumentDetail.actions":  {document.ActionRetry, document.ActionResend, document.ActionSkip, document.ActionEdit, document.ActionEject, document.ActionAccept},
		"Question.state":          deliveries,
		"Event.action":            {document.ActionRetry, document.ActionResend, document.ActionSkip, document.ActionEdit, document.ActionEject, document.ActionAccept, document.ActionRestore, document.ActionRecompose},
		"LineageNode.state":       slices.Concat(documents, deliveries, named(errand.State.String, "unknown_state")),
		"ReconciliationRun.state": {string(reconcile.Running), string(reconcile.Done), string(reconcile.Failed), string(reconcile.Cancelled)},
		"DryRun.state":            {string(dryrun.Running), string(dryrun.Done), string(dryrun.Cancelled), string(dryrun.Failed)},
		"BulkJob.state":           {string(bulk.Running), string(bulk.Paused), string(bulk.Cancelled), string(bulk.Done)},
		"User.role":               roles, "Token.role": roles, "NewToken.role": roles, "TokenInputBody.role": roles,
		"Fault.class": {
			string(fault.Transient), string(fault.Rate), string(fault.Auth), string(fault.Data), string(fault.Config),
			string(fault.BusinessWait), string(fault.Duplicate), string(fault.Internal),
		},
	}
	listed := []string{"state", "outcome", "attention", "actions", "action", "role", "class"}
	for schema, s := range described(t).Components.Schemas.Map() {
		for property, p := range s.Properties {
			if p.Type == huma.TypeArray {
				p = p.Items
			}
			at := schema + "." + property
			if p.Type != huma.TypeString || want[at] == nil && (!slices.Contains(listed, property) || elsewhere(at)) {
				continue
			}
			var got []string
			for _, v := range p.Enum {
				got = append(got, v.(string))
			}
			expected := slices.Clone(want[at])
			slices.Sort(expected)
			slices.Sort(got)
			if !slices.Equal(got, slices.Compact(expected)) {
				t.Errorf("%s lists %q, the code says %q", at, got, expected)
			}
			delete(want, at)
		}
	}
	for at := range want {
		t.Errorf("%s is not described", at)
	}
}

// elsewhere names what holds several words, or words of a manifest.
func elsewhere(at string) bool {
	return at == "DocumentFilter.state" || at == "ManifestMode.class" || at == "NodeDeclaration.role"
}
