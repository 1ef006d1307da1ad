// Package protocol carries the connector contract between processes: it serves a
// connector from its executable and dials one from the engine. The wire itself
// is versioned below it (v1); this package negotiates the version.
//
// It may import the standard library, go-plugin, grpc, protobuf and the sdk. It
// never imports the engine or the server, and nothing but it knows go-plugin.
package protocol

import _ "embed"

//go:embed v1/connector.proto
var source []byte

// Source gives the text of the newest version of the protocol, for connectors in languages
// other than Go.
func Source() []byte { return source }
