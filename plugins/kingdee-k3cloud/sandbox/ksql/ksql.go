// Package ksql reads the small query language of 金蝶云星空: the conditions of
// FilterString and the columns of OrderString, with SQL's three truth values and
// exact decimals.
//
// It belongs to the sandbox and may import the standard library only.
package ksql

import (
	"fmt"
	"strings"
	"time"
)

// Kind is the type of a Value, and decides how it is compared.
type Kind uint8

// The kinds. A comparison with Null is neither true nor false.
const (
	Null Kind = iota
	Text
	Number
	Bool
	Time
)

// Value is a field's value or a literal. Text holds it as it is written.
type Value struct {
	Kind Kind
	Text string
}

// Filter is a parsed condition.
type Filter struct {
	root   node
	fields []string
}

// Fields gives the fields the condition names, in order, each once.
func (f *Filter) Fields() []string { return f.fields }

// Match tells whether a row passes. get gives the row's value of a field. The
// error says that a literal does not fit the field it is compared with.
func (f *Filter) Match(get func(field string) Value) (bool, error) {
	if f.root == nil {
		return true, nil
	}
	t, err := f.root(get)
	return t == yes, err
}

// Order is one column of OrderString.
type Order struct {
	Field string
	Desc  bool
}

// ParseOrder reads "FDate DESC, FID". An empty text orders by nothing.
func ParseOrder(text string) ([]Order, error) {
	var orders []Order
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		switch {
		case len(words) == 0 && strings.TrimSpace(text) == "":
			return nil, nil
		case len(words) == 1:
			orders = append(orders, Order{Field: words[0]})
		case len(words) == 2 && (strings.EqualFold(words[1], "ASC") || strings.EqualFold(words[1], "DESC")):
			orders = append(orders, Order{words[0], strings.EqualFold(words[1], "DESC")})
		default:
			return nil, fmt.Errorf("%q is not a column to order by", part)
		}
	}
	return orders, nil
}

// Less orders two values of one field, Null first.
func Less(a, b Value) bool {
	if a.Kind == Null || b.Kind == Null {
		return a.Kind == Null && b.Kind != Null
	}
	c, err := compareAs(a.Kind, a.Text, b.Text)
	return err == nil && c < 0
}

// compareAs compares two texts as values of kind.
func compareAs(kind Kind, a, b string) (int, error) {
	switch kind {
	case Number:
		return compareParsed(a, b, "numbers", ParseDecimal, Decimal.Cmp)
	case Time:
		return compareParsed(a, b, "times", ParseTime, time.Time.Compare)
	case Bool:
		return compareParsed(a, b, "true or false", ParseBool, func(x, y bool) int { return rank(x) - rank(y) })
	case Null, Text:
	}
	return strings.Compare(a, b), nil
}

func compareParsed[T any](a, b, as string, parse func(string) (T, bool), compare func(x, y T) int) (int, error) {
	x, okX := parse(a)
	y, okY := parse(b)
	if !okX || !okY {
		return 0, fmt.Errorf("%q and %q cannot be compared as %s", a, b, as)
	}
	return compare(x, y), nil
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ParseBool reads true, false, 1 and 0 in any case.
func ParseBool(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// ParseTime reads the forms in which dates occur in requests. The time has no
// zone: it is the server's local time.
func ParseTime(text string) (time.Time, bool) {
	for _, layout := range []string{
		"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02", "2006-01-02 15:04",
		"2006/01/02 15:04:05", "2006/01/02", "2006/1/2",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
