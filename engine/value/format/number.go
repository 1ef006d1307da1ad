package format

import (
	"bytes"
	"cmp"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// maxDigits bounds the digits a number may grow to when it is written without an
// exponent; beyond it a small text could ask for gigabytes.
const maxDigits = 1000

// appendNumeral appends the number a text holds as a JSON number, keeping its
// digits: a sign "+", leading zeros and a bare point are the only things mended.
func appendNumeral(dst, text []byte) ([]byte, bool) {
	text = bytes.TrimSpace(text)
	mark := len(dst)
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		if text[0] == '-' {
			dst = append(dst, '-')
		}
		text = text[1:]
	}
	whole := run(text)
	rest := text[whole:]
	fraction := 0
	if len(rest) > 0 && rest[0] == '.' {
		fraction = run(rest[1:])
		rest = rest[1+fraction:]
	}
	if whole+fraction == 0 || !exponent(rest) {
		return dst[:mark], false
	}
	zeros := 0
	for zeros < whole-1 && text[zeros] == '0' {
		zeros++
	}
	if whole == 0 {
		dst = append(dst, '0')
	}
	dst = append(dst, text[zeros:whole]...)
	if fraction > 0 {
		dst = append(dst, text[whole:whole+1+fraction]...)
	}
	return append(dst, rest...), true
}

func run(text []byte) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

// exponent reports whether text is empty or a whole exponent such as e+10.
func exponent(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if text[0] != 'e' && text[0] != 'E' {
		return false
	}
	text = text[1:]
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	return len(text) > 0 && run(text) == len(text)
}

// Numeral gives the JSON number a value counts as in a comparison: a number, or a
// text that is written like one. A text with leading zeros or an exponent is a
// code, not a number: "007" and "7" are two warehouses.
func Numeral(v item.Value) ([]byte, bool) {
	switch v.Kind() {
	case item.Number:
		return v.Raw(), true
	case item.String:
		text := Bytes(v)
		body := text
		if len(body) > 0 && body[0] == '-' {
			body = body[1:]
		}
		whole := run(body)
		rest := body[whole:]
		if whole == 0 || whole > 1 && body[0] == '0' {
			return nil, false
		}
		if len(rest) > 0 && (rest[0] != '.' || len(rest) == 1 || run(rest[1:]) != len(rest)-1) {
			return nil, false
		}
		return text, true
	default:
		return nil, false
	}
}

// Compare compares two JSON numbers exactly, whatever their size.
func Compare(a, b []byte) int {
	x, y := magnitudeOf(a), magnitudeOf(b)
	if x.sign != y.sign {
		return cmp.Compare(x.sign, y.sign)
	}
	return x.sign * x.compare(y)
}

// magnitude is a number as 0.d1d2d3… times ten to the point, d1 not zero.
type magnitude struct {
	sign            int
	whole, fraction []byte
	point           int64
}

func magnitudeOf(literal []byte) magnitude {
	m := magnitude{sign: 1}
	if len(literal) > 0 && literal[0] == '-' {
		m.sign, literal = -1, literal[1:]
	}
	whole := run(literal)
	m.whole = literal[:whole]
	rest := literal[whole:]
	if len(rest) > 0 && rest[0] == '.' {
		n := run(rest[1:])
		m.fraction, rest = rest[1:1+n], rest[1+n:]
	}
	m.point = int64(len(m.whole))
	m.fraction = bytes.TrimRight(m.fraction, "0")
	if len(m.fraction) == 0 {
		m.whole = bytes.TrimRight(m.whole, "0")
	}
	zeros := len(m.whole) - len(bytes.TrimLeft(m.whole, "0"))
	m.whole, m.point = m.whole[zeros:], m.point-int64(zeros)
	if len(m.whole) == 0 {
		zeros = len(m.fraction) - len(bytes.TrimLeft(m.fraction, "0"))
		m.fraction, m.point = m.fraction[zeros:], m.point-int64(zeros)
	}
	if len(m.whole)+len(m.fraction) == 0 {
		return magnitude{}
	}
	if len(rest) > 1 {
		// An exponent beyond 18 digits saturates: no two numbers that long are ever close.
		e, err := strconv.ParseInt(string(rest[1:]), 10, 64)
		if err != nil {
			e = 1 << 60
			if rest[1] == '-' {
				e = -e
			}
		}
		m.point += min(max(e, -(1<<60)), 1<<60)
	}
	return m
}

func (m magnitude) compare(o magnitude) int {
	if m.point != o.point {
		return cmp.Compare(m.point, o.point)
	}
	for i := range max(len(m.whole)+len(m.fraction), len(o.whole)+len(o.fraction)) {
		if c := cmp.Compare(m.digit(i), o.digit(i)); c != 0 {
			return c
		}
	}
	return 0
}

func (m magnitude) digit(i int) byte {
	if i < len(m.whole) {
		return m.whole[i]
	}
	if i -= len(m.whole); i < len(m.fraction) {
		return m.fraction[i]
	}
	return '0'
}

// decimalOf reads a number or numeric text for arithmetic.
func decimalOf(v item.Value) (decimal.Decimal, error) {
	if k := v.Kind(); k != item.Number && k != item.String {
		return decimal.Decimal{}, notANumber(v)
	}
	literal, ok := appendNumeral(nil, Bytes(v))
	if !ok {
		return decimal.Decimal{}, notANumber(v)
	}
	if m := magnitudeOf(literal); m.point > maxDigits || m.point < -maxDigits || len(literal) > maxDigits {
		return decimal.Decimal{}, outOfRange(v)
	}
	d, err := decimal.NewFromString(string(literal))
	if err != nil {
		return decimal.Decimal{}, notANumber(v)
	}
	return d, nil
}

func notANumber(v item.Value) *fault.Fault { return bad(v, "value.not_a_number", "a number") }

func outOfRange(v item.Value) *fault.Fault {
	return bad(v, "value.number_out_of_range", "a number of at most 1000 digits")
}

func (f Format) appendNumber(dst []byte, v item.Value) ([]byte, error) {
	d, err := decimalOf(v)
	if err != nil {
		return dst, err
	}
	switch f.kind {
	case intval:
		return append(dst, d.Truncate(0).String()...), nil
	case round:
		return append(dst, d.StringFixed(int32(f.n))...), nil //nolint:gosec // Parse bounds n
	default:
		return append(dst, `"`+grouped(d)+`"`...), nil
	}
}

// grouped writes an amount as the schemes do: ￥1,000.00.
func grouped(d decimal.Decimal) string {
	text := d.Abs().StringFixed(2)
	cut := len(text) - len(".00")
	out := make([]byte, 0, len(text)+len(text)/3+4)
	if d.Round(2).IsNegative() {
		out = append(out, '-')
	}
	out = append(out, "￥"...)
	for i := range cut {
		if i > 0 && (cut-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, text[i])
	}
	return string(append(out, text[cut:]...))
}
