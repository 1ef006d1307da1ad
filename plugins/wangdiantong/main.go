// Command wangdiantong is the connector of 旺店通 ERP's enterprise edition through its own
// interface (openapi2): signed form posts, pages from 0, orders and stock-outs in and out.
// It makes the vendor's calls and nothing else; paging, retries, limits and the ledger are
// the engine's.
//
// It may import the standard library, the sdk and plugins/internal only, and the sandbox only
// here, where the program is put together.
package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/internal/wdtbox"
	"github.com/karezflow/karez/plugins/wangdiantong/sandbox"
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
			return sandboxkit.New(sandbox.New(clock, wdtbox.Defaults()), clock)
		},
	}
}
