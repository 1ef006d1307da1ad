// Command wangdiantong-qimen is the connector of 旺店通 ERP's enterprise edition through
// Alibaba's Qimen gateway, the only way to orders of the Taobao family: signed form posts,
// pages from 0. It makes the gateway's calls and nothing else; paging, retries, limits and
// the ledger are the engine's.
//
// It may import the standard library, the sdk and plugins/internal only, and the sandbox only
// here, where the program is put together.
package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/wangdiantong-qimen/sandbox"
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
			return sandboxkit.New(sandbox.New(clock, sandbox.Defaults()), clock)
		},
	}
}
