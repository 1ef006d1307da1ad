// Command sample-orders is a connector: it speaks one system's protocol and nothing else.
// Paging, retries, limits and the ledger are the engine's.
package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/sandboxkit"
	"github.com/karezflow/karez/sdk/scaffold/skeleton/sandbox"
)

func main() {
	protocol.Main(protocol.Program{
		Connector: newSystem(time.Now), //nolint:forbidigo // the process's clock comes in here
		Sandbox: func(clock func() time.Time) http.Handler {
			return sandboxkit.New(sandbox.New(clock), clock)
		},
	})
}
