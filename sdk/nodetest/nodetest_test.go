package nodetest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/nodetest"
)

// echo is a transform under test whose behaviour the test chooses.
type echo struct {
	declare func(*node.Declaration)
	apply   node.TransformFunc
	failNew error
}

func (e echo) Declaration() node.Declaration {
	both := field.Text{ZH: "回声", EN: "Echo"}
	d := node.Declaration{
		Type: "echo", TypeVersion: 1, Title: both, Describe: both, Icon: "repeat", Category: "process", Kind: node.Transform,
		Inputs:   []node.Port{{Name: "in", Title: both, Traffic: node.Documents}},
		Outputs:  []node.Port{{Name: "out", Title: both, Traffic: node.Documents}},
		Settings: []field.Setting{{Key: "times", Kind: field.PlainInt, Title: both, Default: "1"}},
	}
	if e.declare != nil {
		e.declare(&d)
	}
	return d
}

// named lets the settings name outputs.
func named(d *node.Declaration) {
	d.OutputsFrom = "ways"
	d.Settings = append(d.Settings, field.Setting{Key: "ways", Kind: field.List, Title: d.Title, Items: []field.Setting{
		{Key: node.PortName, Kind: field.PlainText, Title: d.Title, Required: true}, {Key: node.PortTitle, Kind: field.PlainText, Title: d.Title},
	}})
}

func (e echo) New(node.Settings) (node.TransformFunc, error) { return e.apply, e.failNew }

// each makes a transform of a function over single items.
func each(f func(i int, in item.Item) node.Result) node.TransformFunc {
	return func(_ context.Context, batch []item.Item) ([]node.Result, error) {
		out := make([]node.Result, len(batch))
		for i, in := range batch {
			out[i] = f(i, in)
		}
		return out, nil
	}
}

func same(_ int, in item.Item) node.Result { return node.Result{Outputs: []node.Output{{Item: in}}} }

// givenUp makes a transform that ends with its context.
func givenUp(class fault.Class) node.TransformFunc {
	return func(ctx context.Context, _ []item.Item) ([]node.Result, error) {
		return nil, fault.Wrap(ctx.Err(), "echo.cancelled", "the batch was given up").Classed(class)
	}
}

func TestRunSeesBrokenContracts(t *testing.T) {
	t.Parallel()
	in, want := []string{`{"a":1}`}, []nodetest.Want{nodetest.Out("", `{"a":1}`)}
	calls := make(chan int, 100)
	for i := range 100 {
		calls <- i
	}
	cases := []struct {
		name  string
		typ   node.Type
		c     nodetest.Case
		wrong string // part of a problem; "" when all is well
	}{
		{"all is well", echo{apply: each(same)}, nodetest.Case{In: in, Want: want}, ""},
		{"a type without code", struct{ node.Type }{echo{}}, nodetest.Case{}, "runs no code"},
		{"settings that do not fit", echo{apply: each(same)}, nodetest.Case{Settings: `{"times":"often"}`, In: in, Want: want}, "do not fit the declaration"},
		{"other results", echo{apply: each(same)}, nodetest.Case{In: in, Want: []nodetest.Want{nodetest.Out("", `{"a":2}`)}}, "results differ"},
		{"a missing result", echo{apply: func(context.Context, []item.Item) ([]node.Result, error) { return nil, nil }}, nodetest.Case{In: in, Want: want}, "0 results for 1 documents"},
		{"an unknown port", echo{apply: each(func(_ int, in item.Item) node.Result {
			return node.Result{Outputs: []node.Output{{Port: "side", Item: in}}}
		})}, nodetest.Case{In: in, Want: []nodetest.Want{nodetest.Out("side", `{"a":1}`)}}, "not declared"},
		{"a port that the settings name", echo{declare: named, apply: each(func(_ int, in item.Item) node.Result {
			return node.Result{Outputs: []node.Output{{Port: "web", Item: in, Route: "web"}, {Port: "out", Item: in, Route: "out"}}}
		})}, nodetest.Case{Settings: `{"ways":[{"port":"web"}]}`, In: in, Want: []nodetest.Want{{Outputs: []nodetest.Output{{"web", `{"a":1}`}, {"out", `{"a":1}`}}}}}, ""},
		{"a port that the settings do not name", echo{declare: named, apply: each(func(_ int, in item.Item) node.Result {
			return node.Result{Outputs: []node.Output{{Port: "web", Item: in}}}
		})}, nodetest.Case{Settings: `{"ways":[{"port":"pos"}]}`, In: in, Want: []nodetest.Want{nodetest.Out("web", `{"a":1}`)}}, "not declared"},
		{"one route for two outputs", echo{apply: each(func(_ int, in item.Item) node.Result {
			return node.Result{Outputs: []node.Output{{Item: in, Route: "r"}, {Item: in, Route: "r"}}}
		})}, nodetest.Case{In: in, Want: []nodetest.Want{{Outputs: []nodetest.Output{{"", `{"a":1}`}, {"", `{"a":1}`}}}}}, "takes the route"},
		{"an output that is no object", echo{apply: each(func(_ int, in item.Item) node.Result {
			return node.Result{Outputs: []node.Output{{Item: in.With([]byte(`[1]`))}}}
		})}, nodetest.Case{In: in, Want: []nodetest.Want{nodetest.Out("", `[1]`)}}, "not a JSON object"},
		{"an output that is cut off", echo{apply: each(func(_ int, in item.Item) node.Result {
			return node.Result{Outputs: []node.Output{{Item: in.With([]byte(`{"a"`))}}}
		})}, nodetest.Case{In: in, Want: []nodetest.Want{nodetest.Out("", `{"a"`)}}, "not a JSON object"},
		{"lost facts", echo{apply: each(func(_ int, in item.Item) node.Result {
			return node.Result{Outputs: []node.Output{{Item: item.Item{Raw: in.Raw}}}}
		})}, nodetest.Case{In: in, Want: want}, "lost facts or source"},
		{"lost facts alone", echo{apply: each(func(_ int, in item.Item) node.Result {
			in.Facts = nil
			return same(0, in)
		})}, nodetest.Case{In: in, Want: want}, "lost facts or source"},
		{"a lost source alone", echo{apply: each(func(_ int, in item.Item) node.Result {
			in.Source = nil
			return same(0, in)
		})}, nodetest.Case{In: in, Want: want}, "lost facts or source"},
		{"outputs that share memory", echo{apply: func(_ context.Context, batch []item.Item) ([]node.Result, error) {
			shared := []byte(`{"a":1}{"a":1}`)
			return []node.Result{same(0, batch[0].With(shared[:7])), same(1, batch[1].With(shared[7:]))}, nil
		}}, nodetest.Case{In: []string{`{}`, `{}`}, Want: []nodetest.Want{want[0], want[0]}}, "writes into another"},
		{"an input that is written to", echo{apply: each(func(_ int, in item.Item) node.Result {
			in.Raw[5] = '9'
			return same(0, in)
		})}, nodetest.Case{In: in, Want: []nodetest.Want{nodetest.Out("", `{"a":9}`)}}, "was written to"},
		{"an output and a fault", echo{apply: each(func(_ int, in item.Item) node.Result {
			return node.Result{Outputs: []node.Output{{Item: in}}, Fault: fault.New("x.y", "z").At("p")}
		})}, nodetest.Case{In: in, Want: []nodetest.Want{{Outputs: []nodetest.Output{{"", `{"a":1}`}}, FaultCode: "x.y", FaultPath: "p"}}}, "more than one of"},
		{"results that change from call to call", echo{apply: each(func(_ int, in item.Item) node.Result {
			if <-calls == 0 {
				return same(0, in)
			}
			return node.Result{}
		})}, nodetest.Case{In: in, Want: want}, "used concurrently"},
		{"New fails unexpectedly", echo{failNew: fault.New("echo.broken", "broken")}, nodetest.Case{In: in, Want: want}, "echo.broken"},
		{"New fails as wanted", echo{failNew: fault.New("echo.broken", "broken")}, nodetest.Case{NewCode: "echo.broken"}, ""},
		{"New should fail", echo{apply: each(same)}, nodetest.Case{NewCode: "echo.broken"}, "want a fault"},
		{"the batch fails without a code", echo{apply: func(context.Context, []item.Item) ([]node.Result, error) {
			return nil, context.Canceled
		}}, nodetest.Case{In: in, Want: want}, "the transform gave"},
		{"a batch that was given up goes on", echo{apply: each(same)}, nodetest.Case{In: in, GivenUp: true, BatchCode: "echo.cancelled"}, "want a transient fault"},
		{"a batch that was given up ends for good", echo{apply: givenUp(fault.Internal)}, nodetest.Case{In: in, GivenUp: true, BatchCode: "echo.cancelled"}, "want a transient fault"},
		{"a batch that was given up", echo{apply: givenUp(fault.Transient)}, nodetest.Case{In: in, GivenUp: true, BatchCode: "echo.cancelled"}, ""},
		{"needs are results too", echo{apply: each(func(int, item.Item) node.Result {
			return node.Result{Needs: []item.Lookup{{From: "banks", Find: "code"}}}
		})}, nodetest.Case{In: in, Want: []nodetest.Want{{Needs: []item.Lookup{{From: "banks", Find: "code"}}}}}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(nodetest.ProblemsOf(t, c.typ, c.c), "\n")
			if c.wrong == "" && got != "" || !strings.Contains(got, c.wrong) {
				t.Errorf("got problems %q, want %q", got, c.wrong)
			}
		})
	}
}

func TestDeclarationProblems(t *testing.T) {
	t.Parallel()
	two := node.Port{Name: "out", Title: field.Text{ZH: "出", EN: "Out"}, Traffic: node.Documents}
	cases := map[string]func(*node.Declaration){
		"":                                 nil,
		"type is not made of":              func(d *node.Declaration) { d.Type = "Echo Node" },
		"typeVersion counts from 1":        func(d *node.Declaration) { d.TypeVersion = 0 },
		"there is no Upgrade":              func(d *node.Declaration) { d.TypeVersion = 2 },
		"title is not given":               func(d *node.Declaration) { d.Title.EN = "" },
		"describe is not given":            func(d *node.Declaration) { d.Describe.ZH = "" },
		"there is no icon":                 func(d *node.Declaration) { d.Icon = "" },
		"there is no category":             func(d *node.Declaration) { d.Category = "" },
		"kind is unknown":                  func(d *node.Declaration) { d.Kind = "magic" },
		"transforms, and only they":        func(d *node.Declaration) { d.Kind = node.Sink; d.Role = node.Notify },
		"every node but a transform has":   func(d *node.Declaration) { d.Role = node.Notify },
		"at most one input":                func(d *node.Declaration) { d.Inputs = append(d.Inputs, two) },
		"each its own":                     func(d *node.Declaration) { d.Outputs = append(d.Outputs, two) },
		"the error port is not declared":   func(d *node.Declaration) { d.Outputs[0].Name = node.ErrorPort },
		"neither requests nor documents":   func(d *node.Declaration) { d.Outputs[0].Traffic = "water" },
		"port out has no title":            func(d *node.Declaration) { d.Outputs[0].Title.EN = "" },
		"setting times has no title":       func(d *node.Declaration) { d.Settings[0].Title.EN = "" },
		"settings[0].default: the default": func(d *node.Declaration) { d.Settings[0].Default = "often" },
		"option a of times has no title": func(d *node.Declaration) {
			d.Settings[0] = field.Setting{Key: "times", Kind: field.PlainChoice, Title: d.Title, Options: []field.Option{{Value: "a", Title: field.Text{ZH: "甲"}}}}
		},
		"outputsFrom names no list": func(d *node.Declaration) { d.OutputsFrom = "times" },
		"elements have a required text port": func(d *node.Declaration) {
			named(d)
			d.Settings[1].Items[0].Required = false
		},
		"setting deep has no title": func(d *node.Declaration) {
			d.Settings[0] = field.Setting{Key: "times", Kind: field.GroupOf, Title: d.Title, Items: []field.Setting{{Key: "deep", Kind: field.PlainText, Title: field.Text{ZH: "深"}}}}
		},
	}
	for want, declare := range cases {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(nodetest.DeclarationProblems(echo{declare: declare}), "\n")
			if want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("got problems %q, want %q", got, want)
			}
		})
	}
}

func TestSettingsHaveDefaults(t *testing.T) {
	t.Parallel()
	var got struct {
		Times int `json:"times"`
	}
	d := echo{}.Declaration()
	for raw, want := range map[string]int{``: 1, `{}`: 1, `{"times":null}`: 1, `{"times":7}`: 7} {
		if err := nodetest.NewSettings(t, d, raw, nodetest.Programs{}).Decode(&got); err != nil || got.Times != want {
			t.Errorf("%s: times = %d (%v), want %d", raw, got.Times, err, want)
		}
	}
	err := nodetest.NewSettings(t, d, `{"times":[]}`, nodetest.Programs{}).Decode(&got)
	if fault.CodeOf(err) != "setting.wrong_type" {
		t.Errorf("got %v, want setting.wrong_type", err)
	}
}

// probe records what a helper does to its test.
type probe struct {
	testing.TB
	failed bool
}

func (p *probe) Helper()               {}
func (p *probe) Errorf(string, ...any) { p.failed = true }
func (p *probe) Fatalf(string, ...any) { p.failed = true }

func TestGoldenSeesChanges(t *testing.T) {
	t.Parallel()
	if *nodetest.Update {
		return // every golden is right while goldens are being written
	}
	const file = "testdata/golden.json"
	nodetest.Golden(t, file, map[string]string{"title": "回声 <Echo>"})
	changed := &probe{TB: t}
	nodetest.Golden(changed, file, map[string]string{"title": "回声"})
	if !changed.failed {
		t.Error("a changed value passed")
	}
}

func TestProgramsThatAreMissingFailTheTest(t *testing.T) {
	t.Parallel()
	p := &probe{TB: t}
	nodetest.NewSettings(p, echo{}.Declaration(), "", nodetest.Programs{}).Mapping("fields")
	if !p.failed {
		t.Error("a program that the case does not give was not missed")
	}
}

func TestCheckSettings(t *testing.T) {
	t.Parallel()
	got := strings.Join(nodetest.FaultsOf(echo{}, `{"times":"x","more":1}`), "; ")
	if want := "setting.wrong_type at times; setting.unknown at more"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	checked := struct {
		echo
		node.Checker
	}{Checker: checkerFunc(func([]byte) []*fault.Fault { return []*fault.Fault{fault.New("echo.odd", "odd").At("times")} })}
	if got := strings.Join(nodetest.FaultsOf(checked, `{}`), "; "); got != "echo.odd at times" {
		t.Errorf("got %s, want the checker's fault", got)
	}
	if got := strings.Join(nodetest.FaultsOf(checked, `{"times":"x"}`), "; "); got != "setting.wrong_type at times" {
		t.Errorf("got %s; a checker sees only settings that fit", got)
	}
}

type checkerFunc func([]byte) []*fault.Fault

func (f checkerFunc) CheckSettings(raw []byte) []*fault.Fault { return f(raw) }
