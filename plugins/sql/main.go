// Command sql is the connector of databases: MySQL, MariaDB and PostgreSQL. It reads tables
// and SELECTs that a person wrote, page by page behind a key, and writes rows by their key.
// It has no vendor and so no simulation of one.
//
// It may import the standard library, the sdk, plugins/internal and its own internal
// packages only; one of those knows the drivers.
package main

import (
	"time"
	_ "time/tzdata" // a connection names its zone, and not every machine has them

	"github.com/karezflow/karez/sdk/protocol"
)

func main() {
	protocol.Main(protocol.Program{
		Connector: newConnector(time.Now), //nolint:forbidigo // the process's clock comes in here
	})
}
