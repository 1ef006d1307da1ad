package v1_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	v1 "github.com/karezflow/karez/sdk/protocol/v1"
	"github.com/karezflow/karez/sdk/protocol/v1/pb"
)

// echo does with a record what its field "do" says.
type echo struct{}

func (echo) New(s node.Settings) (node.TransformFunc, error) {
	var settings struct{ Tag string }
	if err := s.Decode(&settings); err != nil {
		return nil, err
	}
	if settings.Tag == "refused" {
		return nil, fault.New("echo.refused", "no").Classed(fault.Config)
	}
	return func(_ context.Context, batch []item.Item) ([]node.Result, error) {
		results := make([]node.Result, len(batch))
		for i, in := range batch {
			doc := item.Of(in.Raw)
			switch doc.Field("do").Text() {
			case "same":
				results[i].Outputs = []node.Output{{Item: in}}
			case "two":
				other := in.With([]byte(`{"n":` + string(doc.Field("n").Raw()) + `,"tag":"` + settings.Tag + `"}`))
				other.Vars = []byte(`{"seen":true}`)
				results[i].Outputs = []node.Output{{Item: in}, {Port: "far", Route: "r", Item: other}}
			case "who":
				f := in.Facts
				who := item.AppendText([]byte(`{"who":`), strings.ToValidUTF8(f.Key, "?")+" "+f.Number+" "+f.From.Format(time.RFC3339))
				results[i].Outputs = []node.Output{{Item: in.With(append(who, '}'))}}
			case "fault":
				results[i].Fault = fault.New("echo.bad", "bad").At("n").Hinted("mend it").Arg("n", "1").Classed(fault.Data)
			case "ask":
				results[i].Needs = []item.Lookup{{Table: "t"}}
			case "empty":
				results[i].Outputs = []node.Output{{Item: in.With(nil)}}
			case "panic":
				panic("secret")
			case "short":
				return results[:len(results)-1], nil
			}
		}
		return results, nil
	}, nil
}

func (echo) CheckSettings(settings []byte) []*fault.Fault {
	if item.Of(settings).Field("tag").Text() == "bad" {
		return []*fault.Fault{fault.New("echo.tag", "no such tag").At("tag").Classed(fault.Config)}
	}
	return nil
}

func (echo) Upgrade(from int, settings []byte) ([]byte, error) {
	if from != 1 {
		return nil, fault.New("echo.version", "no").Classed(fault.Config)
	}
	return append([]byte(`{"was":`), append(settings, '}')...), nil
}

// codeOf joins both ends of the code of nodes over grpc.
func codeOf(t *testing.T, all node.Transforms) node.Code {
	t.Helper()
	r := newRigWith(t, &fakeConnector{}, all.Code())
	code := r.client.Transforms()
	if code == nil {
		t.Fatal("the process serves no nodes")
	}
	return code
}

func record(raw string) item.Item {
	return item.Item{Raw: []byte(raw), Source: []byte(`{"source":1}`), Facts: &item.Facts{Key: "k\xff", Number: "N", Revision: 2, From: time.Unix(1, 0).UTC(), FlowID: "f"}}
}

func TestApply(t *testing.T) {
	t.Parallel()
	code := codeOf(t, node.Transforms{"echo": echo{}})
	const big = `{"do":"same",  "n":12345678901234567890.10,"a":"\u4e2d"}`
	batch := []item.Item{record(big), record(`{"do":"two","n":9007199254740993}`), record(`{"do":"fault"}`), record(`{"do":"who"}`), record(`{"do":"none"}`), record(`{"do":"ask"}`), record(`{"do":"empty"}`)}
	results, err := code.Apply(t.Context(), "echo", []byte(`{"tag":"x"}`), batch)
	if err != nil || len(results) != len(batch) {
		t.Fatalf("%v, %v", results, err)
	}
	same := results[0].Outputs[0].Item
	if string(same.Raw) != big || string(same.Source) != `{"source":1}` || same.Facts != batch[0].Facts {
		t.Errorf("an untouched record became %+v", same)
	}
	two := results[1].Outputs
	if len(two) != 2 || two[1].Port != "far" || two[1].Route != "r" || string(two[1].Item.Raw) != `{"n":9007199254740993,"tag":"x"}` ||
		string(two[1].Item.Vars) != `{"seen":true}` || two[1].Item.Facts != batch[1].Facts {
		t.Errorf("%+v", two)
	}
	f := results[2].Fault
	if f == nil || f.Code != "echo.bad" || f.Path != "n" || f.Hint != "mend it" || f.Class != fault.Data || f.Args["n"] != "1" {
		t.Errorf("%+v", f)
	}
	if who := string(results[3].Outputs[0].Item.Raw); who != `{"who":"k? N 1970-01-01T00:00:01Z"}` {
		t.Error(who)
	}
	var rest []string
	for _, r := range results[4:] {
		rest = append(rest, strings.TrimSpace(codeIn(r.Fault)+" "+strings.Repeat("o", len(r.Outputs))))
	}
	if diff := cmp.Diff([]string{"", "transform.lookups", "transform.bad_output"}, rest); diff != "" {
		t.Error(diff)
	}
}

func codeIn(f *fault.Fault) string {
	if f == nil {
		return ""
	}
	return f.Code
}

func TestApplyFailsAsAWhole(t *testing.T) {
	t.Parallel()
	code := codeOf(t, node.Transforms{"echo": echo{}})
	for _, tt := range []struct{ node, settings, doc, code string }{
		{"other", `{}`, `{}`, "transform.unknown"},
		{"echo", `{"tag":"refused"}`, `{}`, "echo.refused"},
		{"echo", `{"tag":[]}`, `{}`, "setting.wrong_type"},
		{"echo", `{}`, `{"do":"panic"}`, "connector.panic"},
		{"echo", `{}`, `{"do":"short"}`, "transform.count"},
	} {
		results, err := code.Apply(t.Context(), tt.node, []byte(tt.settings), []item.Item{record(tt.doc)})
		if fault.CodeOf(err) != tt.code || results != nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%+v: %v, %v", tt, results, err)
		}
	}
	if results, err := code.Apply(t.Context(), "echo", []byte(`{}`), []item.Item{record(`{"do":"same"}`)}); err != nil || len(results) != 1 {
		t.Errorf("after a panic: %v, %v", results, err)
	}
}

func TestSettingsOfNodes(t *testing.T) {
	t.Parallel()
	code := codeOf(t, node.Transforms{"echo": echo{}, "plain": plainOf{}})
	problems, err := code.CheckSettings(t.Context(), "echo", []byte(`{"tag":"bad"}`))
	if err != nil || len(problems) != 1 || problems[0].Code != "echo.tag" || problems[0].Path != "tag" {
		t.Errorf("%v, %v", problems, err)
	}
	if problems, err := code.CheckSettings(t.Context(), "plain", []byte(`{}`)); err != nil || len(problems) != 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if raw, err := code.Upgrade(t.Context(), "echo", 1, []byte(`{}`)); err != nil || string(raw) != `{"was":{}}` {
		t.Errorf("%s, %v", raw, err)
	}
	if _, err := code.Upgrade(t.Context(), "echo", 2, []byte(`{}`)); fault.CodeOf(err) != "echo.version" {
		t.Error(err)
	}
	if _, err := code.Upgrade(t.Context(), "plain", 1, []byte(`{}`)); fault.CodeOf(err) != "transform.no_upgrade" {
		t.Error(err)
	}
	for _, err := range []error{second(code.CheckSettings(t.Context(), "none", nil)), second(code.Upgrade(t.Context(), "none", 1, nil))} {
		if fault.CodeOf(err) != "transform.unknown" {
			t.Error(err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// plainOf is a transform that checks and upgrades nothing.
type plainOf struct{}

func (plainOf) New(s node.Settings) (node.TransformFunc, error) { return echo{}.New(s) }

// A connector that was built before there were nodes serves none, and is as good as before.
func TestProcessWithoutNodes(t *testing.T) {
	t.Parallel()
	r := newRig(t, &fakeConnector{})
	if r.client.Transforms() != nil || len(r.client.Capabilities()) != 0 {
		t.Errorf("%v, %v", r.client.Transforms(), r.client.Capabilities())
	}
}

// liar answers as it likes.
type liar struct {
	pb.UnimplementedTransformsServer
	results []*pb.Applied
}

func (l liar) Apply(context.Context, *pb.ApplyRequest) (*pb.ApplyResponse, error) {
	return &pb.ApplyResponse{Results: l.results}, nil
}

type nodesStranger struct{ stranger }

func (*nodesStranger) Handshake(context.Context, *pb.HandshakeRequest) (*pb.HandshakeResponse, error) {
	return &pb.HandshakeResponse{Capabilities: []string{"transforms"}}, nil
}

func TestAnswersThatMatchNoRecord(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code    string
		results []*pb.Applied
	}{
		{"transform.count", []*pb.Applied{{}}},
		{"transform.count", []*pb.Applied{{}, {Index: 1}, {Index: 2}}},
		{"transform.order", []*pb.Applied{{Index: 1}, {}}},
		{"transform.order", []*pb.Applied{{}, {}}},
	} {
		server := serve(t, func(r grpc.ServiceRegistrar) {
			pb.RegisterConnectorServer(r, &nodesStranger{})
			pb.RegisterTransformsServer(r, liar{results: tt.results})
		})
		client, err := v1.Dial(t.Context(), dial(t, server.listener), func(func(grpc.ServiceRegistrar)) uint32 { return 1 })
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Transforms().Apply(t.Context(), "n", nil, []item.Item{record(`{}`), record(`{}`)})
		if fault.CodeOf(err) != tt.code || fault.ClassOf(err) != fault.Internal {
			t.Errorf("%v: %v", tt.results, err)
		}
	}
}
