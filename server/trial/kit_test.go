package trial_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/deliver"
	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/engine/push"
	"github.com/karezflow/karez/engine/runtest"
	"github.com/karezflow/karez/engine/script"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/trial"
)

// The test binary is its own script worker, as the product's binary is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "script-worker" {
		os.Exit(script.RunWorker(os.Stdin, os.Stdout))
	}
	leaktest.Main(m)
}

const workspace ledger.ID = 7

// rig is a service over a shop, whose session must not be written to.
type rig struct {
	t       *testing.T
	service *trial.Service
	// system is the manifest behind every connection.
	system   *manifest.Manifest
	shop     *enginetest.Shop
	now      time.Time
	compiled int
	opened   []string
	closed   error
}

func newRig(t *testing.T, edits ...string) *rig {
	t.Helper()
	m, err := manifest.Parse([]byte(strings.NewReplacer(edits...).Replace(enginetest.System)))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, system: m, now: oclock(12)}
	r.shop = &enginetest.Shop{Now: r.now}
	r.service = trial.New(trial.Config{
		Compiler: r, Connections: r, Scripts: noScripts{}, Clock: func() time.Time { return r.now },
		Log: slog.New(slog.DiscardHandler), FirstWait: time.Microsecond,
	})
	return r
}

// oclock gives an hour of the first day of 2026.
func oclock(hour int) time.Time { return time.Date(2026, 1, 1, hour, 0, 0, 0, enginetest.Zone()) }

// Compile implements trial.Compiler.
func (r *rig) Compile(ctx context.Context, in ledger.ID, doc *flow.Document) (*plan.Plan, []flow.Problem) {
	r.compiled++
	if in != workspace {
		r.t.Errorf("a flow of workspace %d is compiled", in)
	}
	return compile.Flow(ctx, doc, compile.Options{Types: enginetest.Types(), Catalogue: r})
}

// Options implements trial.Compiler.
func (r *rig) Options(_ context.Context, in ledger.ID) compile.Options {
	if in != workspace {
		r.t.Errorf("a flow of workspace %d is compiled", in)
	}
	return compile.Options{Types: enginetest.Types(), Catalogue: r}
}

// Manifest implements compile.Catalogue.
func (r *rig) Manifest(name string) (*manifest.Manifest, error) {
	if name == "missing" {
		return nil, fault.New("connection.unknown", "there is no connection named %s", name).Classed(fault.Config)
	}
	return r.system, nil
}

// Open implements trial.Connections.
func (r *rig) Open(_ context.Context, in ledger.ID, name string) (ledger.ID, connector.Session, error) {
	if in != workspace {
		r.t.Errorf("a connection of workspace %d is opened", in)
	}
	r.opened = append(r.opened, name)
	return 1, unwritten{r.shop, r.t}, r.closed
}

// unwritten is a session that fails its test when it is written to.
type unwritten struct {
	*enginetest.Shop

	t *testing.T
}

// Write implements connector.Writer.
func (u unwritten) Write(_ context.Context, batch connector.Batch) (connector.Answers, error) {
	u.t.Errorf("a trial wrote %s", batch.Rows)
	return connector.Answers{}, nil
}

// Probe implements connector.Prober.
func (u unwritten) Probe(_ context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	u.t.Errorf("a trial looked up %s", req.Keys)
	return nil, nil
}

type noScripts struct{}

// Compile implements compile.Scripts.
func (noScripts) Compile(context.Context, string, []byte, string) (node.Script, error) {
	return nil, fault.New("script.worker_unavailable", "no worker starts").Classed(fault.Transient)
}

// as gives a context in which somebody with a role calls.
func as(t *testing.T, role access.Role) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Principal{Workspace: workspace, Role: role})
}

// job edits the flow of the engine's tests.
func job(edits ...string) []byte {
	return []byte(strings.NewReplacer(edits...).Replace(enginetest.Job))
}

// orders puts n orders, one a minute.
func orders(shop *enginetest.Shop, n int, start time.Time) {
	for i := range n {
		shop.Put(enginetest.Order{
			ID: fmt.Sprintf("o%03d", i), No: fmt.Sprintf("N%03d", i), Amount: fmt.Sprint(i, ".10"), Note: "中文",
			Modified: start.Add(time.Duration(i) * time.Minute),
		})
	}
}

// world runs a flow for real, over a ledger in memory.
type world struct {
	plan *plan.Plan
	erp  *enginetest.ERP
}

func (w *world) Plan(context.Context, ledger.ID) (*plan.Plan, error) { return w.plan, nil }

func (w *world) Open(context.Context, ledger.ID, string) (ledger.ID, connector.Session, error) {
	return 2, w.erp, nil
}

// bills pulls what a rig's shop has, pushes it, and gives what the target got.
func (r *rig) bills(document []byte) map[string][]byte {
	r.t.Helper()
	docs, err := flow.Parse(document)
	r.must(err)
	w := &world{erp: &enginetest.ERP{}}
	var problems []flow.Problem
	if w.plan, problems = r.Compile(r.t.Context(), workspace, docs[0]); w.plan == nil {
		r.t.Fatalf("%+v", problems)
	}
	store, log, clock := runtest.NewStore(), slog.New(slog.DiscardHandler), func() time.Time { return r.now }
	ctx := r.t.Context()
	run, _, err := store.OpenRun(ctx, ledger.Run{Workspace: workspace, Flow: 2, Version: 3, Trigger: "t"}, 1)
	r.must(err)
	r.must(pull.New(pull.Config{Store: store, Clock: clock, Log: log}).Run(ctx, pull.Job{
		Workspace: workspace, Flow: 2, Run: run.ID, Version: 3, Connection: 4, Source: w.plan.Sources[0], Session: r.shop, FlowID: "job",
	}))
	worker := push.New(push.Config{
		Store: store, Sender: deliver.New(deliver.Config{Store: store, Clock: clock, Log: log}),
		Plans: w, Connections: w, Clock: clock, Log: log, Owner: "worker",
	})
	due, err := store.Due(ctx, ledger.At(r.now), 1000)
	r.must(err)
	for _, work := range due {
		_, err := worker.Handle(ctx, work.ID)
		r.must(err)
	}
	bills, _ := w.erp.Bills()
	return bills
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// unopened fails where a connection was opened.
func (r *rig) unopened() {
	r.t.Helper()
	if len(r.opened) > 0 || r.shop.Calls > 0 {
		r.t.Errorf("connections %v were opened, %d calls made", r.opened, r.shop.Calls)
	}
}
