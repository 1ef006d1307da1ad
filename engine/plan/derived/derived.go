// Package derived is operations that somebody made of a connector's own (自定义接口): one
// named "<base>#<form>" is the base operation with fixed parameters, such as a FormId, and
// with fields laid over those that the manifest declares.
//
// It may import sdk/fault, sdk/field, sdk/item and sdk/manifest only.
package derived

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
)

// MaxBytes is the most bytes of an operation as JSON.
const MaxBytes = 1 << 20

// Operation is a derived operation. Its name says of which one it is made.
type Operation struct {
	// Connector is the id of the connector that has the base.
	Connector string     `json:"connector"`
	Title     field.Text `json:"title,omitzero"`
	// Params are request parameters that no node can give otherwise.
	Params []Param `json:"params,omitempty"`
	// Request and Response are laid over the base's fields: one of the same name takes the
	// declared one's place, the others come behind.
	Request  []field.Field `json:"request,omitempty"`
	Response []field.Field `json:"response,omitempty"`
	// Key, Number, Modified, WriteKey and Compare replace the base's as a manifest.Form's do.
	Key      string   `json:"key,omitempty"`
	Number   string   `json:"number,omitempty"`
	Modified string   `json:"modified,omitempty"`
	WriteKey string   `json:"writeKey,omitempty"`
	Compare  []string `json:"compare,omitempty"`
}

// Param is a parameter and the value language text that it always has.
type Param struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// Split gives the base of a derived operation's name and what stands behind it. A name
// that is not made so is its own base.
func Split(name string) (base, form string, made bool) { return strings.Cut(name, "#") }

// Read reads an operation and reports everything that is wrong with it by the path in it:
// "operation.unreadable", "operation.too_large", "operation.name", "operation.connector_missing",
// "operation.param_name", "operation.param_twice", "operation.param_value", and of its
// fields what manifest.Operation.Check does. The operation is nil where it can't be read.
// Fields without a title are called as they are named.
func Read(name string, raw []byte) (*Operation, []*fault.Fault) {
	if len(raw) > MaxBytes {
		return nil, []*fault.Fault{fault.New("operation.too_large", "a derived operation has at most %d KiB", MaxBytes>>10).Classed(fault.Config).
			Hinted("leave out fields that no flow uses")}
	}
	o := &Operation{}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(o); err != nil {
		return nil, []*fault.Fault{fault.New("operation.unreadable", "the derived operation can't be read").Classed(fault.Config).Because(err).
			Hinted("it has connector, title, params, request and response")}
	}
	titled(o.Request)
	titled(o.Response)
	return o, o.check(name)
}

func titled(fields []field.Field) {
	for i := range fields {
		fields[i].Title.ZH = cmp.Or(fields[i].Title.ZH, fields[i].Title.EN, fields[i].Name)
		titled(fields[i].Children)
	}
}

func (o *Operation) check(name string) []*fault.Fault {
	var faults []*fault.Fault
	add := func(path, code, format string, args ...any) {
		faults = append(faults, fault.New("operation."+code, format, args...).At(path).Classed(fault.Config))
	}
	base, form, made := Split(name)
	if !made || base == "" || form == "" {
		add("name", "name", "%q is no name of a derived operation, such as executeBillQuery#SAL_SaleOrder", name)
	}
	if o.Connector == "" {
		add("connector", "connector_missing", "a derived operation says of which connector it is")
	}
	for i, p := range o.Params {
		path := fmt.Sprintf("params[%d].", i)
		switch {
		case p.Field == "":
			add(path+"field", "param_name", "a fixed parameter has a name")
		case slices.ContainsFunc(o.Params[:i], func(q Param) bool { return q.Field == p.Field }):
			add(path+"field", "param_twice", "%s is fixed twice", p.Field)
		case p.Value == "":
			add(path+"value", "param_value", "%s has no value", p.Field)
		}
	}
	// As an action, for what a query or a write has besides is the base's.
	shape := manifest.Operation{
		Name: name, Kind: manifest.Action, Title: field.Text{ZH: name}, Object: name, Request: o.Request, Response: o.Response,
	}
	for _, f := range shape.Check() {
		if f.Path != "name" || len(faults) == 0 {
			faults = append(faults, f)
		}
	}
	return faults
}

// JSON gives the saved form.
func (o *Operation) JSON() []byte {
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err) // nothing in it can't be written
	}
	return raw
}

// Fixed gives the value of a fixed parameter, "" where it is not fixed.
func (o *Operation) Fixed(name string) string {
	for _, p := range o.Params {
		if name != "" && p.Field == name {
			return p.Value
		}
	}
	return ""
}

// Over gives the base's operation in the manifest with this one laid over it, under the
// base's name, for that is what the connector is called by. It fails with
// "operation.other_connector" and "operation.base_unknown".
func (o *Operation) Over(name string, m *manifest.Manifest) (*manifest.Operation, *fault.Fault) {
	if m.ID != o.Connector {
		return nil, fault.New("operation.other_connector", "%s is an operation of %s, and the connection is one of %s", name, o.Connector, m.ID).Classed(fault.Config)
	}
	base, _, _ := Split(name)
	of, ok := m.Operation(base)
	if !ok {
		return nil, fault.New("operation.base_unknown", "%s is made of %s, which %s (%s) does not have", name, base, m.Title.ZH, m.ID).Classed(fault.Config)
	}
	op := of.For(o.Fixed(of.Form)).With(manifest.Form{Key: o.Key, Number: o.Number, Modified: o.Modified, WriteKey: o.WriteKey, Compare: o.Compare})
	op.Request, op.Response = laid(op.Request, o.Request), laid(op.Response, o.Response)
	if o.Title.ZH != "" {
		op.Title = o.Title
	}
	return op, nil
}

// laid puts fields over declared ones. What a field leaves open is as it is declared, and
// how values are made safe always is.
func laid(declared, own []field.Field) []field.Field {
	out := slices.Clone(declared)
	for _, f := range own {
		at := slices.IndexFunc(out, func(d field.Field) bool { return d.Name == f.Name })
		if at < 0 {
			out = append(out, f)
			continue
		}
		d := out[at]
		f.Type, f.Group, f.Path = cmp.Or(f.Type, d.Type), cmp.Or(f.Group, d.Group), cmp.Or(f.Path, d.Path)
		f.Format, f.BaseData, f.Default = cmp.Or(f.Format, d.Format), cmp.Or(f.BaseData, d.BaseData), cmp.Or(f.Default, d.Default)
		f.Quote, f.Constant, f.Required = cmp.Or(d.Quote, f.Quote), f.Constant || d.Constant, f.Required || d.Required
		if f.Parser == nil {
			f.Parser = d.Parser
		}
		if len(f.Enum) == 0 {
			f.Enum = d.Enum
		}
		if f.Title.ZH == f.Name {
			f.Title = d.Title
		}
		if f.Describe.ZH == "" {
			f.Describe = d.Describe
		}
		f.Children = laid(d.Children, f.Children)
		out[at] = f
	}
	return out
}

// Under gives a node's settings as if they named the base, with the fixed parameters as
// the last of the rows in the setting rows. Rows that give a fixed parameter another value
// are "operation.param_fixed".
func (o *Operation) Under(settings []byte, name, rows string) ([]byte, []*fault.Fault) {
	var members map[string]json.RawMessage
	if json.Unmarshal(settings, &members) != nil || members == nil {
		return settings, nil // reported by flow.Validate
	}
	base, _, _ := Split(name)
	members["operation"] = item.AppendText(nil, base)
	var faults []*fault.Fault
	var list [][]byte
	given := map[string]bool{}
	for row := range item.Of(members[rows]).Elements() {
		key := row.Field("field").Text()
		if fixed := o.Fixed(key); fixed != "" && row.Field("value").Text() != fixed {
			faults = append(faults, fault.New("operation.param_fixed", "%s always has %s = %s", name, key, fixed).
				At(fmt.Sprintf("%s[%d].value", rows, len(list))).Classed(fault.Config).Hinted("remove the row, or choose another operation"))
		}
		given[key] = true
		list = append(list, row.Raw())
	}
	for _, p := range o.Params {
		if !given[p.Field] {
			list = append(list, append(item.AppendText(append(item.AppendText([]byte(`{"field":`), p.Field), `,"value":`...), p.Value), '}'))
		}
	}
	out := []byte{'{'}
	member := func(key string, raw []byte) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(item.AppendText(out, key), ':'), raw...)
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if key != rows {
			member(key, members[key])
		}
	}
	if len(list) > 0 {
		member(rows, append(append([]byte{'['}, bytes.Join(list, []byte{','})...), ']'))
	}
	return append(out, '}'), faults
}
