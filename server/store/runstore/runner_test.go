package runstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/execution"
	"github.com/karezflow/karez/server/execution/notice"
	"github.com/karezflow/karez/server/plans"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/storetest"
)

// process is one of several that work on one database.
type process struct {
	service *execution.Service
	runner  *execution.Runner
	workers *execution.Workers
	events  *notice.Events
}

// outside is what all processes share: the systems, and the flow's document.
type outside struct {
	manifest *manifest.Manifest
	shop     *enginetest.Shop
	erp      *enginetest.ERP

	mu    sync.Mutex
	hints []chan ledger.ID
}

func (o *outside) Load(_ context.Context, version ledger.ID) (ledger.ID, *flow.Document, map[string]int, error) {
	docs, err := flow.Parse([]byte(strings.Replace(enginetest.Job, "id: job,", fmt.Sprintf("id: f%d,", version), 1)))
	if err != nil {
		return 0, nil, nil, err
	}
	numbers := map[string]int{}
	for i, n := range docs[0].Spec.Nodes {
		numbers[n.ID] = 10 + i
	}
	return 0, docs[0], numbers, nil
}

func (o *outside) Manifest(context.Context, ledger.ID, string) (*manifest.Manifest, error) {
	return o.manifest, nil
}

func (o *outside) Open(_ context.Context, _ ledger.ID, name string) (ledger.ID, connector.Session, error) {
	if name == "shop" {
		return 4, o.shop, nil
	}
	return 5, o.erp, nil
}

func (o *outside) Publish(_ context.Context, _ int, work []ledger.ID) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range work {
		for _, hints := range o.hints {
			select {
			case hints <- id:
			default: // the sweeper repeats it
			}
		}
	}
	return nil
}

func (o *outside) Subscribe(ctx context.Context, _ int, handle func(context.Context, ledger.ID) bool) error {
	hints := make(chan ledger.ID, 100)
	o.mu.Lock()
	o.hints = append(o.hints, hints)
	o.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return nil
		case id := <-hints:
			handle(ctx, id)
		}
	}
}

// process starts one. Nobody carries notices: what happens is found by looking.
func (g *ground) process(o *outside, owner string) *process {
	g.t.Helper()
	log := slog.New(slog.DiscardHandler)
	plans := plans.New(o, o, enginetest.Types(), nil, func(context.Context, ledger.ID) compile.Flows { return nil })
	events := notice.New(notice.Config{Clock: time.Now, Log: log})
	p := &process{events: events}
	p.service = execution.New(execution.Config{
		Store: g.l, Puller: pull.New(pull.Config{Store: g.l, Clock: time.Now, Log: log}), Plans: plans, Connections: o, Hints: o, Clock: time.Now, Log: log,
		Runs: g.s, Problems: g.l, Leases: g.s, Owner: owner, Events: events, Lease: 3 * time.Second,
	})
	p.runner = execution.NewRunner(execution.RunnerConfig{Service: p.service, Sweep: 150 * time.Millisecond})
	p.workers = execution.NewWorkers(execution.WorkersConfig{
		Worker: push.New(push.Config{
			Store: g.l, Sender: deliver.New(deliver.Config{Store: g.l, Clock: time.Now, Log: log}), Plans: plans, Connections: o, Clock: time.Now, Log: log, Owner: owner,
		}),
		Queue: o, Sweeper: g.l, Clock: time.Now, Log: log, Events: events,
	})
	p.workers.Start(g.t.Context())
	p.runner.Start(g.t.Context())
	return p
}

func (p *process) stop() {
	p.runner.Stop()
	p.workers.Stop()
	p.events.Close()
}

// Two processes on one database share the runs of two flows: all are read one
// after the other, and every order becomes one bill of each flow.
func TestTwoProcessesShareTheRuns(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		g := newGround(t, db)
		m, err := manifest.Parse([]byte(enginetest.System))
		g.Must(err)
		now := time.Date(2026, 1, 1, 12, 0, 0, 0, enginetest.Zone())
		o := &outside{manifest: m, shop: &enginetest.Shop{Now: now}, erp: &enginetest.ERP{}}
		for i := range 60 {
			o.shop.Put(enginetest.Order{ID: fmt.Sprintf("o%03d", i), No: fmt.Sprintf("N%03d", i), Amount: "1.50", Modified: now.Add(time.Duration(i-300) * time.Minute)})
		}
		id := g.id()
		g.flow(id, "one", true, 1)
		ctx, cancel := context.WithTimeout(access.With(t.Context(), access.Principal{Workspace: g.Workspace, Name: "operator", Role: access.Operator}), time.Minute)
		defer cancel()
		here, there := g.process(o, "here"), g.process(o, "there")
		defer here.stop()
		defer there.stop()
		var ids []ledger.ID
		for i := range 4 {
			id, err := here.service.Trigger(ctx, "one", execution.Manual, now.Add(time.Duration(i)*time.Second))
			g.Must(err)
			ids = append(ids, id)
		}
		accepted := 0
		for _, id := range ids {
			snapshots, err := there.service.Watch(ctx, id)
			g.Must(err)
			var last execution.Snapshot
			for last = range snapshots {
			}
			if !last.Final || last.View.State != ledger.RunDone || !last.View.Counts.Balanced() || last.View.FlowID != "one" {
				t.Errorf("%+v", last)
			}
			accepted += last.View.Counts[ledger.SlotAccepted]
		}
		if bills, order := o.erp.Bills(); accepted != 60 || len(bills) != 60 || len(order) != 60 {
			t.Errorf("%d accepted, %d bills by %d writes", accepted, len(bills), len(order))
		}
		page, err := here.service.List(ctx, execution.Filter{States: []string{"done"}, Limit: 3})
		if err != nil || len(page.Items) != 3 || page.Next == "" {
			t.Errorf("%+v, %v", page, err)
		}
		full, err := here.service.Get(ctx, ids[0])
		if err != nil || len(full.Nodes) == 0 {
			t.Errorf("%+v, %v", full, err)
		}
		if live, err := g.l.OpenRuns(ctx, id); err != nil || len(live) != 0 {
			t.Errorf("%v, %v", live, err)
		}
	})
}
