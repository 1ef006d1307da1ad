// Package plain is what a script's values are to functions that know no
// interpreter: nil for undefined and null, string, float64 for numbers, time.Time
// for a Date, Unknown, and Other for everything else. Exact decimals are strings.
//
// It may import the standard library only.
package plain

import "unicode/utf8"

// Unknown stands for an answer that is not there yet.
type Unknown struct{}

// Other names the kind of a value that is none of the others.
type Other string

// Func is a function a script may call.
type Func func(args Args) (any, error)

// Args are the arguments of a call.
type Args []any

// At gives an argument, nil where there is none.
func (a Args) At(i int) any {
	if i < len(a) {
		return a[i]
	}
	return nil
}

// Text gives an argument that is a text, "" for another.
func (a Args) Text(i int) string {
	text, _ := a.At(i).(string)
	return text
}

// Kind names what a value is, for messages.
func Kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "undefined"
	case string:
		return "a text"
	case float64:
		return "a number"
	case Other:
		return string(v)
	default:
		return "a date"
	}
}

// Clip shortens a text to at most n bytes without cutting a character.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
