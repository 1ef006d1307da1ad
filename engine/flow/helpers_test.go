package flow_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// stub is a node type that only declares.
type stub struct{ d node.Declaration }

func (s stub) Declaration() node.Declaration { return s.d }

// dated is a type whose settings had three forms: {v1}, {v2}, {v3}.
type dated struct{ stub }

func (dated) Upgrade(from int, settings []byte) ([]byte, error) {
	var s map[string]json.RawMessage
	if err := json.Unmarshal(settings, &s); err != nil {
		return nil, err
	}
	old, next := "v"+string(rune('0'+from)), "v"+string(rune('1'+from))
	value, ok := s[old]
	if !ok {
		return nil, errors.New("there is no " + old)
	}
	delete(s, old)
	s[next] = value
	return json.Marshal(s)
}

// picky is a type with a rule of its own.
type picky struct{ stub }

func (picky) CheckSettings(settings []byte) []*fault.Fault {
	if strings.Contains(string(settings), "odd") {
		return []*fault.Fault{fault.New("picky.odd", "odd is not even").At("n").Classed(fault.Config)}
	}
	return nil
}

func ports(traffic node.Traffic, names ...string) []node.Port {
	out := make([]node.Port, len(names))
	for i, n := range names {
		out[i] = node.Port{Name: n, Traffic: traffic}
	}
	return out
}

// types are like those of the product, and a few odd ones.
func types() flow.TypeMap {
	setting := func(key string, kind field.Kind) field.Setting {
		return field.Setting{Key: key, Kind: kind, Title: field.Text{ZH: key}}
	}
	must := func(key string, kind field.Kind) field.Setting {
		s := setting(key, kind)
		s.Required = true
		return s
	}
	request, documents := node.Requests, node.Documents
	pull := func(name string, role node.Role, in, out []node.Port, settings ...field.Setting) node.Type {
		return stub{node.Declaration{Type: name, TypeVersion: 1, Kind: node.Pull, Role: role, Inputs: in, Outputs: out, Settings: settings, Connection: role == node.Source}}
	}
	transform := func(name string, version int, out []node.Port, settings ...field.Setting) stub {
		return stub{node.Declaration{Type: name, TypeVersion: version, Kind: node.Transform, Inputs: ports(documents, "in"), Outputs: out, Settings: settings}}
	}
	sink := func(name string, role node.Role, out []node.Port, settings ...field.Setting) node.Type {
		return stub{node.Declaration{Type: name, TypeVersion: 1, Kind: node.Sink, Role: role, Inputs: ports(documents, "in"), Outputs: out, Settings: settings, Connection: role == node.Target}}
	}
	return flow.NewTypes(
		pull("window", node.Window, nil, ports(request, "out"), setting("lag", field.PlainDuration), setting("lookBack", field.PlainDuration)),
		pull("paginate", node.Paginate, ports(request, "in"), ports(request, "out"), setting("pageSize", field.PlainInt)),
		pull("source", node.Source, ports(request, "in"), ports(documents, "out"),
			must("operation", field.Operation), must("key", field.Value), setting("number", field.Value), setting("modified", field.Value),
			setting("startFrom", field.PlainTime), setting("onSeen", field.PlainText), setting("params", field.Params)),
		pull("inlet", node.Inlet, nil, ports(documents, "out")),
		transform("filter", 1, ports(documents, "true", "false"), must("conditions", field.Conditions)),
		transform("map", 1, ports(documents, "out"), must("fields", field.Mapping)),
		stub{node.Declaration{
			Type: "switch", TypeVersion: 1, Kind: node.Transform, Inputs: ports(documents, "in"), Outputs: ports(documents, "else"), OutputsFrom: "cases",
			Settings: []field.Setting{{Key: "cases", Kind: field.List, Title: field.Text{ZH: "出口"}, Items: []field.Setting{must("port", field.PlainText), setting("title", field.PlainText)}}},
		}},
		transform("lookup", 1, ports(documents, "out"), setting("from", field.FlowRef),
			field.Setting{Key: "more", Kind: field.List, Title: field.Text{ZH: "更多"}, Items: []field.Setting{setting("from", field.FlowRef)}},
			field.Setting{Key: "deep", Kind: field.GroupOf, Title: field.Text{ZH: "深"}, Items: []field.Setting{setting("from", field.FlowRef)}}),
		dated{transform("dated", 3, ports(documents, "out"), must("v3", field.PlainText))},
		transform("stuck", 2, ports(documents, "out")),
		picky{transform("picky", 1, ports(documents, "out"), setting("n", field.PlainText))},
		sink("target", node.Target, ports(documents, "done"), must("operation", field.Operation), setting("key", field.Value), setting("rows", field.PlainInt), setting("params", field.Params)),
		sink("writeback", node.Writeback, nil, must("store", field.Params)),
		sink("discard", node.Discard, nil),
	)
}

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// one reads a text that holds one document.
func one(tb testing.TB, text string) *flow.Document {
	tb.Helper()
	docs, err := flow.Parse([]byte(text))
	if err != nil || len(docs) != 1 {
		tb.Fatalf("got %d documents and %v, want one", len(docs), err)
	}
	return docs[0]
}

// problems lists "code at path", warnings with a leading "~".
func problems(found []flow.Problem) []string {
	var out []string
	for _, p := range found {
		line := p.Code + " at " + p.Path
		if !p.Blocking {
			line = "~" + line
		}
		out = append(out, line)
	}
	return out
}
