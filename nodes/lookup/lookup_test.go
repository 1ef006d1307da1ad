package lookup_test

import (
	"errors"
	"testing"
	"time"

	"github.com/karezflow/karez/nodes/lookup"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, lookup.Node{})
}

// asks are stand-ins for compiled settings: what is asked with is the document's member q.
var asks = nodetest.Programs{
	Mapping: map[string]node.Mapping{
		"where":  nodetest.MapFunc(func(in item.Item) (string, error) { return string(item.Of(in.Raw).Field("q").Raw()), nil }),
		"params": nodetest.MapFunc(func(in item.Item) (string, error) { return string(item.Of(in.Raw).Field("q").Raw()), nil }),
	},
	Value: map[string]node.Value{"code": nodetest.TextFunc(func(in item.Item) (string, error) {
		if bad := item.Of(in.Raw).Field("bad").Text(); bad != "" {
			return "", errors.New(bad)
		}
		return item.Of(in.Raw).Field("q").Text(), nil
	})},
}

func TestWhatIsAsked(t *testing.T) {
	t.Parallel()
	banks := item.Lookup{From: "banks.rows", Find: "org", Where: []item.Equal{{Path: "no", Value: "6222"}, {Path: "lines.kind", Value: "1.0"}}}
	nodetest.Run(t, lookup.Node{},
		nodetest.Case{
			Name: "of another flow", Settings: `{"from":"banks","source":"rows","where":[{"field":"no"},{"field":"lines.kind"}],"find":"org","into":"org"}`, Programs: asks,
			In:   []string{`{"q":{"no":"6222","lines.kind":1.0}}`, `{"q":{"no":"6222"}}`},
			Want: []nodetest.Want{{Needs: []item.Lookup{banks}}, nodetest.Out("", `{"q":{"no":"6222"}}`)},
		},
		nodetest.Case{
			Name: "of a table", Settings: `{"in":"table","table":"shops","direction":"reverse","code":"{{q}}","into":"shop","onMiss":"error"}`, Programs: asks,
			In:   []string{`{"q":"S1"}`, `{"q":""}`, `{"bad":"x"}`},
			Want: []nodetest.Want{{Needs: []item.Lookup{{Table: "shops", Reverse: true, Where: []item.Equal{{Value: "S1"}}}}}, nodetest.Fault("lookup.nothing_asked", ""), nodetest.Fault("internal.unexpected", "")},
		},
		nodetest.Case{
			Name: "of an operation", Settings: `{"in":"operation","operation":"track","params":[],"into":"kd","cacheFor":"10m","find":"state"}`, Programs: asks,
			In:   []string{`{"q":{"no":"7"}}`},
			Want: []nodetest.Want{{Needs: []item.Lookup{{Connection: "connection", Operation: "track", Params: `{"no":"7"}`, Find: "state", Fresh: 10 * time.Minute, Most: 1}}}},
		},
		nodetest.Case{Name: "given up", Settings: `{"in":"table","table":"shops","code":"{{q}}","into":"shop"}`, Programs: asks, In: []string{`{}`}, GivenUp: true, BatchCode: "lookup.cancelled"},
	)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, lookup.Node{},
		nodetest.Settled{Name: "a flow without a field", Settings: `{"from":"banks","where":[{"field":"no","value":"1"}],"into":"x"}`, Want: []string{"lookup.find_missing at find"}},
		nodetest.Settled{Name: "an operation's row", Settings: `{"in":"operation","operation":"track","into":"x"}`},
		nodetest.Settled{Name: "a table without a code", Settings: `{"in":"table","table":"shops","into":"x"}`, Want: []string{"setting.required at code"}},
		nodetest.Settled{Name: "nothing", Settings: `{}`, Want: []string{"setting.required at from", "setting.required at where", "setting.required at into"}},
	)
}

// answered applies a look-up of a table to a document whose question has these answers.
func answered(t *testing.T, more, doc string, values ...string) node.Result {
	t.Helper()
	settings := `{"in":"table","table":"shops","code":"{{q}}"` + more + `}`
	apply, err := lookup.Node{}.New(nodetest.NewSettings(t, lookup.Node{}.Declaration(), settings, asks))
	if err != nil {
		t.Fatal(err)
	}
	found := []item.Value{}
	for _, v := range values {
		found = append(found, item.Of([]byte(v)))
	}
	key := item.Lookup{Table: "shops", Where: []item.Equal{{Value: "S1"}}}.Key()
	results, err := apply(t.Context(), []item.Item{{Raw: []byte(doc), Answers: item.Answers{key: found}}})
	if err != nil || len(results) != 1 {
		t.Fatalf("%v, %v", results, err)
	}
	return results[0]
}

func TestWhatIsMadeOfAnswers(t *testing.T) {
	t.Parallel()
	const doc = `{"q":"S1","amount":1.10}`
	cases := map[string]struct {
		settings string
		found    []string
		want     string
	}{
		"the newest":            {`,"into":"shop"`, []string{`{"no":1.0}`, `2`}, `{"q":"S1","amount":1.10,"shop":{"no":1.0}}`},
		"deeper":                {`,"into":"a.b"`, []string{`"x"`}, `{"q":"S1","amount":1.10,"a":{"b":"x"}}`},
		"in the place":          {`,"into":"q"`, []string{`"T1"`}, `{"q":"T1","amount":1.10}`},
		"all":                   {`,"into":"l","onMany":"all"`, []string{`1`, `2`}, `{"q":"S1","amount":1.10,"l":[1,2]}`},
		"one of all":            {`,"into":"l","onMany":"all"`, []string{`1`}, `{"q":"S1","amount":1.10,"l":[1]}`},
		"several are refused":   {`,"into":"l","onMany":"error"`, []string{`1`, `2`}, "lookup.several data"},
		"nothing is waited for": {`,"into":"l"`, nil, "waits"},
		"nothing is nothing":    {`,"into":"l","onMiss":"empty"`, nil, doc},
		"nothing is refused":    {`,"into":"l","onMiss":"error"`, nil, "lookup.nothing data"},
		"no place":              {`,"into":"q.x"`, []string{`1`}, "item.path_blocked data"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := answered(t, c.settings, doc, c.found...)
			got := ""
			switch {
			case r.Fault != nil:
				got = r.Fault.Code + " " + string(r.Fault.Class)
			case len(r.Missing) == 1:
				got = "waits"
			case len(r.Outputs) == 1:
				got = string(r.Outputs[0].Item.Raw)
			}
			if got != c.want {
				t.Errorf("gives %s, want %s", got, c.want)
			}
		})
	}
}

// Of an operation nobody is told when it has what was missing: it is asked again.
func TestAnOperationIsAskedAgain(t *testing.T) {
	t.Parallel()
	apply, err := lookup.Node{}.New(nodetest.NewSettings(t, lookup.Node{}.Declaration(), `{"in":"operation","operation":"track","into":"kd"}`, asks))
	if err != nil {
		t.Fatal(err)
	}
	key := item.Lookup{Connection: "connection", Operation: "track", Params: `{"no":"7"}`, Most: 1}.Key()
	results, err := apply(t.Context(), []item.Item{{Raw: []byte(`{"q":{"no":"7"}}`), Answers: item.Answers{key: nil}}})
	if err != nil || results[0].Fault == nil || results[0].Fault.Class != fault.Transient {
		t.Errorf("%+v, %v", results, err)
	}
}
