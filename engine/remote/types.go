// Package remote has the transform nodes that installed plugins bring: what they declare, and
// their code as a flow calls it. A batch crosses into the plugin's process in portions, and
// nothing is believed of the answers that was not looked at.
//
// It may import engine/flow, sdk/manifest, sdk/node, sdk/protocol/peer and what is below them:
// never the plugin host itself, a store or a server.
package remote

import (
	"context"
	"time"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
)

// Host runs plugins.
type Host interface {
	// Manifest gives that of the plugin that serves a version: "" is any, "1.2" any 1.2.x.
	Manifest(ctx context.Context, id, version string) (*manifest.Manifest, error)
	// Transforms has work call the code of a plugin's nodes in its process.
	Transforms(ctx context.Context, id, version string, work func(node.Code) error) error
}

// Limits bound what crosses at a time. Zero fields have the defaults named.
type Limits struct {
	// Call is how long a portion may take. 30 s.
	Call time.Duration
	// Ask is how long a plugin may take to tell what it declares, or what is wrong with
	// settings. 10 s.
	Ask time.Duration
	// Records and Bytes bound a portion; one record alone may have MostBytes. 200 and 4 MiB.
	Records, Bytes int
}

const (
	// mostBytes is the largest record that crosses.
	mostBytes = 32 << 20
	// mostOutputs is how many records may come of one.
	mostOutputs = 10_000
	// mostRoute bounds a route, which becomes part of a delivery's key.
	mostRoute = 64
)

func (l *Limits) defaults() {
	if l.Call <= 0 {
		l.Call = 30 * time.Second
	}
	if l.Ask <= 0 {
		l.Ask = 10 * time.Second
	}
	if l.Records <= 0 {
		l.Records = 200
	}
	if l.Bytes <= 0 {
		l.Bytes = 4 << 20
	}
}

// Types are the node types of this program and of the installed plugins: flow.Types.
type Types struct {
	built  flow.Types
	host   Host
	limits Limits
	pins   map[string]string
}

// New gives the types of a program and those that the host's plugins bring.
func New(built flow.Types, host Host, limits Limits) *Types {
	limits.defaults()
	return &Types{built: built, host: host, limits: limits}
}

// For implements flow.Pinned.
func (t *Types) For(pins map[string]string) flow.Types { //nolint:ireturn // flow.Pinned wants it
	seen := *t
	seen.pins = pins
	return &seen
}

// Type implements flow.Types. A plugin that is asked for the first time is started for it.
func (t *Types) Type(name string) (node.Type, bool) {
	found, f := t.find(name)
	return found, f == nil && found != nil
}

// Missing implements flow.Explaining.
func (t *Types) Missing(name string) *fault.Fault {
	_, f := t.find(name)
	return f
}

// find gives nil and no fault for a name that can't be a plugin's.
func (t *Types) find(name string) (node.Type, *fault.Fault) {
	plugin, local, ok := manifest.NodeType(name)
	if !ok {
		if built, ok := t.built.Type(name); ok {
			return built, nil
		}
		return nil, nil //nolint:nilnil // nothing more is known than that there is none
	}
	ctx, cancel := context.WithTimeout(context.Background(), t.limits.Ask)
	defer cancel()
	m, err := t.host.Manifest(ctx, plugin, t.pins[plugin])
	if err != nil {
		return nil, fault.New("node.plugin_missing", "the plugin %s, which brings the node type %s, can't be used: %s", plugin, name, fault.From(err).Message).
			Arg("plugin", plugin).Arg("type", name).Classed(fault.Config).Because(err).
			Hinted("install the plugin, or another version of it")
	}
	for _, d := range m.Declarations() {
		if d.Type == name {
			return &kind{types: t, plugin: plugin, version: m.Version, name: local, declared: d}, nil
		}
	}
	return nil, fault.New("node.not_in_plugin", "version %s of the plugin %s brings no node %s", m.Version, plugin, local).
		Arg("plugin", plugin).Arg("version", m.Version).Arg("node", local).Classed(fault.Config).
		Hinted("another version of the plugin may have it")
}

// kind is a node type that a plugin brings.
type kind struct {
	types                 *Types
	plugin, version, name string
	declared              node.Declaration
}

// Declaration implements node.Type.
func (k *kind) Declaration() node.Declaration { return k.declared }

// CheckSettings implements node.Checker. A plugin that can't be asked now is no problem of the
// settings: what runs says it of the documents.
func (k *kind) CheckSettings(settings []byte) (found []*fault.Fault) {
	err := k.ask(func(ctx context.Context, code node.Code) (err error) {
		found, err = code.CheckSettings(ctx, k.name, manifest.WithDefaults(k.declared.Settings, settings))
		return err
	})
	switch {
	case err == nil:
		for i, f := range found {
			found[i] = k.clean(f).Classed(fault.Config)
		}
		return found
	case fault.ClassOf(err) == fault.Transient:
		return nil
	default:
		return []*fault.Fault{fault.From(err)}
	}
}

// Upgrade implements node.Upgrader.
func (k *kind) Upgrade(from int, settings []byte) (raw []byte, err error) {
	err = k.ask(func(ctx context.Context, code node.Code) (err error) {
		raw, err = code.Upgrade(ctx, k.name, from, settings)
		return err
	})
	if err == nil && !object(raw) {
		err = fault.New("transform.bad_settings", "the plugin made something of the settings that is no JSON object").Hinted("this is a defect of the plugin").Classed(fault.Internal)
	}
	return raw, err
}

func (k *kind) ask(work func(context.Context, node.Code) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), k.types.limits.Ask)
	defer cancel()
	return k.types.host.Transforms(ctx, k.plugin, k.version, func(code node.Code) error { return work(ctx, code) })
}
