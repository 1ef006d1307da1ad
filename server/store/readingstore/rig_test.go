package readingstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/reading"
	"github.com/karezflow/karez/server/schedule"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/ledgerstore"
	"github.com/karezflow/karez/server/store/readingstore"
	"github.com/karezflow/karez/server/store/storetest"
)

const (
	workspace  = ledger.ID(1)
	flowID     = ledger.ID(2)
	version    = ledger.ID(3)
	connection = ledger.ID(4)
)

// day gives a moment in January 2026.
func day(d, hour int) time.Time { return time.Date(2026, 1, d, hour, 0, 0, 0, enginetest.Zone()) }

// rig is the service over a database, with a shop behind its flow. It plays the runs itself.
type rig struct {
	*testing.T

	db      *store.DB
	ledger  *ledgerstore.Store
	shop    *enginetest.Shop
	plan    *plan.Plan
	service *reading.Service
	// asked are the parameters that the shop was asked with, each call takes as long as slow.
	asked []string
	slow  time.Duration
	// system is the shop's manifest, busy says that the flow's sources are read, down that
	// the connection can't be opened, broken that the plan can't be compiled.
	system       *manifest.Manifest
	busy         bool
	down, broken error
	runs         []ledger.Run
	// ahead is how much our time goes on while the shop is asked.
	ahead time.Duration
}

// inRig runs a test on every database.
func inRig(t *testing.T, test func(r *rig), edits ...string) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		m, err := manifest.Parse([]byte(enginetest.System))
		if err != nil {
			t.Fatal(err)
		}
		r := &rig{
			T: t, db: db, ledger: ledgerstore.New(db), shop: &enginetest.Shop{Now: day(4, 12)}, system: m,
			plan: enginetest.Compile(t, strings.NewReplacer(edits...).Replace(enginetest.Job)),
		}
		r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,enabled,draft,updated_at) VALUES (?,?,'job','job','Job',1,'{}',1)", flowID, workspace)
		r.exec("INSERT INTO flow_version (id,workspace_id,flow_id,version_no,document,created_at) VALUES (?,?,?,1,'{}',1)", version, workspace, flowID)
		r.exec("INSERT INTO flow (id,workspace_id,public_id,name,title,enabled,draft,updated_at) VALUES (22,?,'draft','draft','Draft',0,'{}',1)", workspace)
		clock := func() time.Time { return r.shop.Now.Add(r.ahead) }
		r.service = reading.New(reading.Config{
			Store: readingstore.New(db, r.ledger), Runs: r, Plans: r, Connections: r, NextSweep: schedule.NextSweep, Clock: clock,
			Puller: pull.New(pull.Config{Store: r.ledger, Clock: clock, Log: slog.New(slog.DiscardHandler), FirstWait: time.Microsecond, Tries: 2}),
		})
		test(r)
	})
}

func (r *rig) exec(statement string, args ...any) {
	r.Helper()
	r.must(r.db.Write(r.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }))
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// faults fails unless the error is a fault with a code.
func (r *rig) faults(err error, code string) {
	r.Helper()
	f, _ := errors.AsType[*fault.Fault](err)
	if fault.CodeOf(err) != code || f == nil {
		r.Fatalf("error %v, want %s", err, code)
	}
}

// as gives a context of somebody.
func (r *rig) as(role access.Role) context.Context {
	return access.With(r.Context(), access.Principal{Workspace: workspace, Name: "ann", Role: role})
}

func (r *rig) operator() context.Context { return r.as(access.Operator) }

// Plan implements reading.Plans.
func (r *rig) Plan(_ context.Context, id ledger.ID) (*plan.Plan, error) {
	if id != version {
		return nil, fmt.Errorf("version %d is not published", id)
	}
	return r.plan, r.broken
}

// Open implements reading.Connections.
func (r *rig) Open(context.Context, ledger.ID, string) (ledger.ID, connector.Session, error) {
	return connection, heard{r.shop, r}, r.down
}

// Manifest implements reading.Connections.
func (r *rig) Manifest(context.Context, ledger.ID, string) (*manifest.Manifest, error) {
	return r.system, nil
}

// heard notes what the shop is asked, which takes its time.
type heard struct {
	*enginetest.Shop

	rig *rig
}

func (h heard) Query(ctx context.Context, req connector.QueryRequest) (connector.Page, error) {
	h.rig.asked = append(h.rig.asked, string(req.Params))
	h.rig.ahead += h.rig.slow
	return h.Shop.Query(ctx, req)
}

// Sweep implements reading.Runs.
func (r *rig) Sweep(ctx context.Context, flow, node, trigger string, _ time.Time) (ledger.ID, error) {
	return r.queue(ctx, flow, trigger, ledger.Reading{Kind: ledger.GapSweep, Node: node}), nil
}

// Backfill implements reading.Runs.
func (r *rig) Backfill(ctx context.Context, flow, trigger string, order ledger.Reading) (ledger.ID, error) {
	return r.queue(ctx, flow, trigger, order), nil
}

// Alone implements reading.Runs.
func (r *rig) Alone(ctx context.Context, _ ledger.ID, do func(context.Context) error) (bool, error) {
	if r.busy {
		return false, nil
	}
	return true, do(ctx)
}

func (r *rig) queue(ctx context.Context, flow, trigger string, order ledger.Reading) ledger.ID {
	r.Helper()
	if flow != "job" {
		r.Fatalf("a run of flow %q", flow)
	}
	run, _, err := r.ledger.OpenRun(ctx, ledger.Run{
		Workspace: workspace, Flow: flowID, Version: version, Trigger: trigger, FireAt: ledger.At(r.shop.Now).Add(time.Duration(len(r.runs))), State: ledger.RunQueued, Reading: &order,
	}, ledger.At(r.shop.Now))
	r.must(err)
	r.runs = append(r.runs, run)
	return run.ID
}

func (r *rig) puller() *pull.Puller { return r.service.Puller }

func (r *rig) job(run ledger.ID) pull.Job {
	return pull.Job{Workspace: workspace, Flow: flowID, Version: version, Connection: connection, Run: run, Source: r.plan.Sources[0], Session: r.shop, FlowID: "job", RunID: "run"}
}

// live reads what changed.
func (r *rig) live() {
	r.Helper()
	run, _, err := r.ledger.OpenRun(r.Context(), ledger.Run{Workspace: workspace, Flow: flowID, Version: version, Trigger: "manual", FireAt: ledger.At(r.shop.Now)}, ledger.At(r.shop.Now))
	r.must(err)
	r.must(r.puller().Run(r.Context(), r.job(run.ID)))
	r.must(r.ledger.EndPulling(r.Context(), run.ID, nil, ledger.At(r.shop.Now)))
}

// play lets a queued run read so many windows of the past; all where that is 0.
func (r *rig) play(id ledger.ID, windows int) {
	r.Helper()
	now, some := ledger.At(r.shop.Now), windows > 0
	_, err := r.ledger.BeginRun(r.Context(), id, now)
	r.must(err)
	at := slices.IndexFunc(r.runs, func(run ledger.Run) bool { return run.ID == id })
	job := r.job(id)
	job.Yield = func(context.Context) (bool, error) {
		windows--
		return some && windows < 0, nil
	}
	err = r.puller().Range(r.Context(), job, *r.runs[at].Reading)
	if errors.Is(err, pull.ErrYielded) {
		return
	}
	r.must(err)
	r.must(r.ledger.EndPulling(r.Context(), id, nil, now))
}

// orders puts n orders, one a minute from start.
func (r *rig) orders(name string, n int, start time.Time) {
	for i := range n {
		r.shop.Put(enginetest.Order{ID: fmt.Sprint(name, i), No: fmt.Sprint(name, i), Modified: start.Add(time.Duration(i) * time.Minute)})
	}
}

// source gives what people see of the source.
func (r *rig) source() reading.Source {
	r.Helper()
	all, err := r.service.Sources(r.as(access.Viewer), "job")
	r.must(err)
	if all.Trouble != nil || len(all.Items) != 1 {
		r.Fatalf("sources are %+v", all)
	}
	return all.Items[0]
}

// rows counts what is in the ledger.
func (r *rig) rows() string {
	r.Helper()
	var out []string
	for _, table := range []string{"document", "pull_window", "pull_page", "pack", "run", "cursor_reset", "work"} {
		var n int
		r.must(r.db.Read(r.Context()).Raw("SELECT COUNT(*) FROM " + table).Scan(&n).Error)
		out = append(out, fmt.Sprint(table, " ", n))
	}
	stream, err := r.ledger.OpenStream(r.Context(), workspace, flowID, "orders")
	r.must(err)
	return fmt.Sprint(out, stream.Watermark, stream.Version)
}
