// Package node is the contract of node types: what a node declares about itself
// and, for transforms, the code that runs. Pull, barrier and sink nodes carry no
// running code; the engine interprets their settings.
//
// A node sees no engine, store, session or clock. The package may import the
// standard library, sdk/fault, sdk/item and sdk/field only.
package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Kind says where a node stands in the execution of a flow.
type Kind string

// The kinds.
const (
	Pull      Kind = "pull"
	Transform Kind = "transform"
	Barrier   Kind = "barrier"
	Sink      Kind = "sink"
)

// Role says what the engine does with a node that is no transform.
type Role string

// The roles. Transforms have none.
const (
	Window    Role = "window"
	Paginate  Role = "paginate"
	Source    Role = "source"
	File      Role = "file"
	Inlet     Role = "inlet"
	Webhook   Role = "webhook"
	Target    Role = "target"
	Writeback Role = "writeback"
	Respond   Role = "respond"
	Notify    Role = "notify"
	Discard   Role = "discard"
	// Group is what a barrier does: documents wait there for each other.
	Group Role = "group"
)

// Traffic is what travels through a port.
type Traffic string

// The kinds of traffic: Requests on the pull side, Documents elsewhere.
const (
	Requests  Traffic = "request"
	Documents Traffic = "documents"
)

// Port is a place where edges begin or end.
type Port struct {
	Name    string     `json:"name"`
	Title   field.Text `json:"title"`
	Traffic Traffic    `json:"traffic"`
}

// ErrorPort is the output every node that handles documents has.
const ErrorPort = "error"

// Declaration is everything the palette, the forms, the validator and the
// planner know about a node type.
type Declaration struct {
	// Type is the id in flow documents; TypeVersion counts changes of the settings' form.
	Type        string     `json:"type"`
	TypeVersion int        `json:"typeVersion"`
	Title       field.Text `json:"title"`
	Describe    field.Text `json:"describe"`
	Icon        string     `json:"icon"`
	Category    string     `json:"category"`
	Kind        Kind       `json:"kind"`
	Role        Role       `json:"role,omitempty"`
	// Inputs has at most one port; Outputs are in order, the first is the default
	// for edges without a port. The error port is not listed.
	Inputs  []Port `json:"inputs,omitempty"`
	Outputs []Port `json:"outputs,omitempty"`
	// OutputsFrom is the key of a list setting whose elements add an output each,
	// before Outputs: their members PortName and PortTitle name it. "" where the
	// outputs are Outputs alone. See OutputsOf.
	OutputsFrom string `json:"outputsFrom,omitempty"`
	// Connection says that the node names a connection, where ConnectionWhen is set
	// only while its settings have one of the values.
	Connection     bool        `json:"connection,omitempty"`
	ConnectionWhen *field.When `json:"connectionWhen,omitempty"`
	// ConnectionWith is the key of the setting that the connection is for: while that is
	// blank the node needs none. "" where the node needs its connection anyway.
	ConnectionWith string          `json:"connectionWith,omitempty"`
	Settings       []field.Setting `json:"settings"`
}

// Connects reports whether a node with the settings, a JSON object, names a connection.
func (d Declaration) Connects(settings []byte) bool {
	return d.Connection && d.ConnectionWhen.Holds(d.Settings, settings) &&
		(d.ConnectionWith == "" || !item.Of(settings).Field(d.ConnectionWith).Blank())
}

// Type is a node type.
type Type interface {
	// Declaration describes the type. It never changes while the program runs.
	Declaration() Declaration
}

// Upgrader is a Type that can read settings of older typeVersions.
type Upgrader interface {
	// Upgrade turns the JSON settings of version from into those of from+1.
	Upgrade(from int, settings []byte) ([]byte, error)
}

// Checker is a Type with rules that its declaration can't express.
type Checker interface {
	// CheckSettings reports what is wrong with settings that fit the declaration. Paths are relative to the settings.
	CheckSettings(settings []byte) []*fault.Fault
}

// Transformer is a Type that runs code.
type Transformer interface {
	// New makes a transform for one node of one flow version. It is called once and its result used concurrently.
	New(settings Settings) (TransformFunc, error)
}

// TransformFunc applies a transform to a batch and gives one Result per input in
// the inputs' order. An error fails every document of the batch; a bad document
// is a Result with a Fault. Items are derived from the input's with Item.With,
// so that facts and source stay attached.
type TransformFunc func(ctx context.Context, batch []item.Item) ([]Result, error)

// Result is what became of one input: outputs, or a fault, or needs.
type Result struct {
	Outputs []Output
	// Fault sends the document to the error port.
	Fault *fault.Fault
	// Needs are look-ups to be answered before the transform is applied to this input again.
	Needs []item.Lookup
	// Missing are look-ups that found nothing and that the document waits for.
	Missing []item.Lookup
}

// Failed gives the Result of an input at which a mapping or conditions failed: its
// fault, or the look-ups that it stands still for.
func Failed(err error) Result {
	if open, ok := errors.AsType[*UnansweredError](err); ok {
		return Result{Needs: open.Needs, Missing: open.Missing}
	}
	return Result{Fault: fault.From(err)}
}

// UnansweredError is the error of a program that can't go on without look-ups: Needs
// were not answered yet; where there are none, Missing were answered with nothing.
type UnansweredError struct{ Needs, Missing []item.Lookup }

// Join adds what another error leaves open, so that all is asked for at once; it is
// false for an error that says something else.
func (u *UnansweredError) Join(err error) bool {
	open, ok := errors.AsType[*UnansweredError](err)
	if !ok {
		return false
	}
	u.Needs, u.Missing = append(u.Needs, open.Needs...), append(u.Missing, open.Missing...)
	return true
}

// Open reports whether anything was joined.
func (u *UnansweredError) Open() bool { return len(u.Needs)+len(u.Missing) > 0 }

// Error implements error.
func (u *UnansweredError) Error() string {
	return fmt.Sprintf("%d look-ups to be answered, %d found nothing", len(u.Needs), len(u.Missing))
}

// Output is one record on a port; Port "" means the first of the declared Outputs.
type Output struct {
	Port string
	Item item.Item
	// Route tells this output apart from the others of the same input, whichever
	// they are: a target without a key of its own makes its key of it, so it must
	// stay the same when the others come and go. "" means the output's place among
	// them, which does for outputs that come and go at the end only.
	Route string
}

// Settings are a node's settings with the compiled forms of those that are
// programs. The key of a program inside a list or group is its path: cases[0].when.
type Settings interface {
	// Decode unmarshals the JSON settings, defaults applied, into a struct.
	Decode(into any) error
	// Mapping gives the compiled setting of kind mapping or params.
	Mapping(key string) Mapping
	// Value gives the compiled setting of kind value.
	Value(key string) Value
	// Stream gives the stream of a flowRef setting, by its path as a program's, as
	// item.Lookup names it: that of a source node, "" for the only one, whose fields are looked into by these paths.
	// Its error is a *fault.Fault.
	Stream(key, source string, paths []string) (string, error)
	// Connection is the name of the node's connection.
	Connection() string
	// Conditions gives the compiled setting of kind conditions.
	Conditions(key string) Conditions
	// Script gives the compiled setting of kind script.
	Script(key string) Script
}

// Mapping builds a new record from an item.
type Mapping interface {
	// Map appends the mapped JSON object to dst. Its error is a *fault.Fault with the
	// path of the bad field, or *UnansweredError: see Failed.
	Map(dst []byte, in item.Item) ([]byte, error)
}

// Value is a text with placeholders.
type Value interface {
	// Text gives the value for an item as text. Its error is as that of a Mapping.
	Text(in item.Item) (string, error)
}

// Conditions test an item.
type Conditions interface {
	// Match reports whether the item passes. Its error is a *fault.Fault or *UnansweredError: see Failed.
	Match(in item.Item) (bool, error)
	// MatchLine reports whether one line of the item passes, an element of the list
	// that texts name array: names are read from the line first, then from the item.
	// Its error is as that of Match.
	MatchLine(in item.Item, array string, line item.Value) (bool, error)
}

// Script runs JavaScript over a batch in a worker process.
type Script interface {
	// Run gives one Result per input. An error means that the whole batch failed.
	Run(ctx context.Context, batch []item.Item) ([]Result, error)
	// Looking gives the script with look-ups that it may make by their names.
	Looking(lookups []ScriptLookup) Script
}

// ScriptLookup is a look-up that a script may make with ctx.lookup.
type ScriptLookup struct {
	Name string
	// Ask is the question; the values of its conditions are the script's.
	Ask item.Lookup
	// OnMiss says what becomes of nothing: "park" lets the document wait, "empty" gives
	// nothing, "error" throws. OnMany says what becomes of several: "newest" and "all"
	// give them, "error" throws.
	OnMiss, OnMany string
}
