package product

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/karezflow/karez/engine/ask"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/attempt"
	"github.com/karezflow/karez/server/baseset"
	"github.com/karezflow/karez/server/bulk"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/clockwatch"
	"github.com/karezflow/karez/server/codetable"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/decision"
	"github.com/karezflow/karez/server/discovery"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/dryrun"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/flowstate"
	"github.com/karezflow/karez/server/handover"
	"github.com/karezflow/karez/server/help"
	"github.com/karezflow/karez/server/home"
	"github.com/karezflow/karez/server/hook"
	"github.com/karezflow/karez/server/importing"
	"github.com/karezflow/karez/server/ledgerview"
	"github.com/karezflow/karez/server/lineage"
	"github.com/karezflow/karez/server/market"
	"github.com/karezflow/karez/server/market/registry"
	"github.com/karezflow/karez/server/operation"
	"github.com/karezflow/karez/server/pausing"
	"github.com/karezflow/karez/server/pin"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/reading"
	"github.com/karezflow/karez/server/reconcile"
	"github.com/karezflow/karez/server/retention"
	"github.com/karezflow/karez/server/schedule"
	"github.com/karezflow/karez/server/store/accountstore"
	"github.com/karezflow/karez/server/store/attemptstore"
	"github.com/karezflow/karez/server/store/bulkstore"
	"github.com/karezflow/karez/server/store/clockstore"
	"github.com/karezflow/karez/server/store/codetablestore"
	"github.com/karezflow/karez/server/store/decisionstore"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/drystore"
	"github.com/karezflow/karez/server/store/flowstatestore"
	"github.com/karezflow/karez/server/store/homestore"
	"github.com/karezflow/karez/server/store/hookstore"
	"github.com/karezflow/karez/server/store/ledgerviewstore"
	"github.com/karezflow/karez/server/store/lineagestore"
	"github.com/karezflow/karez/server/store/marketstore"
	"github.com/karezflow/karez/server/store/parkstore"
	"github.com/karezflow/karez/server/store/pausestore"
	"github.com/karezflow/karez/server/store/pinstore"
	"github.com/karezflow/karez/server/store/pluginstore"
	"github.com/karezflow/karez/server/store/readingstore"
	"github.com/karezflow/karez/server/store/reconcilestore"
	"github.com/karezflow/karez/server/store/retentionstore"
	"github.com/karezflow/karez/server/store/runstore"
	"github.com/karezflow/karez/server/trial"
	"github.com/karezflow/karez/server/versions"
)

// Services are those that only the interface for people needs.
type Services struct {
	Accounts   *account.Service
	Documents  *document.Service
	Bulk       *bulk.Service
	Pauses     *pausing.Service
	Pins       *pin.Service
	Views      *ledgerview.Service
	Decisions  *decision.Service
	Attempts   *attempt.Service
	Lineage    *lineage.Service
	Retention  *retention.Service
	Clockwatch *clockwatch.Watch
	Codes      *codetable.Service
	Operations *operation.Service
	Catalog    *catalog.Service
	Imports    *importing.Service
	BaseSets   *baseset.Service
	Market     *market.Service
	Reconcile  *reconcile.Service
	Trial      *trial.Service
	DryRuns    *dryrun.Service
	Discovery  *discovery.Service
	Help       *help.Service
	Hooks      *hook.Service
	Runner     *execution.Runner
	Schedule   *schedule.Service
	Reading    *reading.Service
	FlowStates *flowstate.Service
	Home       *home.Service
	Connectors *plugins.Service
	Versions   *versions.Service
}

// wireServices makes the services for people on top of the engine.
func (p *Product) wireServices(compiler drafts, runs *runstore.Store, seal *connection.Seal, inlets handover.Inlets) (err error) {
	clock, log := p.Clock, p.Log
	if p.Accounts, err = account.New(account.Config{Store: accountstore.New(p.DB), Clock: clock}); err != nil {
		return err
	}
	documents := documentstore.New(p.DB)
	p.Documents = document.New(document.Config{Store: documents, Hints: queue{p.Bus}, Bills: p.Grouping, Clock: clock, Log: log})
	p.Decisions = decision.New(decisionstore.New(p.DB))
	p.Attempts = attempt.New(attemptstore.New(p.DB), p.Connections)
	p.Lineage = lineage.New(lineagestore.New(p.DB))
	p.Pauses = pausing.New(pausing.Config{Store: pausestore.New(p.DB), Events: p.Events, Clock: clock, Log: log})
	p.Views = &ledgerview.Service{Store: ledgerviewstore.New(p.DB), Clock: clock, Log: log}
	p.Pins = &pin.Service{Store: pinstore.New(p.DB), Clock: clock, Log: log}
	p.Bulk = bulk.New(bulk.Config{
		Store: bulkstore.New(p.DB), Documents: p.Documents, Hints: queue{p.Bus}, Notices: notices{p.Bus}, Clock: clock, Log: log, Owner: p.Execution.Owner, Lease: p.Lease,
	})
	p.Codes = codetable.New(codetable.Config{Store: codetablestore.New(p.DB, parkstore.New(p.DB).ReleaseCodes), Hints: queue{p.Bus}, Clock: clock, Log: log})
	p.Connectors = plugins.New(plugins.Config{Shelf: p.Shelf, Engine: hosted{p.Plugins}, Store: pluginstore.New(p.DB), Programs: p.Config.Plugins, Home: 1, Changed: p.changed, Log: log})
	p.Catalog = catalog.New(nodes.All(), installed{p.Plugins, p.Connectors.Icons}).With(p.Operations)
	p.Imports = importing.New(installed{p.Plugins, p.Connectors.Icons}, p.Drafts)
	p.Trial = trial.New(trial.Config{Compiler: compiler, Connections: systems{p.Connections, p.Files}, Ledger: documents, Scripts: compiler.scripts, Lookups: lookup.NewTrier(p.lookups, compiler.tables), Clock: clock, Log: log})
	// Look-ups of a dry run ask through readers too: they have no way to write either.
	dry := readers{systems{p.Connections, p.Files}}
	asker := ask.New(lookup.New(compiler.tables), dry, clock)
	p.FlowStates = flowstate.New(flowstate.Config{Store: flowstatestore.New(p.DB), Documents: documents, Hints: queue{p.Bus}, Clock: clock, Log: log})
	p.Home = home.New(home.Config{Store: homestore.New(p.DB), Flows: p.FlowStates, Documents: p.Documents, Connections: p.Connections, Tokens: p.Accounts, Clock: clock, Log: log})
	p.DryRuns = dryrun.New(dryrun.Config{
		Compiler: compiler, Connections: dry, Records: drystore.New(p.DB), Lookups: lookup.NewTrier(asker, compiler.tables), Tried: p.Home.TriedDry, Clock: clock, NewID: uuid.NewString, Log: log,
	})
	p.BaseSets = baseset.New(baseset.Config{Connections: p.Connections, Flows: p.Drafts, Runs: p.Execution, Documents: p.Documents, Clock: clock})
	p.Discovery = discovery.New(described{p.Connections}, clock)
	p.Runner = execution.NewRunner(execution.RunnerConfig{Service: p.Execution, Grace: min(p.Grace, 5*time.Second)})
	p.Schedule = schedule.New(schedule.Config{Store: runs, Runs: p.Execution, Folders: p.Files, Clock: clock, Log: log})
	p.Reconcile = reconcile.New(reconcile.Config{
		Store: reconcilestore.New(p.DB), Plans: p.Execution.Plans, Connections: systems{p.Connections, p.Files}, Repairs: repairs{p.Execution, p.Bulk},
		Lookups: p.lookups, Next: schedule.NextAt, Clock: clock, Log: log,
	})
	p.Reading = reading.New(reading.Config{
		Store: readingstore.New(p.DB, p.Ledger), Runs: p.Execution, Plans: p.Execution.Plans, Connections: p.Connections, Puller: p.Execution.Puller,
		NextSweep: schedule.NextSweep, Clock: clock,
	})
	p.Hooks = hook.New(hook.Config{
		Store: hookstore.New(p.DB, p.Ledger.Post), Nodes: inlets, Seal: seal, Hints: queue{p.Bus}, Clock: clock, Log: log,
		Place: func(secret ledger.ID) string {
			return connection.Place{Table: "hook_secret", Row: secret, Field: "secret", Version: 1}.String()
		},
	})
	p.Clockwatch = clockwatch.New(clockwatch.Config{Store: clockstore.New(p.DB), Clock: clock, Log: log})
	p.Retention = retention.New(retention.Config{Store: retentionstore.New(p.DB), Owner: p.Execution.Owner, Clock: clock, Log: log})
	p.Versions = versions.New(versions.Config{Flows: p.Drafts, Connections: p.Connections, Catalog: p.Catalog, Codes: p.Codes, Types: compiler.types})
	shipped, err := market.Shipped()
	if err != nil {
		return err
	}
	var listed *registry.Registry
	if p.TemplatesFrom != "" {
		if listed, err = registry.Open(p.TemplatesFrom, p.PlainHTTP); err != nil {
			return err
		}
	}
	p.Market = market.New(market.Config{
		Registry: listed, Templates: shipped, Version: p.Version, Store: marketstore.New(p.DB), Trust: p.Shelf, Connectors: p.Catalog, Connections: p.Connections, Tables: p.Codes, Flows: p.Drafts,
		Author: func(ctx context.Context) (string, error) {
			me, err := p.Accounts.Me(ctx)
			return me.WorkspaceName, err
		}, NewID: uuid.NewString, Clock: clock, Log: log,
	})
	p.Help, err = helpPages(p.Connectors.Serving)
	return err
}

// repairs has documents written that a comparison found missing.
type repairs struct {
	*execution.Service

	jobs *bulk.Service
}

// StartJob implements reconcile.Repairs.
func (r repairs) StartJob(ctx context.Context, req bulk.Request) (bulk.Job, error) {
	return r.jobs.StartJob(ctx, req)
}
