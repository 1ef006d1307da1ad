// Package writing completes a compiled target by the settings that say how it writes:
// rows of a call, what is done about objects that are there, the steps behind the write
// and the retries. It refuses what the operation can't carry out.
//
// It may import engine/plan, engine/retry and the sdk: never the compiler.
package writing

import (
	"strconv"
	"time"

	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/retry"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Complete reads the settings of a target into it. The faults have paths in the settings;
// what has the wrong type is reported by flow.Validate.
func Complete(t *plan.Target, settings item.Value) []*fault.Fault {
	t.OnConflict, t.OnRevised = settings.Field("onConflict").Text(), settings.Field("onRevised").Text()
	c := &completion{Target: t, settings: settings}
	c.rows()
	c.policies()
	c.steps()
	c.retries()
	return c.faults
}

type completion struct {
	*plan.Target
	settings item.Value
	faults   []*fault.Fault
}

func (c *completion) report(key string, f *fault.Fault) {
	c.faults = append(c.faults, f.At(key).Classed(fault.Config))
}

func (c *completion) rows() {
	c.Rows = c.Operation.Writing.DefaultRows
	if given := number(c.settings.Field("rows")); given > 0 {
		c.Rows = given
	}
	if most := c.Operation.Writing.MaxRows; most > 0 && c.Rows > most {
		c.report("rows", fault.New("target.rows_too_many", "%s takes at most %d rows a call", c.Operation.Title.ZH, most))
	}
	c.Rows = max(c.Rows, 1)
}

// policies refuses policies that the operation can't carry out.
func (c *completion) policies() {
	writing := c.Operation.Writing
	refuse := func(key string) {
		c.report(key, fault.New("target.update_unavailable", "%s can't update what it wrote", c.Operation.Title.ZH).
			Hinted("choose decide, and change the object in the target"))
	}
	// Somebody else's object is named by its id only once it was looked up.
	if c.OnConflict == "update" && (writing.Update == nil || writing.Update.IDField != "" && (writing.Create == nil || !writing.Create.Probe)) {
		refuse("onConflict")
	}
	if c.OnRevised == "update" && writing.Update == nil {
		refuse("onRevised")
	}
	mode := writing.Create
	if mode == nil {
		c.report("operation", fault.New("target.create_unavailable", "%s can't create objects", c.Operation.Title.ZH))
		return
	}
	if mode.Class == manifest.QueryableKey && c.Key == nil {
		c.report("key", fault.New("target.key_missing", "%s is looked up by its key after a lost answer", c.Operation.Title.ZH).
			Hinted("give the mapped field that holds the number, for example {{FBillNo}}"))
	}
}

// onlyWrite is the choice of a target that takes no steps behind the write.
const onlyWrite = "write"

// steps takes the steps behind the write, up to the one that the node chooses.
func (c *completion) steps() {
	last := c.settings.Field("lastStep").Text()
	declared := c.Operation.Writing.Steps
	upTo := -1
	for i, s := range declared {
		if s.Operation == last || last == "" && s.Default {
			upTo = i
		}
	}
	if last != "" && last != onlyWrite && upTo < 0 {
		c.report("lastStep", fault.New("target.step_unknown", "%s has no step %s", c.Operation.Title.ZH, last).
			Hinted("choose one of the steps that the operation offers"))
		return
	}
	for _, s := range declared[:upTo+1] {
		if action, ok := c.Manifest.Operation(s.Operation); ok { // else refused by the manifest's own check
			c.Steps = append(c.Steps, plan.FollowUp{Operation: action, ID: s.ID, Number: s.Number})
		}
	}
}

// retries makes the table of what is done about failures, where the node has its own.
func (c *completion) retries() {
	given := c.settings.Field("retry")
	if given.Kind() != item.Object {
		return
	}
	o := retry.Override{
		First: duration(given.Field("first")), Most: duration(given.Field("most")), Tries: number(given.Field("tries")),
		Business: duration(given.Field("business")), GiveUpAfter: duration(given.Field("giveUpAfter")),
	}
	for _, f := range o.Check() {
		c.faults = append(c.faults, f.Under("retry"))
	}
	c.Retry = o.Table()
}

// number and duration give 0 for what is none.
func number(v item.Value) int {
	n, err := strconv.Atoi(v.Text())
	if err != nil {
		return 0
	}
	return n
}

func duration(v item.Value) time.Duration {
	d, err := time.ParseDuration(v.Text())
	if err != nil {
		return 0
	}
	return d
}
