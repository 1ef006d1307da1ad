// Package product wires the engine and the services over one data folder and one
// database. The command line, the server and tests share it.
//
// It may import everything but server/app and server/api.
package product

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/karezflow/karez/engine/ask"
	"github.com/karezflow/karez/engine/closing"
	"github.com/karezflow/karez/engine/courier"
	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/lookup"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/bus"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/errands"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/execution/notice"
	"github.com/karezflow/karez/server/execution/shares"
	"github.com/karezflow/karez/server/files"
	"github.com/karezflow/karez/server/grouping"
	"github.com/karezflow/karez/server/handover"
	"github.com/karezflow/karez/server/indexing"
	"github.com/karezflow/karez/server/limit"
	"github.com/karezflow/karez/server/operation"
	"github.com/karezflow/karez/server/pagelog"
	"github.com/karezflow/karez/server/plans"
	"github.com/karezflow/karez/server/shelf"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/connectionstore"
	"github.com/karezflow/karez/server/store/errandstore"
	"github.com/karezflow/karez/server/store/filestore"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/groupstore"
	"github.com/karezflow/karez/server/store/installstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/limitstore"
	"github.com/karezflow/karez/server/store/lookupstore"
	"github.com/karezflow/karez/server/store/oncestore"
	"github.com/karezflow/karez/server/store/operationstore"
	"github.com/karezflow/karez/server/store/pagelogstore"
	"github.com/karezflow/karez/server/store/runstore"
	"github.com/karezflow/karez/server/store/workstore"
	"github.com/karezflow/karez/server/trouble"
)

// Config says where a product lives.
type Config struct {
	// Version is the program's.
	Version string
	// Data is the data folder; Database its address, "" for SQLite in the folder.
	Data, Database string
	// Plugins is the folder of connector programs.
	Plugins string
	// Isolation says whether the processes of connectors are confined, "" for as far as can be.
	Isolation pluginhost.Confinement
	// Packages is the folder of installed connector packages, "" for plugins in the data
	// folder; Core are the keys of the makers of this program.
	Packages string
	Core     []plugpack.Key
	// TemplatesFrom is the folder or the address of a registry of templates, "" for none; PlainHTTP
	// allows an address without HTTPS.
	TemplatesFrom string
	PlainHTTP     bool
	// ScriptWorker is the command of a script worker.
	ScriptWorker []string
	// Lease is how long a claim holds when its worker is gone.
	Lease time.Duration
	// Roles is what this process does; none stands for all.
	Roles Roles
	// Bus is the server that carries hints and notices; the zero value one inside this process.
	Bus bus.NatsConfig
	// Files is the folder of files that people upload or other programs put there, Key the
	// file with the key of secrets; "" for the data folder's own. All processes of an
	// installation have the same of both.
	Files, Key string
	// Grace is how long work that is under way may take to end when the product is closed.
	// Default 15 s.
	Grace time.Duration
	Clock func() time.Time
	Log   *slog.Logger
}

// Product is everything over one data folder. Nothing runs by itself before it is started.
type Product struct {
	Config

	DB          *store.DB
	Ledger      *ledgerstore.Store
	Plugins     *pluginhost.Host
	Shelf       *shelf.Shelf
	Scripts     Scripts
	Bus         *bus.Nats
	Limits      *limit.Room
	Lines       *trouble.Lines
	Connections *connection.Service
	Files       *files.Service
	Drafts      *draft.Service
	Events      *notice.Events
	Execution   *execution.Service
	Workers     *execution.Workers
	Errands     *errands.Service
	// PageLog remembers what sources were asked.
	PageLog  *pagelog.Service
	Indexing *indexing.Service
	Grouping *grouping.Service

	lookups *ask.Asker
	plans   *plans.Cache

	Services

	// keyPrint tells this process's key of secrets from others; presence is its sign in the database.
	keyPrint string
	presence *installstore.Presence

	mu sync.Mutex
	// draining says that what goes on by itself ends.
	draining bool
}

// Open opens the data folder, brings its database to this program's schema and
// wires everything. The caller closes it.
func Open(ctx context.Context, c Config) (*Product, error) {
	db, err := OpenStore(ctx, c)
	if err != nil {
		return nil, err
	}
	p := &Product{Config: c, DB: db, Ledger: ledgerstore.New(db)}
	if err := workstore.FreeAll(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := p.wire(ctx); err != nil {
		return nil, errors.Join(err, p.Close(ctx))
	}
	return p, nil
}

// OpenStore opens the database and brings it to this program's schema.
func OpenStore(ctx context.Context, c Config) (*store.DB, error) {
	db, err := OpenUnmigrated(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// OpenUnmigrated opens the database as it is.
func OpenUnmigrated(ctx context.Context, c Config) (*store.DB, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fault.Wrap(err, "data.unwritable", "the data folder can't be made").Hinted("choose another folder with --data")
	}
	url := c.Database
	if url == "" {
		url = "sqlite:" + filepath.Join(c.Data, "karez.db")
	}
	return store.Open(ctx, store.Config{URL: url, Clock: c.Clock, Log: c.Log})
}

func (p *Product) wire(ctx context.Context) error {
	key, err := connection.LoadKey(cmp.Or(p.Key, filepath.Join(p.Data, "secret.key")))
	if err != nil {
		return err
	}
	seal, err := connection.NewSeal(key)
	if err != nil {
		return err
	}
	p.keyPrint = printOf(key)
	clock, log, connections := p.Clock, p.Log, connectionstore.New(p.DB)
	p.Shelf = NewShelf(p.Config)
	p.Plugins = pluginhost.New(pluginhost.Config{Dir: p.Config.Plugins, Packages: Programs(p.Shelf), Confinement: p.Isolation, Clock: clock, Log: log, HostFor: func(id string) connector.Host {
		return connection.NewHost(connections, seal, clock, log, id)
	}})
	p.Scripts = NewScripts(p.Config)
	if err := p.openBus(ctx); err != nil {
		return err
	}
	hints, owner, runs := queue{p.Bus}, uuid.NewString(), runstore.New(p.DB)
	p.Drafts = draft.New(flowstore.New(p.DB), clock, uuid.NewString)
	shared := limitstore.New(p.DB)
	p.Lines = trouble.NewLines(trouble.Config{Store: shared, Clock: clock, Log: log})
	p.Limits = limit.New(limit.Config{Store: shared, Owner: owner, Clock: clock, Log: log})
	p.Connections = connection.New(connection.Config{
		Limits: p.Limits, Lines: p.Lines, Store: connections, Plugins: Plugins{p.Plugins}, Seal: seal, Usage: p.Drafts, Clock: clock, Log: log,
	})
	index := lookupstore.New(p.DB)
	p.Operations = operation.New(operationstore.New(p.DB), clock, log)
	p.Drafts = p.Drafts.Using(p.Operations)
	compiler := drafts{p.Drafts, index, p.Connections, p.Operations, p.Scripts, Types(p.Plugins)}
	p.Drafts = p.Drafts.With(compiler)
	p.Files = files.New(files.Config{Store: filestore.New(p.DB), Dir: cmp.Or(p.Config.Files, filepath.Join(p.Data, "files")), Clock: clock, Log: log})
	p.Events = notice.New(notice.Config{Notices: notices{p.Bus}, Clock: clock, Log: log})
	plans := plans.New(published{p.Drafts}, p.Connections, compiler.types, compiler.scripts, func(ctx context.Context, workspace ledger.ID) compile.Flows {
		return looked{ctx: ctx, drafts: p.Drafts, tables: index, types: compiler.types, workspace: workspace, lenient: true}
	})
	p.plans = plans
	p.lookups = ask.New(lookup.New(index), p.Connections, clock)
	p.PageLog = pagelog.New(pagelog.Config{Store: pagelogstore.New(p.DB), Veils: p.Connections, Clock: clock, Log: log})
	p.Execution = execution.New(execution.Config{
		Store: p.Ledger, Puller: pull.New(pull.Config{Store: p.Ledger, Lookups: p.lookups, Clock: clock, Log: log, Heard: p.PageLog.Heard}), Reader: &inlet.Reader{Store: p.Ledger, Clock: clock, Log: log},
		Plans: plans, Connections: systems{p.Connections, p.Files}, Hints: hints, Clock: clock, Log: log,
		Runs: runs, Problems: p.Ledger, Leases: runs, Owner: owner, Lease: p.Lease, Events: p.Events, Passing: store.Passes,
	})
	p.Indexing = indexing.New(indexing.Config{Store: index, Streams: p.Ledger, Plans: plans, Clock: clock, Log: log})
	inlets := handover.Inlets{Flows: newest{p.Drafts}, Plans: plans, Types: compiler.types}
	worker := push.New(push.Config{
		Store: p.Ledger, Sender: deliver.New(deliver.Config{Store: p.Ledger, Clock: clock, Log: log}),
		Plans: plans, Connections: p.Connections, Lookups: p.lookups, Clock: clock, Log: log, Owner: owner, Lease: p.Lease,
		Inlets: inlets,
	})
	calls := errandstore.New(p.DB)
	p.Errands = errands.New(errands.Config{
		Courier: courier.New(courier.Config{Store: calls, Connections: p.Connections, Clock: clock, Log: log, Owner: owner, Lease: p.Lease}),
		Book:    calls, Documents: calls, Orders: oncestore.New(p.DB), Clock: clock, Log: log, Drain: p.Grace,
	})
	p.Workers = execution.NewWorkers(execution.WorkersConfig{Worker: worker, Queue: hints, Sweeper: p.Ledger, Shares: shares.New(shares.Config{Store: workstore.New(p.DB), Plans: plans, Clock: clock}), Events: p.Events, Clock: clock, Log: log, Drain: p.Grace})
	groups := groupstore.New(p.DB)
	p.Grouping = grouping.New(grouping.Config{
		Closer: closing.New(closing.Config{Store: groups, Plans: plans, Clock: clock, Log: log}), Store: groups, Hints: hints, Clock: clock, Log: log,
	})
	return p.wireServices(compiler, runs, seal, inlets)
}

// Close ends everything in the reverse order of its making.
func (p *Product) Close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	p.Drain()
	p.Events.Close()
	if p.DryRuns != nil {
		p.DryRuns.Close()
	}
	if p.Connections != nil {
		errs = append(errs, p.Connections.Close(ctx))
	}
	if p.Limits != nil {
		p.Limits.Close()
		p.Lines.Close()
	}
	if p.Bus != nil {
		errs = append(errs, p.Bus.Close())
	}
	errs = append(errs, p.presence.End())
	p.Scripts.Close()
	if p.Plugins != nil {
		p.Plugins.Close(ctx)
	}
	return errors.Join(append(errs, p.DB.Close())...)
}
