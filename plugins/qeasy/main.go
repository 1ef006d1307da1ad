// Command qeasy is the connector of 轻易云's open interface: it reads what a scheme has
// collected, hands rows over to a scheme and wakes its dispatchers, with the tokens of an
// application (V2) or with a scheme's own token (V1). It makes the vendor's calls and nothing
// else; paging, retries, limits and the ledger are the engine's.
//
// It may import the standard library, the sdk and plugins/internal only, and the
// sandbox only here, where the program is put together.
package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/qeasy/sandbox"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func main() {
	protocol.Main(protocol.Program{
		Connector: newConnector(time.Now), //nolint:forbidigo // the process's clock comes in here
		Sandbox: func(clock func() time.Time) http.Handler {
			return sandboxkit.New(sandbox.New(clock), clock)
		},
	})
}
