package catalog_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/catalog"
)

// installed is what a test says is installed.
type installed struct {
	plugins []catalog.Plugin
	fails   error
	calls   int
}

func (i *installed) List(context.Context) ([]catalog.Plugin, error) {
	i.calls++
	return i.plugins, i.fails
}

type plain node.Declaration

func (p plain) Declaration() node.Declaration { return node.Declaration(p) }

// yard reads the invented system's manifest, edited.
func yard(t *testing.T, edits ...string) *manifest.Manifest {
	t.Helper()
	data, err := os.ReadFile("testdata/yard.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse([]byte(strings.NewReplacer(edits...).Replace(string(data))))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func viewer(t *testing.T) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Principal{Workspace: 1, Role: access.Viewer})
}

// golden compares JSON with a file; KAREZ_UPDATE_GOLDEN writes it anew.
func golden(t *testing.T, name string, got any) {
	t.Helper()
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	file := filepath.Join("testdata", name+".json")
	if os.Getenv("KAREZ_UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("%s: wanted (-), got (+):\n%s", name, diff)
	}
}

func TestConnectors(t *testing.T) {
	t.Parallel()
	crashed := fault.New("connector.paused", "it crashed").Classed(fault.Transient)
	s := catalog.New(nil, &installed{plugins: []catalog.Plugin{
		{ID: "broken", Version: "1.0.0", Fault: fault.New("connector.no_handshake", "this is no connector").Classed(fault.Config)},
		{ID: "yard", Version: "2.1.0", Manifest: yard(t), Fault: crashed, Icon: "data:image/svg+xml;base64,PHN2Zy8+"},
		{ID: "yard", Version: "2.0.0", Manifest: yard(t, "2.1.0", "2.0.0")},
	}})
	got, err := s.Connectors(viewer(t))
	if err != nil || len(got) != 3 {
		t.Fatalf("%d connectors, %v", len(got), err)
	}
	golden(t, "connectors", got[:2])
	if got[2].Icon != "" || got[2].Version != "2.0.0" || got[2].Fault != nil {
		t.Errorf("%+v", got[2])
	}
}

func TestNothingIsInstalled(t *testing.T) {
	t.Parallel()
	s := catalog.New(nil, &installed{})
	if got, err := s.Connectors(viewer(t)); err != nil || got == nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := s.Nodes(viewer(t)); err != nil || got == nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	s := catalog.New(nil, &installed{plugins: []catalog.Plugin{{ID: "yard", Version: "2.1.0", Manifest: yard(t)}}})
	for _, name := range []string{"arrivals", "note.save", "note.audit"} {
		op, err := s.Operation(viewer(t), "yard", "", name)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, op)
	}
}

// What a form shows for a value of the form parameter is what the planner compiles with.
func TestFormsAreWhole(t *testing.T) {
	t.Parallel()
	m := yard(t)
	s := catalog.New(nil, &installed{plugins: []catalog.Plugin{{ID: "yard", Version: "2.1.0", Manifest: m}}})
	op, err := s.Operation(viewer(t), "yard", "2.1", "note.save")
	if err != nil {
		t.Fatal(err)
	}
	declared, _ := m.Operation("note.save")
	for _, form := range op.Forms {
		want := declared.For(form.ID)
		if len(form.Request) != len(want.Request) || len(form.Response) != len(want.Response) || form.Writing.Key != want.Writing.Key {
			t.Errorf("%s has %d and %d fields and the key %s", form.ID, len(form.Request), len(form.Response), form.Writing.Key)
		}
		for i, f := range form.Request {
			if f.Name != want.Request[i].Name {
				t.Errorf("%s: field %d is %s, want %s", form.ID, i, f.Name, want.Request[i].Name)
			}
		}
		if diff := cmp.Diff(want.Writing.Create.Compare, form.Writing.Create.Compare); diff != "" {
			t.Error(form.ID, diff)
		}
	}
}

func TestOperationIsOfTheNewestVersionThatFits(t *testing.T) {
	t.Parallel()
	unreadable := fault.New("manifest.syntax", "line 1").Classed(fault.Config)
	s := catalog.New(nil, &installed{plugins: []catalog.Plugin{
		{ID: "other", Version: "9.0.0", Manifest: yard(t)},
		{ID: "yard", Version: "3.0.0", Fault: unreadable},
		{ID: "yard", Version: "2.10.0", Manifest: yard(t)},
		{ID: "yard", Version: "2.1.0", Manifest: yard(t)},
		{ID: "yard", Version: "1.0.0", Manifest: yard(t, "arrivals", "landings")},
	}})
	tests := []struct{ connector, version, operation, want, code string }{
		{"yard", "", "arrivals", "2.10.0", ""},
		{"yard", "2", "arrivals", "2.10.0", ""},
		{"yard", "2.1", "arrivals", "2.1.0", ""},
		{"yard", "2.1.0", "arrivals", "2.1.0", ""},
		{"yard", "1", "landings", "1.0.0", ""},
		{"yard", "1", "arrivals", "", "object.missing"},
		{"yard", "3", "arrivals", "", "manifest.syntax"},
		{"yard", "4", "arrivals", "", "object.missing"},
		{"yard", "", "nothing", "", "object.missing"},
		{"nobody", "", "arrivals", "", "object.missing"},
	}
	for _, tt := range tests {
		op, err := s.Operation(viewer(t), tt.connector, tt.version, tt.operation)
		if fault.CodeOf(err) != tt.code || err == nil && (op.Version != tt.want || op.Name != tt.operation) {
			t.Errorf("%s %s %s: version %s, %v", tt.connector, tt.version, tt.operation, op.Version, err)
		}
	}
}

func TestNodesAreInTheOrderOfThePalette(t *testing.T) {
	t.Parallel()
	s := catalog.New([]node.Type{
		plain{Type: "window", Kind: node.Pull, Settings: []field.Setting{{Key: "span", Kind: field.PlainDuration}}}, plain{Type: "map"}, plain{Type: "discard"},
	}, &installed{})
	got, err := s.Nodes(viewer(t))
	if err != nil || len(got) != 3 || got[0].Type != "window" || got[1].Type != "map" || got[2].Type != "discard" || len(got[0].Settings) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhoMayLook(t *testing.T) {
	t.Parallel()
	list := &installed{}
	s := catalog.New(nil, list)
	nobody := access.With(t.Context(), access.Principal{Workspace: 1, Role: "guest"})
	for want, ctx := range map[string]context.Context{"auth.login_required": t.Context(), "auth.forbidden": nobody} {
		_, first := s.Nodes(ctx)
		_, second := s.Connectors(ctx)
		_, third := s.Operation(ctx, "yard", "", "arrivals")
		for i, err := range []error{first, second, third} {
			if fault.CodeOf(err) != want {
				t.Errorf("call %d: %v, want %s", i, err, want)
			}
		}
	}
	if list.calls != 0 {
		t.Error("connectors were listed for somebody who may not look")
	}
}

func TestAFolderThatCannotBeRead(t *testing.T) {
	t.Parallel()
	down := errors.New("input/output error")
	s := catalog.New(nil, &installed{fails: down})
	if _, err := s.Connectors(viewer(t)); !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	if _, err := s.Operation(viewer(t), "yard", "", "arrivals"); !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
}

// Palettes show what plugins bring, of the version that serves, and forms of connections don't.
func TestNodesOfPlugins(t *testing.T) {
	t.Parallel()
	parsed := func(version, name string) *manifest.Manifest {
		m, err := manifest.Parse([]byte("id: measures\nversion: " + version + `
title: {zh: 度量, en: Measures}
noSandbox: true
nodes:
  - {name: ` + name + `, title: {zh: 换算, en: Convert}, describe: {zh: 换算数量, en: Converts}}
`))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	plugins := []catalog.Plugin{
		{ID: "broken", Version: "1.0.0", Fault: fault.New("connector.no_handshake", "this is no connector")},
		{ID: "measures", Version: "2.0.0", Manifest: parsed("2.0.0", "convert")},
		{ID: "measures", Version: "1.0.0", Manifest: parsed("1.0.0", "older")},
		{ID: "yard", Version: "2.1.0", Manifest: yard(t)},
	}
	s := catalog.New([]node.Type{plain{Type: "filter"}}, &installed{plugins: plugins})
	got, err := s.Nodes(viewer(t))
	if err != nil || len(got) != 2 || got[0].Type != "filter" || got[1].Type != "measures/convert" || got[1].Settings == nil || got[1].Title.EN != "Convert" {
		t.Errorf("%+v, %v", got, err)
	}
	connectors, err := s.Connectors(viewer(t))
	if err != nil || len(connectors) != 2 || connectors[1].ID != "yard" {
		t.Errorf("%+v, %v", connectors, err)
	}
	s = catalog.New([]node.Type{plain{Type: "filter"}}, &installed{fails: errors.New("no folder")})
	if got, err := s.Nodes(viewer(t)); err != nil || len(got) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
