// Command kingdee-jdy is the connector of 金蝶云星辰: the first generation of its interface
// (/jdy/…) with a user's token, and the gateway of the second (/jdy/v2/…) with signed calls. It
// makes the vendor's calls and nothing else; paging, retries, limits and the ledger are the engine's.
//
// It may import the standard library, the sdk and plugins/internal only, and the
// sandbox only here, where the program is put together.
package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-jdy/sandbox"
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
