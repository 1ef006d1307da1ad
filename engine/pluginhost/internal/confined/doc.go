// Package confined runs an executable so that it can do as little harm as a process
// of the same user can: on Linux in a process group of its own that is killed as a
// whole and does not outlive the engine.
//
// It may import the standard library, golang.org/x/sys and sdk/protocol, whose
// Child it implements, and nothing else.
package confined
