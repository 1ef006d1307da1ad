package main

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/nodetest"
)

func of(t *testing.T, name string) node.Type {
	t.Helper()
	return nodetest.OfPlugin(t, declared, program().Transforms, name)
}

const boxes = `"to":"个","units":[{"unit":"箱","factor":"12"},{"unit":"打","factor":"12.0"},{"unit":"三分","factor":"1/3"}]`

func TestConvert(t *testing.T) {
	t.Parallel()
	header := func(more, in string, want nodetest.Want) nodetest.Case {
		return nodetest.Case{Name: more + in, Settings: `{` + boxes + more + `}`, In: []string{in}, Want: []nodetest.Want{want}}
	}
	nodetest.Run(t, of(t, "convert"),
		header("", `{"qty":3,"unit":"箱"}`, nodetest.Out("", `{"qty":36,"unit":"个"}`)),
		header("", `{"qty": "0.50" , "unit":"箱", "id":9007199254740993}`, nodetest.Out("", `{"qty": "6" , "unit":"个", "id":9007199254740993}`)),
		header("", `{"unit":"个","qty":1.50}`, nodetest.Out("", `{"unit":"个","qty":1.50}`)),
		header("", `{"qty":1,"unit":"三分"}`, nodetest.Out("", `{"qty":0.3333,"unit":"个"}`)),
		header(`,"rounding":"up"`, `{"qty":1,"unit":"三分"}`, nodetest.Out("", `{"qty":0.3334,"unit":"个"}`)),
		header(`,"rounding":"up"`, `{"qty":-1,"unit":"三分"}`, nodetest.Out("", `{"qty":-0.3334,"unit":"个"}`)),
		header(`,"rounding":"exact"`, `{"qty":1,"unit":"三分"}`, nodetest.Fault("units.inexact", "qty")),
		header(`,"scale":0`, `{"qty":90071992547409931,"unit":"箱"}`, nodetest.Out("", `{"qty":1080863910568919172,"unit":"个"}`)),
		header(`,"price":"p"`, `{"qty":1,"unit":"箱","p":"10.00"}`, nodetest.Out("", `{"qty":12,"unit":"个","p":"0.833333"}`)),
		header(`,"price":"p"`, `{"qty":1,"unit":"箱","p":null}`, nodetest.Out("", `{"qty":12,"unit":"个","p":null}`)),
		header("", `{"qty":3,"unit":"盒"}`, nodetest.Fault("units.unknown_unit", "unit")),
		header(`,"onUnknown":"keep"`, `{"qty":3,"unit":"盒"}`, nodetest.Out("", `{"qty":3,"unit":"盒"}`)),
		header("", `{"unit":"箱"}`, nodetest.Fault("units.number_missing", "qty")),
		header("", `{"qty":"three","unit":"箱"}`, nodetest.Fault("units.not_a_number", "qty")),
		header("", `{"qty":1e99999,"unit":"箱"}`, nodetest.Fault("units.not_a_number", "qty")),
		header(`,"lines":"data.items","price":"p"`, `{"no":"A", "data":{"items":[ {"qty":1,"unit":"箱","p":12.0} , {"qty":2,"unit":"个"} ]},"z":1.10}`,
			nodetest.Out("", `{"no":"A", "data":{"items":[ {"qty":12,"unit":"个","p":1} , {"qty":2,"unit":"个"} ]},"z":1.10}`)),
		header(`,"lines":"items"`, `{"items":[{"qty":1,"unit":"箱"},{"qty":1,"unit":"盒"}]}`, nodetest.Fault("units.unknown_unit", "items[1].unit")),
		header(`,"lines":"items"`, `{"items":[1]}`, nodetest.Fault("units.no_object", "items[0]")),
		header(`,"lines":"items"`, `{"items":7}`, nodetest.Fault("units.no_list", "items")),
		header(`,"lines":"items"`, `{"items":[]}`, nodetest.Out("", `{"items":[]}`)),
		header(`,"lines":"items"`, `{"no":1}`, nodetest.Out("", `{"no":1}`)),
	)
}

func TestSettingsOfConvert(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, of(t, "convert"),
		nodetest.Settled{Name: "right", Settings: `{` + boxes + `}`},
		nodetest.Settled{Name: "nothing", Settings: `{}`, Want: []string{"setting.required at to", "setting.required at units"}},
		nodetest.Settled{Name: "factors", Settings: `{"to":"个","units":[{"unit":"箱","factor":"0"},{"unit":"箱","factor":"1/0"},{"unit":"打","factor":"-1"}]}`, Want: []string{
			"units.factor at units[0].factor", "units.factor at units[1].factor", "units.unit_repeated at units[1].unit", "units.factor at units[2].factor",
		}},
	)
}

func TestShare(t *testing.T) {
	t.Parallel()
	header := func(more, in string, want nodetest.Want) nodetest.Case {
		return nodetest.Case{Name: more + in, Settings: `{"amount":"freight","by":"amt","into":"f"` + more + `}`, In: []string{in}, Want: []nodetest.Want{want}}
	}
	nodetest.Run(t, of(t, "share"),
		header("", `{"freight":10,"items":[{"amt":1},{"amt":1},{"amt":1}]}`, nodetest.Out("", `{"freight":10,"items":[{"amt":1,"f":3.34},{"amt":1,"f":3.33},{"amt":1,"f":3.33}]}`)),
		header("", `{"freight":"-0.05","items":[{"amt":"10.00","f":"0"},{"amt":30,"f":0}]}`, nodetest.Out("", `{"freight":"-0.05","items":[{"amt":"10.00","f":"-0.01"},{"amt":30,"f":-0.04}]}`)),
		header(`,"scale":0`, `{"freight":100000000000000000001,"items":[{"amt":2},{"amt":1}]}`, nodetest.Out("", `{"freight":100000000000000000001,"items":[{"amt":2,"f":66666666666666666667},{"amt":1,"f":33333333333333333334}]}`)),
		header("", `{"freight":1.005,"items":[{"amt":1}]}`, nodetest.Fault("units.amount_digits", "freight")),
		header("", `{"items":[{"amt":1}]}`, nodetest.Fault("units.number_missing", "freight")),
		header("", `{"freight":1,"items":[]}`, nodetest.Fault("units.no_lines", "items")),
		header("", `{"freight":0}`, nodetest.Out("", `{"freight":0}`)),
		header("", `{"freight":1,"items":[{"amt":0}]}`, nodetest.Fault("units.zero_weights", "items")),
		header(`,"onZero":"equal"`, `{"freight":1,"items":[{"amt":0},{"amt":0.0}]}`, nodetest.Out("", `{"freight":1,"items":[{"amt":0,"f":0.50},{"amt":0.0,"f":0.50}]}`)),
		header("", `{"freight":1,"items":[{"amt":1},{"amt":-1}]}`, nodetest.Fault("units.mixed_signs", "items[1].amt")),
		header("", `{"freight":1,"items":[{"amt":-1},{"amt":-3}]}`, nodetest.Out("", `{"freight":1,"items":[{"amt":-1,"f":0.25},{"amt":-3,"f":0.75}]}`)),
	)
}

// Whatever is shared by whatever, the shares add up, and none is further from its part than one unit.
func TestSharesAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := big.NewInt(rapid.Int64().Draw(t, "total"))
		weights := []*big.Rat{big.NewRat(1, 7)}
		sum := big.NewRat(1, 7)
		for _, w := range rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 0, 30).Draw(t, "weights") {
			weights = append(weights, big.NewRat(w, 100))
			sum.Add(sum, big.NewRat(w, 100))
		}
		parts := split(total, weights)
		left := new(big.Int).Set(total)
		for i, p := range parts {
			left.Sub(left, p)
			off := new(big.Rat).Sub(new(big.Rat).SetInt(p), new(big.Rat).Quo(new(big.Rat).Mul(new(big.Rat).SetInt(total), weights[i]), sum))
			if off.Abs(off).Cmp(big.NewRat(1, 1)) >= 0 {
				t.Fatalf("share %d is %s off", i, off)
			}
		}
		if left.Sign() != 0 || len(parts) != len(weights) {
			t.Fatalf("%s is left of %s", left, total)
		}
	})
}

// What is converted there and back without rounding is what it was.
func TestThereAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := big.NewRat(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "n"), 100)
		by := big.NewRat(rapid.Int64Range(1, 1000).Draw(t, "by"), 1)
		there, exact := rounded(new(big.Rat).Mul(n, by), 2, "exact")
		back := new(big.Rat).Quo(decimal(written(there, 2)), by)
		if !exact || back.Cmp(n) != 0 {
			t.Fatalf("%s by %s is %s and back %s", n, by, there, back)
		}
	})
}

func TestRounding(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ number, half, even, up, down string }{
		{"2.5", "3", "2", "3", "2"},
		{"3.5", "4", "4", "4", "3"},
		{"-2.5", "-3", "-2", "-3", "-2"},
		{"2.4", "2", "2", "3", "2"},
		{"2.6", "3", "3", "3", "2"},
		{"2", "2", "2", "2", "2"},
		{"-0.4", "0", "0", "-1", "0"},
	} {
		var got []string
		for _, mode := range []string{"half_up", "half_even", "up", "down"} {
			whole, _ := rounded(decimal(tt.number), 0, mode)
			got = append(got, written(whole, 0))
		}
		if want := strings.Join([]string{tt.half, tt.even, tt.up, tt.down}, " "); strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", tt.number, got, want)
		}
	}
	if raw := string(like(item.Of([]byte(`"1"`)), short("1.500"))); raw != `"1.5"` {
		t.Error(raw)
	}
	if got := strings.Join([]string{short("100"), short("1.00"), written(big.NewInt(-5), 3)}, " "); got != "100 1 -0.005" {
		t.Error(got)
	}
}
