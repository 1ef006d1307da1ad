package execution_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

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
	if r.versions.loads != 1 {
		t.Errorf("loaded %d times", r.versions.loads)
	}
}

func TestParametersOfARun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.versions.texts[version] = strings.Replace(enginetest.Job, "  nodes:", `  params: [{key: org, type: string, default: "100"}]`+"\n  nodes:", 1)
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
	r.plans.Forget(99)
	if params(); r.versions.loads != 1 {
		t.Errorf("%d loads", r.versions.loads)
	}
	r.plans.Forget(version)
	if params(); r.versions.loads != 2 {
		t.Errorf("%d loads", r.versions.loads)
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	t.Parallel()
	down := fault.New("store.unreachable", "the database does not answer").Classed(fault.Transient)
	tests := map[string]struct {
		prepare func(*versions)
		code    string
		class   fault.Class
		path    string
	}{
		"not stored":        {func(v *versions) { v.texts = nil }, "flow.version_missing", fault.Config, ""},
		"the database down": {func(v *versions) { v.fails = down }, "store.unreachable", fault.Transient, ""},
		"unreadable":        {func(v *versions) { v.fails = errors.New("input/output error") }, "flow.version_unreadable", fault.Transient, ""},
		"given up":          {func(v *versions) { v.fails = context.Canceled }, "flow.version_unreadable", fault.Transient, ""},
		"an unknown connection": {func(v *versions) {
			v.texts[version] = strings.Replace(enginetest.Job, "connection: erp", "connection: missing", 1)
		}, "connection.unknown", fault.Config, "spec.nodes[6].connection"},
		"a cycle": {func(v *versions) {
			v.texts[version] = enginetest.Job + "    - {from: bill, to: live}\n"
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
			r.versions.fails, r.versions.texts = nil, map[ledger.ID]string{version: enginetest.Job}
			if _, err := r.plans.Plan(t.Context(), version); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}
