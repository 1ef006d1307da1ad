package app

import (
	"github.com/karezflow/karez/nodes"
	"github.com/karezflow/karez/server/account"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/document"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/schedule"
	"github.com/karezflow/karez/server/store/accountstore"
	"github.com/karezflow/karez/server/store/documentstore"
	"github.com/karezflow/karez/server/store/runstore"
	"github.com/karezflow/karez/server/trial"
)

// services are those that only the interface for people needs.
type services struct {
	accounts  *account.Service
	documents *document.Service
	catalog   *catalog.Service
	trial     *trial.Service
	runner    *execution.Runner
	schedule  *schedule.Service
}

// wireServices makes the services for people on top of the engine.
func (e *engine) wireServices(compiler drafts, runs *runstore.Store) (err error) {
	e.accounts, err = account.New(account.Config{Store: accountstore.New(e.db), Clock: now})
	e.documents = document.New(document.Config{Store: documentstore.New(e.db), Hints: queue{e.bus}, Clock: now, Log: e.log})
	e.catalog = catalog.New(nodes.All(), installed{e.plugins})
	e.trial = trial.New(trial.Config{Compiler: compiler, Connections: e.connections, Scripts: compiler.scripts, Clock: now, Log: e.log})
	e.runner = execution.NewRunner(execution.RunnerConfig{Service: e.execution})
	e.schedule = schedule.New(schedule.Config{Store: runs, Runs: e.execution, Clock: now, Log: e.log})
	return err
}

// stop ends what runs by itself. Services that were never made or started are legal.
func (s *services) stop() {
	if s.schedule != nil {
		s.schedule.Stop()
	}
	if s.runner != nil {
		s.runner.Stop()
	}
}
