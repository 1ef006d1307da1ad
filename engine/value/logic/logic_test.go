package logic_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/value/logic"
	"github.com/karezflow/karez/sdk/item"
)

func of(raw ...string) []item.Value {
	var out []item.Value
	for _, r := range raw {
		out = append(out, item.Of([]byte(r)))
	}
	return out
}

func TestComparisons(t *testing.T) {
	t.Parallel()
	tests := []struct {
		value    string
		logic    logic.Logic
		operands []string
		want     bool
	}{
		{`"95"`, logic.Eq, []string{`95`}, true},
		{`"95.00"`, logic.Eq, []string{`"95"`}, true},
		{`"007"`, logic.Eq, []string{`"7"`}, false},
		{`"007"`, logic.Eq, []string{`"007"`}, true},
		{`12345678901234567890`, logic.Eq, []string{`12345678901234567891`}, false},
		{`0.1`, logic.Eq, []string{`"0.10"`}, true},
		{`"1e2"`, logic.Eq, []string{`"100"`}, false},
		{`1e2`, logic.Eq, []string{`"100"`}, true},
		{`true`, logic.Eq, []string{`"true"`}, true},
		{`"a\u0062"`, logic.Eq, []string{`"ab"`}, true},
		{``, logic.Eq, []string{`""`}, true},
		{`null`, logic.Eq, []string{`""`}, true},
		{`null`, logic.Eq, []string{`"null"`}, false},
		{`"C"`, logic.Neq, []string{`"D"`}, true},
		{``, logic.Neq, []string{`"D"`}, true},
		{`"C"`, logic.Neq, []string{`"C"`}, false},
		{`"9"`, logic.Lt, []string{`"10"`}, true},
		{`"9a"`, logic.Lt, []string{`"10"`}, false},
		{`10`, logic.Gt, []string{`9.99`}, true},
		{`10`, logic.Gt, []string{`10`}, false},
		{`10`, logic.Egt, []string{`10.0`}, true},
		{`10`, logic.Elt, []string{`10.0`}, true},
		{`11`, logic.Elt, []string{`10.0`}, false},
		{`"2026-11-21 10:00:00"`, logic.Gt, []string{`"2026-11-21"`}, true},
		{``, logic.Lt, []string{`5`}, false},
		{``, logic.Elt, []string{`5`}, false},
		{`5`, logic.Gt, []string{`""`}, false},
		{`5`, logic.Gt, nil, false},
		{`"abcdef"`, logic.Like, []string{`"cde"`}, true},
		{`"abcdef"`, logic.Like, []string{`"CDE"`}, false},
		{`"abcdef"`, logic.Like, []string{`"ab%"`}, true},
		{`"abcdef"`, logic.Like, []string{`"%ef"`}, true},
		{`"abcdef"`, logic.Like, []string{`"%cd%"`}, true},
		{`"abcdef"`, logic.Like, []string{`"a%d%f"`}, true},
		{`"abcdef"`, logic.Like, []string{`"a%f%d"`}, false},
		{`"abcdef"`, logic.Like, []string{`"b%"`}, false},
		{`"aba"`, logic.Like, []string{`"ab%ba"`}, false},
		{`"50%"`, logic.Like, []string{`"%"`}, true},
		{``, logic.Like, []string{`"a"`}, false},
		{`"abc"`, logic.Notlike, []string{`"x"`}, true},
		{`"abc"`, logic.Notlike, []string{`"b"`}, false},
		{`5`, logic.Between, []string{`1`, `5`}, true},
		{`5.01`, logic.Between, []string{`1`, `5`}, false},
		{`"b"`, logic.Between, []string{`"a"`, `"c"`}, true},
		{`0`, logic.Notbetween, []string{`1`, `5`}, true},
		{`3`, logic.Notbetween, []string{`1`, `5`}, false},
		{``, logic.Between, []string{`1`, `5`}, false},
		{``, logic.Notbetween, []string{`1`, `5`}, false},
		{`3`, logic.Between, []string{`1`, `""`}, false},
		{`3`, logic.Between, []string{`1`}, false},
		{`"B"`, logic.In, []string{`"A"`, `"B"`}, true},
		{`2`, logic.In, []string{`"1"`, `"2.0"`}, true},
		{`"C"`, logic.In, []string{`"A"`, `"B"`}, false},
		{`"C"`, logic.In, nil, false},
		{`"C"`, logic.Notin, []string{`"A"`}, true},
		{``, logic.Notin, []string{`"A"`}, true},
		{`"A"`, logic.Notin, []string{`"A"`}, false},
		{``, logic.Isnull, nil, true},
		{`null`, logic.Isnull, nil, true},
		{`""`, logic.Isnull, nil, true},
		{`[ ]`, logic.Isnull, nil, true},
		{`{}`, logic.Isnull, nil, true},
		{`[null]`, logic.Isnull, nil, false},
		{`0`, logic.Isnull, nil, false},
		{`false`, logic.Notnull, nil, true},
		{`[]`, logic.Notnull, nil, false},
		{`"x"`, logic.Logic("odd"), []string{`"x"`}, false},
	}
	for _, tt := range tests {
		v := item.Of([]byte(tt.value))
		if got := tt.logic.Test(v, of(tt.operands...)...); got != tt.want {
			t.Errorf("%s %s %v is %v", tt.value, tt.logic, tt.operands, got)
		}
	}
}

// Each comparison and its opposite divide every pair of values that both have.
func TestOpposites(t *testing.T) {
	t.Parallel()
	value := rapid.SampledFrom([]string{`1`, `"1"`, `"01"`, `2.50`, `"2.5"`, `"a"`, `"A"`, `true`, `"汉"`, `-1`, `1E2`})
	opposites := [][2]logic.Logic{
		{logic.Eq, logic.Neq},
		{logic.Gt, logic.Elt},
		{logic.Lt, logic.Egt},
		{logic.Like, logic.Notlike},
		{logic.In, logic.Notin},
		{logic.Isnull, logic.Notnull},
	}
	rapid.Check(t, func(t *rapid.T) {
		v, o := of(value.Draw(t, "value"))[0], of(value.Draw(t, "operand"))
		for _, pair := range opposites {
			if pair[0].Test(v, o...) == pair[1].Test(v, o...) {
				t.Fatalf("%s %v and %v %s agree", v.Raw(), pair[0], pair[1], o[0].Raw())
			}
		}
		if logic.Compare(v, o[0]) != -logic.Compare(o[0], v) {
			t.Fatalf("%s and %s order differently from each side", v.Raw(), o[0].Raw())
		}
	})
}

func TestArity(t *testing.T) {
	t.Parallel()
	for _, l := range logic.All() {
		unary := l == logic.Isnull || l == logic.Notnull
		ranged := l == logic.Between || l == logic.Notbetween
		if l.Unary() != unary || l.Range() != ranged || l.List() != (ranged || l == logic.In || l == logic.Notin) {
			t.Errorf("%s is taken for something else", l)
		}
	}
	if len(logic.All()) != 14 {
		t.Errorf("%d comparisons are listed", len(logic.All()))
	}
}
