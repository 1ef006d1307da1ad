package inlet_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/karezflow/karez/engine/enginetest"
	"github.com/karezflow/karez/engine/inlet"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/sdk/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// taking is a flow that takes documents and only collects them.
const taking = `
apiVersion: karez/v1
kind: Flow
metadata: {id: next, title: Next}
spec:
  uses: {orders: {flow: orders}}
  nodes:
    - {id: in, type: inlet, settings: {SETTINGS}}
    - {id: all, type: discard}
  edges: [{from: in, to: all}]
`

func compiled(t *testing.T, settings string) *plan.Inlet {
	t.Helper()
	return enginetest.Compile(t, strings.Replace(taking, "SETTINGS", settings, 1)).Inlet("in")
}

func TestTake(t *testing.T) {
	t.Parallel()
	own := plan.Identity{Key: "k", Number: "n", Modified: time.UnixMilli(1_700_000_000_123)}
	from := ledger.HandKey{Document: 7, Rev: 2, NodeNo: 3, Way: "4.0.1"}
	keyed := compiled(t, `key: "{{no}}", number: "No {{no}}"`)
	cases := map[string]struct {
		in   *plan.Inlet
		body string
		want ledger.Incoming
		code string
	}{
		"what it is elsewhere":         {nil, `{"no":"1"}`, ledger.Incoming{Key: "k", Number: "n", Modified: 1_700_000_000_123}, ""},
		"what an inlet leaves":         {compiled(t, ""), `{"no":"1"}`, ledger.Incoming{Key: "k", Number: "n", Modified: 1_700_000_000_123}, ""},
		"what an inlet says":           {keyed, `{"no":"1"}`, ledger.Incoming{Key: "1", Number: "No 1", Modified: 1_700_000_000_123}, ""},
		"a key that is blank":          {keyed, `{"no":" "}`, ledger.Incoming{}, "source.key_invalid"},
		"a key that is too long":       {keyed, fmt.Sprintf(`{"no":%q}`, strings.Repeat("x", ledger.MaxKey+1)), ledger.Incoming{}, "source.key_invalid"},
		"a record that is no document": {keyed, `[1]`, ledger.Incoming{}, "source.row_invalid"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := inlet.Take(c.in, inlet.Record{Body: []byte(c.body), Own: own, From: from, NodeID: "in"})
			if string(got.Body) != c.body || got.SourceHash == 0 {
				t.Errorf("body %s, hash %d", got.Body, got.SourceHash)
			}
			if c.code == "" {
				if got.Problem != nil || got.Key != c.want.Key || got.Number != c.want.Number || got.Modified != c.want.Modified {
					t.Errorf("got %+v", got)
				}
				return
			}
			if got.Problem == nil || got.Problem.Code != c.code || got.Problem.NodeID != "in" || !strings.HasPrefix(got.Key, ledger.RefusedHand+"7/2/3/") || len(got.Key) > ledger.MaxKey {
				t.Errorf("got %+v under %s", got.Problem, got.Key)
			}
			again := inlet.Take(c.in, inlet.Record{Body: []byte(c.body), Own: own, From: from, NodeID: "in"})
			other := from
			other.Way = "4.1.1"
			third := inlet.Take(c.in, inlet.Record{Body: []byte(c.body), Own: own, From: other, NodeID: "in"})
			if again.Key != got.Key || third.Key == got.Key {
				t.Errorf("keys are %s, %s and %s", got.Key, again.Key, third.Key)
			}
		})
	}
}
