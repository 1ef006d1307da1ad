package function

import (
	"strings"
	"unicode"

	"vitess.io/vitess/go/mysql/decimal"
	"vitess.io/vitess/go/sqltypes"
	querypb "vitess.io/vitess/go/vt/proto/query"
	"vitess.io/vitess/go/vt/sqlparser"
)

// builtin is a function that the evaluator lacks. Where an argument is NULL the
// result is, so eval gets none.
type builtin struct {
	least, most int
	result      querypb.Type
	of          func(args []sqltypes.Value) (sqltypes.Value, error)
}

func (b builtin) eval(args []sqltypes.Value) (sqltypes.Value, error) {
	for _, a := range args {
		if a.IsNull() {
			return sqltypes.NULL, nil
		}
	}
	return b.of(args)
}

// builtins are the functions of our own, by name in small letters.
//
//nolint:gochecknoglobals // a table that nobody changes
var builtins = map[string]builtin{
	"substring_index": {3, 3, sqltypes.VarChar, substringIndex},
	"find_in_set":     {2, 2, sqltypes.Int64, findInSet},
	"format":          {2, 2, sqltypes.VarChar, formatNumber},
	"quote":           {1, 1, sqltypes.VarChar, quote},
	"upper":           {1, 1, sqltypes.VarChar, upper},
	"ucase":           {1, 1, sqltypes.VarChar, upper},
	"lower":           {1, 1, sqltypes.VarChar, lower},
	"lcase":           {1, 1, sqltypes.VarChar, lower},
	"datediff":        {2, 2, sqltypes.Int64, dateDiff},
	"timestampdiff":   {3, 3, sqltypes.Int64, timestampDiff},
	"extract":         {2, 2, sqltypes.Int64, extract},
	"str_to_date":     {2, 2, sqltypes.Datetime, strToDate},
	"dayname":         {1, 1, sqltypes.VarChar, dayName},
	"time_format":     {2, 2, sqltypes.VarChar, timeFormat},
	"timediff":        {2, 2, sqltypes.Time, timeDiff},
	"timestamp":       {1, 1, sqltypes.Datetime, timestamp},
}

// changing are functions whose result is another one at each call: a document sent
// again would not be the same, so there are none.
//
//nolint:gochecknoglobals // a table that nobody changes
var changing = map[string]bool{
	"uuid": true, "random_bytes": true, "sysdate": true, "last_insert_id": true, "user": true, "current_user": true,
	"session_user": true, "system_user": true, "database": true, "schema": true, "version": true,
}

// lacking tells whether a call is one of our own functions, and gives its arguments.
func lacking(e sqlparser.Expr) (name string, args []sqlparser.Expr, ok bool) {
	switch x := e.(type) {
	case *sqlparser.FuncExpr:
		name = x.Name.Lowered()
		_, ok = builtins[name]
		return name, x.Exprs, ok && x.Qualifier.IsEmpty()
	case *sqlparser.TimestampDiffExpr:
		return "timestampdiff", []sqlparser.Expr{sqlparser.NewStrLiteral(x.Unit.ToString()), x.Expr1, x.Expr2}, true
	case *sqlparser.ExtractFuncExpr:
		return "extract", []sqlparser.Expr{sqlparser.NewStrLiteral(x.IntervalType.ToString()), x.Expr}, true
	default:
		return "", nil, false
	}
}

func text(s string) sqltypes.Value { return sqltypes.NewVarChar(s) }

// whole gives an argument as a whole number, rounded as the language does.
func whole(v sqltypes.Value) (int64, bool) {
	d, err := decimal.NewFromMySQL([]byte(strings.TrimSpace(v.ToString())))
	if err != nil && !d.IsInitialized() {
		return 0, true // a text that is no number is 0
	}
	return d.Round(0).Int64()
}

// upper and lower go by letter, as the collation does; the evaluator has no letters of this one.
func upper(args []sqltypes.Value) (sqltypes.Value, error) {
	return text(strings.Map(unicode.ToUpper, args[0].ToString())), nil
}

func lower(args []sqltypes.Value) (sqltypes.Value, error) {
	return text(strings.Map(unicode.ToLower, args[0].ToString())), nil
}

// substringIndex gives what stands before the n-th delimiter, from the end where n is negative.
func substringIndex(args []sqltypes.Value) (sqltypes.Value, error) {
	s, delim := args[0].ToString(), args[1].ToString()
	n, ok := whole(args[2])
	if delim == "" || n == 0 || !ok {
		return text(""), nil
	}
	parts := strings.Split(s, delim)
	switch {
	case n > 0 && n < int64(len(parts)):
		return text(strings.Join(parts[:n], delim)), nil
	case n < 0 && -n < int64(len(parts)):
		return text(strings.Join(parts[int64(len(parts))+n:], delim)), nil
	default:
		return args[0], nil
	}
}

// findInSet gives the place, from 1, of a text in a list separated by commas.
func findInSet(args []sqltypes.Value) (sqltypes.Value, error) {
	want, list := args[0].ToString(), args[1].ToString()
	if list != "" && !strings.Contains(want, ",") {
		for i, one := range strings.Split(list, ",") {
			if sameText(one, want) {
				return sqltypes.NewInt64(int64(i + 1)), nil
			}
		}
	}
	return sqltypes.NewInt64(0), nil
}

// formatNumber writes a number with thousands separated and so many decimals.
func formatNumber(args []sqltypes.Value) (sqltypes.Value, error) {
	const most = 38
	places, ok := whole(args[1])
	d, err := decimal.NewFromMySQL([]byte(strings.TrimSpace(args[0].ToString())))
	if !ok || err != nil && !d.IsInitialized() {
		d = decimal.NewFromInt(0)
	}
	places = min(max(places, 0), most)
	plain := d.Round(int32(places)).StringFixed(int32(places))
	sign := ""
	if strings.HasPrefix(plain, "-") {
		sign, plain = "-", plain[1:]
	}
	head, tail, fraction := strings.Cut(plain, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(head) {
		if i > 0 && (len(head)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(head[i])
	}
	if fraction {
		b.WriteString("." + tail)
	}
	return text(b.String()), nil
}

// quote writes a text as a literal of the language.
func quote(args []sqltypes.Value) (sqltypes.Value, error) {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range args[0].ToString() {
		switch r {
		case '\'', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case 0:
			b.WriteString(`\0`)
		case 26:
			b.WriteString(`\Z`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return text(b.String()), nil
}

// sameText compares as the collation does: small and capital letters are the same.
func sameText(a, b string) bool { return strings.EqualFold(a, b) }
