package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/node"
)

func graph(tb testing.TB, text string) *flow.Graph {
	tb.Helper()
	return flow.NewGraph(one(tb, text), types())
}

func TestGraphOfTheExample(t *testing.T) {
	t.Parallel()
	g := graph(t, string(read(t, "refund.yaml")))
	window, paginate := g.PullChain("refunds")
	got := map[string]any{
		"order":     g.Order(),
		"sources":   g.Sources(),
		"sinks":     g.Sinks(),
		"chain":     []string{window, paginate},
		"after":     g.Successors("k3", ""),
		"done":      g.Successors("k3", "done"),
		"error":     g.Successors("k3", "error"),
		"into bill": g.In("bill"),
		"from bill": g.Out("bill"),
		"cycles":    len(g.Cycles()),
		"below k3":  g.Downstream("k3"),
		"above k3":  len(g.Upstream("k3")),
	}
	want := map[string]any{
		"order":     []string{"span", "pages", "refunds", "bill", "k3", "mark"},
		"sources":   []string{"refunds"},
		"sinks":     []string{"k3", "mark"},
		"chain":     []string{"span", "pages"},
		"after":     []flow.Endpoint{{Node: "mark", Port: "in"}},
		"done":      []flow.Endpoint{{Node: "mark", Port: "in"}},
		"error":     []flow.Endpoint(nil),
		"into bill": []flow.Link{{From: flow.Endpoint{Node: "refunds", Port: "out"}, To: flow.Endpoint{Node: "bill", Port: "in"}, Index: 2}},
		"from bill": []flow.Link{{From: flow.Endpoint{Node: "bill", Port: "out"}, To: flow.Endpoint{Node: "k3", Port: "in"}, Index: 3}},
		"cycles":    0,
		"below k3":  map[string]bool{"mark": true},
		"above k3":  4,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("graph differs (-want +got):\n%s", diff)
	}
	if i, ok := g.Index("k3"); i != 4 || !ok {
		t.Errorf("k3 stands at %d (%v)", i, ok)
	}
	if d, ok := g.Declaration("k3"); !ok || d.Role != node.Target {
		t.Errorf("k3 is declared as %v (%v)", d, ok)
	}
}

func TestGraphOfADraft(t *testing.T) {
	t.Parallel()
	g := graph(t, `{"spec":{"nodes":[
		{"id":"a","type":"filter"},{"id":"a","type":"map"},{"type":"map"},{"id":"odd","type":"odd"},{"id":"b","type":"discard"}],
		"edges":[{"from":"a","to":"b"},{"from":"a.false","to":"odd"},{"from":"odd","to":"b"},{"from":"a","to":"gone"},{"from":"","to":"b"},{"from":"odd.x","to":"b.y"}]}}`)
	var links []string
	for _, l := range g.Links() {
		links = append(links, fmt.Sprintf("%s.%s→%s.%s", l.From.Node, l.From.Port, l.To.Node, l.To.Port))
	}
	if diff := cmp.Diff([]string{"a.true→b.in", "a.false→odd.", "odd.→b.in", "odd.x→b.y"}, links); diff != "" {
		t.Errorf("links differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a", "odd", "b"}, g.IDs()); diff != "" {
		t.Errorf("ids differ (-want +got):\n%s", diff)
	}
	if _, ok := g.Declaration("odd"); ok {
		t.Error("an unknown type has a declaration")
	}
	if diff := cmp.Diff([]flow.Endpoint{{Node: "b", Port: "in"}}, g.Successors("a", "")); diff != "" {
		t.Errorf("successors of the first port (-want +got):\n%s", diff)
	}
	if _, ok := g.Index("gone"); ok {
		t.Error("a node that is not there was found")
	}
}

func TestTheGraphsListsAreCopies(t *testing.T) {
	t.Parallel()
	g := graph(t, string(read(t, "refund.yaml")))
	g.IDs()[0], g.Links()[0], g.In("bill")[0], g.Out("bill")[0] = "x", flow.Link{}, flow.Link{}, flow.Link{}
	if g.IDs()[0] != "span" || g.Links()[0].From.Node != "span" || g.In("bill")[0].From.Node != "refunds" || g.Out("bill")[0].To.Node != "k3" {
		t.Error("a caller changed the graph")
	}
}

func TestOrderFollowsTheDocumentWhereItMay(t *testing.T) {
	t.Parallel()
	g := graph(t, `{"spec":{"nodes":[{"id":"z","type":"map"},{"id":"late","type":"map"},{"id":"a","type":"map"},{"id":"m","type":"map"}],
		"edges":[{"from":"m","to":"late"}]}}`)
	if diff := cmp.Diff([]string{"z", "a", "m", "late"}, g.Order()); diff != "" {
		t.Errorf("order differs (-want +got):\n%s", diff)
	}
	freed := graph(t, draw(4, [][2]int{{0, 1}, {3, 2}}))
	if diff := cmp.Diff([]string{"n0", "n1", "n3", "n2"}, freed.Order()); diff != "" {
		t.Errorf("a node that becomes free keeps its place (-want +got):\n%s", diff)
	}
}

func TestCyclesAreTheShortest(t *testing.T) {
	t.Parallel()
	g := graph(t, draw(7, [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 1}, {2, 1}, {4, 5}, {5, 4}, {3, 4}, {6, 6}}))
	var got []string
	for _, cycle := range g.Cycles() {
		way := cycle[0].From.Node
		for _, l := range cycle {
			way += ">" + l.To.Node
		}
		got = append(got, way)
	}
	if diff := cmp.Diff([]string{"n1>n2>n1", "n4>n5>n4", "n6>n6"}, got); diff != "" {
		t.Errorf("cycles differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"n0"}, g.Order()); diff != "" {
		t.Errorf("order of what lies before the cycles (-want +got):\n%s", diff)
	}
}

// draw writes a flow of n maps with these edges.
func draw(n int, edges [][2]int) string {
	var b strings.Builder
	b.WriteString("spec:\n  nodes:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {id: n%d, type: map}\n", i)
	}
	b.WriteString("  edges:\n")
	for _, e := range edges {
		fmt.Fprintf(&b, "    - {from: n%d, to: n%d}\n", e[0], e[1])
	}
	return b.String()
}

// TestOrderAndCyclesAgree holds any graph to this: the order is complete if and
// only if there is no cycle, every edge in it leads forward, and every reported
// cycle is a closed way along edges that exist.
func TestOrderAndCyclesAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "nodes")
		end := rapid.IntRange(0, n-1)
		edges := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [2]int { return [2]int{end.Draw(t, "from"), end.Draw(t, "to")} }), 0, 14).Draw(t, "edges")
		docs, err := flow.Parse([]byte(draw(n, edges)))
		if err != nil {
			t.Fatal(err)
		}
		g := flow.NewGraph(docs[0], types())
		order, cycles := g.Order(), g.Cycles()
		if (len(order) == n) != (len(cycles) == 0) {
			t.Fatalf("the order has %d of %d nodes, but there are %d cycles", len(order), n, len(cycles))
		}
		for _, l := range g.Links() {
			from, to := slices.Index(order, l.From.Node), slices.Index(order, l.To.Node)
			if to >= 0 && (from < 0 || from >= to) {
				t.Fatalf("the edge %s → %s leads backward in %v", l.From.Node, l.To.Node, order)
			}
		}
		for _, cycle := range cycles {
			for i, l := range cycle {
				if next := cycle[(i+1)%len(cycle)]; l.To.Node != next.From.Node {
					t.Fatalf("the cycle %v is not closed", cycle)
				}
				if !slices.Contains(g.Links(), l) {
					t.Fatalf("the cycle %v has an edge that does not exist", cycle)
				}
			}
			if !g.Downstream(cycle[0].From.Node)[cycle[0].From.Node] {
				t.Fatalf("%s does not reach itself", cycle[0].From.Node)
			}
		}
	})
}

func TestPortsHaveTheErrorPort(t *testing.T) {
	t.Parallel()
	names := func(typ string) []string {
		t.Helper()
		nt, _ := types().Type(typ)
		var out []string
		for _, p := range flow.Ports(nt.Declaration()) {
			out = append(out, p.Name)
		}
		return out
	}
	want := map[string][]string{
		"filter": {"true", "false", "error"}, "source": {"out", "error"}, "discard": {"error"}, "target": {"done", "error"},
		"window": {"out"}, "paginate": {"out"},
	}
	for typ, ports := range want {
		if diff := cmp.Diff(ports, names(typ)); diff != "" {
			t.Errorf("ports of %s (-want +got):\n%s", typ, diff)
		}
	}
}
