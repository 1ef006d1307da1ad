// Package nohost is what sessions see of an engine that offers them nothing.
//
// It may import the standard library, sdk/connector and sdk/fault, and nothing else.
package nohost

import (
	"context"
	"time"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
)

// Code means that a session asked for state in an engine that keeps none.
const Code = "connector.no_state"

// Host is what sessions see of an engine that offers them nothing.
type Host struct{}

// State fails at each use.
func (Host) State() connector.State { return state{} }

// Log drops the line.
func (Host) Log(context.Context, connector.Level, string, map[string]string) {}

// Trace drops the exchange.
func (Host) Trace(context.Context, connector.Exchange) {}

type state struct{}

// Get fails.
func (state) Get(context.Context) (connector.Snapshot, error) {
	return connector.Snapshot{}, stateless()
}

// CompareAndSwap fails.
func (state) CompareAndSwap(context.Context, connector.Snapshot, []byte, time.Duration) (connector.Snapshot, error) {
	return connector.Snapshot{}, stateless()
}

func stateless() *fault.Fault {
	return fault.New(Code, "this engine keeps no state for connections").Classed(fault.Config)
}
