package builtin

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"vitess.io/vitess/go/mysql/decimal"
	"vitess.io/vitess/go/sqltypes"
)

func text(s string) sqltypes.Value { return sqltypes.NewVarChar(s) }

// whole gives an argument as a whole number, rounded as the language does.
func whole(v sqltypes.Value) (int64, bool) {
	return numeric(v).Round(0).Int64()
}

// numeric gives an argument as a number: of a text that is none the number it begins with, or 0.
func numeric(v sqltypes.Value) decimal.Decimal {
	d, err := decimal.NewFromString(beginning.FindString(strings.TrimSpace(v.ToString())))
	if err != nil {
		return decimal.NewFromInt(0)
	}
	return d
}

var beginning = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?`)

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
			if Order([]byte(one), []byte(want)) == 0 {
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
	d := numeric(args[0])
	if !ok {
		places = 0
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

// longest is how many bytes a text is made to have at most; beyond it is NULL, as on
// a server with its usual limits. A number in a document may not take all memory.
const longest = 16 << 20

func repeat(args []sqltypes.Value) (sqltypes.Value, error) {
	s := args[0].ToString()
	n, ok := whole(args[1])
	switch {
	case ok && n <= 0 || s == "":
		return text(""), nil
	case !ok || n > int64(longest/len(s)):
		return sqltypes.NULL, nil
	default:
		return text(strings.Repeat(s, int(n))), nil
	}
}

func space(args []sqltypes.Value) (sqltypes.Value, error) {
	return repeat([]sqltypes.Value{text(" "), args[0]})
}

func lpad(args []sqltypes.Value) (sqltypes.Value, error) {
	return padded(args, func(s, fill string) string { return fill + s })
}

func rpad(args []sqltypes.Value) (sqltypes.Value, error) {
	return padded(args, func(s, fill string) string { return s + fill })
}

// padded makes a text so many letters long, with what fills it put on by join.
func padded(args []sqltypes.Value, join func(s, fill string) string) (sqltypes.Value, error) {
	s, with := args[0].ToString(), " "
	if len(args) > 2 {
		with = args[2].ToString()
	}
	n, ok := whole(args[1])
	if !ok || n < 0 || n > longest {
		return sqltypes.NULL, nil
	}
	missing := int(n) - utf8.RuneCountInString(s)
	if missing <= 0 {
		return text(string([]rune(s)[:n])), nil
	}
	letters := []rune(with)
	if len(letters) == 0 {
		return sqltypes.NULL, nil
	}
	fill := strings.Repeat(with, missing/len(letters)) + string(letters[:missing%len(letters)])
	return text(join(s, fill)), nil
}
