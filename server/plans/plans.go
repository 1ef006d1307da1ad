// Package plans compiles the published versions of flows and keeps them.
//
// It may import engine/flow, engine/ledger, engine/plan, its compiler and the sdk: never
// a database or another service.
package plans

import (
	"context"
	"errors"
	"sync"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
)

// Versions give published documents.
type Versions interface {
	// Load gives a version's document and its nodes' numbers; "flow.version_missing"
	// or ledger.ErrNotFound where it is not stored.
	Load(ctx context.Context, version ledger.ID) (workspace ledger.ID, doc *flow.Document, numbers map[string]int, err error)
}

// Manifests give the manifest behind a connection's name.
type Manifests interface {
	Manifest(ctx context.Context, workspace ledger.ID, connection string) (*manifest.Manifest, error)
}

// Cache compiles published versions and keeps them.
type Cache struct {
	versions  Versions
	manifests Manifests
	types     flow.Types
	scripts   compile.Scripts
	flows     func(ctx context.Context, workspace ledger.ID) compile.Flows

	mu   sync.Mutex
	kept map[ledger.ID]*compilation
}

// compilation is a compiled version, or one that somebody is compiling.
type compilation struct {
	// ready is closed when the rest is set.
	ready chan struct{}
	plan  *plan.Plan
	err   error
	// abandoned says that whoever was compiling gave up: the failure is theirs alone.
	abandoned bool
}

// New makes a Cache. flows gives what look-ups of a workspace refer to, nil as a
// compile.Flows takes every name for good.
func New(versions Versions, manifests Manifests, types flow.Types, scripts compile.Scripts, flows func(context.Context, ledger.ID) compile.Flows) *Cache {
	return &Cache{
		versions: versions, manifests: manifests, types: types, scripts: scripts, flows: flows,
		kept: map[ledger.ID]*compilation{},
	}
}

// Plan gives the compiled version. Of several callers one compiles it and the
// others wait for it; callers of other versions don't. Its error is a *fault.Fault:
// where problems block, the first of them.
func (p *Cache) Plan(ctx context.Context, version ledger.ID) (*plan.Plan, error) {
	for {
		p.mu.Lock()
		c := p.kept[version]
		mine := c == nil
		if mine {
			c = &compilation{ready: make(chan struct{})}
			p.kept[version] = c
		}
		p.mu.Unlock()
		if mine {
			p.finish(ctx, version, c)
			return c.plan, c.err
		}
		select {
		case <-c.ready:
		case <-ctx.Done():
			return nil, unloaded(version, context.Cause(ctx))
		}
		if !c.abandoned {
			return c.plan, c.err
		}
	}
}

// Forget lets every version be compiled anew when it is asked for: the manifests of
// connectors are others now. Plans that were given away stay as they are.
func (p *Cache) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.kept)
}

// finish compiles a version, holding no lock. A failure is not kept.
func (p *Cache) finish(ctx context.Context, version ledger.ID, c *compilation) {
	defer close(c.ready)
	c.plan, c.err = p.compile(ctx, version)
	if c.err == nil {
		return
	}
	if ctx.Err() != nil { // whatever failed because of it
		c.err, c.abandoned = unloaded(version, context.Cause(ctx)), true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept[version] == c {
		delete(p.kept, version)
	}
}

func (p *Cache) compile(ctx context.Context, version ledger.ID) (*plan.Plan, error) {
	workspace, doc, numbers, err := p.versions.Load(ctx, version)
	if err != nil {
		return nil, unloaded(version, err)
	}
	compiled, problems := compile.Flow(ctx, doc, compile.Options{
		Types: p.types, Catalogue: catalogue{ctx, p.manifests, workspace}, Scripts: p.scripts, Numbers: numbers, Flows: p.flows(ctx, workspace),
	})
	if compiled != nil {
		return compiled, nil
	}
	for _, problem := range problems {
		if problem.Blocking {
			return nil, &fault.Fault{Code: problem.Code, Message: problem.Message, Path: problem.Path, Hint: problem.Hint, Args: problem.Args, Class: fault.Config}
		}
	}
	return nil, fault.New("flow.not_compiled", "version %d could not be compiled and has no problems", version).Classed(fault.Internal)
}

// unloaded names the version that could not be loaded.
func unloaded(version ledger.ID, err error) error {
	switch {
	case fault.CodeOf(err) != "":
		return err
	case errors.Is(err, ledger.ErrNotFound):
		return fault.New("flow.version_missing", "version %d of a flow is needed and not stored", version).Because(err).Classed(fault.Config)
	default:
		return fault.Wrap(err, "flow.version_unreadable", "version %d of a flow can't be read", version).Classed(fault.Transient)
	}
}

// catalogue sees the connections of one workspace during one compilation.
type catalogue struct {
	ctx       context.Context //nolint:containedctx // lives for one call of compile.Flow only
	manifests Manifests
	workspace ledger.ID
}

// Manifest implements compile.Catalogue.
func (c catalogue) Manifest(connection string) (*manifest.Manifest, error) {
	return c.manifests.Manifest(c.ctx, c.workspace, connection)
}
