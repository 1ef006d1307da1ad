package function

import (
	"bytes"
	"strconv"

	"github.com/shopspring/decimal"
	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"

	"github.com/karezflow/karez/sdk/item"
)

func slotKey(i int) string { return "v" + strconv.Itoa(i) }
func stepKey(i int) string { return "s" + strconv.Itoa(i) }

// bind gives a variable the value of a placeholder.
func (c *call) bind(to *querypb.BindVariable, v item.Value, quoted bool) {
	if quoted {
		to.Type, to.Value = sqltypes.VarChar, []byte(v.Text())
		return
	}
	to.Type, to.Value = typed(v)
}

// typed gives a value as an operand: a number where the text reads as one, NULL
// where there is nothing.
func typed(v item.Value) (querypb.Type, []byte) {
	switch v.Kind() {
	case item.None, item.Null:
		return sqltypes.Null, nil
	case item.Bool:
		if v.Raw()[0] == 't' {
			return sqltypes.Int64, []byte("1")
		}
		return sqltypes.Int64, []byte("0")
	case item.Number:
		return number(v.Raw())
	case item.String:
		text := bytes.TrimSpace([]byte(v.Text()))
		if len(text) == 0 {
			return sqltypes.Null, nil
		}
		if isNumber(text) {
			return number(text)
		}
		return sqltypes.VarChar, []byte(v.Text())
	default:
		return sqltypes.VarChar, v.Raw()
	}
}

// maxDigits is how many digits a decimal of the language holds.
const maxDigits = 65

// number types the text of a number. An exponent is written out, for a number with
// one would be a float and lose its digits.
func number(text []byte) (querypb.Type, []byte) {
	if bytes.ContainsAny(text, "eE") {
		d, err := decimal.NewFromString(string(text))
		if err != nil || d.NumDigits()+int(max(d.Exponent(), -d.Exponent())) > maxDigits {
			return sqltypes.Float64, text
		}
		text = []byte(d.String())
	}
	if bytes.IndexByte(text, '.') >= 0 {
		return sqltypes.Decimal, text
	}
	if _, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return sqltypes.Int64, text
	}
	if _, err := strconv.ParseUint(string(text), 10, 64); err == nil {
		return sqltypes.Uint64, text
	}
	return sqltypes.Decimal, text
}

// isNumber reports whether the text is a number as JSON writes them, leading zeros
// aside: those are codes, for which 007 and 7 differ.
func isNumber(text []byte) bool {
	digits := bytes.TrimPrefix(text, []byte("-"))
	if len(digits) == 0 || digits[0] < '0' || digits[0] > '9' {
		return false
	}
	if len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return false
	}
	_, err := decimal.NewFromString(string(text))
	return err == nil && digits[len(digits)-1] != '.'
}

// appendJSON writes a result.
func appendJSON(dst []byte, v sqltypes.Value) []byte {
	switch {
	case v.IsNull():
		return append(dst, "null"...)
	case v.IsIntegral() || v.IsDecimal():
		return append(dst, v.Raw()...)
	case v.IsFloat():
		return appendFloat(dst, v.Raw())
	case v.Type() == sqltypes.TypeJSON:
		return append(dst, v.Raw()...)
	default:
		return item.AppendText(dst, v.ToString())
	}
}

// appendFloat writes a float as JSON allows it; infinities do not occur.
func appendFloat(dst, text []byte) []byte {
	if f, err := strconv.ParseFloat(string(text), 64); err == nil {
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	}
	return item.AppendText(dst, string(text))
}
