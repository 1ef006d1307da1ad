// Command jushuitan-old is the connector of 聚水潭's older open platform
// (open.erp321.com/api/open/query.aspx): signed query strings, JSON bodies, a token
// of one text that is kept alive, numbered pages.
//
// It may import the standard library, the sdk and plugins/internal only, and the
// sandbox only here, where the program is put together.
package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/jushuitan-old/sandbox"
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
