// Package format gives values another form: the formats behind the bar of a
// placeholder ({{pay_time|date}}), casts to a declared type, and parsers that
// give a value the shape a vendor expects.
//
// Digits are exact: numbers are read and written as text or decimals, never as
// floats. The package may import the standard library, sdk/fault, sdk/field,
// sdk/item and shopspring/decimal only; it reads no clock.
package format

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Env is what formats and casts need besides the value.
type Env struct {
	// Zone is the zone of times that carry no offset, and of times as they are
	// written. It must not be nil.
	Zone *time.Location
	// Now is the moment dateDescription counts from.
	Now time.Time
}

type kind uint8

const (
	none kind = iota
	date
	clock
	dateTime
	shortDate
	shortTime
	shortDateTime
	isoDateTime
	unixSeconds
	unixMillis
	description
	longText
	intval
	round
	amount
	implode
)

// Format is one format with its argument. The zero Format changes nothing.
type Format struct {
	kind kind
	n    int
	sep  string
}

// Names lists the formats as they are written, for messages and editors.
func Names() []string {
	return []string{
		"date", "time", "dateTime", "shortDate", "shortTime", "shortDateTime", "iso", "unix", "unixMs",
		"dateDescription", "longText(15)", "intval", "round(2)", "amount", "implode(,)",
	}
}

// Parse reads a format such as "date" or "round(2)". Names are compared without
// regard to case. The text of a failure says what was expected; it is no fault,
// for only the caller knows the position.
func Parse(text string) (Format, error) {
	name, arg, hasArg := strings.Cut(strings.TrimSpace(text), "(")
	if hasArg {
		if !strings.HasSuffix(arg, ")") {
			return Format{}, expectation("a closing ) after " + text)
		}
		arg = strings.TrimSuffix(arg, ")")
	}
	f := Format{kind: kindOf(strings.ToLower(strings.TrimSpace(name)))}
	switch f.kind {
	case none:
		return Format{}, expectation("one of the formats " + strings.Join(Names(), ", ") + " in place of " + strconv.Quote(name))
	case implode:
		f.sep = ","
		if hasArg {
			f.sep = unquote(arg)
		}
		return f, nil
	case longText, round:
		f.n = 2
		if f.kind == longText {
			f.n = 15
		}
		if hasArg {
			n, err := strconv.Atoi(strings.TrimSpace(arg))
			if err != nil || n < 0 || n > maxArg {
				return Format{}, expectation("a whole number from 0 to " + strconv.Itoa(maxArg) + " in " + text)
			}
			f.n = n
		}
		return f, nil
	default:
		if hasArg {
			return Format{}, expectation(name + " without an argument")
		}
		return f, nil
	}
}

// maxArg bounds what a format can be asked to write.
const maxArg = 1000

type expectation string

func (e expectation) Error() string { return "expected " + string(e) }

func kindOf(name string) kind {
	switch name {
	case "date":
		return date
	case "time":
		return clock
	case "datetime":
		return dateTime
	case "shortdate":
		return shortDate
	case "shorttime":
		return shortTime
	case "shortdatetime":
		return shortDateTime
	case "iso":
		return isoDateTime
	case "unix":
		return unixSeconds
	case "unixms":
		return unixMillis
	case "datedescription":
		return description
	case "longtext":
		return longText
	case "intval":
		return intval
	case "round":
		return round
	case "amount":
		return amount
	case "implode":
		return implode
	default:
		return none
	}
}

func unquote(arg string) string {
	if n := len(arg); n >= 2 && (arg[0] == '\'' || arg[0] == '"') && arg[n-1] == arg[0] {
		return arg[1 : n-1]
	}
	return arg
}

// Zero reports whether the format changes nothing.
func (f Format) Zero() bool { return f.kind == none }

// Append appends the formatted value as JSON. A blank value gives nothing at
// all. Its error is a *fault.Fault: "value.not_a_date", "value.not_a_number" or
// "value.number_out_of_range".
func (f Format) Append(dst []byte, v item.Value, env Env) ([]byte, error) {
	if v.Blank() {
		return dst, nil
	}
	switch f.kind {
	case none:
		return append(dst, v.Raw()...), nil
	case longText:
		return appendLongText(dst, v.Text(), f.n), nil
	case intval, round, amount:
		return f.appendNumber(dst, v)
	case implode:
		return AppendJoined(dst, v, f.sep), nil
	default:
		m, blank, err := ParseMoment(v, env.Zone)
		if err != nil || blank {
			return dst, err
		}
		return f.appendMoment(dst, m, env), nil
	}
}

func appendLongText(dst []byte, text string, n int) []byte {
	count := 0
	for at := range text {
		if count == n {
			return item.AppendText(dst, text[:at]+"...")
		}
		count++
	}
	return item.AppendText(dst, text)
}

// AppendJoined appends the texts of an array's elements, with sep between them,
// as one JSON string. Any other value gives its own text.
func AppendJoined(dst []byte, v item.Value, sep string) []byte {
	if v.Kind() != item.Array {
		return appendAsText(dst, v)
	}
	var joined strings.Builder
	first := true
	for e := range v.Elements() {
		if !first {
			joined.WriteString(sep)
		}
		first = false
		joined.WriteString(e.Text())
	}
	return item.AppendText(dst, joined.String())
}

// appendAsText appends a value as a JSON string; a string stays byte for byte.
func appendAsText(dst []byte, v item.Value) []byte {
	switch v.Kind() {
	case item.String:
		return append(dst, v.Raw()...)
	case item.Number, item.Bool:
		return append(append(append(dst, '"'), v.Raw()...), '"')
	case item.None, item.Null:
		return append(dst, `""`...)
	default:
		return item.AppendText(dst, string(v.Raw()))
	}
}

// Bytes gives the decoded text of a string and the raw bytes of anything else,
// without a copy where possible.
func Bytes(v item.Value) []byte {
	raw := v.Raw()
	if v.Kind() != item.String || len(raw) < 2 {
		return raw
	}
	if inner := raw[1 : len(raw)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	return []byte(v.Text())
}

// Sample shortens a value for a message.
func Sample(v item.Value) string {
	const most = 40
	text := string(v.Raw())
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

func bad(v item.Value, code, want string) *fault.Fault {
	sample := Sample(v)
	return fault.New(code, "%s is not %s", sample, want).Arg("sample", sample).Classed(fault.Data)
}
