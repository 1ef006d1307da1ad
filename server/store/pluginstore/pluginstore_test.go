package pluginstore_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/leaktest"
	"github.com/karezflow/karez/server/connection"
	"github.com/karezflow/karez/server/draft"
	"github.com/karezflow/karez/server/plugins"
	"github.com/karezflow/karez/server/store"
	"github.com/karezflow/karez/server/store/connectionstore"
	"github.com/karezflow/karez/server/store/flowstore"
	"github.com/karezflow/karez/server/store/pluginstore"
	"github.com/karezflow/karez/server/store/storetest"
	"github.com/karezflow/karez/server/usage"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, goleak.IgnoreAnyFunction(storetest.Lasting))
}

func TestUse(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		t.Helper()
		ctx, connections, flows, s := t.Context(), connectionstore.New(db), flowstore.New(db), pluginstore.New(db)
		for _, c := range []connection.Connection{
			{Workspace: 1, Name: "a", Connector: "depot"},
			{Workspace: 1, Name: "b", Connector: "depot", Version: "1.2"},
			{Workspace: 1, Name: "c", Connector: "other"},
			{Workspace: 2, Name: "a", Connector: "depot", Version: "1.0.0"},
		} {
			c.Settings = []byte("{}")
			if _, err := connections.PutConnection(ctx, c, 1); err != nil {
				t.Fatal(err)
			}
		}
		used, err := s.ConnectorUse(ctx, "depot")
		want := []plugins.Use{{Workspace: 1, Name: "a"}, {Workspace: 1, Name: "b", Version: "1.2"}, {Workspace: 2, Name: "a", Version: "1.0.0"}}
		if diff := cmp.Diff(want, used); diff != "" || err != nil {
			t.Error(diff, err)
		}
		doc := func(id string, connections ...string) []byte {
			text := `{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"` + id + `"},"spec":{"nodes":[`
			for i, c := range connections {
				if i > 0 {
					text += ","
				}
				text += `{"id":"n` + string(rune('a'+i)) + `","type":"source","connection":"` + c + `","settings":{}}`
			}
			return []byte(text + `]}}`)
		}
		put := func(workspace ledger.ID, id string, text []byte, publish bool) {
			t.Helper()
			now := ledger.At(time.Unix(1, 0))
			flow, err := flows.PutFlow(ctx, workspace, id, draft.Contents{Title: "T " + id, Document: text}, now)
			if err == nil && publish {
				_, err = flows.PutVersion(ctx, workspace, flow, draft.Publication{Document: text}, now)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		put(1, "one", doc("one", "a", "b", "c"), true)
		put(1, "one", doc("one", "c"), true)
		put(1, "one", doc("one", "a"), false)
		put(1, "two", doc("two", "b", "a"), true)
		put(1, "three", doc("three", "c"), true)
		put(2, "four", doc("four", "a"), true)
		drawn, err := s.Drawn(ctx, 1, "depot")
		if err != nil {
			t.Fatal(err)
		}
		flow := func(id string, published bool, text []byte, connections ...string) plugins.Drawn {
			return plugins.Drawn{Document: usage.Document{Flow: usage.Flow{ID: id, Title: "T " + id}, Text: text}, Published: published, Connections: connections}
		}
		// The newest version of the first names the connector no more, its draft does.
		wanted := []plugins.Drawn{flow("one", false, doc("one", "a"), "a"), flow("two", false, doc("two", "b", "a"), "a", "b"), flow("two", true, doc("two", "b", "a"), "a", "b")}
		if diff := cmp.Diff(wanted, drawn); diff != "" {
			t.Error(diff)
		}
		with := func(node, text string) []byte {
			return []byte(`{"apiVersion":"karez/v1","kind":"Flow","metadata":{"id":"x"},"spec":{"connectors":{"depot":"1.2"},"nodes":[{"id":"n","type":"` + node + `","settings":{"note":"` + text + `"}}]}}`)
		}
		put(2, "five", with("depot/act", ""), true)
		put(1, "six", with("depot/act", ""), false)
		put(1, "seven", with("filter", "depot/act"), true)
		put(1, "eight", with("depot/act", ""), true)
		put(1, "eight", with("filter", ""), true)
		placed, err := s.NodeUse(ctx, "depot")
		if diff := cmp.Diff([]plugins.Use{{Workspace: 2, Name: "T five", Version: "1.2"}}, placed); diff != "" || err != nil {
			t.Error(diff, err)
		}
		put(1, "nine", with("depot/act", ""), true)
		put(1, "nine", with("depot/act", "changed"), false)
		within, err := s.Placed(ctx, 1, "depot")
		hasNode := func(id string, published bool, text []byte) plugins.Drawn {
			return plugins.Drawn{Document: usage.Document{Flow: usage.Flow{ID: id, Title: "T " + id}, Text: text}, Published: published}
		}
		standing := []plugins.Drawn{hasNode("nine", false, with("depot/act", "changed")), hasNode("six", false, with("depot/act", "")), hasNode("nine", true, with("depot/act", ""))}
		if diff := cmp.Diff(standing, within); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}
