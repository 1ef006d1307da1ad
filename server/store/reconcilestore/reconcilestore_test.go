package reconcilestore_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	compared "github.com/karezflow/karez/engine/reconcile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/reconcile"
	"github.com/karezflow/karez/server/store/reconcilestore"
	"github.com/karezflow/karez/server/store/storetest"
)

// desk is a store with one comparison of the workspace 1 in it.
type desk struct {
	*testing.T

	store *reconcilestore.Store
	check reconcile.Check
}

func each(t *testing.T, do func(*desk)) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		d := &desk{T: t, store: reconcilestore.New(storetest.Migrated(t, address))}
		d.check = d.put(reconcile.Check{Workspace: 1, Title: "对账", Source: reconcile.Node{Flow: "a", Node: "n"}, Days: 3, Margin: 1, Zone: "Asia/Shanghai", By: "amy", Updated: 5})
		do(d)
	})
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) put(c reconcile.Check) reconcile.Check {
	d.Helper()
	kept, ok, err := d.store.Put(d.Context(), c)
	d.must(err)
	if !ok {
		d.Fatal("not kept")
	}
	return kept
}

func (d *desk) begin(fire ledger.Millis) (reconcile.Run, bool) {
	d.Helper()
	r, ok, err := d.store.Begin(d.Context(), reconcile.Run{Workspace: 1, Check: d.check.ID, State: reconcile.Running, From: 1, To: 2, Started: 3, Lease: 100}, fire)
	d.must(err)
	return r, ok
}

// running reports whether the newest run is under way.
func (d *desk) running() bool {
	d.Helper()
	runs, err := d.store.List(d.Context(), 1, d.check.ID, 1)
	d.must(err)
	return len(runs) == 1 && runs[0].State == reconcile.Running
}

func TestChecks(t *testing.T) {
	each(t, func(d *desk) {
		ctx := d.Context()
		c := d.check
		c.Title, c.Schedule = "每晚对账", "0 2 * * *"
		c.Spec = compared.Spec{Key: compared.Field{Source: "{{a}}", Target: "{{b}}"}, Fields: []compared.Field{{Title: "金额", Source: "{{x}}", Target: "{{y}}", Kind: compared.Number}}}
		changed := d.put(c)
		got, err := d.store.Check(ctx, 1, c.ID)
		d.must(err)
		c.Version = 2
		if diff := cmp.Diff([]reconcile.Check{c, c}, []reconcile.Check{changed, got}); diff != "" {
			d.Error(diff)
		}
		c.Version = 1
		if _, ok, err := d.store.Put(ctx, c); ok || err != nil {
			d.Errorf("an old version was kept: %v", err)
		}
		for name, err := range map[string]error{"another workspace": func() error { _, err := d.store.Check(ctx, 2, c.ID); return err }(), "deleted by another": d.store.Delete(ctx, 2, c.ID)} {
			if !errors.Is(err, ledger.ErrNotFound) {
				d.Errorf("%s: %v", name, err)
			}
		}
		run, _ := d.begin(0)
		d.must(d.store.End(ctx, reconcile.Run{ID: run.ID, State: reconcile.Done, Same: 7}, []compared.Finding{{Kind: compared.Missing, Key: "k"}}))
		all, err := d.store.Checks(ctx, 1)
		d.must(err)
		if len(all) != 1 || all[0].Last == nil || all[0].Last.Same != 7 {
			d.Errorf("%+v", all)
		}
		d.must(d.store.Delete(ctx, 1, c.ID))
		found, err := d.store.Findings(ctx, run.ID, "", 0, 10)
		d.must(err)
		if _, err := d.store.Run(ctx, 1, run.ID); !errors.Is(err, ledger.ErrNotFound) || len(found) != 0 {
			d.Errorf("left are %v, %v", found, err)
		}
	})
}

func TestRunsBeginOnce(t *testing.T) {
	each(t, func(d *desk) {
		ctx := d.Context()
		first, ok := d.begin(50)
		if !ok {
			d.Fatal("the first did not begin")
		}
		if _, ok := d.begin(0); ok {
			d.Error("two run at once")
		}
		d.must(d.store.End(ctx, reconcile.Run{ID: first.ID, State: reconcile.Done}, nil))
		if _, ok := d.begin(50); ok {
			d.Error("it fired twice for one instant")
		}
		next, ok := d.begin(60)
		if !ok {
			d.Error("it never fires again")
		}
		// What a dead process left is ended, and what that process says later is nothing.
		d.must(d.store.Lost(ctx, 100))
		if r, _ := d.store.Run(ctx, 1, next.ID); r.State != reconcile.Running {
			d.Errorf("it was ended while it was alive: %+v", r)
		}
		d.must(d.store.Lost(ctx, 101))
		stop, err := d.store.Renew(ctx, next.ID, 300)
		d.must(err)
		next.Read = [2]int{7, 8}
		d.must(d.store.Keep(ctx, next))
		d.must(d.store.End(ctx, reconcile.Run{ID: next.ID, State: reconcile.Done}, []compared.Finding{{Kind: compared.Extra}}))
		r, err := d.store.Run(ctx, 1, next.ID)
		d.must(err)
		if !stop || r.Read != [2]int{} || r.State != reconcile.Failed || r.Code != "reconcile.interrupted" || r.Ended != 101 {
			d.Errorf("%t %+v", stop, r)
		}
		runs, err := d.store.List(ctx, 1, d.check.ID, 10)
		d.must(err)
		if len(runs) != 2 || runs[0].ID != next.ID {
			d.Errorf("%+v", runs)
		}
	})
}

func TestRunsStopAndAreRepairedOnce(t *testing.T) {
	each(t, func(d *desk) {
		ctx := d.Context()
		run, _ := d.begin(0)
		run.Read = [2]int{5, 6}
		d.must(d.store.Keep(ctx, run))
		for range 2 { // at the same instant, too
			if stop, err := d.store.Renew(ctx, run.ID, 200); stop || err != nil {
				d.Errorf("it stops by itself: %v", err)
			}
		}
		if err := d.store.Stop(ctx, 2, run.ID); !errors.Is(err, ledger.ErrNotFound) {
			d.Errorf("another workspace stops it: %v", err)
		}
		for range 2 { // a person may press the button twice
			d.must(d.store.Stop(ctx, 1, run.ID))
		}
		if stop, err := d.store.Renew(ctx, run.ID, 300); !stop || err != nil {
			d.Errorf("it does not stop: %v", err)
		}
		kept, err := d.store.Run(ctx, 1, run.ID)
		d.must(err)
		if kept.Read != run.Read || kept.Lease != 200 {
			d.Errorf("%+v", kept)
		}
		var all []compared.Finding
		for _, key := range []string{"a", "b", "c"} {
			all = append(all, compared.Finding{Kind: compared.Missing, Key: key, Ref: key, Source: 1}, compared.Finding{Kind: compared.Extra, Key: key, Target: 1})
		}
		d.must(d.store.End(ctx, reconcile.Run{ID: run.ID, State: reconcile.Done, Counts: map[compared.Verdict]int{compared.Missing: 3}}, all))
		page, err := d.store.Findings(ctx, run.ID, compared.Missing, 1, 1)
		d.must(err)
		if len(page) != 1 || page[0].Key != "b" || page[0].No != 3 {
			d.Errorf("%+v", page)
		}
		for i, want := range []bool{true, false} {
			if first, err := d.store.Repairing(ctx, 1, run.ID, 7); first != want || err != nil {
				d.Errorf("order %d: %t, %v", i, first, err)
			}
		}
	})
}

// broken compiles nothing.
type broken struct{}

func (broken) Plan(context.Context, ledger.ID) (*plan.Plan, error) {
	return nil, fault.New("plan.broken", "the plan is broken")
}

// TestSchedule lets two processes look after a schedule: each instant is compared once, a
// missed one is made up for once, and what fails says why.
func TestSchedule(t *testing.T) {
	each(t, func(d *desk) {
		c := d.check
		c.Schedule, c.Updated = "hourly", ledger.At(time.Unix(3600, 0))
		d.put(c)
		now := time.Unix(3600, 0)
		service := func() *reconcile.Service {
			return reconcile.New(reconcile.Config{
				Store: d.store, Plans: broken{}, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
				Next: func(_, _ string, after time.Time) (time.Time, error) {
					return after.Truncate(time.Hour).Add(time.Hour), nil
				},
			})
		}
		one, two := service(), service()
		made := func() int {
			runs, err := d.store.List(d.Context(), 1, d.check.ID, 100)
			d.must(err)
			return len(runs)
		}
		tick := func() {
			d.Helper()
			d.must(one.Tick(d.Context()))
			d.must(two.Tick(d.Context()))
		}
		tick()
		if n := made(); n != 0 {
			d.Fatalf("%d before its time", n)
		}
		now = now.Add(time.Hour)
		tick()
		tick()
		for ticker := time.NewTicker(5 * time.Millisecond); d.running(); {
			<-ticker.C
		}
		tick()
		if n := made(); n != 1 {
			d.Fatalf("%d for one instant", n)
		}
		_, runs, err := one.Get(access.With(d.Context(), access.Principal{Workspace: 1, Role: access.Viewer}), d.check.ID)
		d.must(err)
		if runs[0].State != reconcile.Failed || runs[0].Code != "reconcile.flow_missing" || runs[0].By != "" {
			d.Errorf("%+v", runs[0])
		}
		one.Stop()
		two.Stop()
	})
}
