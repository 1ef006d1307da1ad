// Package leaktest is how the tests of a package find goroutines that were left
// behind.
//
// It is for tests only. It may import the standard library and goleak.
package leaktest

import "go.uber.org/goleak"

// lasting names the goroutine that glog starts in its init, to write its files out
// from time to time, and never stops. It comes with the evaluator of expressions, so
// in all that evaluates values it runs before the first test, and is no leak.
const lasting = "github.com/golang/glog.(*fileSink).flushDaemon"

// Main runs the tests of a package and fails if they leave goroutines behind. It
// exits the process unless an option gives another end; call it last in TestMain.
func Main(m goleak.TestingM, options ...goleak.Option) {
	goleak.VerifyTestMain(m, append(options, goleak.IgnoreAnyFunction(lasting))...)
}
