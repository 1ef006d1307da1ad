package execution_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/pull"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/execution"
)

func TestStartClosesWhatACrashLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	crashed := r.start(r.request())
	ended := r.start(r.request())
	if err := r.store.EndPulling(t.Context(), ended.ID, fault.New("http.timeout", "slow"), 1); err != nil {
		t.Fatal(err)
	}
	other := r.request()
	other.Flow = 77
	others := r.start(other)
	req := r.request()
	run := r.start(req)
	if run.State != ledger.RunRunning || run.PullingEnded || run.TraceID != "trace" || run.Version != version || run.Trigger != "test" || run.Started == 0 {
		t.Errorf("%+v", run)
	}
	if got, _ := r.run(crashed.ID); !got.PullingEnded || got.Code != "run.interrupted" || got.Message == "" {
		t.Errorf("the crashed run: %+v", got)
	}
	if got, _ := r.run(ended.ID); got.Code != "http.timeout" || got.Message != "slow" {
		t.Errorf("a run that had ended: %+v", got)
	}
	if got, _ := r.run(others.ID); got.PullingEnded {
		t.Errorf("another flow's run: %+v", got)
	}
	// The same firing again is the same run, which goes on.
	again := r.start(req)
	if got, _ := r.run(again.ID); again.ID != run.ID || got.PullingEnded {
		t.Errorf("the same firing: run %d and %d, %+v", run.ID, again.ID, got)
	}
}

// failing is a store whose methods fail on request.
type failing struct {
	*rigStore
	opens, open, end, finish error
}

type rigStore = struct{ store }

type store interface {
	execution.Ends
	OpenRun(ctx context.Context, run ledger.Run, now ledger.Millis) (ledger.Run, bool, error)
	BeginRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error)
	CancelRun(ctx context.Context, id ledger.ID, by string, now ledger.Millis) (ledger.Run, bool, error)
	Run(ctx context.Context, id ledger.ID) (ledger.Run, ledger.Counts, error)
	OpenRuns(ctx context.Context, flow ledger.ID) ([]ledger.Run, error)
	FinishRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error)
}

func (f failing) OpenRuns(ctx context.Context, flow ledger.ID) ([]ledger.Run, error) {
	runs, err := f.store.OpenRuns(ctx, flow)
	return runs, errors.Join(err, f.opens)
}

func (f failing) OpenRun(ctx context.Context, run ledger.Run, now ledger.Millis) (ledger.Run, bool, error) {
	if f.open != nil {
		return ledger.Run{}, false, f.open
	}
	return f.store.OpenRun(ctx, run, now)
}

func (f failing) EndPulling(ctx context.Context, run ledger.ID, why *fault.Fault, now ledger.Millis) error {
	if f.end != nil {
		return f.end
	}
	return f.store.EndPulling(ctx, run, why, now)
}

func (f failing) FinishRun(ctx context.Context, id ledger.ID, now ledger.Millis) (bool, error) {
	if f.finish != nil {
		return false, f.finish
	}
	return f.store.FinishRun(ctx, id, now)
}

func TestABrokenStoreIsTold(t *testing.T) {
	t.Parallel()
	down := errors.New("the database is down")
	for name, broken := range map[string]failing{"OpenRuns": {opens: down}, "OpenRun": {open: down}, "EndPulling": {end: down}} {
		r := newRig(t)
		r.start(r.request())
		broken.rigStore = &rigStore{r.store}
		r.service.Store = broken
		if _, err := r.service.Start(t.Context(), r.request()); !errors.Is(err, down) {
			t.Errorf("%s: Start gives %v", name, err)
		}
	}
	for name, broken := range map[string]failing{"OpenRuns": {opens: down}, "FinishRun": {finish: down}} {
		r := newRig(t)
		r.start(r.request())
		broken.rigStore = &rigStore{r.store}
		r.service.Store = broken
		if _, err := r.service.Settle(t.Context(), flowID); !errors.Is(err, down) {
			t.Errorf("%s: Settle gives %v", name, err)
		}
	}
	r := newRig(t)
	r.orders(3)
	req := r.request()
	run := r.start(req)
	r.service.Store = failing{rigStore: &rigStore{r.store}, end: down}
	if err := r.service.Pull(t.Context(), run, req); !errors.Is(err, down) {
		t.Errorf("Pull gives %v", err)
	}
}

func TestPull(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(57)
	req := r.request()
	rows, commits := 0, 0
	req.Progress = func(p pull.Progress) {
		rows += p.Rows
		commits++
	}
	run := r.pull(req)
	got, counts := r.run(run.ID)
	if !got.PullingEnded || got.Code != "" || got.Message != "" || counts[ledger.SlotAccepted] != 57 {
		t.Errorf("%+v, %v", got, counts)
	}
	if rows != counts[ledger.SlotPulled] || commits < 6 {
		t.Errorf("told of %d rows in %d commits, and %d were pulled", rows, commits, counts[ledger.SlotPulled])
	}
	r.wantAnnounced()
}

// Work that is held until its window is done is announced then.
func TestReleasedWorkIsAnnounced(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.versions.Texts[version] = strings.NewReplacer("pageSize: 10", "pageSize: 10, direction: forward",
		"operation: orders,", `operation: orders, key: "{{no}}", regroup: {by: ["no"], lines: {into: lines, fields: [id, amount]}},`).Replace(enginetest.Job)
	r.pulled(24)
	r.wantAnnounced()
}

func TestLostAnnouncementsDoNotStopARun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(12)
	r.queue.publishing = errors.New("the queue is gone")
	run := r.pull(r.request())
	if got, counts := r.run(run.ID); got.Code != "" || counts[ledger.SlotAccepted] != 12 || len(r.due()) == 0 {
		t.Errorf("%+v, %v", got, counts)
	}
	r.logged("work was not announced")
}

// two reads the shop by two sources, of which one may be broken.
const two = `
apiVersion: karez/v1
kind: Flow
metadata: {id: two, name: two, title: Two}
spec:
  nodes:
    - {id: broken, type: source, connection: erp, settings: {operation: orders, startFrom: "2026-01-01 00:00:00"}}
    - {id: orders, type: source, connection: shop, settings: {operation: orders, startFrom: "2026-01-01 00:00:00"}}
    - {id: kept, type: discard}
  edges:
    - {from: broken, to: kept}
    - {from: orders, to: kept}
`

func TestPullThatFails(t *testing.T) {
	t.Parallel()
	refused := fault.New("vendor.40001", "the session was refused").Classed(fault.Auth)
	tests := map[string]struct {
		prepare  func(*rig)
		code     string
		accepted int
	}{
		"the vendor refuses": {func(r *rig) {
			r.connections.shop.Fail = func(call int) error {
				if call > 2 {
					return refused
				}
				return nil
			}
		}, "vendor.40001", 20},
		"no such connection": {func(r *rig) {
			r.connections.broken = map[string]error{"shop": fault.New("connection.unknown", "there is no connection named shop")}
		}, "connection.unknown", 0},
		"no fault": {func(r *rig) {
			r.connections.broken = map[string]error{"shop": errors.New("out of files")}
		}, "internal.unexpected", 0},
		"no such version": {func(r *rig) { r.versions.Texts = nil }, "flow.version_missing", 0},
		"a problem blocks": {func(r *rig) {
			r.versions.Texts[version] = strings.Replace(enginetest.Job, "operation: orders", "operation: nothing", 1)
		}, "operation.unknown", 0},
		"one source of two": {func(r *rig) {
			r.versions.Texts[version] = two
			r.connections.broken = map[string]error{"erp": refused}
		}, "vendor.40001", 30},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.orders(30)
			tt.prepare(r)
			req := r.request()
			run := r.start(req)
			err := r.service.Pull(t.Context(), run, req)
			if err == nil || tt.code != "internal.unexpected" && fault.CodeOf(err) != tt.code {
				t.Errorf("%v, want %s", err, tt.code)
			}
			got, counts := r.run(run.ID)
			if !got.PullingEnded || got.Code != tt.code || got.Message == "" || counts[ledger.SlotAccepted] != tt.accepted {
				t.Errorf("%+v, %v", got, counts)
			}
		})
	}
}

func TestPullThatIsStopped(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.orders(40)
	stopped := errors.New("somebody pressed stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	r.connections.shop.Before = func(_ *enginetest.Shop, call int) {
		if call == 3 {
			cancel(stopped)
		}
	}
	req := r.request()
	run := r.start(req)
	if err := r.service.Pull(ctx, run, req); !errors.Is(err, stopped) {
		t.Errorf("%v", err)
	}
	if got, _ := r.run(run.ID); !got.PullingEnded || got.Code != "run.stopped" {
		t.Errorf("%+v", got)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	pulling := r.pulled(8)
	r.connections.shop.Fail = func(int) error { return fault.New("vendor.1", "no").Classed(fault.Config) }
	r.connections.shop.Now = day(2, 12)
	req := r.request()
	failed := r.start(req)
	if err := r.service.Pull(t.Context(), failed, req); err == nil {
		t.Fatal("the vendor's refusal was lost")
	}
	last := r.start(r.request())

	ids := func(runs []ledger.Run) (ids []ledger.ID) {
		for _, run := range runs {
			ids = append(ids, run.ID)
		}
		return ids
	}
	settle := func(want ...ledger.ID) {
		t.Helper()
		open, err := r.service.Settle(t.Context(), flowID)
		if err != nil || !slices.Equal(ids(open), want) {
			t.Fatalf("open: %v, %v, want %v", ids(open), err, want)
		}
	}
	settle(pulling.ID, last.ID) // the failed one has nothing that waits
	for _, id := range r.due() {
		if _, err := r.worker.Handle(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	settle(last.ID)
	if err := r.store.EndPulling(t.Context(), last.ID, nil, 1); err != nil {
		t.Fatal(err)
	}
	settle()
	for id, want := range map[ledger.ID]ledger.RunState{pulling.ID: ledger.RunDone, failed.ID: ledger.RunFailed, last.ID: ledger.RunDone} {
		if got, _ := r.run(id); got.State != want || got.Ended == 0 {
			t.Errorf("run %d is %s, want %s", id, got.State, want)
		}
	}
	if bills, _ := r.connections.erp.Bills(); len(bills) != 8 {
		t.Errorf("%d bills", len(bills))
	}
}
