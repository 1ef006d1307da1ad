package compile

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
)

// settings are a node's settings with their compiled programs.
type settings struct {
	raw []byte
	at  *nodeAt

	mappings   map[string]node.Mapping
	conditions map[string]node.Conditions
	scripts    map[string]node.Script
	values     map[string]node.Value
}

func (n *nodeAt) settings() *settings {
	return &settings{
		raw: n.raw, at: n, mappings: map[string]node.Mapping{}, conditions: map[string]node.Conditions{},
		scripts: map[string]node.Script{}, values: map[string]node.Value{},
	}
}

var _ node.Settings = (*settings)(nil)

// Decode implements node.Settings.
func (s *settings) Decode(into any) error {
	if err := json.Unmarshal(s.raw, into); err != nil {
		return fault.Wrap(err, "setting.wrong_type", "the settings can't be read").Classed(fault.Config)
	}
	return nil
}

// Mapping implements node.Settings.
func (s *settings) Mapping(key string) node.Mapping { return s.mappings[key] }

// Value implements node.Settings.
func (s *settings) Value(key string) node.Value { return s.values[key] }

// Connection implements node.Settings.
func (s *settings) Connection() string { return s.at.node.Connection }

// Stream implements node.Settings.
func (s *settings) Stream(key, source string, paths []string) (string, error) {
	name := item.Of(s.raw).Path(strings.NewReplacer("[", ".", "]", "").Replace(key)).Text()
	if source != "" {
		name += "." + source
	}
	stream, f := Finder{s.at.compiler}.Stream(name, paths)
	if f != nil {
		return "", f.At(key)
	}
	return stream, nil
}

// Conditions implements node.Settings.
func (s *settings) Conditions(key string) node.Conditions { return s.conditions[key] }

// Script implements node.Settings.
func (s *settings) Script(key string) node.Script { return s.scripts[key] }

func member(dst []byte, name string, raw []byte) []byte {
	if len(dst) > 1 {
		dst = append(dst, ',')
	}
	return append(append(item.AppendText(dst, name), ':'), raw...)
}

// scopes gives programs of a node the flow's parameters besides the item.
type scopes struct {
	params item.Value
	pool   *sync.Pool
}

func newScopes(params []byte) scopes {
	return scopes{params: item.Of(params), pool: &sync.Pool{New: func() any { return &value.Scope{} }}}
}

func (p scopes) with(in item.Item, use func(*value.Scope) error) error {
	s := p.pool.Get().(*value.Scope) //nolint:forcetypeassert // the pool makes nothing else
	defer p.pool.Put(s)
	s.Reset()
	s.SetItem(in)
	s.Params = p.params
	return use(s)
}

// mapping is a value.Mapping that sees the flow's parameters.
type mapping struct {
	program *value.Mapping
	scopes  scopes
}

// Map implements node.Mapping.
func (m mapping) Map(dst []byte, in item.Item) (out []byte, err error) {
	err = m.scopes.with(in, func(s *value.Scope) error {
		out, err = m.program.Append(dst, s)
		return err
	})
	return out, err
}

// explain gives every field that the mapping makes of an item, and why.
func (m mapping) explain(in item.Item) (rows []value.Explained, err error) {
	err = m.scopes.with(in, func(s *value.Scope) error {
		rows, err = m.program.Explain(s)
		return err
	})
	return rows, err
}

// parameters are value.Params that see the flow's parameters and the first page.
type parameters struct {
	program *value.Params
	scopes  scopes
	page    value.System
}

// Map implements node.Mapping.
func (p parameters) Map(dst []byte, in item.Item) (out []byte, err error) {
	err = p.scopes.with(in, func(s *value.Scope) error {
		s.System.PageSize, s.System.StartPage = p.page.PageSize, p.page.StartPage
		out, err = p.program.Append(dst, s)
		return err
	})
	return out, err
}

// text is a value.Program that sees the flow's parameters.
type text struct {
	program *value.Program
	scopes  scopes
}

// Text implements node.Value.
func (t text) Text(in item.Item) (out string, err error) {
	err = t.scopes.with(in, func(s *value.Scope) error {
		out, err = t.program.Text(s)
		return err
	})
	return out, err
}

// conditions are value.Conditions that see the flow's parameters.
type conditions struct {
	program *value.Conditions
	scopes  scopes
}

// Match implements node.Conditions.
func (c conditions) Match(in item.Item) (ok bool, err error) {
	err = c.scopes.with(in, func(s *value.Scope) error {
		ok, err = c.program.MatchScope(s)
		return err
	})
	return ok, err
}

// MatchLine implements node.Conditions.
func (c conditions) MatchLine(in item.Item, array string, line item.Value) (ok bool, err error) {
	err = c.scopes.with(in, func(s *value.Scope) error {
		s.Lines = append(s.Lines, value.Line{Array: array, Value: line})
		ok, err = c.program.MatchScope(s)
		return err
	})
	return ok, err
}

// paramsOf gives the flow's parameters with their values, a JSON object.
func paramsOf(declared []flow.Param) []byte {
	out := []byte{'{'}
	for _, p := range declared {
		if len(bytes.TrimSpace(p.Default)) > 0 {
			out = member(out, p.Key, p.Default)
		}
	}
	return append(out, '}')
}
