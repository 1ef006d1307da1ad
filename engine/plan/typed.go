package plan

import (
	"fmt"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Typed is a field that a column of a file fills, with the type its values have.
type Typed struct {
	Field string
	Type  field.Type
}

// Unfit tells which field of a document, or of its lines, does not have the type that
// its column declares; nil where all do. A field that is not there, or null, has any.
func (s *Source) Unfit(doc item.Value) *fault.Fault {
	for _, t := range s.Typed {
		if s.Regroup == nil || !s.Regroup.InLines(t.Field) {
			if f := t.unfit(doc.Field(t.Field), t.Field); f != nil {
				return f
			}
			continue
		}
		at := 0
		for line := range doc.Field(s.Regroup.Into).Elements() {
			if f := t.unfit(line.Field(t.Field), fmt.Sprintf("%s[%d].%s", s.Regroup.Into, at, t.Field)); f != nil {
				return f
			}
			at++
		}
	}
	return nil
}

func (t Typed) unfit(v item.Value, path string) *fault.Fault {
	fits := false
	switch v.Kind() {
	case item.None, item.Null:
		fits = true
	case item.Number: // what is no whole number was left a text
		fits = t.Type == field.Int || t.Type == field.Decimal
	case item.Bool:
		fits = t.Type == field.Bool
	case item.String:
		layout := map[field.Type]string{field.Date: time.DateOnly, field.Datetime: time.DateTime}[t.Type]
		_, err := time.Parse(layout, v.Text())
		fits = layout != "" && err == nil
	default:
	}
	if fits {
		return nil
	}
	return fault.New("source.type_mismatch", "%s in the column %s is not of type %s", v.Text(), t.Field, string(t.Type)).At(path).Classed(fault.Data).
		Hinted("correct the value in the file, or choose another type for the column")
}
