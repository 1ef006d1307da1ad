package compile

import (
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
)

// Flows knows what look-ups of a flow may refer to.
type Flows interface {
	// Sources gives the ids of the source nodes of a flow of the workspace, by its
	// public id; false when there is no such flow.
	Sources(flow string) ([]string, bool)
	// Inlets gives the ids of the inlets of a flow. Known is false where nothing is
	// known of the flow, there where there is no such flow.
	Inlets(flow string) (ids []string, known, there bool)
	// Table reports whether the workspace has a code table of the name.
	Table(name string) bool
}

// Finder is a value.Finder that notes what is looked into in the plan.
type Finder struct{ *compiler }

var _ value.Finder = Finder{}

// Names gives what the names in look-ups of a flow refer to, for one text of it.
func Names(doc *flow.Document, flows Flows) Finder {
	return Finder{&compiler{Options: Options{Flows: flows}, doc: doc, plan: &plan.Plan{}}}
}

// Stream implements value.Finder: a name is an alias of spec.uses or the id of a
// flow, and where the flow has several sources, a dot and the id of one.
func (c Finder) Stream(name string, paths []string) (string, *fault.Fault) {
	flow, source, _ := strings.Cut(name, ".")
	stream, f := c.stream(flow, source)
	if f == nil {
		flow, source, _ = strings.Cut(stream, ".")
		c.looksInto(flow, source, paths)
	}
	return stream, f
}

// stream gives a stream by the name of a flow and a source of it, "" for the only one.
func (c Finder) stream(flow, source string) (string, *fault.Fault) {
	name := strings.TrimSuffix(flow+"."+source, ".")
	if use, ok := c.doc.Spec.Uses[flow]; ok {
		flow = use.Flow
	}
	if flow == "" {
		return "", fault.New("lookup.flow_unbound", "choose the flow that %s stands for", name).Classed(fault.Config)
	}
	if c.Flows != nil {
		sources, known := c.Flows.Sources(flow)
		switch {
		case !known:
			return "", fault.New("lookup.flow_missing", "there is no flow %s to look into", name).Classed(fault.Config).Arg("flow", name).
				Hinted("declare an alias in spec.uses that names a flow of this workspace")
		case source == "" && len(sources) > 1:
			return "", fault.New("lookup.source_open", "the flow %s has several sources", name).Classed(fault.Config).Arg("flow", name).
				Hinted("name one of them behind a dot: %s", strings.Join(sources, ", "))
		case source != "" && len(sources) > 0 && !slices.Contains(sources, source):
			return "", fault.New("lookup.source_missing", "the flow has no source %s", source).Classed(fault.Config).Arg("source", source).
				Hinted("it has: %s", strings.Join(sources, ", "))
		case source == "" && len(sources) == 1:
			source = sources[0]
		}
	}
	return flow + "." + source, nil
}

// looksInto notes the paths of a stream, each once and in order.
func (c Finder) looksInto(flow, source string, paths []string) {
	at := slices.IndexFunc(c.plan.Lookups, func(l plan.Lookup) bool { return l.Flow == flow && l.Source == source })
	if at < 0 {
		c.plan.Lookups = append(c.plan.Lookups, plan.Lookup{Flow: flow, Source: source})
		at = len(c.plan.Lookups) - 1
	}
	known := append(c.plan.Lookups[at].Paths, paths...)
	slices.Sort(known)
	c.plan.Lookups[at].Paths = slices.Compact(known)
}

// Table implements value.Finder.
func (c Finder) Table(name string) *fault.Fault {
	if c.Flows != nil && !c.Flows.Table(name) {
		return fault.New("lookup.table_missing", "there is no code table %s", name).Classed(fault.Config).Arg("table", name).
			Hinted("create it under code tables")
	}
	return nil
}
