package words

import (
	"slices"
	"strings"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Setting gives a setting's value as it is written, and what it means where that is more than
// what is written.
func Setting(d *field.Setting, v item.Value) (text string, title field.Text) {
	text = Plain(v)
	switch d.Kind {
	case field.PlainChoice:
		for _, o := range d.Options {
			if o.Value == text {
				title = o.Title
			}
		}
	case field.PlainBool:
		title = field.Text{ZH: "否", EN: "No"}
		if text == "true" {
			title = field.Text{ZH: "是", EN: "Yes"}
		}
	case field.Conditions:
		title = Conditions(v)
	case field.List:
		var parts []string
		for e := range v.Elements() {
			parts = append(parts, Plain(e))
		}
		text = strings.Join(parts, ", ")
	default:
	}
	return text, title
}

// Plain gives a text as it is and everything else as Canonical does.
func Plain(v item.Value) string {
	if v.Kind() == item.String {
		return v.Text()
	}
	return Canonical(v)
}

// Canonical gives JSON in which neither white space nor the order of members is left; "" for
// what is absent or null.
func Canonical(v item.Value) string {
	switch v.Kind() {
	case item.None, item.Null:
		return ""
	case item.String:
		return string(item.AppendText(nil, v.Text()))
	case item.Array:
		var parts []string
		for e := range v.Elements() {
			parts = append(parts, Canonical(e))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case item.Object:
		var parts []string
		for key, e := range v.Fields() {
			if c := Canonical(e); c != "" {
				parts = append(parts, string(item.AppendText(nil, key))+":"+c)
			}
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	default:
		return v.Text()
	}
}
