package main

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// mostDigits bounds the numbers that are calculated with, in characters.
const mostDigits = 60

// number reads the decimal of a field exactly. A blank one is a fault of the field.
func number(v item.Value, path string) (*big.Rat, *fault.Fault) {
	text := strings.TrimSpace(v.Text())
	if v.Blank() || text == "" {
		return nil, fault.New("units.number_missing", "%s holds no number", path).At(path).Classed(fault.Data)
	}
	if n := decimal(text); n != nil {
		return n, nil
	}
	return nil, fault.New("units.not_a_number", "%s holds no decimal number", path).At(path).Classed(fault.Data)
}

// decimal reads a text, and gives nil for one that is no decimal.
func decimal(text string) *big.Rat {
	if len(text) > mostDigits || !regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$`).MatchString(text) {
		return nil
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return n
}

// factor reads a decimal or a fraction above zero.
func factor(text string) *big.Rat {
	over, under, isFraction := strings.Cut(strings.TrimSpace(text), "/")
	n := decimal(strings.TrimSpace(over))
	if isFraction && n != nil {
		d := decimal(strings.TrimSpace(under))
		if d == nil || d.Sign() == 0 {
			return nil
		}
		n = n.Quo(n, d)
	}
	if n == nil || n.Sign() <= 0 {
		return nil
	}
	return n
}

// rounded gives n times ten to the scale as a whole number, and whether nothing was rounded.
func rounded(n *big.Rat, scale int, mode string) (whole *big.Int, exact bool) {
	over := new(big.Int).Mul(n.Num(), power(scale))
	whole, rest := new(big.Int).QuoRem(over, n.Denom(), new(big.Int))
	if rest.Sign() == 0 {
		return whole, true
	}
	half := new(big.Int).Abs(rest)
	half.Lsh(half, 1)
	away := false
	switch c := half.Cmp(n.Denom()); mode {
	case "up":
		away = true
	case "down", "exact":
	case "half_even":
		away = c > 0 || c == 0 && whole.Bit(0) == 1
	default:
		away = c >= 0
	}
	if away {
		whole.Add(whole, big.NewInt(int64(over.Sign())))
	}
	return whole, false
}

func power(scale int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
}

// written gives a whole number of ten to the minus scale as a decimal with that many digits.
func written(whole *big.Int, scale int) string {
	digits := new(big.Int).Abs(whole).String()
	if len(digits) <= scale {
		digits = strings.Repeat("0", scale+1-len(digits)) + digits
	}
	if scale > 0 {
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if whole.Sign() < 0 {
		digits = "-" + digits
	}
	return digits
}

// short leaves out zeros at the end of a decimal.
func short(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// like gives a number as JSON: a text where the field was one.
func like(was item.Value, number string) []byte {
	if was.Kind() == item.String {
		return item.AppendText(nil, number)
	}
	return []byte(number)
}
