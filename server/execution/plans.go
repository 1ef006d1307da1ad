package execution

import (
	"context"
	"errors"
	"sync"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
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

// Plans compile published versions and keep them.
type Plans struct {
	versions  Versions
	manifests Manifests
	types     plan.Types
	scripts   plan.Scripts

	mu   sync.Mutex
	kept map[ledger.ID]*plan.Plan
}

// NewPlans makes Plans.
func NewPlans(versions Versions, manifests Manifests, types plan.Types, scripts plan.Scripts) *Plans {
	return &Plans{
		versions: versions, manifests: manifests, types: types, scripts: scripts,
		kept: map[ledger.ID]*plan.Plan{},
	}
}

// Forget drops a compiled version, so that it is compiled anew.
func (p *Plans) Forget(version ledger.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.kept, version)
}

// Plan gives the compiled version. Its error is a *fault.Fault: where problems
// block, the first of them.
func (p *Plans) Plan(ctx context.Context, version ledger.ID) (*plan.Plan, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept := p.kept[version]; kept != nil {
		return kept, nil
	}
	workspace, doc, numbers, err := p.versions.Load(ctx, version)
	if err != nil {
		return nil, unloaded(version, err)
	}
	compiled, problems := plan.Compile(ctx, doc, plan.Options{
		Types: p.types, Catalogue: catalogue{ctx, p.manifests, workspace}, Scripts: p.scripts, Numbers: numbers,
	})
	if compiled == nil {
		for _, problem := range problems {
			if problem.Blocking {
				return nil, fault.New(problem.Code, "%s", problem.Message).At(problem.Path).Hinted("%s", problem.Hint).Classed(fault.Config)
			}
		}
		return nil, fault.New("flow.not_compiled", "version %d could not be compiled and has no problems", version).Classed(fault.Internal)
	}
	p.kept[version] = compiled
	return compiled, nil
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
	ctx       context.Context //nolint:containedctx // lives for one call of plan.Compile only
	manifests Manifests
	workspace ledger.ID
}

// Manifest implements plan.Catalogue.
func (c catalogue) Manifest(connection string) (*manifest.Manifest, error) {
	return c.manifests.Manifest(c.ctx, c.workspace, connection)
}
