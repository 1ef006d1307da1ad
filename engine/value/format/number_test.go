package format_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

func TestNumeral(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`12`: "12", `1.10`: "1.10", `1E400`: "1E400", `"12"`: "12", `"-1.50"`: "-1.50", `"0"`: "0", `"0.5"`: "0.5",
		`"007"`: "", `"1e5"`: "", `"+1"`: "", `" 1"`: "", `""`: "", `"-"`: "", `"1."`: "", `".5"`: "", `"1.5.2"`: "", `"-01"`: "", `true`: "", `[1]`: "", `null`: "",
	} {
		got, ok := format.Numeral(item.Of([]byte(raw)))
		if ok != (want != "") || ok && string(got) != want {
			t.Errorf("%s counts as %q, %v; want %q", raw, got, ok, want)
		}
	}
}

func TestCompareNumbers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		a, b string
		want int
	}{
		{"1", "1.0", 0},
		{"100", "1e2", 0},
		{"1E400", "1e400", 0},
		{"1E400", "1E401", -1},
		{"0", "-0.00", 0},
		{"0", "0e999999999999999999999", 0},
		{"-1", "1", -1},
		{"-2", "-10", 1},
		{"0.1", "0.09999999999999999999999999", 1},
		{"12345678901234567.89", "12345678901234567.90", -1},
		{"0.001", "1e-3", 0},
		{"9.99e1", "100", -1},
		{"1e-99999999999999999999", "0", 1},
		{"1e99999999999999999999", "2", 1},
		{"120", "12", 1},
		{"0.012", "0.12", -1},
		{"1000000000000000000000", "999999999999999999999", 1},
	}
	for _, tt := range tests {
		if got := format.Compare([]byte(tt.a), []byte(tt.b)); got != tt.want {
			t.Errorf("%s against %s gives %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := format.Compare([]byte(tt.b), []byte(tt.a)); got != -tt.want {
			t.Errorf("%s against %s gives %d, want %d", tt.b, tt.a, got, -tt.want)
		}
	}
}

var numerals = rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,10})?([eE][+-]?[0-9]{1,2})?`)

func TestCompareAgreesWithRationals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := numerals.Draw(t, "a"), numerals.Draw(t, "b")
		x, okX := new(big.Rat).SetString(a)
		y, okY := new(big.Rat).SetString(b)
		if !okX || !okY {
			t.Fatalf("%s or %s is no number", a, b)
		}
		if got := format.Compare([]byte(a), []byte(b)); got != x.Cmp(y) {
			t.Fatalf("%s against %s gives %d, want %d", a, b, got, x.Cmp(y))
		}
	})
}

// Whatever a vendor sends, a decimal cast of a number is the number, byte for byte,
// and of its text too.
func TestDecimalsKeepTheirDigits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := numerals.Draw(t, "n")
		for _, raw := range []string{n, `"` + n + `"`} {
			got, err := format.Cast(nil, item.Of([]byte(raw)), field.Decimal, format.Format{}, format.Env{})
			if err != nil || string(got) != n {
				t.Fatalf("%s gives %s, %v", raw, got, err)
			}
		}
	})
}

// FuzzDecimal: any text is refused or becomes a valid JSON number of equal value.
func FuzzDecimal(f *testing.F) {
	for _, seed := range []string{"12.50", "+5", ".5", "5.", "-007.10", "1e5", "--1", "0x10", "1_000", "１２", "1e", "-.e1", " 3 "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := format.Cast(nil, item.Of(item.AppendText(nil, text)), field.Decimal, format.Format{}, format.Env{})
		if err != nil || len(got) == 0 {
			return
		}
		if !json.Valid(got) || item.Of(got).Kind() != item.Number {
			t.Fatalf("%q becomes %s, which is no number", text, got)
		}
		if len(text) > 30 || strings.ContainsAny(text, "eE") {
			return
		}
		want, ok := new(big.Rat).SetString(strings.TrimSpace(text))
		value, _ := new(big.Rat).SetString(string(got))
		if !ok || want.Cmp(value) != 0 {
			t.Fatalf("%q becomes %s", text, got)
		}
	})
}
