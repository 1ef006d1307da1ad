package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox"
	"github.com/karezflow/karez/sdk/protocol"
	"github.com/karezflow/karez/sdk/sandboxkit"
)

func main() {
	protocol.Main(protocol.Program{
		Connector: New(time.Now), //nolint:forbidigo // the process's clock comes in here
		Sandbox: func(clock func() time.Time) http.Handler {
			return sandboxkit.New(sandbox.New(clock), clock)
		},
	})
}
