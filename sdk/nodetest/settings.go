package nodetest

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// Programs are stand-ins for compiled settings by key.
type Programs struct {
	Mapping    map[string]node.Mapping
	Value      map[string]node.Value
	Conditions map[string]node.Conditions
	Script     map[string]node.Script
}

// MapFunc is a node.Mapping that gives the JSON object to append.
type MapFunc func(in item.Item) (string, error)

// Map implements node.Mapping.
func (f MapFunc) Map(dst []byte, in item.Item) ([]byte, error) {
	raw, err := f(in)
	if err != nil {
		return nil, err
	}
	return append(dst, raw...), nil
}

// TextFunc is a node.Value.
type TextFunc func(in item.Item) (string, error)

// Text implements node.Value.
func (f TextFunc) Text(in item.Item) (string, error) { return f(in) }

// MatchFunc is a node.Conditions.
type MatchFunc func(in item.Item) (bool, error)

// Match implements node.Conditions.
func (f MatchFunc) Match(in item.Item) (bool, error) { return f(in) }

// MatchLine implements node.Conditions: the function sees the line in the item's place.
func (f MatchFunc) MatchLine(in item.Item, _ string, line item.Value) (bool, error) {
	return f(in.With(line.Raw()))
}

// ScriptFunc is a node.Script.
type ScriptFunc func(ctx context.Context, batch []item.Item) ([]node.Result, error)

// Run implements node.Script.
func (f ScriptFunc) Run(ctx context.Context, batch []item.Item) ([]node.Result, error) {
	return f(ctx, batch)
}

// Looking implements node.Script: what is to be looked up is left to the function.
func (f ScriptFunc) Looking([]node.ScriptLookup) node.Script { return f }

// Settings are the settings of one node under test.
type Settings struct {
	t        testing.TB
	raw      []byte
	programs Programs
}

// NewSettings gives settings for a transform's New, the declaration's defaults
// applied. Asking for a program that is not in programs fails the test.
func NewSettings(tb testing.TB, d node.Declaration, raw string, programs Programs) *Settings {
	tb.Helper()
	return &Settings{tb, manifest.WithDefaults(d.Settings, []byte(raw)), programs}
}

// Decode implements node.Settings.
func (s *Settings) Decode(into any) error {
	if err := json.Unmarshal(s.raw, into); err != nil {
		return fault.Wrap(err, "setting.wrong_type", "the settings do not fit").Classed(fault.Config)
	}
	return nil
}

// Mapping implements node.Settings.
func (s *Settings) Mapping(key string) node.Mapping { return program(s.t, s.programs.Mapping, key) }

// Value implements node.Settings.
func (s *Settings) Value(key string) node.Value { return program(s.t, s.programs.Value, key) }

// Stream implements node.Settings: the alias stands for the flow.
func (s *Settings) Stream(key, source string, paths []string) (string, error) {
	if slices.Contains(paths, "") {
		s.t.Errorf("the transform reads a field without a name: %q", paths)
	}
	return item.Of(s.raw).Path(strings.NewReplacer("[", ".", "]", "").Replace(key)).Text() + "." + source, nil
}

// Connection implements node.Settings.
func (s *Settings) Connection() string { return "connection" }

// Conditions implements node.Settings.
func (s *Settings) Conditions(key string) node.Conditions {
	return program(s.t, s.programs.Conditions, key)
}

// Script implements node.Settings.
func (s *Settings) Script(key string) node.Script { return program(s.t, s.programs.Script, key) }

func program[T any](tb testing.TB, given map[string]T, key string) T {
	tb.Helper()
	p, ok := given[key]
	if !ok {
		tb.Fatalf("the transform asks for the program of %q, which the case does not give", key)
	}
	return p
}

var _ node.Settings = (*Settings)(nil)
