// Command bench-sink is the benchmark's sink: a connector in a process of its own. It is
// not shipped.
//
// It may import deploy/bench/systems and sdk/protocol only.
package main

import (
	"github.com/karezflow/karez/deploy/bench/systems"
	"github.com/karezflow/karez/sdk/protocol"
)

func main() { protocol.Main(protocol.Program{Connector: systems.Sink()}) }
