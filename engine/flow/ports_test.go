package flow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/flow"
)

// parted has a node whose settings give it outputs.
const parted = `
apiVersion: karez/v1
kind: Flow
metadata: {title: T}
spec:
  triggers: [{manual: true}]
  nodes:
    - {id: src, type: source, connection: jst, settings: {operation: q, key: "{{id}}"}}
    - {id: ways, type: switch, settings: {cases: [{port: web, title: 电商}, {port: pos}]}}
    - {id: a, type: discard}
    - {id: b, type: discard}
    - {id: c, type: discard}
    - {id: d, type: discard}
  edges: [{from: src, to: ways}, {from: ways.web, to: a}, {from: ways.pos, to: b}, {from: ways, to: c}, {from: ways.error, to: d}]
`

func TestPortsFromSettings(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edits []string
		want  []string
	}{
		"every port of its own":       {nil, nil},
		"a port that settings lack":   {[]string{"ways.pos", "ways.shop"}, []string{"edge.unknown_port at spec.edges[2].from"}},
		"a port that went":            {[]string{", {port: pos}", ""}, []string{"edge.unknown_port at spec.edges[2].from"}},
		"no list":                     {[]string{"cases: [{port: web, title: 电商}, {port: pos}]", ""}, []string{"edge.unknown_port at spec.edges[1].from", "edge.unknown_port at spec.edges[2].from"}},
		"no name":                     {[]string{"{port: pos}", "{title: x}"}, []string{"setting.required at spec.nodes[1].settings.cases[1].port", "edge.unknown_port at spec.edges[2].from"}},
		"one name twice":              {[]string{"{port: pos}", "{port: web}"}, []string{"node.port_repeated at spec.nodes[1].settings.cases[1].port", "edge.unknown_port at spec.edges[2].from"}},
		"a name of the type's own":    {[]string{"port: pos", "port: else", "ways.pos", "ways.else"}, []string{"node.port_repeated at spec.nodes[1].settings.cases[1].port"}},
		"a name that can't be":        {[]string{"port: pos", "port: Pos", "ways.pos", "ways.Pos"}, []string{"node.port_name at spec.nodes[1].settings.cases[1].port"}},
		"a list that is none":         {[]string{"cases: [{port: web, title: 电商}, {port: pos}]", "cases: 1"}, []string{"setting.wrong_type at spec.nodes[1].settings.cases", "edge.unknown_port at spec.edges[1].from", "edge.unknown_port at spec.edges[2].from"}},
		"settings that can't be read": {[]string{"settings: {cases: [{port: web, title: 电商}, {port: pos}]}", "settings: [1]"}, []string{"flow.wrong_type at spec.nodes[1].settings", "edge.unknown_port at spec.edges[1].from", "edge.unknown_port at spec.edges[2].from"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := one(t, strings.NewReplacer(c.edits...).Replace(parted))
			if diff := cmp.Diff(c.want, problems(flow.Validate(doc, types(), flow.Options{}))); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
		})
	}
}

// An edge without a port stays where it is, whatever ports the settings gain.
func TestTheDefaultPortIsTheTypes(t *testing.T) {
	t.Parallel()
	for _, edits := range [][]string{nil, {"{port: web, title: 电商}, ", ""}} {
		g := flow.NewGraph(one(t, strings.NewReplacer(edits...).Replace(parted)), types())
		if got := g.DefaultPort("ways"); got != "else" {
			t.Errorf("the default port is %q", got)
		}
		if got := g.Successors("ways", ""); len(got) != 1 || got[0].Node != "c" {
			t.Errorf("the default port leads to %v", got)
		}
		d, _ := g.Declaration("ways")
		if last := d.Outputs[len(d.Outputs)-1].Name; last != "else" {
			t.Errorf("the last port is %s", last)
		}
	}
}
