// Package wire turns values between the form in which Tryton's JSON-RPC carries them and
// the plain JSON of documents: a decimal is a number with all its digits, a date
// "2026-03-01", a time "2026-03-01 08:00:00" in UTC, as Tryton keeps it. Nothing passes through a float.
//
// It may import the standard library, sdk/fault and sdk/item only.
package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// AppendPlain appends a value that Tryton answered in its plain form.
func AppendPlain(dst []byte, v item.Value) []byte {
	switch v.Kind() {
	case item.Array:
		dst = append(dst, '[')
		first := true
		for e := range v.Elements() {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = AppendPlain(dst, e)
		}
		return append(dst, ']')
	case item.Object:
		if class := v.Field("__class__").Text(); class != "" {
			return appendClass(dst, class, v)
		}
		return appendObject(dst, v)
	default:
		return append(dst, v.Raw()...)
	}
}

func appendObject(dst []byte, v item.Value) []byte {
	dst = append(dst, '{')
	first := true
	for name, value := range v.Fields() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(item.AppendText(dst, name), ':')
		dst = AppendPlain(dst, value)
	}
	return append(dst, '}')
}

// appendClass appends a value that JSON has no form of its own for (trytond/protocols/jsonrpc.py).
func appendClass(dst []byte, class string, v item.Value) []byte {
	part := func(name string) int {
		n, _ := strconv.Atoi(v.Field(name).Text())
		return n
	}
	date := func() string { return fmt.Sprintf("%04d-%02d-%02d", part("year"), part("month"), part("day")) }
	clock := func() string {
		text := fmt.Sprintf("%02d:%02d:%02d", part("hour"), part("minute"), part("second"))
		if micro := part("microsecond"); micro > 0 {
			text += strings.TrimRight(fmt.Sprintf(".%06d", micro), "0")
		}
		return text
	}
	switch class {
	case "Decimal":
		text := v.Field("decimal").Text()
		if json.Valid([]byte(text)) {
			return append(dst, text...)
		}
		return item.AppendText(dst, text) // NaN and Infinity are no numbers of JSON
	case "date":
		return item.AppendText(dst, date())
	case "time":
		return item.AppendText(dst, clock())
	case "datetime":
		return item.AppendText(dst, date()+" "+clock())
	case "timedelta":
		return append(dst, v.Field("seconds").Raw()...)
	case "bytes":
		return item.AppendText(dst, strings.ReplaceAll(v.Field("base64").Text(), "\n", ""))
	default:
		return append(dst, v.Raw()...)
	}
}

// Layouts of times in documents.
const (
	dateLayout     = time.DateOnly
	datetimeLayout = "2006-01-02 15:04:05.999999"
)

// AppendTyped appends a plain value as a field of a simple type takes it, by the names
// fields_get has for types. Its faults are "tryton.value_shape" of class data.
func AppendTyped(dst []byte, kind string, v item.Value) ([]byte, error) {
	if v.Kind() == item.Null || v.Kind() == item.None || v.Text() == "" && v.Kind() == item.String && !isText(kind) {
		return append(dst, "null"...), nil
	}
	text := v.Text()
	switch kind {
	case "numeric":
		if !number.MatchString(text) {
			return nil, misfit(text, "a decimal")
		}
		dst = append(dst, `{"__class__":"Decimal","decimal":`...)
		return append(item.AppendText(dst, text), '}'), nil
	case "float":
		if !number.MatchString(text) {
			return nil, misfit(text, "a number")
		}
		return append(dst, text...), nil
	case "integer", "biginteger":
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, misfit(text, "a whole number")
		}
		return strconv.AppendInt(dst, n, 10), nil
	case "boolean":
		return appendBool(dst, text)
	case "date":
		return appendDate(dst, text)
	case "datetime", "timestamp":
		return appendDatetime(dst, text)
	case "time":
		return appendTime(dst, text)
	case "timedelta":
		if !number.MatchString(text) {
			return nil, misfit(text, "a number of seconds")
		}
		return append(append(append(dst, `{"__class__":"timedelta","seconds":`...), text...), '}'), nil
	case "binary":
		if _, err := base64.StdEncoding.DecodeString(text); err != nil {
			return nil, misfit("…", "base64")
		}
		return append(item.AppendText(append(dst, `{"__class__":"bytes","base64":`...), text), '}'), nil
	case "dict", "multiselection", "fullreference":
		return append(dst, v.Raw()...), nil
	default:
		if v.Kind() == item.Object || v.Kind() == item.Array {
			return nil, misfit(text, "a text")
		}
		return item.AppendText(dst, text), nil
	}
}

// isText tells whether an empty text is a value of such a field.
func isText(kind string) bool { return kind == "char" || kind == "text" || kind == "fulltext" }

var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$`)

func misfit(text, want string) *fault.Fault {
	if len(text) > 60 {
		text = strings.ToValidUTF8(text[:60], "") + "…"
	}
	return fault.New("tryton.value_shape", "%q is not %s", text, want).Classed(fault.Data)
}

func appendBool(dst []byte, text string) ([]byte, error) {
	switch strings.ToLower(text) {
	case "true", "1":
		return append(dst, "true"...), nil
	case "false", "0":
		return append(dst, "false"...), nil
	default:
		return nil, misfit(text, "true or false")
	}
}

func appendDate(dst []byte, text string) ([]byte, error) {
	at, err := time.Parse(dateLayout, text)
	if err != nil {
		if at, err = parseDatetime(text); err != nil {
			return nil, misfit(text, "a date such as 2026-03-01")
		}
	}
	return fmt.Appendf(dst, `{"__class__":"date","year":%d,"month":%d,"day":%d}`, at.Year(), at.Month(), at.Day()), nil
}

func appendDatetime(dst []byte, text string) ([]byte, error) {
	at, err := parseDatetime(text)
	if err != nil {
		if at, err = time.Parse(dateLayout, text); err != nil {
			return nil, misfit(text, "a time such as 2026-03-01 08:00:00")
		}
	}
	return AppendMoment(dst, at), nil
}

// parseDatetime reads a time; one without an offset is in UTC.
func parseDatetime(text string) (time.Time, error) {
	at, err := time.Parse(datetimeLayout, strings.Replace(text, "T", " ", 1))
	if err != nil {
		at, err = time.Parse(time.RFC3339Nano, strings.Replace(text, " ", "T", 1))
	}
	return at, err
}

// AppendMoment appends a moment as a datetime.
func AppendMoment(dst []byte, at time.Time) []byte {
	at = at.UTC()
	return fmt.Appendf(dst, `{"__class__":"datetime","year":%d,"month":%d,"day":%d,"hour":%d,"minute":%d,"second":%d,"microsecond":%d}`,
		at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond()/1000)
}

func appendTime(dst []byte, text string) ([]byte, error) {
	at, err := time.Parse("15:04:05.999999", text)
	if err != nil {
		return nil, misfit(text, "a time of day such as 08:30:00")
	}
	return fmt.Appendf(dst, `{"__class__":"time","hour":%d,"minute":%d,"second":%d,"microsecond":%d}`,
		at.Hour(), at.Minute(), at.Second(), at.Nanosecond()/1000), nil
}

// Moment reads the time of a window's end, which is in UTC.
func Moment(text string) (time.Time, error) {
	at, err := parseDatetime(text)
	if err != nil {
		return at, misfit(text, "a time such as 2026-03-01 08:00:00")
	}
	return at, nil
}
