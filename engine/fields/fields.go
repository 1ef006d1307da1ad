// Package fields finds the fields of records that came, merges them into those a
// node knows, and opens JSON texts that a node declares as such.
//
// Everything in it is a pure function. It may import the standard library,
// sdk/field and sdk/item only.
package fields

import (
	"bytes"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Known is a field of a source's answer as a flow writes it down.
type Known struct {
	// Field is the path as texts name it: a field of lines is items.sku.
	Field string `json:"field"`
	// Type is "" where nothing was seen of it but null. It never changes what was received.
	Type  field.Type `json:"type,omitempty"`
	Title string     `json:"title,omitempty"`
	// Origin is Manual or Auto.
	Origin string `json:"origin,omitempty"`
	// FirstSeen is when the field was discovered, in the flow's zone.
	FirstSeen string `json:"firstSeen,omitempty"`
	// Sample is the first value that was seen, cut at mostSample letters.
	Sample string `json:"sample,omitempty"`
}

// The origins.
const (
	Manual = "manual"
	Auto   = "auto"
)

const (
	// mostFields bounds what is discovered: an object with codes for names has no end of fields.
	mostFields = 500
	// mostLines is how many lines of a list are looked at.
	mostLines = 20
	// mostDepth is how deep fields are looked for.
	mostDepth  = 8
	mostSample = 100
)

// Discover gives the fields of records, parents before children, in the order in
// which they come: path, inferred type and a sample. The texts at opened paths are
// looked into. Records that are no objects have none.
func Discover(records [][]byte, opened []string) []Known {
	d := discovery{places: map[string]int{}}
	for _, r := range records {
		d.object(item.Of(Open(r, opened)), "", 0)
	}
	for i := range d.found {
		d.found[i].Type = typeOf(d.kinds[i])
	}
	return d.found
}

// Merge gives the discovered fields that known ones lack, as they are to be added
// behind them: seen first at a time, in a zone. What is known stays as it is.
func Merge(known, found []Known, at time.Time) []Known {
	fresh := []Known{}
	for _, f := range found {
		if slices.ContainsFunc(known, func(k Known) bool { return k.Field == f.Field }) {
			continue
		}
		f.Origin, f.FirstSeen = Auto, at.Format(time.DateTime)
		fresh = append(fresh, f)
	}
	return fresh
}

type discovery struct {
	found []Known
	// kinds are the kinds of value that were seen of each field.
	kinds  []map[kind]bool
	places map[string]int
}

// kind is a kind of value as types tell them apart.
type kind uint8

const (
	yesNo kind = iota
	whole
	decimal
	text
	date
	datetime
	list
	object
)

func (d *discovery) object(v item.Value, under string, depth int) {
	if depth >= mostDepth {
		return
	}
	for name, member := range v.Fields() {
		if name != "" {
			d.value(member, under+name, depth)
		}
	}
}

func (d *discovery) value(v item.Value, path string, depth int) {
	at, ok := d.places[path]
	if !ok {
		if len(d.found) == mostFields {
			return
		}
		at = len(d.found)
		d.places[path] = at
		d.found, d.kinds = append(d.found, Known{Field: path}), append(d.kinds, map[kind]bool{})
	}
	k, ok := kindOf(v)
	if !ok {
		return
	}
	d.kinds[at][k] = true
	switch k {
	case object:
		d.object(v, path+".", depth+1)
	case list:
		lines := 0
		for e := range v.Elements() {
			if lines++; lines > mostLines {
				break
			}
			d.object(e, path+".", depth+1) // lines that are no objects have no fields
		}
	default:
		if d.found[at].Sample == "" {
			d.found[at].Sample = cut(v.Text())
		}
	}
}

func kindOf(v item.Value) (kind, bool) {
	switch v.Kind() {
	case item.Bool:
		return yesNo, true
	case item.Number:
		if bytes.ContainsAny(v.Raw(), ".eE") {
			return decimal, true
		}
		return whole, true
	case item.String:
		return kindOfText(v.Text())
	case item.Array:
		return list, true
	case item.Object:
		return object, true
	default:
		return 0, false
	}
}

// kindOfText takes dates for such only in the forms that can be nothing else.
func kindOfText(s string) (kind, bool) {
	if s == "" {
		return 0, false
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", time.RFC3339} {
		if _, err := time.Parse(layout, s); err == nil {
			return datetime, true
		}
	}
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		return date, true
	}
	return text, true
}

// typeOf gives the type that all values have that were seen; "" where none was.
func typeOf(seen map[kind]bool) field.Type {
	only := func(allowed ...kind) bool {
		for k := range seen {
			if !slices.Contains(allowed, k) {
				return false
			}
		}
		return true
	}
	switch {
	case len(seen) == 0:
		return ""
	case only(yesNo):
		return field.Bool
	case only(whole):
		return field.Int
	case only(whole, decimal):
		return field.Decimal
	case only(date):
		return field.Date
	case only(date, datetime):
		return field.Datetime
	case only(object):
		return field.Object
	case only(list, object): // some vendors send a single line without its list
		return field.Array
	default:
		return field.String
	}
}

func cut(s string) string {
	if utf8.RuneCountInString(s) <= mostSample {
		return s
	}
	return string([]rune(s)[:mostSample]) + "…"
}
