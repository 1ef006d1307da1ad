package main

import "github.com/karezflow/karez/sdk/protocol"

func main() {
	protocol.Main(protocol.Program{Connector: system{}})
}
