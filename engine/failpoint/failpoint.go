//go:build !fault

// Package failpoint names the places where tests end the process, so that
// recovery from a crash at each of them can be proved. Built without the tag
// "fault" it does nothing.
//
// It may import the standard library only.
package failpoint

// Hit marks a place. Names are those of List.
func Hit(string) {}
