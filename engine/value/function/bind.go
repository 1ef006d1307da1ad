package function

import (
	"bytes"

	"github.com/shopspring/decimal"
	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"

	"github.com/karezflow/karez/engine/value/function/builtin"
	"github.com/karezflow/karez/sdk/item"
)

// bind gives a variable the value of a placeholder.
func bind(to *querypb.BindVariable, v item.Value, quoted bool) {
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
		return builtin.Number(v.Raw())
	case item.String:
		text := bytes.TrimSpace([]byte(v.Text()))
		if len(text) == 0 {
			return sqltypes.Null, nil
		}
		if isNumber(text) {
			return builtin.Number(text)
		}
		return sqltypes.VarChar, []byte(v.Text())
	default:
		return sqltypes.VarChar, v.Raw()
	}
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
