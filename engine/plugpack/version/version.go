// Package version compares the versions of connectors.
//
// It may import the standard library only.
package version

import (
	"cmp"
	"strconv"
	"strings"
)

// Matches reports whether have is want or a more exact form of it: "1.2" is any
// 1.2.x, "" is any.
func Matches(want, have string) bool {
	return want == "" || have == want || strings.HasPrefix(have, want+".")
}

// Compare compares dotted versions: numbers by value, anything else as text, and a
// pre-release ("1.0.0-rc1") before its release. The result is that of cmp.Compare.
func Compare(a, b string) int {
	mainA, preA, hasA := strings.Cut(a, "-")
	mainB, preB, hasB := strings.Cut(b, "-")
	if c := compareDotted(mainA, mainB); c != 0 {
		return c
	}
	if hasA != hasB {
		if hasA {
			return -1
		}
		return 1
	}
	return compareDotted(preA, preB)
}

func compareDotted(a, b string) int {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(x), len(y)) {
		var p, q string
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		m, errP := strconv.ParseUint(p, 10, 64)
		n, errQ := strconv.ParseUint(q, 10, 64)
		c := cmp.Compare(p, q)
		if errP == nil && errQ == nil {
			c = cmp.Compare(m, n)
		}
		if c != 0 {
			return c
		}
	}
	return 0
}
