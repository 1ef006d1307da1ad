// Package turn says on whose behalf a call to a vendor is made, so that calls which
// wait for the same limit are let through by priority and by turns of their flows. It
// travels in the context, because between a flow and a call lie look-ups, caches and
// connectors that have no business with it.
//
// It may import the standard library only.
package turn

import "context"

// Caller is whom a call is made for.
type Caller struct {
	// Flow is the flow's id; 0 where no flow asks, as when a person checks a connection.
	Flow int64
	// Priority is that of a work row: up to 3 is high, up to 6 normal, above low. 0 is normal.
	Priority int
}

type key struct{}

// With gives a context whose calls are made for a caller.
func With(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, key{}, caller)
}

// Of gives the caller of a context, the zero Caller where nobody said.
func Of(ctx context.Context) Caller {
	caller, _ := ctx.Value(key{}).(Caller)
	return caller
}
