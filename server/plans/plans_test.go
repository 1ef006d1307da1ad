package plans_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan/compile"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/plans"
	"github.com/karezflow/karez/server/plans/planstest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// version is the one of the rig, in its workspace.
const (
	workspace ledger.ID = 1
	version   ledger.ID = 3
)

// rig is a cache with one version on the shelf and the stand-in vendor's manifest.
type rig struct {
	versions *planstest.Versions
	plans    *plans.Cache
	manifest *manifest.Manifest
	// asked is called before a manifest is given, where it is set.
	asked func(ctx context.Context, name string) error
}

func newRig(t *testing.T) *rig {
	t.Helper()
	m, err := manifest.Parse([]byte(enginetest.System))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{versions: &planstest.Versions{Workspace: workspace, Texts: map[ledger.ID]string{version: enginetest.Job}}, manifest: m}
	r.plans = plans.New(r.versions, r, enginetest.Types(), nil, func(context.Context, ledger.ID) compile.Flows { return nil })
	return r
}

// Manifest implements plans.Manifests.
func (r *rig) Manifest(ctx context.Context, in ledger.ID, name string) (*manifest.Manifest, error) {
	if r.asked != nil {
		if err := r.asked(ctx, name); err != nil {
			return nil, err
		}
	}
	if in != workspace || name == "missing" {
		return nil, fault.New("connection.unknown", "there is no connection named %s", name)
	}
	return r.manifest, nil
}

func faultIs(t *testing.T, err error, code string) *fault.Fault {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Code != code {
		t.Fatalf("%v, want %s", err, code)
	}
	return f
}

func TestPlansAreKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			p, err := r.plans.Plan(t.Context(), version)
			if err != nil || len(p.Sources) != 1 || p.Sources[0].NodeNo != 12 {
				t.Errorf("%+v, %v", p, err)
			}
		})
	}
	group.Wait()
	if r.versions.Loads() != 1 {
		t.Errorf("loaded %d times", r.versions.Loads())
	}
}

func TestParametersOfARun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.versions.Texts[version] = strings.Replace(enginetest.Job, "  nodes:", `  params: [{key: org, type: string, default: "100"}]`+"\n  nodes:", 1)
	params := func() string {
		t.Helper()
		p, err := r.plans.Plan(t.Context(), version)
		if err != nil {
			t.Fatal(err)
		}
		return string(p.Params)
	}
	if got := params(); got != `{"org":"100"}` {
		t.Error(got)
	}
}

// A connector that is slow to give its manifest holds up nobody but the flows that name it.
func TestACompilationHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const slow = version + 1
	r.versions.Texts[slow] = strings.ReplaceAll(enginetest.Job, "connection: erp", "connection: slow")
	entered, goOn := make(chan struct{}, 9), make(chan struct{})
	r.asked = func(ctx context.Context, name string) error {
		if name != "slow" {
			return nil
		}
		entered <- struct{}{}
		select {
		case <-goOn:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	plan := func(ctx context.Context, id ledger.ID) chan error {
		done := make(chan error, 1)
		go func() {
			p, err := r.plans.Plan(ctx, id)
			if (p == nil) != (err != nil) {
				t.Errorf("%v with %v", p, err)
			}
			done <- err
		}()
		return done
	}
	soon := func(what string, done chan error) error {
		t.Helper()
		select {
		case err := <-done:
			return err
		case <-time.After(20 * time.Second):
			t.Fatal(what, "was held up")
			return nil
		}
	}
	first, giveUp := context.WithCancel(t.Context())
	leader := plan(first, slow)
	<-entered
	if err := soon("another flow", plan(t.Context(), version)); err != nil {
		t.Error(err)
	}
	waiting, stop := context.WithCancel(t.Context())
	waiter, patient := plan(waiting, slow), plan(t.Context(), slow)
	stop()
	if err := soon("who gave up", waiter); !errors.Is(err, context.Canceled) || fault.ClassOf(err) != fault.Transient {
		t.Errorf("who gave up: %v", err)
	}
	giveUp()
	if err := soon("the leader", leader); err == nil {
		t.Error("the leader gave up and has a plan")
	}
	<-entered // the one who waits compiles it now
	close(goOn)
	if err := soon("the last", patient); err != nil {
		t.Errorf("who waited has the failure of who gave up: %v", err)
	}
	// Kept from now on.
	if err := soon("a kept plan", plan(t.Context(), slow)); err != nil || r.versions.Loads() != 3 {
		t.Errorf("%v after %d loads", err, r.versions.Loads())
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	t.Parallel()
	down := fault.New("store.unreachable", "the database does not answer").Classed(fault.Transient)
	tests := map[string]struct {
		prepare func(*planstest.Versions)
		code    string
		class   fault.Class
		path    string
	}{
		"not stored":        {func(v *planstest.Versions) { v.Texts = nil }, "flow.version_missing", fault.Config, ""},
		"the database down": {func(v *planstest.Versions) { v.Fails = down }, "store.unreachable", fault.Transient, ""},
		"unreadable":        {func(v *planstest.Versions) { v.Fails = errors.New("input/output error") }, "flow.version_unreadable", fault.Transient, ""},
		"given up":          {func(v *planstest.Versions) { v.Fails = context.Canceled }, "flow.version_unreadable", fault.Transient, ""},
		"an unknown connection": {func(v *planstest.Versions) {
			v.Texts[version] = strings.Replace(enginetest.Job, "connection: erp", "connection: missing", 1)
		}, "connection.unknown", fault.Config, "spec.nodes[6].connection"},
		"a cycle": {func(v *planstest.Versions) {
			v.Texts[version] = enginetest.Job + "    - {from: bill, to: live}\n"
		}, "flow.cycle", fault.Config, "spec.edges"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			tt.prepare(r.versions)
			p, err := r.plans.Plan(t.Context(), version)
			f := faultIs(t, err, tt.code)
			if p != nil || f.Class != tt.class || !strings.HasPrefix(f.Path, tt.path) {
				t.Errorf("%v, class %s, path %s", f, f.Class, f.Path)
			}
			if strings.HasPrefix(f.Code, "flow.version") && !strings.Contains(f.Message, "3") {
				t.Errorf("%v does not name the version", f)
			}
			if name == "not stored" && !errors.Is(err, ledger.ErrNotFound) || name == "given up" && !errors.Is(err, context.Canceled) {
				t.Errorf("%v hides its cause", err)
			}
			// A failure is not kept.
			r.versions.Fails, r.versions.Texts = nil, map[ledger.ID]string{version: enginetest.Job}
			if _, err := r.plans.Plan(t.Context(), version); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// After a connector was exchanged a version is compiled with its new manifest.
func TestForgottenPlansAreCompiledAnew(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first, err := r.plans.Plan(t.Context(), version)
	if err != nil {
		t.Fatal(err)
	}
	r.plans.Forget()
	second, err := r.plans.Plan(t.Context(), version)
	if err != nil || second == first || r.versions.Loads() != 2 {
		t.Errorf("the same plan after %d loads, %v", r.versions.Loads(), err)
	}
	if third, err := r.plans.Plan(t.Context(), version); err != nil || third != second {
		t.Errorf("another plan without a reason, %v", err)
	}
}
