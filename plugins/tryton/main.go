// Command tryton is the connector of Tryton, by its JSON-RPC: a log-in that gives a session,
// reads of any model by the time of its last change, writes of records with their lines, and
// the buttons of its workflows. Its tests run against a real server; there is no simulation.
//
// It may import the standard library, the sdk, plugins/internal and its own internal
// packages only.
package main

import (
	"time"

	"github.com/karezflow/karez/sdk/protocol"
)

func main() {
	protocol.Main(protocol.Program{
		Connector: newConnector(time.Now), //nolint:forbidigo // the process's clock comes in here
	})
}
