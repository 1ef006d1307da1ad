// Command http is the connector of any system that speaks JSON over HTTP. What a call is
// made of, how its answer is read and what may be done when the answer is lost is said by
// the connection and by the nodes that use it.
//
// It may import the standard library, the sdk, plugins/internal and its own internal
// packages only, and the sandbox only here, where the program is put together.
package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/http/sandbox"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func main() {
	protocol.Main(program())
}

func program() protocol.Program {
	return protocol.Program{
		Connector: newConnector(time.Now), //nolint:forbidigo // the process's clock comes in here
		Sandbox: func(clock func() time.Time) http.Handler {
			return sandboxkit.New(sandbox.New(clock), clock)
		},
	}
}
