package compile

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// sweepLookBack is how far a sweep goes back where the flow does not say.
const sweepLookBack = 72 * time.Hour

// sweep compiles how the source is looked through for what was missed: its own request
// has the rows of the source's, but for those of the same name.
func (n *nodeAt) sweep(s *plan.Source, op *manifest.Operation, zone *time.Location) {
	v := n.setting("sweep")
	if !s.Window.Ranged {
		if !v.Blank() {
			n.report(fault.New("sweep.not_offered", "%s does not select by time: every run reads everything", op.Title.ZH).At("sweep").Classed(fault.Config).
				Hinted("remove the sweep"))
		}
		return
	}
	s.Sweep = &plan.Sweep{LookBack: sweepLookBack, Schedule: v.Field("schedule").Text()}
	if s.Sweep.Schedule != "" && !flow.IsSchedule(s.Sweep.Schedule) {
		n.report(fault.New("trigger.schedule", "%s is not a schedule", s.Sweep.Schedule).Arg("value", s.Sweep.Schedule).At("sweep.schedule").Classed(fault.Config).
			Hinted("five fields: minute hour day month weekday, for example 30 2 * * *"))
	}
	if back := v.Field("lookBack").Text(); back != "" {
		if d, err := time.ParseDuration(back); err == nil { // its form is checked by flow.Validate
			s.Sweep.LookBack = d
		}
	}
	if s.Sweep.LookBack <= 0 {
		n.report(fault.New("sweep.look_back", "a sweep goes back by some time").At("sweep.lookBack").Classed(fault.Config).Hinted("for example 72h"))
	}
	n.sweepParams(s, op, zone, v.Field("params"))
}

// sweepParams compiles the request of a sweep that has rows of its own.
func (n *nodeAt) sweepParams(s *plan.Source, op *manifest.Operation, zone *time.Location, given item.Value) {
	var own []row
	_ = json.Unmarshal(given.Raw(), &own) // its form is checked by CompileParams
	if len(own) == 0 {
		s.Sweep.Whole = !slices.ContainsFunc(n.asked(op), tellsBegin)
		return
	}
	rows := n.asked(op)
	var lines [][]byte
	replaced := func(name string) bool { return slices.ContainsFunc(own, func(o row) bool { return o.Field == name }) }
	for e := range n.setting("params").Elements() {
		if !replaced(e.Field("field").Text()) {
			lines = append(lines, e.Raw())
		}
	}
	for _, auto := range automatic(op) {
		if !replaced(auto.Field) && !slices.ContainsFunc(n.rows(), func(r row) bool { return r.Field == auto.Field }) {
			lines = append(lines, auto.line())
		}
	}
	s.Sweep.Whole = !slices.ContainsFunc(rows, func(r row) bool { return tellsBegin(r) && !replaced(r.Field) }) && !slices.ContainsFunc(own, tellsBegin)
	n.carried(own, op, zone)
	opts := value.Options{Zone: zone, Path: "sweep.params", Finder: Finder{n.compiler}, Miss: value.MissFails}
	params, faults := value.CompileParams(appendRows(given.Raw(), lines), op.Request, opts)
	for _, f := range n.unselected(op, faults) {
		if !strings.HasPrefix(f.Path, "sweep.params") || inOwn(f.Path, len(own)) { // what is wrong with the source's own rows is reported there
			n.report(f)
		}
	}
	s.Requests.Sweep = params
}

// carried refuses constants where the window or the page goes.
func (n *nodeAt) carried(own []row, op *manifest.Operation, zone *time.Location) {
	for _, auto := range automatic(op) {
		at := slices.IndexFunc(own, func(r row) bool { return r.Field == auto.Field })
		if at < 0 {
			continue
		}
		if program, err := value.Compile(own[at].Value, value.Options{Zone: zone}); err == nil && program.Constant() {
			n.report(fault.New("source.param_constant", "%s carries the window or the page and can't be a constant", auto.Field).
				At(pathIn("sweep.params", at)+".value").Classed(fault.Config).Hinted("write %s, or remove the row", auto.Value))
		}
	}
}

// asked gives the rows of the source's request.
func (n *nodeAt) asked(op *manifest.Operation) []row {
	rows := n.rows()
	for _, auto := range automatic(op) {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.Field == auto.Field }) {
			rows = append(rows, auto)
		}
	}
	return rows
}

func tellsBegin(r row) bool { return strings.Contains(r.Value, "LAST_SYNC_TIME") }

// inOwn reports whether a path names one of the first n rows of the sweep.
func inOwn(path string, n int) bool {
	for i := range n {
		if p := pathIn("sweep.params", i); path == p || strings.HasPrefix(path, p+".") {
			return true
		}
	}
	return path == "sweep.params"
}

// identifies reports whether a value is just this field.
func identifies(field, text string) bool {
	return strings.TrimSpace(text) == "{{"+field+"}}"
}
