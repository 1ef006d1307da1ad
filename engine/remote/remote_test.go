//go:build linux

package remote_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/pluginhost"
	"github.com/karezflow/karez/engine/remote"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/nodetest"
)

// built has the plugin in two versions.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kznodes")
	if err != nil {
		panic(err)
	}
	built = dir
	for _, version := range []string{"1.0.0", "2.0.0"} {
		build := exec.Command("go", "build", "-ldflags=-s -w -X main.version="+version, "-o", filepath.Join(dir, "testnodes@"+version), "./internal/testnodes")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			panic(string(out))
		}
	}
	leaktest.Main(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// newTypes gives the types with a host that has these versions of the plugin.
func newTypes(t *testing.T, limits remote.Limits, versions ...string) *remote.Types {
	t.Helper()
	dir := t.TempDir()
	for _, version := range versions {
		if err := os.Link(filepath.Join(built, "testnodes@"+version), filepath.Join(dir, "testnodes@"+version)); err != nil {
			t.Fatal(err)
		}
	}
	host := pluginhost.New(pluginhost.Config{
		Dir: dir, Work: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		Restart: pluginhost.Restart{First: time.Millisecond, Most: time.Millisecond, Crashes: 1000},
		Timing:  pluginhost.Timing{Overdue: 100 * time.Millisecond, Drain: 5 * time.Second},
	})
	t.Cleanup(func() { host.Close(context.Background()) })
	return remote.New(flow.NewTypes(), host, limits)
}

// made gives the node act of the plugin with settings.
func made(t *testing.T, types flow.Types, settings string) (node.Type, node.TransformFunc) {
	t.Helper()
	typ, ok := types.Type("testnodes/act")
	if !ok {
		t.Fatal("the plugin's node is unknown")
	}
	apply, err := typ.(node.Transformer).New(nodetest.NewSettings(t, typ.Declaration(), settings, nodetest.Programs{}))
	if err != nil {
		t.Fatal(err)
	}
	return typ, apply
}

func doing(what ...string) []item.Item {
	batch := make([]item.Item, len(what))
	for i, do := range what {
		raw := []byte(fmt.Sprintf(`{"do":%q,"n":9007199254740993.10,"b":1,"a":"\u4e2d"}`, do))
		batch[i] = item.Item{Raw: raw, Source: raw, Facts: &item.Facts{Key: fmt.Sprintf("%d", i), Revision: 1}}
	}
	return batch
}

// told says what became of a batch: by each record "port raw", or its fault's code and class.
func told(t *testing.T, apply node.TransformFunc, batch []item.Item) []string {
	t.Helper()
	results, err := apply(t.Context(), batch)
	if err != nil || len(results) != len(batch) {
		t.Fatalf("%d results, %v", len(results), err)
	}
	list := make([]string, len(results))
	for i, r := range results {
		if r.Fault != nil {
			list[i] = r.Fault.Code + " " + string(r.Fault.Class)
		}
		for _, o := range r.Outputs {
			list[i] += strings.TrimSpace(o.Port + " " + string(o.Item.Raw))
			if o.Item.Facts != batch[i].Facts || string(o.Item.Source) != string(batch[i].Source) {
				t.Errorf("record %d lost facts or source", i)
			}
		}
	}
	return list
}

func TestUntouchedBytesStay(t *testing.T) {
	t.Parallel()
	_, apply := made(t, newTypes(t, remote.Limits{}, "1.0.0"), `{}`)
	batch := doing("same", "none", "tag")
	want := []string{string(batch[0].Raw), "", `far {"tag":"plain","version":"1.0.0"}`}
	if diff := cmp.Diff(want, told(t, apply, batch)); diff != "" {
		t.Error(diff)
	}
}

func TestGarbageIsAFaultOfItsRecord(t *testing.T) {
	t.Parallel()
	_, apply := made(t, newTypes(t, remote.Limits{}, "1.0.0"), `{}`)
	for what, want := range map[string]string{
		"port": "transform.unknown_port internal", "error": "transform.unknown_port internal", "scalar": "transform.bad_output internal",
		"junk": "transform.bad_output internal", "bytes": "transform.bad_output internal", "vars": "transform.bad_output internal",
		"routes": "transform.route internal", "fault": "testnodes.bad data", "odd": "transform.failed data",
	} {
		got := told(t, apply, doing("none", what, "none"))
		if diff := cmp.Diff([]string{"", want, ""}, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	for what, want := range map[string]string{"short": "transform.count internal", "refuse": "testnodes.refused config", "many": "transform.too_many internal"} {
		if got := told(t, apply, doing("same", what)); got[1] != want || what != "many" && got[0] != want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// A record that ends the process takes those of its portion along once: then each goes alone.
func TestCrashInAPortion(t *testing.T) {
	t.Parallel()
	_, apply := made(t, newTypes(t, remote.Limits{Records: 3}, "1.0.0"), `{}`)
	batch := doing("pid", "together", "exit", "together", "together", "together")
	const crashed = "connector.crashed transient"
	first := told(t, apply, batch)
	if diff := cmp.Diff([]string{crashed, crashed, crashed, `{"together":3}`, `{"together":3}`, `{"together":3}`}, first); diff != "" {
		t.Fatal(diff)
	}
	again := told(t, apply, batch)
	if diff := cmp.Diff([]string{`{"together":1}`, crashed}, again[1:3]); diff != "" || !strings.HasPrefix(again[0], `{"pid":`) {
		t.Errorf("%s %s", again[0], diff)
	}
}

// The process that hangs is replaced; those that waited for it are tried again alone.
func TestDeadline(t *testing.T) {
	t.Parallel()
	_, apply := made(t, newTypes(t, remote.Limits{Call: 300 * time.Millisecond, Records: 2}, "1.0.0"), `{}`)
	before := told(t, apply, doing("pid"))[0]
	batch := doing("pid", "hang", "none")
	const late = "connector.timeout transient"
	if diff := cmp.Diff([]string{late, late, ""}, told(t, apply, batch)); diff != "" {
		t.Fatal(diff)
	}
	again := told(t, apply, batch)
	if again[0] == late || again[1] != late {
		t.Errorf("%v", again)
	}
	for deadline := time.Now().Add(20 * time.Second); told(t, apply, doing("pid"))[0] == before; {
		if time.Now().After(deadline) {
			t.Fatal("the process that hangs was not replaced")
		}
	}
}

func TestBatchThatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	_, apply := made(t, newTypes(t, remote.Limits{}, "1.0.0"), `{}`)
	told(t, apply, doing("none"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if results, err := apply(ctx, doing("same")); err == nil {
		t.Errorf("%v", results)
	}
}

// However a batch is split, the same comes of its records.
func TestPortions(t *testing.T) {
	t.Parallel()
	types := newTypes(t, remote.Limits{Records: 2, Bytes: 150}, "1.0.0")
	_, apply := made(t, types, `{}`)
	batch := doing("together", "together", "together", "together", "together")
	batch[3].Raw = []byte(`{"do":"together","long":"` + strings.Repeat("x", 200) + `"}`)
	want := []string{`{"together":2}`, `{"together":2}`, `{"together":1}`, `{"together":1}`, `{"together":1}`}
	if diff := cmp.Diff(want, told(t, apply, batch)); diff != "" {
		t.Error(diff)
	}
	batch[1].Raw = []byte(`{"long":"` + strings.Repeat("x", 33<<20) + `"}`)
	if got := told(t, apply, batch[:3]); got[1] != "transform.too_large data" || got[0] != `{"together":1}` || got[2] != got[0] {
		t.Errorf("%.60v", got)
	}
}

func TestVersionsThatAFlowPins(t *testing.T) {
	t.Parallel()
	types := newTypes(t, remote.Limits{}, "1.0.0", "2.0.0")
	for pin, want := range map[string]string{"": "2.0.0", "1": "1.0.0", "1.0": "1.0.0", "2.0.0": "2.0.0"} {
		seen := types.For(map[string]string{"testnodes": pin})
		_, apply := made(t, seen, `{"tag":"x"}`)
		if got := told(t, apply, doing("tag"))[0]; got != `far {"tag":"x","version":"`+want+`"}` {
			t.Errorf("pinned to %q: %s", pin, got)
		}
	}
	for name, want := range map[string]string{"testnodes/act": "node.plugin_missing", "other/act": "node.plugin_missing", "filter": ""} {
		seen := types.For(map[string]string{"testnodes": "3"}).(*remote.Types)
		if _, ok := seen.Type(name); ok || fault.CodeOf(orNil(seen.Missing(name))) != want {
			t.Errorf("%s: %v, %v", name, ok, seen.Missing(name))
		}
	}
	if f := types.Missing("testnodes/none"); fault.CodeOf(orNil(f)) != "node.not_in_plugin" {
		t.Error(f)
	}
}

func orNil(f *fault.Fault) error {
	if f == nil {
		return nil
	}
	return f
}

const document = `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"title":"t"},"spec":{"connectors":{"testnodes":"2.0"},"nodes":[{"id":"act","type":"testnodes/act","typeVersion":1,"settings":{"tag":"old"}}],"edges":[]}}`

// The settings of an older version are brought to that of the pinned one, and checked by it.
func TestSettings(t *testing.T) {
	t.Parallel()
	types := newTypes(t, remote.Limits{}, "1.0.0", "2.0.0")
	docs, err := flow.Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	docs[0].Upgrade(types)
	if n := docs[0].Spec.Nodes[0]; string(n.Settings) != `{"tag":"upgraded"}` || n.TypeVersion != 2 {
		t.Errorf("%s, %d", n.Settings, n.TypeVersion)
	}
	for settings, want := range map[string]string{
		`{"tag":"bad"}`: "testnodes.tag spec.nodes[0].settings.tag true", `{"more":1}`: "setting.unknown spec.nodes[0].settings.more true", `{}`: "",
		`{"tag":"exit"}`: "", // what runs tells it of the documents
	} {
		docs[0].Spec.Nodes[0].Settings = []byte(settings)
		var got []string
		for _, p := range flow.Validate(docs[0], types, flow.Options{}) {
			if strings.HasPrefix(p.Path, "spec.nodes[0].settings") {
				got = append(got, fmt.Sprintf("%s %s %v", p.Code, p.Path, p.Blocking))
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %v", settings, got)
		}
	}
	docs[0].Spec.Connectors["testnodes"] = "7"
	found := flow.Validate(docs[0], types, flow.Options{})
	if !strings.Contains(fmt.Sprint(found), "node.plugin_missing") {
		t.Errorf("%v", found)
	}
	docs[0].Spec.Connectors["testnodes"], docs[0].Spec.Nodes[0].TypeVersion, docs[0].Spec.Nodes[0].Settings = "2", 1, []byte(`{"tag":"scalar"}`)
	if found := flow.Validate(docs[0], types, flow.Options{}); !strings.Contains(fmt.Sprint(found), "node.upgrade_failed") {
		t.Errorf("%v", found)
	}
}
