package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plugpack/changes"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/usage"
)

// CodeInUse means that connections or flows need a version.
const CodeInUse = "package.in_use"

// Drawn is the draft or the newest version of a flow.
type Drawn struct {
	usage.Document

	Published bool
	// Connections are those of the connector that it names, none where only nodes are asked for.
	Connections []string
}

// Affected is a flow that another version would serve.
type Affected struct {
	usage.Flow

	// Draft and Published say which of it uses the connector.
	Draft, Published bool
	// Operations and Nodes, the plugin's by their names there, are those that it uses and that
	// the other version has otherwise; Breaking says that the flow may not work any more.
	Operations, Nodes []string
	Breaking          bool
}

// effect tells what a version has otherwise than the one that serves.
func (s *Service) effect(ctx context.Context, next *manifest.Manifest) (Effect, error) {
	e := Effect{To: next.Version, Flows: []Affected{}}
	running, err := s.Engine.Running(ctx)
	if err != nil {
		return e, err
	}
	old := serving(running, next.ID, s.active(ctx, next.ID))
	if old != nil {
		e.From = old.Version
	}
	e.Changes = changes.Between(old, next)
	uses, err := s.Store.ConnectorUse(ctx, next.ID)
	if err != nil {
		return e, err
	}
	p, err := access.Of(ctx)
	if err != nil {
		return e, err
	}
	served := map[string]bool{}
	for _, c := range uses {
		switch {
		case !version.Matches(c.Version, next.Version):
		case c.Workspace == p.Workspace:
			served[c.Name] = true
		default:
			e.Elsewhere++
		}
	}
	drawn, err := s.Store.Drawn(ctx, p.Workspace, next.ID)
	if err != nil {
		return e, err
	}
	placed, err := s.Store.Placed(ctx, p.Workspace, next.ID)
	if err != nil {
		return e, err
	}
	e.Flows = affected(drawn, served, placed, next, e.Changes)
	flows, err := s.Store.NodeUse(ctx, next.ID)
	for _, f := range flows {
		if f.Workspace != p.Workspace && version.Matches(f.Version, next.Version) {
			e.FlowsElsewhere++
		}
	}
	return e, err
}

// active gives the version of a package that serves, "" for none.
func (s *Service) active(ctx context.Context, id string) string {
	c, err := s.Shelf.Get(ctx, id)
	if err != nil {
		return ""
	}
	return c.Active
}

// serving gives the manifest of the version that serves: the active package, or the
// newest program where there is none.
func serving(running []Running, id, active string) *manifest.Manifest {
	var best *manifest.Manifest
	for _, r := range running {
		switch {
		case r.ID != id || r.Manifest == nil:
		case r.Packaged && r.Version == active:
			return r.Manifest
		case active == "" && (best == nil || version.Compare(r.Version, best.Version) > 0):
			best = r.Manifest
		}
	}
	return best
}

// affected gives the flows that use a connection which is served otherwise, or have a node
// that is, those first that may break.
func affected(drawn []Drawn, served map[string]bool, placed []Drawn, next *manifest.Manifest, list []changes.Change) []Affected {
	index := map[string]*Affected{}
	var order []*Affected
	of := func(d Drawn) *Affected {
		a := index[d.ID]
		if a == nil {
			a = &Affected{Flow: d.Flow, Operations: []string{}, Nodes: []string{}}
			index[d.ID] = a
			order = append(order, a)
		}
		a.Draft, a.Published = a.Draft || !d.Published, a.Published || d.Published
		return a
	}
	for _, d := range drawn {
		if slices.ContainsFunc(d.Connections, func(name string) bool { return served[name] }) {
			of(d).meet(operationsOf(d.Text, served), list)
		}
	}
	for _, d := range placed {
		if pin, nodes := NodesOf(d.Text, next.ID); version.Matches(pin, next.Version) {
			of(d).meetNodes(nodes, list)
		}
	}
	out := make([]Affected, len(order))
	for i, a := range order {
		for _, names := range []*[]string{&a.Operations, &a.Nodes} {
			slices.Sort(*names)
			*names = slices.Compact(*names)
		}
		out[i] = *a
	}
	slices.SortStableFunc(out, func(a, b Affected) int {
		weight := func(x Affected) int {
			switch {
			case x.Breaking:
				return 0
			case len(x.Operations)+len(x.Nodes) > 0:
				return 1
			}
			return 2
		}
		return weight(a) - weight(b)
	})
	return out
}

// meet notes which changes concern what a flow uses over connections.
func (a *Affected) meet(used []string, list []changes.Change) {
	for _, c := range list {
		switch {
		case c.Part == changes.Node: // connections are none the wiser
		case c.Operation == "":
			a.Breaking = a.Breaking || c.Breaking
		case slices.Contains(used, c.Operation):
			a.Operations = append(a.Operations, c.Operation)
			a.Breaking = a.Breaking || c.Breaking
		}
	}
}

// meetNodes notes which changes concern the nodes of a flow.
func (a *Affected) meetNodes(used []string, list []changes.Change) {
	for _, c := range list {
		if c.Part == changes.Node && slices.Contains(used, c.Name) {
			a.Nodes = append(a.Nodes, c.Name)
			a.Breaking = a.Breaking || c.Breaking
		}
	}
}

// operationsOf gives the operations that a document's nodes name: those of the
// connections, and those of nodes that name none and take another node's.
func operationsOf(text []byte, connections map[string]bool) []string {
	docs, err := flow.Parse(text)
	if err != nil {
		return nil
	}
	var used []string
	for _, n := range docs[0].Spec.Nodes {
		var settings struct {
			Operation string `json:"operation"`
		}
		// Settings that can't be read name nothing.
		if n.Connection != "" && !connections[n.Connection] || json.Unmarshal(n.Settings, &settings) != nil || settings.Operation == "" {
			continue
		}
		base, _, _ := strings.Cut(settings.Operation, "#")
		used = append(used, base)
	}
	return used
}

// unneeded refuses to remove a version that a connection or a flow is left without.
func (s *Service) unneeded(ctx context.Context, id, removed string) error {
	uses, err := UsesOf(ctx, s.Store, id)
	if err != nil {
		return err
	}
	running, err := s.Engine.Running(ctx)
	if err != nil {
		return err
	}
	p, err := access.Of(ctx)
	if err != nil {
		return err
	}
	return Needed(uses, p.Workspace, id, removed, running)
}

// NodesOf gives the names of a plugin's nodes that stand in a document, and which version of
// the plugin it pins, "" for any.
func NodesOf(text []byte, plugin string) (pin string, nodes []string) {
	docs, err := flow.Parse(text)
	if err != nil {
		return "", nil
	}
	for _, n := range docs[0].Spec.Nodes {
		if by, name, of := manifest.NodeType(n.Type); of && by == plugin {
			nodes = append(nodes, name)
		}
	}
	return docs[0].Spec.Connectors[plugin], nodes
}

// UsesOf gives the connections of a plugin, then the flows with nodes of it.
func UsesOf(ctx context.Context, s Store, id string) ([]Use, error) {
	connections, err := s.ConnectorUse(ctx, id)
	if err != nil {
		return nil, err
	}
	flows, err := s.NodeUse(ctx, id)
	return slices.Concat(connections, flows), err
}

// Needed refuses to remove a version where a connection or a flow asks for it and nothing
// that is left fits: "package.in_use" with those of a workspace by name.
func Needed(uses []Use, workspace ledger.ID, id, removed string, running []Running) error {
	var left []string
	for _, r := range running {
		if r.ID == id && r.Fault == nil && (!r.Packaged || r.Version != removed) {
			left = append(left, r.Version)
		}
	}
	var names []string
	elsewhere := 0
	for _, c := range uses {
		fits := func(v string) bool { return version.Matches(c.Version, v) }
		switch {
		case !fits(removed) || slices.ContainsFunc(left, fits):
		case c.Workspace == workspace:
			names = append(names, c.Name)
		default:
			elsewhere++
		}
	}
	if len(names)+elsewhere == 0 {
		return nil
	}
	slices.Sort(names)
	if elsewhere > 0 {
		names = append(names, fmt.Sprintf("%d of other workspaces", elsewhere))
	}
	return fault.New(CodeInUse, "%d connections and flows need %s %s", len(names), id, removed).Arg("connector", id).
		Hinted("delete these connections, take the nodes out of these flows, or let them use another version first: %s", strings.Join(names[:min(len(names), 10)], ", ")).Classed(fault.Config)
}
