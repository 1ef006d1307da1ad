package discovery_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
	"github.com/karezflow/karez/server/discovery"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const system = `
id: erp
version: 1.2.3
title: {zh: 系统}
timeZone: Asia/Shanghai
settings: []
rules: [{class: config, codes: ["9"], hint: {zh: 表单不存在, en: no such form}}]
operations:
  - name: save
    kind: write
    title: {zh: 保存}
    object: bill
    form: FormId
    request: [{field: FormId, title: {zh: 表单}, group: other}, {field: FID, title: {zh: 内码}}]
    writing: {maxRows: 1, defaultRows: 1, answers: perRow, batch: perRow, create: {class: D}}
    forms:
      - id: KNOWN
        title: {zh: 已知}
        request: [{field: FBillNo, title: {zh: 编号}, required: true}, {field: FEntity, title: {zh: 明细}, type: array, children: [{field: FQty, title: {zh: 数量}, type: decimal}]}]
  - name: ping
    kind: write
    title: {zh: 无表单}
    object: x
    request: [{field: a, title: {zh: 甲}}]
    writing: {maxRows: 1, defaultRows: 1, answers: perRow, batch: perRow, create: {class: D}}
`

// erp is a connection and its session.
type erp struct {
	m        *manifest.Manifest
	revision int64
	mute     bool
	asked    int
	err      error
	request  string
}

func (e *erp) Revision(_ context.Context, name string) (int64, error) {
	if name != "k3" {
		return 0, access.Missing()
	}
	return e.revision, nil
}

func (e *erp) Manifest(_ context.Context, workspace ledger.ID, _ string) (*manifest.Manifest, error) {
	if workspace != 7 {
		return nil, access.Missing()
	}
	return e.m, nil
}

func (e *erp) Open(_ context.Context, _ ledger.ID, _ string) (ledger.ID, connector.Session, error) {
	if e.mute {
		return 1, session{}, nil
	}
	return 1, discovering{session{}, e}, nil
}

type session struct{ connector.Session }

type discovering struct {
	session

	e *erp
}

func (d discovering) Discover(ctx context.Context, operation, form string) (request, response []byte, err error) {
	d.e.asked++
	if _, bounded := ctx.Deadline(); !bounded || operation != "save" || form == "" {
		return nil, nil, errors.New("a call without an end")
	}
	return []byte(d.e.request), nil, d.e.err
}

type rig struct {
	*erp

	t       *testing.T
	now     time.Time
	service *discovery.Service
}

func newRig(t *testing.T) *rig {
	t.Helper()
	m, err := manifest.Parse([]byte(system))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, erp: &erp{m: m, revision: 1}, now: time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)}
	r.request = `[{"field":"FBillNo","title":{"zh":"另一个"}},{"field":"FID","title":{"zh":"内码"}},{"field":"F_CUSTOM","title":{"zh":"自定义"},"required":true},` +
		`{"field":"FEntity","type":"array","children":[{"field":"FQty","title":{"zh":"x"}},{"field":"FLot","title":{"zh":"批号"}}]}]`
	r.service = discovery.New(r.erp, func() time.Time { return r.now })
	return r
}

func (r *rig) ask(operation, form string, fresh bool) (discovery.Fields, error) {
	ctx := access.With(r.t.Context(), access.Principal{Workspace: 7, Name: "ours", Role: access.Editor})
	return r.service.Of(ctx, "k3", operation, form, fresh)
}

func names(fields []catalog.Field) (out string) {
	for _, f := range fields {
		out += f.Name
		if f.Required {
			out += "!"
		}
		if len(f.Children) > 0 {
			out += "(" + names(f.Children) + ")"
		}
		out += " "
	}
	return out
}

// TestFields: what is declared stands first and means what it means; the rest comes behind.
func TestFields(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for form, want := range map[string]string{
		"KNOWN": "FormId FID FBillNo! FEntity(FQty FLot ) F_CUSTOM! ", "OTHER": "FormId FID FBillNo F_CUSTOM! FEntity(FQty FLot ) ",
	} {
		got, err := r.ask("save", form, false)
		if err != nil || names(got.Request) != want || got.ID != form || !got.At.Equal(r.now) || got.Writing == nil {
			t.Errorf("%s: %s, %v", form, names(got.Request), err)
		}
	}
	if known := r.m.Operations[0].Forms[0].Request; len(known) != 2 || len(known[1].Children) != 1 {
		t.Errorf("the manifest was changed: %+v", known)
	}
}

// TestKept: the system is asked again after some minutes, after a change, or if somebody wants so.
func TestKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	asks := func(what string, fresh bool, want int) {
		t.Helper()
		if _, err := r.ask("save", "OTHER", fresh); err != nil || r.asked != want {
			t.Errorf("%s: asked %d times, want %d; %v", what, r.asked, want, err)
		}
	}
	asks("first", false, 1)
	r.now = r.now.Add(4 * time.Minute)
	asks("soon", false, 1)
	asks("again", true, 2)
	r.now = r.now.Add(4 * time.Minute)
	asks("soon after", false, 2)
	r.revision++
	asks("changed", false, 3)
	r.now = r.now.Add(6 * time.Minute)
	asks("later", false, 4)
	r.err = fault.New("vendor.9", "no")
	if _, err := r.ask("save", "OTHER", true); err == nil {
		t.Error("a failure is not told")
	}
	r.err = nil
	asks("a failure is not kept, nor does it forget", false, 5)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change          func(*rig)
		operation, form string
		code            string
		class           fault.Class
	}{
		"no form":        {nil, "save", "", "discovery.form_missing", fault.Config},
		"no operation":   {nil, "nothing", "F", "object.missing", ""},
		"no forms":       {nil, "ping", "F", "discovery.not_offered", fault.Config},
		"tells nothing":  {func(r *rig) { r.mute = true }, "save", "F", "discovery.not_offered", fault.Config},
		"vendor refuses": {func(r *rig) { r.err = fault.New("vendor.9", "业务对象[F]不存在") }, "save", "F", "vendor.9", fault.Config},
		"not fields":     {func(r *rig) { r.request = `{}` }, "save", "F", "discovery.unreadable", fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if tt.change != nil {
				tt.change(r)
			}
			_, err := r.ask(tt.operation, tt.form, false)
			if f := fault.From(err); err == nil || f.Code != tt.code || tt.class != "" && f.Class != tt.class {
				t.Errorf("%v", err)
			}
		})
	}
	r := newRig(t)
	viewer := access.With(t.Context(), access.Principal{Workspace: 7, Name: "v", Role: access.Viewer})
	if _, err := r.service.Of(viewer, "k3", "save", "F", false); err == nil || r.asked != 0 {
		t.Errorf("a viewer asks: %v", err)
	}
	editor := access.With(t.Context(), access.Principal{Workspace: 8, Name: "e", Role: access.Editor})
	if _, err := r.service.Of(editor, "k3", "save", "F", false); fault.CodeOf(err) != "object.missing" {
		t.Errorf("another workspace: %v", err)
	}
}
