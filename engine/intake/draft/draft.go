// Package draft makes a flow of a scheme that was read: it chooses the operations, puts
// every row where it belongs, and tells what became of it.
//
// It may import engine/flow, engine/intake/catalog, engine/intake/scheme and the sdk's
// leaves and manifests: never a service, a store or a clock.
package draft

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/intake/catalog"
	"github.com/karezflow/karez/engine/intake/scheme"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// Answers are what a person said to the questions.
type Answers struct {
	// Source and Target are the chosen operations, nil where the best candidate will do.
	Source, Target *catalog.Choice
	// Connections are names of connections by role.
	Connections map[scheme.Role]string
	// Flows are ids of flows by the ids that the scheme has for them.
	Flows map[string]string
	// StartFrom is where the first pull begins.
	StartFrom string
	// Title names the flow, "" for a title made of the systems.
	Title string
	// Inline writes connections into the flow, for the command line.
	Inline bool
}

// Question asks which operation an interface is.
type Question struct {
	Role scheme.Role `json:"role"`
	// System, API and Name are what was written.
	System string `json:"system,omitempty"`
	API    string `json:"api,omitempty"`
	Name   string `json:"name,omitempty"`
	// Chosen is what the draft was made with, nil where nothing fits.
	Chosen *catalog.Choice `json:"chosen,omitempty"`
	// Sure says that it was called by its name or answered; otherwise a person confirms it.
	Sure       bool                `json:"sure"`
	Candidates []catalog.Candidate `json:"candidates"`
}

// Slot is what only the workspace can fill in.
type Slot struct {
	Kind SlotKind `json:"kind" enum:"connection,flow,start"`
	// Key is the role of a connection, or the id that the scheme has for a flow.
	Key string `json:"key"`
	// Node is the node that needs it; Connector the connector of a connection.
	Node      string `json:"node"`
	Connector string `json:"connector,omitempty"`
	// Use is how the flow calls another, and what for: find or callback.
	Use    string `json:"use,omitempty"`
	Filled bool   `json:"filled"`
}

// SlotKind says what fills a slot.
type SlotKind string

// The kinds of slots.
const (
	ConnectionSlot SlotKind = "connection"
	FlowSlot       SlotKind = "flow"
	StartSlot      SlotKind = "start"
)

// Draft is a flow made of existing work, with what became of it.
type Draft struct {
	Document  *flow.Document `json:"-"`
	Lines     []*scheme.Line `json:"lines"`
	Questions []Question     `json:"questions"`
	Slots     []Slot         `json:"slots"`
	// Rows is how many lines are rows, Read how many of them were understood.
	Rows int `json:"rows"`
	Read int `json:"read"`
}

// builder makes one draft.
type builder struct {
	known    catalog.Catalogue
	scheme   *scheme.Scheme
	answers  Answers
	out      *Draft
	uses     map[string]string
	document *flow.Document
	last     string
	titles   [2]string
}

// Make makes a draft. It never fails: what does not fit is told of its lines.
func Make(s *scheme.Scheme, known catalog.Catalogue, answers Answers) *Draft {
	b := &builder{
		known: known, scheme: s, answers: answers, uses: map[string]string{},
		out:      &Draft{Lines: s.Lines, Questions: []Question{}, Slots: []Slot{}},
		document: &flow.Document{APIVersion: flow.APIVersion, Kind: flow.Kind},
	}
	b.out.Document = b.document
	b.document.Spec.Nodes, b.document.Spec.Edges = []flow.Node{}, []flow.Edge{}
	b.document.Spec.Triggers = []flow.Trigger{{Manual: true}}
	if s.Target.Empty() && b.written(&s.Source) {
		s.Source, s.Target = s.Target, s.Source
	}
	if !s.Source.Empty() {
		b.source()
	}
	if !s.Target.Empty() {
		b.target()
	}
	b.name()
	for _, l := range s.Lines {
		if l.Fate.Row() {
			b.out.Rows++
			if l.Fate != scheme.NotUnderstood {
				b.out.Read++
			}
		}
	}
	return b.out
}

// written reports whether the only interface of a scheme is the one that writes.
func (b *builder) written(side *scheme.Side) bool {
	read, write := b.known.Candidates(side, scheme.Source), b.known.Candidates(side, scheme.Target)
	if b.answers.Source != nil || idle(side) {
		return b.answers.Source == nil
	}
	return len(write) > 0 && (len(read) == 0 || write[0].Score > read[0].Score)
}

// idle reports whether a side says that nothing is written.
func idle(side *scheme.Side) bool {
	return side.API == "" && strings.Contains(side.Name, "空操作") || strings.Contains(side.API, "空操作")
}

// choose asks which operation a side is, and gives what the draft is made with.
func (b *builder) choose(side *scheme.Side, role scheme.Role, answer *catalog.Choice) (catalog.Choice, bool) {
	q := Question{Role: role, System: side.System, API: side.API, Name: side.Name, Candidates: b.known.Candidates(side, role)}
	stands := catalog.Candidate{Choice: catalog.Choice{Operation: catalog.Inlet}, Title: field.Text{ZH: "上游方案数据", EN: "Documents of another flow"}}
	if role == scheme.Target {
		stands = catalog.Candidate{Choice: catalog.Choice{Operation: catalog.Discard}, Title: field.Text{ZH: "空操作（只采集）", EN: "Collect only"}}
	}
	// The technical name wins over the title: Push is no 空操作, whatever it is called.
	if role == scheme.Target && idle(side) || role == scheme.Source && b.known.Hub(side.System) {
		stands.Score, stands.Named = 100, !side.Open
		q.Candidates = append([]catalog.Candidate{stands}, q.Candidates...)
	} else {
		q.Candidates = append(q.Candidates, stands)
	}
	best := q.Candidates[0]
	chosen, ok := best.Choice, best.Score > 0
	q.Sure = ok && best.Named
	if answer != nil {
		chosen, ok, q.Sure = *answer, true, true
	}
	if ok {
		q.Chosen = &chosen
	}
	b.out.Questions = append(b.out.Questions, q)
	return chosen, ok
}

// node adds a node behind the last one.
func (b *builder) node(n flow.Node, settings *object, port string) {
	n.Settings = settings.JSON()
	if b.last != "" {
		b.document.Spec.Edges = append(b.document.Spec.Edges, flow.Edge{From: b.last, To: n.ID})
	}
	b.document.Spec.Nodes = append(b.document.Spec.Nodes, n)
	if b.last = n.ID; port != "" {
		b.last += "." + port
	}
}

// connect gives the name of the connection of a side and asks for it.
func (b *builder) connect(role scheme.Role, node string, m *manifest.Manifest) string {
	name := b.answers.Connections[role]
	if name == "" && b.answers.Inline {
		name = m.ID
		if b.document.Spec.Connections == nil {
			b.document.Spec.Connections = map[string]flow.InlineConnection{}
		}
		b.document.Spec.Connections[name] = inline(m)
	}
	b.out.Slots = append(b.out.Slots, Slot{Kind: ConnectionSlot, Key: string(role), Node: node, Connector: m.ID, Filled: name != ""})
	return name
}

// inline writes a connection that takes everything from the environment.
func inline(m *manifest.Manifest) flow.InlineConnection {
	prefix := strings.ToUpper(strings.ReplaceAll(m.ID, "-", "_")) + "_"
	c := flow.InlineConnection{Connector: m.ID, Secrets: map[string]string{}}
	settings := &object{}
	for _, s := range m.Settings {
		if !s.Required || s.Default != "" && s.Key != "address" || s.When != nil && !s.Secret {
			continue
		}
		env := flow.EnvPrefix + prefix + strings.ToUpper(s.Key)
		if s.Secret {
			c.Secrets[s.Key] = env
		} else {
			settings.text(s.Key, env)
		}
	}
	c.Settings = settings.JSON()
	return c
}

// other gives the alias of another flow, known by the id that the scheme has for it.
func (b *builder) other(id, alias, node string) string {
	if have, ok := b.uses[id]; ok {
		return have
	}
	name := alias
	for n := 2; b.document.Spec.Uses[name].Title != ""; n++ {
		name = alias + strconv.Itoa(n)
	}
	if b.document.Spec.Uses == nil {
		b.document.Spec.Uses = map[string]flow.Use{}
	}
	b.document.Spec.Uses[name] = flow.Use{Flow: b.answers.Flows[id], Title: id}
	b.uses[id] = name
	b.out.Slots = append(b.out.Slots, Slot{Kind: FlowSlot, Key: id, Node: node, Use: alias, Filled: b.answers.Flows[id] != ""})
	return name
}

var (
	blankForm = regexp.MustCompile(`\{\{\s*(LAST_SYNC_TIME|CURRENT_TIME|WINDOW_END|DAYS_AGO_\d+|MINUTES_AGO_\d+) +([A-Za-z]+)\s*\}\}`)
	lookUps   = regexp.MustCompile(`(_findCollection +find +\S+ +from +)([0-9A-Za-z\-]{8,})`)
	unnamable = regexp.MustCompile(`[^a-z0-9]+`)
)

// text rewrites a value: the flows that it looks into get aliases here.
func (b *builder) text(value, node string) string {
	value = blankForm.ReplaceAllString(value, "{{$1|$2}}")
	return lookUps.ReplaceAllStringFunc(value, func(part string) string {
		m := lookUps.FindStringSubmatch(part)
		return m[1] + b.other(m[2], "find", node)
	})
}

// name gives the flow its names.
func (b *builder) name() {
	if b.document.Metadata.Title = b.answers.Title; b.document.Metadata.Title == "" {
		b.document.Metadata.Title = strings.Trim(b.titles[0]+" → "+b.titles[1], " →")
	}
	if b.document.Metadata.Title == "" {
		b.document.Metadata.Title = b.scheme.Title
	}
	var parts []string
	for _, q := range b.out.Questions {
		if q.Chosen != nil {
			parts = append(parts, strings.Trim(unnamable.ReplaceAllString(strings.ToLower(q.Chosen.Connector+"-"+q.Chosen.Operation), "-"), "-"))
		}
	}
	b.document.Metadata.Name = strings.Join(parts, "-to-")
	if len(b.document.Metadata.Name) > 100 {
		b.document.Metadata.Name = b.document.Metadata.Name[:100]
	}
}

func unread(l *scheme.Line, f *fault.Fault) { l.Told(scheme.NotUnderstood, "", f) }

// object is a JSON object that is built member by member.
type object struct{ members []member }

type member struct {
	name string
	raw  json.RawMessage
}

func (o *object) raw(name string, value any) {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false) // conditions have < and > in them
	if err := to.Encode(value); err != nil {
		return // only lists, objects and texts are given
	}
	o.members = append(o.members, member{name, bytes.TrimSpace(out.Bytes())})
}

func (o *object) text(name, value string) {
	if value != "" {
		o.raw(name, value)
	}
}

// JSON gives the object.
func (o *object) JSON() json.RawMessage {
	out := []byte{'{'}
	for i, m := range o.members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(item.AppendText(out, m.name), ':'), m.raw...)
	}
	return append(out, '}')
}

// MarshalJSON implements json.Marshaler.
func (o *object) MarshalJSON() ([]byte, error) { return o.JSON(), nil }
