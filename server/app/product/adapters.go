package product

import (
	"context"
	"log/slog"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/remote"
	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/bus"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/operation"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/store/lookupstore"
)

// Scripts gives the planner the pool of script workers.
type Scripts struct {
	pool *script.Pool
	log  *slog.Logger
}

// NewScripts makes a pool of script workers, of which none runs yet. The caller closes it.
func NewScripts(c Config) Scripts {
	return Scripts{script.NewPool(script.Config{Command: c.ScriptWorker, Log: c.Log}), c.Log}
}

// Close ends the workers.
func (s Scripts) Close() {
	if s.pool != nil {
		s.pool.Close()
	}
}

// Compile implements compile.Scripts.
func (s Scripts) Compile(ctx context.Context, source string, params []byte, zone string) (node.Script, error) {
	compiled, err := s.pool.Compile(ctx, source)
	if err != nil {
		return nil, err
	}
	return compiled.With(script.Env{Params: params, Zone: zone, Log: func(e script.Entry) {
		s.log.InfoContext(context.WithoutCancel(ctx), "script", "document", e.Key, "level", e.Level, "text", e.Text)
	}}), nil
}

// drafts compiles documents against the connections of their workspace.
type drafts struct {
	saved       *draft.Service
	tables      *lookupstore.Store
	connections *connection.Service
	operations  *operation.Service
	scripts     Scripts
	types       flow.Types
}

// Compile implements trial.Compiler.
func (d drafts) Compile(ctx context.Context, workspace ledger.ID, doc *flow.Document) (*plan.Plan, []flow.Problem) {
	return compile.Flow(ctx, doc, d.Options(ctx, workspace))
}

// Options implements trial.Compiler.
func (d drafts) Options(ctx context.Context, workspace ledger.ID) compile.Options {
	return compile.Options{
		Types: d.types, Catalogue: named{ctx, d.connections, workspace}, Scripts: d.scripts,
		Operations: func(name string) ([]byte, error) { return d.operations.Lookup(ctx, workspace, name) },
		Flows:      looked{ctx: ctx, drafts: d.saved, tables: d.tables, types: d.types, workspace: workspace},
	}
}

// Check implements draft.Checker.
func (d drafts) Check(ctx context.Context, workspace ledger.ID, doc *flow.Document) []flow.Problem {
	_, problems := d.Compile(ctx, workspace, doc)
	return problems
}

// named sees the connections of a workspace.
type named struct {
	ctx         context.Context //nolint:containedctx // lives for one call of compile.Flow only
	connections *connection.Service
	workspace   ledger.ID
}

// Manifest implements compile.Catalogue.
func (n named) Manifest(connection string) (*manifest.Manifest, error) {
	return n.connections.Manifest(n.ctx, n.workspace, connection)
}

// described are connections that are asked for fields.
type described struct{ *connection.Service }

// Revision implements discovery.Connections.
func (d described) Revision(ctx context.Context, name string) (int64, error) {
	v, err := d.Get(ctx, name)
	return v.Revision, err
}

// installed gives the catalogue the connectors of the plugin host.
type installed struct {
	host  *pluginhost.Host
	icons func(context.Context, []plugins.Running) map[string]string
}

// List implements catalog.Installed.
func (i installed) List(ctx context.Context) ([]catalog.Plugin, error) {
	all, err := i.host.List(ctx)
	list, running := make([]catalog.Plugin, len(all)), make([]plugins.Running, len(all))
	for n, p := range all {
		running[n] = RunningOf(p)
	}
	icons := i.icons(ctx, running)
	for n, p := range all {
		list[n] = catalog.Plugin{ID: p.ID, Version: p.Version, Manifest: p.Manifest, Fault: p.Fault, Icon: icons[p.ID+"@"+p.Version]}
	}
	return list, err
}

// Plugins gives the connection service the manifests and sessions of the host.
type Plugins struct{ *pluginhost.Host }

// Manifest implements connection.Plugins. version "" is the newest that can be
// read, "1.2" any 1.2.x.
func (p Plugins) Manifest(ctx context.Context, id, version string) (*manifest.Manifest, error) {
	m, err := p.Host.Manifest(ctx, id, version)
	if fault.CodeOf(err) == pluginhost.CodeMissing {
		return nil, fault.New("connector.missing", "the connector %s is not installed", id).Classed(fault.Config).
			Hinted("karez plugin list shows what is installed").Because(err)
	}
	return m, err
}

// notices gives the execution service the bus.
type notices struct{ bus bus.Bus }

// Announce implements notice.Notices.
func (n notices) Announce(ctx context.Context, topic string, data []byte) error {
	return n.bus.Announce(ctx, bus.Notice{Topic: topic, Data: data})
}

// Listen implements notice.Notices.
func (n notices) Listen(ctx context.Context, topic string, hear func(topic string, data []byte)) error {
	return n.bus.Listen(ctx, topic, func(notice bus.Notice) { hear(notice.Topic, notice.Data) })
}

// published gives the execution service published documents.
type published struct{ drafts *draft.Service }

// Load implements plans.Versions.
func (v published) Load(ctx context.Context, version ledger.ID) (ledger.ID, *flow.Document, map[string]int, error) {
	loaded, doc, numbers, err := v.drafts.Load(ctx, version)
	return loaded.Workspace, doc, numbers, err
}

// Types gives the node types of this program and those that the host's plugins bring.
func Types(host *pluginhost.Host) *remote.Types {
	return remote.New(flow.NewTypes(nodes.All()...), host, remote.Limits{})
}
