// Package catalog tells what flows are made of: the node types of this program
// and the installed connectors with their operations, in forms that palettes and
// forms are drawn from.
//
// It may import server/access, engine/flow, engine/ledger, engine/plan,
// engine/plan/derived, engine/value and the sdk: never a connector process, a database or HTTP.
package catalog

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/plan/derived"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/access"
)

// Plugin is an installed connector.
type Plugin struct {
	// ID and Version are the manifest's, or what the file's name says where there is none.
	ID, Version string
	// Manifest is nil where it could not be read; Fault tells why. A connector that
	// is not started for a while has both.
	Manifest *manifest.Manifest
	Fault    *fault.Fault
	// Icon is where its icon is, "" where it has none that can be shown.
	Icon string
}

// Installed knows the connectors.
type Installed interface {
	// List gives every installed connector by id, the version that serves first and then
	// from the newest version to the oldest. It is called for each question, so it keeps
	// the manifests of files that did not change: reading one means to start the connector.
	List(ctx context.Context) ([]Plugin, error)
}

// Service answers what there is.
type Service struct {
	types     []node.Type
	installed Installed
	derived   Derived
}

// Derived knows the derived operations of workspaces.
type Derived interface {
	// Derived gives those of the caller's workspace as JSON, by name.
	Derived(ctx context.Context) (map[string][]byte, error)
}

// With makes a Service that offers derived operations beside those of the manifests.
func (s *Service) With(operations Derived) *Service {
	with := *s
	with.derived = operations
	return &with
}

// New makes a Service. types are in the order of the palette.
func New(types []node.Type, installed Installed) *Service {
	return &Service{types: types, installed: installed}
}

// Nodes gives the declarations of the node types in the order of the palette, then those that
// plugins bring, each plugin's of the version that serves. Where the plugins can't be listed
// there are those of this program.
func (s *Service) Nodes(ctx context.Context) ([]node.Declaration, error) {
	if _, err := access.Here(ctx, access.Read); err != nil {
		return nil, err
	}
	nodes := []node.Declaration{}
	for _, t := range s.types {
		nodes = append(nodes, t.Declaration())
	}
	plugins, _ := s.installed.List(ctx)
	seen := map[string]bool{}
	for _, p := range plugins {
		if p.Manifest != nil && !seen[p.ID] {
			seen[p.ID] = true
			nodes = append(nodes, p.Manifest.Declarations()...)
		}
	}
	for i := range nodes {
		nodes[i].Settings = append([]field.Setting{}, nodes[i].Settings...) // a list in JSON, never null
	}
	return nodes, nil
}

// Connectors gives every installed connector, those that do not start with the reason. A plugin
// that brings nodes only connects to nothing and is none.
func (s *Service) Connectors(ctx context.Context) ([]Connector, error) {
	plugins, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	made, err := s.made(ctx)
	if err != nil {
		return nil, err
	}
	connectors := []Connector{}
	for _, p := range plugins {
		if p.Manifest != nil && p.Manifest.NodesOnly() {
			continue
		}
		c := connectorOf(p)
		for _, name := range slices.Sorted(maps.Keys(made)) {
			if op := over(p.Manifest, name, made[name]); op != nil {
				c.Operations = append(c.Operations, summaryOf(op))
			}
		}
		connectors = append(connectors, c)
	}
	return connectors, nil
}

// Operation gives one operation of a connector. version "" is the one that serves, or
// the next that can be read, "1.2" any 1.2.x. It fails with "object.missing", or with the reason
// why the connector can't be read.
func (s *Service) Operation(ctx context.Context, connector, version, operation string) (Operation, error) {
	plugins, err := s.list(ctx)
	if err != nil {
		return Operation{}, err
	}
	missing := access.Missing()
	for _, p := range plugins {
		if p.ID != connector || !fits(version, p.Version) {
			continue
		}
		if p.Manifest == nil {
			if p.Fault != nil {
				missing = p.Fault
			}
			continue
		}
		if op, ok := p.Manifest.Operation(operation); ok {
			return operationOf(p, op), nil
		}
		made, err := s.made(ctx)
		if err != nil {
			return Operation{}, err
		}
		if op := over(p.Manifest, operation, made[operation]); op != nil {
			return operationOf(p, op), nil
		}
		return Operation{}, access.Missing()
	}
	return Operation{}, missing
}

func (s *Service) made(ctx context.Context) (map[string][]byte, error) {
	if s.derived == nil {
		return nil, nil
	}
	return s.derived.Derived(ctx)
}

// over gives a derived operation as people choose it: under its name, without the
// parameters that are fixed. It is nil where the connector has no such operation.
func over(m *manifest.Manifest, name string, body []byte) *manifest.Operation {
	if m == nil || len(body) == 0 {
		return nil
	}
	o, faults := derived.Read(name, body)
	if len(faults) > 0 {
		return nil
	}
	op, f := o.Over(name, m)
	if f != nil {
		return nil
	}
	op.Name = name
	op.Request = slices.DeleteFunc(slices.Clone(op.Request), func(f field.Field) bool { return o.Fixed(f.Name) != "" })
	if o.Fixed(op.Form) != "" {
		op.Form = ""
	}
	return op
}

func (s *Service) list(ctx context.Context) ([]Plugin, error) {
	if _, err := access.Here(ctx, access.Read); err != nil {
		return nil, err
	}
	return s.installed.List(ctx)
}

// fits reports whether a version is the wanted one or a more exact form of it.
func fits(want, have string) bool {
	return want == "" || have == want || strings.HasPrefix(have, want+".")
}
