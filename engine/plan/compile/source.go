package compile

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plugpack/version"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

const warnNoWindowEnd = "source.window_end_unused"

// source compiles a source with the window and paginate nodes before it.
func (n *nodeAt) source() {
	m, op := n.operation(manifest.Query)
	if op == nil {
		return
	}
	zone := zoneOf(m.TimeZone, n.doc.Spec.Settings.Timezone)
	opts := value.Options{Zone: zone}
	s := &plan.Source{
		NodeID: n.node.ID, NodeNo: n.number(n.node.ID), Connection: n.node.Connection, Operation: op,
		OnSeen: n.setting("onSeen").Text(), Zone: zone,
		Key: n.compiledOr("key", op.Key, opts), Number: n.compiledOr("number", op.Number, opts),
		Modified: n.compiledOr("modified", op.Modified, opts),
	}
	if s.Key == nil && n.setting("key").Blank() {
		n.report(fault.New("source.key_missing", "what identifies a document?").At("key").Classed(fault.Config).
			Hinted("give the field that is unique, for example {{id}}"))
	}
	if name := cmp.Or(n.param(op.Form), op.Object); plan.Refers(m, name) {
		s.BaseData = plan.BaseData(name)
	}
	n.kept(s, opts)
	if op.Number != "" {
		s.Named, _ = value.Compile(op.Number, opts) // the manifest's check refuses what can't be compiled
	}
	written := n.windowAndPage(s, op)
	n.regroup(s)
	n.explode(s, opts)
	n.requestParams(s, op, written)
	n.sweep(s, op, written)
	s.Page.KeyUnique = s.Page.KeyField != "" && s.Regroup == nil && s.Explode == nil && identifies(s.Page.KeyField, cmp.Or(n.setting("key").Text(), op.Key))
	s.Next, s.DefaultPort = n.entered()
	n.plan.Sources = append(n.plan.Sources, s)
}

// operation gives the node's operation with the fields of its form.
func (n *nodeAt) operation(kinds ...manifest.OperationKind) (*manifest.Manifest, *manifest.Operation) {
	name := n.setting("operation").Text()
	m := n.manifest()
	if m == nil || name == "" {
		return nil, nil
	}
	op, faults := n.use.In(m)
	n.report(faults...)
	if op == nil && len(faults) > 0 {
		return nil, nil
	}
	if op == nil || !slices.Contains(kinds, op.Kind) {
		var known []string
		for _, o := range m.Operations {
			if slices.Contains(kinds, o.Kind) {
				known = append(known, o.Name)
			}
		}
		n.report(fault.New("operation.unknown", "%s (%s) has no %s operation %s", m.Title.ZH, m.ID, kinds[0], name).
			At("operation").Classed(fault.Config).Hinted("it offers: %s", strings.Join(known, ", ")))
		return nil, nil
	}
	return m, op.For(n.param(op.Form))
}

// manifest gives what is behind the node's connection, nil where that is reported.
func (n *nodeAt) manifest() *manifest.Manifest {
	if n.node.Connection == "" {
		return nil // reported by flow.Validate
	}
	m, err := n.Catalogue.Manifest(n.node.Connection)
	if err != nil {
		n.problems = append(n.problems, flow.ProblemOf(fault.From(err).At(""), n.path+".connection"))
		return nil
	}
	n.connectors[m.ID] = true
	if want := n.doc.Spec.Connectors[m.ID]; !version.Matches(want, m.Version) {
		n.problems = append(n.problems, flow.ProblemOf(fault.New("flow.connector_version",
			"the flow is made for version %s of %s, and version %s runs", want, m.Title.ZH, m.Version).Classed(fault.Config).
			Hinted("let the connection use that version, or try the flow with the one that runs and change its pin"), n.path+".connection"))
	}
	return m
}

// windowAndPage merges the manifest's rules with the nodes before the source. It
// gives the zone in which the request's times are written.
func (n *nodeAt) windowAndPage(s *plan.Source, op *manifest.Operation) *time.Location {
	windowID, pageID := n.graph.PullChain(n.node.ID)
	zone := s.Zone
	if windowID != "" {
		zone = zoneOf(n.before(windowID).setting("zone").Text(), zone.String())
	}
	if w := op.Window; w != nil {
		s.Window = plan.Window{
			Ranged: true, Span: w.Span.Std(), Granularity: w.Granularity.Std(), Lag: w.Lag.Std(), LookBack: w.LookBack.Std(), Zone: zone,
			MaxRows: w.MaxRows,
		}
		s.TooMany = append([]string{manifest.TooManyRows, manifest.SpanTooLong}, w.TooMany...)
		n.startFrom(s)
	}
	if windowID != "" {
		n.before(windowID).window(s, op)
	}
	if !s.Window.Advances() {
		n.report(fault.New("window.never_advances", "a window of %s that looks back %s does not end behind the one before: it must be longer by a step of %s or more",
			s.Window.Span, s.Window.LookBack, s.Window.Step()).Classed(fault.Config).Hinted("give the window node a longer span or a shorter look-back"))
	}
	s.Page = plan.Page{Strategy: manifest.Unpaged}
	if p := op.Paging; p != nil {
		s.Page = plan.Page{Strategy: p.Strategy, Direction: p.Direction, First: p.First, Size: p.DefaultSize}
	}
	if pageID != "" {
		n.before(pageID).paginate(s, op)
	}
	if s.Page.Direction == "" {
		s.Page.Direction = manifest.Forward
	}
	return zone
}

// window takes the settings of a window node.
func (n *nodeAt) window(s *plan.Source, op *manifest.Operation) {
	if op.Window == nil {
		n.problems = append(n.problems, flow.ProblemOf(fault.New("window.not_offered", "%s does not select by time", op.Title.ZH).
			Hinted("remove the window node: everything is read at every run"), n.path))
		return
	}
	n.duration("span", &s.Window.Span)
	n.duration("lag", &s.Window.Lag)
	n.duration("lookBack", &s.Window.LookBack)
	n.duration("granularity", &s.Window.Granularity)
	if most := op.Window.Span.Std(); most > 0 && s.Window.Span > most {
		n.report(fault.New("window.span_too_long", "%s takes at most %s at a time", op.Title.ZH, most).At("span").Classed(fault.Config))
	}
}

// before gives a pull-side node by id.
func (n *nodeAt) before(id string) *nodeAt {
	index, _ := n.graph.Index(id)
	d, _ := n.graph.Declaration(id)
	return n.enter(index, d)
}

func (n *nodeAt) duration(key string, into *time.Duration) {
	if v := n.setting(key); !v.Blank() {
		if d, err := time.ParseDuration(v.Text()); err == nil { // its form is checked by flow.Validate
			*into = d
		}
	}
}

// paginate takes the settings of a paginate node.
func (n *nodeAt) paginate(s *plan.Source, op *manifest.Operation) {
	if v := manifest.Strategy(n.setting("strategy").Text()); v != "" && v != s.Page.Strategy {
		if v != manifest.ByKeyset || op.Paging == nil {
			n.report(notOffered(op).At("strategy"))
			return
		}
		// Any operation can be asked for what lies behind a key, if its parameters say so.
		s.Page.Strategy, s.Page.Direction = v, manifest.Forward
	}
	if v := n.setting("direction").Text(); v != "" {
		s.Page.Direction = manifest.Direction(v)
	}
	if s.Page.Strategy == manifest.ByKeyset {
		s.Page.KeyField, s.Page.KeyStart = n.setting("keyField").Text(), n.setting("keyStart").Text()
	}
	var sizes struct {
		PageSize int `json:"pageSize"`
		MaxPages int `json:"maxPages"`
	}
	_ = json.Unmarshal(n.raw, &sizes) // checked by flow.Validate
	if sizes.PageSize > 0 {
		s.Page.Size = sizes.PageSize
	}
	s.Page.MaxPages = sizes.MaxPages
	if s.Page.Strategy == manifest.Unpaged {
		if sizes.PageSize > 0 {
			n.report(notOffered(op).At("pageSize"))
		}
		return
	}
	if s.Page.Size > op.Paging.MaxSize {
		n.report(fault.New("paging.size_too_large", "%s gives at most %d rows a page", op.Title.ZH, op.Paging.MaxSize).At("pageSize").Classed(fault.Config))
	}
	if s.Page.Direction == manifest.Backward && (!op.Paging.Total || s.Page.Strategy != manifest.ByPage) {
		n.report(fault.New("paging.no_total", "pages can be read backward only where they are numbered and the source tells how many there are").At("direction").Classed(fault.Config))
	}
}

// notOffered refuses a way of paging that the operation does not have: its pages
// would be asked for by parameters that it does not know.
func notOffered(op *manifest.Operation) *fault.Fault {
	if op.Paging == nil || op.Paging.Strategy == manifest.Unpaged {
		return fault.New("paging.not_offered", "%s does not page", op.Title.ZH).Classed(fault.Config).Hinted("remove the paginate node")
	}
	return fault.New("paging.not_offered", "%s is paged by %s only", op.Title.ZH, op.Paging.Strategy).Classed(fault.Config).
		Hinted("leave the strategy empty: then the operation's own applies")
}

func (n *nodeAt) startFrom(s *plan.Source) {
	v := n.setting("startFrom")
	at, blank, err := format.ParseMoment(v, s.Zone)
	switch {
	case err != nil:
		n.report(fault.From(err).At("startFrom"))
	case blank:
		n.report(fault.New("source.start_missing", "where should the first pull begin?").At("startFrom").Classed(fault.Config).
			Hinted("give a date such as 2026-01-01 00:00:00; everything changed since then is pulled"))
	default:
		s.Window.StartFrom = at.In(s.Zone)
	}
}

func (n *nodeAt) regroup(s *plan.Source) {
	v := n.setting("regroup")
	if v.Blank() {
		return
	}
	var spec struct {
		By    []string `json:"by"`
		Lines struct {
			Into   string   `json:"into"`
			Fields []string `json:"fields"`
			Rest   bool     `json:"rest"`
		} `json:"lines"`
	}
	if err := json.Unmarshal(v.Raw(), &spec); err != nil || len(spec.By) == 0 || spec.Lines.Into == "" {
		n.report(fault.New("source.regroup_invalid", "regroup needs the fields that make one document and the name of its lines").At("regroup").Classed(fault.Config))
		return
	}
	if s.Page.Direction == manifest.Backward {
		n.report(fault.New("source.regroup_backward", "rows can be regrouped only when pages are read forward").At("regroup").Classed(fault.Config))
	}
	s.Regroup = &plan.Regroup{By: spec.By, Into: spec.Lines.Into, Fields: spec.Lines.Fields, Rest: spec.Lines.Rest || len(spec.Lines.Fields) == 0}
}

func (n *nodeAt) explode(s *plan.Source, opts value.Options) {
	v := n.setting("explode")
	if v.Blank() {
		return
	}
	e := &plan.Explode{Split: item.Split{Path: v.Field("path").Text(), Prefix: v.Field("prefix").Text(), Index: v.Field("index").Text()}}
	if key := v.Field("key").Text(); key != "" {
		var err error
		if e.Key, err = value.Compile(key, opts); err != nil {
			n.report(fault.From(err).At("explode.key"))
		}
	}
	if e.Path != "" && e.Key != nil { // what is missing is reported by flow.Validate
		s.Explode = e
	}
}

// zoneOf gives the first zone that loads.
func zoneOf(names ...string) *time.Location {
	for _, name := range names {
		if name == "" {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.UTC
}
