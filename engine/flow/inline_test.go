package flow_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
)

func TestInlineConnections(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, connections string
		want              []string
	}{
		{"variables and constants", `{jst: {connector: jushuitan, version: "1.2", settings: {url: "env:URL", port: 80}, secrets: {key: "env:JST_KEY"}}}`, nil},
		{"settings may be left out", `{jst: {connector: jushuitan}}`, nil},
		{"no connector", `{jst: {}}`, []string{"connection.connector at spec.connections.jst.connector"}},
		{"no version", `{jst: {connector: j, version: new}}`, []string{"flow.version at spec.connections.jst.version"}},
		{"settings that are a text", `{jst: {connector: j, settings: x}}`, []string{"flow.wrong_type at spec.connections.jst.settings"}},
		{"a secret in the file", `{jst: {connector: j, secrets: {key: hush-hush-hush}}}`, []string{"connection.secret_in_file at spec.connections.jst.secrets.key"}},
		{"a variable without a name", `{jst: {connector: j, secrets: {key: "env:"}}}`, []string{"connection.secret_in_file at spec.connections.jst.secrets.key"}},
		{"a secret that is a number", `{jst: {connector: j, secrets: {key: 1234567890123}}}`, []string{"flow.wrong_type at spec.connections.jst.secrets.key"}},
		{"a connection that is a text", `{jst: hush-hush-hush}`, []string{"flow.wrong_type at spec.connections.jst"}},
		{"a connection nobody uses", `{jst: {connector: j}, old: {connector: j}}`, []string{"~connection.unused at spec.connections.old"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := one(t, strings.Replace(good, "layout: {}", "connections: "+c.connections, 1))
			found := flow.Validate(d, types(), flow.Options{InlineConnections: true})
			if diff := cmp.Diff(c.want, problems(found)); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
			said, err := json.Marshal(found)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"hush", "1234567890123"} {
				if strings.Contains(string(said), secret) {
					t.Errorf("a problem repeats what may be a secret: %s", said)
				}
			}
		})
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	const file = `{"spec":{"nodes":[
		{"id":"a","type":"dated","settings":{"v1":12345678901234567890.10}},
		{"id":"b","type":"dated","typeVersion":2,"settings":{"v2":"x"}},
		{"id":"c","type":"dated","typeVersion":3,"settings":{ "v3" : "y" }},
		{"id":"d","type":"dated","settings":{"v9":1}},
		{"id":"e","type":"stuck","settings":{}},
		{"id":"f","type":"map","settings":{"fields":[]}},
		{"id":"g","type":"unknown","settings":{"v1":1}},
		{"id":"h","type":"dated","typeVersion":"1","settings":{"v1":1}},
		{"id":"i","type":"dated","typeVersion":4,"settings":{"v4":1}}
	]}}`
	d := one(t, file)
	d.Upgrade(types())
	type state struct {
		Version  int
		Settings string
	}
	var got []state
	for _, n := range d.Spec.Nodes {
		got = append(got, state{n.TypeVersion, string(n.Settings)})
	}
	want := []state{
		{3, `{"v3":12345678901234567890.10}`},
		{3, `{"v3":"x"}`},
		{3, `{"v3":"y"}`},
		{0, `{"v9":1}`},
		{0, `{}`},
		{1, `{"fields":[]}`},
		{0, `{"v1":1}`},
		{0, `{"v1":1}`},
		{4, `{"v4":1}`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("nodes differ (-want +got):\n%s", diff)
	}
	again := one(t, string(d.JSON()))
	again.Upgrade(types())
	if diff := cmp.Diff(string(d.JSON()), string(again.JSON())); diff != "" {
		t.Errorf("upgrading twice changes more (-once +twice):\n%s", diff)
	}
}

func TestValidateReadsOldSettings(t *testing.T) {
	t.Parallel()
	d := one(t, strings.Replace(good, "{id: bill, type: map, settings: {fields: [{field: a, value: b}]}}", "{id: bill, type: dated, settings: {v1: x}}", 1))
	if found := flow.Validate(d, types(), flow.Options{}); len(found) != 0 {
		t.Errorf("problems: %v", problems(found))
	}
	if got := string(d.Spec.Nodes[4].Settings); got != `{"v1":"x"}` {
		t.Errorf("validating changed the settings to %s", got)
	}
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	f := fault.New("mapping.unknown", "no such field").At("fields[2].field").Hinted("select it").Arg("field", "x")
	got := flow.ProblemOf(f, "spec.nodes[1].settings")
	want := flow.Problem{
		Path: "spec.nodes[1].settings.fields[2].field", Code: "mapping.unknown", Message: "no such field", Hint: "select it",
		Blocking: true, Args: map[string]string{"field": "x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problem differs (-want +got):\n%s", diff)
	}
	paths := map[[2]string]string{{"a", "[0].b"}: "a[0].b", {"", "b"}: "b", {"a", ""}: "a", {"a", "b"}: "a.b"}
	for in, want := range paths {
		if got := flow.ProblemOf(fault.New("x.y", "z").At(in[1]), in[0]).Path; got != want {
			t.Errorf("%q below %q is %q, want %q", in[1], in[0], got, want)
		}
	}
}

func TestSortKeepsTheDocumentsOrder(t *testing.T) {
	t.Parallel()
	paths := []string{
		"spec.edges[0]", "spec.nodes[10].settings.a", "spec.nodes[2].settings.b", "spec.nodes[2].id", "spec.settings.priority",
		"metadata.title", "spec.nodes", "spec.uses.x", "kind", "elsewhere", "spec.triggers[1]", "spec.params[0].key", "spec.nodes[2]x",
	}
	var list []flow.Problem
	for _, p := range paths {
		list = append(list, flow.Problem{Path: p})
	}
	flow.Sort(list)
	var got []string
	for _, p := range list {
		got = append(got, p.Path)
	}
	want := []string{
		"elsewhere", "kind", "metadata.title", "spec.settings.priority", "spec.triggers[1]", "spec.params[0].key", "spec.uses.x",
		"spec.nodes", "spec.nodes[2].settings.b", "spec.nodes[2].id", "spec.nodes[2]x", "spec.nodes[10].settings.a", "spec.edges[0]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order differs (-want +got):\n%s", diff)
	}
}

func TestBlocking(t *testing.T) {
	t.Parallel()
	warning, blocking := flow.Problem{}, flow.Problem{Blocking: true}
	if flow.Blocking([]flow.Problem{warning}) || !flow.Blocking([]flow.Problem{warning, blocking}) || flow.Blocking(nil) {
		t.Error("only blocking problems block")
	}
}
