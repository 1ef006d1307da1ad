// Command units is a plugin without a connector: it brings the nodes convert, which turns
// quantities into another unit of measure, and share, which splits an amount over lines.
// It declares no hosts, so its process has no network.
//
// It may import the standard library, sdk/node and what is below it, and sdk/protocol.
package main

import (
	_ "embed"

	"github.com/karezflow/karez/sdk/node"
	"github.com/karezflow/karez/sdk/protocol"
)

//go:embed manifest.yaml
var declared []byte

func main() {
	protocol.Main(program())
}

func program() protocol.Program {
	return protocol.Program{Manifest: declared, Transforms: node.Transforms{"convert": convert{}, "share": share{}}}
}
