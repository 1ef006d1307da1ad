package builtin

import (
	"bytes"
	"strconv"

	"github.com/shopspring/decimal"
	"vitess.io/vitess/go/mysql/collations"
	"vitess.io/vitess/go/mysql/collations/colldata"
	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"

	"github.com/karezflow/karez/sdk/item"
)

// Collation is utf8mb4_general_ci, by which texts are compared.
const Collation collations.ID = 45

// Order compares texts as the collation does: small and capital letters are the
// same, and so are a letter and the same one with an accent.
func Order(a, b []byte) int { return colldata.Lookup(Collation).Collate(a, b, false) }

// Weight gives bytes that are the same for texts that are the same to Order, blanks
// at the end aside.
func Weight(text []byte) []byte {
	return colldata.Lookup(Collation).WeightString(nil, bytes.TrimRight(text, " "), 0)
}

// maxDigits is how many digits a decimal of the language holds.
const maxDigits = 65

// Number types the text of a number. An exponent is written out, for a number with
// one would be a float and lose its digits.
func Number(text []byte) (querypb.Type, []byte) {
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

// AppendJSON appends a value as JSON: numbers with their digits, texts and times as
// strings, NULL as null.
func AppendJSON(dst []byte, v sqltypes.Value) []byte {
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

// appendFloat writes a float as JSON allows it; the result of an expression is never infinite.
func appendFloat(dst, text []byte) []byte {
	if f, err := strconv.ParseFloat(string(text), 64); err == nil {
		if f == 0 {
			f = 0 // without a sign
		}
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	}
	return item.AppendText(dst, string(text))
}
