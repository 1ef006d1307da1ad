// Command jushuitan is the connector of 聚水潭's current open platform
// (openapi.jushuitan.com): signed form posts, rotating tokens, numbered pages.
// It makes the vendor's calls and nothing else; paging, retries, limits and the
// ledger are the engine's.
//
// It may import the standard library, the sdk and plugins/internal only, and the
// sandbox only here, where the program is put together.
package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/jushuitan/sandbox"
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
			return sandboxkit.New(sandbox.New(clock, sandbox.Demo()), clock)
		},
	}
}
