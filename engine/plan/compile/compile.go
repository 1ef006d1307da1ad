// Package compile turns a flow document into a plan: it reads every node's settings,
// compiles the programs in them against the manifests of its connections, and reports
// every problem with the path of the field.
//
// It may import engine/fields, engine/flow, engine/group, engine/plan, engine/plan/derived,
// engine/value and the sdk: never a store, a session or a node by name.
package compile

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/derived"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// Options are what a flow is compiled against.
type Options struct {
	Types     flow.Types
	Catalogue Catalogue
	// Operations gives a derived operation of the workspace that the document does not hold
	// itself, as JSON, nil where there is none; nil knows none.
	Operations func(name string) ([]byte, error)
	// Flows knows what look-ups refer to; nil takes every name for good.
	Flows Flows
	// Scripts compiles script nodes; nil leaves them uncompiled, for validation only.
	Scripts Scripts
	// Numbers are the nodes' numbers in the flow; nil numbers them by their order.
	Numbers map[string]int
	// InlineConnections allows connections in the document.
	InlineConnections bool
}

// Catalogue knows the connections of a workspace.
type Catalogue interface {
	// Manifest gives the manifest of the connector behind a connection; its error
	// is a *fault.Fault that says why there is none.
	Manifest(connection string) (*manifest.Manifest, error)
}

// Scripts compiles JavaScript.
type Scripts interface {
	// Compile checks a source; params are the flow's parameters, a JSON object, and
	// zone is the IANA name of its time zone.
	Compile(ctx context.Context, source string, params []byte, zone string) (node.Script, error)
}

// compiler compiles one document.
type compiler struct {
	Options
	doc      *flow.Document
	graph    *flow.Graph
	plan     *plan.Plan
	problems []flow.Problem
	scopes   scopes
	zone     *time.Location
	// connectors are those behind the nodes' connections, by id.
	connectors map[string]bool
	// at is the index of each push-side node in the plan's steps.
	at map[string]int
}

// Flow validates a document and turns it into a plan. The plan is nil when a
// problem blocks. The document is upgraded to the current form of its nodes' settings.
func Flow(ctx context.Context, doc *flow.Document, opts Options) (*plan.Plan, []flow.Problem) {
	opts.Types = flow.TypesFor(doc, opts.Types)
	doc.Upgrade(opts.Types)
	problems := flow.Validate(doc, opts.Types, flow.Options{InlineConnections: opts.InlineConnections})
	if structural(problems) {
		return nil, problems
	}
	c := &compiler{
		Options: opts, doc: doc, graph: flow.NewGraph(doc, opts.Types),
		plan: &plan.Plan{Flow: doc, Params: paramsOf(doc.Spec.Params)}, connectors: map[string]bool{},
	}
	c.scopes = newScopes(c.plan.Params)
	c.zone = zoneOf(doc.Spec.Settings.Timezone, flow.DefaultTimezone)
	c.steps()
	for _, id := range c.graph.Order() {
		c.node(ctx, id)
	}
	c.shared()
	c.pins()
	c.operations()
	problems = append(problems, c.problems...)
	flow.Sort(problems)
	if flow.Blocking(problems) {
		return nil, problems
	}
	return c.plan, problems
}

// Node compiles one transform by itself, whatever is wrong elsewhere: a flow
// that can't run yet, or whose connections are not here. The step is nil when a
// problem of the node blocks.
func Node(ctx context.Context, doc *flow.Document, id string, opts Options) (*plan.Step, []flow.Problem) {
	opts.Types = flow.TypesFor(doc, opts.Types)
	doc.Upgrade(opts.Types)
	c := &compiler{
		Options: opts, doc: doc, graph: flow.NewGraph(doc, opts.Types),
		plan: &plan.Plan{Flow: doc, Params: paramsOf(doc.Spec.Params)}, connectors: map[string]bool{},
	}
	index, known := c.graph.Index(id)
	declared, typed := c.graph.Declaration(id)
	if !known || !typed || declared.Kind != node.Transform {
		return nil, []flow.Problem{flow.ProblemOf(fault.New("test.node", "%s is no node that changes documents", id).Arg("node", id).At("node"), "")}
	}
	c.scopes = newScopes(c.plan.Params)
	c.zone = zoneOf(doc.Spec.Settings.Timezone, flow.DefaultTimezone)
	c.steps()
	for _, p := range flow.Validate(doc, opts.Types, flow.Options{InlineConnections: true}) {
		if strings.HasPrefix(p.Path, pathOf(index)+".") {
			c.problems = append(c.problems, p)
		}
	}
	if !flow.Blocking(c.problems) {
		c.node(ctx, id)
	}
	flow.Sort(c.problems)
	step := c.plan.Steps[c.at[id]]
	if flow.Blocking(c.problems) || step.Apply == nil {
		return nil, c.problems
	}
	return step, c.problems
}

// structural reports whether the graph itself can't be trusted, so that compiling would only repeat problems.
func structural(problems []flow.Problem) bool {
	return slices.ContainsFunc(problems, func(p flow.Problem) bool {
		return p.Blocking && (p.Code == flow.CodeCycle || p.Code == flow.CodeIDRepeated)
	})
}

// pins warns of pinned connectors that no node uses.
func (c *compiler) pins() {
	for i := range c.doc.Spec.Nodes {
		if plugin, _, ok := manifest.NodeType(c.doc.Spec.Nodes[i].Type); ok {
			c.connectors[plugin] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.doc.Spec.Connectors)) {
		if !c.connectors[id] {
			p := flow.ProblemOf(fault.New("flow.connector_pin_unused", "the flow pins the connector %s, which none of its nodes uses", id).At("spec.connectors."+id), "")
			p.Blocking = false
			c.problems = append(c.problems, p)
		}
	}
}

// steps numbers the push side in topological order, each writeback and respond directly
// behind the last node that leads to it.
func (c *compiler) steps() {
	var order []string
	for _, id := range c.graph.Order() {
		if d, ok := c.graph.Declaration(id); ok && d.Kind != node.Pull {
			order = append(order, id)
		}
	}
	var moved []string
	for _, id := range order {
		if d, _ := c.graph.Declaration(id); d.Role != node.Writeback && d.Role != node.Respond {
			moved = append(moved, id)
			continue
		}
		after := 0
		for _, link := range c.graph.In(id) {
			after = max(after, slices.Index(moved, link.From.Node)+1)
		}
		moved = slices.Insert(moved, after, id)
	}
	c.at = map[string]int{}
	for i, id := range moved {
		c.at[id] = i
		d, _ := c.graph.Declaration(id)
		c.plan.Steps = append(c.plan.Steps, &plan.Step{NodeID: id, NodeNo: c.number(id), Type: d.Type, Role: d.Role, Next: map[string][]int{}})
	}
	for _, link := range c.graph.Links() {
		from, isStep := c.at[link.From.Node]
		to, leads := c.at[link.To.Node]
		if isStep && leads {
			step := c.plan.Steps[from]
			step.Next[link.From.Port] = append(step.Next[link.From.Port], to)
		}
	}
	for i, id := range moved {
		c.plan.Steps[i].DefaultPort = c.graph.DefaultPort(id)
	}
}

func (c *compiler) number(id string) int {
	if no, ok := c.Numbers[id]; ok {
		return no
	}
	index, _ := c.graph.Index(id)
	return index + 1
}

// node compiles one node.
func (c *compiler) node(ctx context.Context, id string) {
	index, _ := c.graph.Index(id)
	d, ok := c.graph.Declaration(id)
	if !ok {
		return
	}
	at := c.enter(index, d)
	switch d.Role {
	case node.Source:
		at.source()
	case node.Inlet:
		at.inlet()
	case node.Webhook:
		at.webhook()
	case node.Respond:
		at.respond()
	case node.File:
		at.file()
	case node.Target:
		at.target()
	case node.Writeback:
		at.writeback()
	case node.Notify:
		at.notify()
	case node.Group:
		at.group()
	case node.Window, node.Paginate, node.Discard:
	default:
		if d.Kind == node.Transform {
			at.transform(ctx)
		}
	}
}

// nodeAt is one node being compiled.
type nodeAt struct {
	*compiler
	node     *flow.Node
	path     string
	declared node.Declaration
	raw      []byte
	use      *derived.Use
}

// report adds problems of settings; paths are relative to the settings.
func (n *nodeAt) report(faults ...*fault.Fault) {
	for _, f := range faults {
		p := flow.ProblemOf(f, n.path+".settings")
		// A vendor may know fields that the manifest does not list, and may not insist on those it does.
		if f.Code == "mapping.unknown_field" || f.Code == "mapping.required_missing" || f.Code == warnNoWindowEnd {
			p.Blocking = false
		}
		n.problems = append(n.problems, p)
	}
}

func (n *nodeAt) setting(key string) item.Value { return item.Of(n.raw).Field(key) }

// compiled gives the program of a value setting, nil when it is blank.
func (n *nodeAt) compiled(key string, opts value.Options) *value.Program {
	v := n.setting(key)
	if v.Blank() {
		return nil
	}
	p, err := value.Compile(v.Text(), opts)
	if err != nil {
		n.report(fault.From(err).At(key))
		return nil
	}
	return p
}

// compiledOr gives the program of a value setting, or of what the manifest offers where it is blank.
func (n *nodeAt) compiledOr(key, offered string, opts value.Options) *value.Program {
	if !n.setting(key).Blank() || offered == "" {
		return n.compiled(key, opts)
	}
	p, err := value.Compile(offered, opts)
	if err != nil {
		n.report(fault.From(err).At(key))
		return nil
	}
	return p
}

// transform compiles the programs among the settings and makes the transform.
func (n *nodeAt) transform(ctx context.Context) {
	s := n.settings()
	before := len(n.problems)
	n.programs(ctx, s, n.declared.Settings, item.Of(n.raw), "")
	if blocking(n.problems[before:]) {
		return
	}
	n.make(s)
}

// programs compiles the programs among the members of an object of settings, whose
// paths begin with under, and among those of the lists and groups in it.
func (n *nodeAt) programs(ctx context.Context, s *settings, declared []field.Setting, members item.Value, under string) {
	for i := range declared {
		d := &declared[i]
		raw, path := members.Field(d.Key), under+d.Key
		if raw.Blank() && d.Kind != field.Params || !d.When.Holds(declared, members.Raw()) {
			continue
		}
		opts := value.Options{Zone: n.zone, Path: path, Finder: Finder{n.compiler}}
		switch d.Kind {
		case field.Mapping:
			fields, zone := n.mapped()
			opts.Zone = zone
			m, faults := value.CompileMapping(raw.Raw(), fields, opts)
			n.report(faults...)
			s.mappings[path] = mapping{m, n.scopes}
			if under == "" {
				n.plan.Steps[n.at[n.node.ID]].Explain = mapping{m, n.scopes}.explain
			}
		case field.Conditions:
			cond, faults := value.CompileConditions(raw.Raw(), opts)
			n.report(faults...)
			s.conditions[path] = conditions{cond, n.scopes}
		case field.Params:
			s.mappings[path] = n.parameters(raw, opts)
		case field.Value:
			p, err := value.Compile(raw.Text(), opts)
			if err != nil {
				n.report(fault.From(err).At(path))
				continue
			}
			s.values[path] = text{p, n.scopes}
		case field.CodeTable:
			if f := (Finder{n.compiler}).Table(raw.Text()); f != nil {
				n.report(f.At(path))
			}
		case field.Script:
			n.script(ctx, s, raw.Text(), path)
		case field.GroupOf:
			n.programs(ctx, s, d.Items, raw, path+".")
		case field.List:
			at := 0
			for e := range raw.Elements() {
				n.programs(ctx, s, d.Items, e, pathIn(path, at)+".")
				at++
			}
		default:
		}
	}
}

func (n *nodeAt) script(ctx context.Context, s *settings, source, path string) {
	if n.Scripts == nil {
		return
	}
	script, err := n.Scripts.Compile(ctx, source, n.plan.Params, n.zone.String())
	if err != nil {
		n.report(fault.From(err).At(path))
		return
	}
	s.scripts[path] = script
}

func (n *nodeAt) make(s *settings) {
	t, _ := n.Types.Type(n.node.Type)
	transformer, ok := t.(node.Transformer)
	if !ok || n.lacksScript(s) {
		return
	}
	apply, err := transformer.New(s)
	if err != nil {
		n.report(fault.From(err))
		return
	}
	n.plan.Steps[n.at[n.node.ID]].Apply = apply
}

// lacksScript reports whether a script that the node cannot do without was not
// compiled: because nobody compiles here, or because of a problem that was reported.
func (n *nodeAt) lacksScript(s *settings) bool {
	return slices.ContainsFunc(n.declared.Settings, func(d field.Setting) bool {
		return d.Kind == field.Script && s.scripts[d.Key] == nil && (d.Required || n.Scripts == nil)
	})
}

func blocking(problems []flow.Problem) bool { return flow.Blocking(problems) }
