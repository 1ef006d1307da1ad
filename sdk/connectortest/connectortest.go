// Package connectortest runs the conformance suite in a connector's own tests, and has what
// those tests need besides: a connector that passes may be shipped.
//
// It may import the standard library, goleak and the sdk. Nothing that runs in production
// imports it.
package connectortest

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/karezflow/karez/sdk/conformance"
)

//nolint:revive // the harness of a connector, under the names of package conformance
type (
	Harness = conformance.Harness
	Query   = conformance.Query
	Write   = conformance.Write
	Host    = conformance.Host
	T       = conformance.T
)

// NewHost makes a Host; leases run by clock.
func NewHost(clock func() time.Time) *Host { return conformance.NewHost(clock) }

// Exercise runs every behaviour that the engine relies on as a subtest, one after the
// other, and looks for goroutines that a session leaves. The test that calls it must not
// be parallel: goroutines of others would be taken for leaks. ours are goroutines that
// are not the connector's.
func Exercise(t *testing.T, h Harness, ours ...goleak.Option) {
	t.Helper()
	h.Leaks = func() func() error {
		ignored := append([]goleak.Option{goleak.IgnoreCurrent()}, ours...)
		return func() error { return goleak.Find(ignored...) }
	}
	conformance.Exercise(h, func(name string, check func(T)) {
		t.Run(name, func(t *testing.T) { check(t) })
	})
}
