// Package sysfilter takes system calls from a process for good (seccomp), by their number
// or by one of their arguments. It is there on Linux, on amd64 and arm64.
//
// It may import the standard library and golang.org/x/sys only.
package sysfilter
