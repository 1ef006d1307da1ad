package format

import (
	"bytes"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Cast appends v as the declared type; layout is the wire form of dates, the zero
// Format for the usual one. A blank value, and an empty date, gives nothing. The
// empty type casts nothing. Numbers keep their digits. Its error is a
// *fault.Fault: "value.not_a_number", "value.not_an_integer", "value.not_a_bool",
// "value.not_a_date", "value.not_an_array", "value.not_an_object" or "value.not_json".
func Cast(dst []byte, v item.Value, to field.Type, layout Format, env Env) ([]byte, error) {
	if v.Blank() {
		return dst, nil
	}
	switch to {
	case field.String:
		return appendAsText(dst, v), nil
	case field.Int:
		return appendInt(dst, v)
	case field.Decimal:
		if v.Kind() == item.Number {
			return append(dst, v.Raw()...), nil
		}
		if v.Kind() == item.String {
			if out, ok := appendNumeral(dst, Bytes(v)); ok {
				return out, nil
			}
		}
		return dst, notANumber(v)
	case field.Bool:
		return appendBool(dst, v)
	case field.Date, field.Datetime:
		if layout.Zero() {
			layout.kind = dateTime
			if to == field.Date {
				layout.kind = date
			}
		}
		return layout.Append(dst, v, env)
	case field.Array:
		return appendOpened(dst, v, item.Array, "value.not_an_array", "a list")
	case field.Object:
		return appendOpened(dst, v, item.Object, "value.not_an_object", "an object")
	case field.JSON:
		return appendOpened(dst, v, item.None, "value.not_json", "JSON text")
	default:
		return append(dst, v.Raw()...), nil
	}
}

func appendInt(dst []byte, v item.Value) ([]byte, error) {
	switch v.Kind() {
	case item.Bool:
		if v.Raw()[0] == 't' {
			return append(dst, '1'), nil
		}
		return append(dst, '0'), nil
	case item.Number, item.String:
	default:
		return dst, notANumber(v)
	}
	mark := len(dst)
	dst, ok := appendNumeral(dst, Bytes(v))
	if !ok {
		return dst, notANumber(v)
	}
	literal := dst[mark:]
	if !bytes.ContainsAny(literal, ".eE") {
		return dst, nil
	}
	dst = dst[:mark]
	d, err := decimalOf(v)
	if err != nil {
		return dst, err
	}
	if !d.IsInteger() {
		return dst, bad(v, "value.not_an_integer", "a whole number").Hinted("use |intval to cut it or |round(0) to round it")
	}
	return append(dst, d.Truncate(0).String()...), nil
}

func appendBool(dst []byte, v item.Value) ([]byte, error) {
	switch string(bytes.ToLower(bytes.TrimSpace(Bytes(v)))) {
	case "true", "1", "yes", "y", "是":
		return append(dst, "true"...), nil
	case "false", "0", "no", "n", "否":
		return append(dst, "false"...), nil
	default:
		return dst, bad(v, "value.not_a_bool", "true or false")
	}
}

// appendOpened appends an array or object, also one that came as JSON text; want
// None takes any JSON.
func appendOpened(dst []byte, v item.Value, want item.Kind, code, what string) ([]byte, error) {
	if v.Kind() == item.String {
		text := item.Of([]byte(v.Text()))
		if (want == item.None || text.Kind() == want) && item.Check(text.Raw()) == nil {
			return append(dst, text.Raw()...), nil
		}
		return dst, bad(v, code, what)
	}
	if want == item.None || v.Kind() == want {
		return append(dst, v.Raw()...), nil
	}
	return dst, bad(v, code, what)
}

// TypeOf reads a declared type; "float" and "double" are other names of decimal
// in existing schemes. Its failure is "mapping.unknown_type".
func TypeOf(name string) (field.Type, *fault.Fault) {
	switch t := field.Type(name); t {
	case "", field.String, field.Int, field.Decimal, field.Bool, field.Date, field.Datetime, field.Array, field.Object, field.JSON:
		return t, nil
	case "float", "double":
		return field.Decimal, nil
	default:
		return "", fault.New("mapping.unknown_type", "there is no type named %q", name).Classed(fault.Config).
			Hinted("types: string, int, decimal, bool, date, datetime, array, object, json")
	}
}
