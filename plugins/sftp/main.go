package main

import (
	"net/http"
	"time"

	"github.com/karezflow/karez/plugins/sftp/sandbox"
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
			// The server ends with the process.
			server, err := sandbox.New(clock)
			if err != nil {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					http.Error(w, "the file server could not be started: "+err.Error(), http.StatusServiceUnavailable)
				})
			}
			return sandboxkit.New(server, clock)
		},
	}
}
