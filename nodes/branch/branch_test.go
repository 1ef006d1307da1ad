package branch_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/nodes/branch"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, branch.Node{})
}

const (
	conditions = `[[{"field":"x","logic":"notnull"}]]`
	cases      = `"cases":[{"port":"web","title":"电商","when":` + conditions + `},{"port":"large","when":` + conditions + `}]`
)

// programs stand in for the two cases: shop is web, and an amount of four digits is large.
func programs() nodetest.Programs {
	member := func(name string, test func(string) bool) nodetest.MatchFunc {
		return func(in item.Item) (bool, error) {
			v := item.Of(in.Raw).Field(name)
			if v.Kind() == item.Object {
				return false, fault.New("conditions.type", "%s is an object", name).At(name).Classed(fault.Data)
			}
			if v.Text() == "?" {
				return false, &node.UnansweredError{Needs: asked(name)}
			}
			return test(v.Text()), nil
		}
	}
	return nodetest.Programs{Conditions: map[string]node.Conditions{
		"cases[0].when": member("shop", func(s string) bool { return s == "web" }),
		"cases[1].when": member("amount", func(s string) bool { return len(s) > 3 }),
	}}
}

func asked(names ...string) []item.Lookup {
	var out []item.Lookup
	for _, name := range names {
		out = append(out, item.Lookup{Find: name})
	}
	return out
}

func TestSwitch(t *testing.T) {
	t.Parallel()
	nodetest.Run(t, branch.Node{},
		nodetest.Case{
			Name: "the first case that holds, in the order of the settings", Settings: "{" + cases + "}", Programs: programs(),
			In: []string{`{"shop":"web","amount":1000}`, `{ "amount": 1000.0 }`, `{"shop":"pos","amount":1}`},
			Want: []nodetest.Want{
				nodetest.Out("web", `{"shop":"web","amount":1000}`),
				nodetest.Out("large", `{ "amount": 1000.0 }`),
				nodetest.Out(branch.Else, `{"shop":"pos","amount":1}`),
			},
		},
		nodetest.Case{
			Name: "all cases that hold", Settings: `{"mode":"all",` + cases + "}", Programs: programs(),
			In: []string{`{"shop":"web","amount":1000}`, `{"amount":1000}`, `{}`},
			Want: []nodetest.Want{
				{Outputs: []nodetest.Output{{Port: "web", Raw: `{"shop":"web","amount":1000}`}, {Port: "large", Raw: `{"shop":"web","amount":1000}`}}},
				nodetest.Out("large", `{"amount":1000}`),
				nodetest.Out(branch.Else, `{}`),
			},
		},
		nodetest.Case{
			Name: "a failure is the document's alone, and not looked for behind the case that holds", Settings: "{" + cases + "}", Programs: programs(),
			In: []string{`{"shop":{}}`, `{"shop":"web","amount":{}}`, `{"amount":{}}`},
			Want: []nodetest.Want{
				nodetest.Fault("conditions.type", "shop"), nodetest.Out("web", `{"shop":"web","amount":{}}`), nodetest.Fault("conditions.type", "amount"),
			},
		},
		nodetest.Case{
			Name: "with all cases any failure counts", Settings: `{"mode":"all",` + cases + "}", Programs: programs(),
			In: []string{`{"shop":"web","amount":{}}`}, Want: []nodetest.Want{nodetest.Fault("conditions.type", "amount")},
		},
		nodetest.Case{
			Name: "look-ups of the case that is asked", Settings: "{" + cases + "}", Programs: programs(),
			In:   []string{`{"shop":"?","amount":"?"}`, `{"shop":"web","amount":"?"}`, `{"amount":"?"}`},
			Want: []nodetest.Want{{Needs: asked("shop")}, nodetest.Out("web", `{"shop":"web","amount":"?"}`), {Needs: asked("amount")}},
		},
		nodetest.Case{
			Name: "look-ups of all cases at once", Settings: `{"mode":"all",` + cases + "}", Programs: programs(),
			In: []string{`{"shop":"?","amount":"?"}`, `{"shop":"web","amount":"?"}`}, Want: []nodetest.Want{{Needs: asked("shop", "amount")}, {Needs: asked("amount")}},
		},
		nodetest.Case{Name: "given up", Settings: "{" + cases + "}", Programs: programs(), In: []string{`{}`}, GivenUp: true, BatchCode: "switch.cancelled"},
		nodetest.Case{Name: "an empty batch", Settings: "{" + cases + "}", Programs: programs(), In: []string{}, Want: []nodetest.Want{}},
	)
}

// What a target's key is made of does not depend on which other cases hold.
func TestRoutes(t *testing.T) {
	t.Parallel()
	routes := func(mode, doc string) []string {
		s := nodetest.NewSettings(t, branch.Node{}.Declaration(), `{"mode":"`+mode+`",`+cases+"}", programs())
		apply, err := branch.Node{}.New(s)
		if err != nil {
			t.Fatal(err)
		}
		results, err := apply(t.Context(), []item.Item{{Raw: []byte(doc)}})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, o := range results[0].Outputs {
			out = append(out, o.Port+"="+o.Route)
		}
		return out
	}
	for doc, want := range map[string][]string{
		`{"shop":"web","amount":1000}`: {"web=web", "large=large"},
		`{"amount":1000}`:              {"large=large"},
		`{}`:                           {"else="},
	} {
		if diff := cmp.Diff(want, routes(branch.All, doc)); diff != "" {
			t.Errorf("%s: %s", doc, diff)
		}
	}
	// A document that goes one way only is one record, whichever way it is.
	for _, doc := range []string{`{"shop":"web"}`, `{"amount":1000}`, `{}`} {
		if got := routes(branch.First, doc); len(got) != 1 || got[0][len(got[0])-1] != '=' {
			t.Errorf("%s takes %v", doc, got)
		}
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	d := branch.Node{}.Declaration()
	var names []string
	for _, p := range d.OutputsOf([]byte("{" + cases + "}")) {
		names = append(names, p.Name+"/"+p.Title.ZH)
	}
	if diff := cmp.Diff([]string{"web/电商", "large/", "else/其他"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	one := func(port string) string { return `{"cases":[{"port":` + port + `,"when":` + conditions + `}]}` }
	nodetest.CheckSettings(t, branch.Node{},
		nodetest.Settled{Name: "two cases", Settings: "{" + cases + "}"},
		nodetest.Settled{Name: "nothing", Settings: `{}`, Want: []string{"setting.required at cases"}},
		nodetest.Settled{Name: "no case", Settings: `{"cases":[]}`, Want: []string{"setting.required at cases"}},
		nodetest.Settled{Name: "no mode", Settings: `{"mode":"some",` + cases + `}`, Want: []string{"setting.not_an_option at mode"}},
		nodetest.Settled{Name: "a case without port and conditions", Settings: `{"cases":[{}]}`, Want: []string{"setting.required at cases[0].port", "setting.required at cases[0].when"}},
		nodetest.Settled{Name: "a case that always holds", Settings: `{"cases":[{"port":"a","when":[]}]}`, Want: []string{"setting.required at cases[0].when"}},
		nodetest.Settled{Name: "a port of other letters", Settings: one(`"电商"`), Want: []string{"node.port_name at cases[0].port"}},
		nodetest.Settled{Name: "a port with a dot", Settings: one(`"a.b"`), Want: []string{"node.port_name at cases[0].port"}},
		nodetest.Settled{Name: "a port too long", Settings: one(`"a2345678901234567890123456789012"`), Want: []string{"node.port_name at cases[0].port"}},
		nodetest.Settled{Name: "the longest port", Settings: one(`"a234567890123456789012345678901"`)},
		nodetest.Settled{Name: "the name of the other way", Settings: one(`"else"`), Want: []string{"node.port_repeated at cases[0].port"}},
		nodetest.Settled{Name: "the name of the error port", Settings: one(`"error"`), Want: []string{"node.port_repeated at cases[0].port"}},
		nodetest.Settled{
			Name: "a port twice", Settings: `{"cases":[{"port":"a","when":` + conditions + `},{"port":"a","when":` + conditions + `}]}`,
			Want: []string{"node.port_repeated at cases[1].port"},
		},
	)
}
