package catalog

import (
	"cmp"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
)

// Connector is an installed connector as lists and the form of a connection show it.
type Connector struct {
	ID       string     `json:"id"`
	Version  string     `json:"version"`
	Title    field.Text `json:"title"`
	Describe field.Text `json:"describe,omitzero"`
	// Icon is where a picture is, on this server or in itself (a data URI), "" where there is none.
	Icon string `json:"icon"`
	// TimeZone is the IANA zone of the system's times without offset.
	TimeZone   string          `json:"timeZone,omitempty"`
	Settings   []field.Setting `json:"settings"`
	Operations []Summary       `json:"operations"`
	// Fault says why the connector does not start.
	Fault *fault.Fault `json:"fault,omitempty"`
}

// Summary is an operation as a list shows it.
type Summary struct {
	Name   string                 `json:"name"`
	Kind   manifest.OperationKind `json:"kind"`
	Title  field.Text             `json:"title"`
	Object string                 `json:"object"`
}

// Operation is everything that is declared of an operation.
type Operation struct {
	Connector string `json:"connector"`
	Version   string `json:"version"`
	Summary
	Fields
	// Form is the request parameter that narrows the object, "" when none does;
	// Forms are its known values, each with all the fields that hold for it.
	Form  string `json:"form,omitempty"`
	Forms []Form `json:"forms,omitempty"`
	// Window and Paging are set for queries that have them, ByNumber for those that
	// can select by number.
	Window   *Window            `json:"window,omitempty"`
	Paging   *manifest.Paging   `json:"paging,omitempty"`
	ByNumber *manifest.ByNumber `json:"byNumber,omitempty"`
}

// Fields are what an operation asks for and gives, for one form of its object.
type Fields struct {
	Request  []Field `json:"request"`
	Response []Field `json:"response"`
	// Key, Number and Modified are the value language texts that a new source starts with.
	Key      string `json:"key,omitempty"`
	Number   string `json:"number,omitempty"`
	Modified string `json:"modified,omitempty"`
	// Writing is set for writes: rows per call, the class of each mode, answers.
	Writing *manifest.Writing `json:"writing,omitempty"`
}

// Form is an operation for one value of its form parameter.
type Form struct {
	ID    string     `json:"id"`
	Title field.Text `json:"title"`
	Fields
}

// Field is a declared field with everything said that the manifest leaves to a default.
type Field struct {
	Name     string      `json:"field"`
	Title    field.Text  `json:"title"`
	Describe field.Text  `json:"describe,omitzero"`
	Type     field.Type  `json:"type"`
	Required bool        `json:"required"`
	Group    field.Group `json:"group"`
	// Path is where the value really goes, within the parent's.
	Path    string        `json:"path"`
	Default string        `json:"default,omitempty"`
	Parser  *field.Parser `json:"parser,omitempty"`
	Format  string        `json:"format,omitempty"`
	// BaseData names the base-data object (基础资料) that the value refers to.
	BaseData string `json:"baseData,omitempty"`
	// Enum are the values that the vendor documents; others may be written all the same.
	Enum     []field.Option `json:"enum,omitempty"`
	Children []Field        `json:"children,omitempty"`
}

// Window is how a query selects by time, its durations as people write them ("10m").
type Window struct {
	From        string `json:"from"`
	To          string `json:"to"`
	Format      string `json:"format"`
	Span        string `json:"span,omitempty"`
	Granularity string `json:"granularity"`
	Lag         string `json:"lag"`
	LookBack    string `json:"lookBack"`
}

func connectorOf(p Plugin) Connector {
	c := Connector{ID: p.ID, Version: p.Version, Settings: []field.Setting{}, Operations: []Summary{}, Fault: p.Fault}
	c.Title.ZH = p.ID
	m := p.Manifest
	if m == nil {
		return c
	}
	c.Title, c.Describe, c.TimeZone = m.Title, m.Describe, m.TimeZone
	c.Icon = p.Icon
	c.Settings = append(c.Settings, m.Settings...)
	for i := range m.Operations {
		c.Operations = append(c.Operations, summaryOf(&m.Operations[i]))
	}
	return c
}

func summaryOf(op *manifest.Operation) Summary {
	return Summary{Name: op.Name, Kind: op.Kind, Title: op.Title, Object: op.Object}
}

func operationOf(p Plugin, op *manifest.Operation) Operation {
	view := Operation{
		Connector: p.ID, Version: p.Version, Summary: summaryOf(op), Fields: partsOf(op),
		Form: op.Form, Window: windowOf(op.Window), Paging: op.Paging, ByNumber: op.ByNumber,
	}
	for _, f := range op.Forms {
		view.Forms = append(view.Forms, FormOf(op, f))
	}
	return view
}

// FormOf gives an operation for a form, which need not be one that its manifest lists.
func FormOf(op *manifest.Operation, f manifest.Form) Form {
	return Form{ID: f.ID, Title: f.Title, Fields: partsOf(op.With(f))}
}

func partsOf(op *manifest.Operation) Fields {
	return Fields{
		Request: fieldsOf(op.Request, ""), Response: fieldsOf(op.Response, ""),
		Key: op.Key, Number: op.Number, Modified: op.Modified, Writing: op.Writing,
	}
}

// fieldsOf says the defaults; children belong to the group of their parent unless they say otherwise.
func fieldsOf(fields []field.Field, parent field.Group) []Field {
	views := make([]Field, len(fields))
	for i, f := range fields {
		group := cmp.Or(f.Group, parent, field.Business)
		views[i] = Field{
			Name: f.Name, Title: f.Title, Describe: f.Describe, Type: cmp.Or(f.Type, field.String), Required: f.Required, Group: group,
			Path: cmp.Or(f.Path, f.Name), Default: f.Default, Parser: f.Parser, Format: f.Format, BaseData: f.BaseData, Enum: f.Enum,
			Children: fieldsOf(f.Children, group),
		}
	}
	return views
}

func windowOf(w *manifest.Window) *Window {
	if w == nil {
		return nil
	}
	view := &Window{
		From: w.From, To: w.To, Format: w.Format,
		Granularity: short(w.Granularity.Std()), Lag: short(w.Lag.Std()), LookBack: short(w.LookBack.Std()),
	}
	if w.Span > 0 {
		view.Span = short(w.Span.Std())
	}
	return view
}

// short writes a duration without the zeros at its end.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
