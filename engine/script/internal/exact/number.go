// Package exact reads the numbers that scripts meet: which of them a float64 can
// carry, and which texts are decimals at all.
//
// It may import the standard library only.
package exact

import (
	"strconv"
	"strings"
)

// safeDigits is the number of significant digits that any float64 carries.
const safeDigits = 15

// Read reads a JSON number. whole is meant when isWhole is true, else
// float. safe is false when a float64 cannot carry the number: then its shortest
// text is another number than the one written.
func Read(raw string) (whole int64, float float64, isWhole, safe bool) {
	if n, ok := smallInteger(raw); ok {
		return n, 0, true, true
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		return 0, 0, false, false
	}
	wantDigits, wantPoint := canonical(raw)
	gotDigits, gotPoint := canonical(strconv.FormatFloat(f, 'e', -1, 64))
	return 0, f, false, wantDigits == gotDigits && (wantPoint == gotPoint || wantDigits == "")
}

func smallInteger(raw string) (int64, bool) {
	digits := strings.TrimPrefix(raw, "-")
	if len(digits) == 0 || len(digits) > safeDigits || raw == "-0" {
		return 0, false
	}
	var n int64
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(digits[i]-'0')
	}
	if len(digits) != len(raw) {
		n = -n
	}
	return n, true
}

// canonical reduces a number, its sign left out, to its significant digits and
// the place of the decimal point before them: 0.0120e3 is ("12", 2). Zero has no digits.
func canonical(raw string) (digits string, point int) {
	mantissa, exponent := strings.TrimPrefix(raw, "-"), 0
	if e := strings.IndexAny(mantissa, "eE"); e >= 0 {
		// An exponent beyond int is beyond float64 too, so ParseFloat refused it before.
		exponent, _ = strconv.Atoi(mantissa[e+1:])
		mantissa = mantissa[:e]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := whole + fraction
	trimmed := strings.TrimLeft(all, "0")
	point = len(whole) - (len(all) - len(trimmed)) + exponent
	return strings.TrimRight(trimmed, "0"), point
}

// IsDecimal reports whether text is an optional sign, digits, an optional
// fraction and an optional exponent. Separators and currency signs are refused:
// what they mean differs from country to country.
func IsDecimal(text string) bool {
	rest := strings.TrimLeft(text, "+-")
	if len(text)-len(rest) > 1 {
		return false
	}
	mantissa, exponent, hasExponent := cutAny(rest, "eE")
	if hasExponent {
		if trimmed := strings.TrimLeft(exponent, "+-"); len(exponent)-len(trimmed) > 1 || !isDigits(trimmed) {
			return false
		}
	}
	whole, fraction, hasFraction := strings.Cut(mantissa, ".")
	return isDigits(whole) && (!hasFraction || isDigits(fraction))
}

func cutAny(s, chars string) (before, after string, found bool) {
	if i := strings.IndexAny(s, chars); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
