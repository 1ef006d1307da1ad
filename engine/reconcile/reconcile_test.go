package reconcile_test

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/reconcile"
	"github.com/karezflow/karez/sdk/fault"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }

func spec() reconcile.Spec {
	return reconcile.Spec{
		Key:    reconcile.Field{Source: "{{no}}", Target: "{{FBillNo}}"},
		Fields: []reconcile.Field{{Title: "金额", Source: "{{amount}}", Target: "{{FAmount}}", Kind: reconcile.Number}, {Title: "日期", Source: "{{at}}", Target: "{{FDate}}", Kind: reconcile.Day}},
		Sums:   []reconcile.Field{{Title: "金额", Source: "{{amount}}", Target: "{{FAmount}}"}},
		Groups: []reconcile.Field{{Title: "店铺", Source: "{{shop}}", Target: "{{FShop}}"}},
	}
}

// compare gives what comes of rows: "source no amount day shop" and the same of the target,
// whose record is told apart by its place; a source's record by its number or a sixth word.
func compare(t *testing.T, s reconcile.Spec, from, to time.Time, rows ...string) reconcile.Result {
	t.Helper()
	c, f := reconcile.New(s, from, to, nil)
	if f != nil {
		t.Fatal(f)
	}
	for i, text := range rows {
		p := strings.Fields(text)
		n, _ := strconv.Atoi(p[3])
		side, body, ref := reconcile.Source, `{"no":"`+p[1]+`","amount":`+p[2]+`,"at":"2026-11-`+p[3]+` 08:00:00","shop":"`+p[4]+`"}`, p[1]
		if len(p) > 5 {
			ref = p[5]
		}
		if p[0] == "target" {
			side, body, ref = reconcile.Target, `{"FBillNo":"`+p[1]+`","FAmount":"`+p[2]+`","FDate":"2026-11-`+p[3]+`T00:00:00","FShop":"`+p[4]+`"}`, strconv.Itoa(i)
		}
		if f := c.Take(side, reconcile.Row{Body: []byte(body), Ref: ref, At: day(n)}); f != nil {
			t.Fatal(f)
		}
	}
	return c.Result(100)
}

func findings(r reconcile.Result) (out []string) {
	for _, f := range r.Findings {
		text := fmt.Sprintf("%s %s %d:%d", f.Kind, f.Key, f.Source, f.Target)
		for _, d := range f.Differences {
			text += " " + d.Title + " " + d.Source + "/" + d.Target
		}
		out = append(out, text)
	}
	return out
}

func TestFindings(t *testing.T) {
	tests := map[string]struct {
		rows []string
		want []string
	}{
		"the same, written otherwise":                 {[]string{"source A 12.50 20 s1", "target A 12.5 20 s1"}, nil},
		"missing":                                     {[]string{"source A 1 20 s1", "source B 1 20 s1", "target B 1 20 s1"}, []string{"missing A 1:0"}},
		"extra":                                       {[]string{"target A 1 20 s1"}, []string{"extra A 0:1"}},
		"doubled":                                     {[]string{"source A 1 20 s1", "target A 1 20 s1", "target A 1 20 s1"}, []string{"doubled A 1:2"}},
		"different":                                   {[]string{"source A 1.10 20 s1", "target A 1.01 21 s1"}, []string{"different A 1:1 金额 1.1/1.01 日期 2026-11-20/2026-11-21"}},
		"read twice counts once":                      {[]string{"source A 1 20 s1", "source A 1 20 s1", "target A 1 20 s1"}, nil},
		"several of a key, in another order":          {[]string{"source A 10 20 s1 x", "source A 20 21 s1 y", "target A 20 21 s1", "target A 10 20 s1"}, nil},
		"one of several is altered":                   {[]string{"source A 10 20 s1 x", "source A 20 20 s1 y", "target A 25 20 s1", "target A 10 20 s1"}, []string{"different A 2:2 金额 10, 20/10, 25"}},
		"values of several changed places":            {[]string{"source A 10 20 s1 x", "source A 20 21 s1 y", "target A 20 20 s1", "target A 10 21 s1"}, []string{"different A 2:2 金额 10, 20/10, 20 日期 2026-11-20, 2026-11-21/2026-11-21, 2026-11-20"}},
		"one of several is missing":                   {[]string{"source A 10 20 s1 x", "source A 20 20 s1 y", "target A 10 20 s1"}, []string{"missing A 2:1 金额 10, 20/10"}},
		"a source outside the range is nobody's":      {[]string{"source A 1 11 s1"}, nil},
		"a target dated outside the range is found":   {[]string{"source A 1 20 s1", "target A 1 11 s1"}, []string{"different A 1:1 日期 2026-11-20/2026-11-11"}},
		"a source dated outside the range excuses it": {[]string{"source A 1 11 s1", "target A 1 20 s1"}, nil},
		"by gravity, then by key":                     {[]string{"target D 1 20 s1", "source C 1 20 s1", "source B 1 20 s1", "source A 2 20 s1", "target A 1 20 s1"}, []string{"missing B 1:0", "missing C 1:0", "different A 1:1 金额 2/1", "extra D 0:1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := findings(compare(t, spec(), day(15), day(25), tt.rows...))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGroups(t *testing.T) {
	r := compare(t, spec(), time.Time{}, time.Time{}, "source A 98765432109978310.18000000000000004 20 s1", "source B 0.1 20 s1", "source C 1 20 s2", "target A 98765432109978310.18000000000000004 20 s1", "target C 1 20 s2")
	var got []string
	for _, g := range r.Groups {
		got = append(got, fmt.Sprint(g.Values, g.Source.Count, g.Source.Sums, g.Target.Count, g.Target.Sums, g.Equal()))
	}
	want := []string{"[s1] 2 [98765432109978310.28000000000000004] 1 [98765432109978310.18000000000000004] false", "[s2] 1 [1] 1 [1] true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r = compare(t, spec(), time.Time{}, time.Time{}, "source A 1 20 s1 x", "source A 2 20 s2 y", "target A 2 20 s2", "target A 1 20 s1")
	if len(r.Groups) != 2 || !r.Groups[0].Equal() || !r.Groups[1].Equal() || r.Groups[0].Source.Count != 1 {
		t.Errorf("records of one key in two groups: %+v", r.Groups)
	}
}

func TestOthersAreNamed(t *testing.T) {
	r := compare(t, spec(), time.Time{}, time.Time{}, "source A 1 20 s1 x", "source A 2 20 s1 y")
	if len(r.Findings) != 1 || r.Findings[0].Ref != "x" || len(r.Findings[0].Others) != 1 || r.Findings[0].Others[0].Ref != "y" {
		t.Errorf("%+v", r.Findings)
	}
}

func TestRefuses(t *testing.T) {
	tests := map[string]struct {
		spec reconcile.Spec
		row  string
		code string
		path string
	}{
		"no key":          {spec: reconcile.Spec{Key: reconcile.Field{Source: "{{a}}"}}, code: "reconcile.value_missing", path: "key.target"},
		"a broken text":   {spec: reconcile.Spec{Key: reconcile.Field{Source: "{{a", Target: "{{b}}"}}, code: "value.syntax", path: "key.source"},
		"an unknown kind": {spec: reconcile.Spec{Key: reconcile.Field{Source: "{{a}}", Target: "{{b}}"}, Fields: []reconcile.Field{{Source: "{{a}}", Target: "{{b}}", Kind: "blob"}}}, code: "reconcile.kind_unknown", path: "fields.0.source"},
		"a blank key":     {spec: reconcile.Spec{Key: reconcile.Field{Source: "{{a}}", Target: "{{b}}"}}, row: `{"a":null}`, code: "reconcile.key_blank"},
		"too many fields": {spec: reconcile.Spec{Key: reconcile.Field{Source: "{{a}}", Target: "{{b}}"}, Groups: make([]reconcile.Field, 5)}, code: "reconcile.too_many_fields", path: "fields"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, f := reconcile.New(tt.spec, time.Time{}, time.Time{}, nil)
			if f == nil {
				f = c.Take(reconcile.Source, reconcile.Row{Body: []byte(tt.row), Ref: "1"})
			}
			if fault.CodeOf(f) != tt.code || f.Path != tt.path {
				t.Errorf("%v at %q, want %s at %q", f, f.Path, tt.code, tt.path)
			}
		})
	}
}

// Whatever is removed from, doubled in, altered in or added to an equal target is found,
// and nothing else; sums agree with the records.
func TestSeededFaultsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, f := reconcile.New(spec(), day(1), day(28), nil)
		if f != nil {
			t.Fatal(f)
		}
		want := map[string]reconcile.Verdict{}
		var sums [2]decimal.Decimal
		take := func(side reconcile.Side, ref, body string, n int, amount string) {
			if f := c.Take(side, reconcile.Row{Body: []byte(body), Ref: ref, At: day(n)}); f != nil {
				t.Fatal(f)
			}
			sums[side] = sums[side].Add(decimal.RequireFromString(amount))
		}
		for i := range rapid.IntRange(0, 60).Draw(t, "documents") {
			no, n := strconv.Itoa(i), rapid.IntRange(1, 28).Draw(t, "day")
			amount := decimal.New(rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "amount"), -2).String()
			source := fmt.Sprintf(`{"no":%q,"amount":%s,"at":"2026-11-%02d","shop":"s"}`, no, amount, n)
			target := func(amount string) string {
				return fmt.Sprintf(`{"FBillNo":%q,"FAmount":%q,"FDate":"2026-11-%02dT00:00:00","FShop":"s"}`, no, amount, n)
			}
			kind := rapid.SampledFrom([]reconcile.Verdict{"", "", "", reconcile.Missing, reconcile.Doubled, reconcile.Different, reconcile.Extra}).Draw(t, "kind")
			if kind != "" {
				want[no] = kind
			}
			if kind != reconcile.Extra {
				take(reconcile.Source, no, source, n, amount)
			}
			switch kind {
			case reconcile.Missing:
			case reconcile.Doubled:
				take(reconcile.Target, no+"a", target(amount), n, amount)
				take(reconcile.Target, no+"b", target(amount), n, amount)
			case reconcile.Different:
				other := decimal.RequireFromString(amount).Add(decimal.New(1, -2)).String()
				take(reconcile.Target, no+"a", target(other), n, other)
			case "", reconcile.Extra:
				take(reconcile.Target, no+"a", target(amount), n, amount)
			}
		}
		r := c.Result(1000)
		got := map[string]reconcile.Verdict{}
		for _, f := range r.Findings {
			got[f.Key] = f.Kind
		}
		if !maps.Equal(want, got) {
			t.Fatalf("%v, want %v", got, want)
		}
		for side, total := range []func(reconcile.Group) reconcile.Total{func(g reconcile.Group) reconcile.Total { return g.Source }, func(g reconcile.Group) reconcile.Total { return g.Target }} {
			var sum decimal.Decimal
			for _, g := range r.Groups {
				sum = sum.Add(total(g).Sums[0])
			}
			if !sum.Equal(sums[side]) {
				t.Fatalf("side %d adds up to %s, want %s", side, sum, sums[side])
			}
		}
		few := c.Result(1)
		if len(few.Findings) > 1 || !maps.Equal(few.Counts, r.Counts) || len(few.Findings) > 0 && few.Findings[0].Key != r.Findings[0].Key {
			t.Fatal("a shorter list has other counts")
		}
	})
}
