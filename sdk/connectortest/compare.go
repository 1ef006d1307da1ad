package connectortest

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// equal compares a sent row with a found object on the declared paths as the engine
// does: numbers by value, times by instant, lines in any order, and a path that the
// row leaves out is the vendor's to fill. It names the first path that differs.
func equal(sent, found []byte, paths []string) (path string, same bool) {
	for _, path := range paths {
		want := texts(nil, item.Of(sent), path)
		if len(want) == 0 {
			continue
		}
		got := texts(nil, item.Of(found), path)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			return path, false
		}
	}
	return "", true
}

// texts gives what is at a path, stepping into every line of an array.
func texts(dst []string, v item.Value, path string) []string {
	if v.Kind() == item.Array {
		for line := range v.Elements() {
			dst = texts(dst, line, path)
		}
		return dst
	}
	if path == "" {
		if !v.Blank() {
			dst = append(dst, canonical(v.Text()))
		}
		return dst
	}
	if direct := v.Path(path); direct.Kind() != item.None {
		return texts(dst, direct, "")
	}
	head, rest, nested := strings.Cut(path, ".")
	if !nested {
		return dst
	}
	return texts(dst, v.Field(head), rest)
}

func canonical(text string) string {
	if n, ok := new(big.Rat).SetString(text); ok && !strings.ContainsAny(text, "/xXpPbBoO_") && len(text) < 100 {
		return n.RatString()
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().String()
		}
	}
	return text
}
