// Package cases runs the tests that are saved with a flow: one transform, one
// record, what must come of it. A case needs no connection, no store and no other
// flow: what look-ups find stands in the case.
//
// It may import engine/flow, engine/plan, engine/value and the sdk: never a store,
// a session or the server.
package cases

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Answer is what a look-up finds: Values, the newest first. The rest says which
// look-up is meant, as the settings of nodes say it.
type Answer struct {
	// From is an alias of spec.uses or the id of a flow, with a dot and the id of a
	// source node where it has several; Where are the conditions.
	From  string         `json:"from,omitempty"`
	Where map[string]any `json:"where,omitempty"`
	// Table is a code table; Code what is translated, Reverse from target to source.
	Table   string `json:"table,omitempty"`
	Code    any    `json:"code,omitempty"`
	Reverse bool   `json:"reverse,omitempty"`
	// Operation is a query operation, asked with Params.
	Operation string          `json:"operation,omitempty"`
	Params    json.RawMessage `json:"params,omitempty"`
	Find      string          `json:"find,omitempty"`
	// Values are empty where nothing is found.
	Values []json.RawMessage `json:"values"`
}

// Expect is what a case expects: outputs, or a fault.
type Expect struct {
	Outputs *[]Output `json:"outputs,omitempty"`
	Fault   *Fault    `json:"fault,omitempty"`
	// Vars are compared where they are given: those of the first output.
	Vars json.RawMessage `json:"vars,omitempty"`

	failed *fault.Fault // what Fault was made of
}

// Output is a record on a port; "" is the node's default port.
type Output struct {
	Port string          `json:"port,omitempty"`
	Body json.RawMessage `json:"body"`
}

// Fault is a failure, or what a document waits for. Path and message of an expected
// one are compared where they are given.
type Fault struct {
	Code    string `json:"code"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message,omitempty"`
}

// parts are those of a case that are objects.
type parts struct {
	facts   item.Facts
	answers []Answer
	expect  Expect
	params  map[string]json.RawMessage
}

// read reads the parts of a case. Its fault is "test.part_unreadable".
func read(t *flow.Test, zone *time.Location) (parts, *fault.Fault) {
	p := parts{params: map[string]json.RawMessage{}}
	facts := struct {
		Key      string `json:"key"`
		Number   string `json:"number"`
		Revision int    `json:"revision"`
		From     string `json:"from"`
		To       string `json:"to"`
	}{Key: "test", Revision: 1, From: "2024-01-01 00:00:00", To: "2024-01-01 01:00:00"}
	for _, part := range []struct {
		name string
		raw  json.RawMessage
		into any
	}{{"facts", t.Facts, &facts}, {"answers", t.Answers, &p.answers}, {"expect", t.Expect, &p.expect}, {"params", t.Params, &p.params}} {
		if len(part.raw) == 0 {
			continue
		}
		d := json.NewDecoder(strings.NewReader(string(part.raw)))
		d.UseNumber()
		d.DisallowUnknownFields()
		if err := d.Decode(part.into); err != nil {
			return p, unreadable(part.name, strings.TrimPrefix(err.Error(), "json: "))
		}
	}
	if (p.expect.Outputs == nil) == (p.expect.Fault == nil) {
		return p, unreadable("expect", "give outputs or a fault")
	}
	for _, record := range []struct {
		name string
		raw  json.RawMessage
	}{{"input", t.Input}, {"source", t.Source}, {"vars", t.Vars}} {
		if len(record.raw) > 0 && (item.Check(record.raw) != nil || item.Of(record.raw).Kind() != item.Object) || len(t.Input) == 0 {
			return p, unreadable(record.name, "give an object")
		}
	}
	p.facts = item.Facts{Key: facts.Key, Number: facts.Number, Revision: facts.Revision, FlowID: "test", RunID: "test"}
	for _, end := range []struct {
		name, text string
		into       *time.Time
	}{{"from", facts.From, &p.facts.From}, {"to", facts.To, &p.facts.To}} {
		m, blank, err := format.ParseMoment(item.Of(item.AppendText(nil, end.text)), zone)
		if err != nil || blank {
			return p, unreadable("facts."+end.name, "give a date and time")
		}
		*end.into = m.In(zone)
	}
	return p, nil
}

func unreadable(part, why string) *fault.Fault {
	return fault.New("test.part_unreadable", "%s of the test can't be read: %s", part, why).Classed(fault.Config).At(part)
}
