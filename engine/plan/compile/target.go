package compile

import (
	"fmt"
	"time"

	"github.com/karezflow/karez/engine/group"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// target compiles a target node.
func (n *nodeAt) target() {
	m, op := n.operation(manifest.Write)
	if op == nil {
		return
	}
	opts := value.Options{Zone: zoneOf(m.TimeZone, n.doc.Spec.Settings.Timezone), Finder: Finder{n.compiler}}
	t := &plan.Target{
		Connection: n.node.Connection, Manifest: m, Operation: op, Owned: true,
		OnConflict: n.setting("onConflict").Text(), OnRevised: n.setting("onRevised").Text(),
		Key: n.compiledOr("key", op.Writing.Key, opts), Rows: op.Writing.DefaultRows,
	}
	n.rowsOf(t)
	n.policies(t)
	n.steps(t)
	raw := n.setting("params").Raw()
	if len(raw) == 0 {
		raw = []byte("[]")
	}
	opts.Path = "params"
	others := fieldsOf(op.Request, field.Other)
	params, faults := value.CompileParams(raw, others, opts)
	n.report(faults...)
	n.lacking(params, others)
	t.Params = params
	n.plan.Steps[n.at[n.node.ID]].Target = t
}

func (n *nodeAt) rowsOf(t *plan.Target) {
	var s struct {
		Rows int `json:"rows"`
	}
	if err := (&settings{raw: n.raw}).Decode(&s); err != nil {
		return // reported by flow.Validate
	}
	if s.Rows > 0 {
		t.Rows = s.Rows
	}
	if most := t.Operation.Writing.MaxRows; most > 0 && t.Rows > most {
		n.report(fault.New("target.rows_too_many", "%s takes at most %d rows a call", t.Operation.Title.ZH, most).At("rows").Classed(fault.Config))
	}
	t.Rows = max(t.Rows, 1)
}

// policies refuses policies that the operation can't carry out.
func (n *nodeAt) policies(t *plan.Target) {
	writing := t.Operation.Writing
	refuse := func(key string) {
		n.report(fault.New("target.update_unavailable", "%s can't update what it wrote", t.Operation.Title.ZH).At(key).Classed(fault.Config).
			Hinted("choose decide, and change the object in the target"))
	}
	// Somebody else's object is named by its id only once it was looked up.
	if t.OnConflict == "update" && (writing.Update == nil || writing.Update.IDField != "" && (writing.Create == nil || !writing.Create.Probe)) {
		refuse("onConflict")
	}
	if t.OnRevised == "update" && writing.Update == nil {
		refuse("onRevised")
	}
	mode := writing.Create
	if mode == nil {
		n.report(fault.New("target.create_unavailable", "%s can't create objects", t.Operation.Title.ZH).At("operation").Classed(fault.Config))
		return
	}
	if mode.Class == manifest.QueryableKey && t.Key == nil {
		n.report(fault.New("target.key_missing", "%s is looked up by its key after a lost answer", t.Operation.Title.ZH).At("key").Classed(fault.Config).
			Hinted("give the mapped field that holds the number, for example {{FBillNo}}"))
	}
}

// onlyWrite is the choice of a target that takes no steps behind the write.
const onlyWrite = "write"

// steps compiles the steps behind the write, up to the one that the node chooses.
func (n *nodeAt) steps(t *plan.Target) {
	last := n.setting("lastStep").Text()
	declared := t.Operation.Writing.Steps
	upTo := -1
	for i, s := range declared {
		if s.Operation == last || last == "" && s.Default {
			upTo = i
		}
	}
	if last != "" && last != onlyWrite && upTo < 0 {
		n.report(fault.New("target.step_unknown", "%s has no step %s", t.Operation.Title.ZH, last).At("lastStep").Classed(fault.Config).
			Hinted("choose one of the steps that the operation offers"))
		return
	}
	for _, s := range declared[:upTo+1] {
		if action, ok := t.Manifest.Operation(s.Operation); ok { // else refused by the manifest's own check
			t.Steps = append(t.Steps, plan.FollowUp{Operation: action, ID: s.ID, Number: s.Number})
		}
	}
}

// writeback compiles a writeback node.
func (n *nodeAt) writeback() {
	raw := n.setting("store").Raw()
	if len(raw) == 0 {
		raw = []byte("[]")
	}
	store, faults := value.CompileParams(raw, nil, value.Options{Zone: n.zone, Path: "store", Finder: Finder{n.compiler}, Miss: value.MissEmpty})
	n.report(faults...)
	if string(raw) == "[]" {
		store = nil
	}
	n.plan.Steps[n.at[n.node.ID]].Writeback = &plan.Writeback{Store: store, Hand: n.hand(), Call: n.call()}
}

// group compiles a barrier.
func (n *nodeAt) group() {
	program, faults := group.New(group.SettingsOf(item.Of(n.raw)), n.zone)
	n.report(faults...)
	n.plan.Steps[n.at[n.node.ID]].Group = program
}

// mapped gives the business fields of the one operation that a mapping leads to
// and its zone; no fields where it leads to none or to several.
func (n *nodeAt) mapped() ([]field.Field, *time.Location) {
	var found []*nodeAt
	for id := range n.graph.Downstream(n.node.ID) {
		if d, ok := n.graph.Declaration(id); ok && d.Role == node.Target {
			found = append(found, n.before(id))
		}
	}
	if len(found) != 1 {
		return nil, n.zone
	}
	muted := *found[0]
	muted.compiler = &compiler{Options: n.Options, doc: n.doc, graph: n.graph, plan: n.plan, zone: n.zone, at: n.at}
	m, op := muted.operation(manifest.Write)
	if op == nil {
		return nil, n.zone
	}
	return fieldsOf(op.Request, field.Business), zoneOf(m.TimeZone, n.doc.Spec.Settings.Timezone)
}

// fieldsOf gives the fields of one group; fields are business fields unless they say otherwise.
func fieldsOf(fields []field.Field, want field.Group) []field.Field {
	var out []field.Field
	for _, f := range fields {
		if f.Group == want || f.Group == "" && want == field.Business {
			out = append(out, f)
		}
	}
	return out
}

func pathOf(index int) string { return fmt.Sprintf("spec.nodes[%d]", index) }

func pathIn(key string, index int) string { return fmt.Sprintf("%s[%d]", key, index) }
