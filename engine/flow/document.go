// Package flow is the flow document (集成方案) as it is written, saved and
// exchanged: its types, reading from JSON and YAML, its canonical saved form,
// the problems it has, and its graph. A document with problems is still a
// document: it can be read, saved and shown.
//
// The package knows node types only through the Types it is given and never what
// they do. It may import the standard library, the YAML and cron libraries and
// sdk packages; never server, nodes, a store or a clock.
package flow

import "encoding/json"

// The fixed head of a document.
const (
	APIVersion = "karez/v1"
	Kind       = "Flow"
)

// Document is one flow. Its zero members are left out of the saved form.
type Document struct {
	APIVersion string   `json:"apiVersion,omitempty"`
	Kind       string   `json:"kind,omitempty"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
	Extra      []Member `json:"-"`
}

// Member is a member of a document that could not be read, because no such
// member exists or its value has the wrong type. It is kept as it was written, so
// that saving a draft loses nothing, and Validate reports it.
type Member struct {
	Name string
	Raw  json.RawMessage
	// Whole says that Raw stands where the object itself should be; Name is "" then.
	Whole bool
}

// Metadata names a flow.
type Metadata struct {
	// ID is opaque and given by the product; a copied template has none yet.
	ID string `json:"id,omitempty"`
	// Name is for references and files; Title is what people read.
	Name   string            `json:"name,omitempty"`
	Title  string            `json:"title,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	Extra  []Member          `json:"-"`
}

// Spec is what a flow does.
type Spec struct {
	Settings Settings  `json:"settings,omitzero"`
	Triggers []Trigger `json:"triggers,omitempty"`
	Params   []Param   `json:"params,omitempty"`
	// Uses names other flows by alias.
	Uses map[string]Use `json:"uses,omitempty"`
	// Connectors pins versions by connector id.
	Connectors map[string]string `json:"connectors,omitempty"`
	// Connections are inline connections, for the command line only.
	Connections map[string]InlineConnection `json:"connections,omitempty"`
	// Operations are derived operations by name, as JSON objects.
	Operations map[string]json.RawMessage `json:"operations,omitempty"`
	Nodes      []Node                     `json:"nodes"`
	Edges      []Edge                     `json:"edges"`
	// Tests are cases of single nodes. They never affect execution.
	Tests []Test `json:"tests,omitempty"`
	// Layout holds positions for the designer. It never affects execution.
	Layout json.RawMessage `json:"layout,omitempty"`
	Extra  []Member        `json:"-"`
}

// What Settings mean when they are not given.
const (
	DefaultTimezone    = "Asia/Shanghai"
	DefaultConcurrency = 4
	// MaxConcurrency is the most pages and batches of one flow that may be worked on at once.
	MaxConcurrency = 64
)

// Settings of a flow.
type Settings struct {
	// Priority is high, normal or low; "" means normal.
	Priority string `json:"priority,omitempty"`
	// Timezone is the IANA zone of schedules and formatted times; "" means DefaultTimezone.
	Timezone string `json:"timezone,omitempty"`
	// Concurrency bounds the work in flight; 0 means DefaultConcurrency.
	Concurrency int      `json:"concurrency,omitempty"`
	Extra       []Member `json:"-"`
}

// Trigger starts a flow. It has exactly one of its members.
type Trigger struct {
	// Schedule is a cron expression of five fields or a tag such as @hourly, in the flow's zone.
	Schedule string `json:"schedule,omitempty"`
	// After fires when all flows with these aliases have finished successfully since the last firing.
	After []string `json:"after,omitempty"`
	// Manual allows people and the API to start the flow.
	Manual bool     `json:"manual,omitempty"`
	Extra  []Member `json:"-"`
}

// Param is a value that a run can be started with.
type Param struct {
	Key      string `json:"key,omitempty"`
	Title    string `json:"title,omitempty"`
	Describe string `json:"describe,omitempty"`
	// Type is string, int, decimal, bool, date or datetime; "" means string.
	Type     string `json:"type,omitempty"`
	Required bool   `json:"required,omitempty"`
	// Default is a JSON text, number or boolean.
	Default json.RawMessage `json:"default,omitempty"`
	Extra   []Member        `json:"-"`
}

// Use is another flow that this one refers to.
type Use struct {
	// Flow is the other flow's id. A template leaves it open until it is copied.
	Flow  string   `json:"flow,omitempty"`
	Title string   `json:"title,omitempty"`
	Extra []Member `json:"-"`
}

// EnvPrefix marks a text that stands for an environment variable of the command line.
const EnvPrefix = "env:"

// InlineConnection is a connection written into a flow file for the command line.
type InlineConnection struct {
	Connector string `json:"connector,omitempty"`
	// Version pins the connector's version; "" means spec.connectors or the newest.
	Version string `json:"version,omitempty"`
	// Settings is a JSON object; a text that begins with EnvPrefix names a variable.
	Settings json.RawMessage `json:"settings,omitempty"`
	// Secrets name variables only: a secret never stands in a file.
	Secrets map[string]string `json:"secrets,omitempty"`
	Extra   []Member          `json:"-"`
}

// Node is one step of a flow.
type Node struct {
	// ID never changes after the first publish; Title may.
	ID   string `json:"id,omitempty"`
	Type string `json:"type,omitempty"`
	// TypeVersion is the form of Settings; 0 means 1, so that a file keeps its meaning.
	TypeVersion int    `json:"typeVersion,omitempty"`
	Title       string `json:"title,omitempty"`
	// Connection is the workspace-unique name of a connection.
	Connection string `json:"connection,omitempty"`
	// Settings is a JSON object, kept byte for byte but for white space.
	Settings json.RawMessage `json:"settings,omitempty"`
	Extra    []Member        `json:"-"`
}

// Version gives the typeVersion that the settings are written in.
func (n *Node) Version() int { return max(n.TypeVersion, 1) }

// Test is a case of one transform node: what it gets and what it must make of it.
// Package engine/cases reads the parts that are JSON objects, and runs it.
type Test struct {
	Name string `json:"name,omitempty"`
	Node string `json:"node,omitempty"`
	// Input is the record as it reaches the node.
	Input json.RawMessage `json:"input,omitempty"`
	// Source is the document as it was pulled; the input where it is left out.
	Source json.RawMessage `json:"source,omitempty"`
	// Params stand for parameters of the flow, Vars for what nodes before handed on.
	Params json.RawMessage `json:"params,omitempty"`
	Vars   json.RawMessage `json:"vars,omitempty"`
	// Facts are what the engine knows of the document: key, number, revision, from, to.
	Facts json.RawMessage `json:"facts,omitempty"`
	// Answers are what look-ups find, a list.
	Answers json.RawMessage `json:"answers,omitempty"`
	// Expect holds outputs or a fault.
	Expect json.RawMessage `json:"expect,omitempty"`
	Extra  []Member        `json:"-"`
}

// Edge joins two nodes. Each end is "id" or "id.port".
type Edge struct {
	From  string   `json:"from,omitempty"`
	To    string   `json:"to,omitempty"`
	Extra []Member `json:"-"`
}
