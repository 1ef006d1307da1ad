// Command declarative serves every connector that has no code: one process of it for each,
// with the connector's folder as --definition. It makes the requests that the definition
// says and reads the answers as it says; paging, retries, limits and the ledger are the
// engine's. It also has the sandboxes of the shipped ones.
//
// It may import the standard library, the sdk, plugins/internal and the sandboxes of
// declarative connectors.
package main

import (
	"time"

	"github.com/karezflow/karez/sdk/declarative"
	"github.com/karezflow/karez/sdk/protocol"
)

func main() {
	protocol.MainOf(declarative.Flag, program)
}

// program serves the connector of a folder.
func program(dir string) (protocol.Program, error) {
	d, err := declarative.Load(dir)
	if err != nil {
		return protocol.Program{}, err
	}
	return protocol.Program{
		Connector: newConnector(d, time.Now), //nolint:forbidigo // the process's clock comes in here
		Sandbox:   sandboxes()[d.Manifest.ID],
	}, nil
}
