package item

import (
	"slices"
	"strings"
	"time"
)

// Differ compares a row that was sent with an object that was found, and gives
// the first of the paths on which they differ, "" when they are the same. A path
// that steps into an array gathers all its lines, in any order. Numbers compare
// by value (12.50 is 12.5), times by instant, everything else by its text. What
// the sent row leaves out is the vendor's to fill.
func Differ(sent, found Value, paths []string) string {
	for _, path := range paths {
		want := gather(nil, sent, path)
		if len(want) == 0 {
			continue
		}
		got := gather(nil, found, path)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			return path
		}
	}
	return ""
}

// gather gives the canonical texts at a path.
func gather(dst []string, v Value, path string) []string {
	if v.Kind() == Array {
		for line := range v.Elements() {
			dst = gather(dst, line, path)
		}
		return dst
	}
	if path == "" {
		if !v.Blank() {
			dst = append(dst, canonical(v.Text()))
		}
		return dst
	}
	if direct := v.Path(path); direct.Kind() != None {
		return gather(dst, direct, "")
	}
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return dst
	}
	return gather(dst, v.Field(head), rest)
}

// canonical gives equal values the same text.
func canonical(text string) string {
	if n, ok := plainNumber(text); ok {
		return n
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
	}
	return text
}

// plainNumber gives a decimal without the zeros that carry no value. A text with
// leading zeros is a code, and one with an exponent is left as it is.
func plainNumber(text string) (string, bool) {
	digits := strings.TrimPrefix(text, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || point && fraction == "" || len(whole) > 1 && whole[0] == '0' {
		return "", false
	}
	for _, c := range whole + fraction {
		if c < '0' || c > '9' {
			return "", false
		}
	}
	fraction = strings.TrimRight(fraction, "0")
	if fraction != "" {
		whole += "." + fraction
	}
	if whole != "0" && len(digits) < len(text) {
		whole = "-" + whole
	}
	return whole, true
}
