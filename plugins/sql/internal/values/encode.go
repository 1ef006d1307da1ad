package values

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Append appends what the driver gave for a column as JSON. zone is that of the connection.
// Its fault is "sql.value_unreadable".
func Append(dst []byte, kind Kind, value any, zone *time.Location) ([]byte, error) {
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case uint64:
		return strconv.AppendUint(dst, v, 10), nil
	case float32:
		return appendFloat(dst, float64(v), 32), nil
	case float64:
		return appendFloat(dst, v, 64), nil
	case time.Time:
		return item.AppendText(dst, v.In(zoneOf(kind, zone)).Format(formOf(kind))), nil
	case []byte:
		if kind == Bytes {
			return item.AppendText(dst, base64.StdEncoding.EncodeToString(v)), nil
		}
		return appendText(dst, kind, string(v)), nil
	case string:
		return appendText(dst, kind, v), nil
	default:
		return dst, fault.New("sql.value_unreadable", "a value of type %T can't be read", value).Classed(fault.Config)
	}
}

// zoneOf is where a time is told: drivers give what has no zone as UTC.
func zoneOf(kind Kind, zone *time.Location) *time.Location {
	if kind == Instant {
		return zone
	}
	return time.UTC
}

func formOf(kind Kind) string {
	switch kind {
	case Date:
		return dateForm
	case Instant:
		return instantForm
	default:
		return naiveForm
	}
}

// appendFloat writes the shortest digits that are this float and no other.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return item.AppendText(dst, strconv.FormatFloat(f, 'g', -1, bits))
	}
	return strconv.AppendFloat(dst, f, jsonForm(f), -1, bits)
}

func jsonForm(f float64) byte {
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		return 'e'
	}
	return 'f'
}

// appendText writes what came as text: numbers and JSON as they are, all else as a text.
func appendText(dst []byte, kind Kind, text string) []byte {
	switch kind {
	case Integer, Decimal, Float:
		if v := item.Of([]byte(text)); v.Kind() == item.Number && item.Check([]byte(text)) == nil {
			return append(dst, text...)
		}
	case JSON:
		if item.Check([]byte(text)) == nil {
			return append(dst, text...)
		}
	default:
	}
	return item.AppendText(dst, text)
}
