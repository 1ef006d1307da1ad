// Package catalog tells what flows are made of: the node types of this program
// and the installed connectors with their operations, in forms that palettes and
// forms are drawn from.
//
// It may import server/access, engine/flow, engine/ledger, engine/plan,
// engine/value and the sdk: never a connector process, a database or HTTP.
package catalog

import (
	"context"
	"strings"

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
	connectors := []Connector{}
	for _, p := range plugins {
		if p.Manifest == nil || !p.Manifest.NodesOnly() {
			connectors = append(connectors, connectorOf(p))
		}
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
		op, ok := p.Manifest.Operation(operation)
		if !ok {
			return Operation{}, access.Missing()
		}
		return operationOf(p, op), nil
	}
	return Operation{}, missing
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
