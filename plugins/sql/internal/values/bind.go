package values

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Column is a column as far as binding a value to it goes.
type Column struct {
	Name string
	Kind Kind
	// Scale is the number of digits behind the point that a Decimal keeps, -1 for any.
	Scale int
}

// Bind gives the driver's value for a column. What would not arrive as it is written is
// refused, at the column's name and of class Data: "sql.value_shape", "sql.value_not_integer",
// "sql.value_not_time", "sql.value_scale" and "sql.value_not_base64".
func (d Dialect) Bind(c Column, v item.Value, zone *time.Location) (any, error) {
	kind := v.Kind()
	switch {
	case kind == item.None || kind == item.Null:
		return nil, nil //nolint:nilnil // NULL
	case c.Kind == JSON:
		return jsonText(v), nil
	case kind == item.Array || kind == item.Object:
		return nil, refuse(c, "sql.value_shape", "%s is a column of type %s and takes no list or object", c.Name, c.Kind)
	}
	text := v.Text()
	switch c.Kind {
	case Bytes:
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, refuse(c, "sql.value_not_base64", "%s holds bytes, which are written in base64", c.Name)
		}
		return raw, nil
	case Integer:
		if kind == item.Bool {
			return truth(text), nil
		}
		return d.wholeNumber(c, text)
	case Decimal:
		return exact(c, text)
	case Date, Naive, Instant:
		// PostgreSQL would take words such as now or infinity.
		if text == "" || text[0] < '0' || text[0] > '9' {
			return nil, refuse(c, "sql.value_not_time", "%s takes a time such as 2026-01-31 08:00:00, not %q", c.Name, shorten(text))
		}
		if c.Kind == Date {
			break
		}
		if at, ok := parseMoment(text); ok {
			return at.In(zone).Format(bindForm(d, c.Kind)), nil
		}
	default:
	}
	return text, nil
}

// bindForm keeps the offset where the column and the database know one.
func bindForm(d Dialect, kind Kind) string {
	if kind == Instant && d == Postgres {
		return instantForm
	}
	return naiveForm
}

func refuse(c Column, code, format string, args ...any) *fault.Fault {
	return fault.New(code, format, args...).At(c.Name).Classed(fault.Data)
}

func truth(text string) any {
	if text == "true" {
		return "1"
	}
	return "0"
}

// jsonText gives JSON for a column that holds it; a text that is an object or a list is
// taken for what it says.
func jsonText(v item.Value) any {
	if v.Kind() == item.String {
		text := v.Text()
		if inner := item.Of([]byte(text)); (inner.Kind() == item.Object || inner.Kind() == item.Array) && item.Check([]byte(text)) == nil {
			return text
		}
	}
	return string(v.Raw())
}

// wholeNumber refuses what a database would round.
func (d Dialect) wholeNumber(c Column, text string) (any, error) {
	digits := strings.TrimPrefix(strings.TrimPrefix(text, "-"), "+")
	whole, rest, _ := strings.Cut(digits, ".")
	if whole == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(rest, "0") != "" {
		return nil, refuse(c, "sql.value_not_integer", "%s takes whole numbers, and %q is none", c.Name, shorten(text))
	}
	return d.number(text[:len(text)-len(digits)] + whole), nil
}

// number gives a whole number as it is compared without rounding: MySQL compares one that it
// is told as a text as a float.
func (d Dialect) number(text string) any {
	if d != MySQL {
		return text
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil {
		return n
	}
	return text
}

// exact refuses digits that a column would round away. What is no plain number is left to
// the database to refuse.
func exact(c Column, text string) (any, error) {
	_, fraction, _ := strings.Cut(text, ".")
	if strings.Trim(fraction, "0123456789") != "" || strings.ContainsAny(text, "eE") {
		return nil, refuse(c, "sql.value_scale", "%s takes numbers in plain digits, not %q", c.Name, shorten(text))
	}
	if digits := len(strings.TrimRight(fraction, "0")); c.Scale >= 0 && digits > c.Scale {
		return nil, refuse(c, "sql.value_scale", "%s keeps %d digits behind the point, and %s has %d: the rest would be rounded away", c.Name, c.Scale, shorten(text), digits).
			Hinted("round the value in the mapping, for example with |round(%d)", c.Scale)
	}
	return text, nil
}

func shorten(text string) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(text[:40], "") + "…"
	}
	return text
}

// Free gives the driver's values for one whose column is not known: that of a name in a
// statement. A list gives its elements. Its fault is "sql.value_shape" at the name.
func (d Dialect) Free(name string, v item.Value) ([]any, error) {
	if v.Kind() != item.Array {
		one, err := d.free(name, v)
		return []any{one}, err
	}
	list := []any{}
	for e := range v.Elements() {
		one, err := d.free(name, e)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func (d Dialect) free(name string, v item.Value) (any, error) {
	switch v.Kind() {
	case item.None, item.Null:
		return nil, nil //nolint:nilnil // NULL
	case item.Array, item.Object:
		return nil, fault.New("sql.value_shape", ":%s stands for one value, or for a list of values", name).At(name).Classed(fault.Config)
	case item.Bool:
		if d == MySQL {
			return truth(v.Text()), nil
		}
	case item.Number:
		return d.number(v.Text()), nil
	default:
	}
	return v.Text(), nil
}
