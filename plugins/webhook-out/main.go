package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/webhook-out/sandbox"
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
