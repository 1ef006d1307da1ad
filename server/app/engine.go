package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/bus"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/connectionstore"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/runstore"
)

// scriptWorker is the argument that turns this program into a script worker.
const scriptWorker = "script-worker"

// workspace is the one workspace of the command line.
const workspace ledger.ID = 1

// engine is the product wired together over one data folder.
type engine struct {
	log         *slog.Logger
	db          *store.DB
	ledger      *ledgerstore.Store
	plugins     *pluginhost.Host
	scripts     *script.Pool
	bus         *bus.Nats
	connections *connection.Service
	drafts      *draft.Service
	plans       *execution.Plans
	events      *execution.Events
	execution   *execution.Service
	workers     *execution.Workers

	services
}

// assemble opens the data folder and wires everything. The caller closes it.
func (c *cli) assemble(ctx context.Context) (*engine, error) {
	log := c.log()
	db, err := c.openStore(ctx, log)
	if err != nil {
		return nil, err
	}
	e := &engine{log: log, db: db, ledger: ledgerstore.New(db)}
	if err := e.ledger.FreeAll(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := c.wire(ctx, e, log); err != nil {
		return nil, errors.Join(err, e.close(ctx))
	}
	return e, nil
}

// openStore opens and migrates the database.
func (c *cli) openStore(ctx context.Context, log *slog.Logger) (*store.DB, error) {
	db, err := c.openUnmigrated(ctx, log)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openUnmigrated opens the database as it is.
func (c *cli) openUnmigrated(ctx context.Context, log *slog.Logger) (*store.DB, error) {
	if err := os.MkdirAll(c.dataDir, 0o700); err != nil {
		return nil, fault.Wrap(err, "data.unwritable", "the data folder can't be made").Hinted("choose another folder with --data")
	}
	url := c.dbURL
	if url == "" {
		url = "sqlite:" + filepath.Join(c.dataDir, "karez.db")
	}
	return store.Open(ctx, store.Config{URL: url, Clock: now, Log: log})
}

func (c *cli) wire(ctx context.Context, e *engine, log *slog.Logger) error {
	key, err := connection.LoadKey(filepath.Join(c.dataDir, "secret.key"))
	if err != nil {
		return err
	}
	seal, err := connection.NewSeal(key)
	if err != nil {
		return err
	}
	connections := connectionstore.New(e.db)
	if e.plugins, err = c.host(log, func(id string) connector.Host {
		return connection.NewHost(connections, seal, now, log, id)
	}); err != nil {
		return err
	}
	if e.scripts, err = newScripts(log); err != nil {
		return err
	}
	if e.bus, err = bus.OpenNats(ctx, bus.NatsConfig{Dir: filepath.Join(c.dataDir, "bus"), Log: log}); err != nil {
		return fault.Wrap(err, "bus.not_started", "the queue of work did not start").Classed(fault.Internal)
	}
	hints, owner, runs := queue{e.bus}, uuid.NewString(), runstore.New(e.db)
	e.drafts = draft.New(flowstore.New(e.db), now, uuid.NewString)
	e.connections = connection.New(connection.Config{Store: connections, Plugins: plugins{e.plugins}, Seal: seal, Usage: usage{e.drafts}, Clock: now, Log: log})
	compiler := drafts{e.connections, scripts{e.scripts, log}, flow.NewTypes(nodes.All()...)}
	e.drafts = e.drafts.With(compiler)
	e.events = execution.NewEvents(execution.EventsConfig{Notices: notices{e.bus}, Clock: now, Log: log})
	e.plans = execution.NewPlans(versions{e.drafts}, e.connections, compiler.types, compiler.scripts)
	e.execution = execution.New(execution.Config{
		Store: e.ledger, Puller: pull.New(pull.Config{Store: e.ledger, Clock: now, Log: log}),
		Plans: e.plans, Connections: e.connections, Hints: hints, Clock: now, Log: log,
		Runs: runs, Problems: e.ledger, Leases: runs, Owner: owner, Lease: c.lease, Events: e.events,
	})
	worker := push.New(push.Config{
		Store: e.ledger, Sender: deliver.New(deliver.Config{Store: e.ledger, Clock: now, Log: log}),
		Plans: e.plans, Connections: e.connections, Clock: now, Log: log, Owner: owner, Lease: c.lease,
	})
	e.workers = execution.NewWorkers(execution.WorkersConfig{Worker: worker, Queue: hints, Sweeper: e.ledger, Events: e.events, Clock: now, Log: log})
	return e.wireServices(compiler, runs)
}

// close ends everything in the reverse order of its making.
func (e *engine) close(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	e.stop()
	if e.workers != nil {
		e.workers.Stop()
	}
	e.events.Close()
	if e.connections != nil {
		errs = append(errs, e.connections.Close(ctx))
	}
	if e.bus != nil {
		errs = append(errs, e.bus.Close())
	}
	if e.scripts != nil {
		e.scripts.Close()
	}
	if e.plugins != nil {
		e.plugins.Close(ctx)
	}
	return errors.Join(append(errs, e.db.Close())...)
}
