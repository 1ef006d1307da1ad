package dryrun

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// judge says what a write would come to where the target holds this and nothing is on record.
func judge(one *Write, target *plan.Target, compare []string, found connector.Found) {
	if !found.Exists {
		one.Looked = "absent"
		return
	}
	one.Looked, one.ID, one.Number = "found", found.ID, found.Number
	if json.Valid(found.Object) {
		one.Existing = found.Object
	}
	one.same = len(compare) > 0 && item.Differ(item.Of(one.Request), item.Of(found.Object), compare) == ""
	held := fault.New("delivery.duplicate", "the target already holds %s, and it was not written from here", one.Key).Classed(fault.Data).
		Hinted("compare the object in the target with this document, then decide")
	switch {
	case one.same && target.OnConflict == "adopt":
		one.Verdict, one.Fault = Skip, fault.New("dryrun.adopted", "the target holds %s already and equal; it would be taken over", one.Key).Classed(fault.Data)
	case one.Mode == connector.Update || target.OnConflict == "update" || upserts(target):
		one.Verdict = Update
	case target.OnConflict == "reject":
		one.Verdict, one.Fault = Reject, held
	default:
		one.Verdict, one.Fault = Decide, held
	}
}

// upserts reports whether writing an object that is there changes it.
func upserts(target *plan.Target) bool {
	create := target.Mode(connector.Create)
	return create != nil && create.Class == manifest.Upsert
}

// nothing has nothing on record.
type nothing struct{}

// Standing implements Records.
func (nothing) Standing(context.Context, ledger.ID, string, string, []string) (map[string]Standing, error) {
	return map[string]Standing{}, nil
}

// Owners implements Records.
func (nothing) Owners(context.Context, ledger.ID, ledger.ID, string, []string) (map[string]Owner, error) {
	return map[string]Owner{}, nil
}

// recall lets the ledger say its word, which goes before what the target holds.
func (v *reading) recall(ctx context.Context, documents []Document) error {
	keys := make([]string, len(documents))
	for i := range documents {
		keys[i] = documents[i].Key
	}
	stand, err := v.Records.Standing(ctx, v.run.workspace, v.run.Flow, v.source.NodeID, keys)
	if err != nil {
		return err
	}
	for i := range documents {
		d := &documents[i]
		standing := stand[d.Key]
		for j := range d.Writes {
			if err := v.remember(ctx, d, &d.Writes[j], standing); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *reading) remember(ctx context.Context, d *Document, one *Write, standing Standing) error {
	at := slices.IndexFunc(v.plan.Steps, func(s *plan.Step) bool { return s.NodeID == one.Node && s.Target != nil })
	if at < 0 {
		return nil
	}
	step := v.plan.Steps[at]
	if i := slices.IndexFunc(standing.Deliveries, func(e ledger.Delivery) bool { return e.NodeNo == step.NodeNo && e.Key == one.Key }); i >= 0 {
		recorded(one, step.Target, v.source.OnSeen, standing, &standing.Deliveries[i], d.hash == standing.SourceHash)
		return nil
	}
	if standing.Delivered && d.hash != standing.SourceHash && v.source.OnSeen != string(ledger.Revise) {
		ignored(one, "")
		return nil
	}
	if !step.Target.Owned {
		return nil
	}
	system, err := v.open(ctx, step.Target.Connection)
	if err != nil {
		return nil //nolint:nilerr // the look-up has told of it
	}
	owners, err := v.Records.Owners(ctx, v.run.workspace, system.id, step.Target.Resource(item.Of(one.Params)), []string{one.Key})
	if err != nil {
		return err
	}
	if owner, ok := owners[one.Key]; ok && owner.Document != standing.Document {
		one.Verdict, one.Fault = Decide, fault.New("delivery.key_taken", "the target key %s belongs to another document", one.Key).Classed(fault.Data).
			Hinted("compare both documents, then skip one or change its key")
	}
	return nil
}

// recorded judges a write that is on record, as a worker would.
func recorded(one *Write, target *plan.Target, onSeen string, standing Standing, on *ledger.Delivery, equal bool) {
	one.ID, one.Number = on.TargetID, on.TargetNumber
	switch {
	case on.State == ledger.DeliveryNeedsDecision || on.State.Uncertain():
		one.Verdict, one.Fault = Decide, fault.New("dryrun.blocked", "a delivery of %s is on record as %s, and newer revisions wait for it", one.Key, on.State).Classed(fault.Data).
			Hinted("decide about the delivery of this document first")
	case equal && on.State == ledger.DeliveryDone:
		one.Verdict, one.Fault = Skip, fault.New("dryrun.delivered", "it was delivered already as %s, and did not change since", name(on)).Classed(fault.Data)
	case equal && on.State == ledger.DeliveryRejected && one.Verdict == Create:
		one.Fault = fault.New("dryrun.unchanged_rejected", "it was refused before with %s, and is not sent again by itself", on.Code).Classed(fault.Data).
			Hinted("retry the document after the cause is gone")
		one.Verdict = Skip
	case !equal && standing.Delivered && onSeen != string(ledger.Revise):
		ignored(one, name(on))
	case on.State == ledger.DeliveryDone:
		revised(one, target, on)
	}
}

// ignored is a changed revision of a delivered document that the source drops.
func ignored(one *Write, as string) {
	if as == "" {
		as = one.Key
	}
	one.Verdict, one.Fault = Skip, fault.New("dryrun.ignored", "it changed after it was delivered as %s, and the source ignores changes", as).Classed(fault.Data).
		Hinted("let the source node walk changed documents if they are to follow")
}

// revised is a changed revision of a document whose earlier one is in the target.
func revised(one *Write, target *plan.Target, on *ledger.Delivery) {
	policy := target.OnRevised
	if policy == "" {
		policy = target.Operation.Writing.OnRevised
	}
	switch policy {
	case "update":
		one.Verdict, one.Fault, one.Mode = Update, nil, connector.Update
	case "ignore":
		one.Verdict, one.Fault = Skip, fault.New("dryrun.kept", "it changed after it was written as %s, and the target keeps what it has", name(on)).Classed(fault.Data)
	default:
		one.Verdict, one.Fault = Decide, fault.New("delivery.revised", "the source changed after it was written as %s", name(on)).Classed(fault.Data).
			Hinted("compare both and decide which one counts")
	}
}

// name is what the target calls an object.
func name(on *ledger.Delivery) string {
	if on.TargetNumber != "" {
		return on.TargetNumber
	}
	return on.Key
}
