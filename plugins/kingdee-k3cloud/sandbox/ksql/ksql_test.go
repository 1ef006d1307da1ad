package ksql_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/ksql"
)

// row is a fixed row that the conditions below are tried on.
func row(field string) ksql.Value {
	return map[string]ksql.Value{
		"FBillNo":            {Kind: ksql.Text, Text: "XSTHD000001"},
		"FSaleOrgId.FNumber": {Kind: ksql.Text, Text: "100"},
		"FNote":              {Kind: ksql.Text, Text: "it's 50%_off"},
		"FRealQty":           {Kind: ksql.Number, Text: "12345678901234567.89"},
		"FPrice":             {Kind: ksql.Number, Text: "1.50"},
		"FDate":              {Kind: ksql.Time, Text: "2026-03-05T00:00:00"},
		"FIsFree":            {Kind: ksql.Bool, Text: "false"},
		"备注":                 {Kind: ksql.Text, Text: "中文"},
	}[field] // a missing field is Null
}

func TestFilter(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		text string
		want bool
	}{
		{"", true},
		{"  ", true},
		{"FBillNo='XSTHD000001'", true},
		{"FBillNo = 'XSTHD000002'", false},
		{"FBillNo<>'XSTHD000002'", true},
		{"FBillNo!='XSTHD000001'", false},
		{"'XSTHD000001' = FBillNo", true},
		{"FBillNo IN ('a','XSTHD000001')", true},
		{"FBillNo in ('a','b')", false},
		{"FBillNo NOT IN ('a','b')", true},
		{"FBillNo LIKE 'XSTHD%'", true},
		{"FBillNo LIKE '%000_01'", true},
		{"FBillNo LIKE '%9'", false},
		{"FBillNo NOT LIKE 'X%'", false},
		{"FBillNo LIKE 'XSTHD000001%%'", true},
		{"FNote = 'it''s 50%_off'", true},
		{"FNote LIKE '%''s%'", true},
		{"备注 = '中文'", true},
		{"FSaleOrgId.FNumber = '100'", true},
		{"FSaleOrgId.FNumber = 100", true},
		{"FPrice = 1.5", true},
		{"FPrice = '1.500'", true},
		{"FPrice >= 1.50 AND FPrice <= 1.50", true},
		{"FPrice > -1", true},
		{"FPrice BETWEEN 1 AND 2", true},
		{"FPrice NOT BETWEEN 1 AND 2", false},
		{"FRealQty = 12345678901234567.89", true},
		{"FRealQty = 12345678901234567.88", false},
		{"FDate >= '2026-03-05'", true},
		{"FDate > '2026-03-05 00:00:00'", false},
		{"FDate < {ts'2026-03-05 00:00:01'}", true},
		{"FDate = {d'2026-03-05'}", true},
		{"FDate = '2026/3/5'", true},
		{"FIsFree = 0", true},
		{"FIsFree = 'true'", false},
		{"1=1", true},
		{"1=2", false},
		{"'a'<'b'", true},
		{"FPrice=2 OR FPrice=1.5 AND FBillNo='x'", false},
		{"(FPrice=2 OR FPrice=1.5) AND FBillNo LIKE 'X%'", true},
		{"FPrice=1.5 OR FMissing=1", true},
		{"NOT FPrice=1.5", false},
		{"NOT (FPrice=2 AND FPrice=3)", true},
		{"FMissing = 1", false},
		{"NOT FMissing = 1", false},
		{"FMissing IS NULL", true},
		{"FMissing IS NOT NULL", false},
		{"FBillNo IS NOT NULL", true},
		{"FMissing LIKE '%'", false},
		{"FBillNo NOT IN ('a', FMissing)", false},
	} {
		f, err := ksql.Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		got, err := f.Match(row)
		if err != nil || got != c.want {
			t.Errorf("%s = %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

func TestFilterRefused(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"FBillNo":                   "ends too early",
		"FBillNo=":                  "ends too early",
		"FBillNo='abc":              "has no end",
		"FBillNo='a' FPrice=1":      `"FPrice" is unexpected`,
		"FBillNo=='a'":              `"=" is unexpected`,
		"(FBillNo='a'":              "ends too early",
		"FBillNo IN 'a'":            `"a" is unexpected`,
		"FBillNo IN ()":             `")" is unexpected`,
		"FBillNo IN ('a' 'b')":      `"b" is unexpected`,
		"FBillNo NOT = 'a'":         `"=" is unexpected`,
		"FPrice BETWEEN 1":          "ends too early",
		"FPrice BETWEEN 1 OR 2":     `"OR" is unexpected`,
		"FBillNo IS 'a'":            `"a" is unexpected`,
		"AND = 1":                   `"AND" is unexpected`,
		"FPrice = 1.2.3":            "is no number",
		"FPrice = -":                "is no number",
		"FBillNo = 'a'; DROP":       `";" is unexpected`,
		"FDate > {x'2026'}":         "brace at character 9",
		"FDate > {ts'2026'":         "brace at character 9",
		strings.Repeat("(", 500):    "deeper than 200",
		strings.Repeat("NOT ", 500): "deeper than 200",
	} {
		if _, err := ksql.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v; want %q", text, err, want)
		}
	}
	for _, text := range []string{"FPrice = 'abc'", "FDate = 'soon'", "FIsFree = 'perhaps'", "FPrice IN ('x')", "FPrice BETWEEN 'x' AND 2"} {
		f, err := ksql.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Match(row); err == nil {
			t.Errorf("%s compares what cannot be compared", text)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()

	f, err := ksql.Parse("A=1 AND (B.C='x' OR A IN (D, 2)) AND E IS NULL")
	if want := []string{"A", "B.C", "D", "E"}; err != nil || !slices.Equal(f.Fields(), want) {
		t.Errorf("fields %v, %v; want %v", f.Fields(), err, want)
	}
}

func TestParseOrder(t *testing.T) {
	t.Parallel()

	got, err := ksql.ParseOrder("FDate desc, FID ,FNumber ASC")
	want := []ksql.Order{{Field: "FDate", Desc: true}, {Field: "FID"}, {Field: "FNumber"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("orders %v, %v", got, err)
	}
	if got, err := ksql.ParseOrder("  "); err != nil || got != nil {
		t.Errorf("an empty order gives %v, %v", got, err)
	}
	for _, bad := range []string{"FID DOWN", "FID,,FDate", "a b c", "FID,"} {
		if _, err := ksql.ParseOrder(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestLess(t *testing.T) {
	t.Parallel()

	number := func(s string) ksql.Value { return ksql.Value{Kind: ksql.Number, Text: s} }
	for _, c := range []struct {
		a, b ksql.Value
		want bool
	}{
		{number("2"), number("10"), true},
		{number("10"), number("2"), false},
		{number("1.0"), number("1"), false},
		{ksql.Value{}, number("-5"), true},
		{number("-5"), ksql.Value{}, false},
		{ksql.Value{}, ksql.Value{}, false},
		{ksql.Value{Kind: ksql.Text, Text: "10"}, ksql.Value{Kind: ksql.Text, Text: "2"}, true},
		{ksql.Value{Kind: ksql.Bool, Text: "false"}, ksql.Value{Kind: ksql.Bool, Text: "1"}, true},
	} {
		if got := ksql.Less(c.a, c.b); got != c.want {
			t.Errorf("%v < %v is %v", c.a, c.b, got)
		}
	}
}

func TestDecimal(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ a, b, product, sum string }{
		{"0.1", "3", "0.3", "3.1"},
		{"12345678901234567.89", "0.1", "1234567890123456.789", "12345678901234567.99"},
		{"-1.50", "2", "-3.00", "0.50"},
		{"1e3", "1E-2", "10.00", "1000.01"},
		{"-0.001", "0.001", "-0.000001", "0.000"},
		{"+5", "007", "35", "12"},
	} {
		a, okA := ksql.ParseDecimal(c.a)
		b, okB := ksql.ParseDecimal(c.b)
		if !okA || !okB || a.Mul(b).String() != c.product || a.Add(b).String() != c.sum {
			t.Errorf("%s and %s give %s and %s", c.a, c.b, a.Mul(b), a.Add(b))
		}
	}
	for _, bad := range []string{"", "abc", "1.", ".5", "1e", "1e9999", "1e-9999", "--1", "1,5", "0x10", "Infinity", strings.Repeat("9", 401)} {
		if d, ok := ksql.ParseDecimal(bad); ok {
			t.Errorf("%q is read as %s", bad, d)
		}
	}
	var zero ksql.Decimal
	if one, _ := ksql.ParseDecimal("1"); zero.String() != "0" || zero.Add(one).String() != "1" || one.Padded(3).String() != "1.000" || one.Padded(-1).String() != "1" {
		t.Error("the zero Decimal is not 0, or padding is wrong")
	}
}

// TestDecimalAgainstRat compares with the standard library's exact fractions.
func TestDecimalAgainstRat(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) string {
			return fmt.Sprintf("%d.%0*d", rapid.Int64().Draw(t, label), rapid.IntRange(1, 12).Draw(t, label+" scale"), rapid.IntRange(0, 9).Draw(t, label+" digit"))
		}
		x, y := text("x"), text("y")
		a, _ := ksql.ParseDecimal(x)
		b, _ := ksql.ParseDecimal(y)
		p, _ := new(big.Rat).SetString(x)
		q, _ := new(big.Rat).SetString(y)
		same := func(d ksql.Decimal, r *big.Rat) bool {
			back, ok := new(big.Rat).SetString(d.String())
			return ok && back.Cmp(r) == 0
		}
		if !same(a.Mul(b), new(big.Rat).Mul(p, q)) || !same(a.Add(b), new(big.Rat).Add(p, q)) || a.Cmp(b) != p.Cmp(q) {
			t.Fatalf("%s and %s: %s, %s, %d", x, y, a.Mul(b), a.Add(b), a.Cmp(b))
		}
		if again, ok := ksql.ParseDecimal(a.String()); !ok || again.Cmp(a) != 0 {
			t.Fatalf("%s does not survive", x)
		}
	})
}

// TestQuotedTextSurvives: doubling quotes makes any text safe inside a condition.
func TestQuotedTextSurvives(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		key := rapid.String().Draw(t, "key")
		f, err := ksql.Parse("FBillNo IN ('other','" + strings.ReplaceAll(key, "'", "''") + "') AND FBillNo LIKE '%'")
		if err != nil {
			t.Fatal(err)
		}
		get := func(string) ksql.Value { return ksql.Value{Kind: ksql.Text, Text: key} }
		if ok, err := f.Match(get); !ok || err != nil {
			t.Fatalf("%q is not found: %v", key, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"FBillNo='a''b' AND (FDate>={ts'2026-01-01'} OR NOT FQty IN (1,2.5,'x'))", "a LIKE '%_%' or b is not null", "((((", "'", "{ts'", "a between 1 and 2", "\x00", "备注='中'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ksql.Parse(text)
		if err != nil {
			return
		}
		asked := map[string]bool{}
		_, _ = filter.Match(func(field string) ksql.Value {
			asked[field] = true
			return ksql.Value{Kind: ksql.Text, Text: field}
		})
		for field := range asked {
			if !slices.Contains(filter.Fields(), field) {
				t.Fatalf("%q reads %q without naming it", text, field)
			}
		}
	})
}
