//go:build !fault

// Package failpoint names the places where tests end the process, so that
// recovery from a crash at each of them can be proved, and the ways in which a
// test can make the engine wrong, so that tests can be proved to see it. Built
// without the tag "fault" it does nothing.
//
// It may import the standard library only.
package failpoint

import (
	"context"
	"time"
)

// Hit marks a place. Names are those of List.
func Hit(string) {}

// Wrong reports whether this process is to be wrong in a way of Wrongs. It never is.
func Wrong(string) bool { return false }

// Bend gives the body as it is.
func Bend(body []byte) []byte { return body }

// Time gives the time as it is.
func Time(now time.Time) time.Time { return now }

// Attend tells nobody anything.
func Attend(context.Context) {}
