package plugins_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plugpack"
	"github.com/karezflow/karez/engine/plugpack/plugpacktest"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/manifest"
	"github.com/karezflow/karez/server/access"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/shelf"
	"github.com/karezflow/karez/server/usage"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// rig is a service over a shelf, an engine that takes manifests from the packages, and a
// database of lists.
type rig struct {
	*plugins.Service
	t     *testing.T
	shelf *shelf.Shelf

	mu         sync.Mutex
	loose      []plugins.Running
	uses       []plugins.Use
	placed     []plugins.Use
	drawn      []plugins.Drawn
	nodes      []plugins.Drawn
	changes    int
	generation uint64
	seen       string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t}
	r.shelf = shelf.New(shelf.Config{
		Dir: filepath.Join(t.TempDir(), "plugins"), Core: []plugpack.Key{plugpacktest.Key(t, "makers").Key}, OS: runtime.GOOS, Arch: runtime.GOARCH, SDK: []int{1},
		Clock: func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) },
	})
	r.Service = plugins.New(plugins.Config{
		Shelf: r.shelf, Engine: r, Store: r, Home: 1, Log: slog.New(slog.DiscardHandler), Every: time.Millisecond,
		Changed: func(context.Context) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.changes++
		},
	})
	return r
}

// Running implements plugins.Engine.
func (r *rig) Running(ctx context.Context) ([]plugins.Running, error) {
	installed, err := r.shelf.List(ctx)
	all := append([]plugins.Running{}, r.loose...)
	for _, c := range installed {
		for _, v := range c.Versions {
			running := plugins.Running{ID: v.ID, Version: v.Version, Packaged: true, Fault: v.Fault}
			if text, err := r.shelf.Read(v.ID, v.Version, "manifest.yaml"); err == nil {
				running.Manifest, _ = manifest.Parse(text)
			}
			all = append(all, running)
		}
	}
	return all, err
}

// Refresh implements plugins.Engine.
func (r *rig) Refresh(ctx context.Context) (uint64, error) {
	installed, err := r.shelf.List(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := fmt.Sprint(installed); now != r.seen {
		r.seen = now
		r.generation++
	}
	return r.generation, err
}

// ConnectorUse implements plugins.Store.
func (r *rig) ConnectorUse(context.Context, string) ([]plugins.Use, error) { return r.uses, nil }

// NodeUse implements plugins.Store.
func (r *rig) NodeUse(context.Context, string) ([]plugins.Use, error) { return r.placed, nil }

// Drawn implements plugins.Store.
func (r *rig) Drawn(_ context.Context, workspace ledger.ID, _ string) ([]plugins.Drawn, error) {
	if workspace != 1 {
		return nil, nil
	}
	return r.drawn, nil
}

// Placed implements plugins.Store.
func (r *rig) Placed(_ context.Context, workspace ledger.ID, _ string) ([]plugins.Drawn, error) {
	if workspace != 1 {
		return nil, nil
	}
	return r.nodes, nil
}

func (r *rig) as(workspace ledger.ID, role access.Role) context.Context {
	return access.With(r.t.Context(), access.Principal{Workspace: workspace, Role: role, Name: "amy"})
}

func (r *rig) admin() context.Context { return r.as(1, access.Admin) }

// pack gives a package of a version with texts of its manifest replaced, in pairs.
func (r *rig) pack(version string, pairs ...string) *bytes.Reader {
	r.t.Helper()
	folder := plugpacktest.Folder("depot", version)
	text := string(folder["manifest.yaml"].Data)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			r.t.Fatalf("no %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	folder["manifest.yaml"].Data = []byte(text)
	return bytes.NewReader(plugpacktest.Sign(r.t, plugpacktest.Key(r.t, "makers"), plugpacktest.Pack(r.t, folder)))
}

func (r *rig) install(version string, pairs ...string) plugins.Connector {
	r.t.Helper()
	content := r.pack(version, pairs...)
	c, err := r.Install(r.admin(), content, content.Size(), shelf.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func parsed(t *testing.T, version string) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse([]byte(plugpacktest.Text("depot", version)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func code(err error) string { return fault.CodeOf(err) }

// Only administrators of the first workspace change anything; everybody may look.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("1.0.0")
	acts := map[string]func(context.Context) error{
		"inspect": func(ctx context.Context) error {
			content := r.pack("1.1.0")
			_, err := r.Inspect(ctx, content, content.Size())
			return err
		},
		"install": func(ctx context.Context) error {
			content := r.pack("1.1.0")
			_, err := r.Install(ctx, content, content.Size(), shelf.Options{})
			return err
		},
		"compare":  func(ctx context.Context) error { _, err := r.Compare(ctx, "depot", "1.0.0"); return err },
		"activate": func(ctx context.Context) error { _, err := r.Activate(ctx, "depot", "1.0.0"); return err },
		"rollback": func(ctx context.Context) error { _, err := r.Rollback(ctx, "depot"); return err },
		"pin":      func(ctx context.Context) error { _, err := r.Pin(ctx, "depot", true); return err },
		"remove":   func(ctx context.Context) error { return r.Remove(ctx, "depot", "1.0.0") },
	}
	for name, act := range acts {
		for _, role := range []access.Role{access.Viewer, access.Operator, access.Editor} {
			if got := code(act(r.as(1, role))); got != "auth.forbidden" {
				t.Errorf("%s as %s: %q", name, role, got)
			}
		}
		if got := code(act(r.as(2, access.Admin))); got != "object.missing" {
			t.Errorf("%s as another workspace's administrator: %q", name, got)
		}
		if got := code(act(t.Context())); got != "auth.login_required" {
			t.Errorf("%s as nobody: %q", name, got)
		}
	}
	for _, workspace := range []ledger.ID{1, 2} {
		if list, err := r.List(r.as(workspace, access.Viewer)); err != nil || len(list) != 1 || list[0].Serves != "1.0.0" || list[0].Pinned {
			t.Errorf("%+v, %v", list, err)
		}
	}
	if _, err := r.List(t.Context()); code(err) != "auth.login_required" {
		t.Error(err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.uses = []plugins.Use{{Workspace: 1, Name: "a"}, {Workspace: 2, Name: "b"}}
	shop := parsed(t, "3.0.0")
	shop.ID = "shop"
	r.loose = []plugins.Running{
		{ID: "depot", Version: "9.0.0", Manifest: parsed(t, "9.0.0")},
		{ID: "shop", Version: "3.0.0", Manifest: shop},
		{ID: "shop", Version: "2.0.0", Manifest: shop},
		{ID: "broken", Fault: fault.New("plugin.start_failed", "no")},
	}
	r.install("1.0.0")
	c := r.install("1.10.0")
	if c.Title.EN != "Test system" || c.Connections != 2 || len(c.Operations) != 1 || c.Operations[0].Name != "orders" || c.Previous != "1.0.0" {
		t.Errorf("%+v", c)
	}
	list, err := r.List(r.admin())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, c := range list {
		fmt.Fprintf(&b, "%s serves %q:", c.ID, c.Serves)
		for _, v := range c.Versions {
			fmt.Fprintf(&b, " %s %s %t %s;", v.Version, v.Status, v.Active, code2(v.Fault))
		}
		b.WriteString("\n")
	}
	want := `broken serves "":  loose true plugin.start_failed;
depot serves "1.10.0": 9.0.0 loose false ; 1.10.0 core true ; 1.0.0 core false ;
shop serves "3.0.0": 3.0.0 loose true ; 2.0.0 loose false ;
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func code2(f *fault.Fault) string {
	if f == nil {
		return ""
	}
	return f.Code
}

// drawn gives a flow that reads orders and writes goods over a connection.
func drawn(id, connection string, published bool, operations ...string) plugins.Drawn {
	text := `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"` + id + `"},"spec":{"nodes":[`
	for i, o := range operations {
		text += fmt.Sprintf(`{"id":"n%d","type":"source","connection":%q,"settings":{"operation":%q}},`, i, connection, o)
	}
	text += `{"id":"other","type":"source","connection":"elsewhere","settings":{"operation":"orders"}},{"id":"mark","type":"writeback","settings":{}}],"edges":[]}}`
	return plugins.Drawn{Document: usage.Document{Flow: usage.Flow{ID: id, Title: "T " + id}, Text: []byte(text)}, Published: published, Connections: []string{connection}}
}

// A new version shows what it has otherwise, and whom that concerns: not the flows of
// connections that ask for another version.
func TestInspect(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	another := "  - {name: stock, kind: query, title: {zh: 库存, en: Stock}, object: stock, request: [], paging: {strategy: none, defaultSize: 1, maxSize: 1}}\n"
	r.install("1.0.0", "operations:\n", "operations:\n"+another)
	r.uses = []plugins.Use{{Workspace: 1, Name: "main"}, {Workspace: 1, Name: "old", Version: "1.0"}, {Workspace: 2, Name: "main"}, {Workspace: 3, Name: "x", Version: "1.0.0"}}
	r.drawn = []plugins.Drawn{
		drawn("calm", "main", false, "stock"), drawn("form", "main", false, "orders#A"), drawn("form", "main", true, "stock"),
		drawn("kept", "old", true, "orders"), drawn("both", "main", true, "orders", "orders"),
	}
	content := r.pack("1.1.0", "operations:\n", "operations:\n"+another, "      - {field: amount, type: decimal, title: {zh: 金额, en: Amount}}\n", "")
	i, err := r.Inspect(r.admin(), content, content.Size())
	if err != nil || i.From != "1.0.0" || i.To != "1.1.0" || len(i.Changes) != 1 || i.Changes[0].Name != "amount" || i.Elsewhere != 1 || i.Status != shelf.Core {
		t.Fatalf("%+v, %v", i, err)
	}
	flow := func(id string, a plugins.Affected) plugins.Affected {
		a.Flow = usage.Flow{ID: id, Title: "T " + id}
		return a
	}
	want := []plugins.Affected{
		flow("form", plugins.Affected{Draft: true, Published: true, Operations: []string{"orders"}, Nodes: []string{}, Breaking: true}),
		flow("both", plugins.Affected{Published: true, Operations: []string{"orders"}, Nodes: []string{}, Breaking: true}),
		flow("calm", plugins.Affected{Draft: true, Operations: []string{}, Nodes: []string{}}),
	}
	if diff := cmp.Diff(want, i.Flows); diff != "" {
		t.Error(diff)
	}
	if c, err := r.List(r.admin()); err != nil || len(c[0].Versions) != 1 {
		t.Errorf("a look installed something: %+v, %v", c, err)
	}
	// The way back shows the reverse.
	if c, err := r.Install(r.admin(), content, content.Size(), shelf.Options{Sum: i.Sum}); err != nil || c.Serves != "1.1.0" {
		t.Fatal(c, err)
	}
	back, err := r.Compare(r.admin(), "depot", "1.0.0")
	if err != nil || back.From != "1.1.0" || back.To != "1.0.0" || len(back.Changes) != 1 || back.Changes[0].Breaking {
		t.Errorf("%+v, %v", back, err)
	}
	if _, err := r.Compare(r.admin(), "depot", "7.0.0"); code(err) != shelf.CodeMissing {
		t.Error(err)
	}
}

// placed gives a flow that has nodes of the depot, and a pin of it if that is not "".
func placed(id, pin string, published bool, nodes ...string) plugins.Drawn {
	text := `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"` + id + `"},"spec":{`
	if pin != "" {
		text += `"connectors":{"depot":"` + pin + `"},`
	}
	text += `"nodes":[{"id":"other","type":"elsewhere/weigh","settings":{}}`
	for i, n := range nodes {
		text += fmt.Sprintf(`,{"id":"n%d","type":"depot/%s","settings":{}}`, i, n)
	}
	return plugins.Drawn{Document: usage.Document{Flow: usage.Flow{ID: id, Title: "T " + id}, Text: []byte(text + `],"edges":[]}}`)}, Published: published}
}

// Flows with nodes of the plugin are listed by name: not those that pin another version.
func TestNodesThatChange(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	node := func(name, rest string) string {
		return "  - {name: " + name + ", title: {zh: 节点}, describe: {zh: 节点}" + rest + "}\n"
	}
	const mark = "operations:\n"
	r.install("1.0.0", mark, "nodes:\n"+node("gone", "")+node("weigh", "")+node("same", "")+mark)
	r.uses = []plugins.Use{{Workspace: 1, Name: "main"}}
	r.placed = []plugins.Use{{Workspace: 1, Name: "T calm"}, {Workspace: 2, Name: "theirs"}, {Workspace: 2, Name: "kept", Version: "1.0"}}
	r.drawn = []plugins.Drawn{drawn("both", "main", true, "orders")}
	r.nodes = []plugins.Drawn{
		placed("calm", "", true, "same"), placed("kept", "1.0", true, "gone"), placed("weighs", "1", true, "weigh", "weigh"), placed("weighs", "1", false, "same"),
		placed("lost", "", false, "weigh", "gone"), placed("both", "", true, "weigh"),
	}
	content := r.pack("1.1.0", mark, "nodes:\n"+node("weigh", ", settings: [{key: unit, kind: text, title: {zh: 单位}}]")+node("same", ", examples: [{title: {zh: 例}, settings: '{}', document: '{}', result: '{}'}]")+mark)
	i, err := r.Inspect(r.admin(), content, content.Size())
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, f := range i.Flows {
		told = append(told, fmt.Sprintf("%s %v %v breaking=%t draft=%t published=%t", f.ID, f.Operations, f.Nodes, f.Breaking, f.Draft, f.Published))
	}
	want := []string{
		"lost [] [gone weigh] breaking=true draft=true published=false", "both [] [weigh] breaking=false draft=false published=true",
		"weighs [] [weigh] breaking=false draft=true published=true", "calm [] [] breaking=false draft=false published=true",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if i.FlowsElsewhere != 1 || len(i.Changes) != 3 || i.Changes[2].Name != "weigh.unit" {
		t.Errorf("%d flows elsewhere, %+v", i.FlowsElsewhere, i.Changes)
	}
	// The way back tells them as well: the node that comes again hurts nobody.
	if _, err := r.Install(r.admin(), content, content.Size(), shelf.Options{}); err != nil {
		t.Fatal(err)
	}
	back, err := r.Compare(r.admin(), "depot", "1.0.0")
	if err != nil || len(back.Flows) != 5 || back.Flows[0].Breaking || len(back.Flows[0].Nodes) == 0 {
		t.Errorf("%+v, %v", back.Flows, err)
	}
}

func TestRemoveAsksTheConnections(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("1.0.0")
	r.install("1.1.0")
	r.uses = []plugins.Use{{Workspace: 1, Name: "pinned", Version: "1.0.0"}, {Workspace: 1, Name: "any"}, {Workspace: 2, Name: "secret", Version: "1.0"}}
	err := r.Remove(r.admin(), "depot", "1.0.0")
	if f := fault.From(err); f.Code != plugins.CodeInUse || !strings.Contains(f.Hint, "pinned, 1 of other workspaces") || strings.Contains(f.Error()+f.Hint, "secret") || strings.Contains(f.Hint, "any") {
		t.Errorf("%v, %v", f, f.Hint)
	}
	r.uses = []plugins.Use{{Workspace: 1, Name: "any"}, {Workspace: 1, Name: "one", Version: "1"}}
	if err := r.Remove(r.admin(), "depot", "1.1.0"); code(err) != shelf.CodeActive {
		t.Error(err)
	}
	if err := r.Remove(r.admin(), "depot", "1.0.0"); err != nil {
		t.Error(err)
	}
	if err := r.Remove(r.admin(), "depot", "1.1.0"); code(err) != plugins.CodeInUse {
		t.Error(err)
	}
	// A flow has a node of it.
	r.uses, r.placed = nil, []plugins.Use{{Workspace: 1, Name: "Units of orders", Version: "1.1"}}
	if f := fault.From(r.Remove(r.admin(), "depot", "1.1.0")); f.Code != plugins.CodeInUse || !strings.Contains(f.Hint, "Units of orders") {
		t.Errorf("%v, %v", f, f.Hint)
	}
	// A loose program that fits is left.
	r.uses, r.placed = []plugins.Use{{Workspace: 1, Name: "any"}}, nil
	r.loose = []plugins.Running{{ID: "depot", Version: "1.0.5"}}
	if err := r.Remove(r.admin(), "depot", "1.1.0"); err != nil {
		t.Error(err)
	}
}

// A change is taken up at once by whoever makes it, and soon by others.
func TestChangesAreTakenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	count := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.changes
	}
	r.install("1.0.0")
	r.install("1.1.0")
	if n := count(); n != 2 {
		t.Errorf("%d changes", n)
	}
	if err := r.Look(t.Context()); err != nil || count() != 2 {
		t.Errorf("nothing changed and was told: %v", err)
	}
	r.Start(t.Context())
	defer r.Stop()
	if err := r.shelf.Activate(t.Context(), "depot", "1.0.0"); err != nil { // as another process does
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); count() < 3; {
		if time.Now().After(deadline) {
			t.Fatal("the change is not taken up")
		}
		runtime.Gosched()
	}
	c, err := r.Rollback(r.admin(), "depot")
	if err != nil || c.Serves != "1.1.0" {
		t.Error(c, err)
	}
	if c, err := r.Pin(r.admin(), "depot", true); err != nil || !c.Pinned {
		t.Error(c, err)
	}
}
