package ksql

import (
	"math/big"
	"strconv"
	"strings"
)

// maxDigits bounds the digits a number may have when it is written out, so that
// an exponent cannot ask for gigabytes.
const maxDigits = 400

// Decimal is an exact decimal number. The zero Decimal is 0.
type Decimal struct {
	unscaled *big.Int
	scale    int
}

// ParseDecimal reads a number in JSON's grammar, or with a leading + or zeros.
// It is false for anything else and for numbers of more than 400 digits.
func ParseDecimal(text string) (Decimal, bool) {
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "e")
	shift := 0
	if hasExponent {
		n, err := strconv.Atoi(exponent)
		if err != nil || n > maxDigits || n < -maxDigits {
			return Decimal{}, false
		}
		shift = n
	}
	sign := ""
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		sign, mantissa = mantissa[:1], mantissa[1:]
	}
	whole, fraction, hasPoint := strings.Cut(mantissa, ".")
	if !digits(whole) || hasPoint && !digits(fraction) || len(whole)+len(fraction) > maxDigits {
		return Decimal{}, false
	}
	unscaled, ok := new(big.Int).SetString(sign+whole+fraction, 10)
	if !ok {
		return Decimal{}, false
	}
	d := Decimal{unscaled, len(fraction) - shift}
	if d.scale < 0 {
		d.unscaled.Mul(d.unscaled, power(-d.scale))
		d.scale = 0
	}
	return d, true
}

// Mul gives the exact product; its scale is the sum of the scales.
func (d Decimal) Mul(o Decimal) Decimal {
	return Decimal{new(big.Int).Mul(d.int(), o.int()), d.scale + o.scale}
}

// Add gives the exact sum.
func (d Decimal) Add(o Decimal) Decimal {
	scale := max(d.scale, o.scale)
	return Decimal{new(big.Int).Add(d.at(scale), o.at(scale)), scale}
}

// Cmp compares by value: 1.50 equals 1.5.
func (d Decimal) Cmp(o Decimal) int {
	scale := max(d.scale, o.scale)
	return d.at(scale).Cmp(o.at(scale))
}

// Padded gives the number with at least scale digits behind the point.
func (d Decimal) Padded(scale int) Decimal {
	if scale <= d.scale {
		return d
	}
	return Decimal{d.at(scale), scale}
}

// String writes the number without exponent, as JSON accepts it.
func (d Decimal) String() string {
	text, sign := d.int().String(), ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	if d.scale == 0 {
		return sign + text
	}
	if pad := d.scale + 1 - len(text); pad > 0 {
		text = strings.Repeat("0", pad) + text
	}
	return sign + text[:len(text)-d.scale] + "." + text[len(text)-d.scale:]
}

func (d Decimal) int() *big.Int {
	if d.unscaled == nil {
		return new(big.Int)
	}
	return d.unscaled
}

func (d Decimal) at(scale int) *big.Int { return new(big.Int).Mul(d.int(), power(scale-d.scale)) }

func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func digits(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
