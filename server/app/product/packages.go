package product

import (
	"cmp"
	"context"
	"path/filepath"
	"runtime"

	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/shelf"
)

// NewShelf gives the installed connector packages of a product.
func NewShelf(c Config) *shelf.Shelf {
	_, _, versions := protocol.Handshake()
	return shelf.New(shelf.Config{
		Dir: cmp.Or(c.Packages, filepath.Join(c.Data, "plugins")), Core: c.Core, OS: runtime.GOOS, Arch: runtime.GOARCH, SDK: versions, Clock: c.Clock,
	})
}

// Programs gives the plugin host what is installed.
func Programs(s *shelf.Shelf) func(context.Context) ([]pluginhost.Program, error) {
	return func(ctx context.Context) ([]pluginhost.Program, error) {
		installed, err := s.Recent(ctx)
		if err != nil {
			return nil, err
		}
		var programs []pluginhost.Program
		for _, c := range installed {
			for _, v := range c.Versions {
				p := pluginhost.Program{ID: v.ID, Version: v.Version, Path: v.Program, SHA256: v.ProgramSum, Active: v.Active, Fault: v.Fault}
				if v.Manifest != nil {
					f, _ := v.Manifest.File(plugpack.ConnectorFile)
					p.Manifest = f.SHA256
				}
				programs = append(programs, p)
			}
		}
		return programs, nil
	}
}

// hosted gives the service of connectors what the plugin host runs.
type hosted struct{ *pluginhost.Host }

// Running implements plugins.Engine.
func (h hosted) Running(ctx context.Context) ([]plugins.Running, error) {
	all, err := h.List(ctx)
	list := make([]plugins.Running, len(all))
	for i, p := range all {
		list[i] = RunningOf(p)
	}
	return list, err
}

// RunningOf is what the service of connectors knows of one that the plugin host runs.
func RunningOf(p pluginhost.Installed) plugins.Running {
	r := plugins.Running{ID: p.ID, Version: p.Version, Packaged: p.Packaged, Manifest: p.Manifest, Fault: p.Fault}
	r.Isolation.Level = string(p.Isolation.Level)
	for _, part := range p.Isolation.InForce {
		r.Isolation.InForce = append(r.Isolation.InForce, string(part))
	}
	for _, m := range p.Isolation.Missing {
		r.Isolation.Missing = append(r.Isolation.Missing, plugins.Shortfall{Part: string(m.Part), Reason: m.Reason})
	}
	if p.Manifest != nil {
		r.Isolation.Declared, r.Isolation.Hosts = p.Manifest.Hosts != nil, p.Manifest.Hosts
	}
	return r
}

// changed lets what begins now be served by the connectors that are installed now.
func (p *Product) changed(ctx context.Context) {
	p.Connections.Renew(ctx)
	p.plans.Forget()
}
